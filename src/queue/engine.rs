//! The engine's face: submit, get, list, cancel, retry, wait, subscribe.
//!
//! Owns what all its threads share and the order in which they end. It must not know SQL
//! or HTTP.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};
use serde_json::Value;

use super::builder::EngineBuilder;
use super::call::Calls;
use super::error::EngineError;
use super::events::Events;
use super::intake::{Intake, Keep};
use super::remote::{self, Downloads, Fetch, Fetched};
use super::runner::{Runner, Stop};
use super::sweeper::Running;
use super::{resolve, sweeper, validator, worker};
use crate::base::budget::{BudgetShare, ByteBudget};
use crate::base::clock::Clock;
use crate::base::id::IdSource;
use crate::base::limits;
use crate::job::envelope::Envelope;
use crate::job::filter::{Filter, PageRequest};
use crate::job::model::{Job, Metadata};
use crate::job::request::{Facets, RequestBody};
use crate::job::wire::JsonText;
use crate::job::{Endpoint, State};
use crate::model::{Model, ModelSettings};
use crate::process::Processors;
use crate::process::understanding::{LocalEngine, Understanding};
use crate::store::{
    Change, Counts, Health, Idempotency, Inserted, NewJob, Page, Store, StoreError,
};

/// A job to be submitted.
#[derive(Debug, Clone)]
pub struct Submission {
    /// Whose it is.
    pub organization: String,
    /// What it asks for.
    pub endpoint: Endpoint,
    /// The request.
    pub request: RequestBody,
    /// Up to 16 pairs.
    pub metadata: Metadata,
    /// Repeats of the same key and body give the same job.
    pub idempotency: Option<Idempotency>,
}

impl Submission {
    /// A submission of the default organization, without metadata.
    #[must_use]
    pub fn new(endpoint: Endpoint, request: RequestBody) -> Self {
        Self {
            organization: DEFAULT_ORGANIZATION.to_owned(),
            endpoint,
            request,
            metadata: Metadata::new(),
            idempotency: None,
        }
    }
}

/// The organization of everybody while no keys are configured.
pub const DEFAULT_ORGANIZATION: &str = "org_local";

/// What the engine's threads share.
pub(super) struct Shared {
    pub(super) store: Arc<dyn Store>,
    pub(super) processors: Processors,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) events: Arc<Events>,
    pub(super) running: Running,
    pub(super) retention_ms: i64,
    pub(super) job_deadline_ms: i64,
    pub(super) validator_bell: Sender<()>,
    pub(super) ids: IdSource,
    pub(super) fetch: Fetch,
    pub(super) downloads: Downloads,
    budget: Arc<ByteBudget>,
    body_bytes_max: u64,
}

/// A running engine. Dropping it hands running jobs back to their place in the queue and
/// joins every thread.
pub struct Engine {
    pub(super) shared: Arc<Shared>,
    calls: Calls,
    workers: Vec<JoinHandle<()>>,
    keepers: Vec<JoinHandle<()>>,
    /// Closing it ends the keepers.
    life: Option<Sender<()>>,
    grace: Duration,
}

impl Engine {
    /// Sets up an engine on the data file at `path`.
    pub fn builder(path: impl Into<PathBuf>) -> EngineBuilder {
        EngineBuilder::new(path.into())
    }

    pub(super) fn start(
        builder: EngineBuilder,
        store: Arc<dyn Store>,
    ) -> Result<Self, EngineError> {
        let place = builder.place();
        let (bell, validator_rings) = crossbeam_channel::bounded(1);
        let shared = Arc::new(Shared {
            store: Arc::clone(&store),
            processors: builder.processors.clone(),
            clock: builder.clock,
            events: Arc::default(),
            running: Running::default(),
            retention_ms: i64::try_from(builder.retention.as_millis()).unwrap_or(i64::MAX),
            job_deadline_ms: i64::try_from(builder.job_deadline.as_millis()).unwrap_or(i64::MAX),
            validator_bell: bell,
            ids: IdSource::default(),
            fetch: builder.fetch,
            downloads: Downloads::default(),
            budget: ByteBudget::new(limits::INTAKE_BYTES_MAX),
            body_bytes_max: builder.body_bytes_max,
        });
        // The store's writer holds the events and nothing of the engine, which holds the store.
        let events = Arc::clone(&shared.events);
        store.on_change(Box::new(move |changes| events.publish(changes)));
        let understanding = understanding(builder.model);
        let runner = || {
            let (place, understanding) = (place.clone(), Arc::clone(&understanding));
            Runner::new(place, builder.processors.clone(), understanding, Arc::clone(&store))
        };
        let calls = Calls::new((0..builder.workers.max(1)).map(|_| runner()));
        let (life, ended) = crossbeam_channel::bounded(0);
        let mut engine = Self {
            shared,
            calls,
            workers: Vec::new(),
            keepers: Vec::new(),
            life: Some(life),
            grace: Duration::ZERO,
        };
        engine.spawn_keepers(&ended, validator_rings, builder.sweep_every)?;
        for index in 0..builder.workers {
            let (shared, runner) = (Arc::clone(&engine.shared), runner());
            let work = move || worker::work(&shared, runner);
            engine.workers.push(spawn(format!("worker-{index}"), work)?);
        }
        Ok(engine)
    }

    fn spawn_keepers(
        &mut self,
        ended: &Receiver<()>,
        rings: Receiver<()>,
        sweep_every: Duration,
    ) -> Result<(), EngineError> {
        let (shared, ends) = (Arc::clone(&self.shared), ended.clone());
        let sweep = move || sweeper::keep(&shared, &ends, sweep_every);
        self.keepers.push(spawn("sweeper".to_owned(), sweep)?);
        let (shared, ends) = (Arc::clone(&self.shared), ended.clone());
        let validate = move || validator::keep(&shared, &ends, &rings);
        self.keepers.push(spawn("validator".to_owned(), validate)?);
        Ok(())
    }

    /// The endpoints this engine serves.
    #[must_use]
    pub fn served(&self) -> Vec<Endpoint> {
        self.shared.processors.served()
    }

    /// Says whether an endpoint is served, before a request for it is read.
    ///
    /// # Errors
    /// [`EngineError::NotServed`].
    pub fn ensure_served(&self, endpoint: Endpoint) -> Result<(), EngineError> {
        self.served_processor(endpoint).map(|_| ())
    }

    /// Begins to take a request in.
    #[must_use]
    pub fn intake(&self, keep: Keep) -> Intake {
        let store = Arc::clone(&self.shared.store);
        Intake::new(store, self.shared.budget.share(), keep, self.shared.body_bytes_max)
    }

    /// Stores a job. When this returns, the job is on stable storage. Documents that
    /// `intake` has put into the store become the job's.
    ///
    /// # Errors
    /// When the request is wrong or cannot be stored; nothing is stored then, except
    /// where the error says that this is unknown.
    pub fn submit(
        &self,
        submission: Submission,
        intake: Option<Intake>,
    ) -> Result<Job, EngineError> {
        let value = crate::job::envelope::check_request(submission.endpoint, &submission.request)
            .map_err(EngineError::Invalid)?;
        self.submit_checked(submission, &value, intake)
    }

    /// Stores the job of an envelope that was read from a create body.
    ///
    /// # Errors
    /// As [`Engine::submit`].
    pub fn submit_envelope(
        &self,
        envelope: Envelope,
        organization: &str,
        idempotency: Option<Idempotency>,
        intake: Option<Intake>,
    ) -> Result<Job, EngineError> {
        let Envelope { endpoint, request, value, metadata } = envelope;
        let organization = organization.to_owned();
        let submission = Submission { organization, endpoint, request, metadata, idempotency };
        self.submit_checked(submission, &value, intake)
    }

    fn submit_checked(
        &self,
        submission: Submission,
        value: &Value,
        intake: Option<Intake>,
    ) -> Result<Job, EngineError> {
        let shared = &self.shared;
        let endpoint = submission.endpoint;
        let processor = self.served_processor(endpoint)?;
        let resolved =
            resolve::value(&*shared.store, &submission.organization, endpoint, value.clone());
        let resolved = resolved.map_err(EngineError::Invalid)?;
        let peeks = validator::peeks(&resolved, &submission.request);
        // What is plainly in order goes straight to the queue; the rest is stored first
        // and judged by the validator, so that its failure is a job one can look at.
        let is_missing = remote::is_missing(&resolved, &submission.request);
        let state = match processor.validate(&resolved, &peeks) {
            Ok(()) if !is_missing => State::Queued,
            _ => State::Validating,
        };
        let now_ms = shared.store.now_ms();
        let facets = Facets::read(endpoint, value, &submission.metadata);
        let inserted = shared.store.insert(NewJob {
            id: shared.ids.next("job_", now_ms),
            organization: submission.organization,
            endpoint,
            state,
            metadata: submission.metadata,
            created_ms: now_ms,
            expires_ms: now_ms.saturating_add(shared.retention_ms),
            request: submission.request,
            facets,
            idempotency: submission.idempotency,
        });
        match inserted.wait()? {
            Inserted::New(job) => {
                if let Some(intake) = intake {
                    intake.bound();
                }
                if job.state == State::Validating {
                    // A full bell has rung already.
                    let _ = shared.validator_bell.try_send(());
                }
                Ok(job)
            }
            Inserted::Repeated(job) => Ok(job),
            Inserted::KeyReused => Err(EngineError::KeyReused),
        }
    }

    fn served_processor(
        &self,
        endpoint: Endpoint,
    ) -> Result<&Arc<dyn crate::process::Processor>, EngineError> {
        self.shared.processors.get(endpoint).ok_or_else(|| {
            let served: Vec<_> = self.served().into_iter().map(Endpoint::path).collect();
            EngineError::NotServed(format!(
                "{endpoint} is not served by this version of docspool yet; it serves {}",
                served.join(", ")
            ))
        })
    }

    /// The record of a job.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or when reading fails.
    pub fn get(&self, organization: &str, id: &str) -> Result<Job, EngineError> {
        let found = if crate::base::id::is_plausible_id(id) {
            self.shared.store.get(organization, id)?
        } else {
            None
        };
        let job = found.ok_or_else(|| StoreError::NotFound(id.chars().take(64).collect()))?;
        Ok(self.shared.running.with_progress(job))
    }

    /// One page of a listing.
    ///
    /// # Errors
    /// When the filter is wrong or reading fails.
    pub fn list(
        &self,
        organization: &str,
        filter: &Filter,
        page: &PageRequest,
    ) -> Result<Page, EngineError> {
        let mut found = self.shared.store.list(organization, filter, page)?;
        let jobs = std::mem::take(&mut found.jobs).into_iter();
        found.jobs = jobs.map(|job| self.shared.running.with_progress(job)).collect();
        Ok(found)
    }

    /// Cancels a job. A running one is stopped at once: its child is killed.
    ///
    /// # Errors
    /// [`StoreError::Refused`] when it has already ended, [`StoreError::NotFound`].
    pub fn cancel(&self, organization: &str, id: &str) -> Result<Job, EngineError> {
        let cancelled = self.shared.store.cancel(organization, id).wait()?;
        if let Some(lease) = cancelled.ended {
            self.shared.running.stop(lease, Stop::NotWanted);
        }
        Ok(cancelled.job)
    }

    /// Runs a failed or cancelled job again, under the same id.
    ///
    /// # Errors
    /// [`StoreError::Refused`] from any other state, [`StoreError::RequestGone`] when its
    /// data were deleted, [`StoreError::NotFound`].
    pub fn retry(&self, organization: &str, id: &str) -> Result<Job, EngineError> {
        let expires_ms = self.shared.store.now_ms().saturating_add(self.shared.retention_ms);
        Ok(self.shared.store.retry(organization, id, expires_ms).wait()?)
    }

    /// Waits until a job is terminal or the time is up; returns it as it then is.
    ///
    /// # Errors
    /// As [`Engine::get`].
    pub fn wait(
        &self,
        organization: &str,
        id: &str,
        timeout: Duration,
    ) -> Result<Job, EngineError> {
        let check = || match self.get(organization, id) {
            Ok(job) if !job.state.is_terminal() => None,
            end => Some(end),
        };
        let waited = self.shared.events.wait_for(id, timeout, check);
        waited.unwrap_or_else(|| self.get(organization, id))
    }

    /// Ends every [`Engine::wait`], now and later, at once. For a server that is about to
    /// stop and has callers waiting.
    pub fn end_waits(&self) {
        self.shared.events.close();
    }

    /// Changes of state from now on, of all organizations, in the order in which they were
    /// made. A subscriber that stays more than 1024 behind misses later ones.
    #[must_use]
    pub fn subscribe(&self) -> Receiver<Change> {
        self.shared.events.subscribe()
    }

    /// Runs a request directly: nothing is stored, the answer comes back.
    ///
    /// # Errors
    /// [`EngineError::Call`] when the request ends with an error of its own,
    /// [`EngineError::Busy`] when too many calls wait.
    pub fn call(
        &self,
        organization: &str,
        endpoint: Endpoint,
        request: &RequestBody,
    ) -> Result<JsonText, EngineError> {
        let value =
            crate::job::envelope::check_request(endpoint, request).map_err(EngineError::Invalid)?;
        let processor = self.served_processor(endpoint)?;
        let store = &*self.shared.store;
        // Held until the call has ended.
        let mut share = self.shared.budget.share();
        let request = self.with_remote(&value, request, &mut share)?;
        let mut value = value;
        remote::mark(&mut value, &request.slots);
        let value = resolve::value(store, organization, endpoint, value);
        let value = value.map_err(EngineError::Call)?;
        let peeks = validator::peeks(&value, &request);
        processor.validate(&value, &peeks).map_err(EngineError::Call)?;
        let request = resolve::body(store, organization, endpoint, request);
        self.calls.run(&self.shared, endpoint, &request.map_err(EngineError::Call)?)
    }

    /// The request of a direct call together with the documents that it names by an address.
    fn with_remote(
        &self,
        value: &Value,
        request: &RequestBody,
        share: &mut BudgetShare,
    ) -> Result<RequestBody, EngineError> {
        let mut request = request.clone();
        if !remote::is_missing(value, &request) {
            return Ok(request);
        }
        let mut reserve = |bytes| share.grow(bytes).map_err(|error| error.to_string());
        match remote::fetch(&self.shared, value, &request, Keep::Memory, &mut reserve) {
            Fetched::Here(slots) => request.slots.extend(slots),
            Fetched::Failed(error) => return Err(EngineError::Call(error)),
            Fetched::Closed => {
                return Err(EngineError::Busy("the server is stopping".to_owned()));
            }
        }
        Ok(request)
    }

    /// Jobs by state.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.shared.store.counts()
    }

    /// How the store is doing.
    #[must_use]
    pub fn health(&self) -> Health {
        self.shared.store.health()
    }

    /// Writes down where this engine can be reached, for a second process that finds its
    /// data file in use.
    pub fn announce(&self, address: &str) {
        self.shared.store.announce(address);
    }

    /// Workers that were started.
    #[must_use]
    pub fn workers(&self) -> usize {
        self.workers.len()
    }

    /// Workers that still live; fewer than were started means that something is wrong.
    #[must_use]
    pub fn workers_alive(&self) -> usize {
        self.workers.iter().filter(|worker| !worker.is_finished()).count()
    }

    /// Ends the engine: no new job is started, running ones may finish for `grace`, then
    /// they go back to their place in the queue. Returns when every thread has ended.
    pub fn shutdown(mut self, grace: Duration) {
        self.grace = grace;
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.end_waits();
        self.shared.downloads.close();
        self.shared.store.close_claims();
        self.shared.running.drain(self.grace);
        for worker in self.workers.drain(..) {
            // A worker that panicked has been noticed by the sweeper; nothing is lost.
            let _ = worker.join();
        }
        self.life.take();
        for keeper in self.keepers.drain(..) {
            let _ = keeper.join();
        }
    }
}

/// What understands documents on this process's own threads. One for all of them: what is
/// learned about a server is learned once.
fn understanding(model: Option<ModelSettings>) -> Arc<dyn Understanding> {
    match model {
        Some(settings) => Arc::new(Model::new(settings)),
        None => Arc::new(LocalEngine),
    }
}

fn spawn(
    name: String,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, EngineError> {
    std::thread::Builder::new()
        .name(name)
        .spawn(work)
        .map_err(|error| EngineError::Start(format!("no thread: {error}")))
}
