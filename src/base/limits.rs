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

// --- projects and templates -------------------------------------------------------

/// Projects, and templates, of one organization.
pub const RESOURCES_MAX: usize = 1000;
/// Length of their names, in characters.
pub const RESOURCE_NAME_CHARS_MAX: usize = 256;
/// JSON text of one of them, in bytes.
pub const RESOURCE_JSON_BYTES_MAX: usize = 1024 * 1024;
/// The document of a template, in bytes.
pub const TEMPLATE_DOCUMENT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Parts of one form that a client sends.
pub const MULTIPART_PARTS_MAX: usize = 128;
/// Fields of one form.
pub const FORM_FIELDS_MAX: usize = 5000;
/// Lines of a page looked at in search of closed boxes, each as often as it is looked at.
pub const FORM_BOX_STEPS_MAX: usize = 20_000_000;
/// Pairs of a field and a phrase of one page; a page with more has no labels.
pub const FORM_LABEL_PAIRS_MAX: usize = 4_000_000;
/// Facts of instructions that are met with fields.
pub const FORM_FACTS_MAX: usize = 2_000;
/// Pairs of a field and a word of prose; where there are more, prose is not searched.
pub const FORM_PROSE_PAIRS_MAX: usize = 10_000_000;

// --- store ------------------------------------------------------------------------

/// Page size of a new database file, in bytes. A commit writes every page it touches whole,
/// and one small job touches ten: larger pages cost small jobs more than they spare large
/// documents.
pub const PAGE_BYTES: u32 = 4 * 1024;
/// Operations waiting for the writer.
pub const WRITER_QUEUE_MAX: usize = 1024;
/// Document chunks waiting for the writer.
pub const WRITER_BULK_QUEUE_MAX: usize = 2;
/// Operations in one commit.
pub const COMMIT_OPERATIONS_MAX: usize = 256;
/// What the operations of one commit may write before the next has to wait, in bytes.
pub const COMMIT_BYTES_MAX: usize = 1024 * 1024;
/// Jobs expired in one commit.
pub const EXPIRE_SLICE_JOBS: u32 = 200;
/// Requests and responses deleted in one commit, in bytes; one job may exceed it.
pub const EXPIRE_SLICE_BYTES: i64 = 8 * 1024 * 1024;
/// Document chunks deleted in one commit.
pub const EXPIRE_SLICE_CHUNKS: u32 = 32;
/// Free space inside the data file that is kept for new documents, in bytes.
pub const FREE_BYTES_KEPT: i64 = 64 * 1024 * 1024;
/// Longest value that a listing can filter by, in characters; of longer ones this much.
pub const LABEL_VALUE_CHARS_MAX: usize = 512;
/// The write-ahead log is checkpointed on purpose beyond this, in bytes.
pub const WAL_BYTES: u64 = 8 * 1024 * 1024;
/// The write-ahead log is kept below this even under steady readers, in bytes.
pub const WAL_BYTES_MAX: u64 = 4 * WAL_BYTES;
/// Connections of the reader pool.
pub const READERS_MAX: u32 = 8;
/// Free disk space below which new jobs are refused, in bytes.
pub const DISK_FREE_BYTES_MIN: u64 = 64 * 1024 * 1024;

const _: () = assert!(COMMIT_BYTES_MAX as u64 + CHUNK_BYTES as u64 <= WAL_BYTES / 4);
const _: () = assert!(METADATA_VALUE_CHARS_MAX <= LABEL_VALUE_CHARS_MAX);

// --- workers and children ---------------------------------------------------------

/// Jobs after which a child is replaced.
pub const CHILD_JOBS_MAX: u32 = 200;
/// Address space of a child, in bytes.
pub const CHILD_MEMORY_BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;
/// Files, pipes and sockets that a child may have open.
pub const CHILD_OPEN_FILES_MAX: u64 = 64;
/// By how much a child gives way to its parent, as `nice` counts: a server with work for every
/// core still accepts, and a person at the same machine still types. Under full load it leaves a
/// child a quarter of what each other process gets.
pub const CHILD_NICENESS: i32 = 5;
/// What the kernel adds to the size of a child, in thousandths of all memory, when it looks for
/// a process to end because there is no more: a job is lost before the server is.
pub const CHILD_OOM_SCORE: &str = "500";
/// One frame between parent and child, in bytes.
pub const FRAME_BYTES_MAX: usize = 80 * 1024 * 1024;
/// Direct calls that may wait for a child.
pub const DIRECT_CALLS_WAITING_MAX: usize = 64;

const _: () = assert!(RESPONSE_BYTES_MAX < FRAME_BYTES_MAX);

// ---- document: bytes in, pages out ------------------------------------------------

/// Pages read from one document; later pages are left out with a warning.
pub const DOCUMENT_PAGES_MAX: usize = 20_000;
/// Bytes of all decoded streams of one document together.
pub const DOCUMENT_DECODED_BYTES_MAX: usize = 1 << 30;
/// Bytes one stream may decode to; the rest of it is dropped with a warning.
pub const DOCUMENT_STREAM_DECODED_BYTES_MAX: usize = 64 << 20;
/// Filters chained on one stream.
pub const DOCUMENT_STREAM_FILTERS_MAX: usize = 16;
/// Objects that a rebuild of a damaged file collects.
pub const DOCUMENT_OBJECTS_MAX: usize = 1_000_000;
/// References followed from one object to the next before the chain counts as a ring.
pub const DOCUMENT_REFERENCE_DEPTH_MAX: usize = 32;
/// Levels of a page tree, a field tree or a name tree.
pub const DOCUMENT_TREE_DEPTH_MAX: usize = 64;
/// Operands kept for one operator of a content stream; more are dropped.
pub const DOCUMENT_CONTENT_OPERANDS_MAX: usize = 65_536;
/// Graphics states saved inside each other; deeper ones are only counted.
pub const DOCUMENT_STATE_DEPTH_MAX: usize = 512;
/// Marked-content sequences open at once; deeper ones are only counted.
pub const DOCUMENT_MARKED_DEPTH_MAX: usize = 512;
/// Bytes of decoded forms kept for the next time they are drawn, for one document.
pub const DOCUMENT_FORM_CACHE_BYTES_MAX: usize = 16 << 20;
/// Pictures kept of one page.
pub const DOCUMENT_PAGE_IMAGES_MAX: usize = 5_000;
/// Bytes read and decoded to find the ends of the inline pictures of one page, forms included.
pub const DOCUMENT_PAGE_INLINE_BYTES_MAX: usize = 256 << 20;
/// Nested arrays and dictionaries inside one content stream.
pub const DOCUMENT_CONTENT_NESTING_MAX: usize = 32;
/// Operators run for one page, its forms included.
pub const DOCUMENT_PAGE_OPERATORS_MAX: usize = 4_000_000;
/// Glyphs kept of one page.
pub const DOCUMENT_PAGE_GLYPHS_MAX: usize = 400_000;
/// Glyphs kept of one document.
pub const DOCUMENT_GLYPHS_MAX: usize = 8_000_000;
/// Ruling lines and filled rectangles kept of one page.
pub const DOCUMENT_PAGE_RULES_MAX: usize = 20_000;
/// Form XObjects drawn inside each other.
pub const DOCUMENT_FORM_DEPTH_MAX: usize = 16;
/// Form XObjects drawn on one page.
pub const DOCUMENT_PAGE_FORMS_MAX: usize = 4_096;
/// Entries of one character map (CMap), its ranges counted once each.
pub const DOCUMENT_CMAP_ENTRIES_MAX: usize = 200_000;
/// Form fields read from one document.
pub const DOCUMENT_FIELDS_MAX: usize = 20_000;
/// Embedded files listed from one document.
pub const DOCUMENT_ATTACHMENTS_MAX: usize = 1_000;
/// Links kept of one page.
pub const DOCUMENT_PAGE_LINKS_MAX: usize = 5_000;
/// Warnings kept of one document; the count goes on.
pub const DOCUMENT_WARNINGS_MAX: usize = 100;

const _: () = assert!(DOCUMENT_STREAM_DECODED_BYTES_MAX <= DOCUMENT_DECODED_BYTES_MAX);
const _: () = assert!(DOCUMENT_PAGE_GLYPHS_MAX <= DOCUMENT_GLYPHS_MAX);

// ---- formats other than PDF ----------------------------------------------------------

/// Entries of a zip container that are looked at.
pub const ARCHIVE_ENTRIES_MAX: usize = 10_000;
/// Bytes one entry of a zip container may inflate to; a larger one is an error.
pub const ARCHIVE_ENTRY_BYTES_MAX: u64 = 128 << 20;
/// Bytes all entries read from one zip container may inflate to together.
pub const ARCHIVE_BYTES_MAX: u64 = 256 << 20;
/// Elements of an XML document inside each other.
pub const XML_DEPTH_MAX: usize = 256;
/// Bytes of a text document (plain text, HTML, JSON, XML, RTF) after decoding.
pub const TEXT_BYTES_MAX: usize = 128 << 20;
/// Cells of one table; further ones are left out.
pub const TABLE_CELLS_MAX: usize = 500_000;
/// Columns of one table (the columns of an Excel sheet).
pub const TABLE_COLUMNS_MAX: usize = 16_384;
/// Rows one cell may cover.
pub const TABLE_ROW_SPAN_MAX: usize = 65_534;
/// Places of a table's full grid, empty ones included; cells beyond are left out.
pub const TABLE_GRID_PLACES_MAX: usize = 4_000_000;
/// Tables inside the cells of tables.
pub const TABLE_DEPTH_MAX: usize = 32;
/// Groups of an RTF document inside each other.
pub const RTF_DEPTH_MAX: usize = 512;
/// Messages attached to messages, counted by their media type.
pub const MAIL_NESTED_MAX: usize = 100;

const _: () = assert!(ARCHIVE_ENTRY_BYTES_MAX <= ARCHIVE_BYTES_MAX);

// ---- pictures and OCR ------------------------------------------------------------------

/// Pixels of one picture; larger ones are not decoded.
pub const PICTURE_PIXELS_MAX: usize = 100_000_000;
/// Pixels of one side of a picture.
pub const PICTURE_SIDE_MAX: usize = 65_500;
/// Bytes that the samples of one picture may take while it is decoded.
pub const PICTURE_BYTES_MAX: usize = 384 << 20;
/// Pixels of all pictures that are drawn for one page of a PDF.
pub const PICTURE_PAGE_PIXELS_MAX: usize = 300_000_000;
/// Pixels of a page as OCR sees it; larger ones are made smaller.
pub const OCR_PIXELS_MAX: usize = 20_000_000;
/// Lines found on one page.
pub const OCR_LINES_MAX: usize = 5_000;
/// Longest run of an OCR program for one page, in milliseconds.
pub const OCR_PROGRAM_DEADLINE_MS: i64 = 120_000;
/// Bytes that an OCR program may print for one page.
pub const OCR_PROGRAM_BYTES_MAX: u64 = 32 << 20;

const _: () = assert!(PICTURE_PIXELS_MAX <= PICTURE_PAGE_PIXELS_MAX);

// ---- local: documents understood ---------------------------------------------------

/// Nesting of a user's schema, and references followed in a row.
pub const SCHEMA_DEPTH_MAX: usize = 48;
/// Nodes of a user's schema once its references are resolved.
pub const SCHEMA_NODES_MAX: usize = 4_000;
/// Bytes, roughly, of a user's schema once its references are resolved: each use of a
/// definition is a copy.
pub const SCHEMA_BYTES_MAX: usize = 32 << 20;
/// What a pattern counts for in them: the time that its compilation takes, as bytes.
pub const SCHEMA_PATTERN_COST_BYTES: usize = 64 << 10;
/// Schemas that a check of an instance may look at, and how many more for each value of it;
/// an instance that needs more does not fit.
pub const SCHEMA_CHECKS_MAX: usize = 8_192;
/// See [`SCHEMA_CHECKS_MAX`].
pub const SCHEMA_CHECKS_PER_VALUE_MAX: usize = 256;
/// Length of a `pattern` in a user's schema, in bytes; longer ones match nothing.
pub const SCHEMA_PATTERN_BYTES_MAX: usize = 1_024;
/// Compiled size of such a pattern, in bytes.
pub const SCHEMA_PATTERN_COMPILED_BYTES_MAX: usize = 256 * 1024;
/// Rows of one table read into an array.
pub const RECORD_ROWS_MAX: usize = 5_000;
/// Words of a document that the engine looks at; later pages are left out.
pub const UNDERSTAND_TOKENS_MAX: usize = 400_000;
/// Votes of one request (`n_consensus`).
pub const VOTES_MAX: usize = 16;

// ---- documents fetched from an address ----------------------------------------------

/// A document that is fetched, in bytes.
pub const FETCH_BYTES_MAX: u64 = BODY_BYTES_MAX;
/// How long the documents of one request may take to come, in milliseconds.
pub const FETCH_MS: u64 = 60_000;
/// How long a server may take to be reached, in milliseconds.
pub const FETCH_CONNECT_MS: u64 = 10_000;
/// Redirects that are followed.
pub const FETCH_REDIRECTS_MAX: u32 = 3;
/// Jobs whose documents are fetched at the same time.
pub const FETCHES_MAX: usize = 8;

// ---- model: a language model behind HTTP -------------------------------------------

/// Tokens that a model reads and writes in one exchange, unless a person knows better.
pub const MODEL_CONTEXT_TOKENS: usize = 16_384;
/// The least that can be worked with.
pub const MODEL_CONTEXT_TOKENS_MIN: usize = 2_048;
/// Tokens of an answer at first; once more is asked for when they did not suffice.
pub const MODEL_ANSWER_TOKENS: usize = 4_096;
/// Bytes of text that make a token, at least: counts err on the safe side.
pub const MODEL_TOKEN_BYTES: usize = 3;
/// How long a server may take to be reached, in milliseconds.
pub const MODEL_CONNECT_MS: u64 = 10_000;
/// How long one exchange may take, in milliseconds: models at home are slow.
pub const MODEL_EXCHANGE_MS: u64 = 300_000;
/// Times a request is sent before its failure counts.
pub const MODEL_SENDS_MAX: u32 = 5;
/// First pause between two of them at most, in milliseconds; it doubles.
pub const MODEL_PAUSE_MS: u64 = 500;
/// Longest pause, also when the server asks for a longer one, in milliseconds.
pub const MODEL_PAUSE_MAX_MS: u64 = 30_000;
/// Requests to a server at the same time, for one job.
pub const MODEL_PARALLEL_MAX: usize = 4;
/// An answer of a server, in bytes.
pub const MODEL_ANSWER_BYTES_MAX: u64 = 16 << 20;
/// Text of a server's error that is passed on, in characters.
pub const MODEL_ERROR_CHARS_MAX: usize = 300;
/// How often a wait for a server looks whether the work is still wanted, in milliseconds.
pub const MODEL_LOOK_MS: u64 = 50;
/// Times the pages of one exchange are halved when they are too much for it.
pub const MODEL_HALVINGS_MAX: u32 = 6;

const _: () = assert!(MODEL_ANSWER_TOKENS < MODEL_CONTEXT_TOKENS);
const _: () = assert!(MODEL_PAUSE_MS < MODEL_PAUSE_MAX_MS && MODEL_CONNECT_MS < MODEL_EXCHANGE_MS);

// --- the gate ---------------------------------------------------------------------

/// Client connections open at once. The next one takes the place of the one that has been
/// idle longest; when none is idle, it is answered 503 and closed.
pub const CONNECTIONS_MAX: usize = 1024;
/// Refused connections that are drained so that the client can read why.
pub const CLOSING_CONNECTIONS_MAX: usize = 256;
/// Open files the server asks the system for: every connection, and for every exchange its
/// private connection with both ends, and a child's pipes and the store beside them.
pub const OPEN_FILES: u64 = (CONNECTIONS_MAX + CLOSING_CONNECTIONS_MAX + 8 * EXCHANGES_MAX) as u64;
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
/// Directories of servers that were killed which a start removes at most.
pub const PRIVATE_DIRECTORIES_REMOVED_MAX: usize = 100;
/// Age of such a directory, in milliseconds; a younger one may be that of a server that starts.
pub const PRIVATE_DIRECTORY_AGE_MS: u64 = 60_000;
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

// ---- layout ---------------------------------------------------------------------------

/// Crossings of ruling lines looked at on one page; a page with more has no ruled tables.
pub const LAYOUT_CROSSINGS_MAX: usize = 200_000;
/// Places of the grid of one ruled table.
pub const LAYOUT_GRID_PLACES_MAX: usize = 40_000;
/// Rows of one table without ruling lines.
pub const LAYOUT_TABLE_ROWS_MAX: usize = 5_000;
/// Times a run of rows is cut in two in search of tables.
pub const LAYOUT_CUT_DEPTH_MAX: usize = 12;
