//! The exact JSON of the Jobs API.
//!
//! Owns the shapes that clients parse: the job, the list envelope, the error body. Facts
//! about them were read off real clients. It must not know where the parts come from.

use serde::Serialize;
use serde_json::value::RawValue;

use super::model::{Job, JobError, Metadata, Progress};

/// JSON text that is passed on without being parsed.
pub type JsonText = String;

/// A job as the wire shows it. Its request may be large, so it is written around: see
/// [`JobBody::around_request`].
#[derive(Debug)]
pub struct JobBody<'a> {
    head: Head<'a>,
    tail: Tail<'a>,
}

#[derive(Debug, Serialize)]
struct Head<'a> {
    id: &'a str,
    object: &'static str,
    status: super::State,
    endpoint: &'static str,
}

#[derive(Debug, Serialize)]
struct Tail<'a> {
    response: Option<ResponseBody<'a>>,
    error: Option<&'a JobError>,
    created_at: i64,
    started_at: Option<i64>,
    completed_at: Option<i64>,
    expires_at: i64,
    organization_id: &'a str,
    metadata: MetadataBody<'a>,
    attempts: u32,
    progress: Option<Progress>,
}

#[derive(Debug, Serialize)]
struct ResponseBody<'a> {
    status_code: u16,
    body: &'a RawValue,
}

#[derive(Debug)]
struct MetadataBody<'a>(&'a Metadata);

impl Serialize for MetadataBody<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// Seconds since the Unix epoch; clients refuse fractions.
fn seconds(ms: i64) -> i64 {
    ms.div_euclid(1000)
}

impl<'a> JobBody<'a> {
    /// The job with its response body, or null in its place.
    #[must_use]
    pub fn new(job: &'a Job, response: Option<&'a RawValue>) -> Self {
        let head =
            Head { id: &job.id, object: "job", status: job.state, endpoint: job.endpoint.path() };
        let tail = Tail {
            response: response.map(|body| ResponseBody { status_code: 200, body }),
            error: job.error.as_ref(),
            created_at: seconds(job.created_ms),
            started_at: job.started_ms.map(seconds),
            completed_at: job.completed_ms.map(seconds),
            expires_at: seconds(job.expires_ms),
            organization_id: &job.organization,
            metadata: MetadataBody(&job.metadata),
            attempts: job.attempts,
            progress: job.progress,
        };
        Self { head, tail }
    }

    /// The JSON before and after the value of `request`.
    #[must_use]
    pub fn around_request(&self) -> (Vec<u8>, Vec<u8>) {
        // Strings, numbers and raw JSON always serialize.
        let mut head = serde_json::to_vec(&self.head).unwrap_or_default();
        head.pop();
        head.extend_from_slice(b",\"request\":");
        let mut tail = serde_json::to_vec(&self.tail).unwrap_or_default();
        if let Some(first) = tail.first_mut() {
            *first = b',';
        }
        (head, tail)
    }
}

/// The list envelope, which serves older clients and newer ones. Its jobs may be large,
/// so they are written into it one by one: see [`ListBody::around_data`].
#[derive(Debug, Default)]
pub struct ListBody {
    /// Id of the first job.
    pub first_id: Option<String>,
    /// Id to continue after.
    pub last_id: Option<String>,
    /// Whether the listing goes on behind the last job.
    pub has_more: bool,
    /// Whether it may have begun before the first job.
    pub has_before: bool,
}

#[derive(Debug, Serialize)]
struct ListTail<'a> {
    first_id: Option<&'a str>,
    last_id: Option<&'a str>,
    has_more: bool,
    list_metadata: ListMetadata<'a>,
}

#[derive(Debug, Serialize)]
struct ListMetadata<'a> {
    before: Option<&'a str>,
    after: Option<&'a str>,
}

impl ListBody {
    /// The JSON before the first job and after the last.
    #[must_use]
    pub fn around_data(&self) -> (Vec<u8>, Vec<u8>) {
        let (first_id, last_id) = (self.first_id.as_deref(), self.last_id.as_deref());
        let list_metadata = ListMetadata {
            before: first_id.filter(|_| self.has_before),
            after: last_id.filter(|_| self.has_more),
        };
        let tail = ListTail { first_id, last_id, has_more: self.has_more, list_metadata };
        let mut after = b"],".to_vec();
        // Strings and flags always serialize; the object's brace is already open.
        let tail = serde_json::to_vec(&tail).unwrap_or_default();
        after.extend_from_slice(tail.get(1..).unwrap_or_default());
        (b"{\"object\":\"list\",\"data\":[".to_vec(), after)
    }
}

/// The error body that clients read: `{"detail": {code, message, details}}`.
#[derive(Debug, Serialize)]
pub struct ErrorBody<'a> {
    detail: &'a JobError,
}

impl<'a> ErrorBody<'a> {
    /// The body around an error.
    #[must_use]
    pub fn new(detail: &'a JobError) -> Self {
        Self { detail }
    }
}
