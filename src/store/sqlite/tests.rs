//! The conformance suite over SQLite, and what only this store does.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod opening;
mod plans;

use std::sync::Arc;

use tempfile::TempDir;

use super::{SqliteStore, StoreConfig, life};
use crate::base::clock::ManualClock;
use crate::job::State;
use crate::store::conformance::{ATTEMPTS_MAX, Fixture, LEASE_MS, START_MS, US, new_job, suite};
use crate::store::{Counts, Store, StoreError};

fn config(folder: &TempDir, clock: &Arc<ManualClock>) -> StoreConfig {
    StoreConfig {
        lease_ms: LEASE_MS,
        attempts_max: ATTEMPTS_MAX,
        ..StoreConfig::new(folder.path().join("docspool.db"), clock.clone())
    }
}

fn open() -> (TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let config = config(&folder, &Arc::new(ManualClock::new(START_MS)));
    let store = SqliteStore::open(&config).unwrap();
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

#[test]
fn what_was_rolled_back_tells_and_counts_nothing() {
    let (_folder, store) = open();
    let (sender, told) = crossbeam_channel::unbounded();
    store.on_change(Box::new(move |changes| sender.send(changes.to_vec()).unwrap()));
    let queue = |number| store.insert(new_job(&store, number));
    queue(1).wait().unwrap();
    told.try_recv().unwrap();

    // An operation that changes a job and then fails.
    let broken = store.submit(1, |session| {
        life::cancel(session, US, "job_000001")?;
        Err::<(), _>(StoreError::RequestGone.into())
    });
    assert_eq!(broken.wait(), Err(StoreError::RequestGone));
    // A commit that fails.
    let failure = StoreError::NotStored("a test".to_owned());
    *store.gauges.next_commit.lock().unwrap() = Some(failure.clone());
    assert_eq!(queue(2).wait(), Err(failure));
    assert!(told.try_recv().is_err());
    assert_eq!(store.counts(), Counts::from_pairs([(State::Queued, 1)]));
    assert_eq!(store.get(US, "job_000001").unwrap().unwrap().state, State::Queued);
    assert_eq!(store.get(US, "job_000002").unwrap(), None);

    queue(2).wait().unwrap();
    assert_eq!(told.try_recv().unwrap()[0].id, "job_000002");
}
