//! Every bound of the program, with its unit and its default, in one place.
//!
//! A limit that a person may set is the default of an option of the same name; the
//! others are fixed. Neighbours that must agree are held together at compile time.

// --- request bodies ---------------------------------------------------------------

/// A request body as it arrives, in bytes.
pub const BODY_BYTES_MAX: u64 = 64 * 1024 * 1024;

// --- the gate ---------------------------------------------------------------------

/// Client connections open at once; the next one is answered 503 and closed.
pub const CONNECTIONS_MAX: usize = 512;
/// Refused connections that are drained so that the client can read why.
pub const CLOSING_CONNECTIONS_MAX: usize = 256;
/// Connections the kernel may hold until they are accepted.
pub const LISTEN_BACKLOG: i32 = 1024;
/// Requests inside at once, each with a relay, a private connection and a handler.
pub const EXCHANGES_MAX: usize = 128;
/// Relays that are ready when the server has started.
pub const EXCHANGES_READY: usize = 4;
/// Requests inside at once that may hold their place for long (long polls, streams).
pub const WAITS_MAX: usize = 64;
/// Requests inside at once whose bodies are still arriving.
pub const UPLOADS_MAX: usize = 48;
/// Request line and header fields together, in bytes.
pub const HEAD_BYTES_MAX: usize = 32 * 1024;
/// Header fields of a request.
pub const HEAD_FIELDS_MAX: usize = 100;
/// Target of a request line, in bytes.
pub const TARGET_BYTES_MAX: usize = 8 * 1024;
/// Method of a request line, in bytes.
pub const METHOD_BYTES_MAX: usize = 32;
/// Longest `x-request-id` taken over from a client, in bytes.
pub const REQUEST_ID_BYTES_MAX: usize = 64;
/// A body up to this size is collected before its request takes a relay, in bytes.
pub const BODY_COLLECTED_BYTES_MAX: usize = 64 * 1024;
/// Chunk extensions of one body, in bytes.
pub const CHUNK_EXTENSION_BYTES_MAX: usize = 4 * 1024;
/// Trailer section of one body, in bytes.
pub const TRAILER_BYTES_MAX: usize = 8 * 1024;
/// From the first byte of a head to its end, in milliseconds.
pub const HEAD_DEADLINE_MS: u64 = 10_000;
/// Longest silence within a body, in milliseconds.
pub const BODY_STALL_MS: u64 = 15_000;
/// From the end of a head to the end of its body, in milliseconds.
pub const BODY_DEADLINE_MS: u64 = 300_000;
/// Longest time without the client taking a byte of its answer, in milliseconds.
pub const ANSWER_STALL_MS: u64 = 15_000;
/// From the first byte of an answer of known length to its last, in milliseconds.
pub const ANSWER_DEADLINE_MS: u64 = 300_000;
/// Longest silence of a handler, before and within its answer, in milliseconds.
pub const HANDLER_DEADLINE_MS: u64 = 300_000;
/// A connection with no request on it is closed after this, in milliseconds.
pub const KEEP_ALIVE_MS: u64 = 60_000;
/// Longest wait of a whole request for a free relay, in milliseconds.
pub const QUEUE_DEADLINE_MS: u64 = 10_000;
/// How long a relay stays with its connection for the next request, in milliseconds.
pub const LINGER_MS: u64 = 2;
/// Bytes read and thrown away after a refusal so that the client can read it.
pub const DRAIN_BYTES_MAX: usize = 256 * 1024;
/// Longest such reading, in milliseconds.
pub const DRAIN_DEADLINE_MS: u64 = 2_000;
/// How long a new private connection may take to answer its first request, in
/// milliseconds.
pub const LINK_PROOF_DEADLINE_MS: u64 = 2_000;
/// How long a request waits for a private connection when no more can be opened, in
/// milliseconds.
pub const LINK_WAIT_MS: u64 = 1_000;
/// How long the threads of a server may take to end once everything is closed, in
/// milliseconds.
pub const THREADS_END_DEADLINE_MS: u64 = 5_000;
/// Pause after the system refused to accept a connection, in milliseconds.
pub const ACCEPT_PAUSE_MS: u64 = 50;

const _: () = assert!(WAITS_MAX + UPLOADS_MAX < EXCHANGES_MAX);
const _: () = assert!(EXCHANGES_READY <= EXCHANGES_MAX);
const _: () = assert!(EXCHANGES_MAX < CONNECTIONS_MAX);
const _: () = assert!(TARGET_BYTES_MAX < HEAD_BYTES_MAX);
const _: () = assert!((BODY_COLLECTED_BYTES_MAX as u64) < BODY_BYTES_MAX);
const _: () = assert!(BODY_STALL_MS < BODY_DEADLINE_MS && ANSWER_STALL_MS < ANSWER_DEADLINE_MS);
const _: () = assert!(LINGER_MS < HEAD_DEADLINE_MS);
