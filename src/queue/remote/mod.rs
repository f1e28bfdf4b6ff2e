//! Documents that a request names by an address: fetched once, then kept with the job as if
//! they had come with it.
//!
//! Owns which documents are missing, how they are marked in the request that a processor
//! gets, and how a failure names its field. The request that is stored and shown keeps the
//! address as the client sent it.

mod address;
mod download;

use serde_json::Value;

pub(super) use self::download::Downloads;
use self::download::{DownloadError, download};
use super::engine::Shared;
use super::intake::{Keep, Sink};
use crate::base::limits;
use crate::job::cutter::DocumentSink as _;
use crate::job::model::JobError;
use crate::job::request::{Chunk, RequestBody, Slot, SlotContent, marker};

/// From where documents are fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fetch {
    /// From nowhere.
    Off,
    /// From public addresses.
    #[default]
    Public,
    /// Also from this machine and from private networks.
    Any,
}

/// What became of documents that were to be fetched.
pub(super) enum Fetched {
    /// They are here, in the order of [`missing`].
    Here(Vec<Slot>),
    /// One did not come; this is why.
    Failed(JobError),
    /// The engine is going down; nothing was decided.
    Closed,
}

/// Fields and addresses of the documents of a request that are named by an address.
fn named(request: &Value) -> Vec<(String, &str)> {
    let single = request.get("document").map(|document| ("request.document".to_owned(), document));
    let list = request.get("documents").and_then(Value::as_array).into_iter().flatten();
    let list = list.enumerate().map(|(n, document)| (format!("request.documents[{n}]"), document));
    let documents = single.into_iter().chain(list);
    documents
        .filter_map(|(field, document)| {
            let url = document.get("url").and_then(Value::as_str)?;
            is_remote(url).then_some((format!("{field}.url"), url))
        })
        .collect()
}

fn is_remote(url: &str) -> bool {
    let begins = |scheme: &str| {
        url.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    };
    begins("http://") || begins("https://")
}

/// Whether documents of a request are still to be fetched.
pub(super) fn is_missing(request: &Value, body: &RequestBody) -> bool {
    named(request).iter().any(|(_, url)| !has(&body.slots, url))
}

fn has(slots: &[Slot], url: &str) -> bool {
    slots.iter().any(|slot| slot.fetched_from.as_deref() == Some(url))
}

/// Fetches what is missing. For a direct call `reserve` is asked for the memory of each
/// piece.
pub(super) fn fetch(
    shared: &Shared,
    request: &Value,
    body: &RequestBody,
    keep: Keep,
    reserve: &mut dyn FnMut(u64) -> Result<(), String>,
) -> Fetched {
    let started_ms = shared.clock.boot_ms();
    let mut slots: Vec<Slot> = Vec::new();
    for (field, url) in named(request) {
        if has(&body.slots, url) || has(&slots, url) {
            continue;
        }
        let passed_ms = shared.clock.boot_ms().saturating_sub(started_ms).max(0).unsigned_abs();
        let left_ms = limits::FETCH_MS.saturating_sub(passed_ms).max(1);
        match fetch_one(shared, url, keep, left_ms, reserve) {
            Ok(slot) => slots.push(slot),
            Err(DownloadError::Closed) => return Fetched::Closed,
            Err(error) => {
                let failure = JobError::new(error.code(), error.to_string());
                return Fetched::Failed(failure.with_detail("field", field));
            }
        }
    }
    Fetched::Here(slots)
}

fn fetch_one(
    shared: &Shared,
    url: &str,
    keep: Keep,
    left_ms: u64,
    reserve: &mut dyn FnMut(u64) -> Result<(), String>,
) -> Result<Slot, DownloadError> {
    let mut sink = Sink::new(std::sync::Arc::clone(&shared.store), keep);
    let (mut piece, mut first_bytes, mut length) = (Vec::new(), Vec::new(), 0_u64);
    let media_type = download(&shared.downloads, shared.fetch, url, left_ms, &mut |bytes| {
        if keep == Keep::Memory {
            reserve(bytes.len() as u64)?;
        }
        length += bytes.len() as u64;
        let room = limits::DOCUMENT_HEAD_BYTES.saturating_sub(first_bytes.len());
        first_bytes.extend_from_slice(bytes.get(..room.min(bytes.len())).unwrap_or_default());
        piece.extend_from_slice(bytes);
        while piece.len() > limits::CHUNK_BYTES {
            let rest = piece.split_off(limits::CHUNK_BYTES);
            let bytes = std::mem::replace(&mut piece, rest);
            let chunk = Chunk { is_text: false, bytes };
            sink.chunk(chunk).map_err(|error| error.to_string())?;
        }
        Ok(())
    })?;
    let keep_error = |error: crate::job::cutter::SinkError| DownloadError::Keep(error.to_string());
    sink.chunk(Chunk { is_text: false, bytes: piece }).map_err(keep_error)?;
    let content = sink.finish().map_err(keep_error)?;
    sink.release();
    Ok(Slot {
        offset: 0,
        head: format!("data:{media_type};base64,"),
        length,
        first_bytes,
        content,
        fetched_from: Some(url.to_owned()),
    })
}

/// Puts the marker of each fetched document in the place of its address, for whoever reads
/// documents by their markers.
pub(super) fn mark(request: &mut Value, slots: &[Slot]) {
    if slots.iter().all(|slot| slot.fetched_from.is_none()) {
        return;
    }
    let ordinal = |url: &str| slots.iter().position(|s| s.fetched_from.as_deref() == Some(url));
    let put = |document: &mut Value| {
        if let Some(url) = document.get_mut("url")
            && let Some(number) = url.as_str().and_then(&ordinal)
        {
            *url = Value::String(marker(number));
        }
    };
    if let Some(document) = request.get_mut("document") {
        put(document);
    }
    let list = request.get_mut("documents").and_then(Value::as_array_mut);
    list.into_iter().flatten().for_each(put);
}

/// Fetches what a job misses and gives it to the job. When the job does not want it any more,
/// it is forgotten; nobody is waiting for the answer then.
pub(super) fn fetch_for_job(
    shared: &Shared,
    sequence: i64,
    request: &Value,
    body: &RequestBody,
) -> Fetched {
    let internal = |text: String| Fetched::Failed(JobError::new("internal_error", text));
    let slots = match fetch(shared, request, body, Keep::Stored, &mut |_| Ok(())) {
        Fetched::Here(slots) => slots,
        other => return other,
    };
    match shared.store.attach(sequence, slots.clone()).wait() {
        Ok(true) => {}
        Ok(false) => forget(shared, &slots),
        Err(error) => {
            forget(shared, &slots);
            return internal(error.to_string());
        }
    }
    Fetched::Here(slots)
}

fn forget(shared: &Shared, slots: &[Slot]) {
    let stored = slots.iter().filter_map(|slot| match slot.content {
        SlotContent::Stored(document) => Some(document),
        SlotContent::Memory(_) => None,
    });
    shared.store.drop_documents(stored.collect());
}

/// Whether it is worth to parse a request for addresses: a search through its text.
pub(super) fn may_be_missing(body: &RequestBody) -> bool {
    let text = body.json.as_bytes();
    memchr::memmem::find_iter(text, b"://").next().is_some()
        || memchr::memmem::find(text, br":\/\/").is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn addresses_are_marked_once_they_are_fetched() {
        let remote = |name: &str| json!({"filename": "a", "url": format!("HTTPS://x/{name}")});
        let mut request = json!({"document": remote("a"),
            "documents": [remote("b"), {"filename": "c", "url": "data:,c"}, remote("a")]});
        let slot = |name: &str| Slot {
            offset: 0,
            head: String::new(),
            length: 0,
            first_bytes: Vec::new(),
            content: SlotContent::Memory(Vec::new()),
            fetched_from: Some(format!("HTTPS://x/{name}")),
        };
        let fields: Vec<String> = named(&request).into_iter().map(|(field, _)| field).collect();
        assert_eq!(
            fields,
            ["request.document.url", "request.documents[0].url", "request.documents[2].url"]
        );
        let body = |slots| RequestBody { json: String::new(), slots };
        assert!(is_missing(&request, &body(vec![slot("a")])));
        let slots = vec![slot("a"), slot("b")];
        assert!(!is_missing(&request, &body(slots.clone())));
        mark(&mut request, &slots);
        assert_eq!(request["document"]["url"], "#document/0");
        assert_eq!(request["documents"][0]["url"], "#document/1");
        assert_eq!(request["documents"][1]["url"], "data:,c");
        assert_eq!(request["documents"][2]["url"], "#document/0");
    }
}
