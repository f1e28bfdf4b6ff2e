//! How SQLite carries out each statement.

use rusqlite::Connection;

use super::open;
use crate::store::sqlite::sql;

/// Statements by their names.
macro_rules! statements {
    ($($name:ident),* $(,)?) => { &[$((stringify!($name), sql::$name)),*] };
}

/// What looks for rows.
const PLANNED: &[(&str, &str)] = statements![
    KEPT,
    KEEP,
    NEWEST_CREATED,
    ANY_QUEUED,
    INSERT_JOB,
    INSERT_LABEL,
    INSERT_REQUEST,
    ATTACH,
    IS_WANTED,
    JOB_OF_KEY,
    INSERT_CHUNK,
    CHUNK,
    LAST_CHUNK,
    LAST_LOOSE,
    INSERT_LOOSE,
    IS_ARRIVING,
    BIND,
    DOOM_ARRIVING,
    DOOM_BOUND,
    DOOM_ALL,
    NEXT_DOOMED,
    DELETE_CHUNKS,
    DELETE_LOOSE,
    VALIDATED,
    REFUSED,
    CLAIM,
    HEARTBEAT,
    COMPLETE,
    INSERT_RESPONSE,
    FAIL,
    GIVE_BACK,
    REQUEUE,
    STANDING,
    CANCEL,
    HAS_REQUEST,
    RETRY,
    LEASES_OUT,
    EXPIRY_DUE,
    EXPIRE,
    DELETE_REQUEST,
    DELETE_RESPONSE,
    JOB,
    JOB_AT,
    SEQUENCE,
    ID_AT,
    NAMES_ASCENDING,
    NAMES_DESCENDING,
    CREATED_FROM,
    LAST_SEQUENCE,
    LABEL_ASCENDING,
    LABEL_DESCENDING,
    STATE_ASCENDING,
    STATE_DESCENDING,
    VALIDATING,
    REQUEST,
    RESPONSE,
    RUNNING,
    INSERT_RESOURCE,
    REPLACE_RESOURCE,
    DELETE_RESOURCE,
    RESOURCE,
    RESOURCES,
    INSERT_ATTACHMENT,
    ATTACHMENT,
    DELETE_ATTACHMENT,
    HAS_TABLES,
    ALL_REQUESTS,
    ALL_SLOTS,
    ALL_RESPONSES,
    ALL_CHUNKS,
    ALL_ATTACHMENTS,
];

/// What does not.
const UNPLANNED: &[(&str, &str)] = statements![
    BEGIN,
    COMMIT,
    ROLLBACK,
    CHECKPOINT,
    CHECKPOINT_TRUNCATE,
    VACUUM_STEP,
    COPY_INTO,
    NEW_FILE,
    WRITER_SETTINGS,
    READER_SETTINGS,
    FREE_PAGES,
];

/// The scans there may be. The first ones stop at their first row or their `LIMIT`; the next
/// three go over what ran when the last process ended, what was arriving, and the schema. Those
/// of the doctor go over everything.
const SCANS: &[(&str, &str)] = &[
    ("NEWEST_CREATED", "SCAN jobs"),
    ("LAST_SEQUENCE", "SCAN jobs"),
    ("LAST_CHUNK", "SCAN chunks"),
    ("LAST_LOOSE", "SCAN loose_documents"),
    ("ANY_QUEUED", "SCAN jobs USING COVERING INDEX jobs_queued"),
    ("CLAIM", "SCAN jobs USING COVERING INDEX jobs_queued"),
    ("NEXT_DOOMED", "SCAN loose_documents USING COVERING INDEX loose_documents_doomed"),
    ("RUNNING", "SCAN jobs USING INDEX jobs_running"),
    ("DOOM_ALL", "SCAN loose_documents"),
    ("HAS_TABLES", "SCAN sqlite_schema"),
    ("ALL_REQUESTS", "SCAN requests"),
    ("ALL_SLOTS", "SCAN requests"),
    ("ALL_RESPONSES", "SCAN responses"),
    ("ALL_CHUNKS", "SCAN chunks"),
    ("ALL_ATTACHMENTS", "SCAN attachments"),
];

fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let mut rows = statement.raw_query();
    let mut details = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        details.push(row.get(3).unwrap());
    }
    details
}

#[test]
fn no_statement_scans_a_table_or_sorts() {
    let (_folder, store) = open();
    let reader = store.reader().unwrap();
    let mut scans = Vec::new();
    for (name, sql) in PLANNED {
        for detail in plan(&reader, sql) {
            assert!(!detail.contains("TEMP B-TREE"), "{name} sorts: {detail}");
            assert!(!detail.contains("AUTOMATIC"), "{name} makes an index: {detail}");
            if detail.starts_with("SCAN") {
                scans.push((*name, detail));
            }
        }
    }
    scans.sort();
    let mut expected: Vec<_> =
        SCANS.iter().map(|(name, detail)| (*name, (*detail).to_owned())).collect();
    expected.sort();
    assert_eq!(scans, expected);
}

#[test]
fn no_statement_is_forgotten_here() {
    let source = include_str!("../sql.rs");
    let mut names: Vec<&str> = source
        .lines()
        .filter_map(|line| line.strip_prefix("pub(super) const ")?.split_once(':'))
        .map(|(name, _)| name)
        .collect();
    names.sort_unstable();
    let mut here: Vec<&str> = PLANNED.iter().chain(UNPLANNED).map(|(name, _)| *name).collect();
    here.sort_unstable();
    assert_eq!(here, names);
}
