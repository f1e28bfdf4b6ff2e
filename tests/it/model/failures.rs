//! Each failure of a model or its server has a code of its own.

use serde_json::json;

use super::*;

#[track_caller]
fn code(server: &Scripted) -> (String, String) {
    World::new(server).failure(&extraction(INVOICE))
}

fn refusing(status: u16, message: &'static str) -> Scripted {
    Scripted::start(move |_, _| Reply::json(status, &json!({"error": {"message": message}})))
}

#[test]
fn a_refusal_is_no_answer() {
    let server = Scripted::start(|_, _| {
        Reply::json(
            200,
            &json!({"choices": [{"finish_reason": "stop",
            "message": {"content": null, "refusal": "I cannot help with that."}}]}),
        )
    });
    let (code, message) = code(&server);
    assert_eq!(code, "model_refused");
    assert!(message.contains("I cannot help with that."), "{message}");
}

#[test]
fn an_answer_that_is_always_cut_is_given_up() {
    let server = Scripted::start(|_, _| ended("{\"number\": \"", "length"));
    assert_eq!(code(&server).0, "model_answer_truncated");
}

#[test]
fn an_answer_that_is_never_json_is_given_up_after_one_more_turn() {
    let server = Scripted::start(|_, _| completion("I am only a small model."));
    assert_eq!(code(&server).0, "model_answer_invalid");
    assert_eq!(server.seen().len(), 2);
    let server = Scripted::start(|_, _| completion(r#"{"something": "else"}"#));
    assert_eq!(code(&server).0, "model_answer_invalid");
}

#[test]
fn what_a_repeat_cannot_mend_is_not_repeated() {
    for (status, message, expected) in [
        (401, "Incorrect API key provided: sk-quite-a-secret-4711", "model_unauthorized"),
        (403, "no access", "model_unauthorized"),
        (404, "the model `tiny-1b` does not exist", "model_not_found"),
        (429, "You exceeded your current quota (insufficient_quota)", "model_quota_exhausted"),
    ] {
        let server = refusing(status, message);
        let (code, message) = code(&server);
        assert_eq!(code, expected);
        assert!(!message.contains(KEY), "{message}");
        assert_eq!(server.seen().len(), 1, "{expected}");
    }
}

#[test]
fn a_server_that_asks_for_a_pause_gets_it_or_is_left() {
    let pausing = |seconds: &'static str, times: usize| {
        Scripted::start(move |number, _| match number < times {
            true => {
                let headers = vec![format!("Retry-After: {seconds}")];
                Reply::Whole(429, headers, b"{\"error\": \"slow down\"}".to_vec())
            }
            false => good(),
        })
    };
    let server = pausing("0", 1);
    assert_eq!(World::new(&server).extract(INVOICE)["number"], "INV-77");
    assert_eq!(server.seen().len(), 2);
    // An hour is more than a worker is held for.
    let server = pausing("3600", 9);
    let (code, message) = code(&server);
    assert_eq!(code, "model_rate_limited");
    assert!(message.contains("slow down"), "{message}");
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_silent_server_is_left_when_its_time_is_up() {
    let server = Scripted::start(|_, _| Reply::Silence);
    let world = World::with(settings(&server).with_exchange_ms(300));
    let (code, message) = world.failure(&extraction(INVOICE));
    assert_eq!(code, "model_timeout");
    assert!(message.contains("--model-timeout"), "{message}");
    server.wait_for_close(SOON);
}

#[test]
fn a_server_that_is_not_there_is_named_so() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let settings = ModelSettings::new(&format!("http://{free}"), "m", None).unwrap();
    let (code, message) = World::with(settings).failure(&extraction(INVOICE));
    assert_eq!(code, "model_unreachable");
    assert!(message.contains("is it running?"), "{message}");
}

#[test]
fn a_server_that_sends_us_elsewhere_does_not_get_the_key_there() {
    let other = Scripted::start(|_, _| good());
    let to = other.url("/v1/chat/completions");
    let server = Scripted::start(move |_, _| Reply::redirect(&to));
    assert_eq!(code(&server).0, "model_rejected");
    assert!(other.seen().is_empty());
}

#[test]
fn cancel_closes_the_connection_and_frees_the_worker() {
    let server = Scripted::start(|number, _| if number == 0 { Reply::Silence } else { good() });
    let world = World::new(&server);
    let job = world.submit(Endpoint::Extract, &extraction(INVOICE));
    crate::support::process::eventually(SOON, "the model is asked", || {
        (!server.seen().is_empty()).then_some(())
    });
    world.engine.cancel(ORG, &job.id).unwrap();
    server.wait_for_close(SOON);
    assert_eq!(world.extract(INVOICE)["number"], "INV-77", "the worker is free again");
    assert_eq!(world.engine.get(ORG, &job.id).unwrap().state, State::Cancelled);
}

#[test]
fn a_bad_schema_is_refused_before_anybody_is_asked() {
    let server = Scripted::start(|_, _| good());
    let mut request = extraction(INVOICE);
    request["json_schema"] = json!({"$ref": "#/nowhere"});
    let (code, _) = World::new(&server).failure(&request);
    assert_eq!(code, "validation_error");
    assert!(server.seen().is_empty());
}
