//! The thread that ends the validation of jobs.
//!
//! Jobs that could not be waved through at create wait in `validating`. The thread is
//! rung through a channel of one place: a ring that finds the bell ringing is not lost,
//! because the thread looks only after it has taken the ring off. Documents that are named
//! by an address are fetched here, on threads of their own.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, select};
use serde_json::Value;

use super::engine::Shared;
use super::remote::{self, Fetched};
use super::resolve;
use crate::base::limits;
use crate::job::model::{Job, JobError};
use crate::job::request::{RequestBody, marked_ordinal};
use crate::process::Peek;
use crate::store::StoreError;

/// Jobs looked at in one go.
const BATCH: u32 = 32;

/// Validates until the engine ends. What was waiting at start is looked at first.
pub(super) fn keep(shared: &Arc<Shared>, ended: &Receiver<()>, rings: &Receiver<()>) {
    let mut fetches = Fetches::default();
    loop {
        if let Err(error) = validate_waiting(shared, &mut fetches) {
            tracing::warn!(%error, "validation stopped; it goes on with the next job");
        }
        select! {
            recv(ended) -> _ => break,
            recv(rings) -> ring => if ring.is_err() { break },
        }
    }
    // They end at once: the engine has broken off what they wait for.
    fetches.threads.into_iter().for_each(|thread| drop(thread.join()));
}

/// Jobs whose documents are being fetched, each on a thread of its own, so that one slow
/// server holds up nobody else.
#[derive(Default)]
struct Fetches {
    threads: Vec<JoinHandle<()>>,
    running: Arc<Mutex<HashSet<i64>>>,
}

impl Fetches {
    fn has(&self, sequence: i64) -> bool {
        self.running.lock().unwrap_or_else(PoisonError::into_inner).contains(&sequence)
    }

    fn is_full(&self) -> bool {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.len() >= limits::FETCHES_MAX
    }

    fn start(&mut self, shared: &Arc<Shared>, job: Job, value: Value, request: RequestBody) {
        self.threads.retain(|thread| !thread.is_finished());
        let (shared, sequence) = (Arc::clone(shared), job.sequence);
        let place = Place { running: Arc::clone(&self.running), sequence };
        self.running.lock().unwrap_or_else(PoisonError::into_inner).insert(sequence);
        let work = move || {
            fetch(&shared, &job, &value, &request);
            // First the place is free, then the validator is told of it.
            drop(place);
            let _ = shared.validator_bell.try_send(());
        };
        match std::thread::Builder::new().name("fetch".to_owned()).spawn(work) {
            Ok(thread) => self.threads.push(thread),
            Err(error) => tracing::warn!(%error, "no thread to fetch a document with"),
        }
    }
}

/// One of the jobs being fetched for; it is none any more when this is dropped.
struct Place {
    running: Arc<Mutex<HashSet<i64>>>,
    sequence: i64,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        running.remove(&self.sequence);
    }
}

/// Fetches what a job misses and ends its validation.
fn fetch(shared: &Shared, job: &Job, value: &Value, request: &RequestBody) {
    let verdict = match remote::fetch_for_job(shared, job.sequence, value, request) {
        // The next start goes on with it.
        Fetched::Closed => return,
        Fetched::Failed(error) => Some(error),
        Fetched::Here(_) => match judge(shared, job) {
            Verdict::Ends(refusal) => refusal,
            // It was cancelled meanwhile, and what was fetched forgotten.
            Verdict::Misses(..) => return,
        },
    };
    if let Err(error) = shared.store.validated(job.sequence, verdict).wait() {
        tracing::warn!(%error, "the end of a validation could not be stored");
    }
}

fn validate_waiting(shared: &Arc<Shared>, fetches: &mut Fetches) -> Result<(), StoreError> {
    let mut after = 0;
    loop {
        let waiting = shared.store.validating(after, BATCH)?;
        let Some(last) = waiting.last() else { return Ok(()) };
        after = last.sequence;
        let mut judged = Vec::new();
        for job in waiting {
            if fetches.has(job.sequence) {
                continue;
            }
            match judge(shared, &job) {
                Verdict::Ends(refusal) => {
                    judged.push(shared.store.validated(job.sequence, refusal));
                }
                // It is looked at again when one of those before it is done.
                Verdict::Misses(..) if fetches.is_full() => {}
                Verdict::Misses(value, request) => fetches.start(shared, job, value, request),
            }
        }
        for pending in judged {
            pending.wait()?;
        }
    }
}

/// What a look at a job found.
enum Verdict {
    /// Its validation ends: well, or with an error.
    Ends(Option<JobError>),
    /// Documents of this request are still to be fetched.
    Misses(Value, RequestBody),
}

fn judge(shared: &Shared, job: &Job) -> Verdict {
    match look(shared, job) {
        Ok(None) => Verdict::Ends(None),
        Ok(Some((value, request))) => Verdict::Misses(value, request),
        Err(error) => Verdict::Ends(Some(error)),
    }
}

fn look(shared: &Shared, job: &Job) -> Result<Option<(Value, RequestBody)>, JobError> {
    let internal = |error: String| JobError::new("internal_error", error);
    let request =
        shared.store.request(job.sequence).map_err(|error| internal(error.to_string()))?;
    let request = request.ok_or_else(|| internal("the request is gone".to_owned()))?;
    let mut value: Value =
        serde_json::from_str(&request.json).map_err(|error| internal(error.to_string()))?;
    if remote::is_missing(&value, &request) {
        return Ok(Some((value, request)));
    }
    remote::mark(&mut value, &request.slots);
    let value = resolve::value(&*shared.store, &job.organization, job.endpoint, value)?;
    if let Some(processor) = shared.processors.get(job.endpoint) {
        processor.validate(&value, &peeks(&value, &request))?;
    }
    Ok(None)
}

/// The beginnings of the documents of a request.
pub(super) fn peeks(value: &Value, request: &RequestBody) -> Vec<Peek> {
    let single = value.get("document").map(|document| ("request.document".to_owned(), document));
    let list = value.get("documents").and_then(Value::as_array).into_iter().flatten();
    let list = list.enumerate().map(|(n, document)| (format!("request.documents[{n}]"), document));
    single
        .into_iter()
        .chain(list)
        .filter_map(|(field, document)| peek(field, document, request))
        .collect()
}

fn peek(field: String, document: &Value, request: &RequestBody) -> Option<Peek> {
    let url = document.get("url")?.as_str()?;
    let filename = document.get("filename").and_then(Value::as_str).unwrap_or_default().to_owned();
    let first_bytes = match marked_ordinal(url).and_then(|ordinal| request.slots.get(ordinal)) {
        Some(slot) => slot.first_bytes.clone(),
        None => {
            // What does not decode is for the processor to say.
            let mut bytes = crate::job::data_url::decode(url).ok()?;
            bytes.truncate(limits::DOCUMENT_HEAD_BYTES);
            bytes
        }
    };
    Some(Peek { field, filename, first_bytes })
}
