-- docspool's data file: the whole schema of a new database.
--
-- Version 1. An older file is brought here step by step by src/store/sqlite/migrate.rs;
-- a newer one is refused. Times are milliseconds since the Unix epoch. Page size (16 KiB)
-- and auto_vacuum (incremental) are set before this runs, because they cannot be set later.

PRAGMA application_id = 0x64737030; -- "dsp0"
PRAGMA user_version = 1;

-- The thin record of a job: small enough that a change of state rewrites only this row.
-- What may be large (request, response, documents) is kept apart.
CREATE TABLE jobs (
    -- Order of acceptance, and the cursor of listings. Grows with created_ms.
    sequence INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    organization TEXT NOT NULL,
    endpoint TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN (
        'validating', 'queued', 'in_progress', 'completed', 'failed', 'cancelled', 'expired')),
    -- Place in the queue. A job that comes back from a lost worker keeps it; a retry
    -- gets a new one at the tail.
    queue_position INTEGER NOT NULL,
    created_ms INTEGER NOT NULL,
    started_ms INTEGER,
    completed_ms INTEGER,
    expires_ms INTEGER NOT NULL,
    -- How often a worker took it in its current life.
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    -- The right of one worker to finish this attempt.
    lease_token INTEGER,
    lease_expires_ms INTEGER,
    progress_done INTEGER,
    progress_total INTEGER,
    -- {"code", "message", "details"}
    error TEXT,
    -- An array of [key, value] pairs in the order they were given; NULL when there are none.
    metadata TEXT,
    -- File name of the first document, for listings that search in it.
    filename TEXT,
    -- The key counts within the organization and is forgotten when the job expires.
    idempotency_key TEXT,
    -- SHA-256 of the request body the key was sent with.
    idempotency_fingerprint BLOB CHECK (octet_length(idempotency_fingerprint) = 32),

    -- The shape of each state; the changes between them are in src/job/state.rs.
    CHECK ((state = 'in_progress') = (lease_token IS NOT NULL)),
    CHECK ((lease_token IS NULL) = (lease_expires_ms IS NULL)),
    CHECK (CASE
        WHEN state IN ('completed', 'failed', 'cancelled') THEN completed_ms IS NOT NULL
        WHEN state = 'expired' THEN 1
        ELSE completed_ms IS NULL END),
    CHECK (CASE
        WHEN state = 'failed' THEN error IS NOT NULL
        WHEN state = 'expired' THEN 1
        ELSE error IS NULL END),
    CHECK (CASE
        WHEN state IN ('in_progress', 'completed') THEN started_ms IS NOT NULL AND attempts > 0
        WHEN state = 'validating' THEN started_ms IS NULL AND attempts = 0
        ELSE (started_ms IS NULL) = (attempts = 0) END),
    CHECK ((progress_done IS NULL) = (progress_total IS NULL)),
    CHECK ((idempotency_key IS NULL) = (idempotency_fingerprint IS NULL))
) STRICT;

-- The queue: the next job to be claimed is the first entry, whatever the backlog.
CREATE INDEX jobs_queued ON jobs (queue_position) WHERE state = 'queued';
-- Jobs still to be validated, oldest first.
CREATE INDEX jobs_validating ON jobs (sequence) WHERE state = 'validating';
-- Running jobs, by the end of their lease.
CREATE INDEX jobs_running ON jobs (lease_expires_ms) WHERE state = 'in_progress';
-- Jobs by the end of their retention.
CREATE INDEX jobs_expiring ON jobs (expires_ms) WHERE state <> 'expired';
-- Listings; a listing without a filter merges the states.
CREATE INDEX jobs_by_state ON jobs (organization, state, sequence);
-- One job for each key.
CREATE UNIQUE INDEX jobs_by_idempotency_key ON jobs (organization, idempotency_key)
    WHERE idempotency_key IS NOT NULL;

-- What else a listing can filter by: one row for each metadata pair (named 'metadata.<key>')
-- and for each fact read from the request ('endpoint', 'source', 'model', …). Entries of
-- one value lie in the order of sequences, so any two of them can be intersected in step.
CREATE TABLE labels (
    organization TEXT NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (organization, name, value, sequence)
) STRICT, WITHOUT ROWID;

-- Request bodies until the job expires. Documents are cut out of the JSON.
CREATE TABLE requests (
    sequence INTEGER PRIMARY KEY,
    json TEXT NOT NULL,
    -- An array with one [offset, head, length, document] for each document that was cut
    -- out; NULL when there is none.
    slots TEXT
) STRICT;

-- Response bodies until the job expires.
CREATE TABLE responses (
    sequence INTEGER PRIMARY KEY,
    json TEXT NOT NULL
) STRICT;

-- The bytes of documents, in pieces of at most 256 KiB.
CREATE TABLE chunks (
    -- document * 65536 + ordinal
    chunk INTEGER PRIMARY KEY,
    -- Whether the bytes are base64 text kept as it came, rather than decoded.
    is_text INTEGER NOT NULL CHECK (is_text IN (0, 1)),
    bytes BLOB NOT NULL
) STRICT;

-- Documents that no job owns: still arriving, or doomed, whose chunks are being deleted.
-- At open there is nothing that could still arrive, so all of them are doomed.
CREATE TABLE loose_documents (
    document INTEGER PRIMARY KEY,
    doomed INTEGER NOT NULL CHECK (doomed IN (0, 1))
) STRICT;
CREATE INDEX loose_documents_doomed ON loose_documents (document) WHERE doomed = 1;

-- What an organization keeps besides jobs: projects and form templates.
CREATE TABLE resources (
    -- Order of creation.
    sequence INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    organization TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('project', 'template')),
    -- Grows with each change; a change names the one it started from.
    revision INTEGER NOT NULL CHECK (revision >= 1),
    -- The object that clients see.
    json TEXT NOT NULL
) STRICT;
CREATE INDEX resources_by_kind ON resources (organization, kind, sequence);

-- The document of a template, apart so that a listing does not read it.
CREATE TABLE attachments (
    resource INTEGER PRIMARY KEY,
    bytes BLOB NOT NULL
) STRICT;

-- What is kept rather than computed: one row, written in each commit that changes it.
CREATE TABLE kept (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    validating INTEGER NOT NULL DEFAULT 0,
    queued INTEGER NOT NULL DEFAULT 0,
    in_progress INTEGER NOT NULL DEFAULT 0,
    completed INTEGER NOT NULL DEFAULT 0,
    failed INTEGER NOT NULL DEFAULT 0,
    cancelled INTEGER NOT NULL DEFAULT 0,
    expired INTEGER NOT NULL DEFAULT 0,
    -- The next free place in the queue.
    queue_position INTEGER NOT NULL DEFAULT 1,
    -- The newest time this file has seen. Time never starts before it.
    newest_ms INTEGER NOT NULL DEFAULT 0,
    CHECK (min(validating, queued, in_progress, completed, failed, cancelled, expired) >= 0)
) STRICT;
INSERT INTO kept (only) VALUES (1);
