//! How an engine is set up.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::child::process::ChildCommand;
use super::engine::Engine;
use super::error::EngineError;
use super::remote::Fetch;
use super::runner::Place;
use crate::base::clock::{Clock, SystemClock};
use crate::base::limits;
use crate::model::ModelSettings;
use crate::process::Processors;
use crate::store::Store;
use crate::store::sqlite::{SqliteStore, StoreConfig};

/// Where processors run.
#[derive(Debug, Clone)]
pub enum Isolation {
    /// In a child process for each worker: a crash, an endless loop or a memory bomb in a
    /// parser costs one job, and cancel stops the work at once. The program must call
    /// [`crate::serve_child`] when it is started with these arguments.
    Child {
        /// The program to start, usually [`std::env::current_exe`] of the embedder.
        program: PathBuf,
        /// Its arguments.
        arguments: Vec<String>,
    },
    /// On the worker's own thread. Nothing to set up, but a stack overflow or an abort in
    /// a parser ends the whole program, memory is not bounded, and cancel and deadlines
    /// take hold only where the processor looks for them.
    InProcess,
}

/// Sets an engine up. Every value has a default.
#[must_use]
pub struct EngineBuilder {
    pub(super) path: PathBuf,
    pub(super) workers: usize,
    pub(super) isolation: Isolation,
    pub(super) processors: Processors,
    pub(super) model: Option<ModelSettings>,
    pub(super) fetch: Fetch,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) retention: Duration,
    pub(super) job_deadline: Duration,
    pub(super) body_bytes_max: u64,
    pub(super) sweep_every: Duration,
}

impl EngineBuilder {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path,
            workers: std::thread::available_parallelism().map_or(2, usize::from),
            isolation: Isolation::InProcess,
            processors: Processors::standard(),
            model: None,
            fetch: Fetch::default(),
            clock: Arc::new(SystemClock),
            retention: Duration::from_millis(limits::RETENTION_MS.unsigned_abs()),
            job_deadline: Duration::from_millis(limits::JOB_DEADLINE_MS),
            body_bytes_max: limits::BODY_BYTES_MAX,
            sweep_every: Duration::from_secs(5),
        }
    }

    /// Worker threads; default: as many as processors. 0 accepts jobs without running them.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers;
        self
    }

    /// Where processors run; default: in this process.
    pub fn isolation(mut self, isolation: Isolation) -> Self {
        self.isolation = isolation;
        self
    }

    /// What runs; default: [`Processors::standard`]. With [`Isolation::Child`] the child
    /// must know the same ones.
    pub fn processors(mut self, processors: Processors) -> Self {
        self.processors = processors;
        self
    }

    /// A language model that understands documents in place of the local engine; children
    /// get these settings, the key included, over their pipe. Default: none, and no document
    /// leaves this machine.
    pub fn model(mut self, settings: ModelSettings) -> Self {
        self.model = Some(settings);
        self
    }

    /// From where documents are fetched that a request names by an address; default: from
    /// public addresses.
    pub fn fetch(mut self, fetch: Fetch) -> Self {
        self.fetch = fetch;
        self
    }

    /// Where time comes from; default: the machine.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// How long a job keeps request and response; default: 7 days.
    pub fn retention(mut self, retention: Duration) -> Self {
        self.retention = retention;
        self
    }

    /// Wall time of one attempt; default: 10 minutes.
    pub fn job_deadline(mut self, deadline: Duration) -> Self {
        self.job_deadline = deadline;
        self
    }

    /// The largest request body, in bytes; default: 64 MiB.
    pub fn body_bytes_max(mut self, bytes: u64) -> Self {
        self.body_bytes_max = bytes;
        self
    }

    /// How often expiry and leases are looked after; default: every 5 seconds.
    pub fn sweep_every(mut self, interval: Duration) -> Self {
        self.sweep_every = interval;
        self
    }

    /// Opens the data file, creating it when there is none, and starts the threads.
    ///
    /// # Errors
    /// When another process has the file, it is damaged or newer than this program, or
    /// the system gives no threads.
    pub fn start(self) -> Result<Engine, EngineError> {
        let config = StoreConfig::new(self.path.clone(), Arc::clone(&self.clock));
        let store: Arc<dyn Store> = Arc::new(SqliteStore::open(&config)?);
        Engine::start(self, store)
    }

    /// What a task could use if it kept every processor busy until its deadline.
    fn processor_seconds(&self) -> u64 {
        let processors = std::thread::available_parallelism().map_or(1, usize::from) as u64;
        self.job_deadline.as_secs().saturating_add(1).saturating_mul(processors)
    }

    pub(super) fn place(&self) -> Place {
        match &self.isolation {
            Isolation::InProcess => Place::InProcess,
            Isolation::Child { program, arguments } => Place::Child(ChildCommand {
                program: program.clone(),
                arguments: arguments.clone(),
                model: self.model.clone(),
                processor_seconds: self.processor_seconds(),
            }),
        }
    }
}
