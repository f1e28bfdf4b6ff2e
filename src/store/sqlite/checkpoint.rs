//! Keeps the write-ahead log bounded, on purpose and on the writer's own time.
//!
//! SQLite's own checkpoint never waits for readers, so that a steady stream of them lets
//! the log grow without end. Here a passive checkpoint runs when the log has become larger
//! than it should be; if it grows on all the same, one that waits a moment for the readers
//! at hand cuts it, and near four times its size one that waits longer. While somebody holds one
//! snapshot for long, nothing can bound the log: that is said, nobody waits for it any more,
//! and the log is cut when they let go.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::config::DbConfig;

use super::error::is_io;
use super::gauges::Gauges;
use super::sql;

/// How long a checkpoint waits for readers while there is still room.
const PATIENCE: Duration = Duration::from_millis(50);
/// How long when there is little.
const PATIENCE_MAX: Duration = Duration::from_secs(1);
/// The wait for a lock at all other times.
const BUSY_TIMEOUT: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct Checkpoint {
    log: PathBuf,
    gauges: Arc<Gauges>,
    /// Size the log should keep to, in bytes.
    log_bytes: u64,
    /// Size of the log beyond which the next checkpoint runs, in bytes.
    next_at: u64,
    /// Somebody holds a snapshot and did not let go when we waited long.
    is_held: bool,
}

impl Checkpoint {
    /// For the data file at `path`, whose log should keep to `log_bytes`.
    pub(super) fn new(path: &Path, log_bytes: u64, gauges: Arc<Gauges>) -> Self {
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        Self { log: log.into(), gauges, log_bytes, next_at: log_bytes, is_held: false }
    }

    /// Looks at the log after a commit.
    pub(super) fn after_commit(&mut self, connection: &Connection) {
        let size = self.size();
        if size <= self.next_at {
            if size <= self.log_bytes {
                self.next_at = self.log_bytes;
            }
            return;
        }
        if self.is_held {
            self.look_again(connection);
        } else {
            match size / self.log_bytes {
                0..=1 => drop(self.run(connection, sql::CHECKPOINT)),
                2 => drop(self.patiently(connection, PATIENCE)),
                _ => {
                    let is_cut = self.patiently(connection, PATIENCE_MAX);
                    self.set_held(!is_cut, size);
                }
            }
        }
        // When readers were in the way, not again before it has grown by a quarter.
        let size = self.size();
        self.next_at = size + size.max(self.log_bytes) / 4;
    }

    /// Empties the log while nobody asks for anything.
    pub(super) fn when_idle(&mut self, connection: &Connection) {
        let size = self.size();
        if size > 0 {
            if self.patiently(connection, PATIENCE) {
                self.set_held(false, size);
            }
            self.next_at = self.log_bytes.max(self.size());
        }
    }

    /// Empties the log before the file is closed; after a failure of the disk it stays as
    /// it is, because it may hold what the file does not.
    pub(super) fn at_end(&mut self, connection: &Connection) {
        self.patiently(connection, PATIENCE_MAX);
        if self.gauges.read_only().is_some()
            && let Err(error) =
                connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        {
            tracing::error!(%error, "the log could not be kept out of the last checkpoint");
        }
    }

    /// Moves what can be moved without waiting; when that was all, nobody is in the way.
    fn look_again(&mut self, connection: &Connection) {
        if self.run(connection, sql::CHECKPOINT) && self.patiently(connection, PATIENCE) {
            self.set_held(false, self.size());
        }
    }

    fn set_held(&mut self, is_held: bool, size: u64) {
        if is_held && !self.is_held {
            tracing::warn!(
                bytes = size,
                "the log of the data file cannot be cut and grows: somebody has been reading the \
                 file for long, perhaps another program"
            );
        } else if self.is_held && !is_held {
            tracing::info!("the log of the data file is cut again");
        }
        self.is_held = is_held;
        self.gauges.set_wal_held(is_held);
    }

    fn size(&self) -> u64 {
        let size = std::fs::metadata(&self.log).map_or(0, |data| data.len());
        self.gauges.set_wal_bytes(size);
        size
    }

    /// Says whether the log was cut.
    fn patiently(&self, connection: &Connection, patience: Duration) -> bool {
        let patient = connection.busy_timeout(patience);
        let is_cut = self.run(connection, sql::CHECKPOINT_TRUNCATE);
        if let Err(error) = patient.and_then(|()| connection.busy_timeout(BUSY_TIMEOUT)) {
            tracing::warn!(%error, "the busy timeout could not be set");
        }
        is_cut
    }

    /// Says whether all of the log is in the file now.
    fn run(&self, connection: &Connection, sql: &str) -> bool {
        if self.gauges.read_only().is_some() {
            return false;
        }
        let outcome = connection.query_row(sql, [], |row| {
            Ok((row.get::<_, bool>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?))
        });
        match outcome {
            Ok((busy, total, done)) => {
                tracing::debug!(busy, total, done, "checkpoint");
                return !busy && total == done;
            }
            // A sync that failed once may succeed the next time without having written: from
            // here on only the log can be trusted, and it must not be started over.
            Err(error) if is_io(&error) => {
                self.gauges.latch(&format!("in a checkpoint: {error}"));
            }
            Err(error) => tracing::warn!(%error, "the log could not be checkpointed"),
        }
        false
    }
}
