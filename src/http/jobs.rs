//! Create, retrieve, cancel and retry a job.
//!
//! Owns what each answers with. Once a change is on disk, its answer is never an error:
//! a client would repeat the call and, on create, store the job again.

use std::io::Read as _;
use std::time::Duration;

use super::api::{Api, Call, ResponsePolicy};
use super::exchange::{Request, Response, ResponseBody};
use super::problem::ApiError;
use super::query::{Includes, Query};
use crate::base::limits;
use crate::job::Job;
use crate::job::envelope::Envelope;
use crate::job::request::RequestBody;
use crate::queue::{EngineError, Idempotency, Keep, PayloadReader};

/// An answer of known length up to this is sent in one piece, in bytes.
const ONE_PIECE_BYTES_MAX: u64 = 1024 * 1024;

/// `POST /v1/jobs`
pub(super) fn create(api: &Api, call: &mut Call<'_, '_>) -> Result<Response, ApiError> {
    let includes = Includes::read(&Query::parse(&call.request.query))?;
    let key = idempotency_key(call.request)?;
    let mut intake = api.engine.intake(Keep::Stored);
    let body = intake.read_body(call.request.body)?;
    let idempotency = key.map(|key| Idempotency { key, fingerprint: intake.fingerprint() });
    let envelope = Envelope::read(body).map_err(EngineError::Invalid)?;
    // What is at hand need not be read back to be shown.
    let at_hand = envelope.request.is_at_hand() && includes.request != Some(false);
    let request = at_hand.then(|| envelope.request.clone());
    let organization = &call.organization;
    let job = api.engine.submit_envelope(envelope, organization, idempotency, Some(intake))?;
    // A repeat may find its job expired, and the request with it.
    let request = request.filter(|_| !job.state.is_terminal());
    Ok(changed(api, &job, includes, request.as_ref()))
}

/// `GET /v1/jobs/{id}`, with `?wait=` as a long-poll.
pub(super) fn retrieve(api: &Api, call: &mut Call<'_, '_>) -> Result<Response, ApiError> {
    let query = Query::parse(&call.request.query);
    let includes = Includes::read(&query)?;
    let job = find(api, call, &query)?;
    Ok(json(show(api, &job, includes)?))
}

/// `GET /v1/jobs/{id}/status`: the job without its request and response.
pub(super) fn status(api: &Api, call: &mut Call<'_, '_>) -> Result<Response, ApiError> {
    let query = Query::parse(&call.request.query);
    let job = find(api, call, &query)?;
    Ok(json(api.engine.render(&job, false, false)?))
}

/// `POST /v1/jobs/{id}/cancel`; a body is not looked at.
pub(super) fn cancel(api: &Api, call: &mut Call<'_, '_>) -> Result<Response, ApiError> {
    let includes = Includes::read(&Query::parse(&call.request.query))?;
    let job = api.engine.cancel(&call.organization, call.id())?;
    Ok(changed(api, &job, includes, None))
}

/// `POST /v1/jobs/{id}/retry`; a body is not looked at.
pub(super) fn retry(api: &Api, call: &mut Call<'_, '_>) -> Result<Response, ApiError> {
    let includes = Includes::read(&Query::parse(&call.request.query))?;
    let job = api.engine.retry(&call.organization, call.id())?;
    Ok(changed(api, &job, includes, None))
}

fn find(api: &Api, call: &Call<'_, '_>, query: &Query) -> Result<Job, ApiError> {
    let wait_s = query.number("wait", 0..=limits::WAIT_SECONDS_MAX)?.unwrap_or(0);
    let (organization, id) = (&call.organization, call.id());
    // Without a place to wait the job is shown as it is; the client asks again.
    let job = match wait_s {
        1.. if call.request.may_wait => {
            api.engine.wait(organization, id, Duration::from_secs(wait_s))
        }
        _ => api.engine.get(organization, id),
    };
    Ok(job?)
}

/// A job with what the client wants to see of it. Clients that predate the parameters
/// cannot read a job without its request, so nothing said means everything.
fn show(api: &Api, job: &Job, includes: Includes) -> Result<PayloadReader, EngineError> {
    let with_response = match api.response_policy {
        ResponsePolicy::OnceEnded => true,
        ResponsePolicy::AsAsked => includes.response.unwrap_or(true),
    };
    api.engine.render(job, includes.request.unwrap_or(true), with_response)
}

/// The answer about a change that is on disk.
fn changed(api: &Api, job: &Job, includes: Includes, request: Option<&RequestBody>) -> Response {
    let shown = match request {
        Some(request) => api.engine.render_with(job, request, true),
        None => show(api, job, includes),
    };
    let shown = shown.or_else(|error| {
        tracing::warn!(job = %job.id, %error, "a job is shown without its request");
        api.engine.render_with(job, &RequestBody::from_text("{}"), false)
    });
    match shown {
        Ok(reader) => json(reader),
        // Without a response there is nothing left that could fail.
        Err(_) => Response::json(200, "{}"),
    }
}

/// An answer that is in memory goes out in one piece; documents are read while they are
/// sent.
pub(super) fn json(mut reader: PayloadReader) -> Response {
    let length = reader.length();
    let body = match length {
        Some(length) if length <= ONE_PIECE_BYTES_MAX => {
            let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
            match reader.read_to_end(&mut bytes) {
                Ok(_) => ResponseBody::Bytes(bytes),
                // Cannot happen in memory; if it does, the client sees a broken answer.
                Err(_) => ResponseBody::Live(Box::new(reader)),
            }
        }
        Some(length) => ResponseBody::Stream(Box::new(reader), length),
        None => ResponseBody::Live(Box::new(reader)),
    };
    Response { body, ..Response::json(200, Vec::new()) }
}

fn idempotency_key(request: &Request<'_>) -> Result<Option<String>, ApiError> {
    let Some(key) = request.header("idempotency-key") else { return Ok(None) };
    let most = limits::IDEMPOTENCY_KEY_BYTES_MAX;
    let fits = (1..=most).contains(&key.len());
    if !fits || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        let text = format!("Idempotency-Key must be 1 to {most} visible ASCII characters");
        return Err(ApiError::invalid("Idempotency-Key", &text));
    }
    Ok(Some(key.to_owned()))
}
