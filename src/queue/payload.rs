//! Reading requests back: as the JSON they came as, and as documents for a processor.
//!
//! Owns the two streams; memory stays at one chunk. It must not know what reads them.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::Arc;

use crate::job::data_url::{self, LenientDecoder};
use crate::job::request::{Chunk, RequestBody, Slot, SlotContent, marker};
use crate::store::{Store, StoreError};

enum Part {
    Bytes(Vec<u8>),
    /// A document with the ordinal of its next chunk.
    Stored(i64, u32),
}

/// JSON text of a request, its documents put back as data URLs.
pub struct PayloadReader {
    store: Arc<dyn Store>,
    parts: VecDeque<Part>,
    current: io::Cursor<Vec<u8>>,
}

impl PayloadReader {
    /// The text `before`, then the request, then `after`.
    pub(super) fn new(
        store: Arc<dyn Store>,
        before: Vec<u8>,
        request: &RequestBody,
        after: Vec<u8>,
    ) -> Self {
        let mut parts = VecDeque::from([Part::Bytes(before)]);
        let mut at = 0;
        let cut_out = request.slots.iter().filter(|slot| slot.fetched_from.is_none());
        for (ordinal, slot) in cut_out.enumerate() {
            let text = request.json.get(at..slot.offset).unwrap_or_default();
            parts.push_back(Part::Bytes((text.to_owned() + &escaped(&slot.head)).into_bytes()));
            match &slot.content {
                SlotContent::Stored(document) => parts.push_back(Part::Stored(*document, 0)),
                SlotContent::Memory(chunks) => {
                    parts.extend(chunks.iter().map(|chunk| Part::Bytes(chunk_json(chunk))));
                }
            }
            at = slot.offset + marker(ordinal).len();
        }
        let text = request.json.get(at..).unwrap_or_default();
        parts.push_back(Part::Bytes(text.as_bytes().to_vec()));
        parts.push_back(Part::Bytes(after));
        Self { store, parts, current: io::Cursor::default() }
    }

    /// Length in bytes, when nothing has to be read from the store to know it.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Bytes(bytes) => Some(bytes.len() as u64),
                Part::Stored(..) => None,
            })
            .sum()
    }

    fn next_part(&mut self) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(part) = self.parts.pop_front() else { return Ok(None) };
        let (document, ordinal) = match part {
            Part::Bytes(bytes) => return Ok(Some(bytes)),
            Part::Stored(document, ordinal) => (document, ordinal),
        };
        let Some(chunk) = self.store.chunk(document, ordinal)? else {
            return if ordinal == 0 { Err(gone()) } else { Ok(Some(Vec::new())) };
        };
        self.parts.push_front(Part::Stored(document, ordinal + 1));
        Ok(Some(chunk_json(&chunk)))
    }
}

impl Read for PayloadReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.current.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            match self.next_part().map_err(io::Error::other)? {
                Some(bytes) => self.current = io::Cursor::new(bytes),
                None => return Ok(0),
            }
        }
    }
}

/// The text of a chunk inside a JSON string.
fn chunk_json(chunk: &Chunk) -> Vec<u8> {
    if chunk.is_text {
        escaped(&String::from_utf8_lossy(&chunk.bytes)).into_bytes()
    } else {
        data_url::encode(&chunk.bytes).into_bytes()
    }
}

/// Text as it stands between the quotes of a JSON string.
fn escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.get(1..quoted.len() - 1).unwrap_or_default().to_owned()
}

fn gone() -> StoreError {
    StoreError::Read("the document is no longer there; its job may have expired".to_owned())
}

/// Hands the decoded bytes of a document on, piece by piece.
///
/// # Errors
/// When the document is gone or unreadable, or `take` fails.
pub(super) fn each_piece(
    store: &dyn Store,
    slot: &Slot,
    take: &mut dyn FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<()> {
    let mut decoder = LenientDecoder::default();
    let mut decoded = Vec::new();
    let mut each = |chunk: &Chunk| {
        if !chunk.is_text {
            return take(&chunk.bytes);
        }
        decoded.clear();
        decoder.push(&chunk.bytes, &mut decoded).map_err(io::Error::other)?;
        take(&decoded)
    };
    match &slot.content {
        SlotContent::Memory(chunks) => chunks.iter().try_for_each(&mut each)?,
        SlotContent::Stored(document) => {
            let mut ordinal = 0;
            while let Some(chunk) = store.chunk(*document, ordinal).map_err(io::Error::other)? {
                each(&chunk)?;
                ordinal += 1;
            }
            if ordinal == 0 {
                return Err(io::Error::other(gone()));
            }
        }
    }
    let mut rest = Vec::new();
    decoder.finish(&mut rest).map_err(io::Error::other)?;
    if rest.is_empty() { Ok(()) } else { take(&rest) }
}
