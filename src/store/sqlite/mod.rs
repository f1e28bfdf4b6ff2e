//! The SQLite store: one file, one writer, group commit.
//!
//! Owns the data file of `schema.sql` and everything that speaks SQL. One thread holds the
//! only connection that writes and turns what is waiting into one transaction; reads go
//! through a pool of connections that cannot write. It must not know HTTP, processors or
//! what a response means.

mod checkpoint;
mod checksum;
mod connect;
mod documents;
mod error;
mod gauges;
mod insert;
pub mod inspect;
mod kept;
mod life;
mod list;
mod lock;
mod migrate;
mod names;
mod operation;
mod resources;
mod rows;
mod session;
mod sql;
mod store;
mod stream;
mod sweep;
#[cfg(test)]
mod tests;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::thread::JoinHandle;

use crossbeam_channel::{Sender, bounded};
use rusqlite::Connection;

use self::checkpoint::Checkpoint;
use self::connect::Readers;
use self::error::{Fault, in_open, in_read};
use self::gauges::Gauges;
use self::kept::Kept;
use self::lock::FileLock;
use self::operation::{Message, Operation, operation};
use self::session::Session;
use self::writer::{Lanes, Writer};
use super::{Pending, StoreError};
use crate::base::clock::{Clock, SteadyClock};
use crate::base::limits;

/// How a store is opened.
#[derive(Clone)]
pub struct StoreConfig {
    /// The data file; its folder is made when it is missing.
    pub path: PathBuf,
    /// Where time comes from.
    pub clock: Arc<dyn Clock>,
    /// How long a lease holds without a heartbeat, in milliseconds.
    pub lease_ms: i64,
    /// How often a worker may be lost before the job fails.
    pub attempts_max: u32,
    /// Size that the write-ahead log should keep to, in bytes.
    pub log_bytes: u64,
    /// Free space inside the file that is kept for new documents, in bytes.
    pub free_bytes_kept: i64,
    /// Reading connections at most.
    pub readers: u32,
    /// A virtual file system registered with SQLite, for tests that make disks fail.
    pub vfs: Option<String>,
}

impl StoreConfig {
    /// The data file at `path` with everything else as [`limits`] says.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>, clock: Arc<dyn Clock>) -> Self {
        Self {
            path: path.into(),
            clock,
            lease_ms: limits::LEASE_MS,
            attempts_max: limits::ATTEMPTS_MAX,
            log_bytes: limits::WAL_BYTES,
            free_bytes_kept: limits::FREE_BYTES_KEPT,
            readers: limits::READERS_MAX,
            vfs: None,
        }
    }
}

/// The store in one SQLite file. Dropping it answers what was asked, empties the log and
/// joins the writer.
pub struct SqliteStore {
    lanes: Option<Senders>,
    writer: Option<JoinHandle<()>>,
    readers: Option<Readers>,
    gauges: Arc<Gauges>,
    clock: SteadyClock,
    next_document: AtomicI64,
    path: PathBuf,
    /// Last, so that it is freed when everything else is closed.
    lock: FileLock,
}

impl SqliteStore {
    /// Opens a data file, creating or upgrading it. Jobs that ran when its last process
    /// ended are back in their places when this returns.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another process has it, [`StoreError::Corrupt`] when it
    /// is damaged, foreign, newer or on a network file system, else why it cannot be used.
    pub fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        let path = connect::prepare(&config.path)?;
        let lock = FileLock::take(&path)?;
        let vfs = config.vfs.as_deref();
        let connection = connect::writer(&path, vfs, &migrate::LADDER)?;
        let log_bytes = config.log_bytes.max(1);
        connection
            .pragma_update(None, "journal_size_limit", log_bytes.cast_signed())
            .map_err(|error| in_open(&error))?;
        let kept = Kept::load(&connection).map_err(|error| in_open(&error))?;
        let clock = SteadyClock::anchor(Arc::clone(&config.clock), kept.newest_ms());
        let mut session = Session {
            connection,
            kept,
            now_ms: clock.now_ms(),
            lease_ms: config.lease_ms,
            free_bytes_kept: config.free_bytes_kept,
            attempts_max: config.attempts_max,
            late: 0,
            changes: Vec::new(),
        };
        let first_document = recover(&mut session)?;
        let readers = connect::readers(&path, vfs, config.readers)?;
        let gauges = Arc::new(Gauges::default());
        gauges.count(&session.kept);
        gauges.tick(clock.now_ms());
        let checkpoint = Checkpoint::new(&path, log_bytes, Arc::clone(&gauges));
        let writer = Writer::new(session, clock.clone(), checkpoint, Arc::clone(&gauges));
        let (lanes, writer) = start(writer)?;
        Ok(Self {
            lanes: Some(lanes),
            writer: Some(writer),
            readers: Some(readers),
            gauges,
            clock,
            next_document: AtomicI64::new(first_document),
            path,
            lock,
        })
    }

    /// The real path of the data file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes down where this process listens, for the refusal that a second one gets.
    ///
    /// # Errors
    /// When the lock file cannot be written.
    pub fn set_address(&self, address: &str) -> std::io::Result<()> {
        self.lock.set_address(address)
    }

    fn send(&self, message: Message) {
        if let Some((operations, _)) = &self.lanes {
            // Without a writer the answer channel closes, which reads as `Closed`.
            let _ = operations.send(message);
        }
    }

    fn submit<T: Send + 'static>(
        &self,
        weight: usize,
        run: impl FnMut(&mut Session) -> Result<T, Fault> + Send + 'static,
    ) -> Pending<T> {
        let (operation, pending) = operation(weight, run);
        self.send(Message::Operation(operation));
        pending
    }

    fn read<T>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        read(&*self.reader()?).map_err(|error| in_read(&error))
    }

    fn reader(
        &self,
    ) -> Result<r2d2::PooledConnection<r2d2_sqlite::SqliteConnectionManager>, StoreError> {
        let readers = self.readers.as_ref().ok_or(StoreError::Closed)?;
        readers.get().map_err(|error| StoreError::Read(error.to_string()))
    }
}

/// Puts right what the last process left, in one transaction. The first free document
/// number.
fn recover(session: &mut Session) -> Result<i64, StoreError> {
    let mut recover = || -> Result<i64, Fault> {
        session.execute(sql::BEGIN, [])?;
        sweep::recover(session)?;
        session.execute(sql::DOOM_ALL, [])?;
        session.kept.saw(session.now_ms);
        session.kept.store(&session.connection)?;
        session.execute(sql::COMMIT, [])?;
        // Nobody could have listened yet.
        session.changes.clear();
        Ok(documents::first_free(&session.connection)?)
    };
    recover().map_err(|fault| match fault {
        Fault::Refusal(refusal) => refusal,
        Fault::Sql(error) => in_open(&error),
    })
}

/// The two ways to the writer; the second is for chunks of large documents.
type Senders = (Sender<Message>, Sender<Box<dyn Operation>>);

fn start(writer: Writer) -> Result<(Senders, JoinHandle<()>), StoreError> {
    let (operations, operations_receiver) = bounded(limits::WRITER_QUEUE_MAX);
    let (bulk, bulk_receiver) = bounded(limits::WRITER_BULK_QUEUE_MAX);
    let lanes = Lanes { operations: operations_receiver, bulk: bulk_receiver };
    let thread = std::thread::Builder::new()
        .name("store-writer".to_owned())
        .spawn(move || writer.run(&lanes))
        .map_err(|error| StoreError::NotStored(error.to_string()))?;
    Ok(((operations, bulk), thread))
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.lanes = None;
        // The writer is the last to close the file: it knows what may become of the log.
        self.readers = None;
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the writer thread had panicked");
        }
    }
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("SqliteStore").field("path", &self.path).finish_non_exhaustive()
    }
}
