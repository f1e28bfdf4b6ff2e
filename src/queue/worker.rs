//! One worker thread: claim, run, finish, and again.
//!
//! The finish of a job and the next claim are handed to the writer together, so that
//! they share a commit.

use super::engine::Shared;
use super::remote::{self, Fetched};
use super::resolve;
use super::runner::{End, Runner, Stop};
use crate::job::model::{Job, JobError, Lease, Outcome, Progress};
use crate::job::request::RequestBody;
use crate::store::{Claimed, Finished, Pending, StoreError};

/// How long a worker rests after the store refused it a claim, or the system a child.
const REST_AFTER_ERROR: std::time::Duration = std::time::Duration::from_millis(200);

/// Works until claims are closed.
pub(super) fn work(shared: &Shared, mut runner: Runner) {
    let mut claim = shared.store.claim();
    loop {
        let claimed = match claim.wait() {
            Ok(claimed) => claimed,
            // Nothing can be finished any more either.
            Err(StoreError::Closed | StoreError::ReadOnly(_)) => return,
            Err(error) => {
                tracing::warn!(%error, "a worker could not claim a job");
                std::thread::sleep(REST_AFTER_ERROR);
                claim = shared.store.claim();
                continue;
            }
        };
        let (end, progress) = run(shared, &mut runner, &claimed);
        let must_rest = matches!(end, End::NotStarted(_));
        let settling = settle(shared, claimed.lease, end, progress);
        // A claim beside a release would have the job back at once, and again.
        let next = (!must_rest).then(|| shared.store.claim());
        settling.wait();
        // Only now, so that a job is never neither running nor ended for a reader.
        shared.running.remove(claimed.lease);
        claim = next.unwrap_or_else(|| {
            std::thread::sleep(REST_AFTER_ERROR);
            shared.store.claim()
        });
    }
}

fn run(shared: &Shared, runner: &mut Runner, claimed: &Claimed) -> (End, Option<Progress>) {
    let deadline = shared.clock.boot_ms().saturating_add(shared.job_deadline_ms);
    let control = shared.running.add(claimed.lease, deadline);
    let endpoint = claimed.job.endpoint;
    let resolve =
        |request| resolve::body(&*shared.store, &claimed.job.organization, endpoint, request);
    let end = match shared.store.request(claimed.lease.sequence) {
        Ok(Some(request)) => match complete(shared, claimed, request) {
            Ok(request) => match resolve(request) {
                Ok(request) => runner.run(endpoint, &request, &control),
                Err(error) => End::Outcome(Outcome::Failed(error)),
            },
            Err(end) => end,
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

/// The request with its remote documents. They are there since the validation, except when
/// that failed or never was and somebody had the job run again.
fn complete(shared: &Shared, claimed: &Claimed, request: RequestBody) -> Result<RequestBody, End> {
    let failed =
        |text: String| End::Outcome(Outcome::Failed(JobError::new("internal_error", text)));
    if !remote::may_be_missing(&request) {
        return Ok(request);
    }
    let value = serde_json::from_str(&request.json).map_err(|error| failed(error.to_string()))?;
    if !remote::is_missing(&value, &request) {
        return Ok(request);
    }
    let sequence = claimed.lease.sequence;
    match remote::fetch_for_job(shared, sequence, &value, &request) {
        Fetched::Here(_) => match shared.store.request(sequence) {
            Ok(Some(request)) => Ok(request),
            Ok(None) => Err(End::Stopped(Stop::NotWanted)),
            Err(error) => Err(failed(error.to_string())),
        },
        Fetched::Failed(error) => Err(End::Outcome(Outcome::Failed(error))),
        Fetched::Closed => Err(End::Stopped(Stop::Shutdown)),
    }
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
        // A shortage is no fault of the job: it waits at its place, and no attempt is counted.
        // Three attempts in a row would be over in a millisecond, and with them the queue.
        End::NotStarted(error) => {
            tracing::warn!(error = error.message, "a job goes back to its place for now");
            Settling::Release(store.release(lease))
        }
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
