//! One HTTP exchange as the handlers see it: a checked request and the answer to it.
//!
//! Owns the types between the server side (gate, tiny_http) and the API side
//! (router, handlers). It must not know sockets, tiny_http, routes or jobs.

use std::fmt;
use std::io::Read;
use std::net::IpAddr;

/// A whole, checked request head with its body still to be read.
pub struct Request<'a> {
    /// Upper-case method token, such as `GET`.
    pub method: String,
    /// Percent-encoded path without the query, beginning with `/`.
    pub path: String,
    /// Raw query text after `?`, empty when there is none.
    pub query: String,
    /// Header fields in order of arrival; names are lower-case.
    pub headers: Vec<(String, String)>,
    /// Length of the body, in bytes; `None` for a chunked body that is still arriving.
    pub body_length: Option<u64>,
    /// The body. It ends where the body ends; an error means the client broke off.
    pub body: &'a mut dyn Read,
    /// Address of the peer, as the gate saw it.
    pub peer: Option<IpAddr>,
    /// `req_…`, made by the gate or taken from the client when it is safe.
    pub request_id: String,
    /// Whether a request that [`Service::waits`] has a place to do so. Without one it
    /// must be answered at once.
    pub may_wait: bool,
}

impl Request<'_> {
    /// The first value of a header field, looked up by its lower-case name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers may carry a key, so they stay out of every log.
        write!(formatter, "{} {} ({})", self.method, self.path, self.request_id)
    }
}

/// Where the bytes of an answer come from.
pub enum ResponseBody {
    /// All of it, in memory.
    Bytes(Vec<u8>),
    /// A stream of known length, in bytes.
    Stream(Box<dyn Read + Send>, u64),
    /// A stream that ends when it ends; sent in chunks, each as soon as it is read.
    Live(Box<dyn Read + Send>),
}

/// An answer: status, header fields, body.
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Header fields besides `Content-Length`, `Connection`, `Date` and `x-request-id`,
    /// which the server writes.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: ResponseBody,
}

impl Response {
    /// An answer of JSON text. The type is exactly `application/json`: the Node client
    /// compares it for equality.
    #[must_use]
    pub fn json(status: u16, text: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: vec![("Content-Type", "application/json".to_owned())],
            body: ResponseBody::Bytes(text.into()),
        }
    }

    /// The same answer with one more header field.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Response {}", self.status)
    }
}

/// What answers requests. Called on many threads at once; a panic becomes a 500.
pub trait Service: Send + Sync + 'static {
    /// Answers one request. The handler may leave the body unread.
    fn call(&self, request: &mut Request<'_>) -> Response;

    /// Whether a request may hold its place for long: a long poll, an event stream. Such
    /// requests have a limited number of places, so that they cannot keep out the rest;
    /// see [`Request::may_wait`]. Called before the body is read; it should be quick.
    fn waits(&self, method: &str, path: &str, query: &str) -> bool {
        let _ = (method, path, query);
        false
    }
}
