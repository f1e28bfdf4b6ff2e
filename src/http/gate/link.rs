//! One private connection to tiny_http.
//!
//! Owns its two ends as gate and handler see them, and the note about the exchange on it
//! that they share. It must not know clients or what requests mean.
//!
//! A link on which a request could not be completed is closed and never used again: the
//! handler then reads an error, and no other request can notice.

use std::collections::HashMap;
use std::io::{self, ErrorKind, Write};
use std::net::{IpAddr, Shutdown};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use super::head::{self, Head};
use super::socket;
use crate::base::limits::LINK_PROOF_DEADLINE_MS;
use crate::http::backend::{Backend, PrivateStream};

/// What the handler must know about the exchange on a link, besides what tiny_http reads.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    /// Address of the client.
    pub(crate) peer: Option<IpAddr>,
    /// Id of the request.
    pub(crate) request_id: String,
    /// Length the client declared.
    pub(crate) body_length: Option<u64>,
    /// Whether the request may hold its place for long.
    pub(crate) may_wait: bool,
    /// Whether this is the first request, which proves the link.
    pub(crate) is_proof: bool,
}

impl Note {
    const fn proof() -> Self {
        Self {
            peer: None,
            request_id: String::new(),
            body_length: None,
            may_wait: false,
            is_proof: true,
        }
    }
}

/// Which of the two sides has left an exchange first decides who lets a handler thread go.
#[derive(Debug, Default)]
struct Life {
    handler_inside: bool,
    is_dead: bool,
}

/// What gate and handler share about one link.
pub(crate) struct LinkState {
    token: String,
    stream: PrivateStream,
    backend: Arc<Backend>,
    note: Mutex<Note>,
    body_is_whole: AtomicBool,
    life: Mutex<Life>,
}

impl LinkState {
    /// The note about the exchange on the link.
    pub(crate) fn note(&self) -> Note {
        self.note.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether every byte of the body has been passed on. Read it after the body has
    /// ended: an end without this is a client that broke off.
    pub(crate) fn body_is_whole(&self) -> bool {
        self.body_is_whole.load(Ordering::SeqCst)
    }

    /// A handler takes up the request on this link; `false` when nobody waits for it.
    pub(crate) fn enter(&self) -> bool {
        let mut life = self.life.lock().unwrap_or_else(PoisonError::into_inner);
        life.handler_inside = !life.is_dead;
        life.handler_inside
    }

    /// The handler is done; `true` when the link died meanwhile and its thread with it.
    pub(crate) fn leave(&self) -> bool {
        let mut life = self.life.lock().unwrap_or_else(PoisonError::into_inner);
        life.handler_inside = false;
        life.is_dead
    }

    /// Ends the link from either side, so that the other one reads or writes an error.
    pub(crate) fn abort(&self) {
        // An error means that it has ended already.
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    /// Marks the link dead. One handler thread was started for it and must end with it:
    /// the one inside ends when it leaves, otherwise a free one is told to.
    fn bury(&self) {
        let mut life = self.life.lock().unwrap_or_else(PoisonError::into_inner);
        life.is_dead = true;
        if !life.handler_inside {
            self.backend.dismiss_handler();
        }
    }
}

/// The gate's end of a private connection. Dropping it closes the connection.
pub(crate) struct Link {
    state: Arc<LinkState>,
    table: Arc<LinkTable>,
}

impl Link {
    /// Makes a link of a new connection to `backend`, which has a handler thread for it,
    /// and proves it with a first request.
    ///
    /// # Errors
    /// When the request is not answered within two seconds.
    pub(crate) fn new(
        stream: PrivateStream,
        backend: Arc<Backend>,
        table: &Arc<LinkTable>,
        handler_deadline: Duration,
    ) -> io::Result<Self> {
        let state = Arc::new(LinkState {
            token: secret()?,
            stream,
            backend,
            note: Mutex::new(Note::proof()),
            body_is_whole: AtomicBool::new(false),
            life: Mutex::new(Life::default()),
        });
        table.insert(&state);
        let link = Self { state, table: Arc::clone(table) };
        let proof_deadline = Duration::from_millis(LINK_PROOF_DEADLINE_MS);
        link.state.stream.set_read_timeout(Some(proof_deadline))?;
        link.state.stream.set_write_timeout(Some(handler_deadline))?;
        link.prove()?;
        link.state.stream.set_read_timeout(Some(handler_deadline))?;
        Ok(link)
    }

    /// Begins the head of a request: notes what the handler must know, and appends to
    /// `output` the request line and the field that names the link.
    pub(crate) fn begin(&self, note: Note, head: &Head, output: &mut Vec<u8>) {
        self.note_down(note);
        head.begin(&self.state.token, output);
    }

    fn note_down(&self, note: Note) {
        self.state.body_is_whole.store(false, Ordering::SeqCst);
        *self.state.note.lock().unwrap_or_else(PoisonError::into_inner) = note;
    }

    /// States that everything written from now on completes the body.
    pub(crate) fn body_is_whole(&self) {
        self.state.body_is_whole.store(true, Ordering::SeqCst);
    }

    /// Writes all of `bytes` to tiny_http.
    pub(crate) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        socket::write_until(&self.state.stream, bytes, None)
    }

    /// Reads from tiny_http.
    pub(crate) fn read(&self, buffer: &mut [u8]) -> io::Result<usize> {
        socket::read_once(&self.state.stream, buffer)
    }

    fn prove(&self) -> io::Result<()> {
        let mut request = Vec::new();
        self.note_down(Note::proof());
        head::write_first_lines("GET", "/", &self.state.token, &mut request);
        request.write_all(b"host: link\r\n\r\n")?;
        self.body_is_whole();
        self.write(&request)?;
        let mut answer = Vec::new();
        let mut buffer = [0; 512];
        while !answer.ends_with(b"\r\n\r\n") {
            match self.read(&mut buffer)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                count => answer.extend_from_slice(buffer.get(..count).unwrap_or_default()),
            }
            if answer.len() > 4096 {
                return Err(ErrorKind::InvalidData.into());
            }
        }
        if answer.starts_with(b"HTTP/1.1 204") {
            Ok(())
        } else {
            Err(ErrorKind::InvalidData.into())
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.table.forget(&self.state.token);
        self.state.abort();
        self.state.bury();
    }
}

/// The links of a server by their secret names.
#[derive(Default)]
pub(crate) struct LinkTable {
    states: RwLock<HashMap<String, Arc<LinkState>>>,
}

impl LinkTable {
    /// The link of that name.
    pub(crate) fn find(&self, token: &str) -> Option<Arc<LinkState>> {
        self.states.read().unwrap_or_else(PoisonError::into_inner).get(token).cloned()
    }

    /// Ends every link, so that gate and handlers stop waiting for each other.
    pub(crate) fn abort_all(&self) {
        for state in self.states.read().unwrap_or_else(PoisonError::into_inner).values() {
            state.abort();
        }
    }

    fn insert(&self, state: &Arc<LinkState>) {
        let mut states = self.states.write().unwrap_or_else(PoisonError::into_inner);
        states.insert(state.token.clone(), Arc::clone(state));
    }

    fn forget(&self, token: &str) {
        self.states.write().unwrap_or_else(PoisonError::into_inner).remove(token);
    }
}

/// A name nobody can guess: where the private socket is a loopback port, knowing it is
/// what tells the gate from any other program on the machine.
fn secret() -> io::Result<String> {
    let (high, low) = (getrandom::u64()?, getrandom::u64()?);
    Ok(format!("{high:016x}{low:016x}"))
}
