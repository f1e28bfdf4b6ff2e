//! The conformance suite over SQLite, and what only this store does.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod batches;
mod damage;
mod faults;
mod opening;
mod plans;
mod power_cut;
mod space;

use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;

use super::{SqliteStore, StoreConfig};
use crate::base::clock::ManualClock;
use crate::store::Store;
use crate::store::conformance::{ATTEMPTS_MAX, Fixture, LEASE_MS, START_MS, suite};

fn config(folder: &TempDir, clock: &Arc<ManualClock>) -> StoreConfig {
    StoreConfig {
        lease_ms: LEASE_MS,
        attempts_max: ATTEMPTS_MAX,
        ..StoreConfig::new(folder.path().join("docspool.db"), clock.clone())
    }
}

fn config_of(path: &Path) -> StoreConfig {
    StoreConfig::new(path, Arc::new(ManualClock::new(START_MS)))
}

fn open() -> (TempDir, SqliteStore) {
    open_with(|config| config)
}

fn open_with(change: fn(StoreConfig) -> StoreConfig) -> (TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let config = config(&folder, &Arc::new(ManualClock::new(START_MS)));
    let store = SqliteStore::open(&change(config)).unwrap();
    (folder, store)
}

fn fresh() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(START_MS));
    let config = config(&folder, &clock);
    let open: Box<dyn Fn() -> Box<dyn Store>> = Box::new(move || {
        // The folder lives as long as this does.
        let _ = &folder;
        Box::new(SqliteStore::open(&config).unwrap())
    });
    Fixture { store: open(), clock, open, fresh }
}

suite!(super::fresh);
