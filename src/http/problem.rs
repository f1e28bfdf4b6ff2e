//! From an error to the answer that tells of it. The only place that does this.
//!
//! The official client repeats a call on every 5xx, without an idempotency key. So a 5xx
//! is used only where certainly nothing was stored and a repeat may help, with two
//! exceptions: a commit whose outcome is unknown says so by its own code, and the store
//! then refuses every write, so that repeats cannot pile up. What a repeat cannot mend
//! is a 4xx.

use crate::base::secret::API_KEY_PREFIX;
use crate::job::model::JobError;
use crate::job::wire::ErrorBody;
use crate::queue::{EngineError, StoreError};

use super::exchange::Response;

/// Why a request is not answered with what it asked for.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The engine said no.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// No key, or one that is not known.
    #[error("{}", unauthorized(*.has_key))]
    Unauthorized {
        /// Whether a key came at all.
        has_key: bool,
    },
    /// The body is said to be something else than JSON.
    #[error("the body must be JSON; send it as \"Content-Type: application/json\", not {0:?}")]
    NotJson(String),
    /// It comes from a web page, or under a name that is not this machine's.
    #[error(
        "{field} {value:?} is not of this server, and without API keys it answers no web pages \
         from elsewhere; start it with --allowed-hosts NAME if the name is its own, or make a \
         key (docspool keys create)"
    )]
    Foreign {
        /// `Host` or `Origin`.
        field: &'static str,
        /// What stood there.
        value: String,
    },
    /// No route has that path.
    #[error("there is nothing at {0:?}; the Jobs API is at /v1/jobs")]
    NoRoute(String),
    /// The path has no such method.
    #[error("{path:?} answers {allowed} only")]
    WrongMethod {
        /// The path that was asked.
        path: String,
        /// Its methods, as they stand in `Allow`.
        allowed: String,
    },
}

impl ApiError {
    /// A `validation_error` about one field or parameter.
    #[must_use]
    pub fn invalid(field: &str, message: &str) -> Self {
        EngineError::Invalid(crate::job::envelope::invalid(field, message)).into()
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        EngineError::from(error).into()
    }
}

fn unauthorized(has_key: bool) -> String {
    let what = if has_key { "this API key is not known" } else { "an API key is needed" };
    format!(
        "{what}; send one as \"Api-Key: {API_KEY_PREFIX}…\" or \"Authorization: Bearer \
         {API_KEY_PREFIX}…\" (docspool keys create makes one)"
    )
}

/// Status, code, and the seconds after which a repeat may be worth it.
struct Shape(u16, &'static str, Option<u32>);

/// The answer that tells of an error.
#[must_use]
pub fn respond(error: &ApiError) -> Response {
    let Shape(status, code, repeat) = shape(error);
    let detail = detail(error, code);
    // Strings and JSON values always serialize.
    let body = serde_json::to_vec(&ErrorBody::new(&detail)).unwrap_or_default();
    let mut response = Response::json(status, body);
    if let Some(seconds) = repeat {
        response = response.with_header("Retry-After", seconds.to_string());
    }
    match error {
        ApiError::WrongMethod { allowed, .. } => response.with_header("Allow", allowed.clone()),
        ApiError::Unauthorized { .. } => response.with_header("WWW-Authenticate", "Bearer"),
        _ => response,
    }
}

/// What the client reads. An error that has a code of its own keeps it.
fn detail(error: &ApiError, code: &str) -> JobError {
    match error {
        ApiError::Engine(EngineError::Invalid(error) | EngineError::Call(error)) => error.clone(),
        ApiError::Engine(EngineError::TooLarge(bytes)) => {
            JobError::new(code, error.to_string()).with_detail("limit_bytes", *bytes)
        }
        ApiError::Engine(EngineError::Store(StoreError::Refused(refused))) => {
            JobError::new(code, error.to_string()).with_detail("status", refused.from.name())
        }
        _ => JobError::new(code, error.to_string()),
    }
}

fn shape(error: &ApiError) -> Shape {
    match error {
        ApiError::Engine(error) => engine_shape(error),
        ApiError::Unauthorized { has_key: false } => Shape(401, "api_key_missing", None),
        ApiError::Unauthorized { has_key: true } => Shape(401, "api_key_unknown", None),
        ApiError::Foreign { field: "Host", .. } => Shape(403, "host_not_allowed", None),
        ApiError::Foreign { .. } => Shape(403, "origin_not_allowed", None),
        ApiError::NotJson(_) => Shape(415, "unsupported_content_type", None),
        ApiError::NoRoute(_) => Shape(404, "route_not_found", None),
        ApiError::WrongMethod { .. } => Shape(405, "method_not_allowed", None),
    }
}

fn engine_shape(error: &EngineError) -> Shape {
    match error {
        EngineError::Invalid(_) => Shape(422, "validation_error", None),
        EngineError::NotServed(_) => Shape(422, "endpoint_not_served", None),
        EngineError::TooLarge(_) => Shape(413, "payload_too_large", None),
        EngineError::BrokenOff(_) => Shape(400, "body_incomplete", None),
        EngineError::Busy(_) => Shape(503, "server_busy", Some(1)),
        EngineError::KeyReused => Shape(422, "idempotency_key_reused", None),
        EngineError::Store(error) => store_shape(error),
        EngineError::Call(error) => Shape(call_status(&error.code), "call_failed", None),
        _ => Shape(500, "internal_error", None),
    }
}

fn store_shape(error: &StoreError) -> Shape {
    match error {
        StoreError::NotFound(_) => Shape(404, "job_not_found", None),
        StoreError::NoResource("project", _) => Shape(404, "project_not_found", None),
        StoreError::NoResource(..) => Shape(404, "template_not_found", None),
        StoreError::Refused(_) => Shape(400, "invalid_state", None),
        StoreError::RequestGone => Shape(400, "request_gone", None),
        StoreError::NotStored(_) => Shape(503, "not_stored", Some(1)),
        StoreError::Closed => Shape(503, "shutting_down", Some(5)),
        StoreError::ReadOnly(_) => Shape(503, "read_only", Some(30)),
        StoreError::DiskFull => Shape(507, "disk_full", Some(30)),
        StoreError::OutcomeUnknown(_) => Shape(500, "outcome_unknown", None),
        _ => Shape(500, "store_failed", None),
    }
}

/// The status of a direct call that ended with an error. The same document would end the
/// same way again, so only what is the fault of the server, or of the model's, is a 5xx.
fn call_status(code: &str) -> u16 {
    match code {
        "worker_lost" | "internal_error" => 500,
        "model_unreachable" | "model_unavailable" | "model_rate_limited" => 502,
        "model_timeout" => 504,
        "project_not_found" | "template_not_found" => 404,
        _ => 422,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;
    use crate::http::exchange::ResponseBody;
    use crate::job::State;
    use crate::job::state::{Event, Refused};

    fn answer(error: impl Into<ApiError>) -> (u16, serde_json::Value, Vec<(&'static str, String)>) {
        let response = respond(&error.into());
        let ResponseBody::Bytes(bytes) = response.body else { panic!("not in memory") };
        (response.status, serde_json::from_slice(&bytes).unwrap(), response.headers)
    }

    #[test]
    fn every_error_has_a_status_a_code_and_a_text() {
        let refused = Refused { from: State::Completed, event: Event::Cancelled };
        let cases: Vec<(ApiError, u16, &str)> = vec![
            (ApiError::invalid("limit", "no"), 422, "validation_error"),
            (EngineError::NotServed("x".into()).into(), 422, "endpoint_not_served"),
            (EngineError::TooLarge(5).into(), 413, "payload_too_large"),
            (EngineError::KeyReused.into(), 422, "idempotency_key_reused"),
            (EngineError::Busy("x".into()).into(), 503, "server_busy"),
            (StoreError::NotFound("job_1".into()).into(), 404, "job_not_found"),
            (StoreError::from(refused).into(), 400, "invalid_state"),
            (StoreError::RequestGone.into(), 400, "request_gone"),
            (StoreError::OutcomeUnknown("x".into()).into(), 500, "outcome_unknown"),
            (StoreError::ReadOnly("x".into()).into(), 503, "read_only"),
            (StoreError::DiskFull.into(), 507, "disk_full"),
            (ApiError::NotJson("text/plain".into()), 415, "unsupported_content_type"),
            (ApiError::NoRoute("/x".into()), 404, "route_not_found"),
            (ApiError::Unauthorized { has_key: false }, 401, "api_key_missing"),
        ];
        for (error, status, code) in cases {
            let text = error.to_string();
            let (found, body, headers) = answer(error);
            assert_eq!((found, body["detail"]["code"].as_str().unwrap()), (status, code));
            assert_eq!(body["detail"]["message"], text);
            let details = &body["detail"]["details"];
            assert!(details.is_object() || details.is_null());
            assert_eq!(headers[0], ("Content-Type", "application/json".to_owned()));
            let has_retry = headers.iter().any(|(name, _)| *name == "Retry-After");
            assert_eq!(has_retry, matches!(status, 503 | 507), "{code}");
        }
    }

    #[test]
    fn a_refused_change_names_the_state_the_job_is_in() {
        let refused = Refused { from: State::Completed, event: Event::Cancelled };
        let (_, body, _) = answer(StoreError::from(refused));
        assert_eq!(body["detail"]["details"]["status"], "completed");
    }

    #[test]
    fn an_error_of_a_call_keeps_its_code_and_is_repeated_only_if_that_may_help() {
        for (code, status) in
            [("validation_error", 422), ("password_required", 422), ("deadline_exceeded", 422)]
                .into_iter()
                .chain([("worker_lost", 500), ("processor_crashed", 422)])
                .chain([("model_timeout", 504), ("model_unreachable", 502), ("model_refused", 422)])
        {
            let (found, body, _) = answer(EngineError::Call(JobError::new(code, "why")));
            assert_eq!((found, &body["detail"]["code"]), (status, &code.into()));
        }
    }

    #[test]
    fn a_wrong_method_says_which_are_right() {
        let error = ApiError::WrongMethod { path: "/v1/jobs".into(), allowed: "GET, POST".into() };
        let (status, _, headers) = answer(error);
        assert_eq!(status, 405);
        assert!(headers.contains(&("Allow", "GET, POST".to_owned())));
    }
}
