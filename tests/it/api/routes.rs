//! Routes, methods, types of bodies; what is refused, and how that is told.

use docspool::Endpoint;
use docspool::http::server::Limits;
use serde_json::{Value, json};

use super::{Setup, assert_refused, detail};
use crate::support::client::Client;
use crate::support::documents::{data_url, parse, parse_text};

#[test]
fn each_route_is_there_under_every_base_url() {
    let world = Setup::working().start();
    let mut client = world.client();
    for base in ["/v1", "", "/v1/v1", "//v1"] {
        let created = client.post(&format!("{base}/jobs"), &parse_text("a.txt", "a")).ok();
        let id = created["id"].as_str().unwrap();
        let job = client.wait(id);
        assert_eq!(client.get(&format!("{base}/jobs/{id}")).ok(), job, "{base}");
        let status = client.get(&format!("{base}/jobs/{id}/status")).ok();
        assert_eq!((&status["id"], &status["status"]), (&job["id"], &json!("completed")));
        for change in ["cancel", "retry"] {
            let answer = client.post_empty(&format!("{base}/jobs/{id}/{change}"));
            assert_refused(&answer, 400, "invalid_state", "");
        }
        assert_eq!(client.get(&format!("{base}/jobs?ids={id}")).ok()["data"][0]["id"], id);
        let request = parse_text("a.txt", "at once")["request"].clone();
        let parsed = client.post(&format!("{base}/documents/parse"), &request).ok();
        assert_eq!(parsed["text"], "at once", "{base}");
        let models = client.get(&format!("{base}/models?supports_image=true")).ok();
        let model = &models["data"][0];
        assert!(model["id"].is_string() && model["created"].is_i64(), "{models}");
        assert!(model["object"] == "model" && model["owned_by"].is_string(), "{models}");
        assert_eq!(client.get(&format!("{base}/healthz")).ok()["status"], "ok");
        assert_eq!(client.get(&format!("{base}/readyz")).ok()["status"], "ready");
    }
    // Neither a slash at the end nor one too many is a reason to send a client elsewhere.
    assert_eq!(client.get("/v1/jobs/").ok()["object"], "list");
}

#[test]
fn what_is_not_there_and_what_has_other_methods_are_told_apart() {
    let world = Setup::idle().start();
    let mut client = world.client();
    for path in ["/", "/v1", "/v1/nothing", "/v1/jobs/a/b", "/v1/v1/v1/jobs", "/V1/jobs"] {
        assert_refused(&client.get(path), 404, "route_not_found", "");
    }
    for (method, path, allowed) in [
        ("DELETE", "/v1/jobs", "POST, GET, HEAD"),
        ("PUT", "/v1/jobs/job_1", "GET, HEAD"),
        ("GET", "/v1/jobs/job_1/cancel", "POST"),
        ("GET", "/v1/documents/parse", "POST"),
        ("POST", "/healthz", "GET, HEAD"),
    ] {
        let answer = client.send(method, path, &[], None).unwrap();
        assert_refused(&answer, 405, "method_not_allowed", "");
        assert_eq!(answer.header("allow"), Some(allowed), "{method} {path}");
    }
}

#[test]
fn every_answer_is_exactly_json_and_names_its_request() {
    let world = Setup::idle().start();
    let mut client = world.client();
    let id = client.submit(&parse_text("a.txt", "a"));
    for (method, target, status) in [
        ("GET", "/v1/jobs".to_owned(), 200),
        ("GET", "/v1/jobs?include_request=true".to_owned(), 200),
        ("GET", format!("/v1/jobs/{id}"), 200),
        ("POST", format!("/v1/jobs/{id}/cancel"), 200),
        ("GET", "/v1/models".to_owned(), 200),
        ("GET", "/healthz".to_owned(), 200),
        ("GET", "/readyz".to_owned(), 200),
        ("GET", "/nothing".to_owned(), 404),
        ("POST", "/v1/jobs".to_owned(), 422),
    ] {
        let answer = client.send(method, &target, &[], None).unwrap();
        assert_eq!(answer.status, status, "{target}");
        assert_eq!(answer.header("content-type"), Some("application/json"), "{target}");
        assert!(answer.header("x-request-id").unwrap().starts_with("req_"), "{target}");
        assert!(answer.json().is_object(), "{target}");
        assert!(answer.header("location").is_none());
    }
}

#[test]
fn a_job_that_cannot_be_is_refused_and_nothing_is_stored() {
    let world = Setup::idle().start();
    let mut client = world.client();
    let good = parse_text("a.txt", "a");
    let with = |pointer: &str, value: Value| {
        let mut body = good.clone();
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    let document = |value: Value| with("/request/document", value);
    let field = |name: &str, value: Value| {
        let mut body = good.clone();
        body["request"][name] = value;
        body
    };
    let metadata = |value: Value| {
        let mut body = good.clone();
        body["metadata"] = value;
        body
    };
    let pairs = |count: usize| (0..count).map(|n| (n.to_string(), json!("v"))).collect::<Value>();
    let url = data_url("text/plain", b"a");
    let cases = [
        (json!([]), "body"),
        (json!("text"), "body"),
        (json!({}), "endpoint"),
        (json!({"endpoint": "/v1/documents/parse"}), "request"),
        (with("/endpoint", json!("/v1/documents/translate")), "endpoint"),
        (with("/endpoint", json!(7)), "endpoint"),
        (with("/endpoint", json!(null)), "endpoint"),
        (with("/request", json!([])), "request"),
        (with("/request", json!(null)), "request"),
        (with("/request", json!({})), "request.document"),
        (document(json!("a.txt")), "request.document"),
        (document(json!([])), "request.document"),
        (document(json!({"filename": "a.txt"})), "request.document.url"),
        (document(json!({"filename": "a.txt", "url": ""})), "request.document.url"),
        (document(json!({"filename": "a.txt", "url": 1})), "request.document.url"),
        (document(json!({"url": url})), "request.document.filename"),
        // As the documentation of an old client has it.
        (
            document(json!({"content": "YQ==", "mime_type": "text/plain"})),
            "request.document.filename",
        ),
        (field("model", json!(1)), "request.model"),
        (field("image_resolution_dpi", json!(95)), "request.image_resolution_dpi"),
        (field("image_resolution_dpi", json!("192")), "request.image_resolution_dpi"),
        (field("table_parsing_format", json!("csv")), "request.table_parsing_format"),
        (metadata(json!([])), "metadata"),
        (metadata(json!("text")), "metadata"),
        (metadata(pairs(17)), "metadata"),
        (metadata(json!({"k": 1})), "metadata.k"),
        (metadata(json!({"k": null})), "metadata.k"),
        (metadata(json!({"k": ["v"]})), "metadata.k"),
        (metadata(json!({"k": "é".repeat(513)})), "metadata.k"),
        (metadata(json!({"é".repeat(65): "v"})), &format!("metadata.{}", "é".repeat(64))),
    ];
    for (body, field) in cases {
        let answer = client.post("/v1/jobs", &body);
        assert_refused(&answer, 422, "validation_error", field);
        let said = detail(&answer, 422)["message"].as_str().unwrap().to_owned();
        assert!(said.len() > 15, "{said}");
    }
    for text in ["", " ", "{", "{\"endpoint\":", "nonsense", "{}{}", "\u{0}"] {
        let answer = client.send("POST", "/v1/jobs", &[], Some(text.as_bytes())).unwrap();
        assert_eq!(detail(&answer, 422)["code"], "validation_error", "{text:?}");
    }
    assert_eq!(client.get("/v1/jobs").ok()["data"], json!([]));

    // What is just within the limits is taken, and what nobody knows is left alone.
    let widest: Value =
        (0..16).map(|n| (format!("{n:02}{}", "é".repeat(62)), json!("é".repeat(512)))).collect();
    let job = client.create(&metadata(widest.clone()));
    assert_eq!(job["metadata"], widest);
    client.create(&field("temperature", json!(0.5)));
    client.create(&field("image_resolution_dpi", json!(300)));
    client.create(&metadata(json!(null)));
}

#[test]
fn endpoints_that_nobody_serves_yet_are_refused_by_name() {
    let world = Setup::idle().start();
    let mut client = world.client();
    let request = json!({
        "document": {"filename": "a.txt", "url": data_url("text/plain", b"a")},
        "documents": [{"filename": "a.txt", "url": data_url("text/plain", b"a")}],
        "json_schema": {}, "subdocuments": [{"name": "a"}], "categories": [{"name": "a"}],
        "instructions": "fill it in", "template_id": "edittplt_1", "project_id": "project_1",
    });
    let served = world.engine.served();
    for endpoint in Endpoint::ALL.into_iter().filter(|endpoint| !served.contains(endpoint)) {
        let path = endpoint.path();
        let mut asked = request.clone();
        if endpoint == Endpoint::AgentFill {
            asked.as_object_mut().unwrap().remove("template_id");
        }
        for answer in [
            client.post("/v1/jobs", &json!({"endpoint": path, "request": asked})),
            client.post(path, &asked),
        ] {
            assert_refused(&answer, 422, "endpoint_not_served", "");
            let said = detail(&answer, 422)["message"].as_str().unwrap().to_owned();
            assert!(said.contains(path) && said.contains("/v1/documents/parse"), "{said}");
        }
    }
    assert_eq!(client.get("/v1/jobs").ok()["data"], json!([]));
}

fn post_as(client: &mut Client, target: &str, media_type: &str, body: &Value) -> u16 {
    let headers = [("Content-Type", media_type)];
    let answer = client.send("POST", target, &headers, Some(body.to_string().as_bytes())).unwrap();
    if answer.status != 200 {
        assert_refused(&answer, 415, "unsupported_content_type", "");
    }
    answer.status
}

#[test]
fn a_body_is_json_and_an_empty_one_may_be_called_anything() {
    let world = Setup::working().start();
    let mut client = world.client();
    let body = parse_text("a.txt", "a");
    for (media_type, status) in [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("APPLICATION/JSON", 200),
        ("", 200),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
    ] {
        for (target, body) in [("/v1/jobs", &body), ("/v1/documents/parse", &body["request"])] {
            assert_eq!(post_as(&mut client, target, media_type, body), status, "{media_type}");
        }
    }
    // Cancel and retry come without a body, with `{}`, and with whatever a client likes.
    let idle = Setup::idle().start();
    let mut client = idle.client();
    for (media_type, body) in
        [("application/json", ""), ("application/json", "{}"), ("text/plain", "please")]
    {
        let id = client.submit(&parse_text("a.txt", "a"));
        for change in ["cancel", "retry"] {
            let target = format!("/v1/jobs/{id}/{change}");
            let headers = [("Content-Type", media_type)];
            client.send("POST", &target, &headers, Some(body.as_bytes())).unwrap().ok();
        }
    }
}

#[test]
fn a_body_that_is_too_large_is_refused_by_gate_and_engine() {
    let large = parse("a.txt", &data_url("text/plain", &[b'a'; 100_000]));
    // The gate knows from the head that it is too large.
    let mut setup = Setup::idle();
    setup.limits = Limits { body_bytes_max: 64 * 1024, ..Limits::default() };
    let world = setup.start();
    let answer = world.client().post("/v1/jobs", &large);
    assert_eq!(detail(&answer, 413)["code"], "payload_too_large");
    // The engine counts what arrives.
    let world = Setup::working().engine(|builder| builder.body_bytes_max(64 * 1024)).start();
    let mut client = world.client();
    for (target, body) in [("/v1/jobs", &large), ("/v1/documents/parse", &large["request"])] {
        let detail = detail(&client.post(target, body), 413);
        assert_eq!(detail["code"], "payload_too_large");
        assert_eq!(detail["details"]["limit_bytes"], 64 * 1024);
    }
    assert_eq!(client.get("/v1/jobs").ok()["data"], json!([]));
    // The connection and the server live on.
    client.create(&parse_text("a.txt", "a"));
}

#[test]
fn a_direct_call_answers_or_says_why_not_and_stores_nothing() {
    let world = Setup::working().start();
    let mut client = world.client();
    let damaged = parse("a.pdf", &data_url("application/pdf", b"%PDF-1.7\nno pages"));
    let answer = client.post("/v1/documents/parse", &damaged["request"]);
    assert!(!detail(&answer, 422)["code"].as_str().unwrap().is_empty());
    let answer = client.post("/v1/documents/parse", &json!({"model": "retab-small"}));
    assert_refused(&answer, 422, "validation_error", "request.document");
    let answer = client.post("/v1/documents/parse", &json!([]));
    assert_eq!(detail(&answer, 422)["code"], "validation_error");
    assert_eq!(client.get("/v1/jobs").ok()["data"], json!([]));
}
