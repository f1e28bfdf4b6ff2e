//! The language between parent and child: frames of one kind byte, a little-endian
//! length and that many bytes.
//!
//! Owns the frames and what a task's end is in them. It must not know processes or pipes.
//! Whoever reads believes nothing: the other side may have been taken over by a document.

use std::io::{self, Read, Write};

use crate::base::limits;
use crate::job::{Outcome, Progress};

/// What a frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Parent, before the first task: JSON of [`crate::model::ModelSettings`].
    Model,
    /// Parent: JSON of a [`Header`].
    Task,
    /// Parent: the next bytes of the current document.
    Document,
    /// Parent: the current document ends.
    DocumentEnd,
    /// Child: JSON of a [`crate::job::Progress`].
    Progress,
    /// Child: JSON text of the response body.
    Completed,
    /// Child: JSON of a [`crate::job::JobError`].
    Failed,
}

impl Kind {
    const ALL: [Self; 7] = [
        Self::Model,
        Self::Task,
        Self::Document,
        Self::DocumentEnd,
        Self::Progress,
        Self::Completed,
        Self::Failed,
    ];
}

/// The beginning of a task.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct Header {
    /// Path of the endpoint.
    pub endpoint: String,
    /// JSON text of the request.
    pub request: String,
    /// Heads of the documents that follow, in order.
    pub documents: Vec<String>,
    /// Processor time that the task may use, in seconds.
    pub processor_seconds: u64,
}

/// Writes a frame and flushes.
///
/// # Errors
/// When the other side is gone, or the frame is larger than the limit.
pub fn write(out: &mut dyn Write, kind: Kind, bytes: &[u8]) -> io::Result<()> {
    if bytes.len() > limits::FRAME_BYTES_MAX {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "frame over its limit"));
    }
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    let [a, b, c, d] = length.to_le_bytes();
    out.write_all(&[kind as u8, a, b, c, d])?;
    out.write_all(bytes)?;
    out.flush()
}

/// Reads a frame; `None` when the other side has closed between two frames.
///
/// # Errors
/// When the stream ends inside a frame or does not speak this language.
pub fn read(input: &mut dyn Read) -> io::Result<Option<(Kind, Vec<u8>)>> {
    let mut first = [0_u8; 1];
    loop {
        match input.read(&mut first) {
            Ok(0) => return Ok(None),
            Ok(_) => break,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let [code] = first;
    let kind = Kind::ALL.into_iter().find(|kind| *kind as u8 == code);
    let mut length = [0_u8; 4];
    input.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length) as usize;
    let invalid = || io::Error::new(io::ErrorKind::InvalidData, "not a frame");
    let kind = kind.filter(|_| length <= limits::FRAME_BYTES_MAX).ok_or_else(invalid)?;
    // Grows with what really arrives: the length alone is not believed.
    let mut bytes = Vec::new();
    input.take(length as u64).read_to_end(&mut bytes)?;
    if bytes.len() < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some((kind, bytes)))
}

/// Reads what a child says of one task, to its end.
///
/// # Errors
/// When the stream ends before the task, or says what no child may say.
pub fn read_outcome(
    input: &mut dyn Read,
    on_progress: &mut dyn FnMut(Progress),
) -> io::Result<Outcome> {
    loop {
        let (kind, bytes) = read(input)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        match kind {
            Kind::Progress => {
                on_progress(serde_json::from_slice(&bytes).map_err(io::Error::other)?);
            }
            Kind::Completed if bytes.len() <= limits::RESPONSE_BYTES_MAX => {
                let body = String::from_utf8(bytes).map_err(io::Error::other)?;
                return Ok(Outcome::Completed(body));
            }
            Kind::Failed => {
                let error = serde_json::from_slice(&bytes).map_err(io::Error::other)?;
                return Ok(Outcome::Failed(error));
            }
            _ => return Err(io::Error::new(io::ErrorKind::InvalidData, "unexpected frame")),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn frames_round_trip(
            payloads in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..100), 0..5),
        ) {
            let mut wire = Vec::new();
            for payload in &payloads {
                write(&mut wire, Kind::Document, payload).unwrap();
            }
            let mut input = wire.as_slice();
            for payload in &payloads {
                prop_assert_eq!(read(&mut input).unwrap(), Some((Kind::Document, payload.clone())));
            }
            prop_assert_eq!(read(&mut input).unwrap(), None);
        }

        #[test]
        fn noise_is_an_error_or_an_end(noise in prop::collection::vec(any::<u8>(), 0..64)) {
            let mut input = noise.as_slice();
            while let Ok(Some(_)) = read(&mut input) {}
        }
    }

    #[test]
    fn a_cut_frame_is_an_error() {
        let mut wire = Vec::new();
        write(&mut wire, Kind::Completed, b"{}").unwrap();
        for end in 1..wire.len() {
            assert!(read(&mut &wire[..end]).is_err(), "{end}");
        }
    }
}
