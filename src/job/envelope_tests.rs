#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use crate::job::request::{Slot, SlotContent};
use serde_json::json;

fn read(body: Value) -> Result<Envelope, JobError> {
    Envelope::read(RequestBody::from_value(&body))
}

fn field_of(error: &JobError) -> &str {
    error.details.as_ref().unwrap()["field"].as_str().unwrap()
}

fn parse(document: Value) -> Value {
    json!({"endpoint": "/v1/documents/parse", "request": {"document": document}})
}

#[test]
fn a_good_envelope_is_read() {
    let document = json!({"filename": "a.txt", "url": "data:text/plain,hi"});
    let mut body = parse(document.clone());
    body["metadata"] = json!({"b": "1", "a": "2"});
    let envelope = read(body).unwrap();
    assert_eq!(envelope.endpoint, Endpoint::Parse);
    assert_eq!(envelope.value["document"], document);
    assert_eq!(envelope.metadata, [("b".into(), "1".into()), ("a".into(), "2".into())]);
}

#[test]
fn every_fault_names_its_field() {
    let document = json!({"filename": "a.txt", "url": "data:,hi"});
    let long_key = "k".repeat(65);
    let many: serde_json::Map<_, _> = (0..17).map(|n| (n.to_string(), json!("x"))).collect();
    let with = |metadata: Value| {
        let mut body = parse(document.clone());
        body["metadata"] = metadata;
        body
    };
    let request =
        |endpoint: &str, request: Value| json!({"endpoint": endpoint, "request": request});
    for (body, field) in [
        (json!([]), "body"),
        (json!({}), "endpoint"),
        (json!({"endpoint": "/v1/jobs", "request": {}}), "endpoint"),
        (json!({"endpoint": "/v1/documents/parse"}), "request"),
        (json!({"endpoint": "/v1/documents/parse", "request": []}), "request"),
        (parse(json!(null)), "request.document"),
        (parse(json!("x")), "request.document"),
        (parse(json!({"filename": "a"})), "request.document.url"),
        (parse(json!({"url": "data:,"})), "request.document.filename"),
        (parse(json!({"filename": 1, "url": "data:,"})), "request.document.filename"),
        (with(json!("x")), "metadata"),
        (with(json!(many)), "metadata"),
        (with(json!({"n": 1})), "metadata.n"),
        (with(json!({"n": null})), "metadata.n"),
        (with(json!({"v": "v".repeat(513)})), "metadata.v"),
        (with(json!({&long_key: "v"})), &format!("metadata.{}", &long_key[..64])),
        (request("/v1/documents/extract", json!({"document": document})), "request.json_schema"),
        (
            request("/v1/documents/classify", json!({"document": document, "categories": [{}]})),
            "request.categories[0].name",
        ),
        (
            request(
                "/v1/documents/parse",
                json!({"document": document, "image_resolution_dpi": 5}),
            ),
            "request.image_resolution_dpi",
        ),
        (
            request(
                "/v1/documents/parse",
                json!({"document": document, "table_parsing_format": "latex"}),
            ),
            "request.table_parsing_format",
        ),
        (request("/v1/edit/agent/fill", json!({"instructions": "x"})), "request.document"),
        (request("/v1/schemas/generate", json!({"documents": []})), "request.documents"),
    ] {
        let error = read(body.clone()).expect_err(&body.to_string());
        assert_eq!((error.code.as_str(), field_of(&error)), ("validation_error", field), "{body}");
    }
}

#[test]
fn metadata_limits_count_characters_not_bytes() {
    let mut body = parse(json!({"filename": "a.txt", "url": "data:,hi"}));
    body["metadata"] = json!({"é".repeat(64): "ü".repeat(512)});
    assert!(read(body).is_ok());
}

#[test]
fn slots_move_into_the_request_and_belong_there() {
    let json = r##"{"metadata":{},"endpoint":"/v1/documents/parse", "request": {"document":{"filename":"a","url":"#document/0"}}}"##;
    let slot = |offset| Slot {
        offset,
        head: "data:application/pdf;base64,".into(),
        length: 3,
        first_bytes: b"abc".to_vec(),
        content: SlotContent::Stored(1),
        fetched_from: None,
    };
    let body = |offset| RequestBody { json: json.into(), slots: vec![slot(offset)] };
    let envelope = Envelope::read(body(json.find("#doc").unwrap())).unwrap();
    assert!(envelope.request.json[envelope.request.slots[0].offset..].starts_with("#document/0"));
    assert!(Envelope::read(body(3)).is_err());
}

#[test]
fn a_split_takes_its_list_by_the_older_name_too() {
    let split = |list: &str, value: Value| {
        let document = json!({"filename": "a.txt", "url": "data:text/plain,hi"});
        let mut request = json!({"document": document});
        request[list] = value;
        read(json!({"endpoint": "/v1/documents/split", "request": request})).map(drop)
    };
    assert!(split("subdocuments", json!([{"name": "a"}])).is_ok());
    assert!(split("categories", json!([{"name": "a"}])).is_ok());
    let error = split("categories", json!([{"title": "a"}])).unwrap_err();
    assert!(field_of(&error).starts_with("request.categories[0]"));
    assert_eq!(field_of(&split("other", json!([])).unwrap_err()), "request.subdocuments");
}
