//! `/v1/documents/extract`: values for a JSON Schema out of a document.

use serde_json::{Value, json};

use super::understand::{load, model, stable_id};
use super::{Context, Peek, Processor, Task};
use crate::job::envelope::invalid;
use crate::job::model::JobError;
use crate::local;

/// Answers surer than this on every value found need no person.
const REVIEW_BELOW: f64 = 0.5;

/// The processor of `/v1/documents/extract`.
#[derive(Debug, Clone, Copy)]
pub struct Extract;

impl Processor for Extract {
    fn validate(&self, request: &Value, _first_bytes: &[Peek]) -> Result<(), JobError> {
        let schema = request.get("json_schema").unwrap_or(&Value::Null);
        local::check_schema(schema).map_err(|e| invalid("request.json_schema", &e.to_string()))
    }

    fn run(&self, task: &Task, context: &dyn Context) -> Result<Value, JobError> {
        let schema = task.request.get("json_schema").unwrap_or(&Value::Null);
        let input = task.document("document")?;
        let document = load(&input, context)?;
        let extraction = local::extract(&document, schema)
            .map_err(|error| invalid("request.json_schema", &error.to_string()))?;
        Ok(body(task, &extraction, document.pages.len()))
    }
}

fn body(task: &Task, extraction: &local::Extraction, pages: usize) -> Value {
    let content = extraction.data.to_string();
    let votes = task.request.get("n_consensus").and_then(Value::as_u64).unwrap_or(1).clamp(1, 16);
    // A deterministic engine votes with one voice: every choice says the same.
    let choices: Vec<Value> = (0..votes)
        .map(|index| {
            json!({
                "index": index,
                "finish_reason": "stop",
                "logprobs": null,
                "key_mapping": null,
                "message": {
                    "role": "assistant",
                    "content": content,
                    "parsed": extraction.data,
                    "refusal": null,
                    "tool_calls": null,
                },
            })
        })
        .collect();
    let given = task.request.get("extraction_id").and_then(Value::as_str);
    json!({
        "id": stable_id("chatcmpl-", task),
        "object": "chat.completion",
        "created": 0,
        "model": model(task),
        "choices": choices,
        "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0,
                  "page_count": pages, "credits": 0.0},
        "likelihoods": extraction.likelihoods,
        "sources": extraction.sources,
        "warnings": extraction.warnings,
        "requires_human_review": needs_review(&extraction.likelihoods),
        "extraction_id": given.map_or_else(|| stable_id("extr_", task), str::to_owned),
        "request_at": null,
        "first_token_at": null,
        "last_token_at": null,
    })
}

/// Whether a value that was found is unsure.
fn needs_review(likelihoods: &Value) -> bool {
    match likelihoods {
        Value::Number(score) => score.as_f64().is_some_and(|s| s > 0.0 && s < REVIEW_BELOW),
        Value::Array(items) => items.iter().any(needs_review),
        Value::Object(fields) => fields.values().any(needs_review),
        _ => false,
    }
}
