//! What the gate counts.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::refusal::Refusal;

/// Counters of one server since its start.
#[derive(Debug, Default)]
pub(crate) struct Stats {
    pub(crate) connections: AtomicU64,
    pub(crate) requests: AtomicU64,
    pub(crate) links_broken: AtomicU64,
    pub(crate) accept_errors: AtomicU64,
    refused: Mutex<BTreeMap<&'static str, u64>>,
}

impl Stats {
    /// Counts one more.
    pub(crate) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a refusal under its code.
    pub(crate) fn refused(&self, refusal: Refusal) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        *refused.entry(refusal.code()).or_default() += 1;
    }

    /// Refusals by code.
    pub(crate) fn refused_by_code(&self) -> BTreeMap<&'static str, u64> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
