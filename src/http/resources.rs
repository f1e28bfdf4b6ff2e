//! What the handlers of projects and templates share: reading an object, showing one,
//! showing a page of them.

use serde_json::{Map, Value, json};

use super::api::Call;
use super::exchange::Response;
use super::problem::ApiError;
use crate::queue::EngineError;

/// The body as a JSON object; no body at all is an empty one.
pub(super) fn read_object(call: &mut Call<'_, '_>) -> Result<Map<String, Value>, ApiError> {
    let mut bytes = Vec::new();
    let read = call.request.body.read_to_end(&mut bytes);
    read.map_err(|error| EngineError::BrokenOff(error.to_string()))?;
    if bytes.trim_ascii().is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_slice(&bytes)
        .map_err(|error| ApiError::invalid("body", &format!("body must be an object: {error}")))
}

/// One object.
pub(super) fn object(body: &Map<String, Value>) -> Response {
    Response::json(200, json!(body).to_string())
}

/// A page of objects, and the ids to continue at.
pub(super) fn list(data: &[&Map<String, Value>], before: Value, after: Value) -> Response {
    let metadata = json!({"before": before, "after": after});
    Response::json(200, json!({"data": data, "list_metadata": metadata}).to_string())
}

/// What a delete answers with.
pub(super) fn deleted(id: &str) -> Response {
    Response::json(200, json!({"success": true, "id": id}).to_string())
}
