//! What a store should hold, in a few lines: jobs in a list, and the one table of states.

use super::ATTEMPTS_MAX;
use crate::job::State;
use crate::job::model::{Job, JobError, Lease};
use crate::job::state::{self, Event};
use crate::store::StoreError;

/// A job as it should be.
#[derive(Debug)]
pub(super) struct Expected {
    pub(super) job: Job,
    pub(super) position: u64,
    pub(super) lease: Option<(Lease, i64)>,
    pub(super) key: Option<(u8, u8)>,
}

#[derive(Debug, Default)]
pub(super) struct Model {
    pub(super) jobs: Vec<Expected>,
    pub(super) leases: Vec<Lease>,
    position: u64,
    pub(super) late: u64,
}

impl Model {
    pub(super) fn next_position(&mut self) -> u64 {
        self.position += 1;
        self.position
    }

    /// The job that this lease is the right to, if it still holds.
    pub(super) fn held(&mut self, lease: Lease) -> Option<&mut Expected> {
        let holds = |expected: &&mut Expected| expected.lease.is_some_and(|(l, _)| l == lease);
        let held = self.jobs.iter_mut().find(holds);
        self.late += u64::from(held.is_none());
        held
    }

    pub(super) fn oldest_queued(&mut self) -> Option<&mut Expected> {
        let queued = self.jobs.iter_mut().filter(|expected| expected.job.state == State::Queued);
        queued.min_by_key(|expected| expected.position)
    }

    /// Every lease that has run out by then loses its worker.
    pub(super) fn lose_leases(&mut self, by_ms: i64, now_ms: i64) {
        for expected in &mut self.jobs {
            if expected.lease.is_some_and(|(_, until_ms)| until_ms <= by_ms) {
                expected.lose(now_ms);
            }
        }
    }

    pub(super) fn expire(&mut self, now_ms: i64) {
        for expected in &mut self.jobs {
            if expected.job.expires_ms <= now_ms && expected.go(Event::Expired).is_ok() {
                (expected.lease, expected.key) = (None, None);
            }
        }
    }
}

impl Expected {
    pub(super) fn go(&mut self, event: Event) -> Result<(), StoreError> {
        self.job.state = state::next(self.job.state, event)?;
        Ok(())
    }

    pub(super) fn end(&mut self, event: Event, now_ms: i64) -> Result<(), StoreError> {
        self.go(event)?;
        self.job.completed_ms = Some(now_ms);
        self.lease = None;
        Ok(())
    }

    pub(super) fn lose(&mut self, now_ms: i64) {
        if self.job.attempts >= ATTEMPTS_MAX {
            self.end(Event::Failed, now_ms).unwrap();
            self.job.error = Some(JobError::new("worker_lost", ""));
        } else {
            self.go(Event::Returned).unwrap();
            self.lease = None;
        }
    }

    pub(super) fn release(&mut self) {
        self.go(Event::Returned).unwrap();
        self.lease = None;
        self.job.attempts -= 1;
        if self.job.attempts == 0 {
            self.job.started_ms = None;
        }
    }

    pub(super) fn retry(&mut self, position: u64, expires_ms: i64) -> Result<(), StoreError> {
        let expired = self.job.state == State::Expired;
        state::next(self.job.state, Event::Retried)?;
        if expired {
            return Err(StoreError::RequestGone);
        }
        self.go(Event::Retried).unwrap();
        (self.position, self.job.expires_ms, self.job.attempts) = (position, expires_ms, 0);
        (self.job.started_ms, self.job.completed_ms, self.job.error) = (None, None, None);
        Ok(())
    }
}
