//! The SQLite store: one file, one writer, group commit.
//!
//! Owns the data file of `schema.sql` and everything that speaks SQL. One thread holds the
//! only connection that writes and turns what is waiting into one transaction; reads go
//! through a pool of connections that cannot write. It must not know HTTP, processors or
//! what a response means.

mod checkpoint;
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
mod operation;
mod resources;
mod rows;
mod session;
mod sql;
mod stream;
mod sweep;
#[cfg(test)]
mod tests;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread::JoinHandle;

use crossbeam_channel::{Sender, bounded};
use rusqlite::{Connection, OptionalExtension as _};

use self::checkpoint::Checkpoint;
use self::connect::Readers;
use self::error::{Fault, in_open, in_read};
use self::gauges::Gauges;
use self::kept::Kept;
use self::lock::FileLock;
use self::operation::{Message, Operation, operation};
use self::session::Session;
use self::writer::{Lanes, Writer};
use super::{
    Cancelled, Claimed, Counts, Finished, Health, Inserted, Listener, NewJob, Page, Pending, Store,
    StoreError, Swept,
};
use crate::base::clock::{Clock, SteadyClock};
use crate::base::limits;
use crate::job::filter::{Filter, PageRequest};
use crate::job::model::{Job, JobError, Lease, Outcome, Progress};
use crate::job::request::{Chunk, RequestBody, SlotContent};
use crate::job::resource::{Resource, ResourceKind};
use crate::job::wire::JsonText;

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
    readers: Readers,
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
        let kept = Kept::load(&connection).map_err(|error| in_open(&error))?;
        let clock = SteadyClock::anchor(Arc::clone(&config.clock), kept.newest_ms());
        let mut session = Session {
            connection,
            kept,
            now_ms: clock.now_ms(),
            lease_ms: config.lease_ms,
            attempts_max: config.attempts_max,
            late: 0,
            changes: Vec::new(),
        };
        let first_document = recover(&mut session)?;
        let readers = connect::readers(&path, vfs, config.readers)?;
        let gauges = Arc::new(Gauges::default());
        gauges.count(&session.kept);
        gauges.tick(clock.now_ms());
        let checkpoint = Checkpoint::new(&path, Arc::clone(&gauges));
        let writer = Writer::new(session, clock.clone(), checkpoint, Arc::clone(&gauges));
        let (lanes, writer) = start(writer)?;
        Ok(Self {
            lanes: Some(lanes),
            writer: Some(writer),
            readers,
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
        self.readers.get().map_err(|error| StoreError::Read(error.to_string()))
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

impl Store for SqliteStore {
    fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    fn announce(&self, address: &str) {
        if let Err(error) = self.set_address(address) {
            tracing::warn!(%error, "the address could not be written into the lock file");
        }
    }

    fn on_change(&self, listener: Listener) {
        self.send(Message::Listen(listener));
    }

    fn insert(&self, job: NewJob) -> Pending<Inserted> {
        let in_memory =
            |slot: &&crate::job::request::Slot| matches!(slot.content, SlotContent::Memory(_));
        let count = job.request.slots.iter().filter(in_memory).count();
        let documents: Vec<i64> = (0..count).map(|_| self.new_document()).collect();
        self.submit(insert::weight(&job), move |session| insert::insert(session, &job, &documents))
    }

    fn new_document(&self) -> i64 {
        self.next_document.fetch_add(1, Ordering::Relaxed)
    }

    fn put_chunk(&self, document: i64, ordinal: u32, chunk: Chunk) -> Pending<()> {
        let (operation, pending) = operation(chunk.bytes.len(), move |session| {
            documents::put_chunk(session, document, ordinal, &chunk)
        });
        if let Some((_, bulk)) = &self.lanes {
            // Without a writer the answer channel closes, which reads as `Closed`.
            let _ = bulk.send(operation);
        }
        pending
    }

    fn drop_documents(&self, documents: Vec<i64>) {
        let _ = self.submit(64, move |session| documents::doom_arriving(session, &documents));
    }

    fn validated(&self, sequence: i64, refusal: Option<JobError>) -> Pending<Option<Job>> {
        self.submit(1024, move |session| life::validated(session, sequence, refusal.as_ref()))
    }

    fn claim(&self) -> Pending<Claimed> {
        let (claimant, receiver) = bounded(1);
        self.send(Message::Claim(claimant));
        Pending::new(receiver)
    }

    fn close_claims(&self) {
        self.send(Message::CloseClaims);
    }

    fn heartbeat(&self, lease: Lease, progress: Option<Progress>) -> Pending<bool> {
        self.submit(64, move |session| life::heartbeat(session, lease, progress))
    }

    fn finish(
        &self,
        lease: Lease,
        outcome: Outcome,
        progress: Option<Progress>,
    ) -> Pending<Finished> {
        let weight = match &outcome {
            Outcome::Completed(response) => response.len(),
            Outcome::Failed(error) => error.message.len(),
        };
        self.submit(weight, move |session| life::finish(session, lease, &outcome, progress))
    }

    fn release(&self, lease: Lease) -> Pending<bool> {
        self.submit(64, move |session| life::release(session, lease))
    }

    fn lose(&self, lease: Lease, error: JobError) -> Pending<Option<Job>> {
        self.submit(1024, move |session| life::lose(session, lease, &error))
    }

    fn cancel(&self, organization: &str, id: &str) -> Pending<Cancelled> {
        let (organization, id) = (organization.to_owned(), id.to_owned());
        self.submit(64, move |session| life::cancel(session, &organization, &id))
    }

    fn retry(&self, organization: &str, id: &str, expires_ms: i64) -> Pending<Job> {
        let (organization, id) = (organization.to_owned(), id.to_owned());
        self.submit(64, move |session| life::retry(session, &organization, &id, expires_ms))
    }

    fn sweep(&self) -> Pending<Swept> {
        self.submit(64, sweep::sweep)
    }

    fn get(&self, organization: &str, id: &str) -> Result<Option<Job>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(sql::JOB)?;
            statement.query_row([id, organization], rows::job).optional()
        })
    }

    fn list(
        &self,
        organization: &str,
        filter: &Filter,
        page: &PageRequest,
    ) -> Result<Page, StoreError> {
        let connection = self.reader()?;
        let snapshot = connection.unchecked_transaction().map_err(|error| in_read(&error))?;
        list::list(&snapshot, organization, filter, page)
    }

    fn validating(&self, limit: u32) -> Result<Vec<Job>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(sql::VALIDATING)?;
            rows::jobs(statement.query([limit])?)
        })
    }

    fn request(&self, sequence: i64) -> Result<Option<RequestBody>, StoreError> {
        let connection = self.reader()?;
        let snapshot = connection.unchecked_transaction().map_err(|error| in_read(&error))?;
        let read = || {
            let mut statement = snapshot.prepare_cached(sql::REQUEST)?;
            let request =
                |row: &rusqlite::Row<'_>| Ok((row.get::<_, String>(0)?, rows::slots(row, 1)?));
            statement.query_row([sequence], request).optional()
        };
        let Some((json, slots)) = read().map_err(|error| in_read(&error))? else {
            return Ok(None);
        };
        let slots = slots.into_iter().map(|slot| documents::slot(&snapshot, slot));
        Ok(Some(RequestBody { json, slots: slots.collect::<Result<_, _>>()? }))
    }

    fn response(&self, sequence: i64) -> Result<Option<JsonText>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(sql::RESPONSE)?;
            statement.query_row([sequence], |row| row.get(0)).optional()
        })
    }

    fn chunk(&self, document: i64, ordinal: u32) -> Result<Option<Chunk>, StoreError> {
        documents::chunk(&*self.reader()?, document, ordinal)
    }

    fn put_resource(&self, resource: Resource, attachment: Option<Vec<u8>>) -> Pending<bool> {
        let weight = limits::RESOURCE_JSON_BYTES_MAX / 16 + attachment.as_ref().map_or(0, Vec::len);
        self.submit(weight, move |session| {
            resources::put(session, &resource, attachment.as_deref())
        })
    }

    fn delete_resource(&self, kind: ResourceKind, organization: &str, id: &str) -> Pending<bool> {
        let (organization, id) = (organization.to_owned(), id.to_owned());
        self.submit(64, move |session| resources::delete(session, kind, &organization, &id))
    }

    fn resource(
        &self,
        kind: ResourceKind,
        organization: &str,
        id: &str,
    ) -> Result<Option<Resource>, StoreError> {
        self.read(|connection| resources::get(connection, kind, organization, id))
    }

    fn resources(
        &self,
        kind: ResourceKind,
        organization: &str,
    ) -> Result<Vec<Resource>, StoreError> {
        self.read(|connection| resources::list(connection, kind, organization))
    }

    fn attachment(&self, organization: &str, id: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|connection| resources::attachment(connection, organization, id))
    }

    fn counts(&self) -> Counts {
        self.gauges.counts()
    }

    fn health(&self) -> Health {
        let idle_ms = self.now_ms().saturating_sub(self.gauges.ticked_ms());
        Health {
            read_only: self.gauges.read_only(),
            commits: self.gauges.commits(),
            operations: self.gauges.operations(),
            late: self.gauges.late(),
            wal_bytes: self.gauges.wal_bytes(),
            writer_idle_ms: u64::try_from(idle_ms).unwrap_or_default(),
        }
    }
}
