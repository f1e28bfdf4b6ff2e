//! Keys: who is let in, and that organizations never see each other.

use std::sync::Arc;
use std::time::Duration;

use docspool::base::clock::{ManualClock, SystemClock};
use docspool::http::keys::KeyFile;
use serde_json::{Value, json};

use super::{NOON_MS, Setup, World, assert_refused, detail};
use crate::support::client::{Answer, Client};
use crate::support::documents::parse_text;

/// A server with keys of two organizations.
fn with_keys() -> (World, [String; 2]) {
    let setup = Setup::idle();
    let file = KeyFile::in_directory(setup.folder.path());
    let keys = ["org_a", "org_b"].map(|org| file.create(org, org, &SystemClock).unwrap().0);
    (setup.start(), keys)
}

fn send(
    client: &mut Client,
    key: &str,
    method: &str,
    target: &str,
    body: Option<&Value>,
) -> Answer {
    let text = body.map(Value::to_string);
    let headers = [("Api-Key", key)];
    client.send(method, target, &headers, text.as_deref().map(str::as_bytes)).unwrap()
}

#[test]
fn without_keys_any_key_will_do() {
    let world = Setup::idle().start();
    let mut client = world.client();
    let id = client.submit(&parse_text("a.txt", "a"));
    for headers in
        [vec![], vec![("Api-Key", "x")], vec![("Authorization", "Bearer y")], vec![("Api-Key", "")]]
    {
        let answer = client.send("GET", &format!("/v1/jobs/{id}"), &headers, None).unwrap();
        assert_eq!(answer.ok()["organization_id"], "org_local", "{headers:?}");
    }
}

#[test]
fn with_keys_one_of_them_is_needed() {
    let (world, [key, _]) = with_keys();
    let mut client = world.client();
    let bearer = format!("Bearer {key}");
    let good = [("Api-Key", key.as_str()), ("authorization", bearer.as_str())];
    for header in good {
        client.send("GET", "/v1/jobs", &[header], None).unwrap().ok();
    }
    let (longer, shorter) = (format!("{key}x"), &key[..key.len() - 1]);
    for (headers, code) in [
        (vec![], "api_key_missing"),
        (vec![("Api-Key", "")], "api_key_missing"),
        (vec![("Authorization", "Basic dTpw")], "api_key_missing"),
        (vec![("Api-Key", "wrong")], "api_key_unknown"),
        (vec![("Api-Key", &longer)], "api_key_unknown"),
        (vec![("Api-Key", shorter)], "api_key_unknown"),
        (vec![("Authorization", "Bearer wrong")], "api_key_unknown"),
    ] {
        for (method, target) in [
            ("GET", "/v1/jobs"),
            ("POST", "/v1/jobs"),
            ("GET", "/jobs/job_1?wait=30"),
            ("POST", "/v1/v1/jobs/job_1/cancel"),
            ("POST", "/v1/documents/parse"),
            ("GET", "/v1/models"),
            ("GET", "/v1/nothing"),
        ] {
            let answer = client.send(method, target, &headers, None).unwrap();
            assert_refused(&answer, 401, code, "");
            let said = detail(&answer, 401)["message"].as_str().unwrap().to_owned();
            assert!(said.contains("docspool keys create") && !said.contains(&key), "{said}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        }
    }
    // Health is nobody's secret.
    client.get("/healthz").ok();
    client.get("/readyz").ok();
}

#[test]
fn organizations_never_see_each_other() {
    let (world, [a, b]) = with_keys();
    let mut client = world.client();
    let mut body = parse_text("a.txt", "a");
    body["metadata"] = json!({"shared": "yes"});
    let job = send(&mut client, &a, "POST", "/v1/jobs", Some(&body)).ok();
    assert_eq!(job["organization_id"], "org_a");
    let id = job["id"].as_str().unwrap();
    for (method, target) in [
        ("GET", format!("/v1/jobs/{id}")),
        ("GET", format!("/v1/jobs/{id}?wait=30")),
        ("GET", format!("/v1/jobs/{id}/status")),
        ("POST", format!("/v1/jobs/{id}/cancel")),
        ("POST", format!("/v1/jobs/{id}/retry")),
    ] {
        assert_refused(&send(&mut client, &b, method, &target, None), 404, "job_not_found", "");
        // Not even the text tells it from a job that never was.
        let unknown = target.replace(id, "job_01ARZ3NDEKTSV4RRFFQ69G5FAV");
        let mut texts = [&target, &unknown].map(|target| {
            let answer = send(&mut client, &b, method, target, None);
            detail(&answer, 404)["message"].as_str().unwrap().to_owned()
        });
        texts[0] = texts[0].replace(id, "job_01ARZ3NDEKTSV4RRFFQ69G5FAV");
        assert_eq!(texts[0], texts[1]);
    }
    let metadata = "metadata=%7B%22shared%22%3A%22yes%22%7D";
    for query in ["", &format!("?ids={id}"), &format!("?id={id}"), &format!("?{metadata}")] {
        let listed = |client: &mut Client, key: &str| {
            let page = send(client, key, "GET", &format!("/v1/jobs{query}"), None).ok();
            page["data"].as_array().unwrap().len()
        };
        assert_eq!((listed(&mut client, &a), listed(&mut client, &b)), (1, 0), "{query}");
    }
    let answer = send(&mut client, &b, "GET", &format!("/v1/jobs?after={id}"), None);
    assert_refused(&answer, 422, "validation_error", "after");
    assert_eq!(
        send(&mut client, &a, "GET", &format!("/v1/jobs/{id}"), None).ok()["status"],
        "queued"
    );

    // A key of the client's own making is one organization's, too.
    let text = body.to_string();
    let mut once = |key: &str| {
        let headers = [("Api-Key", key), ("Idempotency-Key", "same")];
        client.send("POST", "/v1/jobs", &headers, Some(text.as_bytes())).unwrap().ok()
    };
    let (of_a, of_b) = (once(&a), once(&b));
    assert_ne!(of_a["id"], of_b["id"]);
    assert_eq!(of_b["organization_id"], "org_b");
}

#[test]
fn keys_come_and_go_while_the_server_runs() {
    let clock = Arc::new(ManualClock::new(NOON_MS));
    let world = Setup::idle().clock(&clock).start();
    let mut client = world.client();
    client.get("/v1/jobs").ok();
    let file = KeyFile::in_directory(world.folder.path());
    let (key, record) = file.create("first", "org_a", &SystemClock).unwrap();
    clock.advance(Duration::from_secs(2));
    assert_refused(&client.get("/v1/jobs"), 401, "api_key_missing", "");
    send(&mut client, &key, "GET", "/v1/jobs", None).ok();
    file.revoke(&record.id).unwrap();
    clock.advance(Duration::from_secs(2));
    // The last key is gone, and the door does not fall open.
    let answer = send(&mut client, &key, "GET", "/v1/jobs", None);
    assert_refused(&answer, 401, "api_key_unknown", "");
}
