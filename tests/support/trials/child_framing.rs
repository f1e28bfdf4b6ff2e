//! What a child writes: any bytes as the parent reads them, in any pieces.
//!
//! They must not panic, what is read must not depend on the pieces, frames must be those of
//! a plain reading, and no length is believed before its bytes are here.

use std::io::{self, Read};

use docspool::base::limits;
use docspool::job::{Outcome, Progress};
use docspool::queue::child::frame::{self, Kind};
use serde_json::json;

/// Any bytes; whether a task ended in them.
pub(crate) fn run(bytes: &[u8]) -> bool {
    let (whole, seen) = end(&mut &*bytes);
    for pieces in super::cuts(bytes) {
        let (cut, seen_in_pieces) = end(&mut Pieces { pieces: &pieces, at: 0 });
        assert_eq!((cut, seen_in_pieces), (whole.clone(), seen.clone()), "it depends on pieces");
    }
    frames(bytes);
    whole.is_some()
}

/// How a task ended, and the progress before that.
fn end(input: &mut dyn Read) -> (Option<Outcome>, Vec<Progress>) {
    let mut seen = Vec::new();
    let outcome = frame::read_outcome(input, &mut |progress| seen.push(progress)).ok();
    if let Some(Outcome::Completed(text)) = &outcome {
        assert!(text.len() <= limits::RESPONSE_BYTES_MAX, "an answer over its limit");
    }
    (outcome, seen)
}

/// Compares the frames with those of a plain reading.
fn frames(bytes: &[u8]) {
    let (mut input, mut rest) = (bytes, bytes);
    loop {
        let read = frame::read(&mut input);
        let Some(([code, length @ ..], after)) = rest.split_first_chunk::<5>() else {
            assert_eq!(matches!(read, Ok(None)), rest.is_empty(), "an end between two frames");
            return;
        };
        let length = u32::from_le_bytes(*length) as usize;
        let payload = after.get(..length);
        match (&read, payload) {
            (Ok(Some((kind, data))), Some(payload)) => {
                assert_eq!((*kind as u8, data.as_slice()), (*code, payload));
                // What is written again is what was read.
                let mut again = Vec::new();
                frame::write(&mut again, *kind, data).expect("a vector takes everything");
                assert_eq!(again, rest[..5 + length]);
            }
            (Err(_), _) => {
                let is_known = *code <= Kind::Failed as u8 && length <= limits::FRAME_BYTES_MAX;
                assert!(!is_known || payload.is_none(), "a sound frame is refused");
                return;
            }
            other => panic!("{other:?} of a frame of kind {code} and {length} bytes"),
        }
        rest = &after[length..];
    }
}

/// A pipe that gives one piece at a time.
struct Pieces<'a> {
    pieces: &'a [&'a [u8]],
    at: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some((piece, later)) = self.pieces.split_first() {
            let left = &piece[self.at..];
            if left.is_empty() {
                (self.pieces, self.at) = (later, 0);
                continue;
            }
            let count = left.len().min(buffer.len());
            buffer[..count].copy_from_slice(&left[..count]);
            self.at += count;
            return Ok(count);
        }
        Ok(0)
    }
}

/// What children write, and one frame that lies.
pub(crate) fn seeds() -> Vec<(String, Vec<u8>)> {
    let written = |frames: &[(Kind, String)]| {
        let mut bytes = Vec::new();
        for (kind, text) in frames {
            frame::write(&mut bytes, *kind, text.as_bytes()).expect("a vector takes everything");
        }
        bytes
    };
    let progress = |done: u32| (Kind::Progress, json!({"done": done, "total": 9}).to_string());
    let answer = json!({"text": "hello", "pages": ["h\u{e9}llo"]}).to_string();
    let error = json!({"code": "password_required", "message": "say it", "details": null});
    let mut lie = vec![Kind::Completed as u8];
    lie.extend_from_slice(&(limits::FRAME_BYTES_MAX as u32).to_le_bytes());
    lie.extend_from_slice(b"{}");
    vec![
        ("completed".to_owned(), written(&[(Kind::Completed, answer.clone())])),
        ("progress".to_owned(), written(&[progress(1), progress(2), (Kind::Completed, answer)])),
        ("failed".to_owned(), written(&[progress(8), (Kind::Failed, error.to_string())])),
        ("foreign".to_owned(), written(&[(Kind::Task, "{}".to_owned())])),
        ("lie".to_owned(), lie),
    ]
}
