//! Direct calls: the request of an endpoint as the body, its response body as the answer.
//!
//! Owns the way from one to the other; nothing is stored. It must not know what the
//! endpoints do.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::api::{Api, Call};
use super::chunks;
use super::exchange::Response;
use super::guard;
use super::problem::ApiError;
use crate::job::Endpoint;
use crate::job::request::RequestBody;
use crate::queue::Keep;

/// `POST` on the path of an endpoint.
pub(super) fn run(
    api: &Api,
    call: &mut Call<'_, '_>,
    endpoint: Endpoint,
) -> Result<Response, ApiError> {
    Ok(Response::json(200, answer(api, call, endpoint, Ok)?.1))
}

/// `POST /v1/documents/extract` and `/extractions`: as a whole, or in chunks when the body
/// says `"stream": true`.
pub(super) fn extract(api: &Api, call: &mut Call<'_, '_>) -> Result<Response, ApiError> {
    let (asked, answer) = answer(api, call, Endpoint::Extract, Ok)?;
    Ok(match asked.stream {
        Some(true) => chunks::response(&answer)?,
        _ => Response::json(200, answer),
    })
}

/// `POST /v1/documents/split/generate_config`: the subdocuments a split could be asked for.
pub(super) fn split_config(api: &Api, call: &mut Call<'_, '_>) -> Result<Response, ApiError> {
    let ask = |body: RequestBody| {
        let mut fields: Map<String, Value> = serde_json::from_str(&body.json)
            .map_err(|_| ApiError::invalid("body", "the body must be a JSON object"))?;
        fields.insert("generate_config".to_owned(), json!(true));
        // A split needs a list; here the work is to make it.
        fields.insert("subdocuments".to_owned(), json!([{"name": "any"}]));
        Ok(RequestBody { json: Value::Object(fields).to_string(), slots: body.slots })
    };
    Ok(Response::json(200, answer(api, call, Endpoint::Split, ask)?.1))
}

/// What a request says of how it wants its answer.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    stream: Option<bool>,
}

/// What was asked of the answer's form, and the answer.
fn answer(
    api: &Api,
    call: &mut Call<'_, '_>,
    endpoint: Endpoint,
    change: impl FnOnce(RequestBody) -> Result<RequestBody, ApiError>,
) -> Result<(Asked, String), ApiError> {
    api.engine.ensure_served(endpoint)?;
    guard::require_json(call.request)?;
    // The intake holds the request's share of the memory budget until the call has ended.
    let mut intake = api.engine.intake(Keep::Memory);
    let body = change(intake.read_body(call.request.body)?)?;
    let asked = serde_json::from_str(&body.json).unwrap_or_default();
    let answer = api.engine.call(&call.organization, endpoint, &body)?;
    drop(intake);
    Ok((asked, answer))
}
