//! Create and retrieve: what a job shows, and that documents come back as they went in.

use docspool::http::api::ResponsePolicy;
use serde_json::{Value, json};

use super::{Setup, assert_refused, detail};
use crate::support::client::{Answer, Client};
use crate::support::documents::{data_url, parse, parse_text};
use crate::support::random::Random;

#[test]
fn a_job_shows_what_every_client_needs() {
    let world = Setup::working().start();
    let mut client = world.client();
    let mut body = parse_text("a.txt", "text");
    body["metadata"] = json!({"batch": "b 1", "näme": "wörth ✓"});
    let created = client.create(&body);
    assert_eq!(created["status"], "queued");
    assert_eq!((&created["response"], &created["error"]), (&Value::Null, &Value::Null));
    assert_eq!((&created["started_at"], &created["completed_at"]), (&Value::Null, &Value::Null));
    assert_eq!((&created["attempts"], &created["progress"]), (&json!(0), &Value::Null));
    let job = client.wait(created["id"].as_str().unwrap());
    assert_eq!(job["status"], "completed", "{job}");
    assert_eq!((&job["object"], &job["error"]), (&json!("job"), &Value::Null));
    assert_eq!(job["endpoint"], "/v1/documents/parse");
    assert_eq!(job["organization_id"], "org_local");
    assert_eq!((&job["request"], &job["metadata"]), (&body["request"], &body["metadata"]));
    assert_eq!(job["attempts"], 1);
    assert!(job["id"].as_str().unwrap().starts_with("job_"));
    let time = |name: &str| job[name].as_i64().unwrap_or_else(|| panic!("{name} of {job}"));
    // Seconds, not milliseconds.
    assert!((1_700_000_000..10_000_000_000).contains(&time("created_at")));
    assert_eq!(time("expires_at") - time("created_at"), 7 * 24 * 3600);
    assert!(time("created_at") <= time("started_at"));
    assert!(time("started_at") <= time("completed_at"));
    let response = &job["response"];
    assert_eq!(response["status_code"], 200);
    assert_eq!(response["body"]["text"], "text");
    assert_eq!(response["body"]["pages"], json!(["text"]));
    assert_eq!(response["body"]["document"]["filename"], "a.txt");
    assert!(response["body"]["usage"]["page_count"].is_u64());
    assert!(response["body"]["usage"]["credits"].is_number());
}

#[test]
fn a_job_that_fails_says_why() {
    let world = Setup::working().start();
    let mut client = world.client();
    for url in [
        data_url("application/pdf", b"%PDF-1.7\nno pages"),
        data_url("application/pdf", b""),
        data_url("application/x-unheard-of", &[0, 159, 146, 150]),
        "data:text/plain;base64,!!!".to_owned(),
        "data:text/plain;base64,a".to_owned(),
        "data:text/plain,%zz".to_owned(),
        "no url at all".to_owned(),
    ] {
        let id = client.submit(&parse("a.bin", &url));
        let job = client.wait(&id);
        assert_eq!((&job["status"], &job["response"]), (&json!("failed"), &Value::Null), "{url}");
        let error = &job["error"];
        assert!(!error["code"].as_str().unwrap().is_empty(), "{error}");
        assert!(error["message"].as_str().unwrap().len() > 15, "{error}");
        assert_eq!(error["details"]["field"], "request.document.url", "{error}");
        assert!(job["completed_at"].is_i64());
        // It can be looked at, and the whole listing with it.
        assert_eq!(job["request"]["document"]["url"], url);
    }
    let failed = client.get("/v1/jobs?status=failed").ok();
    assert_eq!(failed["data"].as_array().unwrap().len(), 7);
    assert!(failed["data"][0]["error"]["message"].is_string());
}

/// Whatever shape its base64 has, and however large it is.
#[test]
fn documents_come_back_byte_for_byte() {
    let world = Setup::idle().start();
    let mut client = world.client();
    let mut random = Random::new(7);
    let noise: Vec<u8> = (0..700_001).map(|_| random.next() as u8).collect();
    let large = data_url("application/pdf", &noise);
    let (head, data) = large.split_once(',').unwrap();
    let unpadded = format!("{head},{}", data.trim_end_matches('='));
    let wrapped = data.as_bytes().chunks(76).map(|line| std::str::from_utf8(line).unwrap());
    let wrapped = format!("{head},{}", wrapped.collect::<Vec<_>>().join("\r\n"));
    let url_safe = large.replace('+', "-").replace('/', "_");
    let urls = [
        data_url("text/plain", b""),
        data_url("text/plain", b"a"),
        data_url("text/plain; charset=utf-8", b"small"),
        "DATA:;BASE64,YQ==".to_owned(),
        "data:,plain%20text".to_owned(),
        "data:text/plain;base64,YQ=".to_owned(),
        "data:text/plain;base64,YR==".to_owned(),
        format!("data:text/plain,{}", "%C3%A9".repeat(5000)),
        "http://127.0.0.1:1/never-fetched.pdf".to_owned(),
        format!("data:image/png;name=ü ✓;base64,{data}"),
        "data:text/plain;base64,\u{0}\u{1F}\"\\/".to_owned(),
        format!("data:text/plain;base64,{}", "A".repeat(100_003)),
        large.clone(),
        unpadded,
        wrapped,
        url_safe,
    ];
    for url in urls {
        let shown: String = url.chars().take(60).collect();
        let body = parse("a \"quoted\" näme.pdf", &url);
        let created = client.create(&body);
        assert!(created["request"] == body["request"], "create of {shown}");
        let id = created["id"].as_str().unwrap();
        assert!(client.job(id)["request"] == body["request"], "retrieve of {shown}");
        let listed = client.get(&format!("/v1/jobs?ids={id}&include_request=true")).ok();
        assert!(listed["data"][0]["request"] == body["request"], "list of {shown}");
    }
    // Broken base64 that is small is kept and fails as a job; what streams to the disk must
    // decode, or nothing is stored.
    let broken = format!("{head},{}é{}", "A".repeat(50_000), "A".repeat(50_000));
    let answer = client.post("/v1/jobs", &parse("a.pdf", &broken));
    assert_refused(&answer, 422, "validation_error", "request.document.url");
    // Also in other places of a request, and with JSON written in other ways.
    let document = r#"{"url": "data:text\/plain;base64,\u0059Q==", "filename": "\u00e9"} "#;
    let extra = format!(r#"["{large}", 1e2, {{"a": "{large}"}}]"#);
    let request = format!("{{\"extra\": {extra},\t\"document\": {document}}}");
    let endpoint = r#""endpoint": "\/v1\/documents\/parse""#;
    let text = format!("\n{{ \"metadata\": {{}} , \"request\":\t{request},\r\n{endpoint}}}\n");
    let created = client.send("POST", "/v1/jobs", &[], Some(text.as_bytes())).unwrap().ok();
    let sent: Value = serde_json::from_str(&text).unwrap();
    assert!(created["request"] == sent["request"]);
    assert!(client.job(created["id"].as_str().unwrap())["request"] == sent["request"]);
}

fn shown(client: &mut Client, id: &str, query: &str) -> (bool, bool) {
    let job = client.get(&format!("/v1/jobs/{id}{query}")).ok();
    let known = |value: &Value| value.is_null() || value.is_object();
    assert!(known(&job["request"]) && known(&job["response"]), "{job}");
    (job["request"].is_object(), job["response"].is_object())
}

/// Policy D: what was not asked for either way is shown; a request can be left out, the
/// response of a job that has ended cannot, because clients leave it out unasked.
#[test]
fn includes_follow_the_policy() {
    for (policy, response_when_false) in
        [(ResponsePolicy::OnceEnded, true), (ResponsePolicy::AsAsked, false)]
    {
        let mut setup = Setup::working();
        setup.response_policy = policy;
        let world = setup.start();
        let mut client = world.client();
        let id = client.submit(&parse_text("a.txt", "a"));
        client.wait(&id);
        for (query, expected) in [
            ("", (true, true)),
            ("?include_request=false", (false, true)),
            ("?include_request=false&include_response=false", (false, response_when_false)),
            ("?include_request=true&include_response=false", (true, response_when_false)),
            ("?include_request=false&include_response=true", (false, true)),
            ("?include_request=True&include_response=1", (true, true)),
            ("?include_request=&something=else", (true, true)),
            ("/status", (false, false)),
            ("/status?include_response=true", (false, false)),
        ] {
            assert_eq!(shown(&mut client, &id, query), expected, "{policy:?} {query}");
        }
        let answer = client.get(&format!("/v1/jobs/{id}?include_request=yes"));
        assert_refused(&answer, 422, "validation_error", "include_request");
    }
    let world = Setup::idle().start();
    let mut client = world.client();
    let id = client.submit(&parse_text("a.txt", "a"));
    assert_eq!(shown(&mut client, &id, "?include_response=true"), (true, false));
    // What was left out of a create's answer is still there.
    let body = parse_text("a.txt", "a");
    let light = client.post("/v1/jobs?include_request=false", &body).ok();
    assert_eq!(light["request"], Value::Null);
    assert_eq!(client.job(light["id"].as_str().unwrap())["request"], body["request"]);
}

/// The oldest clients refuse a request that is null, so in a listing it is an empty object.
#[test]
fn a_listing_is_light_unless_asked() {
    let world = Setup::working().start();
    let mut client = world.client();
    let body = parse_text("a.txt", "a");
    let id = client.submit(&body);
    client.wait(&id);
    for (query, request, has_response) in [
        ("", json!({}), false),
        ("?include_request=false&include_response=false", json!({}), false),
        ("?include_request=true", body["request"].clone(), false),
        ("?include_response=true", json!({}), true),
        ("?include_request=true&include_response=true", body["request"].clone(), true),
    ] {
        let job = client.get(&format!("/v1/jobs{query}")).ok()["data"][0].clone();
        assert_eq!(job["request"], request, "{query}");
        assert_eq!(job["response"].is_object(), has_response, "{query}");
        assert_eq!(job["status"], "completed");
    }
    assert_refused(
        &client.get("/v1/jobs?include_response=2"),
        422,
        "validation_error",
        "include_response",
    );
}

fn create_with(client: &mut Client, key: &str, text: &str) -> Answer {
    let body = parse_text("a.txt", text).to_string();
    client.send("POST", "/v1/jobs", &[("Idempotency-Key", key)], Some(body.as_bytes())).unwrap()
}

#[test]
fn an_idempotency_key_names_one_job() {
    let world = Setup::idle().start();
    let mut client = world.client();
    let first = create_with(&mut client, "key", "a").ok();
    assert_eq!(create_with(&mut client, "key", "a").ok(), first);
    assert_refused(&create_with(&mut client, "key", "b"), 422, "idempotency_key_reused", "");
    // Also once the job is no longer what it was.
    let id = first["id"].as_str().unwrap();
    client.post_empty(&format!("/v1/jobs/{id}/cancel")).ok();
    let again = create_with(&mut client, "key", "a").ok();
    assert_eq!((&again["id"], &again["status"]), (&first["id"], &json!("cancelled")));
    // A create that was refused has used no key up.
    let refused = client.send("POST", "/v1/jobs", &[("Idempotency-Key", "other")], Some(b"{}"));
    detail(&refused.unwrap(), 422);
    create_with(&mut client, "other", "b").ok();
    for key in ["has blank", "\t", "ü", &"k".repeat(256)] {
        let answer = create_with(&mut client, key, "a");
        let field = if matches!(key, "ü" | "\t") { "" } else { "Idempotency-Key" };
        assert!(matches!(answer.status, 400 | 422), "{key}");
        if answer.status == 422 && !field.is_empty() {
            assert_refused(&answer, 422, "validation_error", field);
        }
    }
    create_with(&mut client, &"k".repeat(255), "a").ok();
    assert_eq!(client.get("/v1/jobs").ok()["data"].as_array().unwrap().len(), 3);
}
