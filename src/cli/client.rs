//! Talking to a server over HTTP.
//!
//! Owns addresses, the key, and the turning of answers into failures.

use std::io::Read;
use std::time::Duration;

use serde_json::Value;
use ureq::http::Method;

use super::config::Config;
use super::exit::Exit;
use super::failure::Failure;
use super::stream::JsonStream;

/// The largest answer that is read, in bytes: a response, its request and their JSON.
const ANSWER_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// How long the server may take to begin an answer beyond what it was asked to wait.
const PATIENCE: Duration = Duration::from_secs(60);
/// Bodies from this size on ask the server first whether it will take them, in bytes.
const ASK_FIRST_BYTES: u64 = 256 * 1024;

/// A server and the key for it.
pub(crate) struct Client {
    agent: ureq::Agent,
    url: String,
    key: Option<String>,
}

impl Client {
    pub(crate) fn new(config: &Config) -> Self {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_connect(Some(Duration::from_secs(10)))
            .user_agent(concat!("docspool/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Self { agent, url: config.url.clone(), key: config.api_key.clone() }
    }

    /// Reads something. `wait` is how long the server was asked to hold the answer back.
    pub(crate) fn get(&self, path: &str, wait: Duration) -> Result<Vec<u8>, Failure> {
        self.send(Method::GET, path, wait, &[], None)
    }

    /// Asks for a change that needs no body.
    pub(crate) fn post(&self, path: &str) -> Result<Vec<u8>, Failure> {
        self.send(Method::POST, path, Duration::ZERO, &[], None)
    }

    /// Sends a small JSON body.
    pub(crate) fn send_json(
        &self,
        method: Method,
        path: &str,
        body: &Value,
    ) -> Result<Vec<u8>, Failure> {
        let mut stream = JsonStream::default();
        stream.push(&body.to_string());
        self.send(method, path, Duration::ZERO, &[], Some(stream))
    }

    /// Deletes something.
    pub(crate) fn delete(&self, path: &str) -> Result<Vec<u8>, Failure> {
        self.send(Method::DELETE, path, Duration::ZERO, &[], None)
    }

    /// Sends a body.
    pub(crate) fn post_stream(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        body: JsonStream,
    ) -> Result<Vec<u8>, Failure> {
        self.send(Method::POST, path, Duration::ZERO, headers, Some(body))
    }

    fn send(
        &self,
        method: Method,
        path: &str,
        wait: Duration,
        headers: &[(&str, &str)],
        body: Option<JsonStream>,
    ) -> Result<Vec<u8>, Failure> {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url))
            .header("Content-Type", "application/json");
        if let Some(key) = &self.key {
            request = request.header("Api-Key", key);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let length = body.as_ref().map_or(0, JsonStream::length);
        request = request.header("Content-Length", length);
        if length >= ASK_FIRST_BYTES {
            request = request.header("Expect", "100-continue");
        }
        let body = match body {
            Some(body) => ureq::SendBody::from_owned_reader(body),
            None => ureq::SendBody::none(),
        };
        let request = request
            .body(body)
            .map_err(|error| Failure::usage(format!("the request cannot be made: {error}")))?;
        let request = self
            .agent
            .configure_request(request)
            .timeout_recv_response(Some(wait + PATIENCE))
            .build();
        let mut response = self.agent.run(request).map_err(|error| self.unreachable(&error))?;
        let mut bytes = Vec::new();
        let limited = response.body_mut().with_config().limit(ANSWER_BYTES_MAX);
        limited.reader().read_to_end(&mut bytes).map_err(|error| {
            Failure::new(Exit::Unreachable, format!("the answer broke off: {error}"))
        })?;
        match response.status().as_u16() {
            200..=299 => Ok(bytes),
            status => Err(refusal(status, &bytes)),
        }
    }

    fn unreachable(&self, error: &ureq::Error) -> Failure {
        let text = format!("the server at {} cannot be reached: {error}", self.url);
        Failure::new(Exit::Unreachable, text)
            .hint("start one with: docspool serve")
            .hint("or name another with --url or DOCSPOOL_URL")
    }
}

/// What a server's refusal means for the person who typed the command.
fn refusal(status: u16, body: &[u8]) -> Failure {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let detail = |name: &str| body.pointer(&format!("/detail/{name}")).and_then(Value::as_str);
    let exit = match status {
        401 | 403 => Exit::Auth,
        404 => Exit::NotFound,
        422 => Exit::Usage,
        500 => Exit::Bug,
        _ => Exit::Refused,
    };
    let message = match (detail("message"), detail("code")) {
        (Some(message), Some(code)) => format!("{message} ({code})"),
        _ => format!("the server answered with status {status}"),
    };
    let failure = Failure::new(exit, message);
    match exit {
        Exit::Auth => failure.hint("set DOCSPOOL_API_KEY, or DOCSPOOL_API_KEY_FILE"),
        _ => failure,
    }
}

/// Text as it may stand in a query or a path segment.
pub(crate) fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}
