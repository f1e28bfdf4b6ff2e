//! Opening a data file: who may, which ones, and what is made of them.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use tempfile::TempDir;

use super::{config, config_of, open};
use crate::base::clock::ManualClock;
use crate::job::model::Outcome;
use crate::store::conformance::{START_MS, US, new_job};
use crate::store::sqlite::connect;
use crate::store::sqlite::inspect::inspect;
use crate::store::sqlite::migrate::{LADDER, Ladder, Step};
use crate::store::sqlite::{SqliteStore, StoreConfig};
use crate::store::{Store as _, StoreError};

fn corrupt(opened: Result<SqliteStore, StoreError>) -> String {
    match opened {
        Err(StoreError::Corrupt(why)) => why,
        other => panic!("not refused as unusable: {other:?}"),
    }
}

#[test]
fn a_second_process_is_told_who_has_the_file() {
    let (folder, store) = open();
    let path = store.path().to_owned();
    let holder = |opened| match opened {
        Err(StoreError::Locked { holder }) => holder,
        other => panic!("not refused as locked: {other:?}"),
    };
    let pid = std::process::id();
    assert_eq!(holder(SqliteStore::open(&config_of(&path))), format!("pid {pid}"));
    store.announce("http://127.0.0.1:8787");
    let link = folder.path().join("link.db");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    for path in [&path, &link] {
        let holder = holder(SqliteStore::open(&config_of(path)));
        assert_eq!(holder, format!("pid {pid}, http://127.0.0.1:8787"));
    }
    drop(store);
    SqliteStore::open(&config_of(&link)).unwrap();
}

#[test]
fn what_it_makes_only_its_owner_may_read() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("made/by/us");
    let store = SqliteStore::open(&config_of(&data.join("jobs.db"))).unwrap();
    store.insert(new_job(&store, 1)).wait().unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    let mut names = Vec::new();
    for entry in data.read_dir().unwrap() {
        let entry = entry.unwrap();
        assert_eq!(mode(&entry.path()), 0o600, "{entry:?}");
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["jobs.db", "jobs.db-shm", "jobs.db-wal", "jobs.db.lock"]);
}

fn foreign(sql: &str) -> (TempDir, StoreConfig, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.db");
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    (folder, config_of(&path), bytes)
}

#[test]
fn a_newer_or_a_foreign_file_is_refused_and_left_as_it_is() {
    let newer = "PRAGMA application_id = 0x64737030; PRAGMA user_version = 3; \
                 CREATE TABLE later (x);";
    let cases = [
        (newer, "version 3, and this program knows versions up to 2"),
        ("CREATE TABLE theirs (x);", "another program"),
        ("PRAGMA user_version = 1;", "another program"),
        ("PRAGMA application_id = 7;", "another program"),
    ];
    for (sql, why) in cases {
        let (_folder, config, before) = foreign(sql);
        let refusal = corrupt(SqliteStore::open(&config));
        assert!(refusal.contains(why), "{refusal}");
        assert!(std::fs::read(&config.path).unwrap() == before, "{sql}");
    }
    let (_folder, config, _) = foreign("CREATE TABLE theirs (x);");
    std::fs::write(&config.path, "not a database, but long enough to have a header".repeat(9))
        .unwrap();
    assert!(corrupt(SqliteStore::open(&config)).contains("not a SQLite database"));
}

/// The ladder of a program that knows two versions more.
const LATER: Ladder = Ladder {
    version: 4,
    schema: "",
    steps: &[
        Step { to: 3, rewrites: false, sql: "ALTER TABLE kept ADD COLUMN more INTEGER;" },
        Step { to: 4, rewrites: true, sql: "UPDATE jobs SET filename = 'rewritten';" },
    ],
};

fn version(connection: &Connection) -> i32 {
    connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

#[test]
fn an_older_file_is_copied_before_a_step_that_rewrites_it() {
    let (folder, store) = open();
    store.insert(new_job(&store, 1)).wait().unwrap();
    let path = store.path().to_owned();
    drop(store);
    let connection = connect::writer(&path, None, &LATER).unwrap();
    assert_eq!(version(&connection), 4);
    let filename = |connection: &Connection| -> Option<String> {
        connection.query_row("SELECT filename FROM jobs", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(filename(&connection).as_deref(), Some("rewritten"));

    let copy = folder.path().join("backups/docspool-v3.db");
    assert_eq!(copy.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let copied = Connection::open(&copy).unwrap();
    assert_eq!((version(&copied), filename(&copied)), (3, None));
    let check: String = copied.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(check, "ok");
    // What is there already is not climbed again, and no second copy made.
    drop(connection);
    connect::writer(&path, None, &LATER).unwrap();
    assert_eq!(folder.path().join("backups").read_dir().unwrap().count(), 1);
}

#[test]
fn a_step_that_fails_leaves_the_file_at_its_version() {
    const BROKEN: Ladder = Ladder {
        version: 3,
        schema: "",
        steps: &[Step {
            to: 3,
            rewrites: true,
            sql: "UPDATE jobs SET filename = 'half'; UPDATE nothing SET x = 1;",
        }],
    };
    let (folder, store) = open();
    let job = new_job(&store, 1);
    store.insert(job.clone()).wait().unwrap();
    let config = config_of(store.path());
    drop(store);
    // Each try keeps its own copy.
    for copies in 1..=2 {
        let failed = connect::writer(&config.path, None, &BROKEN);
        assert!(matches!(failed, Err(StoreError::NotStored(_))), "{failed:?}");
        assert_eq!(folder.path().join("backups").read_dir().unwrap().count(), copies);
    }
    let store = SqliteStore::open(&config).unwrap();
    assert!(store.get(US, &job.id).unwrap().is_some());
}

/// Version 1 had no checksums, and pages of 16 KiB.
#[test]
fn a_file_of_version_1_keeps_its_jobs_and_takes_new_ones() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("docspool.db");
    let old = Connection::open(&path).unwrap();
    old.execute_batch("PRAGMA page_size = 16384; PRAGMA auto_vacuum = INCREMENTAL;").unwrap();
    old.execute_batch(include_str!("schema_1.sql")).unwrap();
    old.execute_batch(&format!(
        "INSERT INTO jobs (id, organization, endpoint, state, queue_position, created_ms,
             started_ms, completed_ms, expires_ms, attempts)
         VALUES ('job_1', '{US}', '/v1/documents/parse', 'completed', 1, 5, 6, 7, 1 << 60, 1);
         INSERT INTO requests VALUES (1, '{{\"document\":\"#document/0\"}}', '[[13,\"data:,\",3,9]]');
         INSERT INTO responses VALUES (1, '{{\"pages\":[]}}');
         INSERT INTO chunks VALUES (9 * 65536, 0, x'616263');
         UPDATE kept SET completed = 1, queue_position = 2;"
    ))
    .unwrap();
    drop(old);
    assert_eq!(inspect(&path).unwrap().unwrap().faults, [""; 0]);
    let store = SqliteStore::open(&config_of(&path)).unwrap();
    assert_eq!(version(&store.reader().unwrap()), LADDER.version);
    let job = store.get(US, "job_1").unwrap().unwrap();
    let response = store.response(job.sequence).unwrap().unwrap();
    assert_eq!(response.to_string(), r#"{"pages":[]}"#);
    assert_eq!(store.request(job.sequence).unwrap().unwrap().slots.len(), 1);
    assert_eq!(store.chunk(9, 0).unwrap().unwrap().bytes, b"abc");
    store.insert(new_job(&store, 2)).wait().unwrap();
    let claimed = store.claim().wait().unwrap();
    store.finish(claimed.lease, Outcome::Completed("{}".to_owned()), None).wait().unwrap();
    assert!(store.response(claimed.lease.sequence).unwrap().is_some());
    drop(store);
    assert_eq!(inspect(&path).unwrap().unwrap().faults, [""; 0]);
}

#[test]
fn the_schema_of_a_new_file_has_the_version_of_the_ladder() {
    let (_folder, store) = open();
    assert_eq!(version(&store.reader().unwrap()), LADDER.version);
    let reached: Vec<i32> = std::iter::once(1).chain(LADDER.steps.iter().map(|s| s.to)).collect();
    assert_eq!(reached, (1..=LADDER.version).collect::<Vec<_>>(), "one step for each version");
}

#[test]
fn a_file_on_the_way_to_its_first_schema_is_finished() {
    // A process that dies right after the lock leaves an empty file.
    let folder = tempfile::tempdir().unwrap();
    let config = config(&folder, &Arc::new(ManualClock::new(START_MS)));
    std::fs::write(&config.path, "").unwrap();
    let store = SqliteStore::open(&config).unwrap();
    store.insert(new_job(&store, 1)).wait().unwrap();
}
