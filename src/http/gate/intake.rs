//! From bytes to whole requests.
//!
//! Owns the steps a connection's incoming bytes take: find the head, check it, collect a
//! small body. It must not know sockets or time. A request is ready when its head and its
//! small body are here, so a slow client costs memory and no thread; a large body is
//! ready with its head, and streamed.

use super::chunked::ChunkDecoder;
use super::head::{self, Asked, Framing, Head};
use super::limits::Limits;
use super::refusal::Refusal;
use crate::base::limits::{METHOD_BYTES_MAX, TARGET_BYTES_MAX};

/// A request that may go in.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) head: Head,
    pub(crate) body: Body,
}

impl Incoming {
    /// Whether the rest of the body has yet to come from the client.
    pub(crate) fn is_upload(&self) -> bool {
        matches!(self.body, Body::Length(_) | Body::Chunks { .. })
    }
}

/// The body of a request that may go in.
#[derive(Debug)]
pub(crate) enum Body {
    /// All of it; `None` when the head announced no body.
    Whole(Option<Vec<u8>>),
    /// So many bytes, still to come.
    Length(u64),
    /// The beginning of a chunked body, decoded, and the decoder for the rest.
    Chunks { decoder: ChunkDecoder, data: Vec<u8> },
}

impl Body {
    /// The length the client declared; `None` for a chunked body that is still arriving.
    pub(crate) fn announced(&self) -> Option<u64> {
        match self {
            Self::Whole(data) => Some(data.as_ref().map_or(0, Vec::len) as u64),
            Self::Length(length) => Some(*length),
            Self::Chunks { .. } => None,
        }
    }
}

/// What to do after looking at the bytes so far.
#[derive(Debug)]
pub(crate) enum Step {
    /// Wait for more bytes.
    More,
    /// Send `100 Continue`, then wait for more bytes.
    Continue,
    /// Let the request in.
    Ready(Box<Incoming>),
    /// Answer and close.
    Refuse(Refusal, Asked),
}

/// What a connection is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// The first byte of a request.
    Request,
    /// The rest of a head.
    Head,
    /// The rest of a small body.
    Body,
}

#[derive(Debug)]
enum Phase {
    /// Looking for the end of the head; so many bytes have been searched.
    Head { searched: usize },
    /// Collecting a body of known length.
    Length { head: Box<Head>, length: usize },
    /// Decoding a chunked body.
    Chunks { head: Box<Head>, decoder: ChunkDecoder, data: Vec<u8> },
}

/// The state of a connection's incoming side.
#[derive(Debug)]
pub(crate) struct Intake {
    phase: Phase,
    /// Whether an empty line in front of the present head has been skipped.
    skipped_line: bool,
}

impl Intake {
    pub(crate) const fn new() -> Self {
        Self { phase: Phase::Head { searched: 0 }, skipped_line: false }
    }

    /// What the connection waits for, given the bytes that have arrived.
    pub(crate) fn waiting(&self, inbox: &[u8]) -> Waiting {
        match self.phase {
            Phase::Head { .. } if inbox.is_empty() => Waiting::Request,
            Phase::Head { .. } => Waiting::Head,
            Phase::Length { .. } | Phase::Chunks { .. } => Waiting::Body,
        }
    }

    /// Takes what it can from the front of `inbox`. Bytes of a large body and of later
    /// requests stay there.
    pub(crate) fn advance(&mut self, inbox: &mut Vec<u8>, limits: &Limits) -> Step {
        if let Phase::Head { searched } = &mut self.phase {
            match find_head(inbox, searched, &mut self.skipped_line, limits) {
                Ok(None) => return Step::More,
                Ok(Some(end)) => {
                    let block = inbox.get(..end).unwrap_or_default();
                    let head = match head::parse(block) {
                        Ok(head) => Box::new(head),
                        Err(refusal) => return Step::Refuse(refusal, Asked::in_vain(block)),
                    };
                    inbox.drain(..end);
                    if let Some(step) = self.begin_body(head, limits) {
                        return step;
                    }
                }
                Err(refusal) => return Step::Refuse(refusal, Asked::in_vain(inbox)),
            }
        }
        match std::mem::replace(&mut self.phase, Phase::Head { searched: 0 }) {
            Phase::Length { head, length } => self.collect(head, length, inbox),
            Phase::Chunks { head, decoder, data } => {
                self.decode(head, decoder, data, inbox, limits)
            }
            Phase::Head { .. } => Step::More,
        }
    }

    /// Decides about the body before a byte of it is read. `None` when it is collected.
    fn begin_body(&mut self, head: Box<Head>, limits: &Limits) -> Option<Step> {
        self.phase = Phase::Head { searched: 0 };
        self.skipped_line = false;
        match head.framing {
            Framing::None => Some(ready(*head, Body::Whole(None))),
            Framing::Length(length) if length > limits.body_bytes_max => {
                Some(Step::Refuse(Refusal::BodyTooLarge(limits.body_bytes_max), (&*head).into()))
            }
            Framing::Length(length) => match usize::try_from(length) {
                Ok(length) if length <= limits.body_collected_bytes_max => {
                    self.phase = Phase::Length { head, length };
                    None
                }
                _ => Some(ready(*head, Body::Length(length))),
            },
            Framing::Chunked => {
                let decoder = ChunkDecoder::new();
                self.phase = Phase::Chunks { head, decoder, data: Vec::new() };
                None
            }
        }
    }

    fn collect(&mut self, mut head: Box<Head>, length: usize, inbox: &mut Vec<u8>) -> Step {
        if inbox.len() >= length {
            let rest = inbox.split_off(length);
            return ready(*head, Body::Whole(Some(std::mem::replace(inbox, rest))));
        }
        let step = wait_for_body(&mut head, inbox.is_empty());
        self.phase = Phase::Length { head, length };
        step
    }

    fn decode(
        &mut self,
        mut head: Box<Head>,
        mut decoder: ChunkDecoder,
        mut data: Vec<u8>,
        inbox: &mut Vec<u8>,
        limits: &Limits,
    ) -> Step {
        match decoder.decode(inbox, &mut data) {
            Ok(used) => drop(inbox.drain(..used)),
            Err(error) => return Step::Refuse(Refusal::Malformed(error.0), (&*head).into()),
        }
        if data.len() as u64 > limits.body_bytes_max {
            return Step::Refuse(Refusal::BodyTooLarge(limits.body_bytes_max), (&*head).into());
        }
        if decoder.is_done() {
            return ready(*head, Body::Whole(Some(data)));
        }
        if data.len() > limits.body_collected_bytes_max {
            return ready(*head, Body::Chunks { decoder, data });
        }
        let step = wait_for_body(&mut head, data.is_empty());
        self.phase = Phase::Chunks { head, decoder, data };
        step
    }
}

fn ready(head: Head, body: Body) -> Step {
    Step::Ready(Box::new(Incoming { head, body }))
}

/// Asks a client for its body once, if it waits for that and has sent nothing of it.
fn wait_for_body(head: &mut Head, nothing_came: bool) -> Step {
    if std::mem::take(&mut head.expects_continue) && nothing_came {
        Step::Continue
    } else {
        Step::More
    }
}

/// The length of the head at the front of `inbox`, if it is all there. What cannot become
/// a head is refused at once: a client that speaks another protocol, or ends its lines in
/// LF, would otherwise hang until the deadline.
fn find_head(
    inbox: &mut Vec<u8>,
    searched: &mut usize,
    skipped_line: &mut bool,
    limits: &Limits,
) -> Result<Option<usize>, Refusal> {
    // One empty line in front is forgiven (RFC 9112, section 2.2).
    if *searched == 0 && !*skipped_line && inbox.starts_with(b"\r\n") {
        *skipped_line = true;
        inbox.drain(..2);
    }
    match inbox.as_slice() {
        [] | [b'\r'] => return Ok(None),
        [first, ..] if !first.is_ascii_uppercase() => {
            return Err(Refusal::Malformed("the request line does not begin with a method"));
        }
        _ => {}
    }
    let unsearched = inbox.get(*searched..).unwrap_or_default();
    for offset in memchr::memchr_iter(b'\n', unsearched) {
        let line = inbox.get(..*searched + offset).unwrap_or_default();
        if !line.ends_with(b"\r") {
            return Err(Refusal::Malformed("a line does not end in CR LF"));
        }
        let length = line.len() + 1;
        if length > limits.head_bytes_max {
            return Err(Refusal::HeadTooLarge);
        }
        if line.ends_with(b"\r\n\r") {
            return Ok(Some(length));
        }
    }
    *searched = inbox.len();
    let line_max = METHOD_BYTES_MAX + TARGET_BYTES_MAX + 16;
    if inbox.len() > line_max && memchr::memchr(b'\n', inbox).is_none() {
        return Err(Refusal::TargetTooLong);
    }
    if inbox.len() >= limits.head_bytes_max {
        return Err(Refusal::HeadTooLarge);
    }
    Ok(None)
}

#[cfg(test)]
#[path = "intake_tests.rs"]
mod tests;
