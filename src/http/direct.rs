//! Direct calls: the request of an endpoint as the body, its response body as the answer.
//!
//! Owns the way from one to the other; nothing is stored. It must not know what the
//! endpoints do.

use super::api::{Api, Call};
use super::exchange::Response;
use super::problem::ApiError;
use crate::job::Endpoint;
use crate::queue::Keep;

/// `POST` on the path of an endpoint.
pub(super) fn run(
    api: &Api,
    call: &mut Call<'_, '_>,
    endpoint: Endpoint,
) -> Result<Response, ApiError> {
    api.engine.ensure_served(endpoint)?;
    // The intake holds the request's share of the memory budget until the call has ended.
    let mut intake = api.engine.intake(Keep::Memory);
    let body = intake.read_body(call.request.body)?;
    let answer = api.engine.call(&call.organization, endpoint, &body)?;
    drop(intake);
    Ok(Response::json(200, answer))
}
