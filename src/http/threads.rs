//! The threads of a server: named, counted and joined.
//!
//! Owns their handles. It must not know what they do.

use std::io;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

/// Threads that were started and must end.
#[derive(Default)]
pub(crate) struct Threads {
    handles: Mutex<Vec<JoinHandle<()>>>,
    running: Arc<Running>,
}

#[derive(Default)]
struct Running {
    count: Mutex<usize>,
    changed: Condvar,
}

/// Counts a thread out when it ends, also by a panic.
struct Ending(Arc<Running>);

impl Drop for Ending {
    fn drop(&mut self) {
        let mut count = self.0.count.lock().unwrap_or_else(PoisonError::into_inner);
        *count = count.saturating_sub(1);
        self.0.changed.notify_all();
    }
}

impl Threads {
    /// Starts a thread of that name. A stack of `stack_bytes`, or the default.
    ///
    /// # Errors
    /// When the system refuses another thread.
    pub(crate) fn spawn(
        &self,
        name: &str,
        stack_bytes: Option<usize>,
        body: impl FnOnce() + Send + 'static,
    ) -> io::Result<()> {
        let mut builder = Builder::new().name(name.to_owned());
        if let Some(bytes) = stack_bytes {
            builder = builder.stack_size(bytes);
        }
        let mut handles = self.handles.lock().unwrap_or_else(PoisonError::into_inner);
        handles.retain(|handle| !handle.is_finished());
        *self.running.count.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        // Made here so that a thread that never starts is counted out as well.
        let ending = Ending(Arc::clone(&self.running));
        handles.push(builder.spawn(move || {
            let _ending = ending;
            body();
        })?);
        Ok(())
    }

    /// Waits until every thread has ended, at most `patience`, and joins those that have;
    /// returns how many have not.
    pub(crate) fn join_all(&self, patience: Duration) -> usize {
        let count = self.running.count.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.running.changed.wait_timeout_while(count, patience, |count| *count > 0);
        let left = *waited.unwrap_or_else(PoisonError::into_inner).0;
        let mut handles = self.handles.lock().unwrap_or_else(PoisonError::into_inner);
        for handle in std::mem::take(&mut *handles) {
            // When all have been counted out, none can keep a join waiting.
            if left == 0 || handle.is_finished() {
                // A panic has been reported where it happened.
                let _ = handle.join();
            } else {
                handles.push(handle);
            }
        }
        left
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn threads_are_joined_and_the_ones_that_stay_are_counted() {
        let threads = Threads::default();
        let (release, wait) = crossbeam_channel::bounded::<()>(0);
        threads.spawn("done", None, || {}).unwrap();
        threads.spawn("stuck", Some(128 * 1024), move || wait.recv().unwrap_or(())).unwrap();
        assert_eq!(threads.join_all(Duration::from_millis(20)), 1);
        drop(release);
        assert_eq!(threads.join_all(Duration::from_secs(20)), 0);
    }
}
