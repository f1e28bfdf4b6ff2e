//! Keeps the write-ahead log bounded, on purpose and on the writer's own time.
//!
//! SQLite's own checkpoint never waits for readers, so that a steady stream of them lets
//! the log grow without end. Here a passive checkpoint runs when the log is larger than
//! [`limits::WAL_BYTES`]; if it grows on all the same, one that waits a moment for the
//! readers at hand lets the next commit start the log over.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;

use super::gauges::Gauges;
use super::sql;
use crate::base::limits;

/// How long a checkpoint waits for readers at most.
const PATIENCE: Duration = Duration::from_millis(50);
/// The wait for a lock at all other times.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct Checkpoint {
    log: PathBuf,
    gauges: Arc<Gauges>,
    /// Size of the log beyond which the next checkpoint runs, in bytes.
    next_at: u64,
}

impl Checkpoint {
    /// For the data file at `path`.
    pub(super) fn new(path: &Path, gauges: Arc<Gauges>) -> Self {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        Self { log: log.into(), gauges, next_at: limits::WAL_BYTES }
    }

    /// Looks at the log after a commit.
    pub(super) fn after_commit(&mut self, connection: &Connection) {
        let size = self.size();
        if size <= self.next_at {
            if size <= limits::WAL_BYTES {
                self.next_at = limits::WAL_BYTES;
            }
            return;
        }
        if size < limits::WAL_BYTES_MAX / 2 {
            run(connection, sql::CHECKPOINT);
        } else {
            patiently(connection);
        }
        // When readers were in the way, not again before it has grown by a quarter.
        self.next_at = self.size() + limits::WAL_BYTES / 4;
    }

    /// Empties the log while nobody asks for anything.
    pub(super) fn when_idle(&mut self, connection: &Connection) {
        if self.size() > 0 {
            patiently(connection);
            self.next_at = limits::WAL_BYTES.max(self.size());
        }
    }

    /// Empties the log before the file is closed.
    pub(super) fn at_end(&mut self, connection: &Connection) {
        patiently(connection);
    }

    fn size(&self) -> u64 {
        let size = std::fs::metadata(&self.log).map_or(0, |data| data.len());
        self.gauges.set_wal_bytes(size);
        size
    }
}

fn patiently(connection: &Connection) {
    let patient = connection.busy_timeout(PATIENCE);
    run(connection, sql::CHECKPOINT_TRUNCATE);
    if let Err(error) = patient.and_then(|()| connection.busy_timeout(BUSY_TIMEOUT)) {
        tracing::warn!(%error, "the busy timeout could not be set");
    }
}

fn run(connection: &Connection, sql: &str) {
    let outcome = connection.query_row(sql, [], |row| {
        Ok((row.get::<_, bool>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
    });
    match outcome {
        Ok((busy, total, done)) => tracing::debug!(busy, total, done, "checkpoint"),
        Err(error) => tracing::warn!(%error, "the write-ahead log could not be checkpointed"),
    }
}
