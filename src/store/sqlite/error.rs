//! What SQLite's errors mean to those above.

use rusqlite::ErrorCode;
use rusqlite::types::FromSqlError;

use crate::store::StoreError;

/// Why an operation did not do what was asked.
#[derive(Debug)]
pub(super) enum Fault {
    /// A rule forbids it.
    Refusal(StoreError),
    /// SQLite failed in the middle.
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<FromSqlError> for Fault {
    fn from(error: FromSqlError) -> Self {
        Self::Sql(error.into())
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Refusal(error)
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refusal(refusal) => refusal,
            Fault::Sql(error) => not_stored(&error),
        }
    }
}

/// Whether the disk failed, rather than refused.
pub(super) fn is_io(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::SystemIoFailure)
}

/// The meaning of a failed write that certainly left nothing behind.
pub(super) fn not_stored(error: &rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => StoreError::DiskFull,
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            StoreError::Corrupt(error.to_string())
        }
        _ => StoreError::NotStored(error.to_string()),
    }
}

/// The meaning of a failed COMMIT: after an I/O error nobody knows what is on the disk.
pub(super) fn in_commit(error: &rusqlite::Error) -> StoreError {
    if is_io(error) { StoreError::OutcomeUnknown(error.to_string()) } else { not_stored(error) }
}

/// The meaning of a failed read.
pub(super) fn in_read(error: &rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            StoreError::Corrupt(error.to_string())
        }
        _ => StoreError::Read(error.to_string()),
    }
}

/// A failed open.
pub(super) fn in_open(error: &rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => {
            StoreError::Corrupt("it is not a SQLite database; give another path".to_owned())
        }
        _ => not_stored(error),
    }
}
