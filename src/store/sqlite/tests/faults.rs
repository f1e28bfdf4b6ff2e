//! When the disk is full or fails, and when an operation does.

use crossbeam_channel::{Receiver, Sender};

use super::open;
use crate::job::State;
use crate::job::model::Outcome;
use crate::job::request::{Chunk, RequestBody};
use crate::store::conformance::{US, new_job};
use crate::store::sqlite::{SqliteStore, life};
use crate::store::{Change, Counts, Inserted, NewJob, Pending, Store as _, StoreError};

fn queue(store: &SqliteStore, number: usize) -> Pending<Inserted> {
    store.insert(new_job(store, number))
}

fn listen(store: &SqliteStore) -> Receiver<Vec<Change>> {
    let (sender, told) = crossbeam_channel::unbounded();
    store.on_change(Box::new(move |changes| sender.send(changes.to_vec()).unwrap()));
    told
}

/// Holds the writer inside a commit until the sender is dropped, so that what is asked
/// meanwhile shares the next one.
fn hold(store: &SqliteStore) -> Sender<()> {
    let (release, held) = crossbeam_channel::bounded::<()>(0);
    let (inside, is_inside) = crossbeam_channel::bounded(1);
    let _unanswered = store.submit(0, move |_| {
        inside.send(()).unwrap();
        let _ = held.recv();
        Ok(())
    });
    is_inside.recv().unwrap();
    release
}

/// Makes the disk as full as the file is now, or gives it room again.
fn limit_pages(store: &SqliteStore, full: bool) {
    let limit = store.submit(0, move |session| {
        let connection = &session.connection;
        let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0))?;
        let pages = if full { pages } else { 1 << 30 };
        Ok(connection.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))?)
    });
    limit.wait().unwrap();
}

#[test]
fn what_was_rolled_back_tells_and_counts_nothing() {
    let (_folder, store) = open();
    let told = listen(&store);
    queue(&store, 1).wait().unwrap();
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
    assert_eq!(queue(&store, 2).wait(), Err(failure));
    assert!(told.try_recv().is_err());
    assert_eq!(store.counts(), Counts::from_pairs([(State::Queued, 1)]));
    assert_eq!(store.get(US, "job_000001").unwrap().unwrap().state, State::Queued);
    assert_eq!(store.get(US, "job_000002").unwrap(), None);

    queue(&store, 2).wait().unwrap();
    assert_eq!(told.try_recv().unwrap()[0].id, "job_000002");
}

#[test]
fn a_full_disk_refuses_what_does_not_fit_and_is_over_when_there_is_room() {
    let (_folder, store) = open();
    queue(&store, 1).wait().unwrap();
    let lease = store.claim().wait().unwrap().lease;
    let told = listen(&store);
    limit_pages(&store, true);
    let large = |number| NewJob {
        request: RequestBody::from_text(&format!("\"{}\"", "x".repeat(100_000))),
        ..new_job(&store, number)
    };
    let document = store.new_document();
    let chunk = Chunk { is_text: false, bytes: vec![7; 200_000] };

    let release = hold(&store);
    let refused: Vec<_> = (2..10).map(|number| store.insert(large(number))).collect();
    let beat = store.heartbeat(lease, None);
    let put = store.put_chunk(document, 0, chunk.clone());
    drop(release);
    for pending in refused {
        assert_eq!(pending.wait(), Err(StoreError::DiskFull));
    }
    assert_eq!(put.wait(), Err(StoreError::DiskFull));
    assert_eq!(beat.wait(), Ok(true), "what needs no room goes on");
    assert_eq!(store.counts(), Counts::from_pairs([(State::InProgress, 1)]));
    assert!(told.try_recv().is_err());
    assert_eq!(store.get(US, "job_000002").unwrap(), None);
    assert_eq!(store.health().read_only, None);

    limit_pages(&store, false);
    store.insert(large(2)).wait().unwrap();
    store.put_chunk(document, 0, chunk).wait().unwrap();
    let outcome = Outcome::Completed("{}".to_owned());
    store.finish(lease, outcome, None).wait().unwrap();
    let counts = Counts::from_pairs([(State::Queued, 1), (State::Completed, 1)]);
    assert_eq!(store.counts(), counts);
}

#[test]
fn a_failure_that_ends_the_transaction_takes_no_other_operation_with_it() {
    let (_folder, store) = open();
    queue(&store, 1).wait().unwrap();
    let told = listen(&store);
    let release = hold(&store);
    let before = queue(&store, 2);
    // As SQLite does on its own after some errors.
    let ends = store.submit(0, |session| {
        session.connection.execute_batch("ROLLBACK")?;
        Err::<(), _>(StoreError::DiskFull.into())
    });
    let after = queue(&store, 3);
    drop(release);
    assert!(matches!(before.wait(), Ok(Inserted::New(_))));
    assert_eq!(ends.wait(), Err(StoreError::DiskFull));
    assert!(matches!(after.wait(), Ok(Inserted::New(_))));
    assert_eq!(told.try_iter().flatten().count(), 2);
    assert_eq!(store.counts(), Counts::from_pairs([(State::Queued, 3)]));
}

/// Once a claim that had found its job in a commit that failed was answered `Closed`, and
/// its worker ended for good.
#[test]
fn a_claim_in_a_commit_that_fails_waits_on_at_its_place() {
    let (_folder, store) = open();
    let (first, second) = (store.claim(), store.claim());
    let failure = StoreError::NotStored("a test".to_owned());
    *store.gauges.next_commit.lock().unwrap() = Some(failure.clone());
    assert_eq!(queue(&store, 1).wait(), Err(failure));
    queue(&store, 2).wait().unwrap();
    queue(&store, 3).wait().unwrap();
    assert_eq!(first.wait().unwrap().job.id, "job_000002");
    assert_eq!(second.wait().unwrap().job.id, "job_000003");
}

#[test]
fn a_commit_of_unknown_outcome_ends_all_writing_and_no_reading() {
    let (folder, store) = open();
    queue(&store, 1).wait().unwrap();
    let lease = store.claim().wait().unwrap().lease;
    let parked = store.claim();
    let told = listen(&store);
    let unknown = StoreError::OutcomeUnknown("disk I/O error".to_owned());
    *store.gauges.next_commit.lock().unwrap() = Some(unknown.clone());
    assert_eq!(queue(&store, 2).wait(), Err(unknown));

    let read_only = StoreError::ReadOnly("disk I/O error".to_owned());
    assert_eq!(parked.wait(), Err(read_only.clone()));
    assert_eq!(store.claim().wait(), Err(read_only.clone()));
    assert_eq!(queue(&store, 3).wait(), Err(read_only.clone()));
    assert_eq!(store.heartbeat(lease, None).wait(), Err(read_only.clone()));
    assert_eq!(store.sweep().wait(), Err(read_only.clone()));
    let text = read_only.to_string();
    assert!(text.contains("disk I/O error") && text.contains("restart"), "{text}");
    assert_eq!(store.health().read_only.as_deref(), Some("disk I/O error"));
    assert!(told.try_recv().is_err());
    let running = store.get(US, "job_000001").unwrap().unwrap();
    assert_eq!(running.state, State::InProgress);

    // The log may hold what the file does not; it is left to the next start.
    let path = store.path().to_owned();
    drop(store);
    let log = folder.path().join("docspool.db-wal");
    assert!(log.metadata().unwrap().len() > 0);
    let store = SqliteStore::open(&super::config_of(&path)).unwrap();
    assert_eq!(store.get(US, "job_000001").unwrap().unwrap().state, State::Queued);
    assert_eq!(store.get(US, "job_000002").unwrap(), None);
    queue(&store, 2).wait().unwrap();
    drop(store);
    assert!(!log.exists(), "a store that was closed is one file");
}
