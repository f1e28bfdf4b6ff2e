//! What the tests of processors share.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::{Context, Task};

/// A context that nobody listens to.
pub(crate) struct Alone;

impl Context for Alone {
    fn progress(&self, _done: u32, _total: u32) {}
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// A task with a text document and other fields.
pub(crate) fn task(text: &str, fields: Value) -> Task {
    let mut request = json!({"document": document(text), "model": "retab-small"});
    for (name, value) in fields.as_object().into_iter().flatten() {
        request[name] = value.clone();
    }
    Task { request, documents: Vec::new() }
}

/// A text as a document of a request.
pub(crate) fn document(text: &str) -> Value {
    let url = format!("data:text/plain;base64,{}", BASE64_STANDARD.encode(text));
    json!({"filename": "sample.txt", "url": url})
}
