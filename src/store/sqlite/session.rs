//! What an operation works with while it is applied.

use rusqlite::{CachedStatement, Connection, Params};

use super::error::Fault;
use super::kept::Kept;
use super::rows;
use crate::job::State;
use crate::job::model::Job;
use crate::store::Change;

/// The writing connection inside a transaction, and what goes with it.
pub(super) struct Session {
    pub(super) connection: Connection,
    pub(super) kept: Kept,
    /// Steady time of this commit, in milliseconds.
    pub(super) now_ms: i64,
    /// How long a lease holds without a heartbeat, in milliseconds.
    pub(super) lease_ms: i64,
    /// How often a worker may be lost before the job fails.
    pub(super) attempts_max: u32,
    /// What workers said with leases that hold no longer.
    pub(super) late: u64,
    /// What this transaction has changed so far, in order.
    pub(super) changes: Vec<Change>,
}

impl Session {
    /// The prepared statement of that text.
    pub(super) fn statement(&self, sql: &'static str) -> rusqlite::Result<CachedStatement<'_>> {
        self.connection.prepare_cached(sql)
    }

    /// Runs a statement and says how many rows it changed.
    pub(super) fn execute(
        &self,
        sql: &'static str,
        params: impl Params,
    ) -> rusqlite::Result<usize> {
        self.statement(sql)?.execute(params)
    }

    /// Runs a statement and says whether it found a row.
    pub(super) fn exists(&self, sql: &'static str, params: impl Params) -> rusqlite::Result<bool> {
        self.statement(sql)?.exists(params)
    }

    /// Runs a change of state that returns the record, and counts it. `None` when the
    /// guard of the statement found no such job in such a state.
    pub(super) fn change(
        &mut self,
        sql: &'static str,
        params: impl Params,
        from: State,
    ) -> Result<Option<Job>, Fault> {
        let mut changed = {
            let mut statement = self.statement(sql)?;
            rows::jobs(statement.query(params)?)?
        };
        let Some(job) = changed.pop() else { return Ok(None) };
        self.changed(Some(from), &job);
        Ok(Some(job))
    }

    /// Notes that a job changed its state, or came into being (`from` is `None`).
    pub(super) fn changed(&mut self, from: Option<State>, job: &Job) {
        self.kept.moved(from, job.state);
        let (id, organization) = (job.id.clone(), job.organization.clone());
        self.changes.push(Change { id, organization, state: job.state });
    }
}
