//! A look at a data file from outside, also while a server has it: who holds it, which
//! version it has, and whether it is whole. Changes nothing.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::checksum::Summed;
use super::error::{in_open, in_read};
use super::lock;
use super::migrate::{APPLICATION_ID, LADDER};
use super::sql;
use crate::store::StoreError;

/// Faults that are named at most.
const FAULTS_MAX: u32 = 5;

/// What a data file looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// Its version.
    pub version: i32,
    /// The version that this program writes; it reads older ones and refuses newer ones.
    pub version_known: i32,
    /// Bytes of the file.
    pub bytes: u64,
    /// Bytes of its log.
    pub log_bytes: u64,
    /// What is wrong inside; empty when it is whole.
    pub faults: Vec<String>,
}

/// Who has a data file, by the text it left: its pid, and its address if it serves one.
/// `None` when nobody has it.
///
/// # Errors
/// When the lock file cannot be looked at.
pub fn holder(path: &Path) -> std::io::Result<Option<String>> {
    lock::holder(path)
}

/// Looks at the data file at `path`; reads all of it once. `None` when there is none.
///
/// # Errors
/// [`StoreError::Corrupt`] when it is no data file of ours, else why it cannot be read.
pub fn inspect(path: &Path) -> Result<Option<Inspection>, StoreError> {
    let bytes = match std::fs::metadata(path) {
        Ok(found) => found.len(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StoreError::Read(error.to_string())),
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|error| in_open(&error))?;
    let pragma = |name| {
        let read = connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
        read.map_err(|error| in_open(&error))
    };
    let application = pragma("application_id")?;
    if application != APPLICATION_ID {
        return Err(StoreError::Corrupt(format!(
            "it is a SQLite database of another program (application id {application:#x})"
        )));
    }
    let version = pragma("user_version")?;
    let mut faults = Vec::new();
    connection
        .pragma(None, "quick_check", FAULTS_MAX, |row| {
            faults.push(row.get::<_, String>(0)?);
            Ok(())
        })
        .map_err(|error| in_read(&error))?;
    faults.retain(|fault| fault != "ok");
    // Tables of another version may have other columns.
    if faults.is_empty() && version == LADDER.version {
        faults = unlike_their_checksums(&connection)?;
    }
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let log_bytes = std::fs::metadata(log).map_or(0, |found| found.len());
    Ok(Some(Inspection { version, version_known: LADDER.version, bytes, log_bytes, faults }))
}

/// What SQLite finds in order and is not as it was stored.
fn unlike_their_checksums(connection: &Connection) -> Result<Vec<String>, StoreError> {
    let mut faults = Vec::new();
    for (kind, sql) in [
        (Summed::Request, sql::ALL_REQUESTS),
        (Summed::Slots, sql::ALL_SLOTS),
        (Summed::Response, sql::ALL_RESPONSES),
        (Summed::Chunk, sql::ALL_CHUNKS),
        (Summed::Attachment, sql::ALL_ATTACHMENTS),
    ] {
        let mut look = || {
            let mut statement = connection.prepare(sql)?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let (key, stored): (i64, Option<i64>) = (row.get(0)?, row.get(1)?);
                let (before, bytes) = (row.get_ref(2)?.as_bytes()?, row.get_ref(3)?.as_bytes()?);
                if let Err(fault) = kind.verify(stored, key, &[before, bytes])
                    && faults.len() < FAULTS_MAX as usize
                {
                    faults.push(format!("{fault} (row {key})"));
                }
            }
            Ok(())
        };
        look().map_err(|error: rusqlite::Error| in_read(&error))?;
    }
    Ok(faults)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use std::sync::Arc;

    use super::*;
    use crate::base::clock::SystemClock;
    use crate::store::sqlite::{SqliteStore, StoreConfig};

    #[test]
    fn a_file_is_looked_at_beside_its_process_and_after_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jobs.db");
        assert_eq!(inspect(&path), Ok(None));
        assert_eq!(holder(&path).unwrap(), None);
        let store = SqliteStore::open(&StoreConfig::new(&path, Arc::new(SystemClock))).unwrap();
        assert_eq!(holder(&path).unwrap(), Some(format!("pid {}", std::process::id())));
        let found = inspect(&path).unwrap().unwrap();
        assert_eq!((found.version, found.faults), (found.version_known, Vec::new()));
        drop(store);
        assert_eq!(holder(&path).unwrap(), None);
        assert!(inspect(&path).unwrap().unwrap().bytes > 0);
    }

    #[test]
    fn damage_and_strangers_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jobs.db");
        drop(SqliteStore::open(&StoreConfig::new(&path, Arc::new(SystemClock))).unwrap());
        let mut bytes = std::fs::read(&path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle..].fill(0xA5);
        std::fs::write(&path, &bytes).unwrap();
        let damaged = inspect(&path).map(|found| found.unwrap().faults);
        assert!(damaged.as_ref().map_or(true, |faults| !faults.is_empty()), "{damaged:?}");
        for bytes in [b"no database at all".as_slice(), b""] {
            std::fs::write(&path, bytes).unwrap();
            assert!(matches!(inspect(&path), Err(StoreError::Corrupt(_))), "{bytes:?}");
        }
    }
}
