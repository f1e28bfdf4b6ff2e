//! How private connections are opened.
//!
//! Owns the running tiny_http and its replacement. It must not know clients.
//!
//! tiny_http hands each new connection to a pool of threads that can lose one of two
//! connections made at the same time. So links are opened one after the other, and each
//! must answer a first request before the next is opened.

use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::link::{Link, LinkTable};
use crate::http::backend::{Backend, Handlers, PrivateStream};

/// Opens links to a tiny_http that it starts when it needs one.
pub(crate) struct Links {
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
        let backend = Mutex::new(None);
        Self { directory, handlers, handler_deadline, backend, generation: AtomicU64::new(0) }
    }

    /// All links that are open.
    pub(crate) fn table(&self) -> &LinkTable {
        &self.handlers.table
    }

    /// Opens a link and proves it.
    ///
    /// tiny_http's accept loop ends for good when the system once refuses it a descriptor
    /// or a thread. Then a new tiny_http is started; the links of the old one live on.
    pub(crate) fn open(&self) -> io::Result<Link> {
        let mut current = self.backend.lock().unwrap_or_else(PoisonError::into_inner);
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
        Link::new(stream, Arc::clone(backend), &self.handlers.table, self.handler_deadline)
    }

    /// Lets go of tiny_http; it ends with the last link.
    pub(crate) fn close(&self) {
        self.backend.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
