//! A relay thread: serves whole requests, one at a time, each over a link.
//!
//! Owns the passing of a request to tiny_http and of the answer back. It must not know
//! how requests are parsed or what answers mean.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::admission::{Entry, Work};
use super::chunked::LAST_CHUNK;
use super::connection::{Arrival, Connection};
use super::download::Download;
use super::head::{Asked, Head};
use super::intake::{Body, Incoming, Step};
use super::link::{Link, Note};
use super::refusal::Refusal;
use super::stats::Stats;
use super::{Gate, socket, upload};
use crate::base::limits::LINGER_MS;

/// Piece in which bodies are passed on, in bytes.
const PIECE_BYTES: usize = 64 * 1024;

/// How an exchange ended, for the connection.
enum Outcome {
    /// The next request may come.
    Keep,
    /// Answered; the connection ends here.
    Close,
    /// The client is gone, or its answer was cut off.
    Broken,
    /// Not answered yet: the gate refuses it.
    Refuse(Refusal, Asked),
}

/// What becomes of a connection when a relay is done with it.
enum Next {
    Serve(Box<Incoming>),
    Park,
    Close,
    Drop,
    Refuse(Refusal, Asked),
}

/// Why a body or an answer could not be passed on.
pub(super) enum Fault {
    /// The client's side: a refusal, or nothing where the client has gone.
    Client(Option<Refusal>),
    /// The side of tiny_http.
    Link(Refusal),
    /// The answer broke off when the client already had a part of it.
    CutOff,
    /// The client has gone, but the link is at the end of the exchange.
    Gone,
}

impl Fault {
    pub(super) fn of_link(error: &io::Error) -> Self {
        let is_late = socket::is_timeout(error);
        Self::Link(if is_late { Refusal::HandlerTooSlow } else { Refusal::HandlerFailed })
    }
}

/// The state of one relay thread.
pub(super) struct Relay {
    gate: Arc<Gate>,
    buffer: Vec<u8>,
    output: Vec<u8>,
}

impl Relay {
    pub(super) fn new(gate: Arc<Gate>) -> Self {
        Self { gate, buffer: vec![0; PIECE_BYTES], output: Vec::new() }
    }

    /// Serves until it is told to stop.
    pub(super) fn run(mut self) {
        while let Work::Serve(entry) = self.gate.admission.next() {
            // Once the gate is over, nobody waits for an answer any more.
            if self.gate.is_over() {
                continue;
            }
            let number = entry.connection.number;
            let served = catch_unwind(AssertUnwindSafe(|| self.serve(*entry)));
            if served.is_err() {
                // A fault of ours must not cost more than the connection it happened on.
                tracing::error!("a relay panicked");
                self.gate.leave(number);
            }
        }
        self.gate.relays.fetch_sub(1, Ordering::SeqCst);
    }

    /// Serves a connection for as long as it has requests and nobody else waits.
    fn serve(&mut self, entry: Entry) {
        let Entry { mut connection, incoming, since } = entry;
        let is_late = since.elapsed() > self.gate.limits.queue_deadline;
        let mut next = Next::Serve(incoming);
        let mut served = 0_u32;
        while let Next::Serve(incoming) = next {
            // An upload that follows needs its place first; others may be waiting, too.
            if served > 0 && (incoming.is_upload() || self.gate.admission.has_queue()) {
                return self.gate.admission.enter(connection, incoming);
            }
            let outcome = if is_late && served == 0 {
                let _place = incoming.is_upload().then(|| self.gate.admission.upload_place());
                Outcome::Refuse(Refusal::Busy, Asked::from(&incoming.head))
            } else {
                self.exchange(&mut connection, *incoming)
            };
            served = served.saturating_add(1);
            next = match outcome {
                Outcome::Keep if self.gate.is_stopping() => Next::Close,
                Outcome::Keep => self.next_request(&mut connection),
                Outcome::Close => Next::Close,
                Outcome::Broken => Next::Drop,
                Outcome::Refuse(refusal, asked) => Next::Refuse(refusal, asked),
            };
        }
        self.gate.leave(connection.number);
        match next {
            Next::Park => self.gate.park(connection),
            Next::Close => self.close(connection),
            Next::Refuse(refusal, asked) => self.gate.refuse(connection, refusal, &asked),
            Next::Drop | Next::Serve(_) => {}
        }
    }

    /// Looks for the next request on a kept connection. A client that answers at once is
    /// waited for here, which spares the way through the poller, but only for a moment
    /// and only while another relay is free.
    fn next_request(&mut self, connection: &mut Connection) -> Next {
        let mut may_linger = true;
        loop {
            match connection.step(&self.gate.limits) {
                Step::Ready(incoming) => return Next::Serve(incoming),
                Step::Refuse(refusal, asked) => return Next::Refuse(refusal, asked),
                Step::More | Step::Continue => {}
            }
            let arrival = if may_linger && self.gate.admission.may_linger() {
                may_linger = false;
                connection.read_within(&mut self.buffer, Duration::from_millis(LINGER_MS))
            } else {
                connection.read_now(&mut self.buffer)
            };
            match arrival {
                Arrival::Bytes => {}
                Arrival::Nothing => return Next::Park,
                Arrival::End => return Next::Drop,
            }
        }
    }

    /// Closes a connection after its last answer.
    fn close(&mut self, mut connection: Connection) {
        // Bytes that nobody will read would turn the close into a reset.
        let has_unread =
            !connection.inbox.is_empty() || connection.read_now(&mut self.buffer) == Arrival::Bytes;
        if has_unread {
            let stream = Arc::clone(&connection.stream);
            drop(connection);
            self.gate.close_gently(stream);
        }
    }

    /// Passes one request to tiny_http and its answer to the client.
    fn exchange(&mut self, connection: &mut Connection, incoming: Incoming) -> Outcome {
        Stats::count(&self.gate.stats.requests);
        let gate = Arc::clone(&self.gate);
        let upload = incoming.is_upload().then(|| gate.admission.upload_place());
        let Incoming { head, body } = incoming;
        let link = match gate.links.take() {
            Ok(link) => link,
            Err(error) => {
                tracing::warn!(%error, "cannot open a private connection");
                return Outcome::Refuse(Refusal::Busy, Asked::from(&head));
            }
        };
        let (path, query) = head.path_and_query();
        let is_wait = gate.service.waits(&head.method, path, query);
        let wait = is_wait.then(|| gate.admission.take_wait()).flatten();
        let note = Note {
            peer: Some(connection.peer),
            request_id: head.request_id.clone(),
            body_length: body.announced(),
            may_wait: wait.is_some(),
            is_proof: false,
        };
        let passed = self.pass_request(connection, &link, &head, body, note);
        // The body is through: the next upload may come while this one is answered.
        drop(upload);
        let passed = passed.and_then(|()| {
            let (output, buffer) = (&mut self.output, &mut self.buffer);
            Download::new(connection, &link, &gate.limits, output, buffer)
                .pass(&head, || !gate.is_stopping())
        });
        match passed {
            Ok(keep_alive) => {
                gate.links.give_back(link);
                if keep_alive { Outcome::Keep } else { Outcome::Close }
            }
            Err(Fault::Gone) => {
                gate.links.give_back(link);
                Outcome::Broken
            }
            Err(fault) => {
                // The link ends here, and with it whatever was on it.
                drop(link);
                Stats::count(&gate.stats.links_broken);
                match fault {
                    Fault::Client(Some(refusal)) | Fault::Link(refusal) => {
                        Outcome::Refuse(refusal, Asked::from(&head))
                    }
                    _ => Outcome::Broken,
                }
            }
        }
    }

    /// Passes a request to tiny_http, whole. It is answered only after that.
    fn pass_request(
        &mut self,
        connection: &mut Connection,
        link: &Link,
        head: &Head,
        body: Body,
        note: Note,
    ) -> Result<(), Fault> {
        let output = &mut self.output;
        output.clear();
        link.begin(note, head, output);
        match write_head_end(head, body, output) {
            Body::Whole(_) => {}
            body => {
                let memory = (&mut *output, self.buffer.as_mut_slice());
                upload::pass(connection, link, head, body, &self.gate.limits, memory)?;
                output.extend_from_slice(LAST_CHUNK);
            }
        }
        // Said before the last bytes go, so that the handler knows when it has read them.
        link.body_is_whole();
        link.write(output).map_err(|error| Fault::of_link(&error))
    }
}

/// Writes the fields of a head and how its body is framed, behind what [`Head::begin`]
/// wrote, and the body itself if all of it is here; otherwise it is to follow in chunks.
pub(super) fn write_head_end(head: &Head, body: Body, output: &mut Vec<u8>) -> Body {
    output.extend_from_slice(&head.lines);
    match &body {
        Body::Whole(None) => output.extend_from_slice(b"\r\n"),
        Body::Whole(Some(data)) => {
            let length = format!("content-length: {}\r\n\r\n", data.len());
            output.extend_from_slice(length.as_bytes());
            output.extend_from_slice(data);
        }
        _ => output.extend_from_slice(b"transfer-encoding: chunked\r\n\r\n"),
    }
    body
}
