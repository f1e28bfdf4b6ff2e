//! The gate: any bytes on a connection, in any pieces.
//!
//! It must not panic; what passes must not depend on the pieces; whatever passes must be
//! read in one way only by readers of many manners ([`super::gate_reading`]); and what is
//! written to tiny_http must be just that.

use std::collections::HashSet;

use docspool::http::gate_trial::{LINK, Passage, pass};

use super::gate_reading::{MANNERS, Reading, body_of_chunks, read};

/// Bodies that are collected, and bodies that are too large: so small that a few bytes
/// reach both.
const LIMITS: (usize, u64) = (24, 96);

/// Fields that speak about one connection only.
const PRIVATE: [&str; 11] = [
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

/// Any bytes; whether a request passed.
pub(crate) fn run(bytes: &[u8]) -> bool {
    let whole = pass(&[bytes], LIMITS.0, LIMITS.1);
    let requests: Vec<Written> = whole.requests.iter().map(|bytes| Written::read(bytes)).collect();
    for pieces in super::cuts(bytes) {
        let cut = pass(&pieces, LIMITS.0, LIMITS.1);
        let same: Vec<Written> = cut.requests.iter().map(|bytes| Written::read(bytes)).collect();
        assert_eq!(same, requests, "the same requests pass however they arrive");
        assert_eq!(cut.refused.is_some(), whole.refused.is_some(), "{cut:?} and {whole:?}");
        if whole.refused.is_none() {
            let ended = |passage: &Passage| (passage.left.clone(), passage.unfinished.is_some());
            assert_eq!(ended(&cut), ended(&whole), "the same is left however it arrives");
        }
    }
    let mut rest = bytes;
    for written in &requests {
        rest = check(written, rest);
    }
    // An upload that was refused or broke off was begun with a head of which the same holds.
    if let Some(begun) = &whole.unfinished {
        let written = Written::read_head(begun);
        check_head(&written, rest);
    }
    !requests.is_empty()
}

/// A request as tiny_http reads it.
#[derive(Debug, PartialEq, Eq)]
struct Written {
    method: String,
    target: String,
    /// Without the link and the framing.
    fields: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Written {
    fn read(bytes: &[u8]) -> Self {
        let (mut written, framing, rest) = Self::parse(bytes);
        let (data, used) = match (framing.0, framing.1) {
            (None, false) => (None, 0),
            (Some(length), false) => (Some(rest[..length].to_vec()), length),
            (None, true) => {
                let (data, used) = body_of_chunks(rest).expect("our chunks end");
                (Some(data), used)
            }
            (Some(_), true) => panic!("two framings"),
        };
        assert_eq!(used, rest.len(), "nothing stands behind a request");
        written.body = data;
        written
    }

    fn read_head(bytes: &[u8]) -> Self {
        Self::parse(bytes).0
    }

    fn parse(bytes: &[u8]) -> (Self, (Option<usize>, bool), &[u8]) {
        let mut storage = [httparse::EMPTY_HEADER; 128];
        let mut parsed = httparse::Request::new(&mut storage);
        let status = parsed.parse(bytes).expect("what is written is HTTP");
        let httparse::Status::Complete(length) = status else { panic!("a head without its end") };
        let text = |value: &[u8]| String::from_utf8(value.to_vec()).expect("heads are ASCII");
        let mut fields: Vec<(String, String)> =
            parsed.headers.iter().map(|h| (h.name.to_owned(), text(h.value))).collect();
        assert_eq!(fields.remove(0), ("x-docspool-link".to_owned(), LINK.to_owned()));
        let framing: Vec<(String, String)> = fields
            .extract_if(.., |(name, _)| name == "content-length" || name == "transfer-encoding")
            .collect();
        let (mut announced, mut is_chunked) = (None, false);
        match framing.as_slice() {
            [] => {}
            [(name, value)] if name == "content-length" => announced = value.parse().ok(),
            [(_, value)] if value == "chunked" => is_chunked = true,
            other => panic!("framed by {other:?}"),
        }
        for (name, _) in &fields {
            assert!(!name.starts_with("x-docspool-"), "{name} is for the gate to say");
            assert!(!PRIVATE.contains(&name.as_str()), "{name} belongs to the connection");
        }
        let hosts = fields.iter().filter(|(name, _)| name == "host").count();
        assert!(hosts <= 1, "two hosts");
        let method = parsed.method.expect("a method").to_owned();
        let target = parsed.path.expect("a target").to_owned();
        (Self { method, target, fields, body: None }, (announced, is_chunked), &bytes[length..])
    }
}

/// Compares what was written with what the client sent; gives what follows in the input.
fn check<'a>(written: &Written, input: &'a [u8]) -> &'a [u8] {
    let sent = check_head(written, input);
    let rest = &input[sent.length..];
    let (body, used) = if sent.is_chunked {
        let (data, used) = body_of_chunks(rest).expect("a body that passed ends");
        (Some(data), used)
    } else {
        let length = usize::try_from(sent.announced).expect("a body that passed is small");
        ((length > 0).then(|| rest[..length].to_vec()), length)
    };
    assert!(used as u64 >= body.as_ref().map_or(0, Vec::len) as u64);
    assert_eq!(written.body, body, "the body that was sent");
    assert!(body.is_none_or(|body| body.len() as u64 <= LIMITS.1), "a body over its limit");
    &rest[used..]
}

/// The head at the front of the input, which every reader must see in the same way.
fn check_head(written: &Written, input: &[u8]) -> Reading {
    let readings: HashSet<Reading> =
        MANNERS.iter().map(|manner| read(input, *manner).expect("what passed is a head")).collect();
    assert_eq!(readings.len(), 1, "readers differ about what passed: {readings:?}");
    let sent = readings.into_iter().next().expect("there is one");
    assert_eq!(written.method, sent.method);
    let path = |target: &str| target.trim_start_matches('/').to_owned();
    assert!(path(&sent.target).ends_with(&path(&written.target)), "the target that was sent");
    assert!(written.target.starts_with('/') && !written.target.starts_with("//"));
    let passing = sent
        .fields
        .iter()
        .filter(|(name, _)| !PRIVATE.contains(&name.as_str()) && !name.starts_with("x-docspool-"));
    assert_eq!(written.fields, passing.cloned().collect::<Vec<_>>(), "the fields that were sent");
    sent
}

/// Requests of every framing, one after the other and broken off.
pub(crate) fn seeds() -> Vec<(String, Vec<u8>)> {
    let host = "Host: localhost:8787\r\n";
    let mut seeds = vec![
        ("get", format!("GET /v1/jobs?limit=3 HTTP/1.1\r\n{host}Accept: */*\r\n\r\n")),
        ("old", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n".to_owned()),
        ("absolute", format!("GET http://localhost:8787//a%20b?x=//y HTTP/1.1\r\n{host}\r\n")),
        ("length", format!("POST /v1/jobs HTTP/1.1\r\n{host}Content-Length: 7\r\n\r\n{{\"a\":1}}")),
        (
            "large",
            format!(
                "PUT /a HTTP/1.1\r\n{host}Expect: 100-continue\r\nContent-Length: 30\r\n\r\n{}",
                "0123456789".repeat(3)
            ),
        ),
        (
            "chunked",
            format!(
                "POST /b HTTP/1.1\r\n{host}Transfer-Encoding: chunked\r\nTE: trailers\r\n\r\n\
                 3\r\nabc\r\nA;n=\"v\"\r\n0123456789\r\n0\r\nSum: 1\r\n\r\n"
            ),
        ),
        (
            "streamed",
            format!(
                "POST /c HTTP/1.1\r\n{host}transfer-encoding:chunked\r\n\r\n\
                 1c\r\n0123456789012345678901234567\r\n00\r\n\r\n"
            ),
        ),
        (
            "fields",
            format!(
                "HEAD /d HTTP/1.1\r\n{host}x-request-id: a-1\r\nX-Docspool-Link: 0\r\n\
                 Cookie:\ta \r\n\r\n"
            ),
        ),
    ];
    let all: String = seeds.iter().map(|(_, text)| text.as_str()).collect();
    seeds.push(("all", all));
    seeds.into_iter().map(|(name, text)| (name.to_owned(), text.into_bytes())).collect()
}
