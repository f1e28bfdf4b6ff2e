//! One conversation with a server over HTTP: sending, waiting, sending again, giving up.
//!
//! Owns timeouts, pauses between tries and the way to end a call from another thread. It
//! must not know what is asked nor what an answer means.

use std::io::Read as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use ureq::{Agent, Body, Timeout, http::Response};

use super::error::ModelError;
use super::pause;
use super::settings::ModelSettings;
use crate::base::limits;

/// The connections of one piece of work, which end together.
pub(super) struct Line<'a> {
    settings: &'a ModelSettings,
    agent: Agent,
    is_cut: AtomicBool,
}

/// Why a request has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The server answered with this status and this text.
    Status(u16, String),
    /// It did not answer.
    Lost(ModelError),
}

/// What one sending led to.
enum Sent {
    Answer(Value),
    Fault(Fault),
    /// Worth another try, after what the server asked for, in milliseconds.
    Again(Fault, Option<u64>),
}

impl<'a> Line<'a> {
    pub(super) fn new(settings: &'a ModelSettings) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            // The key goes to the server that was named, and nowhere else.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .tls_config(settings.tls())
            .user_agent(concat!("docspool/", env!("CARGO_PKG_VERSION")))
            .timeout_resolve(Some(Duration::from_millis(limits::MODEL_CONNECT_MS)))
            .timeout_connect(Some(Duration::from_millis(limits::MODEL_CONNECT_MS)))
            .timeout_global(Some(Duration::from_millis(settings.exchange_ms())))
            .build();
        Self { settings, agent: config.into(), is_cut: AtomicBool::new(false) }
    }

    /// Ends every call on this line at once: its sockets are closed. None is made after.
    pub(super) fn cut(&self) {
        self.is_cut.store(true, Ordering::Release);
        self.agent.clone().shutdown();
    }

    fn is_cut(&self) -> bool {
        self.is_cut.load(Ordering::Acquire)
    }

    pub(super) fn settings(&self) -> &'a ModelSettings {
        self.settings
    }

    /// Posts JSON to a path of the API and reads the JSON that comes back. What may pass by
    /// itself is tried again; a 500 so often that it is sent `failures` times in all, since
    /// some servers answer so to what they do not understand.
    pub(super) fn post(&self, path: &str, body: &Value, failures: u32) -> Result<Value, Fault> {
        let bytes = body.to_string();
        let most = |fault: &Fault| match fault {
            Fault::Status(500, _) => failures,
            _ => limits::MODEL_SENDS_MAX,
        };
        self.repeat(&most, || self.request("POST", path, Some(&bytes)))
    }

    /// Gets JSON from a path of the API.
    pub(super) fn get(&self, path: &str) -> Result<Value, Fault> {
        self.repeat(&|_| 1, || self.request("GET", path, None))
    }

    fn repeat(
        &self,
        most: &dyn Fn(&Fault) -> u32,
        send: impl Fn() -> Sent,
    ) -> Result<Value, Fault> {
        let mut sent = 1;
        loop {
            if self.is_cut() {
                return Err(Fault::Lost(ModelError::Cancelled));
            }
            let (fault, asked_ms) = match send() {
                Sent::Answer(value) => return Ok(value),
                // Cutting a line breaks what runs on it.
                _ if self.is_cut() => return Err(Fault::Lost(ModelError::Cancelled)),
                Sent::Fault(fault) => return Err(fault),
                Sent::Again(fault, asked_ms) => (fault, asked_ms),
            };
            // A pause longer than ours is not worth holding a worker for.
            let is_too_long = asked_ms.is_some_and(|ms| ms > limits::MODEL_PAUSE_MAX_MS);
            if sent >= most(&fault) || is_too_long {
                return Err(fault);
            }
            self.sleep(asked_ms.unwrap_or_else(|| pause::backoff_ms(sent)));
            sent += 1;
        }
    }

    fn sleep(&self, mut left_ms: u64) {
        while left_ms > 0 && !self.is_cut() {
            let now_ms = left_ms.min(limits::MODEL_LOOK_MS);
            std::thread::sleep(Duration::from_millis(now_ms));
            left_ms -= now_ms;
        }
    }

    fn request(&self, method: &str, path: &str, body: Option<&str>) -> Sent {
        let url = format!("{}{path}", self.settings.url());
        let mut request = ureq::http::Request::builder().method(method).uri(url);
        if let Some(key) = self.settings.key() {
            request = request.header("Authorization", format!("Bearer {}", key.expose()));
        }
        let answered = match body {
            Some(body) => request
                .header("Content-Type", "application/json")
                .body(body)
                .map_err(ureq::Error::Http)
                .and_then(|request| self.agent.run(request)),
            None => request
                .body(())
                .map_err(ureq::Error::Http)
                .and_then(|request| self.agent.run(request)),
        };
        match answered.and_then(read) {
            Ok(answer) => self.judge(answer),
            Err(error) => self.broken(&error),
        }
    }

    fn judge(&self, answer: Answer) -> Sent {
        let Answer { status, retry_after_ms, text } = answer;
        if (200..300).contains(&status) {
            return match serde_json::from_str(&text) {
                Ok(value) => Sent::Answer(value),
                Err(_) => {
                    let said = "it answered something else than JSON".to_owned();
                    Sent::Again(Fault::Status(status, said), None)
                }
            };
        }
        let is_quota = text.contains("insufficient_quota") || text.contains("billing");
        let fault = Fault::Status(status, self.settings.quotable(&said(&text)));
        match status {
            429 if is_quota => Sent::Fault(fault),
            408 | 409 | 425 | 429 | 500 | 502 | 503 | 504 | 529 => {
                Sent::Again(fault, retry_after_ms)
            }
            _ => Sent::Fault(fault),
        }
    }

    fn broken(&self, error: &ureq::Error) -> Sent {
        match error {
            ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve) => Sent::Again(
                Fault::Lost(ModelError::Unreachable("connecting took too long".to_owned())),
                None,
            ),
            // What took this long once will do so again.
            ureq::Error::Timeout(_) => {
                Sent::Fault(Fault::Lost(ModelError::Timeout(self.settings.exchange_ms())))
            }
            ureq::Error::HostNotFound => Sent::Again(
                Fault::Lost(ModelError::Unreachable("its name is not known".to_owned())),
                None,
            ),
            ureq::Error::BodyExceedsLimit(_) => Sent::Fault(Fault::Lost(
                ModelError::InvalidAnswer("it is larger than any answer may be".to_owned()),
            )),
            ureq::Error::Http(_) | ureq::Error::BadUri(_) => {
                let said = "the address or the key holds characters that HTTP has not";
                Sent::Fault(Fault::Lost(ModelError::Unreachable(said.to_owned())))
            }
            other => {
                let said = self.settings.quotable(&other.to_string());
                Sent::Again(Fault::Lost(ModelError::Unreachable(said)), None)
            }
        }
    }
}

struct Answer {
    status: u16,
    retry_after_ms: Option<u64>,
    text: String,
}

fn read(response: Response<Body>) -> Result<Answer, ureq::Error> {
    let status = response.status().as_u16();
    let header = |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok());
    let retry_after_ms = header("retry-after-ms")
        .and_then(|text| text.trim().parse().ok())
        .or_else(|| header("retry-after").and_then(pause::asked_ms));
    let mut text = Vec::new();
    let body = response.into_body().into_with_config().limit(limits::MODEL_ANSWER_BYTES_MAX);
    body.reader().read_to_end(&mut text).map_err(ureq::Error::from)?;
    Ok(Answer { status, retry_after_ms, text: String::from_utf8_lossy(&text).into_owned() })
}

/// The message of an error, wherever the dialect has it.
fn said(text: &str) -> String {
    let Ok(value) = serde_json::from_str::<Value>(text) else { return text.to_owned() };
    let places = ["/error/message", "/message", "/error", "/detail/0/msg", "/detail"];
    let found = places.iter().find_map(|place| value.pointer(place).and_then(Value::as_str));
    let code = value.pointer("/error/code").and_then(Value::as_str);
    match (found, code) {
        (Some(message), Some(code)) => format!("{message} ({code})"),
        (Some(message), None) => message.to_owned(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::said;

    #[test]
    fn the_message_of_an_error_is_found_in_every_dialect() {
        for (text, found) in [
            (r#"{"error":{"message":"no","code":"bad"}}"#, "no (bad)"),
            (r#"{"error":"no"}"#, "no"),
            (r#"{"object":"error","message":"no","code":40}"#, "no"),
            (r#"{"detail":[{"msg":"no"}]}"#, "no"),
            ("<html>no", "<html>no"),
        ] {
            assert_eq!(said(text), found);
        }
    }
}
