//! Schemas made to hurt: refused at once, or worked with in time; no reference leads out of
//! the machine, nor into it.

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::support::process::peak_memory_bytes;
use crate::support::scripted::{Reply, Scripted};
use crate::support::server::Home;

/// Each definition refers to the next one twice, below this keyword.
fn doubling(levels: usize, keyword: &str) -> Value {
    let mut definitions = Map::new();
    for level in 0..levels {
        let next = json!({"$ref": format!("#/$defs/d{}", level + 1)});
        let twice = match keyword {
            "properties" => json!({"type": "object", "properties": {"a": next, "b": next}}),
            list => json!({list: [next.clone(), next]}),
        };
        definitions.insert(format!("d{level}"), twice);
    }
    definitions.insert(format!("d{levels}"), json!({"type": "string"}));
    let first = json!({"$ref": "#/$defs/d0"});
    let needed = json!({"not": first});
    json!({"type": "object", "properties": {"x": first, "y": needed},
        "required": ["x", "y"], "$defs": definitions})
}

/// Many places that each refer to one large thing.
fn one_large_thing(places: usize, thing: Value) -> Value {
    let place = json!({"$ref": "#/$defs/large"});
    let places: Map<String, Value> =
        (0..places).map(|number| (format!("p{number}"), place.clone())).collect();
    json!({"type": "object", "properties": places, "$defs": {"large": thing}})
}

fn nested(levels: usize, wrap: fn(Value) -> Value) -> Value {
    (0..levels).fold(json!({"type": "string"}), |inner, _| wrap(inner))
}

fn text_like(pattern: &str) -> Value {
    json!({"type": "object", "required": ["a"],
        "properties": {"a": {"type": "string", "pattern": pattern}}})
}

/// The schemas by name.
fn all(elsewhere: &str) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for levels in [16, 24, 32, 47, 64] {
        for keyword in ["properties", "allOf", "anyOf", "oneOf"] {
            all.push((format!("{keyword} doubled {levels} times"), doubling(levels, keyword)));
        }
    }
    let object = |fields: Value| json!({"type": "object", "properties": fields});
    let numbers: Vec<usize> = (0..1_000_000).collect();
    let some: Vec<usize> = (0..100_000).collect();
    let named = |name: &str, schema: Value| (name.to_owned(), schema);
    all.extend([
        named("a reference to itself", json!({"$ref": "#"})),
        named("a field that is the whole", object(json!({"a": {"$ref": "#"}, "b": {"$ref": "#"}}))),
        named("no in no in no", json!({"not": nested(100, |inner| json!({"not": inner}))})),
        named("lists in lists", nested(100, |inner| json!({"type": "array", "items": inner}))),
        named("a million values", object(json!({"a": {"enum": numbers}}))),
        named("100,000 values in 3,900 places", one_large_thing(3_900, json!({"enum": some}))),
        named(
            "a text of 4 MiB in 3,900 places",
            one_large_thing(3_900, json!({"type": "string", "description": "x".repeat(4 << 20)})),
        ),
        named("a pattern counted twice", text_like("(a{1000}){1000}")),
        named("a pattern that is slow elsewhere", text_like("^(a+)+$")),
        named("a long pattern", text_like(&"(a|b)?".repeat(2_000))),
        named("letters counted", text_like(r"\p{L}{900}\p{L}{900}")),
        named("a far reference", object(json!({"a": {"$ref": format!("{elsewhere}#/a")}}))),
        named(
            "a far language",
            json!({"$schema": elsewhere, "$id": elsewhere, "type": "object",
            "properties": {"a": {"$dynamicRef": elsewhere}}}),
        ),
        named("a file", object(json!({"a": {"$ref": "file:///etc/passwd"}}))),
        named(
            "a far no",
            json!({"type": "object", "required": ["a"],
            "properties": {"a": {"not": {"$ref": elsewhere}}}}),
        ),
        named(
            "a list that must be endless",
            object(json!({"a": {"type": "array",
            "minItems": 4_294_967_295_u32, "items": {"type": "array", "minItems": 1e300}}})),
        ),
        named("a text that must be endless", text_like("^x{1000}$")),
    ]);
    all
}

#[test]
fn a_hostile_schema_is_refused_or_worked_with_in_time() {
    let elsewhere = Scripted::start(|_, _| Reply::json(200, &json!({"type": "string"})));
    let home = Home::new(&["--workers", "1", "--child-memory", "1GiB", "--job-deadline", "30s"]);
    let server = home.start();
    let mut client = server.client();
    let text = "Invoice No.: INV-77\nTotal: 12.50\n";
    let url = crate::support::documents::data_url("text/plain", text.as_bytes());
    for (name, schema) in all(&elsewhere.url("/schema.json")) {
        let request = json!({"document": {"filename": "a.txt", "url": url}, "json_schema": schema});
        let body = json!({"endpoint": "/v1/documents/extract", "request": request});
        let started = Instant::now();
        let answer = client.post("/v1/jobs", &body);
        let submitted = started.elapsed();
        if answer.status != 200 {
            assert!([413, 422].contains(&answer.status), "{name}: {answer:?}");
            println!("{name}: {} after {submitted:?}", answer.status);
            assert!(submitted < Duration::from_secs(5), "{name} took {submitted:?}");
            continue;
        }
        let job = client.wait(answer.ok()["id"].as_str().unwrap());
        let took = started.elapsed();
        let code = job["error"]["code"].as_str().unwrap_or("-");
        println!("{name}: {} {code} after {took:?}", job["status"]);
        let may_fail = ["validation_error", "deadline_exceeded", "memory_limit_exceeded", "-"];
        assert!(may_fail.contains(&code), "{name}: {}", job["error"]);
        assert!(took < Duration::from_secs(40), "{name} took {took:?}");
        assert!(!job["response"].to_string().contains("root:"), "{name}");
    }
    assert_eq!(elsewhere.seen().len(), 0, "no schema is fetched");
    let peak = peak_memory_bytes(server.pid());
    println!("the server had {} MiB at most", peak >> 20);
    assert!(peak < 700 << 20, "{peak}");
    let next = client.submit(&crate::support::documents::parse_text("a.txt", "a"));
    assert_eq!(client.wait(&next)["status"], "completed");
    server.stop();
}
