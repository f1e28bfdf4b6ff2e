//! What the gate itself answers when a request may not pass.
//!
//! Owns the statuses, codes and texts of these answers and their bytes on the wire. It
//! must not know sockets or when a refusal is due.

use serde_json::json;

use super::head::Asked;

/// Why a request was not let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The request breaks a rule of HTTP; the text names the rule.
    Malformed(&'static str),
    /// Head or body did not arrive in time.
    TooSlow,
    /// The body is, or grew, larger than the limit, in bytes.
    BodyTooLarge(u64),
    /// The request target is too long.
    TargetTooLong,
    /// An `Expect` other than `100-continue`.
    Expectation,
    /// The head has too many bytes or fields.
    HeadTooLarge,
    /// A feature of HTTP that is not offered; the text names it.
    NotOffered(&'static str),
    /// No relay became free in time.
    Busy,
    /// The connection cap is reached.
    TooManyConnections,
    /// The handlers gave no answer, or a broken one.
    HandlerFailed,
    /// The handler did not answer in time.
    HandlerTooSlow,
    /// A version other than HTTP/1.0 and HTTP/1.1.
    Version,
}

impl Refusal {
    /// Status code.
    pub(crate) const fn status(self) -> u16 {
        match self {
            Self::Malformed(_) => 400,
            Self::TooSlow => 408,
            Self::BodyTooLarge(_) => 413,
            Self::TargetTooLong => 414,
            Self::Expectation => 417,
            Self::HeadTooLarge => 431,
            Self::HandlerFailed => 500,
            Self::NotOffered(_) => 501,
            Self::Busy | Self::TooManyConnections => 503,
            Self::HandlerTooSlow => 504,
            Self::Version => 505,
        }
    }

    /// Machine-readable code of the error body, also the label of the counter.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Malformed(_) => "bad_request",
            Self::TooSlow => "request_timeout",
            Self::BodyTooLarge(_) => "payload_too_large",
            Self::TargetTooLong => "uri_too_long",
            Self::Expectation => "expectation_failed",
            Self::HeadTooLarge => "header_fields_too_large",
            Self::HandlerFailed => "internal_error",
            Self::NotOffered(_) => "not_implemented",
            Self::Busy => "server_busy",
            Self::TooManyConnections => "too_many_connections",
            Self::HandlerTooSlow => "handler_timeout",
            Self::Version => "http_version_not_supported",
        }
    }

    fn message(self) -> String {
        match self {
            Self::Malformed(rule) => format!("The request is not valid HTTP: {rule}."),
            Self::TooSlow => "The request did not arrive in time; send it again.".to_owned(),
            Self::BodyTooLarge(limit) => {
                format!("The request body is larger than {limit} bytes; send a smaller document.")
            }
            Self::TargetTooLong => "The request target is too long; shorten the query.".to_owned(),
            Self::Expectation => "Only the expectation 100-continue is known.".to_owned(),
            Self::HeadTooLarge => "The request has too many or too long header fields.".to_owned(),
            Self::HandlerFailed => "The request could not be answered; see the log.".to_owned(),
            Self::NotOffered(what) => format!("This server does not offer {what}."),
            Self::Busy => "All handlers are busy; send the request again in a moment.".to_owned(),
            Self::TooManyConnections => {
                "Too many connections are open; close some or reuse them.".to_owned()
            }
            Self::HandlerTooSlow => "The request took too long to answer.".to_owned(),
            Self::Version => "This server speaks HTTP/1.1 and HTTP/1.0 only.".to_owned(),
        }
    }

    /// The whole answer as it goes over the wire; it always closes the connection.
    pub(crate) fn render(self, asked: &Asked) -> Vec<u8> {
        let detail = json!({"code": self.code(), "message": self.message(), "details": null});
        let body = json!({ "detail": detail }).to_string();
        let status = self.status();
        let retry = if status == 503 { "Retry-After: 1\r\n" } else { "" };
        let mut answer = format!(
            "HTTP/1.1 {status} {}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
             x-request-id: {}\r\n{retry}Connection: close\r\n\r\n",
            reason(status),
            body.len(),
            asked.request_id,
        );
        if !asked.is_head {
            answer.push_str(&body);
        }
        answer.into_bytes()
    }
}

/// The reason phrase of a status code (RFC 9110, section 15).
pub(crate) const fn reason(status: u16) -> &'static str {
    match status {
        100 => "Continue",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        206 => "Partial Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        417 => "Expectation Failed",
        422 => "Unprocessable Content",
        425 => "Too Early",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        507 => "Insufficient Storage",
        _ => "Status",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
    use super::*;

    fn asked(is_head: bool) -> Asked {
        Asked { request_id: "req_1".to_owned(), is_head }
    }

    #[test]
    fn a_refusal_is_json_in_the_shape_the_clients_read() {
        let answer = String::from_utf8(Refusal::Malformed("no Host").render(&asked(false)));
        let answer = answer.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 400 Bad Request\r\n"));
        assert!(head.contains("\r\nContent-Type: application/json\r\n"));
        assert!(head.contains("\r\nx-request-id: req_1\r\n"));
        assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())));
        assert!(head.ends_with("Connection: close"));
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["detail"]["code"], "bad_request");
        assert!(body["detail"]["message"].as_str().unwrap().contains("no Host"));
        assert!(body["detail"]["details"].is_null());
    }

    #[test]
    fn a_refusal_of_head_announces_a_body_and_sends_none() {
        let answer = String::from_utf8(Refusal::Busy.render(&asked(true))).unwrap();
        assert!(answer.ends_with("\r\n\r\n"));
        assert!(answer.contains("Retry-After: 1\r\n"));
        assert!(!answer.contains("Content-Length: 0\r\n"));
    }
}
