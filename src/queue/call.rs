//! Direct calls: a request is run while its caller waits, and nothing is stored.
//!
//! They have runners of their own, as many as there are workers, so that a long queue
//! does not hold up a caller and callers do not hold up the queue.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use crossbeam_channel::{Receiver, Sender};

use super::engine::Shared;
use super::error::EngineError;
use super::runner::{End, Runner, Stop};
use crate::base::limits;
use crate::job::Endpoint;
use crate::job::model::{JobError, Lease, Outcome};
use crate::job::request::RequestBody;
use crate::job::wire::JsonText;

/// Runs after which a call whose child died gives up. No other job suffers from a repeat,
/// but one that kills every child should not do it for ever.
const RUNS_MAX: u32 = 2;

/// The runners of direct calls.
pub(super) struct Calls {
    idle: Receiver<Runner>,
    give_back: Sender<Runner>,
    waiting: AtomicUsize,
    /// Running calls are told apart by negative numbers; jobs have positive ones.
    next: AtomicI64,
}

impl Calls {
    pub(super) fn new(runners: impl Iterator<Item = Runner>) -> Self {
        let (give_back, idle) = crossbeam_channel::unbounded();
        for runner in runners {
            // The receiver is right here.
            let _ = give_back.send(runner);
        }
        Self { idle, give_back, waiting: AtomicUsize::new(0), next: AtomicI64::new(-1) }
    }

    pub(super) fn run(
        &self,
        shared: &Shared,
        endpoint: Endpoint,
        request: &RequestBody,
    ) -> Result<JsonText, EngineError> {
        let mut runner = self.take()?;
        let may_run_ms = shared.job_deadline_ms.min(limits::DIRECT_CALL_DEADLINE_MS);
        let mut end = End::Stopped(Stop::Shutdown);
        for _ in 0..RUNS_MAX {
            let sequence = self.next.fetch_sub(1, Ordering::Relaxed);
            let lease = Lease { sequence, attempt: 1, token: 0 };
            let deadline = shared.clock.boot_ms().saturating_add(may_run_ms);
            let control = shared.running.add(lease, deadline);
            end = runner.run(endpoint, request, &control);
            shared.running.remove(lease);
            if !matches!(end, End::Lost(_)) {
                break;
            }
        }
        // Both ends of the channel are ours.
        let _ = self.give_back.send(runner);
        match end {
            End::Outcome(Outcome::Completed(body)) => Ok(body),
            End::Outcome(Outcome::Failed(error)) | End::Lost(error) => {
                Err(EngineError::Call(error))
            }
            End::NotStarted(error) => Err(EngineError::Busy(error.message)),
            End::Stopped(Stop::Deadline) => {
                let text = "the call ran longer than it may; submit it as a job";
                Err(EngineError::Call(JobError::new("deadline_exceeded", text)))
            }
            End::Stopped(_) => Err(EngineError::Busy("the server is stopping".to_owned())),
        }
    }

    fn take(&self) -> Result<Runner, EngineError> {
        if let Ok(runner) = self.idle.try_recv() {
            return Ok(runner);
        }
        let waiting = self.waiting.fetch_add(1, Ordering::Relaxed);
        let taken =
            if waiting < limits::DIRECT_CALLS_WAITING_MAX { self.idle.recv().ok() } else { None };
        self.waiting.fetch_sub(1, Ordering::Relaxed);
        taken.ok_or_else(|| {
            EngineError::Busy("too many direct calls are waiting; submit a job instead".to_owned())
        })
    }
}
