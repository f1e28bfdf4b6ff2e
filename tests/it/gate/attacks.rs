//! Hostile clients: none may take a thread for long, run a second request, or be noticed.

use std::io::Read;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use docspool::http::server::Limits;

use super::client::Client;
use super::{assert_alive, impatient, start};

/// What follows every head of the corpus: a body to some, a second request to others.
const SECOND: &str = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

/// Heads that two readers could understand in two ways, or that nobody should accept.
fn ambiguous_heads() -> Vec<String> {
    let post = |fields: &str| format!("POST /first HTTP/1.1\r\nHost: x\r\n{fields}\r\n");
    let mut heads: Vec<String> = Vec::new();
    for length in [
        "",
        "+5",
        "-1",
        "0x5",
        "5,5",
        "5, 5",
        "40, 40",
        "5 5",
        "5;",
        "abc",
        "5.0",
        "1e1",
        "\"5\"",
        "1_0",
        "\t",
        "\u{663}",
        "５",
        "18446744073709551616",
        "18446744073709551615",
        "30000000000",
        "109951162777600",
        "99999999999999999999999999999999",
    ] {
        heads.push(post(&format!("Content-Length: {length}\r\n")));
    }
    for coding in [
        "",
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
        "\u{b}chunked",
        "chunked\u{0}",
        "cow",
    ] {
        heads.push(post(&format!("Transfer-Encoding: {coding}\r\n")));
    }
    for fields in [
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5\r\ncontent-length: 0\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n",
        "Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n",
        " Transfer-Encoding: chunked\r\n",
        "\tTransfer-Encoding: chunked\r\n",
        "X: y\r\n Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding:\r\n chunked\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding\t: chunked\r\n",
        "Transfer-Encoding\u{0}: chunked\r\n",
        "Content-Length : 5\r\n",
        "Content Length: 5\r\n",
        ": 5\r\n",
        "Content-Length\r\n",
        "X: a\rContent-Length: 5\r\n",
        "X: a\nContent-Length: 5\r\n",
        "X: a\r\r\nContent-Length: 5\r\n",
        "X: a\n\r\nContent-Length: 5\r\n",
        "X: \u{0}\r\n",
        "X: \u{1b}\r\n",
        "X: \u{7f}\r\n",
        "X: caf\u{e9}\r\n",
        "Host: y\r\n",
        "Host: x\r\n",
        "Expect: 200-ok\r\n",
    ] {
        heads.push(post(fields));
    }
    for head in [
        "GET /first HTTP/2.0\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET /first HTTP/1.2\r\nHost: x\r\n\r\n",
        "GET /first HTTP/0.9\r\n\r\n",
        "GET /first\r\n\r\n",
        "GET /first HTTP/1.1\r\n\r\n",
        "GET /first HTTP/1.1\r\nHost:\r\n\r\n",
        "GET /first HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET  /first HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /first  HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET\t/first HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /first HTTP/1.1 \r\nHost: x\r\n\r\n",
        " GET /first HTTP/1.1\r\nHost: x\r\n\r\n",
        "get /first HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /first HTTP/1.1\nHost: x\n\n",
        "GET /fir\rst HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /f\u{ef}rst HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /fir\u{0}st HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET http://other/first HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET first HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /a/../first HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /first%00 HTTP/1.1\r\nHost: x\r\n\r\n",
        "GET /first#x HTTP/1.1\r\nHost: x\r\n\r\n",
        "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        "POST /first HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
        "\r\n\r\nGET /first HTTP/1.1\r\nHost: x\r\n\r\n",
        "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\u{0}\u{1}",
        "{\"jsonrpc\":\"2.0\"}\r\n\r\n",
    ] {
        heads.push(head.to_owned());
    }
    let chunked = post("Transfer-Encoding: chunked\r\n");
    for chunk in [
        "+5\r\nhello\r\n0\r\n\r\n",
        "0x5\r\nhello\r\n0\r\n\r\n",
        "5 \r\nhello\r\n0\r\n\r\n",
        " 5\r\nhello\r\n0\r\n\r\n",
        "5\nhello\n0\n\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhell\r\n0\r\n\r\n",
        "5;\u{0}\r\nhello\r\n0\r\n\r\n",
        "5;a\nb\r\nhello\r\n0\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "10000000000000005\r\nhello\r\n0\r\n\r\n",
        "\r\n0\r\n\r\n",
        "g\r\n\r\n",
        "5\r\nhello\r\n0\r\n X: y\r\n\r\n",
        "5\r\nhello\r\n0\r\nX\u{0}: y\r\n\r\n",
        "0\r\n\n",
        "5\r\nhello\r\n0\r\nX: y\n\r\n",
        "5_0\r\n",
    ] {
        heads.push(format!("{chunked}{chunk}"));
    }
    heads
}

#[test]
fn nothing_is_smuggled_behind_an_ambiguous_head() {
    let (server, echo) = start(Limits::default());
    let heads = ambiguous_heads();
    assert!(heads.len() >= 100, "{}", heads.len());
    for head in &heads {
        let mut client = Client::connect(&server);
        // The server may have refused, and closed, before the rest is sent.
        let _ = client.try_send(format!("{head}{SECOND}"));
        let answer = client.try_answer(false).unwrap_or_else(|| panic!("no answer to {head:?}"));
        let known = [400, 413, 417, 501, 505];
        assert!(known.contains(&answer.status), "{} for {head:?}", answer.status);
        answer.error_code();
        assert_eq!(answer.header("connection"), Some("close"), "{head:?}");
        assert!(client.is_closed(), "{head:?}");
    }
    assert_eq!(echo.seen(), [""; 0], "nothing came through");
    assert_alive(&server);
    // In pieces it is no different.
    for head in heads.iter().step_by(7) {
        let mut client = Client::connect(&server);
        for piece in format!("{head}{SECOND}").as_bytes().chunks(9) {
            if client.try_send(piece).is_err() {
                break;
            }
        }
        if let Some(answer) = client.try_answer(false) {
            answer.error_code();
        }
    }
    assert_eq!(echo.seen(), ["GET /alive"]);
}

/// One such request kills a process that reads tiny_http's sockets: it allocates the
/// announced length when the handler leaves the body unread.
#[test]
fn a_giant_content_length_is_refused_before_a_byte_is_read() {
    let (server, echo) = start(Limits::default());
    for length in ["67108865", "30000000000", "109951162777600", "18446744073709551615"] {
        for method in ["POST", "GET", "HEAD"] {
            let mut client = Client::connect(&server);
            client.send(format!(
                "{method} / HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
            ));
            let answer = client.try_answer(method == "HEAD").unwrap();
            assert_eq!(answer.status, 413);
            if method != "HEAD" {
                assert_eq!(answer.error_code(), "payload_too_large");
            }
            assert!(client.is_closed());
        }
    }
    assert_eq!(server.stats().refused["payload_too_large"], 12);
    assert!(echo.seen().is_empty());
    assert_alive(&server);
}

#[test]
fn the_refusal_can_be_read_although_the_client_is_still_sending() {
    let (server, _) = start(Limits { body_bytes_max: 100_000, ..Limits::default() });
    let mut client = Client::connect(&server);
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n");
    for _ in 0..10 {
        std::thread::sleep(Duration::from_millis(5));
        client.send(vec![b'a'; 10_000]);
    }
    assert_eq!(client.answer().status, 413);
    assert!(client.is_closed());
}

#[test]
fn a_chunked_body_is_cut_at_the_limit() {
    let (server, echo) = start(Limits { body_bytes_max: 1_000_000, ..Limits::default() });
    let mut client = Client::connect(&server);
    client.send("POST /big HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    let chunk = format!("2000\r\n{}\r\n", "a".repeat(0x2000));
    while client.try_send(&chunk).is_ok() {
        // Until the server stops reading.
    }
    assert_eq!(client.try_answer(false).map(|answer| answer.status), Some(413));
    assert_alive(&server);
    wait_until("the handler has noticed", || !echo.broken_bodies.lock().unwrap().is_empty());
    let broken = echo.broken_bodies.lock().unwrap().clone();
    assert_eq!(broken, [std::io::ErrorKind::UnexpectedEof], "the handler saw no whole body");
}

#[test]
fn half_requests_take_no_thread_and_are_cut() {
    let (server, _) = start(impatient());
    let begun = Instant::now();
    let mut clients: Vec<Client> = (0..300).map(|_| Client::connect(&server)).collect();
    for (index, client) in clients.iter_mut().enumerate() {
        client.send(match index % 3 {
            0 => "GET /slow HTTP/1.1\r\nHost: x\r\nX: ",
            1 => "POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc",
            _ => "POST /slow HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        });
    }
    for _ in 0..50 {
        assert_alive(&server);
    }
    let stats = server.stats();
    assert!(stats.relays <= 8, "{stats:?}");
    for client in &mut clients {
        let answer = client.answer();
        assert_eq!((answer.status, answer.error_code().as_str()), (408, "request_timeout"));
    }
    assert!(begun.elapsed() >= Duration::from_millis(600));
    assert_eq!(server.stats().requests, 50);
}

/// One byte now and then keeps no head alive beyond its deadline.
#[test]
fn a_trickled_head_is_cut_at_its_deadline() {
    let (server, echo) = start(impatient());
    let mut client = Client::connect(&server);
    client.send("GET /trickle HTTP/1.1\r\nHost: x\r\nX: ");
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(20) && client.try_send("a").is_ok() {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(client.try_answer(false).map(|answer| answer.status), Some(408));
    assert!(echo.seen().is_empty());
}

#[test]
fn stalled_uploads_keep_to_their_share_and_are_cut() {
    let (server, _) =
        start(Limits { exchanges_max: 8, uploads_max: 3, waits_max: 2, ..impatient() });
    let mut stalled: Vec<Client> = (0..6).map(|_| Client::connect(&server)).collect();
    for client in &mut stalled {
        client.send("POST /stall HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nabc");
    }
    for _ in 0..30 {
        assert_alive(&server);
    }
    assert!(server.stats().relays <= 8);
    for client in &mut stalled {
        assert_eq!(client.answer().status, 408);
    }
    // Uploads go on as ever.
    let mut client = Client::connect(&server);
    let body = vec![b'a'; 1_000_000];
    client.send(
        [b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n", body.as_slice()]
            .concat(),
    );
    assert_eq!(client.answer().status, 200);
}

#[test]
fn a_trickled_upload_is_cut_at_its_deadline() {
    let (server, echo) = start(Limits { body_deadline: Duration::from_millis(900), ..impatient() });
    for head in [
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 600000\r\n\r\n",
    ] {
        let mut client = Client::connect(&server);
        client.send(head);
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(20) && client.try_send("a").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "cut in the end");
    }
    wait_until("the handler has noticed", || !echo.broken_bodies.lock().unwrap().is_empty());
    let broken = echo.broken_bodies.lock().unwrap().clone();
    assert_eq!(broken, [std::io::ErrorKind::UnexpectedEof]);
    assert_alive(&server);
}

#[test]
fn uploads_beyond_their_share_stand_aside_and_are_served() {
    let (server, _) =
        start(Limits { exchanges_max: 6, uploads_max: 2, waits_max: 2, ..Limits::default() });
    let address = server.local_addr();
    let uploads: Vec<_> = (0..16)
        .map(|_| {
            std::thread::spawn(move || {
                let mut client = Client::of(TcpStream::connect(address).unwrap());
                for _ in 0..3 {
                    let head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n";
                    client.send([head.as_bytes(), &vec![b'a'; 300_000]].concat());
                    assert_eq!(client.answer().status, 200);
                }
            })
        })
        .collect();
    for upload in uploads {
        upload.join().unwrap();
    }
    assert_eq!(server.stats().requests, 48);
}

#[test]
fn a_client_that_breaks_off_is_an_error_of_its_own_request_only() {
    let (server, echo) = start(Limits::default());
    let mut honest = Client::connect(&server);
    for head in [
        "POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n",
        "POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n",
    ] {
        let mut client = Client::connect(&server);
        client.send([head.as_bytes(), &vec![b'a'; 300_000]].concat());
        drop(client);
        honest.send("GET /honest HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_eq!(honest.answer().status, 200);
    }
    // Small bodies that break off never get in.
    let mut client = Client::connect(&server);
    client.send("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\nabc");
    drop(client);
    wait_until("both uploads have ended", || echo.broken_bodies.lock().unwrap().len() == 2);
    let broken = echo.broken_bodies.lock().unwrap().clone();
    assert_eq!(broken, [std::io::ErrorKind::UnexpectedEof; 2]);
    assert_eq!(server.stats().links_broken, 2);
    assert_eq!(echo.seen().iter().filter(|line| *line == "POST /b").count(), 2);
    // And the places they had are served again, many times over.
    for _ in 0..200 {
        honest.send("POST /honest HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab");
        assert_eq!(honest.answer().status, 200);
    }
}

#[test]
fn clients_that_do_not_read_are_cut() {
    let (server, _) = start(impatient());
    let mut deaf: Vec<Client> = (0..8).map(|_| Client::connect(&server)).collect();
    for client in &mut deaf {
        client.send("GET /stream?bytes=60000000 HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    for _ in 0..30 {
        assert_alive(&server);
    }
    wait_until("all were given up", || server.stats().links_broken == 8);
    for client in &mut deaf {
        let mut received = Vec::new();
        // A reset or an early end, but never the whole answer.
        let _ = client.reader.read_to_end(&mut received);
        assert!(received.len() < 60_000_000);
    }
    assert_alive(&server);
}

#[test]
fn one_client_that_floods_its_connection_holds_up_nobody() {
    let (server, _) = start(impatient());
    let address = server.local_addr();
    let flood = std::thread::spawn(move || {
        let mut client = Client::of(TcpStream::connect(address).unwrap());
        let batch = "GET /flood HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1000);
        // It never reads: in the end it is cut.
        while client.try_send(&batch).is_ok() {}
    });
    for _ in 0..100 {
        assert_alive(&server);
    }
    flood.join().unwrap();
    assert_alive(&server);
}

#[test]
fn resets_are_survived() {
    let (server, _) = start(Limits::default());
    for index in 0..300 {
        let mut client = Client::connect(&server);
        if index % 2 == 0 {
            client.send("POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\nabc");
        }
        // Closing with this set sends a reset.
        let socket = socket2::SockRef::from(client.reader.get_ref());
        socket.set_linger(Some(Duration::ZERO)).unwrap();
    }
    for _ in 0..20 {
        assert_alive(&server);
    }
    wait_until("all have left", || server.stats().connections_open <= 1);
}

/// Waits for a state that must come; the bound only ends a failed test.
pub(super) fn wait_until(what: &str, condition: impl Fn() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < Duration::from_secs(30), "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
