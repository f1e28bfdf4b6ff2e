//! Cuts large base64 documents out of a JSON body while it arrives.
//!
//! Owns a small scanner over JSON text: it finds string values that are base64 data URLs
//! of more than [`limits::DATA_URL_INLINE_BYTES_MAX`] bytes, decodes them chunk by chunk
//! into a sink and leaves a marker in their place. A 50 MB document so costs two chunks
//! of memory. Everything else is copied as it is and parsed later by a real JSON parser;
//! the scanner only has to know strings, escapes and nesting. It must not know the shape
//! of any request, nor where the chunks go.

use super::data_url::{self, DataUrlError, LenientDecoder};
use super::request::{Chunk, RequestBody, Slot, SlotContent, marker};
use crate::base::budget::{BudgetShare, Exhausted};
use crate::base::limits;

/// Takes the chunks of one document after another.
pub trait DocumentSink {
    /// Takes the next chunk of the current document.
    ///
    /// # Errors
    /// When it cannot be kept; the request then ends.
    fn chunk(&mut self, chunk: Chunk) -> Result<(), SinkError>;

    /// Ends the current document and says where it is.
    ///
    /// # Errors
    /// When it cannot be kept; the request then ends.
    fn finish(&mut self) -> Result<SlotContent, SinkError>;
}

/// A document could not be kept. Nothing of the request is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the document could not be stored: {0}")]
pub struct SinkError(pub String);

/// A body that cannot be taken in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CutError {
    /// Nesting beyond [`limits::JSON_DEPTH_MAX`].
    #[error("the JSON is nested deeper than {} levels", limits::JSON_DEPTH_MAX)]
    TooDeep,
    /// Too much JSON besides the documents.
    #[error(
        "the request is larger than {} bytes even without its documents",
        limits::REQUEST_JSON_BYTES_MAX
    )]
    JsonTooLarge,
    /// More documents than [`limits::DOCUMENTS_PER_REQUEST_MAX`].
    #[error("one request may hold {} documents", limits::DOCUMENTS_PER_REQUEST_MAX)]
    TooManyDocuments,
    /// A document that does not decode.
    #[error("{0}")]
    Document(#[from] DataUrlError),
    /// A document that could not be kept.
    #[error("{0}")]
    Sink(#[from] SinkError),
    /// Too much is arriving at once.
    #[error("{0}")]
    Budget(#[from] Exhausted),
    /// The JSON is not UTF-8.
    #[error("the body is not valid UTF-8")]
    NotUtf8,
    /// A string holds a byte or an escape that no JSON string may hold.
    #[error("the body is not valid JSON: a string holds a raw control byte or a broken escape")]
    NotJson,
    /// The text ended inside a string.
    #[error("the body ends inside a string")]
    Incomplete,
}

enum State {
    /// Between strings.
    Outside,
    /// At the beginning of a string that may be a data URL. The text is also in the JSON.
    Probe { start: usize, text: Vec<u8> },
    /// In any other string.
    Plain { escaped: bool },
    /// In a document.
    Document(Box<Decoding>),
}

#[derive(Default)]
struct Decoding {
    offset: usize,
    head: String,
    text: Vec<u8>,
    is_text: bool,
    lenient: LenientDecoder,
    scratch: Vec<u8>,
    length: u64,
    first_bytes: Vec<u8>,
}

/// The scanner. Feed it with [`Cutter::push`], end with [`Cutter::finish`].
pub struct Cutter<'a> {
    sink: &'a mut dyn DocumentSink,
    budget: &'a mut BudgetShare,
    json: Vec<u8>,
    slots: Vec<Slot>,
    depth: u32,
    state: State,
    /// Bytes of an escape that has not ended yet, backslash included.
    escape: Vec<u8>,
}

impl<'a> Cutter<'a> {
    /// A scanner at the beginning of a body.
    pub fn new(sink: &'a mut dyn DocumentSink, budget: &'a mut BudgetShare) -> Self {
        Self {
            sink,
            budget,
            json: Vec::new(),
            slots: Vec::new(),
            depth: 0,
            state: State::Outside,
            escape: Vec::new(),
        }
    }

    /// Takes the next piece of the body.
    ///
    /// # Errors
    /// [`CutError`]; the body is then to be given up.
    pub fn push(&mut self, mut piece: &[u8]) -> Result<(), CutError> {
        while !piece.is_empty() {
            let used = match &mut self.state {
                State::Outside => self.outside(piece)?,
                State::Plain { .. } => self.plain(piece)?,
                State::Probe { .. } | State::Document(_) => self.inside(piece)?,
            };
            piece = piece.get(used..).unwrap_or_default();
            if self.json.len() > limits::REQUEST_JSON_BYTES_MAX {
                return Err(CutError::JsonTooLarge);
            }
        }
        Ok(())
    }

    /// Ends the body.
    ///
    /// # Errors
    /// [`CutError`] when it ends inside a string or is not UTF-8.
    pub fn finish(self) -> Result<RequestBody, CutError> {
        if !matches!(self.state, State::Outside) {
            return Err(CutError::Incomplete);
        }
        let json = String::from_utf8(self.json).map_err(|_| CutError::NotUtf8)?;
        Ok(RequestBody { json, slots: self.slots })
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), CutError> {
        self.budget.grow(bytes.len() as u64)?;
        self.json.extend_from_slice(bytes);
        Ok(())
    }

    fn outside(&mut self, piece: &[u8]) -> Result<usize, CutError> {
        let quote = memchr::memchr(b'"', piece);
        let end = quote.unwrap_or(piece.len());
        let text = piece.get(..end).unwrap_or_default();
        for byte in text {
            match byte {
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
            if self.depth > limits::JSON_DEPTH_MAX {
                return Err(CutError::TooDeep);
            }
        }
        self.keep(text)?;
        if quote.is_none() {
            return Ok(end);
        }
        self.keep(b"\"")?;
        self.state = State::Probe { start: self.json.len(), text: Vec::new() };
        Ok(end + 1)
    }

    /// Copies an ordinary string up to its closing quote.
    fn plain(&mut self, piece: &[u8]) -> Result<usize, CutError> {
        let State::Plain { escaped } = &mut self.state else { return Ok(0) };
        let mut at = 0;
        if std::mem::take(escaped) {
            at = 1;
        }
        while let Some(found) = memchr::memchr2(b'"', b'\\', piece.get(at..).unwrap_or_default()) {
            at += found;
            if piece.get(at) == Some(&b'"') {
                self.keep(piece.get(..=at).unwrap_or_default())?;
                self.state = State::Outside;
                return Ok(at + 1);
            }
            if at + 1 == piece.len() {
                *escaped = true;
                break;
            }
            at += 2;
        }
        self.keep(piece)?;
        Ok(piece.len())
    }

    /// Takes text of a string whose characters matter: a possible or a certain data URL.
    fn inside(&mut self, piece: &[u8]) -> Result<usize, CutError> {
        if !self.escape.is_empty() {
            return self.escaped(piece);
        }
        let stop = memchr::memchr2(b'"', b'\\', piece);
        // A probe looks at no more than it needs, so that an ordinary string leaves soon.
        let most = match self.state {
            State::Probe { ref text, .. } => {
                (limits::DATA_URL_INLINE_BYTES_MAX + 1).saturating_sub(text.len()).max(1)
            }
            _ => piece.len(),
        };
        let end = stop.unwrap_or(piece.len()).min(most);
        self.characters(piece.get(..end).unwrap_or_default())?;
        if stop != Some(end) {
            return Ok(end);
        }
        // `characters` may have turned the probe into a plain string.
        if matches!(self.state, State::Plain { .. }) {
            return Ok(end);
        }
        if piece.get(end) == Some(&b'"') {
            self.close()?;
        } else {
            self.escape.push(b'\\');
        }
        Ok(end + 1)
    }

    /// Takes the rest of an escape; its raw bytes go to the JSON of a probe as they are.
    fn escaped(&mut self, piece: &[u8]) -> Result<usize, CutError> {
        let Some(&byte) = piece.first() else { return Ok(0) };
        self.escape.push(byte);
        let character = match self.escape.as_slice() {
            [_, b'u'] | [_, b'u', _] | [_, b'u', _, _] | [_, b'u', _, _, _] => return Ok(1),
            [_, b'u', digits @ ..] => ascii_of(digits),
            [_, b'n'] => Some(b'\n'),
            [_, b'r'] => Some(b'\r'),
            [_, b't'] => Some(b'\t'),
            [_, b'/'] => Some(b'/'),
            _ => None,
        };
        let raw = std::mem::take(&mut self.escape);
        match (&mut self.state, character) {
            (State::Probe { text, .. }, Some(character)) => {
                text.push(character);
                self.keep(&raw)?;
                self.judge()?;
            }
            (State::Probe { .. }, None) => {
                self.keep(&raw)?;
                self.state = State::Plain { escaped: false };
            }
            (_, Some(character)) => self.document_text(&[character])?,
            (_, None) if !is_escape(&raw) => return Err(CutError::NotJson),
            (_, None) => return Err(DataUrlError::BadCharacter('\\').into()),
        }
        Ok(1)
    }

    /// Takes characters that stand as they are. No JSON parser reads a document later, so that
    /// what may not stand in one is refused here; in other strings it is left to the parser.
    fn characters(&mut self, text: &[u8]) -> Result<(), CutError> {
        let has_control = text.iter().copied().fold(u8::MAX, u8::min) < b' ';
        match &mut self.state {
            State::Probe { text: probe, .. } if !has_control => {
                probe.extend_from_slice(text);
                self.keep(text)?;
                self.judge()
            }
            State::Probe { .. } => {
                let first = text.iter().position(|byte| *byte < b' ').unwrap_or_default();
                let (before, after) = text.split_at(first);
                self.characters(before)?;
                if matches!(self.state, State::Document(_)) {
                    return Err(CutError::NotJson);
                }
                self.state = State::Plain { escaped: false };
                self.keep(after)
            }
            _ if has_control => Err(CutError::NotJson),
            _ => self.document_text(text),
        }
    }

    /// Decides what the string being probed is, as soon as that can be told.
    fn judge(&mut self) -> Result<(), CutError> {
        let State::Probe { start, text } = &mut self.state else { return Ok(()) };
        let scheme_len = text.len().min(5);
        let is_data = text.iter().zip(b"data:").all(|(a, b)| a.to_ascii_lowercase() == *b);
        let head_end = memchr::memchr(b',', text);
        // Also where the comma is here already: it must not matter how the text arrived.
        let longest = limits::DATA_URL_PREFIX_BYTES_MAX;
        let is_plain = (scheme_len > 0 && !is_data)
            || text.len() > longest && head_end.is_none_or(|end| end > longest);
        let head = head_end.and_then(|end| std::str::from_utf8(text.get(..=end)?).ok());
        let has_other_head = head_end.is_some() && !head.is_some_and(data_url::is_base64_head);
        if is_plain || has_other_head {
            self.state = State::Plain { escaped: false };
            return Ok(());
        }
        let (Some(head), true) = (head, text.len() > limits::DATA_URL_INLINE_BYTES_MAX) else {
            return Ok(());
        };
        if self.slots.len() >= limits::DOCUMENTS_PER_REQUEST_MAX {
            return Err(CutError::TooManyDocuments);
        }
        let data = text.get(head.len()..).unwrap_or_default().to_vec();
        let decoding = Decoding { offset: *start, head: head.to_owned(), ..Decoding::default() };
        self.json.truncate(*start);
        self.json.extend_from_slice(marker(self.slots.len()).as_bytes());
        self.state = State::Document(Box::new(decoding));
        self.document_text(&data)
    }

    fn document_text(&mut self, mut text: &[u8]) -> Result<(), CutError> {
        let State::Document(decoding) = &mut self.state else { return Ok(()) };
        while !text.is_empty() {
            let room = limits::CHUNK_BASE64_CHARS - decoding.text.len();
            let (now, later) = text.split_at(room.min(text.len()));
            decoding.text.extend_from_slice(now);
            text = later;
            if decoding.text.len() == limits::CHUNK_BASE64_CHARS {
                let chunk = decoding.take_chunk(false)?;
                self.sink.chunk(chunk)?;
            }
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), CutError> {
        if let State::Document(mut decoding) = std::mem::replace(&mut self.state, State::Outside) {
            if !decoding.text.is_empty() {
                let chunk = decoding.take_chunk(true)?;
                self.sink.chunk(chunk)?;
            }
            let mut rest = Vec::new();
            std::mem::take(&mut decoding.lenient).finish(&mut rest)?;
            decoding.count(&rest);
            let content = self.sink.finish()?;
            self.slots.push(Slot {
                offset: decoding.offset,
                head: decoding.head,
                length: decoding.length,
                first_bytes: decoding.first_bytes,
                content,
                fetched_from: None,
            });
        }
        self.keep(b"\"")
    }
}

impl Decoding {
    /// Turns the text gathered so far into a chunk: decoded while the text is canonical,
    /// as it came from the first chunk on that is not.
    fn take_chunk(&mut self, is_last: bool) -> Result<Chunk, DataUrlError> {
        let text = std::mem::take(&mut self.text);
        if !self.is_text {
            let decoded = data_url::decode_canonical(&text);
            // Padding may only end the document.
            if let Some(bytes) = decoded.filter(|d| is_last || d.len() == limits::CHUNK_BYTES) {
                self.count(&bytes);
                return Ok(Chunk { is_text: false, bytes });
            }
            self.is_text = true;
        }
        let mut bytes = std::mem::take(&mut self.scratch);
        bytes.clear();
        self.lenient.push(&text, &mut bytes)?;
        self.count(&bytes);
        self.scratch = bytes;
        Ok(Chunk { is_text: true, bytes: text })
    }

    fn count(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        let room = limits::DOCUMENT_HEAD_BYTES.saturating_sub(self.first_bytes.len());
        self.first_bytes.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
    }
}

/// The character of a `\u` escape, if it is one that a data URL can hold.
fn ascii_of(digits: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(digits).ok();
    // A number for the standard library may begin with a sign.
    text.filter(|_| digits.iter().all(u8::is_ascii_hexdigit))
        .and_then(|text| u8::from_str_radix(text, 16).ok())
}

/// Whether JSON has this escape, backslash included.
fn is_escape(raw: &[u8]) -> bool {
    match raw {
        [_, b'u', digits @ ..] => digits.iter().all(u8::is_ascii_hexdigit),
        [_, letter] => b"\"\\/bfnrt".contains(letter),
        _ => false,
    }
}

#[cfg(test)]
#[path = "cutter_tests.rs"]
mod tests;
