//! One client connection.
//!
//! Owns the client's socket, the bytes that have arrived on it and the deadline they are
//! under. It must not know tiny_http, relays or the poller.

use std::io::{self, Write};
use std::net::{IpAddr, Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::head::Asked;
use super::intake::{Intake, Step, Waiting};
use super::limits::Limits;
use super::refusal::Refusal;
use super::socket;

/// Counts one open connection for as long as it lives.
#[derive(Debug)]
pub(crate) struct OpenCount(Arc<AtomicUsize>);

impl OpenCount {
    pub(crate) fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(count))
    }
}

impl Drop for OpenCount {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// What reading brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// Some bytes.
    Bytes,
    /// Nothing yet.
    Nothing,
    /// The client has closed or broken the connection.
    End,
}

/// One client connection.
#[derive(Debug)]
pub(crate) struct Connection {
    /// Unique within the server, and never used again.
    pub(crate) number: usize,
    pub(crate) stream: Arc<TcpStream>,
    pub(crate) peer: IpAddr,
    /// Bytes that have arrived and are not used yet.
    pub(crate) inbox: Vec<u8>,
    intake: Intake,
    waiting: Option<(Waiting, Instant)>,
    read_timeout: Option<Duration>,
    _open: OpenCount,
}

impl Connection {
    /// Takes over a socket that was just accepted.
    pub(crate) fn new(
        number: usize,
        stream: TcpStream,
        peer: IpAddr,
        limits: &Limits,
        open: OpenCount,
    ) -> io::Result<Self> {
        stream.set_nonblocking(false)?;
        // Without this, an answer of two writes waits 40 ms for an acknowledgement.
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(limits.answer_stall))?;
        Ok(Self {
            number,
            stream: Arc::new(stream),
            peer,
            inbox: Vec::new(),
            intake: Intake::new(),
            waiting: None,
            read_timeout: None,
            _open: open,
        })
    }

    /// What the bytes so far amount to. `Continue` has been answered when this returns.
    pub(crate) fn step(&mut self, limits: &Limits) -> Step {
        let mut step = self.intake.advance(&mut self.inbox, limits);
        if matches!(step, Step::Continue) {
            self.send_continue();
            step = Step::More;
        }
        if !matches!(step, Step::More) {
            self.waiting = None;
        }
        step
    }

    /// Tells the client to send its body. A client that cannot take 25 bytes will not be
    /// helped by an error here; its deadline ends it.
    pub(crate) fn send_continue(&self) {
        let _ = socket::write_now(&self.stream, b"HTTP/1.1 100 Continue\r\n\r\n");
    }

    /// When the present wait ends, reckoned from its beginning, or for the silence within
    /// a body from `now`, which is when a byte has come or the wait began.
    pub(crate) fn deadline(&mut self, limits: &Limits, now: Instant) -> Instant {
        let waiting = self.intake.waiting(&self.inbox);
        let since = match self.waiting {
            Some((before, since)) if before == waiting => since,
            _ => now,
        };
        self.waiting = Some((waiting, since));
        match waiting {
            Waiting::Request => since + limits.keep_alive,
            Waiting::Head => since + limits.head_deadline,
            Waiting::Body => (now + limits.body_stall).min(since + limits.body_deadline),
        }
    }

    /// Whether no byte of a request is here.
    pub(crate) fn is_idle(&self) -> bool {
        self.intake.waiting(&self.inbox) == Waiting::Request
    }

    /// Reads what is there, without waiting.
    pub(crate) fn read_now(&mut self, buffer: &mut [u8]) -> Arrival {
        let result = socket::read_now(&self.stream, buffer);
        self.arrived(buffer, result)
    }

    /// Reads, waiting at most `patience`.
    pub(crate) fn read_within(&mut self, buffer: &mut [u8], patience: Duration) -> Arrival {
        if self.set_read_timeout(patience).is_err() {
            return Arrival::End;
        }
        let result = socket::read_once(&*self.stream, buffer);
        self.arrived(buffer, result)
    }

    fn arrived(&mut self, buffer: &[u8], result: io::Result<usize>) -> Arrival {
        match result {
            Ok(0) => Arrival::End,
            Ok(count) => {
                self.inbox.extend_from_slice(buffer.get(..count).unwrap_or_default());
                Arrival::Bytes
            }
            Err(error) if socket::is_timeout(&error) => Arrival::Nothing,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Arrival::Nothing,
            Err(_) => Arrival::End,
        }
    }

    /// Sets how long a read may wait; remembers it, because most connections never change.
    pub(crate) fn set_read_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        if self.read_timeout != Some(timeout) {
            // Zero would mean to wait for ever.
            self.stream.set_read_timeout(Some(timeout.max(Duration::from_millis(1))))?;
            self.read_timeout = Some(timeout);
        }
        Ok(())
    }

    /// Gives back memory that a large request took, before a long wait.
    pub(crate) fn shrink(&mut self) {
        if self.inbox.is_empty() && self.inbox.capacity() > 4096 {
            self.inbox = Vec::new();
        }
    }

    /// Writes a refusal, as far as the client takes it at once.
    pub(crate) fn refuse(&self, refusal: Refusal, asked: &Asked) {
        // A client that does not even take this much is gone or hostile.
        let _ = socket::write_now(&self.stream, &refusal.render(asked));
    }
}

/// A connection that has had its last answer. It is read on for a little while, because
/// closing a socket with unread bytes in it would tear the answer out of the client's
/// hands (RFC 9112, section 9.6).
#[derive(Debug)]
pub(crate) struct Closing {
    pub(crate) stream: Arc<TcpStream>,
    pub(crate) deadline: Instant,
    left: usize,
}

impl Closing {
    /// Ends the sending side.
    pub(crate) fn new(stream: Arc<TcpStream>, deadline: Instant, drain_bytes_max: usize) -> Self {
        let _ = (&*stream).flush();
        let _ = stream.shutdown(Shutdown::Write);
        Self { stream, deadline, left: drain_bytes_max }
    }

    /// Throws away what is there; whether there may be more worth waiting for.
    pub(crate) fn drain(&mut self, buffer: &mut [u8]) -> bool {
        loop {
            match socket::read_now(&self.stream, buffer) {
                Ok(0) => return false,
                Ok(count) if count >= self.left => return false,
                Ok(count) => self.left -= count,
                Err(error) => return socket::is_timeout(&error),
            }
        }
    }
}
