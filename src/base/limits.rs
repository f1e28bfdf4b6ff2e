//! Every bound of the program, with its unit and its default, in one place.
//!
//! A limit that a person may set is the default of an option of the same name; the
//! others are fixed. Neighbours that must agree are held together at compile time.

// --- ids and metadata -------------------------------------------------------------

/// Longest id that is looked up at all, in bytes.
pub const ID_LENGTH_MAX: usize = 64;
/// Metadata pairs of one job.
pub const METADATA_PAIRS_MAX: usize = 16;
/// Length of a metadata key, in characters.
pub const METADATA_KEY_CHARS_MAX: usize = 64;
/// Length of a metadata value, in characters.
pub const METADATA_VALUE_CHARS_MAX: usize = 512;
/// Length of an `Idempotency-Key`, in bytes.
pub const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;

// --- request bodies ---------------------------------------------------------------

/// A request body as it arrives, in bytes.
pub const BODY_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// What is left of a request's JSON once its documents are cut out, in bytes.
pub const REQUEST_JSON_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Nesting of a request's JSON. `RawValue` skips `serde_json`'s own guard.
pub const JSON_DEPTH_MAX: u32 = 128;
/// A data URL up to this length stays inside the request's JSON, in bytes.
pub const DATA_URL_INLINE_BYTES_MAX: usize = 2 * 1024;
/// The part of a data URL before its comma, in bytes.
pub const DATA_URL_PREFIX_BYTES_MAX: usize = 256;
/// Documents cut out of one request.
pub const DOCUMENTS_PER_REQUEST_MAX: usize = 64;
/// Decoded document bytes of one chunk row. A multiple of three, so that every chunk but
/// the last is whole base64 groups; a little under 256 KiB.
pub const CHUNK_BYTES: usize = 87_381 * 3;
/// Base64 characters that decode to one chunk.
pub const CHUNK_BASE64_CHARS: usize = CHUNK_BYTES / 3 * 4;
/// First bytes of a document kept at hand to tell its type, in bytes.
pub const DOCUMENT_HEAD_BYTES: usize = 4 * 1024;
/// Memory of all requests that are arriving, in bytes.
pub const INTAKE_BYTES_MAX: u64 = 256 * 1024 * 1024;

const _: () = assert!(METADATA_VALUE_CHARS_MAX * 4 <= DATA_URL_INLINE_BYTES_MAX);
const _: () = assert!(DATA_URL_PREFIX_BYTES_MAX < DATA_URL_INLINE_BYTES_MAX);
const _: () = assert!((BODY_BYTES_MAX as usize) < INTAKE_BYTES_MAX as usize);

// --- life of a job ----------------------------------------------------------------

/// How long a job keeps its request and response, in milliseconds.
pub const RETENTION_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// How often a worker may be lost before the job fails.
pub const ATTEMPTS_MAX: u32 = 3;
/// How long a lease holds without a heartbeat, in milliseconds.
pub const LEASE_MS: i64 = 60_000;
/// How often a heartbeat renews a lease, in milliseconds.
pub const HEARTBEAT_MS: u64 = 15_000;
/// Wall time of one attempt, in milliseconds.
pub const JOB_DEADLINE_MS: u64 = 10 * 60 * 1000;
/// JSON text of one response body, in bytes.
pub const RESPONSE_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Text of an error message kept with a job, in characters.
pub const ERROR_MESSAGE_CHARS_MAX: usize = 4_000;

const _: () = assert!(HEARTBEAT_MS as i64 * 3 < LEASE_MS);

// --- listings ---------------------------------------------------------------------

/// Jobs on a page when nothing is asked.
pub const LIST_LIMIT: u32 = 20;
/// Jobs on a page at most.
pub const LIST_LIMIT_MAX: u32 = 100;
/// Jobs on a page at most when responses are included.
pub const LIST_LIMIT_WITH_RESPONSE_MAX: u32 = 20;
/// Ids in one `ids=` filter.
pub const LIST_IDS_MAX: usize = 100;
/// Extensions in one `document_type` filter.
pub const LIST_DOCUMENT_TYPES_MAX: usize = 64;
/// Rows one page may look at before it answers with what it has.
pub const LIST_CANDIDATES_MAX: u32 = 10_000;
/// Length of a `filename_regex`, in characters.
pub const FILENAME_REGEX_CHARS_MAX: usize = 256;
/// Compiled size of a `filename_regex`, in bytes.
pub const FILENAME_REGEX_BYTES_MAX: usize = 256 * 1024;
/// Longest long-poll, in seconds.
pub const WAIT_SECONDS_MAX: u64 = 60;

// --- API keys ---------------------------------------------------------------------

/// Random bytes of an API key.
pub const API_KEY_RANDOM_BYTES: usize = 20;
/// Characters of an API key that are kept readable, to tell keys apart.
pub const API_KEY_SHOWN_CHARS: usize = 10;
/// API keys that a server knows.
pub const API_KEYS_MAX: usize = 1000;
/// Length of the name of an API key, in characters.
pub const API_KEY_NAME_CHARS_MAX: usize = 100;
/// How often the key file is looked at for changes, in milliseconds.
pub const API_KEYS_CHECK_MS: i64 = 1_000;

const _: () = assert!(API_KEY_RANDOM_BYTES * 8 >= 128);

// --- direct calls -----------------------------------------------------------------

/// Wall time of a direct call, in milliseconds: the caller's connection is waiting.
pub const DIRECT_CALL_DEADLINE_MS: i64 = 240_000;

// --- store ------------------------------------------------------------------------

/// Page size of the database file, in bytes.
pub const PAGE_BYTES: u32 = 16 * 1024;
/// Operations waiting for the writer.
pub const WRITER_QUEUE_MAX: usize = 1024;
/// Document chunks waiting for the writer.
pub const WRITER_BULK_QUEUE_MAX: usize = 2;
/// Operations in one commit.
pub const COMMIT_OPERATIONS_MAX: usize = 256;
/// Jobs expired in one commit.
pub const EXPIRE_SLICE_JOBS: usize = 200;
/// The write-ahead log is checkpointed on purpose beyond this, in bytes.
pub const WAL_BYTES: u64 = 16 * 1024 * 1024;
/// The write-ahead log is kept below this even under steady readers, in bytes.
pub const WAL_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Connections of the reader pool.
pub const READERS_MAX: u32 = 8;
/// Free disk space below which new jobs are refused, in bytes.
pub const DISK_FREE_BYTES_MIN: u64 = 64 * 1024 * 1024;

const _: () = assert!(WAL_BYTES < WAL_BYTES_MAX);

// --- workers and children ---------------------------------------------------------

/// Jobs after which a child is replaced.
pub const CHILD_JOBS_MAX: u32 = 200;
/// Address space of a child, in bytes.
pub const CHILD_MEMORY_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;
/// One frame between parent and child, in bytes.
pub const FRAME_BYTES_MAX: usize = 80 * 1024 * 1024;
/// Direct calls that may wait for a child.
pub const DIRECT_CALLS_WAITING_MAX: usize = 64;

const _: () = assert!(RESPONSE_BYTES_MAX < FRAME_BYTES_MAX);
