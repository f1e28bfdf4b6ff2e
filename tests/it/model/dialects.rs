//! What servers understand, and what they only say they do.

use serde_json::json;

use super::*;

#[test]
fn a_strict_server_is_asked_by_the_schema_and_its_values_are_located() {
    let server = Scripted::start(|_, _| good());
    let world = World::new(&server);
    let answer = world.ask(Endpoint::Extract, &extraction(INVOICE));
    let data = json!({"number": "INV-77", "total": 1250.5});
    assert_eq!(answer["choices"][0]["message"]["parsed"], data);
    assert_eq!(answer["model"], "retab-small");
    assert_eq!(answer["sources"]["number"]["page"], 1);
    assert_eq!(answer["sources"]["total"]["text"], "1,250.50");
    assert!(answer["likelihoods"]["total"].as_f64().unwrap() > 0.9);
    let usage = &answer["usage"];
    assert_eq!((&usage["prompt_tokens"], &usage["completion_tokens"]), (&json!(700), &json!(30)));
    assert_eq!((&usage["model"], &usage["total_tokens"]), (&json!("tiny-1b"), &json!(730)));

    let [seen] = server.seen().try_into().unwrap();
    assert_eq!(seen.line, "POST /v1/chat/completions HTTP/1.1");
    assert_eq!(seen.header("authorization"), Some(&*format!("Bearer {KEY}")));
    let body = seen.json();
    assert_eq!((&body["model"], &body["stream"]), (&json!("tiny-1b"), &json!(false)));
    let held = &body["response_format"]["json_schema"];
    assert_eq!(
        (&held["strict"], &held["schema"]["required"]),
        (&json!(true), &json!(["number", "total"]))
    );
    let prompt = body["messages"][1]["content"].as_str().unwrap();
    assert!(prompt.contains("<page number=\"1\">\nNorthwind Ltd"), "{prompt}");
    assert!(prompt.contains("Number of the invoice"), "{prompt}");
}

#[test]
fn a_server_that_fails_at_schemas_is_asked_without_and_that_is_remembered() {
    let server = Scripted::start(|_, seen| match &*format_of(seen) {
        "json_schema" => Reply::json(500, &json!({"error": "internal"})),
        _ => good(),
    });
    let world = World::new(&server);
    assert_eq!(world.extract(INVOICE)["total"], 1250.5);
    assert_eq!(formats(&server), ["json_schema", "json_schema", "json_object"]);
    assert_eq!(world.extract(INVOICE)["total"], 1250.5);
    assert_eq!(formats(&server)[3..], ["json_object"]);
}

#[test]
fn a_server_without_any_format_is_asked_by_words() {
    let server = Scripted::start(|_, seen| match &*format_of(seen) {
        "none" => good(),
        name => Reply::json(400, &json!({"error": {"message": format!("bad type {name}")}})),
    });
    assert_eq!(World::new(&server).extract(INVOICE)["number"], "INV-77");
    assert_eq!(formats(&server), ["json_schema", "json_object", "none"]);
}

#[test]
fn newer_models_get_the_fields_they_want() {
    let server = Scripted::start(|_, seen| {
        let body = seen.json();
        let refuse = |text: &str| Reply::json(400, &json!({"error": {"message": text}}));
        if body.get("max_tokens").is_some() {
            return refuse("'max_tokens' is not supported; use 'max_completion_tokens' instead");
        }
        if body.get("temperature").is_some() {
            return refuse("'temperature' does not support 0 with this model");
        }
        good()
    });
    let world = World::new(&server);
    world.extract(INVOICE);
    world.extract(INVOICE);
    let seen = server.seen();
    assert_eq!(seen.len(), 4, "what was learned is remembered");
    assert!(formats(&server).iter().all(|format| format == "json_schema"));
}

#[test]
fn a_schema_that_was_accepted_and_ignored_is_asked_for_again() {
    let server = Scripted::start(|number, _| match number {
        0 => completion("Sure! {\"invoice\": {\"no\": \"INV-77\"}}"),
        _ => good(),
    });
    assert_eq!(World::new(&server).extract(INVOICE)["number"], "INV-77");
    let messages = server.seen()[1].json()["messages"].clone();
    assert_eq!(messages[2]["role"], "assistant");
    let said = messages[3]["content"].as_str().unwrap();
    assert!(said.contains("none of the properties number, total"), "{said}");
}

#[test]
fn fences_thoughts_and_slips_are_forgiven() {
    let server = Scripted::start(|_, _| {
        completion(
            "<think>{\"number\": \"no\"}</think>Here it is:\n```json\n{'number': 'INV-77', \
             \"total\": \"1,250.50\",}\n```\nAnything else?",
        )
    });
    let data = World::new(&server).extract(INVOICE);
    assert_eq!(data, json!({"number": "INV-77", "total": 1250.5}));
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_made_up_value_is_doubted() {
    let server = Scripted::start(|_, _| completion(r#"{"number": "0,12345", "total": 1250.5}"#));
    let answer = World::new(&server).ask(Endpoint::Extract, &extraction(INVOICE));
    assert!(answer["likelihoods"]["number"].as_f64().unwrap() <= 0.3);
    assert!(answer["sources"]["number"].is_null());
    assert_eq!(answer["requires_human_review"], true);
}

#[test]
fn a_cut_answer_is_asked_for_with_a_higher_limit() {
    let server = Scripted::start(|number, _| match number {
        0 => ended("{\"number\": \"INV", "length"),
        _ => good(),
    });
    assert_eq!(World::new(&server).extract(INVOICE)["number"], "INV-77");
    let limit = |at: usize| server.seen()[at].json()["max_tokens"].as_u64().unwrap();
    assert!(limit(1) > limit(0));
}

#[test]
fn a_server_behind_tls_is_trusted_by_the_certificates_that_are_named() {
    let server = Scripted::start_tls(|_, _| good());
    let url = format!("https://localhost:{}/v1", server.address.port());
    let settings = ModelSettings::new(&url, "m", None).unwrap();
    let trusting = settings.clone().with_roots(crate::support::tls::AUTHORITY).unwrap();
    assert_eq!(World::with(trusting).extract(INVOICE)["number"], "INV-77");
    let (code, message) = World::with(settings.clone()).failure(&extraction(INVOICE));
    assert_eq!(code, "model_unreachable", "{message}");
    assert_eq!(server.seen().len(), 1, "a stranger's certificate is not trusted");
    assert!(settings.with_roots("no certificate").is_err());
}
