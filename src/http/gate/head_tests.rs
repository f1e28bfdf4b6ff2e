//! Cases of request heads: what passes, what is refused and with which status.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

use proptest::prelude::*;

use super::*;

fn head(text: &str) -> Result<Head, Refusal> {
    parse(text.as_bytes())
}

/// A head of `GET /` with `fields`, each ending in CR LF.
fn with(fields: &str) -> Result<Head, Refusal> {
    head(&format!("GET / HTTP/1.1\r\nHost: x\r\n{fields}\r\n"))
}

fn status(result: Result<Head, Refusal>) -> u16 {
    result.map_or_else(Refusal::status, |_| 200)
}

#[test]
fn a_plain_head_passes_and_is_normalized() {
    let head = head(
        "POST /v1/jobs?wait=5 HTTP/1.1\r\nHost: localhost:8787\r\nAPI-Key:\r\n\
         Content-Type:  application/json \r\nContent-Length: 12\r\nConnection: keep-alive\r\n\
         X-Request-Id: req_7\r\nx-docspool-link: forged\r\nTE: trailers\r\n\r\n",
    )
    .unwrap();
    assert_eq!(head.method, "POST");
    assert_eq!(head.path_and_query(), ("/v1/jobs", "wait=5"));
    assert_eq!(head.framing, Framing::Length(12));
    assert_eq!(head.request_id, "req_7");
    assert!(head.keep_alive && !head.is_http10 && !head.expects_continue);
    let lines = String::from_utf8(head.lines).unwrap();
    assert_eq!(lines, "host: localhost:8787\r\napi-key: \r\ncontent-type: application/json\r\n");
}

#[test]
fn request_lines_are_strict() {
    let line = |line: &str| status(head(&format!("{line}\r\nHost: x\r\n\r\n")));
    assert_eq!(line("GET / HTTP/1.1"), 200);
    assert_eq!(line("DELETE /v1/jobs/job_1 HTTP/1.1"), 200);
    for broken in [
        "GET /",
        "GET",
        "",
        " GET / HTTP/1.1",
        "GET  / HTTP/1.1",
        "GET / HTTP/1.1 ",
        "GET /  HTTP/1.1",
        "GET\t/ HTTP/1.1",
        "GET /\tHTTP/1.1",
        "GET / a HTTP/1.1",
        "get / HTTP/1.1",
        "G@T / HTTP/1.1",
        "GET / http/1.1",
        "GET / HTTP/1.1x",
        "GET / HTTP/",
        "GET / HTTP/x.1",
        "GET x HTTP/1.1",
        "GET /\u{e9} HTTP/1.1",
        "GET /\u{1} HTTP/1.1",
        "GET * HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA / HTTP/1.1",
    ] {
        assert_eq!(line(broken), 400, "{broken:?}");
    }
    for version in ["HTTP/2.0", "HTTP/3", "HTTP/1.2", "HTTP/0.9", "HTTP/11.1", "HTTP/2"] {
        assert_eq!(line(&format!("GET / {version}")), 505, "{version}");
    }
    assert_eq!(status(head("PRI * HTTP/2.0\r\n\r\n")), 505);
    assert_eq!(line("CONNECT a:443 HTTP/1.1"), 501);
    assert_eq!(line(&format!("GET /{} HTTP/1.1", "a".repeat(TARGET_BYTES_MAX))), 414);
}

#[test]
fn framing_is_one_length_or_chunked() {
    let framing = |fields: &str| with(fields).map(|head| head.framing);
    assert_eq!(framing(""), Ok(Framing::None));
    assert_eq!(framing("Content-Length: 0\r\n"), Ok(Framing::None));
    assert_eq!(framing("content-LENGTH:\t7 \r\n"), Ok(Framing::Length(7)));
    assert_eq!(framing("Content-Length: 30000000000\r\n"), Ok(Framing::Length(30_000_000_000)));
    assert_eq!(framing("Content-Length: 18446744073709551615\r\n"), Ok(Framing::Length(u64::MAX)));
    let endless = format!("Content-Length: {}\r\n", "9".repeat(60));
    assert_eq!(framing(&endless), Ok(Framing::Length(u64::MAX)));
    assert_eq!(framing("Transfer-Encoding: chunked\r\n"), Ok(Framing::Chunked));
    assert_eq!(framing("Transfer-Encoding: Chunked\r\n"), Ok(Framing::Chunked));
    for length in [
        "", "+5", "-1", "0x5", "5,5", "5, 5", "5 5", "5;", "abc", "5.0", "5e1", "\"5\"", "1_0",
        "\t",
    ] {
        assert_eq!(status(with(&format!("Content-Length: {length}\r\n"))), 400, "{length:?}");
    }
    for fields in [
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: gzip\r\nContent-Length: 0\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding:\r\n",
        "Transfer-Encoding : chunked\r\n",
        " Transfer-Encoding: chunked\r\n",
        "X: y\r\n Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding:\r\n chunked\r\n",
        "Transfer-Encoding: chunked\r\n\t\r\n",
        "Transfer\u{0}-Encoding: chunked\r\n",
        "Transfer-Encoding: \u{b}chunked\r\n",
        "Content-Length: 5\rTransfer-Encoding: chunked\r\n",
        "Content-Length: 5\nTransfer-Encoding: chunked\r\n",
        "Content-Length\t: 5\r\n",
        ": chunked\r\n",
        "chunked\r\n",
    ] {
        assert_eq!(status(with(fields)), 400, "{fields:?}");
    }
    for coding in [
        "gzip",
        "identity",
        "chunked, identity",
        "chunked, chunked",
        "gzip, chunked",
        "xchunked",
        "chunked;q=1",
        "\"chunked\"",
        "chunked,",
        ",chunked",
        "chun ked",
    ] {
        assert_eq!(status(with(&format!("Transfer-Encoding: {coding}\r\n"))), 501, "{coding:?}");
    }
    let old = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(status(head(old)), 400);
}

#[test]
fn there_is_one_host() {
    assert_eq!(status(head("GET / HTTP/1.1\r\n\r\n")), 400);
    assert_eq!(status(head("GET / HTTP/1.0\r\n\r\n")), 200);
    for value in ["", "a b", "a/b", "user@host", "a,b", "a\\b", "<x>"] {
        let text = format!("GET / HTTP/1.1\r\nHost: {value}\r\n\r\n");
        assert_eq!(status(head(&text)), 400, "{value:?}");
    }
    for value in ["localhost", "127.0.0.1:8787", "[::1]:8787", "a-b.example"] {
        let text = format!("GET / HTTP/1.1\r\nHost: {value}\r\n\r\n");
        assert_eq!(status(head(&text)), 200, "{value:?}");
    }
    assert_eq!(status(with("Host: x\r\n")), 400);
    assert_eq!(status(head("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n")), 400);
    assert_eq!(status(head("GET http://y/ HTTP/1.1\r\nHost: x\r\n\r\n")), 400);
    assert_eq!(status(head("GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n")), 200);
}

#[test]
fn bytes_are_printable_ascii_in_lines_of_cr_lf() {
    for text in [
        "GET / HTTP/1.1\nHost: x\n\n",
        "GET / HTTP/1.1\r\nHost: x\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA: \u{0}\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA: \u{7f}\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA: \u{1b}[2J\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA: caf\u{e9}\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA\u{e9}: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA B: c\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nA\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n\r\n",
        "GET / HTTP/1.1\r\n Host: x\r\n\r\n",
        "\r\n\r\n",
    ] {
        assert_eq!(status(head(text)), 400, "{text:?}");
    }
    assert_eq!(status(with("A: a\tb \"c\" ~\r\n")), 200);
}

#[test]
fn the_number_of_fields_is_limited() {
    let fields = |count: usize| with(&"A: b\r\n".repeat(count - 1));
    assert_eq!(status(fields(HEAD_FIELDS_MAX)), 200);
    assert_eq!(status(fields(HEAD_FIELDS_MAX + 1)), 431);
}

#[test]
fn connections_are_kept_as_the_version_says() {
    let kept = |version: &str, fields: &str| {
        head(&format!("GET / HTTP/{version}\r\nHost: x\r\n{fields}\r\n")).unwrap().keep_alive
    };
    assert!(kept("1.1", ""));
    assert!(!kept("1.1", "Connection: close\r\n"));
    assert!(!kept("1.1", "Connection: keep-alive, Close\r\n"));
    assert!(!kept("1.1", "Connection: keep-alive\r\nConnection: close\r\n"));
    assert!(kept("1.1", "Connection: closed\r\n"));
    assert!(!kept("1.0", ""));
    assert!(kept("1.0", "Connection: Keep-Alive\r\n"));
    assert!(!kept("1.0", "Connection: keep-alive, close\r\n"));
}

#[test]
fn a_field_cannot_be_struck_out_by_naming_it_in_connection() {
    let head = with("Authorization: Bearer k\r\nConnection: authorization, host\r\n").unwrap();
    let lines = String::from_utf8(head.lines).unwrap();
    assert_eq!(lines, "host: x\r\nauthorization: Bearer k\r\n");
}

#[test]
fn expectations_other_than_continue_are_refused() {
    assert!(with("Expect: 100-Continue\r\n").unwrap().expects_continue);
    assert_eq!(status(with("Expect: 200-ok\r\n")), 417);
    let old = head("GET / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n").unwrap();
    assert!(!old.expects_continue);
}

#[test]
fn unsafe_request_ids_are_replaced() {
    let id = |value: &str| with(&format!("X-Request-ID: {value}\r\n")).unwrap().request_id;
    assert_eq!(id("a-B_9.z"), "a-B_9.z");
    assert_eq!(id(&"a".repeat(64)), "a".repeat(64));
    let long = "a".repeat(65);
    for value in ["", "a b", "<script>", "a\"b", "a;b", long.as_str()] {
        let made = id(value);
        assert!(made.starts_with("req_") && made.len() == 30, "{value:?} became {made:?}");
    }
}

proptest! {
    #[test]
    fn arbitrary_heads_never_panic_and_what_passes_is_clean(
        pieces in prop::collection::vec(
            prop_oneof![
                Just("GET ".to_owned()), Just("/".to_owned()), Just(" HTTP/1.1".to_owned()),
                Just("\r\n".to_owned()), Just("Host: x".to_owned()), Just("Content-Length: ".to_owned()),
                Just("Transfer-Encoding: chunked".to_owned()), Just("\n".to_owned()), Just(" ".to_owned()),
                "[ -~]{0,6}", "\\PC{0,3}",
            ],
            0..14,
        ),
    ) {
        let text = format!("GET / HTTP/1.1\r\n{}\r\n\r\n", pieces.concat());
        if let Ok(head) = parse(text.as_bytes()) {
            let lines = String::from_utf8(head.lines).unwrap();
            prop_assert!(lines.is_empty() || lines.ends_with("\r\n"));
            for line in lines.split_terminator("\r\n") {
                prop_assert!(!line.contains(['\r', '\n', '\0']));
                prop_assert!(line.contains(": "));
                prop_assert!(!line.starts_with("transfer-encoding") && !line.starts_with("content-length"));
            }
        }
    }
}
