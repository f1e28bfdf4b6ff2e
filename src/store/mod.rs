//! The store: where jobs are kept, behind a trait that speaks of jobs.
//!
//! Owns durability, order and the fencing of leases. Each write is one operation of a
//! group commit; its answer comes only after that commit is on stable storage. The trait
//! is plain data in and out, so that a second store can come beside the SQLite one; what
//! any store must do is written down once, in [`conformance`]. A store must not know
//! HTTP, processors or what a response means.

#[cfg(test)]
pub(crate) mod conformance;
pub mod sqlite;

use crate::job::filter::{Filter, PageRequest};
use crate::job::model::{Job, JobError, Lease, Metadata, Outcome, Progress};
use crate::job::request::{Chunk, Facets, RequestBody, Slot};
use crate::job::resource::{Resource, ResourceKind};
use crate::job::state::{Refused, State};
use crate::job::{Endpoint, wire::JsonText};

/// What can go wrong in a store. The variants say what became of the operation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Certainly not stored; the same call may succeed later.
    #[error("not stored: {0}")]
    NotStored(String),
    /// Certainly not stored: the disk is full.
    #[error("not stored: the disk that holds the data file is full; free some space")]
    DiskFull,
    /// The commit failed in a way that leaves open whether it is on disk. The store takes
    /// no more writes until it is opened again.
    #[error("it is unknown whether this was stored ({0}); the store is now read-only")]
    OutcomeUnknown(String),
    /// An earlier commit ended that way, or the disk failed under a checkpoint.
    #[error("the store is read-only since its disk failed ({0}); check the disk, then restart")]
    ReadOnly(String),
    /// The store is being closed.
    #[error("the store is closed")]
    Closed,
    /// No job of that id in that organization.
    #[error("there is no job {0:?}")]
    NotFound(String),
    /// No project or template of that id in that organization.
    #[error("there is no {0} {1:?}")]
    NoResource(&'static str, String),
    /// The state table forbids the change.
    #[error("{0}")]
    Refused(#[from] Refused),
    /// A retry of a job whose request is gone.
    #[error("the request of this job was deleted when it expired, so it cannot run again")]
    RequestGone,
    /// The file is damaged, or not ours.
    #[error("the data file cannot be used: {0}")]
    Corrupt(String),
    /// Another process has the file.
    #[error("the data file is in use by another process: {holder}")]
    Locked {
        /// Its pid and address, as it wrote them down.
        holder: String,
    },
    /// A read failed.
    #[error("reading failed: {0}")]
    Read(String),
}

/// The answer to a write, to come after its commit.
#[derive(Debug)]
#[must_use = "the answer says whether the operation was stored"]
pub struct Pending<T> {
    receiver: oneshot::Receiver<Result<T, StoreError>>,
}

impl<T> Pending<T> {
    /// An answer that arrives over a channel. A channel that closes without an answer
    /// reads as [`StoreError::Closed`].
    pub fn new(receiver: oneshot::Receiver<Result<T, StoreError>>) -> Self {
        Self { receiver }
    }

    /// Waits for the answer.
    ///
    /// # Errors
    /// What became of the operation, if not the best.
    pub fn wait(self) -> Result<T, StoreError> {
        self.receiver.recv().unwrap_or(Err(StoreError::Closed))
    }
}

/// A job to be stored.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// `job_…`.
    pub id: String,
    /// Whose it is.
    pub organization: String,
    /// What it asks for.
    pub endpoint: Endpoint,
    /// [`State::Validating`] or [`State::Queued`].
    pub state: State,
    /// At most 16 pairs.
    pub metadata: Metadata,
    /// Creation, in milliseconds since the Unix epoch.
    pub created_ms: i64,
    /// When request and response are to be deleted.
    pub expires_ms: i64,
    /// The request. Documents at hand are stored with it; those already stored are bound
    /// to the job.
    pub request: RequestBody,
    /// What listings filter by.
    pub facets: Facets,
    /// Repeats of the same key and body give the same job.
    pub idempotency: Option<Idempotency>,
}

/// An idempotency key and what it was sent with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// The client's key; it counts within its organization.
    pub key: String,
    /// SHA-256 of the request body.
    pub fingerprint: [u8; 32],
}

/// What became of an insert.
#[derive(Debug, Clone, PartialEq)]
pub enum Inserted {
    /// Stored.
    New(Job),
    /// The same key and body had been stored before; this is that job.
    Repeated(Job),
    /// The same key had been used with another body. Nothing was stored.
    KeyReused,
}

/// A job a worker has taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    /// Its record, already `in_progress`.
    pub job: Job,
    /// The right to finish it.
    pub lease: Lease,
}

/// What became of a finish.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "moved once, from the writer to its caller")]
pub enum Finished {
    /// Recorded.
    Recorded(Job),
    /// The lease no longer held: cancelled, expired, or taken over. Nothing changed.
    Late,
}

/// A cancel that was stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Cancelled {
    /// The record, now `cancelled`.
    pub job: Job,
    /// The lease that was ended by it, when the job was running.
    pub ended: Option<Lease>,
}

/// What one slice of the housekeeping did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Swept {
    /// Leases that hold no longer: they ran out, or their job expired.
    pub ended: Vec<Lease>,
    /// Whether more is due at once.
    pub more: bool,
}

/// A job came to be in a state, by an insert or a change; that is on stable storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// `job_…`.
    pub id: String,
    /// Whose it is.
    pub organization: String,
    /// The state it came to be in.
    pub state: State,
}

/// Who is told of changes. It is called by the writer and must not keep it waiting.
pub type Listener = Box<dyn Fn(&[Change]) + Send>;

/// One page of a listing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// In the requested order.
    pub jobs: Vec<Job>,
    /// Whether the listing goes on behind the last one.
    pub has_more: bool,
    /// Set when the bound on candidates ended the page early: the id to continue after,
    /// even though `jobs` may be short or empty.
    pub resume_after: Option<String>,
}

/// Jobs by state, kept and never counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts([u64; State::ALL.len()]);

impl Counts {
    /// Counts from pairs.
    #[must_use]
    pub fn from_pairs(pairs: impl IntoIterator<Item = (State, u64)>) -> Self {
        let mut counts = Self::default();
        for (state, count) in pairs {
            if let Some(place) = counts.0.get_mut(state as usize) {
                *place = count;
            }
        }
        counts
    }

    /// Jobs in that state.
    #[must_use]
    pub fn of(&self, state: State) -> u64 {
        self.0.get(state as usize).copied().unwrap_or_default()
    }
}

/// How the store is doing, for readiness and `doctor`.
#[derive(Debug, Clone, PartialEq)]
pub struct Health {
    /// Why no writes are taken, if so.
    pub read_only: Option<String>,
    /// Commits since open.
    pub commits: u64,
    /// Operations in them.
    pub operations: u64,
    /// What workers said with leases that hold no longer, and that changed nothing.
    pub late: u64,
    /// Size of the write-ahead log, in bytes.
    pub wal_bytes: u64,
    /// It cannot be cut, since somebody holds a snapshot for long.
    pub is_wal_held: bool,
    /// Time since the last commit or idle tick of the writer, in milliseconds.
    pub writer_idle_ms: u64,
}

/// Where jobs are kept.
///
/// Methods that return [`Pending`] hand one operation to the writer and come back at
/// once; operations handed over by one thread are applied in that order.
pub trait Store: Send + Sync + 'static {
    /// Steady time of this store, in milliseconds since the Unix epoch.
    fn now_ms(&self) -> i64;

    /// Writes down where this process can be reached, for whoever finds the store in use.
    fn announce(&self, address: &str) {
        let _ = address;
    }

    /// Tells `listener` of every change handed over from now on: after its commit, before
    /// its caller is answered, in the order in which the changes were made.
    fn on_change(&self, listener: Listener);

    /// Stores a job, or finds the one of the same idempotency key.
    fn insert(&self, job: NewJob) -> Pending<Inserted>;

    /// A number for a document about to be stored chunk by chunk. A document that is
    /// never bound to a job is swept.
    fn new_document(&self) -> i64;

    /// Stores the next chunk of a document, on a lane that waits behind small operations.
    fn put_chunk(&self, document: i64, ordinal: u32, chunk: Chunk) -> Pending<()>;

    /// Forgets documents of a request that broke off. Best effort: what is missed is
    /// swept at the next open.
    fn drop_documents(&self, documents: Vec<i64>);

    /// Adds documents that were fetched to the request of a job that is being validated or
    /// run; one of an address that it has already is left out. `false` when the job is
    /// neither: nothing is stored then.
    fn attach(&self, sequence: i64, documents: Vec<Slot>) -> Pending<bool>;

    /// Ends the validation of a job: to `queued`, or to `failed` with the error given.
    /// `None` when it was no longer `validating`.
    fn validated(&self, sequence: i64, refusal: Option<JobError>) -> Pending<Option<Job>>;

    /// Takes the oldest queued job, now or in the commit that sees one. Answers
    /// [`StoreError::Closed`] after [`Store::close_claims`].
    fn claim(&self) -> Pending<Claimed>;

    /// Answers every waiting and later claim with [`StoreError::Closed`].
    fn close_claims(&self);

    /// Renews a lease and notes progress; `false` when it no longer holds.
    fn heartbeat(&self, lease: Lease, progress: Option<Progress>) -> Pending<bool>;

    /// Records how an attempt ended.
    fn finish(
        &self,
        lease: Lease,
        outcome: Outcome,
        progress: Option<Progress>,
    ) -> Pending<Finished>;

    /// Gives a job back to its old place; the attempt does not count. `false` when the
    /// lease no longer holds.
    fn release(&self, lease: Lease) -> Pending<bool>;

    /// A worker was lost while it held the job: back to its old place, or `failed` with
    /// `worker_lost` (its message and details are given) after the last attempt. `None`
    /// when the lease no longer holds.
    fn lose(&self, lease: Lease, error: JobError) -> Pending<Option<Job>>;

    /// Cancels a job.
    fn cancel(&self, organization: &str, id: &str) -> Pending<Cancelled>;

    /// Runs a job again: same id, at the tail of the queue, with a new expiry.
    fn retry(&self, organization: &str, id: &str, expires_ms: i64) -> Pending<Job>;

    /// One slice of housekeeping: expiry and leases that ran out.
    fn sweep(&self) -> Pending<Swept>;

    /// The record of a job.
    ///
    /// # Errors
    /// When reading fails.
    fn get(&self, organization: &str, id: &str) -> Result<Option<Job>, StoreError>;

    /// One page of a listing.
    ///
    /// # Errors
    /// When reading fails, or `after`/`before` name no job ([`StoreError::NotFound`]).
    fn list(
        &self,
        organization: &str,
        filter: &Filter,
        page: &PageRequest,
    ) -> Result<Page, StoreError>;

    /// The oldest jobs in `validating` behind a sequence.
    ///
    /// # Errors
    /// When reading fails.
    fn validating(&self, after: i64, limit: u32) -> Result<Vec<Job>, StoreError>;

    /// The request of a job, its documents as [`crate::job::request::SlotContent::Stored`].
    /// `None` once it has expired.
    ///
    /// # Errors
    /// When reading fails.
    fn request(&self, sequence: i64) -> Result<Option<RequestBody>, StoreError>;

    /// JSON text of the response body of a job.
    ///
    /// # Errors
    /// When reading fails.
    fn response(&self, sequence: i64) -> Result<Option<JsonText>, StoreError>;

    /// A chunk of a document; `None` behind the last one.
    ///
    /// # Errors
    /// When reading fails.
    fn chunk(&self, document: i64, ordinal: u32) -> Result<Option<Chunk>, StoreError>;

    /// Stores a new resource (revision 0) with what belongs to it, or the next revision of
    /// one. `false` when it is gone, or no longer of the revision given.
    fn put_resource(&self, resource: Resource, attachment: Option<Vec<u8>>) -> Pending<bool>;

    /// Deletes a resource; `false` when there is none.
    fn delete_resource(&self, kind: ResourceKind, organization: &str, id: &str) -> Pending<bool>;

    /// One resource.
    ///
    /// # Errors
    /// When reading fails.
    fn resource(
        &self,
        kind: ResourceKind,
        organization: &str,
        id: &str,
    ) -> Result<Option<Resource>, StoreError>;

    /// All resources of a kind, in order of creation.
    ///
    /// # Errors
    /// When reading fails.
    fn resources(
        &self,
        kind: ResourceKind,
        organization: &str,
    ) -> Result<Vec<Resource>, StoreError>;

    /// What was stored with a resource.
    ///
    /// # Errors
    /// When reading fails.
    fn attachment(&self, organization: &str, id: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Jobs by state.
    fn counts(&self) -> Counts;

    /// How the store is doing.
    fn health(&self) -> Health;
}
