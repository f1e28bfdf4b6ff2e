//! The conformance suite over SQLite, and what only this store does.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use std::sync::Arc;

use super::{SqliteStore, StoreConfig};
use crate::base::clock::ManualClock;
use crate::store::conformance::{ATTEMPTS_MAX, Fixture, LEASE_MS, START_MS, suite};

fn fresh() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(START_MS));
    let config = StoreConfig {
        lease_ms: LEASE_MS,
        attempts_max: ATTEMPTS_MAX,
        ..StoreConfig::new(folder.path().join("docspool.db"), clock.clone())
    };
    let store = Box::new(SqliteStore::open(&config).unwrap());
    Fixture { store, clock, _keep: Box::new(folder) }
}

suite!(super::fresh);
