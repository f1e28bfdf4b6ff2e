//! Telling others that a job changed.
//!
//! Owns a bounded fan-out: subscribers that do not keep up miss events and are told so
//! by a gap, never the other way round; the engine does not wait for anybody.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError};

use crate::store::Change;

/// Events a subscriber may be behind.
const SUBSCRIBER_EVENTS_MAX: usize = 1024;

/// The fan-out.
#[derive(Debug, Default)]
pub(super) struct Events {
    state: Mutex<Listeners>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Listeners {
    subscribers: Vec<Sender<Change>>,
    /// Threads that wait for one job, and how many of its events they have not seen.
    waiting: HashMap<String, (usize, u64)>,
    /// Nobody waits any longer: the engine is about to end.
    is_closed: bool,
}

impl Events {
    /// A channel of all events from now on. When more than the bound wait unread, later
    /// ones are dropped for this subscriber.
    pub(super) fn subscribe(&self) -> Receiver<Change> {
        let (sender, receiver) = crossbeam_channel::bounded(SUBSCRIBER_EVENTS_MAX);
        self.lock().subscribers.push(sender);
        receiver
    }

    /// Passes on what the store tells, in its order.
    pub(super) fn publish(&self, changes: &[Change]) {
        let mut listeners = self.lock();
        let mut awaited = false;
        for change in changes {
            listeners.subscribers.retain(|sender| {
                !matches!(sender.try_send(change.clone()), Err(TrySendError::Disconnected(_)))
            });
            if let Some((_, seen)) = listeners.waiting.get_mut(&change.id) {
                *seen += 1;
                awaited = true;
            }
        }
        drop(listeners);
        if awaited {
            self.changed.notify_all();
        }
    }

    /// Waits for the job's next events until `check` gives an answer or time is up. The
    /// waiter is registered before the first check, so no change in between is missed.
    pub(super) fn wait_for<T>(
        &self,
        id: &str,
        timeout: Duration,
        mut check: impl FnMut() -> Option<T>,
    ) -> Option<T> {
        let watch = Watch::new(self, id);
        let mut left = timeout;
        loop {
            let seen = watch.seen();
            if let Some(answer) = check() {
                return Some(answer);
            }
            if left.is_zero() || self.lock().is_closed {
                return None;
            }
            left = watch.next(seen, left);
        }
    }

    /// Ends every wait, now and later, with the state as it is.
    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Listeners> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Watch<'a> {
    events: &'a Events,
    id: &'a str,
}

impl<'a> Watch<'a> {
    fn new(events: &'a Events, id: &'a str) -> Self {
        events.lock().waiting.entry(id.to_owned()).or_default().0 += 1;
        Self { events, id }
    }

    fn seen(&self) -> u64 {
        self.events.lock().waiting.get(self.id).map_or(0, |(_, seen)| *seen)
    }

    /// Blocks until the job has had another event; returns the time left.
    fn next(&self, seen: u64, timeout: Duration) -> Duration {
        let started = crate::base::platform::boot_ms();
        let same = |listeners: &mut Listeners| {
            let waiting = listeners.waiting.get(self.id);
            !listeners.is_closed && waiting.is_some_and(|(_, now)| *now == seen)
        };
        let guard = self.events.lock();
        drop(self.events.changed.wait_timeout_while(guard, timeout, same));
        let spent = crate::base::platform::boot_ms().saturating_sub(started);
        timeout.saturating_sub(Duration::from_millis(u64::try_from(spent).unwrap_or(0).max(1)))
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        let mut listeners = self.events.lock();
        if let Some((count, _)) = listeners.waiting.get_mut(self.id) {
            *count -= 1;
            if *count == 0 {
                listeners.waiting.remove(self.id);
            }
        }
    }
}
