//! Requests cut into pieces in every way, and what never becomes a request.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use super::*;

/// Feeds `input` in pieces of `step` bytes; the requests that became ready as
/// `METHOD target body`, and the status of a refusal.
fn run(input: &[u8], step: usize, limits: &Limits) -> (Vec<String>, Option<u16>) {
    let mut intake = Intake::new();
    let mut inbox = Vec::new();
    let mut ready = Vec::new();
    for piece in input.chunks(step) {
        inbox.extend_from_slice(piece);
        loop {
            match intake.advance(&mut inbox, limits) {
                Step::More => break,
                Step::Continue => {}
                Step::Refuse(refusal, _) => return (ready, Some(refusal.status())),
                Step::Ready(incoming) => {
                    let body = match incoming.body {
                        Body::Whole(None) => "-".to_owned(),
                        Body::Whole(Some(data)) => String::from_utf8(data).unwrap(),
                        Body::Length(length) => format!("<{length}>"),
                        Body::Chunks { data, .. } => format!("<chunks {}>", data.len()),
                    };
                    ready.push(format!("{} {} {body}", incoming.head.method, incoming.head.target));
                    if ready.last().unwrap().ends_with('>') {
                        return (ready, None);
                    }
                }
            }
        }
    }
    (ready, None)
}

fn every_cut(input: &str) -> (Vec<String>, Option<u16>) {
    let limits = Limits { body_collected_bytes_max: 20, body_bytes_max: 1000, ..Limits::default() };
    let whole = run(input.as_bytes(), input.len(), &limits);
    for step in 1..input.len().min(50) {
        assert_eq!(run(input.as_bytes(), step, &limits), whole, "{input:?} cut every {step}");
    }
    whole
}

#[test]
fn requests_come_out_in_order_however_they_are_cut() {
    let (ready, refused) = every_cut(
        "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n\
         POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello\
         POST /3 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\
         3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nA: b\r\n\r\n\
         \r\nGET /4 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
    );
    assert_eq!(refused, None);
    assert_eq!(ready, ["GET /1 -", "POST /2 hello", "POST /3 abcde", "GET /4 -"]);
}

#[test]
fn large_bodies_are_ready_with_their_heads() {
    let post = |fields: &str| format!("POST / HTTP/1.1\r\nHost: x\r\n{fields}\r\n\r\n");
    assert_eq!(every_cut(&post("Content-Length: 21")).0, ["POST / <21>"]);
    let chunked = post("Transfer-Encoding: chunked") + "15\r\n012345678901234567890\r\n0\r\n\r\n";
    assert_eq!(
        run(chunked.as_bytes(), 1, &Limits { body_collected_bytes_max: 20, ..Limits::default() }).0,
        ["POST / <chunks 21>"]
    );
}

#[test]
fn too_large_bodies_are_refused_before_a_byte_of_them() {
    for length in ["1001", "30000000000", "18446744073709551615", "99999999999999999999999"] {
        let text = format!("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n");
        assert_eq!(every_cut(&text), (vec![], Some(413)), "{length}");
    }
}

#[test]
fn a_broken_chunk_ends_the_connection_and_runs_nothing() {
    let text = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\
                +5\r\nhello\r\n0\r\n\r\nGET /second HTTP/1.1\r\nHost: x\r\n\r\n";
    assert_eq!(every_cut(text), (vec![], Some(400)));
}

#[test]
fn what_cannot_become_a_head_is_refused_at_once() {
    let limits = Limits::default();
    for text in [
        "\u{16}\u{3}\u{1}",
        "get / HTTP/1.1",
        "\n",
        "GET / HTTP/1.1\nHost",
        "GET / HTTP/1.1\r\nHost: x\n",
        "\r\n\r\n",
        " GET",
        "{\"a\":1}",
        "\u{0}",
    ] {
        assert_eq!(run(text.as_bytes(), text.len(), &limits).1, Some(400), "{text:?}");
        assert_eq!(run(text.as_bytes(), 1, &limits).1, Some(400), "{text:?}");
    }
}

#[test]
fn heads_are_limited_in_bytes_and_fields() {
    let limits = Limits::default();
    let refused = |text: String| {
        let status = run(text.as_bytes(), 1460, &limits).1;
        assert_eq!(run(text.as_bytes(), text.len(), &limits).1, status);
        status
    };
    let line = "GET / HTTP/1.1\r\nHost: x\r\n";
    let field = |bytes: usize| format!("{line}A: {}\r\n\r\n", "a".repeat(bytes - line.len() - 7));
    assert_eq!(refused(field(32 * 1024)), None);
    assert_eq!(refused(field(32 * 1024 + 1)), Some(431));
    assert_eq!(refused(field(64 * 1024)), Some(431));
    assert_eq!(refused(format!("{line}{}", "A: b\r\n".repeat(10_000))), Some(431));
    assert_eq!(refused(format!("{line}{}\r\n", "A: b\r\n".repeat(100))), Some(431));
    assert_eq!(refused(format!("GET /{}", "a".repeat(20_000))), Some(414));
    assert_eq!(refused(format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(8200))), Some(414));
}

#[test]
fn a_client_that_waits_for_it_is_told_to_continue_once() {
    let limits = Limits::default();
    let mut intake = Intake::new();
    let mut inbox =
        b"POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n".to_vec();
    assert!(matches!(intake.advance(&mut inbox, &limits), Step::Continue));
    assert!(matches!(intake.advance(&mut inbox, &limits), Step::More));
    assert_eq!(intake.waiting(&inbox), Waiting::Body);
    inbox.push(b'a');
    assert!(matches!(intake.advance(&mut inbox, &limits), Step::More));
    inbox.push(b'b');
    assert!(matches!(intake.advance(&mut inbox, &limits), Step::Ready(_)));
    assert_eq!(intake.waiting(&inbox), Waiting::Request);
}
