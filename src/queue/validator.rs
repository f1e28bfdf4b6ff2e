//! The thread that ends the validation of jobs.
//!
//! Jobs that could not be waved through at create wait in `validating`. The thread is
//! rung through a channel of one place: a ring that finds the bell ringing is not lost,
//! because the thread looks only after it has taken the ring off.

use crossbeam_channel::{Receiver, select};
use serde_json::Value;

use super::engine::Shared;
use super::resolve;
use crate::base::limits;
use crate::job::model::{Job, JobError};
use crate::job::request::{RequestBody, marked_ordinal};
use crate::process::Peek;
use crate::store::StoreError;

/// Jobs looked at in one go.
const BATCH: u32 = 32;

/// Validates until the engine ends. What was waiting at start is looked at first.
pub(super) fn keep(shared: &Shared, ended: &Receiver<()>, rings: &Receiver<()>) {
    loop {
        if let Err(error) = validate_waiting(shared) {
            tracing::warn!(%error, "validation stopped; it goes on with the next job");
        }
        select! {
            recv(ended) -> _ => return,
            recv(rings) -> ring => if ring.is_err() { return },
        }
    }
}

fn validate_waiting(shared: &Shared) -> Result<(), StoreError> {
    loop {
        let waiting = shared.store.validating(BATCH)?;
        if waiting.is_empty() {
            return Ok(());
        }
        let judged: Vec<_> = waiting
            .iter()
            .map(|job| shared.store.validated(job.sequence, judge(shared, job)))
            .collect();
        for pending in judged {
            pending.wait()?;
        }
    }
}

fn judge(shared: &Shared, job: &Job) -> Option<JobError> {
    let internal = |error: String| Some(JobError::new("internal_error", error));
    let request = match shared.store.request(job.sequence) {
        Ok(Some(request)) => request,
        Ok(None) => return internal("the request is gone".to_owned()),
        Err(error) => return internal(error.to_string()),
    };
    let value = match serde_json::from_str(&request.json) {
        Ok(value) => value,
        Err(error) => return internal(error.to_string()),
    };
    let value = match resolve::value(&*shared.store, &job.organization, job.endpoint, value) {
        Ok(value) => value,
        Err(error) => return Some(error),
    };
    let processor = shared.processors.get(job.endpoint)?;
    processor.validate(&value, &peeks(&value, &request)).err()
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
