//! Honest clients: every kind of request and answer.

use std::io::Write;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use docspool::http::server::Limits;

use super::client::Client;
use super::{assert_alive, impatient, start};

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_request_arrives_as_it_was_sent() {
    let (server, _) = start(Limits::default());
    let mut client = Client::connect(&server);
    client.send(
        "POST /v1/jobs?a=1&b=%20 HTTP/1.1\r\nHost: localhost\r\nApi-Key:\r\nX-Request-Id: abc-1\r\n\
         Content-Type: application/json\r\nContent-Length: 5\r\nx-docspool-link: forged\r\n\
         X-Docspool-Peer: 9.9.9.9\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\nhello",
    );
    let answer = client.answer();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-request-id"), Some("abc-1"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("server"), None);
    assert!(answer.header("date").is_some());
    let body = json(&answer.text());
    assert_eq!(body["method"], "POST");
    assert_eq!(body["path"], "/v1/jobs");
    assert_eq!(body["query"], "a=1&b=%20");
    assert_eq!(body["declared"], 5);
    assert_eq!(body["length"], 5);
    assert_eq!(body["peer"], "127.0.0.1");
    assert_eq!(body["request_id"], "abc-1");
    let names: Vec<&str> =
        body["headers"].as_array().unwrap().iter().map(|pair| pair[0].as_str().unwrap()).collect();
    assert_eq!(names, ["host", "api-key", "content-type", "content-length"]);
    // The same connection again, without an id of its own.
    client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    let answer = client.answer();
    assert!(answer.header("x-request-id").unwrap().starts_with("req_"));
    assert_eq!(json(&answer.text())["declared"], 0);
}

#[test]
fn bodies_of_every_size_arrive_whole() {
    let (server, _) = start(Limits::default());
    let mut client = Client::connect(&server);
    for length in [0_usize, 1, 1023, 1024, 1025, 16_384, 65_535, 65_536, 65_537, 300_000, 5_000_000]
    {
        let body: Vec<u8> = (0..length).map(|index| (index % 251) as u8).collect();
        let sum: u64 = body.iter().map(|byte| u64::from(*byte)).sum();
        let head = format!("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n");
        client.send([head.as_bytes(), &body].concat());
        let answer = json(&client.answer().text());
        assert_eq!((&answer["length"], &answer["sum"]), (&length.into(), &sum.into()), "{length}");
        // The same body in chunks, in writes that cut through them.
        let mut coded =
            b"POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec();
        for piece in body.chunks(7_001) {
            write!(coded, "{:X};x=y\r\n", piece.len()).unwrap();
            coded.extend_from_slice(piece);
            coded.extend_from_slice(b"\r\n");
        }
        coded.extend_from_slice(b"0\r\nX-Trailer: skipped\r\n\r\n");
        for piece in coded.chunks(10_007) {
            client.send(piece);
        }
        let answer = json(&client.answer().text());
        assert_eq!((&answer["length"], &answer["sum"]), (&length.into(), &sum.into()), "{length}");
    }
    assert_eq!(server.stats().connections, 1);
    assert_eq!(server.stats().links_broken, 0);
}

#[test]
fn answers_of_every_size_arrive_whole() {
    let (server, _) = start(Limits::default());
    let mut client = Client::connect(&server);
    for length in [0_usize, 1, 900, 1100, 30_000, 48 * 1024, 65_536, 200_000, 8_000_000] {
        for path in ["bytes", "stream"] {
            client.send(format!("GET /{path}?bytes={length} HTTP/1.1\r\nHost: x\r\n\r\n"));
            let answer = client.answer();
            assert_eq!(answer.header("content-length"), Some(length.to_string().as_str()));
            assert_eq!(answer.body.len(), length);
            assert!(
                answer.body.iter().all(|byte| *byte == if path == "bytes" { b'x' } else { b's' })
            );
        }
    }
    assert_eq!(server.stats().connections, 1);
}

/// tiny_http alone lets the kernel wait 40 ms for an acknowledgement before the second
/// part of such an answer.
#[test]
fn middle_sized_answers_do_not_stall() {
    let (server, _) = start(Limits::default());
    let mut client = Client::connect(&server);
    let begun = Instant::now();
    for length in [900, 1500, 4096, 12_000, 30_000].repeat(20) {
        client.send(format!("GET /bytes?bytes={length} HTTP/1.1\r\nHost: x\r\n\r\n"));
        assert_eq!(client.answer().body.len(), length);
    }
    // A hundred stalls would be 4.4 s.
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
}

#[test]
fn head_answers_have_a_length_and_no_body() {
    let (server, _) = start(Limits::default());
    let mut client = Client::connect(&server);
    for (path, length) in [("/bytes?bytes=700", "700"), ("/stream?bytes=900000", "900000")] {
        client.send(format!("HEAD {path} HTTP/1.1\r\nHost: x\r\n\r\n"));
        let answer = client.answer_to_head();
        assert_eq!(answer.header("content-length"), Some(length));
    }
    client.send("HEAD /live HTTP/1.1\r\nHost: x\r\n\r\nGET /after HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(client.answer_to_head().status, 200);
    assert_eq!(json(&client.answer().text())["path"], "/after");
    // A refusal of HEAD has none either.
    client.send("HEAD / HTTP/1.1\r\nHost: x\r\nExpect: cake\r\n\r\n");
    client.answer_to_head();
    assert!(client.is_closed());
    assert_eq!(server.stats().links_broken, 0);
}

#[test]
fn answers_without_content_and_odd_statuses_pass() {
    let (server, _) = start(Limits::default());
    let mut client = Client::connect(&server);
    client.send("GET /none HTTP/1.1\r\nHost: x\r\n\r\n");
    let answer = client.answer();
    assert_eq!((answer.status, answer.header("content-length")), (204, None));
    client.send("GET /split HTTP/1.1\r\nHost: x\r\n\r\n");
    let answer = client.answer();
    assert_eq!((answer.header("x-bad"), answer.header("x-injected")), (None, None));
}

#[test]
fn http_1_0_works_with_and_without_keep_alive() {
    let (server, _) = start(Limits::default());
    let mut client = Client::connect(&server);
    client.send("GET /1 HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
    let answer = client.answer();
    assert_eq!(answer.header("connection"), Some("keep-alive"));
    client.send("GET /2 HTTP/1.0\r\n\r\n");
    let answer = client.answer();
    assert_eq!(answer.header("connection"), Some("close"));
    assert_eq!(json(&answer.text())["path"], "/2");
    assert!(client.is_closed());
    // No chunks for HTTP/1.0: the end of the connection ends the answer.
    let mut client = Client::connect(&server);
    client.send("GET /live HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    let answer = client.answer();
    assert_eq!(answer.header("transfer-encoding"), None);
    assert_eq!(answer.text().matches("data: ").count(), 5);
}

#[test]
fn pipelined_requests_are_answered_in_order_one_at_a_time() {
    let (server, echo) = start(Limits::default());
    let mut client = Client::connect(&server);
    let mut batch = String::new();
    for index in 0..200 {
        batch += &format!("POST /{index} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
    }
    batch += "GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    batch += "GET /never HTTP/1.1\r\nHost: x\r\n\r\n";
    client.send(batch);
    for index in 0..200 {
        assert_eq!(json(&client.answer().text())["path"], format!("/{index}"));
    }
    assert_eq!(json(&client.answer().text())["path"], "/last");
    assert!(client.is_closed());
    assert_eq!(echo.inside_max.load(Ordering::SeqCst), 1);
    assert!(!echo.seen().contains(&"GET /never".to_owned()));
}

#[test]
fn a_body_is_asked_for_when_the_client_waits_for_that() {
    let (server, _) = start(Limits::default());
    for length in [10_usize, 200_000] {
        let mut client = Client::connect(&server);
        client.send(format!(
            "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: {length}\r\n\r\n"
        ));
        assert_eq!(client.answer().status, 100);
        client.send(vec![b'a'; length]);
        assert_eq!(json(&client.answer().text())["length"], length);
        client.send("GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_eq!(json(&client.answer().text())["path"], "/next");
    }
    let mut client = Client::connect(&server);
    client.send(
        "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n",
    );
    assert_eq!(client.answer().status, 100);
    client.send("3\r\nabc\r\n0\r\n\r\n");
    assert_eq!(json(&client.answer().text())["length"], 3);
    // Too large: refused instead of asked for.
    let mut client = Client::connect(&server);
    client.send(
        "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 99999999999\r\n\r\n",
    );
    assert_eq!(client.answer().status, 413);
    assert!(client.is_closed());
}

#[test]
fn live_answers_arrive_piece_by_piece() {
    let (server, _) = start(Limits::default());
    let mut client = Client::connect(&server);
    client.send("GET /live HTTP/1.1\r\nHost: x\r\n\r\n");
    let answer = client.answer();
    assert_eq!(answer.header("transfer-encoding"), Some("chunked"));
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    assert_eq!(answer.chunks, [9; 5], "every event in a chunk of its own");
    client.send("GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(client.answer().status, 200);
}

#[test]
fn a_service_that_leaves_the_body_unread_harms_nothing() {
    let (server, echo) = start(Limits::default());
    let mut client = Client::connect(&server);
    for length in [5, 2_000, 70_000, 3_000_000] {
        let head = format!("POST /unread HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n");
        client.send([head.as_bytes(), &vec![b'a'; length]].concat());
        assert_eq!(client.answer().status, 401);
    }
    client.send("GET /next HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(json(&client.answer().text())["path"], "/next");
    assert_eq!(echo.seen().len(), 5);
    assert_eq!(server.stats().connections, 1);
}

#[test]
fn a_panic_is_one_failed_request() {
    let (server, _) = start(Limits::default());
    let mut client = Client::connect(&server);
    for _ in 0..20 {
        client.send("POST /panic HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc");
        let answer = client.answer();
        assert_eq!((answer.status, answer.error_code().as_str()), (500, "internal_error"));
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_eq!(client.answer().status, 200);
    }
    assert_eq!(server.stats().panics, 20);
}

#[test]
fn an_answer_that_breaks_off_is_cut_and_nobody_else_notices() {
    let (server, _) = start(Limits::default());
    for path in ["/short", "/live-broken"] {
        let mut client = Client::connect(&server);
        client.send(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n"));
        if let Some(answer) = client.try_answer(false) {
            // Nothing had been sent yet, so there is room for an error.
            assert_eq!(answer.error_code(), "internal_error");
        }
        assert!(client.is_closed(), "{path}");
        assert_alive(&server);
    }
    assert_eq!(server.stats().links_broken, 2);
}

#[test]
fn waits_never_take_every_place() {
    let limits = Limits { exchanges_max: 6, waits_max: 3, uploads_max: 2, ..impatient() };
    let (server, echo) = start(limits);
    let mut waiting: Vec<Client> = (0..3).map(|_| Client::connect(&server)).collect();
    for client in &mut waiting {
        client.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    while echo.waits.load(Ordering::SeqCst) < 3 {
        std::thread::sleep(Duration::from_millis(2));
    }
    // The share is taken: a fourth is answered at once, and others do not notice.
    let mut fourth = Client::connect(&server);
    fourth.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(json(&fourth.answer().text())["may_wait"], false);
    for _ in 0..20 {
        assert_alive(&server);
    }
    echo.release();
    for client in &mut waiting {
        assert_eq!(json(&client.answer().text())["may_wait"], true);
    }
    fourth.send("GET /wait HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(json(&fourth.answer().text())["may_wait"], true, "a place is free again");
}
