//! JSON made to hurt, sent to every route that takes some: a clear answer, soon, and a server
//! that still stands.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::client::Client;
use crate::support::process::peak_memory_bytes;
use crate::support::server::Home;

/// Far over the promise of 50 ms for each MiB, since other tests run beside this one; the
/// figures are printed.
const PER_MIB: Duration = Duration::from_millis(500);

/// A create body around this text of a request.
fn with_request(request: &str) -> Vec<u8> {
    format!(r#"{{"endpoint":"/v1/documents/parse","request":{request}}}"#).into_bytes()
}

/// A request with one field more, whose value is this text.
fn with_field(value: &str) -> Vec<u8> {
    with_request(&format!(r#"{{"document":{DOCUMENT},"more":{value}}}"#))
}

const DOCUMENT: &str = r#"{"filename":"a.txt","url":"data:text/plain,a"}"#;

/// Bodies that cannot be taken.
fn refused() -> Vec<(&'static str, Vec<u8>)> {
    let sound = with_field("1");
    let deep = |open: &str, levels: usize| open.repeat(levels);
    vec![
        ("brackets, a million", deep("[", 1_000_000).into_bytes()),
        ("brackets, 50 MiB", vec![b'['; 50 << 20]),
        ("objects, a million deep", deep("{\"a\":", 1_000_000).into_bytes()),
        ("a field a million deep", with_field(&deep("[", 1_000_000))),
        ("a field 200 deep and whole", with_field(&(deep("[", 200) + &"]".repeat(200)))),
        ("a number of no size", with_field("1e999999")),
        ("a negative one", with_field("-1e999999")),
        ("a number of the wrong shape", with_field("01")),
        ("no number", with_field("NaN")),
        ("a number for a name", with_request(r#"{1:2}"#)),
        (
            "two endpoints",
            br#"{"endpoint":"/v1/documents/parse","endpoint":"x","request":{}}"#.into(),
        ),
        ("two requests", br#"{"endpoint":"/v1/documents/parse","request":{},"request":{}}"#.into()),
        ("half a surrogate", with_field(r#""\ud800""#)),
        ("the other half", with_field(r#""\udc00x""#)),
        ("surrogates the wrong way", with_field(r#""\udc00\ud800""#)),
        (
            "bytes of no charset",
            with_field("\"X\"").iter().map(|b| if *b == b'X' { 0xff } else { *b }).collect(),
        ),
        ("an overlong letter", [&sound[..sound.len() - 2], b"\"\xc0\x80\""].concat()),
        ("a raw line end in a text", with_field("\"a\nb\"")),
        ("a byte order mark", ["\u{feff}".as_bytes(), &sound].concat()),
        ("UTF-16", "{\"endpoint\":1}".encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("a comment", [b"/* */", &sound[..]].concat()),
        ("something behind", [&sound[..], b"]"].concat()),
    ]
}

/// Sends a body; gives the status, after a check that the answer is an explanation.
fn refuse(client: &mut Client, route: &str, name: &str, body: &[u8]) -> u16 {
    let started = Instant::now();
    let answer = client.send("POST", route, &[], Some(body)).unwrap();
    let took = started.elapsed();
    let mebibytes = u32::try_from(body.len() >> 20).unwrap() + 1;
    println!("{route}, {name}: {} after {took:?}, {mebibytes} MiB", answer.status);
    assert!((400..500).contains(&answer.status), "{name}: {answer:?}");
    let said = answer.json()["detail"]["message"].as_str().unwrap_or_default().to_owned();
    assert!((10..1_000).contains(&said.len()), "{name}: {said:?}");
    assert!(took < PER_MIB * mebibytes, "{name} took {took:?}");
    answer.status
}

#[test]
fn a_hostile_body_is_refused_soon_and_clearly() {
    let home = Home::new(&["--workers", "1"]);
    let server = home.start();
    let mut client = server.client();
    for (name, body) in refused() {
        assert_eq!(refuse(&mut client, "/v1/jobs", name, &body), 422, "{name}");
    }
    assert_eq!(client.get("/v1/jobs").ok()["data"], json!([]), "nothing of it was stored");
    for route in ["/v1/documents/parse", "/v1/documents/extract", "/v1/projects"] {
        for (name, body) in refused().into_iter().filter(|(_, body)| body.len() < 8 << 20) {
            refuse(&mut client, route, name, &body);
        }
    }
    assert!(peak_memory_bytes(server.pid()) < 300 << 20);
    server.stop();
}

#[test]
fn an_odd_body_is_taken_whole_or_refused() {
    let home = Home::new(&["--workers", "1"]);
    let server = home.start();
    let mut client = server.client();
    let depth = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    let twice = r#"{"document":{"filename":"a.txt","url":"data:,a","url":"data:,b"}}"#;
    let cases = [
        ("a number of 10,000 digits", with_field(&"7".repeat(10_000))),
        ("a fraction of 10,000 digits", with_field(&format!("0.{}", "7".repeat(10_000)))),
        ("a very small number", with_field("1e-999999")),
        ("120 levels", with_field(&depth(120))),
        ("a text of 4 MiB", with_field(&format!("\"{}\"", "x".repeat(4 << 20)))),
        ("escapes of a million letters", with_field(&format!("\"{}\"", "\\u0041".repeat(1 << 20)))),
        ("two addresses", with_request(twice)),
        ("100,000 fields", with_request(&many_fields())),
    ];
    for (name, body) in cases {
        let answer = client.send("POST", "/v1/jobs", &[], Some(&body)).unwrap();
        println!("{name}: {}", answer.status);
        if answer.status == 422 {
            continue;
        }
        let id = answer.ok()["id"].as_str().unwrap().to_owned();
        let job = client.wait(&id);
        assert_eq!(job["status"], "completed", "{name}: {}", job["error"]);
        let sent: Value = serde_json::from_slice(&body).unwrap();
        assert!(job["request"] == sent["request"], "{name}: it reads back as it was sent");
    }
    server.stop();
}

fn many_fields() -> String {
    let fields: String = (0..100_000).map(|number| format!("\"{number}\":{number},")).collect();
    format!("{{{fields}\"document\":{DOCUMENT}}}")
}

/// Expressions that take other engines for ever, and such as are too large for ours.
#[test]
fn a_hostile_expression_is_linear_or_refused() {
    let home = Home::new(&["--workers", "0"]);
    let server = home.start();
    let mut client = server.client();
    let long = "a".repeat(250) + ".txt";
    for _ in 0..100 {
        client.submit(&crate::support::documents::parse_text(&long, "x"));
    }
    let ask = |client: &mut Client, expression: &str| {
        let query: String = form_urlencoded::byte_serialize(expression.as_bytes()).collect();
        let started = Instant::now();
        let answer = client.get(&format!("/v1/jobs?filename_regex={query}"));
        println!("{expression:.40}: {} after {:?}", answer.status, started.elapsed());
        assert!(started.elapsed() < Duration::from_secs(1), "{expression}");
        answer.status
    };
    for slow in ["(a+)+$", "(a|a)*b", "(a|aa)+$", "^(a*)*b", "(.*a){20}b", "(.*)*(.*)*(.*)*!"] {
        assert_eq!(ask(&mut client, slow), 200, "{slow}");
    }
    for large in [
        "a{1000}{1000}",
        "((a{100}){100}){100}",
        r"(\w{200}){200}",
        r"[\p{L}\p{N}]{5000}",
        "(",
        r"(a)\1",
        "(?=a)",
    ] {
        assert_eq!(ask(&mut client, large), 422, "{large}");
    }
    let deep = "(".repeat(120) + &")".repeat(120);
    assert!([200, 422].contains(&ask(&mut client, &deep)));
    server.stop();
}
