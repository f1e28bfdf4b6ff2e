//! Taking a request body in while it arrives.
//!
//! Owns the way from a stream of bytes to a [`RequestBody`]: documents are cut out and
//! go to the store chunk by chunk (for jobs) or stay in memory (for direct calls), under
//! the budget that all requests share. An intake that is dropped before its request was
//! stored takes its chunks back.

use std::io::Read;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::error::EngineError;
use crate::base::budget::BudgetShare;
use crate::job::cutter::{Cutter, DocumentSink, SinkError};
use crate::job::request::{Chunk, RequestBody, SlotContent};
use crate::store::{Pending, Store};

/// Piece in which a body is read, in bytes: small at first, since most bodies are.
const PIECE_BYTES_MIN: usize = 4 * 1024;
/// The same once a body has filled a small one, in bytes.
const PIECE_BYTES_MAX: usize = 64 * 1024;

/// Where documents go while a body arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Into the store, for a job.
    Stored,
    /// In memory, for a direct call.
    Memory,
}

/// One request on its way in.
pub struct Intake {
    share: BudgetShare,
    sink: Sink,
    body_bytes_max: u64,
    hasher: Sha256,
}

impl Intake {
    pub(super) fn new(
        store: Arc<dyn Store>,
        share: BudgetShare,
        keep: Keep,
        body_bytes_max: u64,
    ) -> Self {
        let sink = Sink::new(store, keep);
        Self { share, sink, body_bytes_max, hasher: Sha256::new() }
    }

    /// Reads a body to its end.
    ///
    /// # Errors
    /// When it is too large, breaks off, is no JSON text, or cannot be kept. Nothing of
    /// it stays then.
    pub fn read_body(&mut self, reader: &mut dyn Read) -> Result<RequestBody, EngineError> {
        let mut cutter = Cutter::new(&mut self.sink, &mut self.share);
        let mut small = [0_u8; PIECE_BYTES_MIN];
        let mut large = Vec::new();
        let mut total = 0_u64;
        loop {
            let buffer = if large.is_empty() { small.as_mut_slice() } else { large.as_mut_slice() };
            let count = match reader.read(buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(EngineError::BrokenOff(error.to_string())),
            };
            total += count as u64;
            if total > self.body_bytes_max {
                return Err(EngineError::TooLarge(self.body_bytes_max));
            }
            let piece = buffer.get(..count).unwrap_or_default();
            self.hasher.update(piece);
            cutter.push(piece)?;
            if count == PIECE_BYTES_MIN && large.is_empty() {
                large.resize(PIECE_BYTES_MAX, 0);
            }
        }
        let body = cutter.finish()?;
        if self.sink.keep == Keep::Memory {
            self.share
                .grow(body.document_bytes())
                .map_err(|exhausted| EngineError::Busy(exhausted.to_string()))?;
        }
        Ok(body)
    }

    /// SHA-256 of the body that was read.
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        self.hasher.clone().finalize().into()
    }

    /// The request was stored, and with it the documents.
    pub(super) fn bound(mut self) {
        self.sink.unbound.clear();
    }
}

/// Keeps documents that arrive; those that nobody took over are forgotten with it.
pub(super) struct Sink {
    store: Arc<dyn Store>,
    keep: Keep,
    /// The first chunk waits here: a document of one chunk is stored with its job.
    first: Option<Chunk>,
    memory: Vec<Chunk>,
    document: Option<i64>,
    chunks: u32,
    pending: Option<Pending<()>>,
    unbound: Vec<i64>,
}

impl Sink {
    pub(super) fn new(store: Arc<dyn Store>, keep: Keep) -> Self {
        Self {
            store,
            keep,
            first: None,
            memory: Vec::new(),
            document: None,
            chunks: 0,
            pending: None,
            unbound: Vec::new(),
        }
    }

    /// The documents are somebody else's to look after from here on.
    pub(super) fn release(mut self) {
        self.unbound.clear();
    }

    /// Sends a chunk to the store. One chunk is on its way while the next is decoded;
    /// more would only fill memory, since the writer takes one at a time.
    fn put(&mut self, document: i64, chunk: Chunk) -> Result<(), SinkError> {
        self.settle()?;
        self.pending = Some(self.store.put_chunk(document, self.chunks, chunk));
        self.chunks += 1;
        Ok(())
    }

    fn settle(&mut self) -> Result<(), SinkError> {
        match self.pending.take() {
            Some(pending) => pending.wait().map_err(|error| SinkError(error.to_string())),
            None => Ok(()),
        }
    }
}

impl DocumentSink for Sink {
    fn chunk(&mut self, chunk: Chunk) -> Result<(), SinkError> {
        if self.keep == Keep::Memory {
            self.memory.push(chunk);
            return Ok(());
        }
        if let Some(document) = self.document {
            return self.put(document, chunk);
        }
        match self.first.take() {
            None => self.first = Some(chunk),
            Some(first) => {
                let document = self.store.new_document();
                self.document = Some(document);
                self.unbound.push(document);
                self.put(document, first)?;
                self.put(document, chunk)?;
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<SlotContent, SinkError> {
        self.settle()?;
        self.chunks = 0;
        if let Some(document) = self.document.take() {
            return Ok(SlotContent::Stored(document));
        }
        self.memory.extend(self.first.take());
        Ok(SlotContent::Memory(std::mem::take(&mut self.memory)))
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        if !self.unbound.is_empty() {
            self.store.drop_documents(std::mem::take(&mut self.unbound));
        }
    }
}
