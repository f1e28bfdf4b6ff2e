//! The model engine against servers that answer as a script says: each dialect, each failure.

mod dialects;
mod failures;
mod real;
#[cfg(target_os = "linux")]
mod secrecy;
mod tasks;

use std::time::Duration;

use docspool::base::secret::Secret;
use docspool::model::ModelSettings;
use docspool::queue::DEFAULT_ORGANIZATION as ORG;
use docspool::{Endpoint, Engine, Job, RequestBody, State, Submission};
use serde_json::{Value, json};

use crate::support::scripted::{Reply, Scripted, Seen};

const SOON: Duration = Duration::from_secs(30);
/// A key that stands nowhere by chance.
const KEY: &str = "sk-quite-a-secret-4711";

const INVOICE: &str = "Northwind Ltd\n\nInvoice No.: INV-77\nDate: 31/12/2024\n\nTotal: 1,250.50\n";

/// An engine with one worker that asks a scripted model.
struct World {
    engine: Engine,
    _folder: tempfile::TempDir,
}

fn settings(server: &Scripted) -> ModelSettings {
    let names = "retab-small=tiny-1b,retab-large=huge-70b";
    ModelSettings::new(&server.url("/v1"), names, Some(Secret::new(KEY))).unwrap()
}

impl World {
    fn new(server: &Scripted) -> Self {
        Self::with(settings(server))
    }

    fn with(settings: ModelSettings) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::builder(folder.path().join("jobs.db")).workers(1).model(settings);
        Self { engine: engine.start().unwrap(), _folder: folder }
    }

    fn submit(&self, endpoint: Endpoint, request: &Value) -> Job {
        let submission = Submission::new(endpoint, RequestBody::from_value(request));
        self.engine.submit(submission, None).unwrap()
    }

    /// The answer to a request, as a job.
    fn ask(&self, endpoint: Endpoint, request: &Value) -> Value {
        let job = self.submit(endpoint, request);
        let done = self.engine.wait(ORG, &job.id, SOON).unwrap();
        assert_eq!(done.state, State::Completed, "{:?}", done.error);
        serde_json::from_str(&self.engine.response(&done).unwrap().unwrap()).unwrap()
    }

    /// The data that are extracted from a text.
    fn extract(&self, text: &str) -> Value {
        let mut answer = self.ask(Endpoint::Extract, &extraction(text));
        answer["choices"][0]["message"]["parsed"].take()
    }

    /// The code and the message a job fails with.
    fn failure(&self, request: &Value) -> (String, String) {
        let job = self.submit(Endpoint::Extract, request);
        let done = self.engine.wait(ORG, &job.id, SOON).unwrap();
        assert_eq!(done.state, State::Failed);
        let error = done.error.unwrap();
        (error.code, error.message)
    }
}

fn document(text: &str) -> Value {
    let url = docspool::job::data_url::of("text/plain", text.as_bytes());
    json!({"filename": "a.txt", "url": url})
}

fn schema() -> Value {
    json!({"type": "object", "required": ["number", "total"], "properties": {
        "number": {"type": "string", "description": "Number of the invoice"},
        "total": {"type": "number"}}})
}

fn extraction(text: &str) -> Value {
    json!({"document": document(text), "json_schema": schema(), "model": "retab-small"})
}

/// A chat completion with this text.
fn completion(text: &str) -> Reply {
    ended(text, "stop")
}

fn ended(text: &str, reason: &str) -> Reply {
    Reply::json(
        200,
        &json!({
            "choices": [{"index": 0, "finish_reason": reason,
                "message": {"role": "assistant", "content": text}}],
            "usage": {"prompt_tokens": 700, "completion_tokens": 30, "total_tokens": 730},
        }),
    )
}

fn good() -> Reply {
    completion(r#"{"number": "INV-77", "total": 1250.5}"#)
}

fn format_of(seen: &Seen) -> String {
    let body = seen.json();
    body["response_format"]["type"].as_str().unwrap_or("none").to_owned()
}

fn formats(server: &Scripted) -> Vec<String> {
    server.seen().iter().map(format_of).collect()
}
