//! The poller thread: accepts clients and waits for what they send.
//!
//! Owns the listener and the sweep of deadlines. It must not block on any one client:
//! everything here reads and writes without waiting.

use std::io::{self, ErrorKind};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mio::{Events, Interest, Token};

use super::connection::{Arrival, Closing, Connection, OpenCount};
use super::head::Asked;
use super::intake::Step;
use super::refusal::Refusal;
use super::stats::Stats;
use super::{Gate, Parked, Unparked, lock, socket};
use crate::base::limits::ACCEPT_PAUSE_MS;

const LISTEN: Token = Token(0);
/// Wakes the poller for a stop.
pub(super) const WAKE: Token = Token(1);
/// The first number a connection may have.
pub(super) const FIRST_NUMBER: usize = 2;

/// Bytes read from a socket at once.
const READ_BYTES: usize = 64 * 1024;
/// Longest time between two sweeps while there are connections.
const SWEEP: Duration = Duration::from_millis(250);
/// One of so many failures to accept in a row is logged.
const ACCEPT_LOG_EVERY: u32 = 200;

/// The poller's own state.
pub(super) struct Poller {
    gate: Arc<Gate>,
    poll: mio::Poll,
    listener: Option<mio::net::TcpListener>,
    accept_again: Option<Instant>,
    accept_failures: u32,
    next_sweep: Instant,
    buffer: Vec<u8>,
}

impl Poller {
    pub(super) fn new(
        gate: Arc<Gate>,
        poll: mio::Poll,
        listener: std::net::TcpListener,
    ) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let mut listener = mio::net::TcpListener::from_std(listener);
        poll.registry().register(&mut listener, LISTEN, Interest::READABLE)?;
        Ok(Self {
            gate,
            poll,
            listener: Some(listener),
            accept_again: None,
            accept_failures: 0,
            next_sweep: socket::now(),
            buffer: vec![0; READ_BYTES],
        })
    }

    /// Runs until the gate is over.
    pub(super) fn run(mut self) {
        let mut events = Events::with_capacity(256);
        while !self.gate.is_over() {
            // A fault of ours must not leave the server deaf.
            if catch_unwind(AssertUnwindSafe(|| self.turn(&mut events))).is_err() {
                tracing::error!("the poller panicked");
                // The event of the listener may be among those that were lost.
                self.accept_again = Some(socket::now());
            }
        }
        lock(&self.gate.parked).clear();
    }

    /// Waits once and does everything that is due.
    fn turn(&mut self, events: &mut Events) {
        if let Err(error) = self.poll.poll(events, self.patience())
            && error.kind() != ErrorKind::Interrupted
        {
            tracing::error!(%error, "cannot wait for connections");
            std::thread::sleep(Duration::from_millis(ACCEPT_PAUSE_MS));
        }
        for event in events.iter() {
            match event.token() {
                LISTEN => self.accept_all(),
                WAKE => {}
                Token(number) => self.awake(number),
            }
        }
        let now = socket::now();
        if self.accept_again.is_some_and(|again| now >= again) {
            self.accept_all();
        }
        if self.gate.is_stopping() {
            self.close_idle();
        }
        if now >= self.next_sweep {
            self.next_sweep = now + SWEEP;
            self.sweep(now);
        }
    }

    /// How long nothing can be due.
    fn patience(&self) -> Option<Duration> {
        let now = socket::now();
        let accept = self.accept_again.map(|again| again.saturating_duration_since(now));
        let is_empty = self.gate.connections_open() == 0 && lock(&self.gate.parked).is_empty();
        let sweep = (!is_empty).then(|| self.next_sweep.saturating_duration_since(now));
        [accept, sweep].into_iter().flatten().min()
    }

    /// Accepts every client that has arrived. When the system refuses, for want of
    /// descriptors mostly, the loop pauses and goes on; clients wait in the backlog.
    fn accept_all(&mut self) {
        self.accept_again = None;
        while let Some(listener) = &self.listener {
            match listener.accept() {
                Ok((stream, peer)) => {
                    self.accept_failures = 0;
                    self.welcome(stream.into(), peer.ip());
                }
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => return,
                    ErrorKind::Interrupted
                    | ErrorKind::ConnectionAborted
                    | ErrorKind::ConnectionReset => {}
                    _ => {
                        Stats::count(&self.gate.stats.accept_errors);
                        if self.accept_failures.is_multiple_of(ACCEPT_LOG_EVERY) {
                            tracing::warn!(%error, "cannot accept a connection; trying again");
                        }
                        self.accept_failures = self.accept_failures.wrapping_add(1);
                        let pause = Duration::from_millis(ACCEPT_PAUSE_MS);
                        self.accept_again = Some(socket::now() + pause);
                        return;
                    }
                },
            }
        }
    }

    fn welcome(&mut self, stream: TcpStream, peer: std::net::IpAddr) {
        let gate = &self.gate;
        Stats::count(&gate.stats.connections);
        if gate.connections_open() >= gate.limits.connections_max && !self.make_room() {
            let refusal = Refusal::TooManyConnections;
            gate.stats.refused(refusal);
            let answer = refusal.render(&Asked::in_vain(&[]));
            // A client that does not take it at once has no answer; it is one too many.
            let _ = socket::write_now(&stream, &answer);
            gate.close_gently(Arc::new(stream));
            return;
        }
        let open = OpenCount::new(&gate.open);
        match Connection::new(gate.next_number(), stream, peer, &gate.limits, open) {
            Ok(connection) => self.attend(connection),
            // The client has gone in the meantime.
            Err(error) => tracing::debug!(%error, "a connection ended at once"),
        }
    }

    /// Closes the connection on which nothing has been asked for the longest time: clients
    /// expect that of idle connections at any moment. `false` when every one is in use.
    fn make_room(&self) -> bool {
        let longest = lock(&self.gate.parked)
            .iter()
            .filter_map(|(number, parked)| match parked {
                Parked::Client(client, deadline, _) if client.is_idle() => {
                    Some((*deadline, *number))
                }
                _ => None,
            })
            .min();
        longest.is_some_and(|(_, number)| self.gate.unpark(number).is_some())
    }

    /// A parked connection has something to read.
    fn awake(&mut self, number: usize) {
        match self.gate.unpark(number) {
            Some(Unparked::Client(connection)) => self.attend(connection),
            Some(Unparked::Closing(closing)) => self.drain(closing),
            // An event from before it was taken out.
            None => {}
        }
    }

    fn drain(&mut self, mut closing: Closing) {
        if closing.drain(&mut self.buffer) {
            self.gate.park_closing(closing);
        }
    }

    /// Reads what a client has sent, and lets in, refuses or lays aside.
    fn attend(&mut self, mut connection: Connection) {
        loop {
            match connection.step(&self.gate.limits) {
                Step::Ready(incoming) => return self.gate.admit(connection, incoming),
                Step::Refuse(refusal, asked) => {
                    return self.gate.refuse(connection, refusal, &asked);
                }
                Step::More | Step::Continue => {}
            }
            match connection.read_now(&mut self.buffer) {
                Arrival::Bytes => {}
                Arrival::Nothing => return self.gate.park(connection),
                Arrival::End => return,
            }
        }
    }

    /// Ends the waits whose time is up.
    fn sweep(&mut self, now: Instant) {
        let late: Vec<usize> = lock(&self.gate.parked)
            .iter()
            .filter(|(_, parked)| match parked {
                Parked::Client(_, deadline, _) => now >= *deadline,
                Parked::Closing(closing, _) => now >= closing.deadline,
            })
            .map(|(number, _)| *number)
            .collect();
        for number in late {
            match self.gate.unpark(number) {
                Some(Unparked::Client(connection)) if !connection.is_idle() => {
                    let asked = Asked::in_vain(&connection.inbox);
                    self.gate.refuse(connection, Refusal::TooSlow, &asked);
                }
                _ => {}
            }
        }
        let Some(since) = now.checked_sub(self.gate.limits.queue_deadline) else { return };
        for entry in self.gate.admission.take_late_uploads(since) {
            self.gate.leave(entry.connection.number);
            let asked = Asked::from(&entry.incoming.head);
            self.gate.refuse(entry.connection, Refusal::Busy, &asked);
        }
    }

    /// Closes the door and every connection that has no whole request on it.
    fn close_idle(&mut self) {
        if let Some(mut listener) = self.listener.take() {
            // It is closed in any case.
            let _ = self.poll.registry().deregister(&mut listener);
        }
        let clients: Vec<usize> = lock(&self.gate.parked)
            .iter()
            .filter(|(_, parked)| matches!(parked, Parked::Client(..)))
            .map(|(number, _)| *number)
            .collect();
        for number in clients {
            drop(self.gate.unpark(number));
        }
    }
}
