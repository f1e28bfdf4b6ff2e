//! Documents that a request names by an address.

use std::time::Duration;

use docspool::queue::{DEFAULT_ORGANIZATION as ORG, Fetch, Keep};
use docspool::{Endpoint, Engine, EngineError, Job, RequestBody, State, Submission};
use serde_json::{Value, json};

use crate::support::process::eventually;
use crate::support::scripted::{Reply, Scripted};

const SOON: Duration = Duration::from_secs(30);

struct World {
    engine: Engine,
    folder: tempfile::TempDir,
}

impl World {
    fn new(fetch: Fetch) -> Self {
        Self::within(tempfile::tempdir().unwrap(), fetch)
    }

    fn within(folder: tempfile::TempDir, fetch: Fetch) -> Self {
        let engine = Engine::builder(folder.path().join("jobs.db")).workers(1).fetch(fetch);
        Self { engine: engine.start().unwrap(), folder }
    }

    fn submit(&self, url: &str) -> Job {
        let submission = Submission::new(Endpoint::Parse, RequestBody::from_value(&parse(url)));
        self.engine.submit(submission, None).unwrap()
    }

    fn end(&self, id: &str) -> Job {
        self.engine.wait(ORG, id, SOON).unwrap()
    }

    fn pages(&self, job: &Job) -> Value {
        let body = self.engine.response(job).unwrap().unwrap();
        serde_json::from_str::<Value>(&body).unwrap()["pages"].take()
    }

    /// The code and the message that a job for this address fails with.
    fn failure(&self, url: &str) -> (String, String) {
        let done = self.end(&self.submit(url).id);
        assert_eq!((done.state, done.attempts), (State::Failed, 0), "no worker took it");
        let error = done.error.unwrap();
        assert_eq!(error.details.unwrap()["field"], "request.document.url");
        (error.code, error.message)
    }

    fn call(&self, url: &str) -> Result<Value, EngineError> {
        let request = RequestBody::from_value(&parse(url));
        let answer = self.engine.call(ORG, Endpoint::Parse, &request)?;
        Ok(serde_json::from_str(&answer).unwrap())
    }
}

fn parse(url: &str) -> Value {
    json!({"document": {"filename": "a.txt", "url": url}})
}

/// More than a chunk of the store, and more than one read.
fn long_text() -> String {
    "A line of a long text.\n".repeat(30_000)
}

fn texts() -> Scripted {
    Scripted::start(|_, seen| match seen.line.split(' ').nth(1).unwrap() {
        "/short" => Reply::bytes("text/plain; charset=utf-8", b"hello"),
        "/long" => Reply::bytes("text/plain", long_text().as_bytes()),
        "/moved" => Reply::redirect("/short"),
        "/ring" => Reply::redirect("/ring"),
        "/empty" => Reply::bytes("text/plain", b""),
        "/gif" => Reply::bytes("application/pdf", b"GIF89a\x01\x00\x01\x00"),
        _ => Reply::Whole(404, Vec::new(), b"no".to_vec()),
    })
}

#[test]
fn a_document_is_fetched_once_and_the_request_reads_back_as_it_was_sent() {
    let server = texts();
    let world = World::new(Fetch::Any);
    for path in ["/short", "/moved", "/long"] {
        let url = server.url(path);
        let job = world.submit(&url);
        assert_eq!(job.state, State::Validating);
        let done = world.end(&job.id);
        assert_eq!(done.state, State::Completed, "{:?}", done.error);
        let text = if path == "/long" { long_text() } else { "hello".to_owned() };
        let pages = world.pages(&done);
        assert_eq!(pages[0].as_str().unwrap().trim_end(), text.trim_end());
        let mut shown = String::new();
        let mut reader = world.engine.render(&done, true, false).unwrap();
        std::io::Read::read_to_string(&mut reader, &mut shown).unwrap();
        let shown: Value = serde_json::from_str(&shown).unwrap();
        assert_eq!(shown["request"], parse(&url));
    }
    assert_eq!(server.seen().len(), 4, "one for each, and one for the redirect");
}

#[test]
fn a_retry_does_not_fetch_again_what_is_there_and_does_what_is_not() {
    let server = Scripted::start(|number, _| match number {
        0 => Reply::Whole(503, Vec::new(), Vec::new()),
        1 => Reply::bytes("text/plain", b"hello"),
        _ => Reply::Whole(500, Vec::new(), Vec::new()),
    });
    let world = World::new(Fetch::Any);
    let job = world.submit(&server.url("/a"));
    assert_eq!(world.end(&job.id).error.unwrap().code, "document_fetch_failed");
    world.engine.retry(ORG, &job.id).unwrap();
    let done = world.end(&job.id);
    assert_eq!((done.state, server.seen().len()), (State::Completed, 2));
    assert_eq!(world.pages(&done), json!(["hello"]));
}

#[test]
fn what_is_not_public_is_refused_also_behind_a_name_or_a_redirect() {
    let server = texts();
    let world = World::new(Fetch::Public);
    let port = server.address.port();
    for url in [
        server.url("/short"),
        format!("http://localhost:{port}/short"),
        format!("http://[::ffff:127.0.0.1]:{port}/short"),
        "http://169.254.169.254/latest/meta-data".to_owned(),
        // Nobody listens there; the refusal must not tell.
        "http://127.0.0.1:1/".to_owned(),
    ] {
        let (code, message) = world.failure(&url);
        assert_eq!(code, "document_fetch_refused", "{url}");
        assert!(message.contains("--fetch any"), "{message}");
    }
    assert!(server.seen().is_empty(), "no connection was made");
}

#[test]
fn failures_name_what_went_wrong() {
    let server = texts();
    let world = World::new(Fetch::Any);
    for (path, expected) in [
        ("/missing", "document_fetch_failed"),
        ("/ring", "document_fetch_refused"),
        ("/empty", "validation_error"),
        ("/gif", "unsupported_media_type"),
    ] {
        let done = world.end(&world.submit(&server.url(path)).id);
        let error = done.error.unwrap();
        assert_eq!(error.code, expected, "{path}: {}", error.message);
        assert_eq!(error.details.unwrap()["field"], "request.document.url");
    }
    let (code, _) = world.failure("http://me:sesame@127.0.0.1/");
    assert_eq!(code, "document_fetch_refused");
    let (code, message) = World::new(Fetch::Off).failure(&server.url("/short"));
    assert_eq!(code, "document_fetch_off");
    assert!(message.contains("--fetch public"), "{message}");
}

#[test]
fn a_document_that_says_it_is_too_large_is_not_read() {
    let server = Scripted::start(|_, _| {
        let headers = vec!["X-Large: yes".to_owned()];
        Reply::Whole(200, headers, vec![b'x'; 65 << 20])
    });
    let (code, message) = World::new(Fetch::Any).failure(&server.url("/"));
    assert_eq!(code, "document_too_large", "{message}");
}

#[test]
fn direct_calls_fetch_too() {
    let server = texts();
    let world = World::new(Fetch::Any);
    assert_eq!(world.call(&server.url("/short")).unwrap()["pages"], json!(["hello"]));
    assert_eq!(world.call(&server.url("/long")).unwrap()["usage"]["page_count"], 1);
    let EngineError::Call(error) = world.call(&server.url("/missing")).unwrap_err() else {
        panic!("not an error of the call");
    };
    assert_eq!(error.code, "document_fetch_failed");
    assert_eq!(error.details.unwrap()["field"], "request.document.url");
}

#[test]
fn a_slow_server_holds_up_neither_other_jobs_nor_the_end_and_is_asked_again_later() {
    let server = Scripted::start(|number, _| match number {
        0 => Reply::Drip,
        1 => Reply::Silence,
        _ => Reply::bytes("text/plain", b"hello"),
    });
    let world = World::new(Fetch::Any);
    let slow = world.submit(&server.url("/slow"));
    eventually(SOON, "it is asked for", || (!server.seen().is_empty()).then_some(()));
    let cancelled = world.submit(&server.url("/silent"));
    eventually(SOON, "it is asked for, too", || (server.seen().len() > 1).then_some(()));
    world.engine.cancel(ORG, &cancelled.id).unwrap();
    let quick = world.end(&world.submit(&server.url("/quick")).id);
    assert_eq!(quick.state, State::Completed);
    assert_eq!(world.engine.get(ORG, &slow.id).unwrap().state, State::Validating);
    // The engine ends although nothing came, and the next one goes on.
    let World { engine, folder } = world;
    engine.shutdown(Duration::ZERO);
    server.wait_for_close(SOON);
    let world = World::within(folder, Fetch::Any);
    assert_eq!(world.end(&slow.id).state, State::Completed);
    assert_eq!(world.engine.get(ORG, &cancelled.id).unwrap().state, State::Cancelled);
}

#[test]
fn documents_of_a_list_come_with_and_without_addresses() {
    let server = texts();
    let world = World::new(Fetch::Any);
    let remote = json!({"filename": "b.txt", "url": server.url("/short")});
    // Long enough to be cut out of the request.
    let text = "Total: 5.00\n".repeat(300);
    let at_hand = docspool::job::data_url::of("text/plain", text.as_bytes());
    let request = json!({"documents": [remote, {"filename": "c.txt", "url": at_hand}, remote]});
    let mut intake = world.engine.intake(Keep::Stored);
    let body = intake.read_body(&mut request.to_string().as_bytes()).unwrap();
    let submission = Submission::new(Endpoint::GenerateSchema, body);
    let job = world.engine.submit(submission, Some(intake)).unwrap();
    let done = world.end(&job.id);
    assert_eq!(done.state, State::Completed, "{:?}", done.error);
    assert_eq!(server.seen().len(), 1, "an address that stands twice is fetched once");
}
