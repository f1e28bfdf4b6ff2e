//! What the gate makes of bytes, without sockets: for fuzzing and its tests.
//!
//! Owns the course that a connection takes through [`Intake`] and an upload, with the very
//! functions that relays use, and keeps what would have been written to tiny_http. It must
//! not decide anything by itself: a rule that stands only here is tried by nobody.

use super::chunked::LAST_CHUNK;
use super::intake::{Body, Incoming, Intake, Step};
use super::limits::Limits;
use super::relay::{self, Fault};
use super::upload::{self, Rest};

/// The secret name of the link that everything is written to.
pub const LINK: &str = "0123456789abcdef";

/// What became of one connection's bytes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Passage {
    /// Requests that passed whole, each as written to tiny_http.
    pub requests: Vec<Vec<u8>>,
    /// A request that passed but whose body never ended: what was written of it.
    pub unfinished: Option<Vec<u8>>,
    /// Status and rule of the refusal that ended the connection.
    pub refused: Option<(u16, String)>,
    /// Times the client was told to continue.
    pub continues: usize,
    /// Bytes that were not used.
    pub left: Vec<u8>,
}

/// An upload on its way.
struct Upload {
    rest: Rest,
    written: Vec<u8>,
}

/// Reads the pieces as they would arrive on one connection.
///
/// A body up to `collected_max` bytes is collected before its request passes; one of more
/// than `body_max` is refused.
#[must_use]
pub fn pass(pieces: &[&[u8]], collected_max: usize, body_max: u64) -> Passage {
    let limits = Limits {
        body_collected_bytes_max: collected_max,
        body_bytes_max: body_max,
        ..Limits::default()
    };
    let (mut intake, mut inbox) = (Intake::new(), Vec::new());
    let (mut passage, mut upload) = (Passage::default(), None);
    for piece in pieces {
        inbox.extend_from_slice(piece);
        while passage.advance(&mut intake, &mut inbox, &mut upload, &limits) {}
        if passage.refused.is_some() {
            break;
        }
    }
    passage.unfinished = upload.map(|upload| upload.written);
    passage.left = inbox;
    passage
}

impl Passage {
    /// One step; whether the next one can do something with the same bytes.
    fn advance(
        &mut self,
        intake: &mut Intake,
        inbox: &mut Vec<u8>,
        upload: &mut Option<Upload>,
        limits: &Limits,
    ) -> bool {
        if let Some(mut arriving) = upload.take() {
            let max = limits.body_bytes_max;
            match upload::take(inbox, &mut arriving.rest, max, &mut arriving.written) {
                Ok(true) => {
                    arriving.written.extend_from_slice(LAST_CHUNK);
                    self.requests.push(arriving.written);
                    return true;
                }
                Ok(false) => *upload = Some(arriving),
                Err(fault) => {
                    *upload = Some(arriving);
                    self.refuse(&fault);
                }
            }
            return false;
        }
        match intake.advance(inbox, limits) {
            Step::More => false,
            Step::Continue => {
                self.continues += 1;
                true
            }
            Step::Refuse(refusal, _) => {
                self.refuse(&Fault::Client(Some(refusal)));
                false
            }
            Step::Ready(incoming) => {
                *upload = self.begin(*incoming);
                true
            }
        }
    }

    /// Writes the head of a request, and its body if it is here.
    fn begin(&mut self, incoming: Incoming) -> Option<Upload> {
        let Incoming { head, body } = incoming;
        let mut written = Vec::new();
        head.begin(LINK, &mut written);
        match relay::write_head_end(&head, body, &mut written) {
            Body::Whole(_) => {
                self.requests.push(written);
                None
            }
            body => Some(Upload { rest: upload::begin(body, &mut written), written }),
        }
    }

    fn refuse(&mut self, fault: &Fault) {
        self.refused = match fault {
            Fault::Client(Some(refusal)) => Some((refusal.status(), format!("{refusal:?}"))),
            _ => Some((500, "not the client's fault".to_owned())),
        };
    }
}
