//! A real server with a real model, to prove that the wire is the one that servers speak. So
//! small a model proves nothing else.

use serde_json::json;

use super::*;
use crate::support::llama::{Llama, MODEL};

/// The server; none where it cannot be had, except where that is a failure of its own.
fn server() -> Option<Llama> {
    match Llama::start(KEY) {
        Ok(server) => Some(server),
        Err(why) if std::env::var_os("CI").is_some_and(|ci| ci == "true") => panic!("{why}"),
        Err(why) => {
            eprintln!("the test with a real model does not run here: {why}");
            None
        }
    }
}

#[test]
fn a_real_server_takes_our_requests_and_we_take_its_answers() {
    let Some(server) = server() else { return };
    let settings = |key: &str| {
        let settings = ModelSettings::new(&server.url, MODEL, Some(Secret::new(key))).unwrap();
        settings.with_context(2_048).unwrap()
    };
    assert_eq!(docspool::model::Model::new(settings(KEY)).list().unwrap(), [MODEL]);
    let (code, message) = World::with(settings("wrong")).failure(&extraction(INVOICE));
    assert_eq!(code, "model_unauthorized", "{message}");

    // Values that end: a model as small as this writes a text for ever.
    let mut request = extraction("Invoice\n\nTotal: 12.50\n");
    request["json_schema"] = json!({"type": "object", "required": ["kind", "is_paid"],
        "properties": {
            "kind": {"type": "string", "enum": ["invoice", "letter"]},
            "is_paid": {"type": "boolean"},
            "total": {"type": "number"}}});
    let world = World::with(settings(KEY));
    let job = world.submit(Endpoint::Extract, &request);
    let done = world.engine.wait(ORG, &job.id, Duration::from_secs(100)).unwrap();
    assert_eq!(done.state, State::Completed, "{:?}", done.error);
    let answer = world.engine.response(&done).unwrap().unwrap();
    let answer: Value = serde_json::from_str(&answer).unwrap();
    let data = &answer["choices"][0]["message"]["parsed"];
    assert!(["invoice", "letter"].contains(&data["kind"].as_str().unwrap()), "{data}");
    assert!(data["is_paid"].is_boolean(), "{data}");
    let usage = &answer["usage"];
    assert_eq!((&usage["model"], &usage["is_estimated"]), (&json!(MODEL), &json!(false)));
    assert!(usage["prompt_tokens"].as_u64().unwrap() > 100, "{usage}");
    assert!(usage["completion_tokens"].as_u64().unwrap() > 5, "{usage}");
}
