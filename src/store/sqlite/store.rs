//! What the trait asks, handed to the writer or to a reader.

use std::sync::atomic::Ordering;

use rusqlite::OptionalExtension as _;

use super::checksum::Summed;
use super::error::in_read;
use super::operation::{Message, operation};
use super::{SqliteStore, documents, insert, life, list, resources, rows, sql, sweep};
use crate::base::limits;
use crate::job::filter::{Filter, PageRequest};
use crate::job::model::{Job, JobError, Lease, Outcome, Progress};
use crate::job::request::{Chunk, RequestBody, Slot, SlotContent};
use crate::job::resource::{Resource, ResourceKind};
use crate::job::wire::JsonText;
use crate::store::{
    Cancelled, Claimed, Counts, Finished, Health, Inserted, Listener, NewJob, Page, Pending, Store,
    StoreError, Swept,
};

impl SqliteStore {
    /// Numbers for the documents that come along.
    fn numbers(&self, slots: &[Slot]) -> Vec<i64> {
        let at_hand = slots.iter().filter(|slot| matches!(slot.content, SlotContent::Memory(_)));
        at_hand.map(|_| self.new_document()).collect()
    }
}

impl Store for SqliteStore {
    fn now_ms(&self) -> i64 {
        self.clock.now_ms()
    }

    fn announce(&self, address: &str) {
        if let Err(error) = self.set_address(address) {
            tracing::warn!(%error, "the address could not be written into the lock file");
        }
    }

    fn on_change(&self, listener: Listener) {
        self.send(Message::Listen(listener));
    }

    fn insert(&self, job: NewJob) -> Pending<Inserted> {
        let documents = self.numbers(&job.request.slots);
        self.submit(insert::weight(&job), move |session| insert::insert(session, &job, &documents))
    }

    fn new_document(&self) -> i64 {
        self.next_document.fetch_add(1, Ordering::Relaxed)
    }

    fn put_chunk(&self, document: i64, ordinal: u32, chunk: Chunk) -> Pending<()> {
        let (operation, pending) = operation(chunk.bytes.len(), move |session| {
            documents::put_chunk(session, document, ordinal, &chunk)
        });
        if let Some((_, bulk)) = &self.lanes {
            // Without a writer the answer channel closes, which reads as `Closed`.
            let _ = bulk.send(operation);
        }
        pending
    }

    fn attach(&self, sequence: i64, documents: Vec<Slot>) -> Pending<bool> {
        let numbers = self.numbers(&documents);
        let weight = insert::document_bytes(&documents) + 1024;
        self.submit(weight, move |session| insert::attach(session, sequence, &documents, &numbers))
    }

    fn drop_documents(&self, documents: Vec<i64>) {
        let _ = self.submit(64, move |session| documents::doom_arriving(session, &documents));
    }

    fn validated(&self, sequence: i64, refusal: Option<JobError>) -> Pending<Option<Job>> {
        self.submit(1024, move |session| life::validated(session, sequence, refusal.as_ref()))
    }

    fn claim(&self) -> Pending<Claimed> {
        let (claimant, receiver) = oneshot::channel();
        self.send(Message::Claim(claimant));
        Pending::new(receiver)
    }

    fn close_claims(&self) {
        self.send(Message::CloseClaims);
    }

    fn heartbeat(&self, lease: Lease, progress: Option<Progress>) -> Pending<bool> {
        self.submit(64, move |session| life::heartbeat(session, lease, progress))
    }

    fn finish(
        &self,
        lease: Lease,
        outcome: Outcome,
        progress: Option<Progress>,
    ) -> Pending<Finished> {
        let weight = match &outcome {
            Outcome::Completed(response) => response.len(),
            Outcome::Failed(error) => error.message.len(),
        };
        self.submit(weight, move |session| life::finish(session, lease, &outcome, progress))
    }

    fn release(&self, lease: Lease) -> Pending<bool> {
        self.submit(64, move |session| life::release(session, lease))
    }

    fn lose(&self, lease: Lease, error: JobError) -> Pending<Option<Job>> {
        self.submit(1024, move |session| life::lose(session, lease, &error))
    }

    fn cancel(&self, organization: &str, id: &str) -> Pending<Cancelled> {
        let (organization, id) = (organization.to_owned(), id.to_owned());
        self.submit(64, move |session| life::cancel(session, &organization, &id))
    }

    fn retry(&self, organization: &str, id: &str, expires_ms: i64) -> Pending<Job> {
        let (organization, id) = (organization.to_owned(), id.to_owned());
        self.submit(64, move |session| life::retry(session, &organization, &id, expires_ms))
    }

    fn sweep(&self) -> Pending<Swept> {
        self.submit(64, sweep::sweep)
    }

    fn get(&self, organization: &str, id: &str) -> Result<Option<Job>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(sql::JOB)?;
            statement.query_row([id, organization], rows::job).optional()
        })
    }

    fn list(
        &self,
        organization: &str,
        filter: &Filter,
        page: &PageRequest,
    ) -> Result<Page, StoreError> {
        let connection = self.reader()?;
        let snapshot = connection.unchecked_transaction().map_err(|error| in_read(&error))?;
        list::list(&snapshot, organization, filter, page)
    }

    fn validating(&self, after: i64, limit: u32) -> Result<Vec<Job>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(sql::VALIDATING)?;
            rows::jobs(statement.query(rusqlite::params![after, limit])?)
        })
    }

    fn request(&self, sequence: i64) -> Result<Option<RequestBody>, StoreError> {
        let connection = self.reader()?;
        let snapshot = connection.unchecked_transaction().map_err(|error| in_read(&error))?;
        let read = || {
            let mut statement = snapshot.prepare_cached(sql::REQUEST)?;
            statement.query_row([sequence], rows::stored_request).optional()
        };
        let Some(found) = read().map_err(|error| in_read(&error))? else { return Ok(None) };
        let (json, slots) = found.verified(sequence)?;
        let slots = slots.into_iter().map(|slot| documents::slot(&snapshot, slot));
        Ok(Some(RequestBody { json, slots: slots.collect::<Result<_, _>>()? }))
    }

    fn response(&self, sequence: i64) -> Result<Option<JsonText>, StoreError> {
        let found = self.read(|connection| {
            let mut statement = connection.prepare_cached(sql::RESPONSE)?;
            let response = |row: &rusqlite::Row<'_>| Ok((row.get::<_, JsonText>(0)?, row.get(1)?));
            statement.query_row([sequence], response).optional()
        })?;
        let Some((json, stored)) = found else { return Ok(None) };
        Summed::Response.verify(stored, sequence, &[json.as_bytes()])?;
        Ok(Some(json))
    }

    fn chunk(&self, document: i64, ordinal: u32) -> Result<Option<Chunk>, StoreError> {
        documents::chunk(&*self.reader()?, document, ordinal)
    }

    fn put_resource(&self, resource: Resource, attachment: Option<Vec<u8>>) -> Pending<bool> {
        let weight = limits::RESOURCE_JSON_BYTES_MAX / 16 + attachment.as_ref().map_or(0, Vec::len);
        self.submit(weight, move |session| {
            resources::put(session, &resource, attachment.as_deref())
        })
    }

    fn delete_resource(&self, kind: ResourceKind, organization: &str, id: &str) -> Pending<bool> {
        let (organization, id) = (organization.to_owned(), id.to_owned());
        self.submit(64, move |session| resources::delete(session, kind, &organization, &id))
    }

    fn resource(
        &self,
        kind: ResourceKind,
        organization: &str,
        id: &str,
    ) -> Result<Option<Resource>, StoreError> {
        self.read(|connection| resources::get(connection, kind, organization, id))
    }

    fn resources(
        &self,
        kind: ResourceKind,
        organization: &str,
    ) -> Result<Vec<Resource>, StoreError> {
        self.read(|connection| resources::list(connection, kind, organization))
    }

    fn attachment(&self, organization: &str, id: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let found = self.read(|connection| resources::attachment(connection, organization, id))?;
        let Some((key, stored, bytes)) = found else { return Ok(None) };
        Summed::Attachment.verify(stored, key, &[&bytes])?;
        Ok(Some(bytes))
    }

    fn counts(&self) -> Counts {
        self.gauges.counts()
    }

    fn health(&self) -> Health {
        let idle_ms = self.now_ms().saturating_sub(self.gauges.ticked_ms());
        Health {
            read_only: self.gauges.read_only(),
            commits: self.gauges.commits(),
            operations: self.gauges.operations(),
            late: self.gauges.late(),
            wal_bytes: self.gauges.wal_bytes(),
            is_wal_held: self.gauges.is_wal_held(),
            writer_idle_ms: u64::try_from(idle_ms).unwrap_or_default(),
        }
    }
}
