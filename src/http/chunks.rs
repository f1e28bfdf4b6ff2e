//! The answer of an extraction as a stream, for clients that ask for one.
//!
//! The work is done at once, so the stream has one line: a chunk that holds every value
//! and ends the answer. Owns the shape of that line. It must not know how values are found.

use serde_json::{Map, Value, json};

use super::exchange::{Response, ResponseBody};
use super::problem::ApiError;
use crate::job::model::JobError;
use crate::queue::EngineError;

/// The media type that the clients read line by line.
const MEDIA_TYPE: &str = "application/stream+json";

/// An extraction's response body as a stream of one chunk.
pub(super) fn response(body: &str) -> Result<Response, ApiError> {
    let body: Value = serde_json::from_str(body)
        .map_err(|error| EngineError::Call(JobError::new("internal_error", error.to_string())))?;
    let mut line = chunk(&body).to_string();
    line.push('\n');
    Ok(Response {
        status: 200,
        headers: vec![("Content-Type", MEDIA_TYPE.to_owned())],
        body: ResponseBody::Bytes(line.into_bytes()),
    })
}

/// The last and only chunk of an answer.
fn chunk(body: &Value) -> Value {
    let mut chunk = Map::new();
    for field in ["id", "created", "model", "extraction_id", "usage"] {
        chunk.insert(field.to_owned(), body.get(field).cloned().unwrap_or_default());
    }
    for field in ["request_at", "first_token_at", "last_token_at", "streaming_error"] {
        chunk.insert(field.to_owned(), Value::Null);
    }
    let likelihoods = flat(body.get("likelihoods").unwrap_or(&Value::Null));
    let choices = body.get("choices").and_then(Value::as_array).into_iter().flatten();
    let choices: Vec<Value> = choices
        .enumerate()
        .map(|(index, choice)| {
            let message = choice.get("message").unwrap_or(&Value::Null);
            let data = message.get("parsed").cloned().unwrap_or_default();
            let delta = json!({
                "content": message.get("content"),
                "flat_parsed": flat(&data),
                "flat_likelihoods": if index == 0 { likelihoods.clone() } else { Map::new() },
                "flat_deleted_keys": [],
                "is_valid_json": true,
                "key_mapping": null,
                "full_parsed": data,
            });
            json!({"index": index, "delta": delta, "finish_reason": "stop", "logprobs": null})
        })
        .collect();
    chunk.insert("object".to_owned(), json!("chat.completion.chunk"));
    chunk.insert("choices".to_owned(), json!(choices));
    Value::Object(chunk)
}

/// A tree as one object of leaves under dotted paths, such as `items.0.amount`. What holds
/// nothing is a leaf too.
fn flat(tree: &Value) -> Map<String, Value> {
    let mut leaves = Map::new();
    flatten(tree, String::new(), &mut leaves);
    leaves
}

fn flatten(tree: &Value, path: String, into: &mut Map<String, Value>) {
    let below = |name: &str| match path.as_str() {
        "" => name.to_owned(),
        _ => format!("{path}.{name}"),
    };
    match tree {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                flatten(value, below(name), into);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, value) in items.iter().enumerate() {
                flatten(value, below(&index.to_string()), into);
            }
        }
        // The whole answer holds nothing.
        Value::Object(_) | Value::Null if path.is_empty() => {}
        leaf => {
            into.insert(path, leaf.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_chunk_holds_everything_under_dotted_paths() {
        let body = json!({
            "id": "chatcmpl-1", "created": 0, "model": "m", "extraction_id": "extr_1",
            "usage": {"total_tokens": 0},
            "choices": [{"message": {
                "content": "{}", "parsed": {"a": 1, "items": [{"b": null}], "none": []}}}],
            "likelihoods": {"a": 0.5, "items": [{"b": 0.0}], "none": []},
        });
        let chunk = chunk(&body);
        assert_eq!(chunk["object"], "chat.completion.chunk");
        let choice = &chunk["choices"][0];
        let expected = json!({"a": 1, "items.0.b": null, "none": []});
        assert_eq!(choice["delta"]["flat_parsed"], expected);
        assert_eq!(choice["delta"]["flat_likelihoods"]["items.0.b"], 0.0);
        assert_eq!(choice["finish_reason"], "stop");
        assert_eq!(flat(&json!({})), Map::new());
    }
}
