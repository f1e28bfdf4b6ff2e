//! What runs now, and the thread that looks after time: deadlines, heartbeats, expiry,
//! leases that ran out.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError};

use super::engine::Shared;
use super::runner::{Control, Stop};
use crate::base::limits;
use crate::job::State;
use crate::job::model::{Job, Lease};

/// How often deadlines are looked at.
const TICK: Duration = Duration::from_millis(250);

/// Stops that came before their task was known, at most; older ones are forgotten, and
/// the next heartbeat finds out.
const EARLY_STOPS_MAX: usize = 4096;

/// The tasks that run now.
#[derive(Debug, Default)]
pub(super) struct Running {
    state: Mutex<RunningState>,
    emptied: Condvar,
}

#[derive(Debug, Default)]
struct RunningState {
    tasks: HashMap<i64, (Lease, Arc<Control>)>,
    /// Leases that were ended after their claim was stored and before its worker said so.
    stopped_early: HashSet<Lease>,
    is_closing: bool,
}

impl Running {
    pub(super) fn add(&self, lease: Lease, deadline_boot_ms: i64) -> Arc<Control> {
        let control = Control::new(deadline_boot_ms);
        let mut state = self.lock();
        state.tasks.insert(lease.sequence, (lease, Arc::clone(&control)));
        if state.stopped_early.remove(&lease) {
            control.stop(Stop::NotWanted);
        } else if state.is_closing {
            control.stop(Stop::Shutdown);
        }
        control
    }

    pub(super) fn remove(&self, lease: Lease) {
        let mut state = self.lock();
        if state.tasks.get(&lease.sequence).is_some_and(|(held, _)| *held == lease) {
            state.tasks.remove(&lease.sequence);
        }
        if state.tasks.is_empty() {
            self.emptied.notify_all();
        }
    }

    /// Stops the task of a lease, also one whose worker has yet to begin.
    pub(super) fn stop(&self, lease: Lease, reason: Stop) {
        let mut state = self.lock();
        let control = match state.tasks.get(&lease.sequence) {
            Some((held, control)) if *held == lease => Arc::clone(control),
            _ => {
                if state.stopped_early.len() >= EARLY_STOPS_MAX {
                    state.stopped_early.clear();
                }
                state.stopped_early.insert(lease);
                return;
            }
        };
        drop(state);
        control.stop(reason);
    }

    /// The job with the progress its worker has told.
    pub(super) fn with_progress(&self, mut job: Job) -> Job {
        if job.state == State::InProgress
            && let Some((_, control)) = self.lock().tasks.get(&job.sequence)
        {
            job.progress = control.progress().or(job.progress);
        }
        job
    }

    /// Waits until nothing runs, for `grace`; then stops what still does, and what begins.
    pub(super) fn drain(&self, grace: Duration) {
        let guard = self.lock();
        let is_busy = |state: &mut RunningState| !state.tasks.is_empty();
        let waited = self.emptied.wait_timeout_while(guard, grace, is_busy);
        let mut state = match waited {
            Ok((state, _)) => state,
            Err(poisoned) => poisoned.into_inner().0,
        };
        state.is_closing = true;
        let tasks: Vec<_> = state.tasks.values().map(|(_, control)| Arc::clone(control)).collect();
        drop(state);
        tasks.iter().for_each(|control| control.stop(Stop::Shutdown));
    }

    fn snapshot(&self) -> Vec<(Lease, Arc<Control>)> {
        self.lock().tasks.values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, RunningState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks after time until the engine ends.
pub(super) fn keep(shared: &Shared, ended: &Receiver<()>, sweep_every: Duration) {
    let (mut since_sweep, mut since_heartbeat) = (Duration::ZERO, Duration::ZERO);
    let heartbeat_every = Duration::from_millis(limits::HEARTBEAT_MS);
    let tick = TICK.min(sweep_every);
    while ended.recv_timeout(tick) == Err(RecvTimeoutError::Timeout) {
        since_sweep += tick;
        since_heartbeat += tick;
        let tasks = shared.running.snapshot();
        let now_ms = shared.clock.boot_ms();
        for (_, control) in tasks.iter().filter(|(_, control)| now_ms >= control.deadline_boot_ms) {
            control.stop(Stop::Deadline);
        }
        if since_heartbeat >= heartbeat_every {
            since_heartbeat = Duration::ZERO;
            beat(shared, &tasks);
        }
        if since_sweep >= sweep_every {
            since_sweep = Duration::ZERO;
            sweep(shared);
        }
    }
}

/// Renews the leases of what runs. All heartbeats are handed over before the first
/// answer is awaited, so that they share a commit.
fn beat(shared: &Shared, tasks: &[(Lease, Arc<Control>)]) {
    let sent: Vec<_> = tasks
        .iter()
        // Direct calls have negative numbers and no lease in the store.
        .filter(|(lease, _)| lease.sequence > 0)
        .map(|(lease, control)| (control, shared.store.heartbeat(*lease, control.progress())))
        .collect();
    for (control, pending) in sent {
        if pending.wait() == Ok(false) {
            control.stop(Stop::NotWanted);
        }
    }
}

fn sweep(shared: &Shared) {
    loop {
        match shared.store.sweep().wait() {
            Ok(swept) => {
                swept.ended.iter().for_each(|lease| shared.running.stop(*lease, Stop::NotWanted));
                if !swept.more {
                    return;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "housekeeping failed; it is tried again");
                return;
            }
        }
    }
}
