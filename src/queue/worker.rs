//! One worker thread: claim, run, finish, and again.
//!
//! The finish of a job and the next claim are handed to the writer together, so that
//! they share a commit.

use super::engine::Shared;
use super::resolve;
use super::runner::{End, Runner, Stop};
use crate::job::model::{Job, JobError, Lease, Outcome, Progress};
use crate::store::{Claimed, Finished, Pending, StoreError};

/// How long a worker rests after the store refused it a claim.
const REST_AFTER_ERROR: std::time::Duration = std::time::Duration::from_millis(200);

/// Works until claims are closed.
pub(super) fn work(shared: &Shared, mut runner: Runner) {
    let mut claim = shared.store.claim();
    loop {
        let claimed = match claim.wait() {
            Ok(claimed) => claimed,
            Err(StoreError::Closed) => return,
            Err(error) => {
                tracing::warn!(%error, "a worker could not claim a job");
                std::thread::sleep(REST_AFTER_ERROR);
                claim = shared.store.claim();
                continue;
            }
        };
        let (end, progress) = run(shared, &mut runner, &claimed);
        let settling = settle(shared, claimed.lease, end, progress);
        claim = shared.store.claim();
        settling.wait();
        // Only now, so that a job is never neither running nor ended for a reader.
        shared.running.remove(claimed.lease);
    }
}

fn run(shared: &Shared, runner: &mut Runner, claimed: &Claimed) -> (End, Option<Progress>) {
    let deadline = shared.clock.boot_ms().saturating_add(shared.job_deadline_ms);
    let control = shared.running.add(claimed.lease, deadline);
    let endpoint = claimed.job.endpoint;
    let resolve =
        |request| resolve::body(&*shared.store, &claimed.job.organization, endpoint, request);
    let end = match shared.store.request(claimed.lease.sequence) {
        Ok(Some(request)) => match resolve(request) {
            Ok(request) => runner.run(endpoint, &request, &control),
            Err(error) => End::Outcome(Outcome::Failed(error)),
        },
        // It expired or was cancelled between the claim and here.
        Ok(None) => End::Stopped(Stop::NotWanted),
        Err(error) => {
            let error =
                JobError::new("internal_error", format!("the request cannot be read: {error}"));
            End::Outcome(Outcome::Failed(error))
        }
    };
    (end, control.progress())
}

/// What the writer was asked to record, still to be answered.
enum Settling {
    Finish(Pending<Finished>),
    Lose(Pending<Option<Job>>),
    Release(Pending<bool>),
    Nothing,
}

fn settle(shared: &Shared, lease: Lease, end: End, progress: Option<Progress>) -> Settling {
    let store = &shared.store;
    match end {
        End::Outcome(outcome) => Settling::Finish(store.finish(lease, outcome, progress)),
        End::Lost(error) => Settling::Lose(store.lose(lease, error)),
        End::Stopped(Stop::Shutdown) => Settling::Release(store.release(lease)),
        End::Stopped(Stop::NotWanted) => Settling::Nothing,
        End::Stopped(Stop::Deadline) => {
            let limit = shared.job_deadline_ms / 1000;
            let error = JobError::new(
                "deadline_exceeded",
                format!("the job ran longer than {limit} s; raise --job-deadline to allow more"),
            );
            Settling::Finish(store.finish(lease, Outcome::Failed(error), progress))
        }
    }
}

impl Settling {
    fn wait(self) {
        let result = match self {
            Self::Finish(pending) => pending.wait().map(drop),
            Self::Lose(pending) => pending.wait().map(drop),
            Self::Release(pending) => pending.wait().map(drop),
            Self::Nothing => Ok(()),
        };
        if let Err(error) = result {
            // The lease stays with the job: it runs out, or the next start returns it.
            tracing::error!(%error, "the end of a job could not be stored");
        }
    }
}
