//! Every SQL statement of the SQLite store, by name.
//!
//! Each one says who runs it and which index carries it; a test reads the query plans and
//! fails on a scan. The *from* states of [`crate::job::state::next`] are repeated in the
//! `WHERE` clauses here, so that a race that slips past a check still changes nothing.

/// The columns of a job record, in the order that `rows::job` reads them.
macro_rules! job_columns {
    () => {
        "sequence, id, organization, endpoint, state, metadata, created_ms, started_ms, \
         completed_ms, expires_ms, attempts, error, progress_done, progress_total"
    };
}

/// A worker's right to an attempt: `?1` sequence, `?2` attempt, `?3` token.
macro_rules! holds_lease {
    () => {
        "sequence = ?1 AND state = 'in_progress' AND attempts = ?2 AND lease_token = ?3"
    };
}

/// What ends a lease.
macro_rules! no_lease {
    () => {
        "lease_token = NULL, lease_expires_ms = NULL"
    };
}

// --- transactions (writer) --------------------------------------------------------

pub(super) const BEGIN: &str = "BEGIN IMMEDIATE";
pub(super) const COMMIT: &str = "COMMIT";
pub(super) const ROLLBACK: &str = "ROLLBACK";

// --- kept numbers (writer) --------------------------------------------------------

/// Reads the kept numbers at open and after a failed commit. One row.
pub(super) const KEPT: &str = "SELECT validating, queued, in_progress, completed, failed, \
    cancelled, expired, queue_position, newest_ms FROM kept WHERE only = 1";
/// Writes them in a commit that changes them. One row.
pub(super) const KEEP: &str = "UPDATE kept SET validating = ?1, queued = ?2, in_progress = ?3, \
    completed = ?4, failed = ?5, cancelled = ?6, expired = ?7, queue_position = ?8, \
    newest_ms = ?9 WHERE only = 1";
/// Creation time of the newest job. End of the primary key.
pub(super) const NEWEST_CREATED: &str =
    "SELECT created_ms FROM jobs ORDER BY sequence DESC LIMIT 1";
/// Whether anything waits, as a safety net under the kept number. First of `jobs_queued`.
pub(super) const ANY_QUEUED: &str =
    "SELECT 1 FROM jobs INDEXED BY jobs_queued WHERE state = 'queued' LIMIT 1";

// --- insert (writer) --------------------------------------------------------------

/// Stores a job. Every index of the table.
pub(super) const INSERT_JOB: &str = "INSERT INTO jobs (id, organization, endpoint, state, \
    queue_position, created_ms, expires_ms, metadata, filename, idempotency_key, \
    idempotency_fingerprint) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
/// Stores what a listing can filter by. Primary key.
pub(super) const INSERT_LABEL: &str =
    "INSERT OR IGNORE INTO labels (organization, name, value, sequence) VALUES (?1, ?2, ?3, ?4)";
/// Stores a request. Primary key.
pub(super) const INSERT_REQUEST: &str = "INSERT INTO requests \
    (sequence, json, checksum, slots, slots_checksum) VALUES (?1, ?2, ?3, ?4, ?5)";
/// Adds documents to a request: `?2` slots. Primary key.
pub(super) const ATTACH: &str =
    "UPDATE requests SET slots = ?2, slots_checksum = ?3 WHERE sequence = ?1";
/// Whether fetched documents of a job are still wanted. Primary key.
pub(super) const IS_WANTED: &str =
    "SELECT 1 FROM jobs WHERE sequence = ?1 AND state IN ('validating', 'in_progress')";
/// Finds the job of an idempotency key. `jobs_by_idempotency_key`.
pub(super) const JOB_OF_KEY: &str = concat!(
    "SELECT ",
    job_columns!(),
    ", idempotency_fingerprint FROM jobs WHERE organization = ?1 AND idempotency_key = ?2"
);

// --- documents (writer, reader) ---------------------------------------------------

/// Stores a piece of a document. Primary key.
pub(super) const INSERT_CHUNK: &str =
    "INSERT INTO chunks (chunk, is_text, checksum, bytes) VALUES (?1, ?2, ?3, ?4)";
/// Reads one (reader). Primary key.
pub(super) const CHUNK: &str = "SELECT is_text, checksum, bytes FROM chunks WHERE chunk = ?1";
/// The highest chunk, to seed the document numbers at open. End of the primary key.
pub(super) const LAST_CHUNK: &str = "SELECT chunk FROM chunks ORDER BY chunk DESC LIMIT 1";
/// The highest loose document, likewise.
pub(super) const LAST_LOOSE: &str =
    "SELECT document FROM loose_documents ORDER BY document DESC LIMIT 1";
/// Notes a document that begins to arrive. Primary key.
pub(super) const INSERT_LOOSE: &str =
    "INSERT INTO loose_documents (document, doomed) VALUES (?1, 0)";
/// Whether a document is still arriving. Primary key.
pub(super) const IS_ARRIVING: &str =
    "SELECT 1 FROM loose_documents WHERE document = ?1 AND doomed = 0";
/// Binds a document: from now on the job's request names it. Primary key.
pub(super) const BIND: &str = "DELETE FROM loose_documents WHERE document = ?1 AND doomed = 0";
/// Dooms a document that broke off. Primary key.
pub(super) const DOOM_ARRIVING: &str =
    "UPDATE loose_documents SET doomed = 1 WHERE document = ?1 AND doomed = 0";
/// Dooms a document of an expired job. Primary key.
pub(super) const DOOM_BOUND: &str =
    "INSERT OR IGNORE INTO loose_documents (document, doomed) VALUES (?1, 1)";
/// Dooms everything that was arriving when the last process ended (open). The table is as
/// small as the documents in flight, so this one may scan.
pub(super) const DOOM_ALL: &str = "UPDATE loose_documents SET doomed = 1 WHERE doomed = 0";
/// The next document to delete. First of `loose_documents_doomed`.
pub(super) const NEXT_DOOMED: &str =
    "SELECT document FROM loose_documents WHERE doomed = 1 ORDER BY document LIMIT 1";
/// Deletes the first chunks of a document: those in `?1..?2`, at most `?3`. Primary key.
pub(super) const DELETE_CHUNKS: &str = "DELETE FROM chunks WHERE chunk IN \
    (SELECT chunk FROM chunks WHERE chunk >= ?1 AND chunk < ?2 ORDER BY chunk LIMIT ?3)";
/// Forgets a document without chunks. Primary key.
pub(super) const DELETE_LOOSE: &str = "DELETE FROM loose_documents WHERE document = ?1";

// --- the life of a job (writer) ---------------------------------------------------

/// Validation found it good. Primary key.
pub(super) const VALIDATED: &str = concat!(
    "UPDATE jobs SET state = 'queued' WHERE sequence = ?1 AND state = 'validating' RETURNING ",
    job_columns!()
);
/// Validation found it bad. Primary key.
pub(super) const REFUSED: &str = concat!(
    "UPDATE jobs SET state = 'failed', error = ?2, completed_ms = ?3 \
     WHERE sequence = ?1 AND state = 'validating' RETURNING ",
    job_columns!()
);
/// Takes the oldest queued job: `?1` token, `?2` end of the lease, `?3` now.
/// First of `jobs_queued`.
pub(super) const CLAIM: &str = concat!(
    "UPDATE jobs SET state = 'in_progress', attempts = attempts + 1, \
     started_ms = coalesce(started_ms, ?3), lease_token = ?1, lease_expires_ms = ?2 \
     WHERE sequence = (SELECT sequence FROM jobs INDEXED BY jobs_queued \
     WHERE state = 'queued' ORDER BY queue_position LIMIT 1) RETURNING ",
    job_columns!()
);
/// Renews a lease and notes progress. Primary key.
pub(super) const HEARTBEAT: &str = concat!(
    "UPDATE jobs SET lease_expires_ms = ?4, progress_done = coalesce(?5, progress_done), \
     progress_total = coalesce(?6, progress_total) WHERE ",
    holds_lease!()
);
/// Ends an attempt with a response. Primary key.
pub(super) const COMPLETE: &str = concat!(
    "UPDATE jobs SET state = 'completed', completed_ms = ?4, ",
    no_lease!(),
    ", progress_done = coalesce(?5, progress_done), \
     progress_total = coalesce(?6, progress_total) WHERE ",
    holds_lease!(),
    " RETURNING ",
    job_columns!()
);
/// Stores the response. Primary key.
pub(super) const INSERT_RESPONSE: &str =
    "INSERT INTO responses (sequence, json, checksum) VALUES (?1, ?2, ?3)";
/// Ends an attempt with an error. Primary key.
pub(super) const FAIL: &str = concat!(
    "UPDATE jobs SET state = 'failed', error = ?4, completed_ms = ?5, ",
    no_lease!(),
    ", progress_done = coalesce(?6, progress_done), \
     progress_total = coalesce(?7, progress_total) WHERE ",
    holds_lease!(),
    " RETURNING ",
    job_columns!()
);
/// A worker gives a job back: the attempt does not count. Primary key.
pub(super) const GIVE_BACK: &str = concat!(
    "UPDATE jobs SET state = 'queued', attempts = attempts - 1, \
     started_ms = CASE WHEN attempts > 1 THEN started_ms END, \
     progress_done = NULL, progress_total = NULL, ",
    no_lease!(),
    " WHERE ",
    holds_lease!(),
    " RETURNING ",
    job_columns!()
);
/// A worker was lost: back to its old place, the attempt counts. Primary key.
pub(super) const REQUEUE: &str = concat!(
    "UPDATE jobs SET state = 'queued', progress_done = NULL, progress_total = NULL, ",
    no_lease!(),
    " WHERE ",
    holds_lease!(),
    " RETURNING ",
    job_columns!()
);
/// Where a job stands, before a cancel or retry. Unique index on `id`.
pub(super) const STANDING: &str = "SELECT sequence, state, attempts, lease_token FROM jobs \
    WHERE id = ?1 AND organization = ?2";
/// Stops a job. Primary key.
pub(super) const CANCEL: &str = concat!(
    "UPDATE jobs SET state = 'cancelled', completed_ms = ?2, ",
    no_lease!(),
    " WHERE sequence = ?1 AND state IN ('validating', 'queued', 'in_progress') RETURNING ",
    job_columns!()
);
/// Whether the request of a job is still there. Primary key.
pub(super) const HAS_REQUEST: &str = "SELECT 1 FROM requests WHERE sequence = ?1";
/// Runs a job again: `?2` place, `?3` expiry. Primary key.
pub(super) const RETRY: &str = concat!(
    "UPDATE jobs SET state = 'queued', queue_position = ?2, expires_ms = ?3, attempts = 0, \
     started_ms = NULL, completed_ms = NULL, error = NULL, progress_done = NULL, \
     progress_total = NULL WHERE sequence = ?1 AND state IN ('failed', 'cancelled', 'expired') \
     RETURNING ",
    job_columns!()
);

// --- checkpoints (writer) ---------------------------------------------------------

/// Moves what it can into the file without waiting for anybody.
pub(super) const CHECKPOINT: &str = "PRAGMA wal_checkpoint(PASSIVE)";
/// Waits for readers, moves everything and empties the log.
pub(super) const CHECKPOINT_TRUNCATE: &str = "PRAGMA wal_checkpoint(TRUNCATE)";

// --- housekeeping (writer) --------------------------------------------------------

/// Running jobs whose lease ran out by `?1`, at most `?2`. `jobs_running`.
pub(super) const LEASES_OUT: &str = "SELECT sequence, attempts, lease_token FROM jobs \
    INDEXED BY jobs_running WHERE state = 'in_progress' AND lease_expires_ms <= ?1 \
    ORDER BY lease_expires_ms LIMIT ?2";
/// Jobs whose retention ended by `?1`, at most `?2`, with the bytes that go with each.
/// `jobs_expiring`; the sizes come from record heads without reading the texts.
pub(super) const EXPIRY_DUE: &str = "SELECT jobs.sequence, state, attempts, lease_token, \
    slots, slots_checksum, \
    coalesce(octet_length(requests.json), 0) + coalesce(octet_length(responses.json), 0) \
    FROM jobs INDEXED BY jobs_expiring \
    LEFT JOIN requests ON requests.sequence = jobs.sequence \
    LEFT JOIN responses ON responses.sequence = jobs.sequence \
    WHERE state <> 'expired' AND expires_ms <= ?1 ORDER BY expires_ms LIMIT ?2";
/// Ends the retention of a job; its idempotency key is free again. Primary key.
pub(super) const EXPIRE: &str = concat!(
    "UPDATE jobs SET state = 'expired', idempotency_key = NULL, idempotency_fingerprint = NULL, ",
    no_lease!(),
    " WHERE sequence = ?1 AND state <> 'expired' RETURNING ",
    job_columns!()
);
/// Deletes a request. Primary key.
pub(super) const DELETE_REQUEST: &str = "DELETE FROM requests WHERE sequence = ?1";
/// Deletes a response. Primary key.
pub(super) const DELETE_RESPONSE: &str = "DELETE FROM responses WHERE sequence = ?1";
/// Pages that are free, and all pages.
pub(super) const FREE_PAGES: &str = "SELECT freelist_count, page_count, page_size \
    FROM pragma_freelist_count, pragma_page_count, pragma_page_size";
/// Gives some free pages at the end of the file back to the file system.
pub(super) const VACUUM_STEP: &str = "PRAGMA incremental_vacuum(256)";

// --- reads (reader) ---------------------------------------------------------------

/// The record of a job. Unique index on `id`.
pub(super) const JOB: &str =
    concat!("SELECT ", job_columns!(), " FROM jobs WHERE id = ?1 AND organization = ?2");
/// The record at a place of a listing. Primary key.
pub(super) const JOB_AT: &str =
    concat!("SELECT ", job_columns!(), " FROM jobs WHERE sequence = ?1");
/// Where a listing stands: the sequence of an id. Unique index on `id`.
pub(super) const SEQUENCE: &str = "SELECT sequence FROM jobs WHERE id = ?1 AND organization = ?2";
/// The id at a place of a listing. Primary key.
pub(super) const ID_AT: &str = "SELECT id FROM jobs WHERE sequence = ?1";
/// A run of file names, from `?1` up to `?2`, at most `?3`. Primary key.
pub(super) const NAMES_ASCENDING: &str = "SELECT sequence, filename FROM jobs \
    WHERE sequence >= ?1 AND sequence <= ?2 ORDER BY sequence LIMIT ?3";
/// The same, from `?2` down to `?1`.
pub(super) const NAMES_DESCENDING: &str = "SELECT sequence, filename FROM jobs \
    WHERE sequence >= ?1 AND sequence <= ?2 ORDER BY sequence DESC LIMIT ?3";
/// The first job at or behind a sequence, for the search by creation. Primary key.
pub(super) const CREATED_FROM: &str =
    "SELECT sequence, created_ms FROM jobs WHERE sequence >= ?1 ORDER BY sequence LIMIT 1";
/// The ends of the job table. Primary key.
pub(super) const LAST_SEQUENCE: &str = "SELECT sequence FROM jobs ORDER BY sequence DESC LIMIT 1";
/// A run of one label: `?1` organization, `?2` name, `?3` value, from `?4` up to `?5`, at
/// most `?6`. Primary key of `labels`.
pub(super) const LABEL_ASCENDING: &str = "SELECT sequence FROM labels WHERE organization = ?1 \
    AND name = ?2 AND value = ?3 AND sequence >= ?4 AND sequence <= ?5 \
    ORDER BY sequence LIMIT ?6";
/// The same, from `?5` down to `?4`.
pub(super) const LABEL_DESCENDING: &str = "SELECT sequence FROM labels WHERE organization = ?1 \
    AND name = ?2 AND value = ?3 AND sequence >= ?4 AND sequence <= ?5 \
    ORDER BY sequence DESC LIMIT ?6";
/// A run of one state: `?1` organization, `?2` state, from `?3` up to `?4`, at most `?5`.
/// `jobs_by_state`.
pub(super) const STATE_ASCENDING: &str = "SELECT sequence FROM jobs INDEXED BY jobs_by_state \
    WHERE organization = ?1 AND state = ?2 AND sequence >= ?3 AND sequence <= ?4 \
    ORDER BY sequence LIMIT ?5";
/// The same, from `?4` down to `?3`.
pub(super) const STATE_DESCENDING: &str = "SELECT sequence FROM jobs INDEXED BY jobs_by_state \
    WHERE organization = ?1 AND state = ?2 AND sequence >= ?3 AND sequence <= ?4 \
    ORDER BY sequence DESC LIMIT ?5";
/// The oldest jobs to be validated, behind `?1`, at most `?2`. `jobs_validating`.
pub(super) const VALIDATING: &str = concat!(
    "SELECT ",
    job_columns!(),
    " FROM jobs INDEXED BY jobs_validating WHERE state = 'validating' AND sequence > ?1 \
     ORDER BY sequence LIMIT ?2"
);
/// A request. Primary key.
pub(super) const REQUEST: &str =
    "SELECT json, checksum, slots, slots_checksum FROM requests WHERE sequence = ?1";
/// A response. Primary key.
pub(super) const RESPONSE: &str = "SELECT json, checksum FROM responses WHERE sequence = ?1";

// --- projects and templates -------------------------------------------------------

/// A new one: `?1` id, `?2` organization, `?3` kind, `?4` JSON.
pub(super) const INSERT_RESOURCE: &str =
    "INSERT INTO resources (id, organization, kind, revision, json) VALUES (?1, ?2, ?3, 1, ?4)";
/// Its next revision: `?4` the one it started from, `?5` JSON. Unique index on `id`.
pub(super) const REPLACE_RESOURCE: &str = "UPDATE resources SET revision = revision + 1, \
    json = ?5 WHERE id = ?1 AND organization = ?2 AND kind = ?3 AND revision = ?4";
/// Unique index on `id`.
pub(super) const DELETE_RESOURCE: &str =
    "DELETE FROM resources WHERE id = ?1 AND organization = ?2 AND kind = ?3";
/// Unique index on `id`.
pub(super) const RESOURCE: &str = "SELECT id, revision, json FROM resources \
    WHERE id = ?1 AND organization = ?2 AND kind = ?3";
/// All of a kind. `resources_by_kind`.
pub(super) const RESOURCES: &str = "SELECT id, revision, json FROM resources \
    WHERE organization = ?1 AND kind = ?2 ORDER BY sequence";
/// What came with a resource. Primary key.
pub(super) const INSERT_ATTACHMENT: &str =
    "INSERT INTO attachments (resource, checksum, bytes) VALUES (?1, ?2, ?3)";
/// Unique index on `id`, then primary key.
pub(super) const ATTACHMENT: &str = "SELECT resource, checksum, bytes FROM attachments \
    WHERE resource = \
    (SELECT sequence FROM resources WHERE id = ?1 AND organization = ?2)";
/// Unique index on `id`, then primary key.
pub(super) const DELETE_ATTACHMENT: &str = "DELETE FROM attachments WHERE resource = \
    (SELECT sequence FROM resources WHERE id = ?1 AND organization = ?2 AND kind = ?3)";

// --- looking for damage (reader) ---------------------------------------------------

/// Everything with a checksum, by primary key: key, checksum, first piece, second piece.
pub(super) const ALL_REQUESTS: &str = "SELECT sequence, checksum, '', json FROM requests";
pub(super) const ALL_SLOTS: &str =
    "SELECT sequence, slots_checksum, '', slots FROM requests WHERE slots IS NOT NULL";
pub(super) const ALL_RESPONSES: &str = "SELECT sequence, checksum, '', json FROM responses";
pub(super) const ALL_CHUNKS: &str =
    "SELECT chunk, checksum, iif(is_text, x'01', x'00'), bytes FROM chunks";
pub(super) const ALL_ATTACHMENTS: &str = "SELECT resource, checksum, '', bytes FROM attachments";

// --- opening ----------------------------------------------------------------------

/// Recovery at open: jobs that ran when the last process ended. `jobs_running`.
pub(super) const RUNNING: &str = "SELECT sequence, attempts, lease_token FROM jobs \
    INDEXED BY jobs_running WHERE state = 'in_progress'";
/// Whether a file has any table yet.
pub(super) const HAS_TABLES: &str = "SELECT 1 FROM sqlite_schema LIMIT 1";
/// Copies the file, compacted, before a migration that rewrites.
pub(super) const COPY_INTO: &str = "VACUUM INTO ?1";
/// What can only be set before the first table, besides the size of pages.
pub(super) const NEW_FILE: &str = "PRAGMA auto_vacuum = INCREMENTAL;";
/// What the writing connection is set to; `PRAGMAS_READ_BACK` checks it.
pub(super) const WRITER_SETTINGS: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
    PRAGMA wal_autocheckpoint = 0; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF; \
    PRAGMA cell_size_check = ON; PRAGMA cache_size = -8192; PRAGMA busy_timeout = 2000;";
/// What a reading connection is set to.
pub(super) const READER_SETTINGS: &str = "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; \
    PRAGMA cell_size_check = ON; PRAGMA cache_size = -8192; PRAGMA busy_timeout = 2000; \
    PRAGMA temp_store = MEMORY;";
