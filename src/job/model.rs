//! The record of a job and the small things it is made of.
//!
//! Plain data. It must not know how a job is stored or shown.

use serde::{Deserialize, Serialize};

use super::endpoint::Endpoint;
use super::state::State;

/// Metadata pairs in the order they were given.
pub type Metadata = Vec<(String, String)>;

/// How far the work on a job has come, in pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Pages done.
    pub done: u32,
    /// Pages in all.
    pub total: u32,
}

/// Why a job failed, as the wire shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JobError {
    /// A stable word, such as `validation_error` or `worker_lost`.
    pub code: String,
    /// What happened, why, and what mends it.
    pub message: String,
    /// An object, or nothing: clients refuse a list here.
    pub details: Option<Box<serde_json::Map<String, serde_json::Value>>>,
}

impl JobError {
    /// An error without details.
    #[must_use]
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), details: None }
    }

    /// The same error with one more detail.
    #[must_use]
    pub fn with_detail(mut self, key: &str, value: impl Into<serde_json::Value>) -> Self {
        self.details.get_or_insert_default().insert(key.to_owned(), value.into());
        self
    }
}

/// How the work on a job ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// JSON text of the response body, an object.
    Completed(String),
    /// Why it failed.
    Failed(JobError),
}

/// The right to work on one attempt of a job. Every finish and heartbeat shows it; one
/// that no longer holds changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Lease {
    /// Place of the job in the order of creation.
    pub sequence: i64,
    /// First attempt is 1.
    pub attempt: u32,
    /// Random.
    pub token: i64,
}

/// The record of a job without its request, response and documents.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Place in the order of creation; also the cursor of listings.
    pub sequence: i64,
    /// `job_…`.
    pub id: String,
    /// Whose it is.
    pub organization: String,
    /// What it asks for.
    pub endpoint: Endpoint,
    /// Where it stands.
    pub state: State,
    /// Metadata, up to 16 pairs.
    pub metadata: Metadata,
    /// Creation, in milliseconds since the Unix epoch.
    pub created_ms: i64,
    /// First claim of the current life.
    pub started_ms: Option<i64>,
    /// When it became terminal by finish or cancel.
    pub completed_ms: Option<i64>,
    /// When request and response are deleted.
    pub expires_ms: i64,
    /// How often a worker took it in the current life.
    pub attempts: u32,
    /// Why it failed.
    pub error: Option<JobError>,
    /// How far it has come.
    pub progress: Option<Progress>,
}
