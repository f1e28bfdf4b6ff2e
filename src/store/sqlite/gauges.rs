//! Numbers and flags of the writer that other threads read.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{OnceLock, PoisonError, RwLock};

use super::kept::Kept;
use super::session::Session;
use crate::job::State;
use crate::store::{Counts, StoreError};

/// Shared between the writer, which sets them, and everybody who asks.
#[derive(Debug, Default)]
pub(super) struct Gauges {
    counts: RwLock<Counts>,
    commits: AtomicU64,
    operations: AtomicU64,
    late: AtomicU64,
    wal_bytes: AtomicU64,
    wal_held: AtomicBool,
    ticked_ms: AtomicI64,
    read_only: OnceLock<String>,
    #[cfg(test)]
    pub(super) next_commit: std::sync::Mutex<Option<StoreError>>,
}

impl Gauges {
    /// Notes a commit.
    pub(super) fn committed(&self, operations: usize, session: &Session) {
        self.commits.fetch_add(1, Ordering::Relaxed);
        self.operations.fetch_add(operations as u64, Ordering::Relaxed);
        self.late.store(session.late, Ordering::Relaxed);
        self.count(&session.kept);
    }

    /// Publishes the jobs by state.
    pub(super) fn count(&self, kept: &Kept) {
        let pairs = State::ALL.map(|state| (state, kept.count(state).max(0).unsigned_abs()));
        *self.counts.write().unwrap_or_else(PoisonError::into_inner) = Counts::from_pairs(pairs);
    }

    pub(super) fn counts(&self) -> Counts {
        *self.counts.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    pub(super) fn operations(&self) -> u64 {
        self.operations.load(Ordering::Relaxed)
    }

    pub(super) fn late(&self) -> u64 {
        self.late.load(Ordering::Relaxed)
    }

    pub(super) fn wal_bytes(&self) -> u64 {
        self.wal_bytes.load(Ordering::Relaxed)
    }

    pub(super) fn is_wal_held(&self) -> bool {
        self.wal_held.load(Ordering::Relaxed)
    }

    pub(super) fn set_wal_held(&self, is_held: bool) {
        self.wal_held.store(is_held, Ordering::Relaxed);
    }

    pub(super) fn set_wal_bytes(&self, bytes: u64) {
        self.wal_bytes.store(bytes, Ordering::Relaxed);
    }

    /// Notes that the writer is alive.
    pub(super) fn tick(&self, now_ms: i64) {
        self.ticked_ms.store(now_ms, Ordering::Relaxed);
    }

    pub(super) fn ticked_ms(&self) -> i64 {
        self.ticked_ms.load(Ordering::Relaxed)
    }

    /// Takes no more writes, for this reason.
    pub(super) fn latch(&self, why: &str) {
        tracing::error!(why, "the disk failed; no more writes are taken");
        // The first reason stays.
        let _ = self.read_only.set(why.to_owned());
    }

    pub(super) fn read_only(&self) -> Option<String> {
        self.read_only.get().cloned()
    }

    /// Where tests make the next commit fail.
    #[cfg(test)]
    pub(super) fn before_commit(&self) -> Result<(), StoreError> {
        let failure = self.next_commit.lock().unwrap_or_else(PoisonError::into_inner).take();
        failure.map_or(Ok(()), Err)
    }

    /// Where tests make the next commit fail.
    #[cfg(not(test))]
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "the test twin uses them")]
    pub(super) fn before_commit(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
