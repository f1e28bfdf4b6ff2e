//! How records are laid out in columns.
//!
//! Owns the reading of a job row and the JSON texts inside columns. It must not know who
//! asked for a row.

use rusqlite::types::Type;
use rusqlite::{Row, Rows};

use super::checksum::Summed;
use crate::job::model::{Job, JobError, Metadata, Progress};
use crate::job::request::Slot;
use crate::job::{Endpoint, State};
use crate::store::StoreError;

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

/// A request as it was found, not yet checked.
pub(super) struct StoredRequest {
    json: String,
    checksum: Option<i64>,
    slots: StoredSlots,
}

/// Reads a row of `sql::REQUEST`.
pub(super) fn stored_request(row: &Row<'_>) -> rusqlite::Result<StoredRequest> {
    Ok(StoredRequest { json: row.get(0)?, checksum: row.get(1)?, slots: stored_slots(row, 2)? })
}

impl StoredRequest {
    /// Its text and its slots, when they are as they were stored.
    pub(super) fn verified(self, sequence: i64) -> Result<(String, Vec<SlotRow>), StoreError> {
        Summed::Request.verify(self.checksum, sequence, &[self.json.as_bytes()])?;
        let slots = self.slots.verified(sequence)?;
        Ok((self.json, slots))
    }
}

/// Where the documents of a request are, not yet checked.
pub(super) struct StoredSlots {
    text: Option<String>,
    checksum: Option<i64>,
}

/// Reads the slots of a request and, in the next column, their checksum.
pub(super) fn stored_slots(row: &Row<'_>, column: usize) -> rusqlite::Result<StoredSlots> {
    Ok(StoredSlots { text: row.get(column)?, checksum: row.get(column + 1)? })
}

impl StoredSlots {
    /// The slots, when they are as they were stored.
    pub(super) fn verified(self, sequence: i64) -> Result<Vec<SlotRow>, StoreError> {
        // None is written as two nulls; a checksum that is left alone is damage.
        let text = match (self.text, self.checksum) {
            (None, None) => return Ok(Vec::new()),
            (text, _) => text.unwrap_or_default(),
        };
        Summed::Slots.verify(self.checksum, sequence, &[text.as_bytes()])?;
        serde_json::from_str(&text).map_err(|error| StoreError::Corrupt(error.to_string()))
    }
}

/// JSON text for a column. Strings, numbers and maps with string keys always have one.
pub(super) fn to_json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
