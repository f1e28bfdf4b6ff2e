//! The passing of an answer to the client.
//!
//! Owns the pace the client must keep while it takes its answer. Memory is bounded by two
//! pieces, however large the answer is.

use std::ops::Range;
use std::time::Instant;

use super::answer::{self, AnswerBody, AnswerHead, Terms};
use super::chunked::{ChunkDecoder, LAST_CHUNK, push_chunk};
use super::connection::Connection;
use super::head::Head;
use super::limits::Limits;
use super::link::Link;
use super::refusal::Refusal;
use super::relay::Fault;
use super::socket;

/// Output beyond this size is sent, in bytes.
const FLUSH_BYTES: usize = 48 * 1024;

/// One answer on its way from a link to a client.
pub(super) struct Download<'a> {
    pub(super) connection: &'a Connection,
    pub(super) link: &'a Link,
    pub(super) limits: &'a Limits,
    pub(super) output: &'a mut Vec<u8>,
    pub(super) buffer: &'a mut [u8],
    /// Whether the client has already been sent a part of it.
    is_begun: bool,
}

impl<'a> Download<'a> {
    pub(super) fn new(
        connection: &'a Connection,
        link: &'a Link,
        limits: &'a Limits,
        output: &'a mut Vec<u8>,
        buffer: &'a mut [u8],
    ) -> Self {
        Self { connection, link, limits, output, buffer, is_begun: false }
    }

    /// Passes the whole answer. `may_keep` says, once there is one, whether the connection
    /// may be kept; returns whether it is.
    pub(super) fn pass(mut self, head: &Head, may_keep: impl Fn() -> bool) -> Result<bool, Fault> {
        let (answer, rest) = self.read_head(head.is_head())?;
        let is_endless = answer.body == AnswerBody::Live && head.is_http10;
        let keep_alive = may_keep() && head.keep_alive && !is_endless;
        self.output.clear();
        answer.render(
            Terms { is_http10: head.is_http10, keep_alive, request_id: &head.request_id },
            self.output,
        );
        match answer.body {
            AnswerBody::None => self.pass_length(rest, 0)?,
            AnswerBody::Length(length) => self.pass_length(rest, length)?,
            AnswerBody::Live => self.pass_live(rest, head.is_http10)?,
        }
        self.output.clear();
        Ok(keep_alive)
    }

    /// The head of the answer, and where in the buffer the first of its body lies.
    fn read_head(&mut self, is_head: bool) -> Result<(AnswerHead, Range<usize>), Fault> {
        let mut filled = 0;
        loop {
            let room = self.buffer.get_mut(filled..).unwrap_or_default();
            // No room means that this is no head of ours.
            filled += match self.link.read(room) {
                Ok(0) => return Err(Fault::Link(Refusal::HandlerFailed)),
                Ok(count) => count,
                Err(error) => return Err(Fault::of_link(&error)),
            };
            match answer::parse(self.buffer.get(..filled).unwrap_or_default(), is_head) {
                Ok(Some(answer)) => {
                    let rest = answer.length..filled;
                    return Ok((answer, rest));
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(%error, "an answer of the inner server is broken");
                    return Err(Fault::Link(Refusal::HandlerFailed));
                }
            }
        }
    }

    fn pass_length(&mut self, rest: Range<usize>, length: u64) -> Result<(), Fault> {
        let deadline = socket::now() + self.limits.answer_deadline;
        let first = self.buffer.get(rest).unwrap_or_default();
        self.output.extend_from_slice(first);
        // More than announced would be taken for the next answer.
        let mut left = length.checked_sub(first.len() as u64).ok_or_else(|| self.broken())?;
        while left > 0 {
            if self.output.len() >= FLUSH_BYTES {
                self.send(Some(deadline))?;
            }
            let count = self.read(usize::try_from(left).unwrap_or(usize::MAX))?;
            self.output.extend_from_slice(self.buffer.get(..count).unwrap_or_default());
            left -= count as u64;
        }
        self.send(Some(deadline)).map_err(|_| Fault::Gone)
    }

    fn pass_live(&mut self, rest: Range<usize>, is_http10: bool) -> Result<(), Fault> {
        let mut decoder = ChunkDecoder::new();
        let mut data = Vec::new();
        let mut fresh = rest;
        loop {
            let coded = self.buffer.get(fresh).unwrap_or_default();
            data.clear();
            if decoder.decode(coded, &mut data) != Ok(coded.len()) {
                return Err(self.broken());
            }
            if is_http10 {
                self.output.extend_from_slice(&data);
            } else {
                push_chunk(self.output, &data);
                if decoder.is_done() {
                    self.output.extend_from_slice(LAST_CHUNK);
                }
            }
            let sent = self.send(None);
            if decoder.is_done() {
                return sent.map_err(|_| Fault::Gone);
            }
            sent?;
            fresh = 0..self.read(usize::MAX)?;
        }
    }

    /// Reads at most `max` bytes into the buffer.
    fn read(&mut self, max: usize) -> Result<usize, Fault> {
        let room = max.min(self.buffer.len());
        match self.link.read(self.buffer.get_mut(..room).unwrap_or_default()) {
            Ok(0) => Err(self.broken()),
            Ok(count) => Ok(count),
            Err(error) if self.is_begun => {
                tracing::debug!(%error, "an answer broke off");
                Err(Fault::CutOff)
            }
            Err(error) => Err(Fault::of_link(&error)),
        }
    }

    /// The fault of an answer that is not what it should be.
    fn broken(&self) -> Fault {
        if self.is_begun { Fault::CutOff } else { Fault::Link(Refusal::HandlerFailed) }
    }

    fn send(&mut self, deadline: Option<Instant>) -> Result<(), Fault> {
        self.is_begun |= !self.output.is_empty();
        socket::write_until(&*self.connection.stream, self.output, deadline)
            .map_err(|_| Fault::Client(None))?;
        self.output.clear();
        Ok(())
    }
}
