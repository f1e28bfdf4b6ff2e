//! The private connections to tiny_http that are not in use, and how more are opened.
//!
//! Owns the running tiny_http and its replacement. It must not know clients.
//!
//! tiny_http hands each new connection to a pool of threads that can lose one of two
//! connections made at the same time. So links are opened one after the other, and each
//! must answer a first request before the next is opened.

use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::link::{Link, LinkTable};
use super::lock;
use crate::base::limits::LINK_WAIT_MS;
use crate::http::backend::{Backend, Handlers, PrivateStream};

#[derive(Default)]
struct Free {
    links: Vec<Link>,
    /// Threads that wait for one.
    waiting: usize,
}

/// Links to a tiny_http that is started when it is needed.
pub(crate) struct Links {
    free: Mutex<Free>,
    given_back: Condvar,
    opened: AtomicU64,
    directory: PathBuf,
    handlers: Arc<Handlers>,
    handler_deadline: Duration,
    backend: Mutex<Option<Arc<Backend>>>,
    generation: AtomicU64,
}

impl Links {
    /// The private socket of tiny_http will lie in `directory`.
    pub(crate) fn new(
        directory: PathBuf,
        handlers: Arc<Handlers>,
        handler_deadline: Duration,
    ) -> Self {
        Self {
            free: Mutex::default(),
            given_back: Condvar::new(),
            opened: AtomicU64::new(0),
            directory,
            handlers,
            handler_deadline,
            backend: Mutex::new(None),
            generation: AtomicU64::new(0),
        }
    }

    /// All links that are open.
    pub(crate) fn table(&self) -> &LinkTable {
        &self.handlers.table
    }

    /// Links opened so far.
    pub(crate) fn opened(&self) -> u64 {
        self.opened.load(Ordering::Relaxed)
    }

    /// A free link, the one used last before all others, or a new one. When the system
    /// refuses a new one, waits a little for one to be given back.
    pub(crate) fn take(&self) -> io::Result<Link> {
        if let Some(link) = lock(&self.free).links.pop() {
            return Ok(link);
        }
        let error = match self.open() {
            Ok(link) => return Ok(link),
            Err(error) => error,
        };
        let patience = Duration::from_millis(LINK_WAIT_MS);
        let mut free = lock(&self.free);
        free.waiting += 1;
        let waited =
            self.given_back.wait_timeout_while(free, patience, |free| free.links.is_empty());
        let mut free = waited.unwrap_or_else(PoisonError::into_inner).0;
        free.waiting -= 1;
        free.links.pop().ok_or(error)
    }

    /// Gives back a link on which the exchange is complete on both sides.
    pub(crate) fn give_back(&self, link: Link) {
        let mut free = lock(&self.free);
        free.links.push(link);
        // Telling nobody would still be a call into the system.
        if free.waiting > 0 {
            self.given_back.notify_one();
        }
    }

    /// Opens a link and proves it.
    ///
    /// tiny_http's accept loop ends for good when the system once refuses it a descriptor
    /// or a thread. Then a new tiny_http is started; the links of the old one live on.
    pub(crate) fn open(&self) -> io::Result<Link> {
        let mut current = lock(&self.backend);
        if let Some(backend) = current.as_ref() {
            match backend.connect() {
                Ok(stream) => match self.start(backend, stream) {
                    Ok(link) => return Ok(link),
                    Err(error) => tracing::warn!(%error, "a private connection is not served"),
                },
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => {
                    tracing::warn!("the inner server no longer accepts connections");
                }
                // Having no descriptor for our own end says nothing about tiny_http.
                Err(error) => return Err(error),
            }
        }
        let generation = self.generation.fetch_add(1, Ordering::Relaxed);
        let backend = Arc::new(Backend::start(&self.directory, generation)?);
        let stream = backend.connect()?;
        let link = self.start(&backend, stream)?;
        *current = Some(backend);
        Ok(link)
    }

    fn start(&self, backend: &Arc<Backend>, stream: PrivateStream) -> io::Result<Link> {
        backend.add_handler(&self.handlers)?;
        let (table, deadline) = (&self.handlers.table, self.handler_deadline);
        let link = Link::new(stream, Arc::clone(backend), table, deadline)?;
        self.opened.fetch_add(1, Ordering::Relaxed);
        Ok(link)
    }

    /// Closes the free links and lets go of tiny_http, which ends with the last link. To
    /// be called once no one takes links any more.
    pub(crate) fn close(&self) {
        lock(&self.free).links.clear();
        lock(&self.backend).take();
    }
}
