//! What the understanding endpoints share: ids, the manner of asking, usage.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::Task;
use super::understanding::{Effort, Manner};
use crate::base::limits;

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

/// How the request wants to be answered.
pub(super) fn manner(task: &Task) -> Manner<'_> {
    let votes = task.request.get("n_consensus").and_then(Value::as_u64).unwrap_or(1);
    let votes = usize::try_from(votes).unwrap_or(usize::MAX).clamp(1, limits::VOTES_MAX);
    Manner { model: model(task), votes, hints: hints(&task.request) }
}

/// What the client says beside the document, one thought to a line.
fn hints(request: &Value) -> String {
    let plain = ["context", "instructions"];
    let plain = plain.iter().filter_map(|field| request.get(field).and_then(Value::as_str));
    let messages = request.get("additional_messages").and_then(Value::as_array);
    let messages = messages.into_iter().flatten().filter_map(|message| message.get("content"));
    let parts = messages.flat_map(|content| match content {
        Value::Array(parts) => parts.iter().filter_map(|part| part.get("text")).collect(),
        text => vec![text],
    });
    let said: Vec<&str> = plain.chain(parts.filter_map(Value::as_str)).collect();
    said.join("\n").trim().to_owned()
}

/// Pages, credits and tokens. Work done on the operator's own machine costs no credits. The
/// token counts are always there for clients that ask for them.
pub(super) fn usage(pages: usize, effort: &Effort) -> Value {
    let mut usage = json!({
        "page_count": pages,
        "credits": 0.0,
        "prompt_tokens": effort.prompt_tokens,
        "completion_tokens": effort.completion_tokens,
        "total_tokens": effort.prompt_tokens + effort.completion_tokens,
    });
    // Who saw the document stands with the job.
    if let (Some(model), Some(usage)) = (&effort.model, usage.as_object_mut()) {
        usage.insert("model".to_owned(), json!(model));
        usage.insert("is_estimated".to_owned(), json!(effort.is_estimated));
    }
    usage
}
