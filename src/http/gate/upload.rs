//! The passing of a large body to tiny_http while it arrives.
//!
//! Owns the pace a client must keep and the limit of chunked bodies. On the link the body
//! always goes in chunks of our own, so that a client that breaks off leaves no
//! announced length behind.

use std::time::Duration;

use super::chunked::{ChunkDecoder, push_chunk};
use super::connection::{Arrival, Connection};
use super::head::Head;
use super::intake::Body;
use super::limits::Limits;
use super::link::Link;
use super::refusal::Refusal;
use super::relay::Fault;
use super::socket;

/// What is known about the end of the body.
pub(super) enum Rest {
    /// So many bytes are left.
    Length(u64),
    /// The decoder will tell; so many bytes have been decoded.
    Chunks(ChunkDecoder, u64),
}

/// Passes the body on. The last piece stays in `output`, together with whatever head was
/// in there, for the caller to send with the end of the body.
pub(super) fn pass(
    connection: &mut Connection,
    link: &Link,
    head: &Head,
    body: Body,
    limits: &Limits,
    (output, buffer): (&mut Vec<u8>, &mut [u8]),
) -> Result<(), Fault> {
    let deadline = socket::now() + limits.body_deadline;
    let mut rest = begin(body, output);
    if head.expects_continue && connection.inbox.is_empty() {
        connection.send_continue();
    }
    while !take(&mut connection.inbox, &mut rest, limits.body_bytes_max, output)? {
        if !output.is_empty() {
            link.write(output).map_err(|error| Fault::of_link(&error))?;
            output.clear();
        }
        let left = deadline.saturating_duration_since(socket::now());
        if left == Duration::ZERO {
            return Err(Fault::Client(Some(Refusal::TooSlow)));
        }
        match connection.read_within(buffer, limits.body_stall.min(left)) {
            Arrival::Bytes => {}
            Arrival::Nothing => return Err(Fault::Client(Some(Refusal::TooSlow))),
            Arrival::End => return Err(Fault::Client(None)),
        }
    }
    Ok(())
}

/// Writes what is here of the body, and says what is not.
pub(super) fn begin(body: Body, output: &mut Vec<u8>) -> Rest {
    match body {
        Body::Whole(data) => {
            push_chunk(output, &data.unwrap_or_default());
            Rest::Length(0)
        }
        Body::Length(length) => Rest::Length(length),
        Body::Chunks { decoder, data } => {
            push_chunk(output, &data);
            Rest::Chunks(decoder, data.len() as u64)
        }
    }
}

/// Moves what belongs to the body from `inbox` to `output`; whether that was the last.
pub(super) fn take(
    inbox: &mut Vec<u8>,
    rest: &mut Rest,
    body_bytes_max: u64,
    output: &mut Vec<u8>,
) -> Result<bool, Fault> {
    match rest {
        Rest::Length(left) => {
            let count = inbox.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
            push_chunk(output, inbox.get(..count).unwrap_or_default());
            inbox.drain(..count);
            *left -= count as u64;
            Ok(*left == 0)
        }
        Rest::Chunks(decoder, total) => {
            let mut data = Vec::new();
            let decoded = decoder.decode(inbox, &mut data);
            let used = decoded.map_err(|error| Fault::Client(Some(Refusal::Malformed(error.0))))?;
            inbox.drain(..used);
            *total += data.len() as u64;
            if *total > body_bytes_max {
                return Err(Fault::Client(Some(Refusal::BodyTooLarge(body_bytes_max))));
            }
            push_chunk(output, &data);
            Ok(decoder.is_done())
        }
    }
}
