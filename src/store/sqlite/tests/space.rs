//! How much room the file and its log take.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use rusqlite::Row;
use tempfile::TempDir;

use super::open_with;
use crate::base::limits;
use crate::job::filter::{Filter, Order, PageRequest};
use crate::job::request::{Chunk, RequestBody, Slot, SlotContent, marker};
use crate::store::conformance::{US, new_job};
use crate::store::sqlite::{SqliteStore, StoreConfig};
use crate::store::{NewJob, Store as _};

/// A job with a document of that many bytes.
fn with_document(store: &SqliteStore, number: usize, length: usize) -> NewJob {
    let document = store.new_document();
    let pieces = length.div_ceil(limits::CHUNK_BYTES);
    let puts: Vec<_> = (0..u32::try_from(pieces).unwrap())
        .map(|ordinal| {
            let chunk = Chunk { is_text: false, bytes: vec![7; limits::CHUNK_BYTES] };
            store.put_chunk(document, ordinal, chunk)
        })
        .collect();
    puts.into_iter().for_each(|put| put.wait().unwrap());
    let slot = Slot {
        offset: 1,
        head: "data:;base64,".to_owned(),
        length: (pieces * limits::CHUNK_BYTES) as u64,
        first_bytes: vec![7; limits::DOCUMENT_HEAD_BYTES],
        content: SlotContent::Stored(document),
        fetched_from: None,
    };
    let request = RequestBody { json: format!("\"{}\"", marker(0)), slots: vec![slot] };
    NewJob { request, ..new_job(store, number) }
}

/// By how much the log of [`small`] is smaller than the usual one.
const SMALLER: u64 = 8;

/// A store whose limits are a fraction of the usual ones.
fn small() -> (TempDir, SqliteStore) {
    open_with(|config| StoreConfig {
        log_bytes: limits::WAL_BYTES / SMALLER,
        free_bytes_kept: limits::FREE_BYTES_KEPT / 16,
        ..config
    })
}

fn log_bytes(store: &SqliteStore) -> u64 {
    let mut log = store.path().as_os_str().to_owned();
    log.push("-wal");
    std::fs::metadata(log).map_or(0, |log| log.len())
}

#[test]
fn the_log_stays_bounded_under_steady_readers_and_64_submitters() {
    let (_folder, store) = small();
    let (store, done, longest) = (&store, &AtomicBool::new(false), &AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let page =
                    PageRequest { limit: 100, order: Order::Descending, after: None, before: None };
                while !done.load(Ordering::Relaxed) {
                    store.list(US, &Filter::default(), &page).unwrap();
                    longest.fetch_max(log_bytes(store), Ordering::Relaxed);
                }
            });
        }
        let submitters: Vec<_> = (0..64)
            .map(|submitter| {
                let submit = move || {
                    for n in 0..2 {
                        let number = submitter * 100 + n;
                        let new = with_document(store, number, limits::CHUNK_BYTES);
                        store.insert(new).wait().unwrap();
                    }
                };
                scope.spawn(submit)
            })
            .collect();
        submitters.into_iter().for_each(|submitter| submitter.join().unwrap());
        done.store(true, Ordering::Relaxed);
    });
    let written = 64 * 2 * limits::CHUNK_BYTES as u64;
    let bound = limits::WAL_BYTES_MAX / SMALLER;
    assert!(written > 4 * bound, "too little to prove anything");
    let longest = longest.load(Ordering::Relaxed);
    assert!(longest <= bound + limits::COMMIT_BYTES_MAX as u64, "{longest} bytes");
}

#[test]
fn the_log_is_cut_again_when_a_long_snapshot_ends() {
    let (_folder, store) = small();
    store.insert(new_job(&store, 1)).wait().unwrap();
    let reader = store.reader().unwrap();
    let snapshot = reader.unchecked_transaction().unwrap();
    let count = || {
        let mut statement = snapshot.prepare_cached("SELECT count(*) FROM jobs").unwrap();
        statement.query_row([], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(count(), 1);
    let length = 6 * 1024 * 1024;
    let new = with_document(&store, 2, length);
    store.insert(new).wait().unwrap();
    assert!(log_bytes(&store) > length as u64, "the snapshot keeps the log from being cut");
    assert_eq!(count(), 1);
    drop(snapshot);
    for number in 0..10_000 {
        store.insert(new_job(&store, 1_000 + number)).wait().unwrap();
        if log_bytes(&store) <= limits::WAL_BYTES / SMALLER {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    panic!("the log still has {} bytes", log_bytes(&store));
}

#[test]
fn the_room_of_expired_documents_is_used_again_and_given_back() {
    let (_folder, store) = small();
    let file_bytes = || std::fs::metadata(store.path()).unwrap().len();
    let length = 1024 * 1024;
    let mut sizes = Vec::new();
    for round in 0..4 {
        for number in 0..4 {
            let mut new = with_document(&store, round * 10 + number, length);
            new.expires_ms = store.now_ms();
            store.insert(new).wait().unwrap();
        }
        while store.sweep().wait().unwrap().more {}
        let left = store.submit(0, |session| {
            let row = |row: &Row<'_>| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?));
            let sql = "SELECT (SELECT count(*) FROM chunks), page_count FROM pragma_page_count";
            Ok(session.connection.query_row(sql, [], row)?)
        });
        let (chunks, pages) = left.wait().unwrap();
        assert_eq!(chunks, 0);
        sizes.push(pages);
    }
    assert!(sizes[3] <= sizes[0] + 8, "pages after each round: {sizes:?}");

    // More than is kept for new documents goes back to the file system.
    let kept = u64::try_from(limits::FREE_BYTES_KEPT).unwrap() / 16;
    for number in 0..4 {
        let mut new = with_document(&store, 100 + number, length * 4);
        new.expires_ms = store.now_ms();
        store.insert(new).wait().unwrap();
    }
    while store.sweep().wait().unwrap().more {}
    // Waits until the writer has moved everything from the log into the file.
    store.submit(0, |_| Ok(())).wait().unwrap();
    for _ in 0..100 {
        if file_bytes() <= kept + 1024 * 1024 {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("the file still has {} bytes", file_bytes());
}
