//! How records are laid out in columns.
//!
//! Owns the reading of a job row and the JSON texts inside columns. It must not know who
//! asked for a row.

use rusqlite::types::Type;
use rusqlite::{Row, Rows};

use crate::job::model::{Job, JobError, Metadata, Progress};
use crate::job::request::Slot;
use crate::job::{Endpoint, State};

/// Where one document of a request is, as an array.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub(super) enum SlotRow {
    /// One that was cut out: offset of its marker, head of the data URL, length in bytes,
    /// document number.
    Cut(usize, String, u64, i64),
    /// One that was fetched: the same, and the address.
    Fetched(usize, String, u64, i64, String),
}

impl SlotRow {
    /// The row of a slot whose document has this number.
    pub(super) fn of(slot: &Slot, document: i64) -> Self {
        let (offset, head, length) = (slot.offset, slot.head.clone(), slot.length);
        match slot.fetched_from.clone() {
            None => Self::Cut(offset, head, length, document),
            Some(address) => Self::Fetched(offset, head, length, document, address),
        }
    }

    /// The document's number.
    pub(super) fn document(&self) -> i64 {
        let (Self::Cut(_, _, _, document) | Self::Fetched(_, _, _, document, _)) = self;
        *document
    }

    /// The address the document was fetched from.
    pub(super) fn address(&self) -> Option<&str> {
        match self {
            Self::Cut(..) => None,
            Self::Fetched(.., address) => Some(address),
        }
    }
}

fn unreadable(
    column: usize,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
}

fn json<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<Option<T>> {
    let Some(text) = row.get_ref(column)?.as_str_or_null()? else { return Ok(None) };
    serde_json::from_str(text).map(Some).map_err(|error| unreadable(column, error))
}

/// Reads a JSON object.
pub(super) fn object(
    row: &Row<'_>,
    column: usize,
) -> rusqlite::Result<serde_json::Map<String, serde_json::Value>> {
    Ok(json(row, column)?.unwrap_or_default())
}

/// Reads a job from the columns of `job_columns!`.
pub(super) fn job(row: &Row<'_>) -> rusqlite::Result<Job> {
    let endpoint = row.get_ref(3)?.as_str()?;
    let state = row.get_ref(4)?.as_str()?;
    let done: Option<u32> = row.get(12)?;
    let total: Option<u32> = row.get(13)?;
    Ok(Job {
        sequence: row.get(0)?,
        id: row.get(1)?,
        organization: row.get(2)?,
        endpoint: Endpoint::from_path(endpoint).ok_or_else(|| unreadable(3, std::fmt::Error))?,
        state: State::from_name(state).ok_or_else(|| unreadable(4, std::fmt::Error))?,
        metadata: json::<Metadata>(row, 5)?.unwrap_or_default(),
        created_ms: row.get(6)?,
        started_ms: row.get(7)?,
        completed_ms: row.get(8)?,
        expires_ms: row.get(9)?,
        attempts: row.get(10)?,
        error: json::<JobError>(row, 11)?,
        progress: done.zip(total).map(|(done, total)| Progress { done, total }),
    })
}

/// Reads all jobs of a result.
pub(super) fn jobs(mut rows: Rows<'_>) -> rusqlite::Result<Vec<Job>> {
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(job(row)?);
    }
    Ok(found)
}

/// Reads the slots column of a request.
pub(super) fn slots(row: &Row<'_>, column: usize) -> rusqlite::Result<Vec<SlotRow>> {
    Ok(json(row, column)?.unwrap_or_default())
}

/// JSON text for a column. Strings, numbers and maps with string keys always have one.
pub(super) fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
