//! The gate: our listener in front of tiny_http.
//!
//! Owns client connections from accept to close: their cap, their deadlines, strict
//! framing, and the passing of whole checked requests to tiny_http over private links.
//! It must not know routes, jobs or what an answer means.
//!
//! One poller thread accepts, reads and refuses; it holds every connection that is not
//! being served, so that idle and slow clients cost memory and no thread. Relay threads
//! serve whole requests, one at a time each, and grow in number up to a limit. Whoever
//! takes a [`Connection`](connection::Connection) out of the table owns it alone.

mod admission;
mod answer;
pub(crate) mod chunked;
mod connection;
mod download;
pub(crate) mod head;
mod intake;
pub(crate) mod limits;
pub(crate) mod link;
pub(crate) mod links;
mod poller;
pub(crate) mod refusal;
mod relay;
mod socket;
pub(crate) mod stats;
mod target;
pub mod trial;
mod upload;

use std::collections::HashMap;
use std::io;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mio::{Token, Waker};

use self::admission::Admission;
use self::connection::{Closing, Connection};
use self::head::Asked;
use self::intake::Incoming;
use self::limits::Limits;
use self::links::Links;
use self::poller::Poller;
use self::refusal::Refusal;
use self::relay::Relay;
use self::socket::Watch;
use self::stats::Stats;
use super::exchange::Service;
use super::threads::Threads;
use crate::base::limits::{
    CLOSING_CONNECTIONS_MAX, DRAIN_BYTES_MAX, DRAIN_DEADLINE_MS, EXCHANGES_READY,
};

/// Stack of a relay or poller thread, in bytes. They parse into small arrays and recurse
/// nowhere.
const STACK_BYTES: usize = 256 * 1024;

/// A connection that nobody is working on, and until when it may stay so.
enum Parked {
    Client(Connection, std::time::Instant, Watch),
    Closing(Closing, Watch),
}

/// What poller and relays share.
pub(crate) struct Gate {
    limits: Limits,
    pub(crate) stats: Stats,
    service: Arc<dyn Service>,
    links: Links,
    threads: Arc<Threads>,
    admission: Admission,
    registry: mio::Registry,
    waker: Waker,
    parked: Mutex<HashMap<usize, Parked>>,
    /// Connections whose requests are queued or being served.
    active: Mutex<HashMap<usize, Arc<TcpStream>>>,
    all_left: Condvar,
    next_number: AtomicUsize,
    open: Arc<AtomicUsize>,
    closing: AtomicUsize,
    relays: AtomicUsize,
    is_stopping: AtomicBool,
    is_over: AtomicBool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing here is left half-changed by a panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Gate {
    /// Starts poller and first relays on a listening socket.
    pub(crate) fn start(
        listener: TcpListener,
        limits: Limits,
        service: Arc<dyn Service>,
        links: Links,
        threads: Arc<Threads>,
    ) -> io::Result<Arc<Self>> {
        let poll = mio::Poll::new()?;
        let gate = Arc::new(Self {
            admission: Admission::new(limits.uploads_max, limits.waits_max),
            limits,
            stats: Stats::default(),
            service,
            links,
            threads,
            registry: poll.registry().try_clone()?,
            waker: Waker::new(poll.registry(), poller::WAKE)?,
            parked: Mutex::default(),
            active: Mutex::default(),
            all_left: Condvar::new(),
            next_number: AtomicUsize::new(poller::FIRST_NUMBER),
            open: Arc::default(),
            closing: AtomicUsize::new(0),
            relays: AtomicUsize::new(0),
            is_stopping: AtomicBool::new(false),
            is_over: AtomicBool::new(false),
        });
        match gate.start_threads(poll, listener) {
            Ok(()) => Ok(gate),
            Err(error) => {
                gate.stop(Duration::ZERO);
                Err(error)
            }
        }
    }

    fn start_threads(self: &Arc<Self>, poll: mio::Poll, listener: TcpListener) -> io::Result<()> {
        for _ in 0..EXCHANGES_READY.min(self.limits.exchanges_max.max(1)) {
            self.links.give_back(self.links.open()?);
            self.relays.fetch_add(1, Ordering::SeqCst);
            self.start_relay()?;
        }
        let poller = Poller::new(Arc::clone(self), poll, listener)?;
        self.threads.spawn("docspool-poller", Some(STACK_BYTES), move || poller.run())
    }

    fn start_relay(self: &Arc<Self>) -> io::Result<()> {
        let relay = Relay::new(Arc::clone(self));
        let started = self.threads.spawn("docspool-relay", Some(STACK_BYTES), move || relay.run());
        if started.is_err() {
            self.relays.fetch_sub(1, Ordering::SeqCst);
        }
        started
    }

    /// One relay more, if requests wait for one and the limit allows it.
    fn grow(self: &Arc<Self>) {
        if !self.admission.is_short_of_relays() {
            return;
        }
        let max = self.limits.exchanges_max;
        let grown = self.relays.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |relays| {
            (relays < max).then_some(relays + 1)
        });
        if grown.is_ok()
            && let Err(error) = self.start_relay()
        {
            // The relays there are go on; the next request tries again.
            tracing::warn!(%error, "cannot start another relay");
        }
    }

    /// Puts a whole request in line for a relay.
    fn admit(self: &Arc<Self>, connection: Connection, incoming: Box<Incoming>) {
        lock(&self.active).insert(connection.number, Arc::clone(&connection.stream));
        self.admission.enter(connection, incoming);
        self.grow();
    }

    /// The connection is no longer being served.
    fn leave(&self, number: usize) {
        let mut active = lock(&self.active);
        active.remove(&number);
        if active.is_empty() && self.is_stopping() {
            self.all_left.notify_all();
        }
    }

    /// Lays a connection aside until its client sends something or its time is up.
    fn park(&self, mut connection: Connection) {
        if self.is_stopping() {
            return;
        }
        connection.shrink();
        let deadline = connection.deadline(&self.limits, socket::now());
        let number = connection.number;
        // Locked before it is watched: its event may come at once.
        let mut parked = lock(&self.parked);
        match socket::watch(&self.registry, &connection.stream, Token(number)) {
            Ok(watch) => drop(parked.insert(number, Parked::Client(connection, deadline, watch))),
            Err(error) => tracing::warn!(%error, "cannot watch a connection; closing it"),
        }
    }

    /// Refuses a request and closes its connection.
    fn refuse(&self, connection: Connection, refusal: Refusal, asked: &Asked) {
        self.stats.refused(refusal);
        connection.refuse(refusal, asked);
        let stream = Arc::clone(&connection.stream);
        drop(connection);
        self.close_gently(stream);
    }

    /// Closes a connection in such a way that its client can read the last answer.
    fn close_gently(&self, stream: Arc<TcpStream>) {
        let deadline = socket::now() + Duration::from_millis(DRAIN_DEADLINE_MS);
        self.park_closing(Closing::new(stream, deadline, DRAIN_BYTES_MAX));
    }

    fn park_closing(&self, closing: Closing) {
        if self.closing.load(Ordering::SeqCst) >= CLOSING_CONNECTIONS_MAX {
            return;
        }
        let number = self.next_number();
        let mut parked = lock(&self.parked);
        if let Ok(watch) = socket::watch(&self.registry, &closing.stream, Token(number)) {
            self.closing.fetch_add(1, Ordering::SeqCst);
            parked.insert(number, Parked::Closing(closing, watch));
        }
    }

    /// Takes a connection out of the table, for its event or because its time is up.
    fn unpark(&self, number: usize) -> Option<Unparked> {
        let entry = lock(&self.parked).remove(&number)?;
        Some(match entry {
            Parked::Client(connection, _, watch) => {
                socket::unwatch(&self.registry, &connection.stream, watch);
                Unparked::Client(connection)
            }
            Parked::Closing(closing, watch) => {
                socket::unwatch(&self.registry, &closing.stream, watch);
                self.closing.fetch_sub(1, Ordering::SeqCst);
                Unparked::Closing(closing)
            }
        })
    }

    fn next_number(&self) -> usize {
        self.next_number.fetch_add(1, Ordering::SeqCst)
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }

    fn is_stopping(&self) -> bool {
        self.is_stopping.load(Ordering::SeqCst)
    }

    /// Client connections that are open.
    pub(crate) fn connections_open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    /// Private connections opened so far.
    pub(crate) fn links_opened(&self) -> u64 {
        self.links.opened()
    }

    /// Relay threads that are running.
    pub(crate) fn relays(&self) -> usize {
        self.relays.load(Ordering::SeqCst)
    }

    /// Accepts no more, closes idle connections, and waits until every request inside is
    /// answered, at most `grace`; then ends the rest. Returns whether all were answered.
    pub(crate) fn stop(&self, grace: Duration) -> bool {
        self.is_stopping.store(true, Ordering::SeqCst);
        self.wake();
        let active = lock(&self.active);
        let waited = self.all_left.wait_timeout_while(active, grace, |left| !left.is_empty());
        let active = waited.unwrap_or_else(PoisonError::into_inner).0;
        let all_answered = active.is_empty();
        for stream in active.values() {
            // An error means that it is closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
        drop(active);
        if !all_answered {
            self.links.table().abort_all();
        }
        self.is_over.store(true, Ordering::SeqCst);
        self.admission.stop();
        self.wake();
        all_answered
    }

    /// Ends tiny_http, after the relays have ended.
    pub(crate) fn close_links(&self) {
        self.links.close();
    }

    fn wake(&self) {
        if let Err(error) = self.waker.wake() {
            tracing::error!(%error, "cannot wake the poller");
        }
    }
}

/// What was taken out of the table.
enum Unparked {
    Client(Connection),
    Closing(Closing),
}
