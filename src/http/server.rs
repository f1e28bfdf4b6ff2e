//! The HTTP server as the rest of the program sees it.
//!
//! Owns the start and the stop of gate and tiny_http together. It must not know routes.

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::backend::Handlers;
use super::exchange::Service;
use super::gate::Gate;
pub use super::gate::limits::Limits;
use super::gate::link::LinkTable;
use super::gate::links::Links;
use super::private::PrivateDirectory;
use super::threads::Threads;
use crate::base::limits::{LISTEN_BACKLOG, THREADS_END_DEADLINE_MS};

/// Where a server listens.
#[derive(Debug)]
pub enum Listen {
    /// Bind this address; port 0 lets the system choose.
    Address(SocketAddr),
    /// Use this socket, which listens already.
    Listener(TcpListener),
}

/// What a server is started with.
#[derive(Debug)]
pub struct ServerConfig {
    /// Where it listens.
    pub listen: Listen,
    /// Its bounds.
    pub limits: Limits,
    /// Where the directory of the private socket is made; where the system keeps temporary
    /// files when there is none. It must be short: a socket's path has at most
    /// about 100 bytes.
    pub private_parent: Option<PathBuf>,
}

impl ServerConfig {
    /// A server on `address` with every default.
    #[must_use]
    pub fn new(address: SocketAddr) -> Self {
        Self { listen: Listen::Address(address), limits: Limits::default(), private_parent: None }
    }
}

/// Why a server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address cannot be used.
    #[error("cannot listen on {address}: {source}; choose another address or port")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The private directory cannot be made.
    #[error("cannot make a private directory in {path:?}: {source}; check its permissions")]
    PrivateDirectory {
        /// Its parent.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A thread, a socket or the poller was refused.
    #[error("cannot start the server: {0}; check the limits on open files and processes")]
    Start(#[from] io::Error),
}

/// Counters of a server since its start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerStats {
    /// Client connections accepted.
    pub connections: u64,
    /// Client connections open now.
    pub connections_open: usize,
    /// Whole requests let in.
    pub requests: u64,
    /// Relay threads running, which is the most requests that can be inside now.
    pub relays: usize,
    /// Requests and connections refused by the gate, by the code of the error body.
    pub refused: BTreeMap<&'static str, u64>,
    /// Private connections opened.
    pub links_opened: u64,
    /// Private connections given up because a client or a handler broke off.
    pub links_broken: u64,
    /// Refusals of the system to accept a connection.
    pub accept_errors: u64,
    /// Panics of the service.
    pub panics: u64,
}

/// A running server. Dropping it stops it without grace.
pub struct Server {
    gate: Arc<Gate>,
    handlers: Arc<Handlers>,
    /// Poller and relays.
    front: Arc<Threads>,
    address: SocketAddr,
    is_stopped: bool,
    // Removed after everything that uses it.
    _directory: PrivateDirectory,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Server on {}", self.address)
    }
}

impl Server {
    /// Starts a server; it accepts connections when this returns.
    ///
    /// # Errors
    /// When the address is taken or the system refuses a thread, a socket or a directory.
    pub fn start(config: ServerConfig, service: Arc<dyn Service>) -> Result<Self, ServerError> {
        let listener = match config.listen {
            Listen::Listener(listener) => listener,
            Listen::Address(address) => {
                bind(address).map_err(|source| ServerError::Listen { address, source })?
            }
        };
        let address = listener.local_addr()?;
        let directory = PrivateDirectory::make(config.private_parent)
            .map_err(|(path, source)| ServerError::PrivateDirectory { path, source })?;
        let front = Arc::new(Threads::default());
        let handlers = Arc::new(Handlers {
            service: Arc::clone(&service),
            table: Arc::new(LinkTable::default()),
            threads: Threads::default(),
            panics: AtomicU64::new(0),
        });
        let links = Links::new(
            directory.path().to_owned(),
            Arc::clone(&handlers),
            config.limits.handler_deadline,
        );
        let gate = Gate::start(listener, config.limits, service, links, Arc::clone(&front))?;
        let is_stopped = false;
        Ok(Self { gate, handlers, front, address, is_stopped, _directory: directory })
    }

    /// The address it listens on, with the port that was chosen.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// What it has counted.
    #[must_use]
    pub fn stats(&self) -> ServerStats {
        let stats = &self.gate.stats;
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        ServerStats {
            connections: read(&stats.connections),
            connections_open: self.gate.connections_open(),
            requests: read(&stats.requests),
            relays: self.gate.relays(),
            refused: stats.refused_by_code(),
            links_opened: self.gate.links_opened(),
            links_broken: read(&stats.links_broken),
            accept_errors: read(&stats.accept_errors),
            panics: read(&self.handlers.panics),
        }
    }

    /// Stops: accepts no more, closes idle connections, lets the requests inside finish
    /// within `grace`, ends the rest, and joins every thread. Returns whether all were
    /// answered and all threads joined. A handler that does not return within five
    /// seconds after its connection was ended is left behind and logged.
    pub fn stop(mut self, grace: Duration) -> bool {
        self.shut_down(grace)
    }

    fn shut_down(&mut self, grace: Duration) -> bool {
        if std::mem::replace(&mut self.is_stopped, true) {
            return true;
        }
        let all_answered = self.gate.stop(grace);
        // Handlers end with their links, and links are free once relays have ended.
        let patience = Duration::from_millis(THREADS_END_DEADLINE_MS);
        self.front.join_all(patience);
        self.gate.close_links();
        let left = self.front.join_all(Duration::ZERO) + self.handlers.threads.join_all(patience);
        if left > 0 {
            tracing::warn!(left, "threads of the server did not end");
        }
        all_answered && left == 0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shut_down(Duration::ZERO);
    }
}

/// Binds and listens, with a backlog that holds a burst of clients.
fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    use socket2::{Domain, Protocol, Socket, Type};
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // A restart must not wait for the old connections to be forgotten. Elsewhere the
    // option means that two servers can share a port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(LISTEN_BACKLOG)?;
    Ok(socket.into())
}
