//! The numbers that are kept rather than computed.
//!
//! Owns [`Kept`], the copy of the `kept` row that the writer works with.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::sql;
use crate::job::State;

/// Jobs by state, the next free place in the queue, and the newest times seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Kept {
    counts: [i64; State::ALL.len()],
    queue_position: i64,
    newest_ms: i64,
    /// Not in the row: creation time of the newest job.
    created_ms: i64,
}

impl Kept {
    /// Reads the row.
    pub(super) fn load(connection: &Connection) -> rusqlite::Result<Self> {
        let mut kept = connection.query_row(sql::KEPT, [], |row| {
            let mut counts = [0; State::ALL.len()];
            for (column, count) in counts.iter_mut().enumerate() {
                *count = row.get(column)?;
            }
            let (queue_position, newest_ms) = (row.get(7)?, row.get(8)?);
            Ok(Self { counts, queue_position, newest_ms, created_ms: 0 })
        })?;
        let newest = connection.query_row(sql::NEWEST_CREATED, [], |row| row.get(0));
        kept.created_ms = newest.optional()?.unwrap_or_default();
        Ok(kept)
    }

    /// Writes the row.
    pub(super) fn store(&self, connection: &Connection) -> rusqlite::Result<()> {
        let [validating, queued, in_progress, completed, failed, cancelled, expired] = self.counts;
        connection.prepare_cached(sql::KEEP)?.execute(params![
            validating,
            queued,
            in_progress,
            completed,
            failed,
            cancelled,
            expired,
            self.queue_position,
            self.newest_ms,
        ])?;
        Ok(())
    }

    /// Jobs in a state.
    pub(super) fn count(&self, state: State) -> i64 {
        self.counts.get(state as usize).copied().unwrap_or_default()
    }

    /// Notes that a job changed its state, or came into being (`from` is `None`).
    pub(super) fn moved(&mut self, from: Option<State>, to: State) {
        let mut add = |state: State, by: i64| {
            if let Some(count) = self.counts.get_mut(state as usize) {
                *count += by;
            }
        };
        if let Some(from) = from {
            add(from, -1);
        }
        add(to, 1);
    }

    /// A place at the tail of the queue.
    pub(super) fn next_position(&mut self) -> i64 {
        let position = self.queue_position;
        self.queue_position += 1;
        position
    }

    /// The creation time to record: never before that of an older job, so that a range of
    /// time is a range of sequences.
    pub(super) fn creation(&mut self, asked_ms: i64) -> i64 {
        self.created_ms = self.created_ms.max(asked_ms);
        self.created_ms
    }

    /// The newest time the file has seen.
    pub(super) fn newest_ms(&self) -> i64 {
        self.newest_ms.max(self.created_ms)
    }

    /// Notes the time of a commit.
    pub(super) fn saw(&mut self, now_ms: i64) {
        self.newest_ms = self.newest_ms.max(now_ms);
    }
}
