//! Opens connections and makes sure of what they are set to.

use std::path::{Path, PathBuf};

use r2d2_sqlite::SqliteConnectionManager;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::error::in_open;
use super::migrate::{self, Ladder};
use super::sql;
use crate::base::platform;
use crate::store::StoreError;

/// Reads through a pool of connections that cannot write.
pub(super) type Readers = r2d2::Pool<SqliteConnectionManager>;

/// Versions before this may corrupt a file in WAL mode (the WAL-reset race).
const SQLITE_VERSION_MIN: i32 = 3_051_003;

/// The real path of the data file, in a folder that exists and may hold it.
pub(super) fn prepare(path: &Path) -> Result<PathBuf, StoreError> {
    let failed = |error: std::io::Error| {
        StoreError::NotStored(format!("{} cannot be used: {error}", path.display()))
    };
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    platform::create_private_dir(folder).map_err(failed)?;
    let folder = folder.canonicalize().map_err(failed)?;
    if let Some(kind) = platform::network_file_system(&folder) {
        return Err(StoreError::Corrupt(format!(
            "{} is on a network file system ({kind}), where it would be damaged; \
             use a local disk",
            path.display()
        )));
    }
    // A link leads to the same lock as the file itself.
    match path.canonicalize() {
        Ok(real) => Ok(real),
        Err(_) => Ok(folder.join(path.file_name().unwrap_or_default())),
    }
}

/// Opens the writing connection, creating or upgrading the file. The lock must be held.
pub(super) fn writer(
    path: &Path,
    vfs: Option<&str>,
    ladder: &Ladder,
) -> Result<Connection, StoreError> {
    if rusqlite::version_number() < SQLITE_VERSION_MIN {
        return Err(StoreError::Corrupt(format!(
            "SQLite {} is linked, and 3.51.3 is needed",
            rusqlite::version()
        )));
    }
    refuse_emptied(path)?;
    // Created with its permissions first; SQLite's other files inherit them.
    let created = platform::open_private_file(path).and_then(|_| keep_names(path));
    created.map_err(|error| {
        StoreError::NotStored(format!("{} cannot be opened: {error}", path.display()))
    })?;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = match vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs),
        None => Connection::open_with_flags(path, flags),
    }
    .map_err(|error| in_open(&error))?;
    migrate::bring_up(&mut connection, path, ladder)?;
    connection.execute_batch(sql::WRITER_SETTINGS).map_err(|error| in_open(&error))?;
    connection.set_prepared_statement_cache_capacity(64);
    verify(&connection)?;
    Ok(connection)
}

/// Refuses a file that was emptied while its log was not: SQLite would take it for a new one
/// and throw the log away, which may hold the only copy of what was acknowledged.
fn refuse_emptied(path: &Path) -> Result<(), StoreError> {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let length = |path: &Path| std::fs::metadata(path).map_or(0, |found| found.len());
    if path.exists() && length(path) == 0 && length(Path::new(&log)) > 0 {
        return Err(StoreError::Corrupt(format!(
            "{} is empty, and its log is not: keep both, and restore an older copy",
            path.display()
        )));
    }
    Ok(())
}

/// Makes the names of the file and of its folder durable: a commit is worth nothing in a
/// file that nobody finds after the power failed.
fn keep_names(path: &Path) -> std::io::Result<()> {
    let mut folders = path.ancestors().skip(1);
    folders.next().map_or(Ok(()), platform::sync_directory)?;
    // The folder above may be one that we can pass through and not read.
    folders.next().map(platform::sync_directory);
    Ok(())
}

/// Reads back what the promise of durability rests on.
fn verify(connection: &Connection) -> Result<(), StoreError> {
    let wanted = [
        ("journal_mode", "wal".to_owned()),
        ("synchronous", "2".to_owned()),
        ("auto_vacuum", "2".to_owned()),
        ("trusted_schema", "0".to_owned()),
        ("cell_size_check", "1".to_owned()),
    ];
    for (name, wanted) in wanted {
        let read = connection.pragma_query_value(None, name, |row| {
            row.get_ref(0).map(|value| match value {
                rusqlite::types::ValueRef::Integer(number) => number.to_string(),
                other => other.as_str().unwrap_or_default().to_owned(),
            })
        });
        let found = read.map_err(|error| in_open(&error))?;
        if found != wanted {
            return Err(StoreError::Corrupt(format!(
                "SQLite would not set {name} to {wanted}; it is {found}"
            )));
        }
    }
    Ok(())
}

/// A pool of reading connections.
pub(super) fn readers(path: &Path, vfs: Option<&str>, count: u32) -> Result<Readers, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let manager = match vfs {
        Some(vfs) => SqliteConnectionManager::file(uri(path, vfs)),
        None => SqliteConnectionManager::file(path),
    };
    let manager = manager.with_flags(flags).with_init(|connection| {
        connection.set_prepared_statement_cache_capacity(32);
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        connection.execute_batch(sql::READER_SETTINGS)
    });
    r2d2::Pool::builder()
        .max_size(count.max(1))
        .min_idle(Some(1))
        .test_on_check_out(false)
        .build(manager)
        .map_err(|error| StoreError::Read(error.to_string()))
}

/// The path as a URI that names a virtual file system.
fn uri(path: &Path, vfs: &str) -> String {
    let mut uri = "file:".to_owned();
    for byte in path.to_string_lossy().bytes() {
        match byte {
            b'?' | b'#' | b'%' | 128.. => uri.push_str(&format!("%{byte:02x}")),
            _ => uri.push(char::from(byte)),
        }
    }
    uri.push_str("?vfs=");
    uri.push_str(vfs);
    uri
}
