//! JSON text whose documents are read and encoded while it is sent, so that memory stays at
//! one piece however large they are.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;

use docspool::job::data_url;

use super::exit::Exit;
use super::failure::Failure;
use super::input;

/// Document bytes that are encoded at a time; a multiple of three, so that only the last
/// piece is padded.
const PIECE_BYTES: usize = 48 * 1024;

/// JSON text with documents in it.
#[derive(Default)]
pub(crate) struct JsonStream {
    parts: VecDeque<Part>,
}

enum Part {
    Text(Cursor<Vec<u8>>),
    Document(Encoder),
}

impl JsonStream {
    /// Adds text.
    pub(crate) fn push(&mut self, text: &str) {
        self.parts.push_back(Part::Text(Cursor::new(text.into())));
    }

    /// Adds the base64 text of a file.
    pub(crate) fn push_document(&mut self, file: &Path) -> Result<(), Failure> {
        self.parts.push_back(Part::Document(Encoder::new(Source::open(file)?)));
        Ok(())
    }

    /// The same text inside another.
    pub(crate) fn inside(mut self, before: &str, after: &str) -> Self {
        self.parts.push_front(Part::Text(Cursor::new(before.into())));
        self.push(after);
        self
    }

    /// Its length in bytes.
    pub(crate) fn length(&self) -> u64 {
        let length = |part: &Part| match part {
            Part::Text(text) => text.get_ref().len() as u64,
            Part::Document(document) => document.encoded_length(),
        };
        self.parts.iter().map(length).fold(0, u64::saturating_add)
    }
}

impl Read for JsonStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(part) = self.parts.front_mut() {
            let count = match part {
                Part::Text(text) => text.read(buffer)?,
                Part::Document(document) => document.read(buffer)?,
            };
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            self.parts.pop_front();
        }
        Ok(0)
    }
}

enum Source {
    File(File, u64),
    Memory(Cursor<Vec<u8>>),
}

impl Source {
    fn open(path: &Path) -> Result<Self, Failure> {
        if input::is_stdin(path) {
            return Ok(Self::Memory(Cursor::new(input::read(path)?)));
        }
        let failed = |error: io::Error| Failure::file("reading", path, &error);
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            let text = format!("{} is a folder; name files", path.display());
            return Err(Failure::new(Exit::Usage, text));
        }
        if metadata.is_file() {
            return Ok(Self::File(file, metadata.len()));
        }
        // A pipe or a device: its length is known once it has been read.
        Ok(Self::Memory(Cursor::new(input::read(path)?)))
    }

    fn length(&self) -> u64 {
        match self {
            Self::File(_, length) => *length,
            Self::Memory(bytes) => bytes.get_ref().len() as u64,
        }
    }
}

/// The base64 text of a source. A file that shrinks or grows meanwhile is an error: the
/// length has been promised already.
struct Encoder {
    source: Source,
    left: u64,
    encoded: Cursor<Vec<u8>>,
}

impl Encoder {
    fn new(source: Source) -> Self {
        let left = source.length();
        Self { source, left, encoded: Cursor::default() }
    }

    fn encoded_length(&self) -> u64 {
        self.source.length().div_ceil(3).saturating_mul(4)
    }

    fn next_piece(&mut self) -> io::Result<()> {
        let take = usize::try_from(self.left).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
        let mut piece = vec![0; take];
        match &mut self.source {
            Source::File(file, _) => file.read_exact(&mut piece)?,
            Source::Memory(bytes) => bytes.read_exact(&mut piece)?,
        }
        self.left -= take as u64;
        self.encoded = Cursor::new(data_url::encode(&piece).into_bytes());
        Ok(())
    }
}

impl Read for Encoder {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.encoded.read(buffer)?;
        if count > 0 || self.left == 0 {
            return Ok(count);
        }
        self.next_piece()?;
        self.encoded.read(buffer)
    }
}
