//! A request head: the bytes up to the empty line, parsed and checked.
//!
//! Owns the strict reading of heads (RFC 9112, sections 2 to 6) and the head that is
//! written to tiny_http in place of what the client sent. It must not know sockets,
//! deadlines or body limits. `httparse` splits the lines; the rules that decide where a
//! request ends, and that no two readers may see differently, are stricter and here.

use ulid::Ulid;

use super::refusal::Refusal;
use super::target;
use crate::base::limits::{
    HEAD_FIELDS_MAX, METHOD_BYTES_MAX, REQUEST_ID_BYTES_MAX, TARGET_BYTES_MAX,
};

/// Fields that never pass: they speak about this connection only, or the gate sets them.
const CONNECTION_FIELDS: [&str; 11] = [
    "connection",
    "content-length",
    "expect",
    "http2-settings",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-request-id",
];

/// Begins the names of fields that only the gate may set.
pub(crate) const PRIVATE_PREFIX: &str = "x-docspool-";

/// How the body behind a head is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// No body.
    None,
    /// So many bytes.
    Length(u64),
    /// The chunked coding.
    Chunked,
}

/// A checked head.
#[derive(Debug)]
pub(crate) struct Head {
    /// Method, upper-case.
    pub(crate) method: String,
    /// Target in origin form.
    pub(crate) target: String,
    /// The fields that may pass, as lines `name: value CR LF`.
    pub(crate) lines: Vec<u8>,
    /// Whether the client speaks HTTP/1.0.
    pub(crate) is_http10: bool,
    /// Whether the client wants the connection kept.
    pub(crate) keep_alive: bool,
    /// Framing of the body.
    pub(crate) framing: Framing,
    /// Whether the client waits for `100 Continue` before its body.
    pub(crate) expects_continue: bool,
    /// The client's request id when it is safe, else a new one.
    pub(crate) request_id: String,
}

/// What a refusal must know about the request it answers.
#[derive(Debug)]
pub(crate) struct Asked {
    /// Id of the request.
    pub(crate) request_id: String,
    /// Whether the method is `HEAD`, so that no body may follow the head of the answer.
    pub(crate) is_head: bool,
}

impl Asked {
    /// A request of which only the first bytes, if any, can be trusted.
    pub(crate) fn in_vain(bytes: &[u8]) -> Self {
        Self { request_id: new_request_id(), is_head: bytes.starts_with(b"HEAD ") }
    }
}

impl From<&Head> for Asked {
    fn from(head: &Head) -> Self {
        Self { request_id: head.request_id.clone(), is_head: head.is_head() }
    }
}

impl Head {
    /// Path and query of the target.
    pub(crate) fn path_and_query(&self) -> (&str, &str) {
        split_target(&self.target)
    }

    /// Begins the head that tiny_http reads: the request line, and the field that names
    /// the link it comes by.
    pub(crate) fn begin(&self, link: &str, output: &mut Vec<u8>) {
        write_first_lines(&self.method, &self.target, link, output);
    }

    /// Whether the answer has no body whatever its head says.
    pub(crate) fn is_head(&self) -> bool {
        self.method == "HEAD"
    }
}

/// See [`Head::begin`].
pub(crate) fn write_first_lines(method: &str, target: &str, link: &str, output: &mut Vec<u8>) {
    let line = [method, " ", target, " HTTP/1.1\r\n", PRIVATE_PREFIX, "link: ", link, "\r\n"];
    line.iter().for_each(|part| output.extend_from_slice(part.as_bytes()));
}

/// Path and query of a target in origin form.
pub(crate) fn split_target(target: &str) -> (&str, &str) {
    target.split_once('?').unwrap_or((target, ""))
}

/// A new request id, `req_` and a ULID.
pub(crate) fn new_request_id() -> String {
    format!("req_{}", Ulid::generate())
}

/// Parses and checks a head; `block` ends with the empty line and holds nothing after it.
pub(crate) fn parse(block: &[u8]) -> Result<Head, Refusal> {
    check_bytes(block)?;
    check_version(block)?;
    let mut storage = [httparse::EMPTY_HEADER; HEAD_FIELDS_MAX];
    let mut parsed = httparse::Request::new(&mut storage);
    match parsed.parse(block) {
        Ok(httparse::Status::Complete(length)) if length == block.len() => {}
        Ok(_) => return Err(Refusal::Malformed("the head ends early")),
        Err(error) => return Err(refusal_of(error)),
    }
    let (Some(method), Some(target), Some(minor)) = (parsed.method, parsed.path, parsed.version)
    else {
        return Err(Refusal::Malformed("the request line is broken"));
    };
    check_method(method)?;
    if target.len() > TARGET_BYTES_MAX {
        return Err(Refusal::TargetTooLong);
    }
    let is_http10 = minor == 0;
    let mut fields = Fields::default();
    for header in parsed.headers.iter() {
        fields.take(header.name, header.value)?;
    }
    if fields.host.is_none() && !is_http10 {
        return Err(Refusal::Malformed("there is no Host field"));
    }
    let expects_continue = fields.expectation(is_http10)?;
    Ok(Head {
        method: method.to_owned(),
        target: target::origin_form(target, fields.host.as_deref())?,
        is_http10,
        keep_alive: !fields.close && (!is_http10 || fields.keep_alive),
        framing: fields.framing(is_http10)?,
        expects_continue,
        request_id: fields.request_id.unwrap_or_else(new_request_id),
        lines: fields.lines,
    })
}

/// Lines end in CR LF and nowhere else, none is folded, and nothing but printable ASCII,
/// blank and tab is in them.
fn check_bytes(block: &[u8]) -> Result<(), Refusal> {
    let mut previous = 0;
    for &byte in block {
        match (previous, byte) {
            (b'\r', b'\n') => {}
            (b'\r', _) | (_, b'\n') => {
                return Err(Refusal::Malformed("a line does not end in CR LF"));
            }
            (b'\n', b' ' | b'\t') => return Err(Refusal::Malformed("a header field is folded")),
            (_, b'\t' | b'\r' | b' '..=b'~') => {}
            (_, 0x80..) => return Err(Refusal::Malformed("the head is not ASCII")),
            _ => return Err(Refusal::Malformed("the head holds a control byte")),
        }
        previous = byte;
    }
    Ok(())
}

/// Tells a well-formed request line of another version from a broken one.
fn check_version(block: &[u8]) -> Result<(), Refusal> {
    let line = block.split(|&byte| byte == b'\r').next().unwrap_or_default();
    let version = line.rsplit(|&byte| byte == b' ').next().unwrap_or_default();
    match version {
        b"HTTP/1.1" | b"HTTP/1.0" => Ok(()),
        [b'H', b'T', b'T', b'P', b'/', major, rest @ ..]
            if major.is_ascii_digit()
                && rest.iter().all(|&byte| byte == b'.' || byte.is_ascii_digit()) =>
        {
            Err(Refusal::Version)
        }
        _ => Err(Refusal::Malformed("the request line is broken")),
    }
}

fn check_method(method: &str) -> Result<(), Refusal> {
    let is_plain = |byte: u8| byte.is_ascii_uppercase() || byte == b'-' || byte == b'_';
    if method.is_empty() || method.len() > METHOD_BYTES_MAX || !method.bytes().all(is_plain) {
        return Err(Refusal::Malformed("the method is not a word of capitals"));
    }
    if method == "CONNECT" {
        return Err(Refusal::NotOffered("tunnels"));
    }
    Ok(())
}

fn refusal_of(error: httparse::Error) -> Refusal {
    match error {
        httparse::Error::TooManyHeaders => Refusal::HeadTooLarge,
        httparse::Error::HeaderName => Refusal::Malformed("a header field has no proper name"),
        httparse::Error::HeaderValue => Refusal::Malformed("a header field has a broken value"),
        _ => Refusal::Malformed("the request line is broken"),
    }
}

/// What the header fields say, collected one by one.
#[derive(Default)]
struct Fields {
    lines: Vec<u8>,
    host: Option<String>,
    length: Option<u64>,
    coding: Option<String>,
    expect: Option<String>,
    request_id: Option<String>,
    close: bool,
    keep_alive: bool,
}

impl Fields {
    fn take(&mut self, name: &str, value: &[u8]) -> Result<(), Refusal> {
        let value = std::str::from_utf8(value)
            .map_err(|_| Refusal::Malformed("the head is not ASCII"))?
            .trim_matches([' ', '\t']);
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "host" => self.take_host(value)?,
            "content-length" => {
                let before = self.length.replace(content_length(value)?);
                once(before, "there are several Content-Length fields")?;
            }
            "transfer-encoding" => {
                let before = self.coding.replace(value.to_ascii_lowercase());
                once(before, "there are several Transfer-Encoding fields")?;
            }
            "connection" => self.take_connection(value),
            "expect" => self.expect = Some(value.to_ascii_lowercase()),
            "x-request-id" if is_safe_id(value) => self.request_id = Some(value.to_owned()),
            _ => {}
        }
        if !CONNECTION_FIELDS.contains(&name.as_str()) && !name.starts_with(PRIVATE_PREFIX) {
            for part in [name.as_str(), ": ", value, "\r\n"] {
                self.lines.extend_from_slice(part.as_bytes());
            }
        }
        Ok(())
    }

    fn take_host(&mut self, value: &str) -> Result<(), Refusal> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:[]%".contains(&byte);
        if value.is_empty() || !value.bytes().all(is_plain) {
            return Err(Refusal::Malformed("the Host field names no host"));
        }
        once(self.host.replace(value.to_owned()), "there are several Host fields")
    }

    fn take_connection(&mut self, value: &str) {
        for option in value.split(',') {
            let option = option.trim_matches([' ', '\t']);
            self.close |= option.eq_ignore_ascii_case("close");
            self.keep_alive |= option.eq_ignore_ascii_case("keep-alive");
        }
    }

    fn framing(&self, is_http10: bool) -> Result<Framing, Refusal> {
        match (self.coding.as_deref(), self.length) {
            (None, None | Some(0)) => Ok(Framing::None),
            (None, Some(length)) => Ok(Framing::Length(length)),
            (Some(_), Some(_)) => {
                Err(Refusal::Malformed("Content-Length and Transfer-Encoding exclude each other"))
            }
            (Some(_), None) if is_http10 => {
                Err(Refusal::Malformed("HTTP/1.0 knows no Transfer-Encoding"))
            }
            (Some("chunked"), None) => Ok(Framing::Chunked),
            (Some(""), None) => Err(Refusal::Malformed("the Transfer-Encoding field is empty")),
            (Some(_), None) => Err(Refusal::NotOffered("a transfer coding other than chunked")),
        }
    }

    /// Whether `100 Continue` is expected. HTTP/1.0 knows no expectations, so there the
    /// field means nothing (RFC 9110, section 10.1.1).
    fn expectation(&self, is_http10: bool) -> Result<bool, Refusal> {
        match self.expect.as_deref() {
            None => Ok(false),
            Some(_) if is_http10 => Ok(false),
            Some("100-continue") => Ok(true),
            Some(_) => Err(Refusal::Expectation),
        }
    }
}

/// Refuses a field that was there `before`.
fn once<T>(before: Option<T>, rule: &'static str) -> Result<(), Refusal> {
    before.map_or(Ok(()), |_| Err(Refusal::Malformed(rule)))
}

/// A body length: digits only. One that does not fit 64 bits is too large for any limit.
fn content_length(value: &str) -> Result<u64, Refusal> {
    if value.is_empty() || !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::Malformed("the Content-Length field is not a number"));
    }
    Ok(value.parse().unwrap_or(u64::MAX))
}

/// Whether a client's request id may stand in logs and answers as it is.
fn is_safe_id(value: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !value.is_empty() && value.len() <= REQUEST_ID_BYTES_MAX && value.bytes().all(is_plain)
}

#[cfg(test)]
#[path = "head_tests.rs"]
mod tests;
