//! A job comes in.
//!
//! Owns what is written for a new job: the record, its labels, its request, and the
//! documents that came along with it.

use rusqlite::{OptionalExtension as _, params};

use super::checksum::Summed;
use super::documents;
use super::error::Fault;
use super::rows::{self, SlotRow, to_json};
use super::session::Session;
use crate::base::limits;
use crate::job::model::Job;
use crate::job::request::{Facets, RequestBody, Slot, SlotContent};
use crate::store::{Idempotency, Inserted, NewJob, StoreError};

/// Names of labels that come from the request; those of metadata begin with
/// [`METADATA_LABEL`].
pub(super) mod label {
    pub(in super::super) const ENDPOINT: &str = "endpoint";
    pub(in super::super) const SOURCE: &str = "source";
    pub(in super::super) const MODEL: &str = "model";
    pub(in super::super) const PROJECT: &str = "project";
    pub(in super::super) const WORKFLOW: &str = "workflow";
    pub(in super::super) const WORKFLOW_NODE: &str = "workflow_node";
    pub(in super::super) const DOCUMENT_TYPE: &str = "document_type";
    pub(in super::super) const METADATA: &str = "metadata.";
}

/// The part of a label's value that is kept and compared.
pub(super) fn bounded(value: &str) -> &str {
    let end = value.char_indices().nth(limits::LABEL_VALUE_CHARS_MAX);
    end.and_then(|(end, _)| value.get(..end)).unwrap_or(value)
}

/// Rough size of what an insert writes, in bytes.
pub(super) fn weight(job: &NewJob) -> usize {
    document_bytes(&job.request.slots) + job.request.json.len() + 1024
}

/// Bytes of the documents that come along.
pub(super) fn document_bytes(slots: &[Slot]) -> usize {
    let chunks = slots.iter().map(|slot| match &slot.content {
        SlotContent::Memory(chunks) => chunks.iter().map(|chunk| chunk.bytes.len()).sum(),
        SlotContent::Stored(_) => 0,
    });
    chunks.sum()
}

/// Stores a job, or finds the one of the same idempotency key. `documents` are numbers
/// for those that came along, in the order of their slots.
pub(super) fn insert(
    session: &mut Session,
    new: &NewJob,
    documents: &[i64],
) -> Result<Inserted, Fault> {
    if let Some(idempotency) = &new.idempotency
        && let Some(earlier) = earlier(session, &new.organization, idempotency)?
    {
        return Ok(earlier);
    }
    for slot in &new.request.slots {
        if let SlotContent::Stored(document) = slot.content {
            documents::bind(session, document)?;
        }
    }
    let job = insert_record(session, new)?;
    insert_labels(session, &job, &new.facets)?;
    insert_request(session, job.sequence, &new.request, documents)?;
    session.changed(None, &job);
    Ok(Inserted::New(job))
}

fn earlier(
    session: &Session,
    organization: &str,
    idempotency: &Idempotency,
) -> Result<Option<Inserted>, Fault> {
    let mut statement = session.statement(super::sql::JOB_OF_KEY)?;
    let found = statement
        .query_row(params![organization, idempotency.key], |row| {
            Ok((rows::job(row)?, row.get_ref(14)?.as_blob()? == idempotency.fingerprint))
        })
        .optional()?;
    Ok(found.map(|(job, same)| if same { Inserted::Repeated(job) } else { Inserted::KeyReused }))
}

fn insert_record(session: &mut Session, new: &NewJob) -> Result<Job, Fault> {
    let queue_position = session.kept.next_position();
    let created_ms = session.kept.creation(new.created_ms);
    let metadata = (!new.metadata.is_empty()).then(|| to_json(&new.metadata));
    session.execute(
        super::sql::INSERT_JOB,
        params![
            new.id,
            new.organization,
            new.endpoint.path(),
            new.state.name(),
            queue_position,
            created_ms,
            new.expires_ms,
            metadata,
            new.facets.filename.as_deref().map(bounded),
            new.idempotency.as_ref().map(|idempotency| &idempotency.key),
            new.idempotency.as_ref().map(|idempotency| idempotency.fingerprint.as_slice()),
        ],
    )?;
    Ok(Job {
        sequence: session.connection.last_insert_rowid(),
        id: new.id.clone(),
        organization: new.organization.clone(),
        endpoint: new.endpoint,
        state: new.state,
        metadata: new.metadata.clone(),
        created_ms,
        started_ms: None,
        completed_ms: None,
        expires_ms: new.expires_ms,
        attempts: 0,
        error: None,
        progress: None,
    })
}

fn insert_labels(session: &Session, job: &Job, facets: &Facets) -> Result<(), Fault> {
    let mut statement = session.statement(super::sql::INSERT_LABEL)?;
    let mut add = |name: &str, value: &str| {
        statement.execute(params![job.organization, name, bounded(value), job.sequence])
    };
    add(label::ENDPOINT, job.endpoint.path())?;
    let from_request = [
        (label::SOURCE, facets.source.map(|source| source.name())),
        (label::MODEL, facets.model.as_deref()),
        (label::PROJECT, facets.project_id.as_deref()),
        (label::WORKFLOW, facets.workflow_id.as_deref()),
        (label::WORKFLOW_NODE, facets.workflow_node_id.as_deref()),
        (label::DOCUMENT_TYPE, facets.document_type.as_deref()),
    ];
    for (name, value) in from_request {
        if let Some(value) = value {
            add(name, value)?;
        }
    }
    for (key, value) in &job.metadata {
        add(&format!("{}{key}", label::METADATA), value)?;
    }
    Ok(())
}

fn insert_request(
    session: &Session,
    sequence: i64,
    request: &RequestBody,
    documents: &[i64],
) -> Result<(), Fault> {
    let mut slots: Vec<SlotRow> = Vec::with_capacity(request.slots.len());
    let mut numbers = documents.iter();
    for slot in &request.slots {
        let document = match slot.content {
            SlotContent::Stored(document) => document,
            SlotContent::Memory(_) => keep(session, slot, numbers.next().copied())?,
        };
        slots.push(SlotRow::of(slot, document));
    }
    let slots = (!slots.is_empty()).then(|| to_json(&slots));
    let checksum = Summed::Request.checksum(sequence, &[request.json.as_bytes()]);
    let slots_checksum =
        slots.as_ref().map(|slots| Summed::Slots.checksum(sequence, &[slots.as_bytes()]));
    let row = params![sequence, request.json, checksum, slots, slots_checksum];
    session.execute(super::sql::INSERT_REQUEST, row)?;
    Ok(())
}

/// Stores a document that came along, under a number.
fn keep(session: &Session, slot: &Slot, number: Option<i64>) -> Result<i64, Fault> {
    let number = number
        .ok_or_else(|| StoreError::NotStored("a document came without a number".to_owned()))?;
    if let SlotContent::Memory(chunks) = &slot.content {
        for (ordinal, chunk) in (0..).zip(chunks) {
            documents::insert_chunk(session, number, ordinal, chunk)?;
        }
    }
    Ok(number)
}

/// Adds documents that were fetched to the request of a job that still wants them.
/// `numbers` are for those at hand, in the order of their slots.
pub(super) fn attach(
    session: &mut Session,
    sequence: i64,
    fetched: &[Slot],
    numbers: &[i64],
) -> Result<bool, Fault> {
    if !session.exists(super::sql::IS_WANTED, [sequence])? {
        return Ok(false);
    }
    let mut slots = {
        let mut statement = session.statement(super::sql::REQUEST)?;
        let found = statement.query_row([sequence], rows::stored_request).optional()?;
        let Some(found) = found else { return Ok(false) };
        found.verified(sequence)?.1
    };
    let mut numbers = numbers.iter();
    for slot in fetched {
        let number = match slot.content {
            SlotContent::Stored(_) => None,
            SlotContent::Memory(_) => numbers.next().copied(),
        };
        if slots.iter().any(|known| known.address() == slot.fetched_from.as_deref()) {
            continue;
        }
        let document = match slot.content {
            SlotContent::Stored(document) => {
                documents::bind(session, document)?;
                document
            }
            SlotContent::Memory(_) => keep(session, slot, number)?,
        };
        slots.push(SlotRow::of(slot, document));
    }
    let slots = to_json(&slots);
    let checksum = Summed::Slots.checksum(sequence, &[slots.as_bytes()]);
    session.execute(super::sql::ATTACH, params![sequence, slots, checksum])?;
    Ok(true)
}
