//! The head of an answer as tiny_http wrote it, and the one the client gets.
//!
//! Owns the rewriting of answer heads. It must not know sockets. It reads what our own
//! tiny_http wrote, so anything unexpected here is our own fault and ends the link.

use std::io::Write;

use super::refusal::reason;

/// Fields of an answer that the gate writes itself, or that nobody needs.
const OWN_FIELDS: [&str; 6] =
    ["connection", "content-length", "keep-alive", "server", "transfer-encoding", "x-request-id"];

/// Header fields of one answer at most: a few of ours and the ones tiny_http adds.
const FIELDS_MAX: usize = 64;

/// How the body of an answer is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AnswerBody {
    /// None, whatever the head says.
    None,
    /// So many bytes.
    Length(u64),
    /// Chunked, each chunk to be sent on at once.
    Live,
}

/// A parsed answer head.
#[derive(Debug)]
pub(crate) struct AnswerHead {
    /// Bytes it took.
    pub(crate) length: usize,
    /// What follows it.
    pub(crate) body: AnswerBody,
    status: u16,
    announced: Option<u64>,
    lines: Vec<u8>,
}

/// What the client's side asks of an answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms<'a> {
    /// The client speaks HTTP/1.0, which has no chunks.
    pub(crate) is_http10: bool,
    /// The connection is kept after this answer.
    pub(crate) keep_alive: bool,
    /// Id of the request.
    pub(crate) request_id: &'a str,
}

/// The head at the front of `bytes`; `None` when it is not all there, an error when it is
/// not a head.
pub(crate) fn parse(bytes: &[u8], is_head: bool) -> Result<Option<AnswerHead>, httparse::Error> {
    let mut storage = [httparse::EMPTY_HEADER; FIELDS_MAX];
    let mut parsed = httparse::Response::new(&mut storage);
    let httparse::Status::Complete(length) = parsed.parse(bytes)? else {
        return Ok(None);
    };
    let status = parsed.code.ok_or(httparse::Error::Status)?;
    let mut lines = Vec::with_capacity(length);
    let mut announced = None;
    let mut is_live = false;
    for header in parsed.headers.iter() {
        let is = |name: &str| header.name.eq_ignore_ascii_case(name);
        if is("content-length") {
            let text =
                std::str::from_utf8(header.value).map_err(|_| httparse::Error::HeaderValue)?;
            announced = Some(text.parse().map_err(|_| httparse::Error::HeaderValue)?);
        }
        is_live |= is("transfer-encoding");
        if !OWN_FIELDS.iter().any(|name| is(name)) {
            lines.extend_from_slice(header.name.as_bytes());
            lines.extend_from_slice(b": ");
            lines.extend_from_slice(header.value);
            lines.extend_from_slice(b"\r\n");
        }
    }
    let has_none = is_head || matches!(status, 100..=199 | 204 | 304);
    let body = match (has_none, is_live, announced) {
        (true, _, _) => AnswerBody::None,
        (false, true, _) => AnswerBody::Live,
        (false, false, Some(length)) => AnswerBody::Length(length),
        (false, false, None) => return Err(httparse::Error::HeaderName),
    };
    Ok(Some(AnswerHead { length, body, status, announced, lines }))
}

impl AnswerHead {
    /// Appends the head that the client gets.
    pub(crate) fn render(&self, terms: Terms<'_>, output: &mut Vec<u8>) {
        // Writing to a vector cannot fail.
        let _ = write!(output, "HTTP/1.1 {} {}\r\n", self.status, reason(self.status));
        output.extend_from_slice(&self.lines);
        let _ = write!(output, "x-request-id: {}\r\n", terms.request_id);
        match self.announced {
            // RFC 9110, section 8.6: no length where there can be no content.
            Some(length) if !matches!(self.status, 100..=199 | 204) => {
                let _ = write!(output, "Content-Length: {length}\r\n");
            }
            None if self.body == AnswerBody::Live && !terms.is_http10 => {
                output.extend_from_slice(b"Transfer-Encoding: chunked\r\n");
            }
            _ => {}
        }
        if !terms.keep_alive {
            output.extend_from_slice(b"Connection: close\r\n");
        } else if terms.is_http10 {
            output.extend_from_slice(b"Connection: keep-alive\r\n");
        }
        output.extend_from_slice(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
    use super::*;

    const TERMS: Terms<'_> = Terms { is_http10: false, keep_alive: true, request_id: "req_1" };

    fn rewrite(bytes: &str, terms: Terms<'_>) -> (String, AnswerBody) {
        rewrite_for(bytes, terms, false)
    }

    fn rewrite_for(bytes: &str, terms: Terms<'_>, is_head: bool) -> (String, AnswerBody) {
        let head = parse(bytes.as_bytes(), is_head).unwrap().unwrap();
        let mut output = Vec::new();
        head.render(terms, &mut output);
        (String::from_utf8(output).unwrap(), head.body)
    }

    #[test]
    fn the_gate_replaces_what_is_its_own() {
        let inner = "HTTP/1.1 422 Whatever\r\nServer: s\r\nContent-Type: application/json\r\n\
                     x-request-id: other\r\nContent-Length: 2\r\n\r\n{}";
        let (head, body) = rewrite(inner, TERMS);
        assert_eq!(
            head,
            "HTTP/1.1 422 Unprocessable Content\r\nContent-Type: application/json\r\n\
             x-request-id: req_1\r\nContent-Length: 2\r\n\r\n"
        );
        assert_eq!(body, AnswerBody::Length(2));
        let (head, _) = rewrite(inner, Terms { keep_alive: false, ..TERMS });
        assert!(head.contains("Connection: close\r\n"));
        let (head, _) = rewrite(inner, Terms { is_http10: true, ..TERMS });
        assert!(head.contains("Connection: keep-alive\r\n"));
        let (head, body) = rewrite_for(inner, TERMS, true);
        assert!(head.contains("Content-Length: 2\r\n"));
        assert_eq!(body, AnswerBody::None);
    }

    #[test]
    fn live_answers_are_chunked_for_those_who_know_chunks() {
        let inner = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
        let (head, body) = rewrite(inner, TERMS);
        assert!(head.contains("Transfer-Encoding: chunked\r\n"));
        assert_eq!(body, AnswerBody::Live);
        let (head, _) = rewrite(inner, Terms { is_http10: true, keep_alive: false, ..TERMS });
        assert!(!head.contains("chunked"));
    }

    #[test]
    fn answers_without_content_announce_none() {
        let (head, body) = rewrite("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", TERMS);
        assert!(!head.contains("Content-Length"));
        assert_eq!(body, AnswerBody::None);
    }

    #[test]
    fn half_and_broken_heads_are_told_apart() {
        assert!(parse(b"HTTP/1.1 200 OK\r\nA: b", false).unwrap().is_none());
        assert!(parse(b"garbage\r\n\r\n", false).is_err());
        assert!(parse(b"HTTP/1.1 200 OK\r\n\r\n", false).is_err());
        assert!(parse(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", false).is_err());
    }
}
