//! What the understanding endpoints share: ids, the model's name, usage, categories.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Task;

/// The model that is named when a request names none.
const DEFAULT_MODEL: &str = "retab-small";

/// An id made from the request, so that equal requests have equal answers.
pub(super) fn stable_id(prefix: &str, task: &Task) -> String {
    let mut hash = Sha256::new();
    hash.update(task.request.to_string().as_bytes());
    for document in &task.documents {
        hash.update(document.head.as_bytes());
        hash.update(&document.bytes);
    }
    let digest = hash.finalize();
    let hex: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("{prefix}{hex}")
}

/// The model the request names.
pub(super) fn model(task: &Task) -> &str {
    task.request.get("model").and_then(Value::as_str).unwrap_or(DEFAULT_MODEL)
}

/// The password of a request's documents.
pub(super) fn password(task: &Task) -> Option<&str> {
    task.request.get("password").and_then(Value::as_str)
}

/// Pages and credits. Work done on the operator's own machine costs no credits. The token
/// counts are there for clients that ask for them; no tokens are used.
pub(super) fn usage(pages: usize) -> Value {
    json!({
        "page_count": pages,
        "credits": 0.0,
        "prompt_tokens": 0,
        "completion_tokens": 0,
        "total_tokens": 0,
    })
}
