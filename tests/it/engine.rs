//! The engine as a library, without HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use docspool::base::clock::ManualClock;
use docspool::job::filter::{Filter, PageRequest};
use docspool::process::{Context, Processor, Processors, Task};
use docspool::queue::{Keep, engine::DEFAULT_ORGANIZATION as ORG};
use docspool::{Endpoint, Engine, EngineError, JobError, RequestBody, State, Submission};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(20);

fn parse_job(text: &str) -> Submission {
    let url = format!("data:text/plain,{text}");
    let request = json!({"document": {"filename": "a.txt", "url": url}});
    Submission::new(Endpoint::Parse, RequestBody::from_value(&request))
}

/// A processor that tells each start to the test and waits until it may go on.
struct Gated {
    started: crossbeam_channel::Sender<String>,
    go_on: crossbeam_channel::Receiver<()>,
}

impl Processor for Gated {
    fn run(&self, task: &Task, context: &dyn Context) -> Result<Value, JobError> {
        let input = task.document("document")?;
        self.started.send(String::from_utf8_lossy(&input.bytes).into_owned()).unwrap();
        context.progress(3, 12);
        while !context.is_cancelled() {
            if self.go_on.recv_timeout(Duration::from_millis(5)).is_ok() {
                break;
            }
        }
        Ok(json!({}))
    }
}

type Gate = (Processors, crossbeam_channel::Receiver<String>, crossbeam_channel::Sender<()>);

fn gated() -> Gate {
    let (started_tx, started) = crossbeam_channel::unbounded();
    let (go_on, go_on_rx) = crossbeam_channel::unbounded();
    let gate = Gated { started: started_tx, go_on: go_on_rx };
    (Processors::default().with(Endpoint::Parse, gate), started, go_on)
}

#[test]
fn a_job_goes_in_and_its_text_comes_out() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::builder(folder.path().join("jobs.db")).workers(2).start().unwrap();
    let events = engine.subscribe();
    let job = engine.submit(parse_job("hello"), None).unwrap();
    assert_eq!((job.state, job.attempts), (State::Queued, 0));
    let done = engine.wait(ORG, &job.id, SOON).unwrap();
    assert_eq!((done.state, done.attempts), (State::Completed, 1));
    let body: Value = serde_json::from_str(&engine.response(&done).unwrap().unwrap()).unwrap();
    assert_eq!(body["pages"], json!(["hello"]));
    let seen = [(); 3].map(|()| events.recv_timeout(SOON).unwrap().state);
    assert_eq!(seen, [State::Queued, State::InProgress, State::Completed]);
}

#[test]
fn jobs_start_in_the_order_of_creation() {
    let folder = tempfile::tempdir().unwrap();
    let (processors, started, go_on) = gated();
    let engine =
        Engine::builder(folder.path().join("jobs.db")).workers(1).processors(processors).start();
    let engine = engine.unwrap();
    let names: Vec<String> = (0..200).map(|n| n.to_string()).collect();
    for name in &names {
        engine.submit(parse_job(name), None).unwrap();
        go_on.send(()).unwrap();
    }
    let order: Vec<String> = names.iter().map(|_| started.recv_timeout(SOON).unwrap()).collect();
    assert_eq!(order, names);
}

#[test]
fn cancel_stops_running_work_and_frees_the_worker() {
    let folder = tempfile::tempdir().unwrap();
    let (processors, started, go_on) = gated();
    let engine = Engine::builder(folder.path().join("jobs.db"))
        .workers(1)
        .processors(processors)
        .start()
        .unwrap();
    let endless = engine.submit(parse_job("endless"), None).unwrap();
    let next = engine.submit(parse_job("next"), None).unwrap();
    assert_eq!(started.recv_timeout(SOON).unwrap(), "endless");
    let running = engine.get(ORG, &endless.id).unwrap();
    assert_eq!(running.state, State::InProgress);
    assert_eq!(running.progress.map(|p| (p.done, p.total)), Some((3, 12)));

    let cancelled = engine.cancel(ORG, &endless.id).unwrap();
    assert_eq!(cancelled.state, State::Cancelled);
    assert_eq!(started.recv_timeout(SOON).unwrap(), "next", "the worker is free again");
    go_on.send(()).unwrap();
    assert_eq!(engine.wait(ORG, &next.id, SOON).unwrap().state, State::Completed);
    assert_eq!(engine.get(ORG, &endless.id).unwrap().state, State::Cancelled);
    let twice = engine.cancel(ORG, &endless.id).unwrap_err();
    assert_eq!(twice.to_string(), "a job that is cancelled cannot be cancelled");

    let again = engine.retry(ORG, &endless.id).unwrap();
    assert_eq!((again.state, again.attempts, again.id.as_str()), (State::Queued, 0, &*endless.id));
    go_on.send(()).unwrap();
    assert_eq!(engine.wait(ORG, &endless.id, SOON).unwrap().state, State::Completed);
}

#[test]
fn a_shutdown_hands_running_jobs_back_to_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.db");
    let (processors, started, _go_on) = gated();
    let engine = Engine::builder(&path).workers(1).processors(processors).start().unwrap();
    let first = engine.submit(parse_job("first"), None).unwrap();
    let second = engine.submit(parse_job("second"), None).unwrap();
    started.recv_timeout(SOON).unwrap();
    engine.shutdown(Duration::from_millis(20));

    let (processors, started, go_on) = gated();
    let engine = Engine::builder(&path).workers(1).processors(processors).start().unwrap();
    assert_eq!(started.recv_timeout(SOON).unwrap(), "first");
    go_on.send(()).unwrap();
    let done = engine.wait(ORG, &first.id, SOON).unwrap();
    assert_eq!((done.state, done.attempts), (State::Completed, 1), "handing back costs no attempt");
    go_on.send(()).unwrap();
    assert_eq!(engine.wait(ORG, &second.id, SOON).unwrap().state, State::Completed);
}

#[test]
fn a_wall_clock_that_jumps_expires_nothing_and_time_that_passes_does() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(1_800_000_000_000));
    let engine = Engine::builder(folder.path().join("jobs.db"))
        .clock(clock.clone())
        .sweep_every(Duration::from_millis(20))
        .start()
        .unwrap();
    let job = engine.submit(parse_job("x"), None).unwrap();
    assert_eq!(job.expires_ms - job.created_ms, 7 * 86_400_000);
    let job = engine.wait(ORG, &job.id, SOON).unwrap();
    for jump in [10 * 365 * 86_400_000, -20 * 365 * 86_400_000] {
        clock.jump_wall(jump);
        std::thread::sleep(Duration::from_millis(200));
        assert_eq!(engine.get(ORG, &job.id).unwrap().state, State::Completed);
    }
    let events = engine.subscribe();
    clock.advance(Duration::from_secs(7 * 86_400 + 1));
    assert_eq!(events.recv_timeout(SOON).unwrap().state, State::Expired);
    let expired = engine.get(ORG, &job.id).unwrap();
    assert_eq!(expired.state, State::Expired);
    assert_eq!(engine.response(&expired).unwrap(), None);
    let mut text = String::new();
    let mut reader = engine.render(&expired, true, true).unwrap();
    std::io::Read::read_to_string(&mut reader, &mut text).unwrap();
    let body: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&body["request"], &body["response"]), (&json!({}), &Value::Null));
    assert!(matches!(engine.retry(ORG, &job.id), Err(EngineError::Store(_))));
}

#[test]
fn what_validation_refuses_is_a_failed_job_that_names_the_field() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::builder(folder.path().join("jobs.db")).start().unwrap();
    let request = json!({"document": {"filename": "a.gif", "url": "data:;base64,R0lGODlh"}});
    let job = engine
        .submit(Submission::new(Endpoint::Parse, RequestBody::from_value(&request)), None)
        .unwrap();
    assert_eq!(job.state, State::Validating);
    let failed = engine.wait(ORG, &job.id, SOON).unwrap();
    let error = failed.error.unwrap();
    assert_eq!((failed.state, error.code.as_str()), (State::Failed, "unsupported_media_type"));
    assert_eq!(error.details.unwrap()["field"], "request.document.url");
}

#[test]
fn a_large_document_streams_in_and_reads_back_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::builder(folder.path().join("jobs.db")).workers(0).start().unwrap();
    let bytes: Vec<u8> = (0..3_000_001_u32).map(|n| (n % 251) as u8).collect();
    let url = docspool::job::data_url::encode(&bytes);
    let url = format!("data:application/pdf;base64,{url}");
    let request = json!({"document": {"filename": "a.pdf", "url": url}});
    let body = json!({"endpoint": "/v1/documents/parse", "request": request}).to_string();

    let mut intake = engine.intake(Keep::Stored);
    let cut = intake.read_body(&mut body.as_bytes()).unwrap();
    assert!(cut.json.len() < 200);
    let envelope = docspool::job::envelope::Envelope::read(cut).unwrap();
    let job = engine.submit_envelope(envelope, ORG, None, Some(intake)).unwrap();
    let mut text = String::new();
    let mut reader = engine.render(&job, true, false).unwrap();
    std::io::Read::read_to_string(&mut reader, &mut text).unwrap();
    let shown: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(shown["request"], request);
}

#[test]
fn a_listing_shows_newest_first_and_pages_through() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::builder(folder.path().join("jobs.db")).workers(0).start().unwrap();
    let ids: Vec<String> =
        (0..25).map(|n| engine.submit(parse_job(&n.to_string()), None).unwrap().id).collect();
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = PageRequest { limit: 10, order: Default::default(), after, before: None };
        let page = engine.list(ORG, &Filter::default(), &page).unwrap();
        seen.extend(page.jobs.iter().map(|job| job.id.clone()));
        if !page.has_more {
            break;
        }
        after = seen.last().cloned();
    }
    seen.reverse();
    assert_eq!(seen, ids);
}

#[test]
fn a_panic_in_a_processor_costs_one_job() {
    struct Panics(Arc<AtomicUsize>);
    impl Processor for Panics {
        fn run(&self, _: &Task, _: &dyn Context) -> Result<Value, JobError> {
            assert!(self.0.fetch_add(1, Ordering::SeqCst) > 0, "the first run panics");
            Ok(json!({}))
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let processors = Processors::default().with(Endpoint::Parse, Panics(Arc::default()));
    let engine = Engine::builder(folder.path().join("jobs.db"))
        .workers(1)
        .processors(processors)
        .start()
        .unwrap();
    let first = engine.submit(parse_job("a"), None).unwrap();
    let second = engine.submit(parse_job("b"), None).unwrap();
    let failed = engine.wait(ORG, &first.id, SOON).unwrap();
    assert_eq!(failed.error.unwrap().code, "processor_crashed");
    assert_eq!(engine.wait(ORG, &second.id, SOON).unwrap().state, State::Completed);
}

#[test]
fn a_direct_call_answers_and_stores_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::builder(folder.path().join("jobs.db")).start().unwrap();
    let body = engine.call(ORG, Endpoint::Parse, &parse_job("direct").request).unwrap();
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["text"], "direct");
    let page = PageRequest { limit: 1, order: Default::default(), after: None, before: None };
    assert!(engine.list(ORG, &Filter::default(), &page).unwrap().jobs.is_empty());
    let refused = engine.call(ORG, Endpoint::Extract, &parse_job("x").request).unwrap_err();
    assert!(refused.to_string().contains("json_schema"), "{refused}");
}

/// A job that comes at the very moment at which the last worker finds nothing to do: it starts
/// at once. Nothing else happens in this engine that could wake a worker by chance.
#[test]
fn a_worker_that_goes_idle_never_misses_a_job() {
    let rounds = std::env::var("DOCSPOOL_WAKE_ROUNDS").map_or(1_000, |text| text.parse().unwrap());
    let shared = std::path::Path::new("/dev/shm");
    let folder = tempfile::Builder::new();
    let folder = if shared.is_dir() { folder.tempdir_in(shared) } else { folder.tempdir() };
    let folder = folder.unwrap();
    let engine = Engine::builder(folder.path().join("jobs.db"))
        .workers(1)
        .isolation(docspool::Isolation::InProcess)
        .sweep_every(Duration::from_secs(3600))
        .start()
        .unwrap();
    let mut random = crate::support::random::Random::new(14);
    // The writer looks by itself after a second without work.
    let by_chance = Duration::from_millis(900);
    let (mut longest, mut slow) = (Duration::ZERO, 0);
    for round in 0..rounds {
        let started = std::time::Instant::now();
        let job = engine.submit(parse_job("x"), None).unwrap();
        let done = engine.wait(ORG, &job.id, SOON).unwrap();
        assert_eq!(done.state, State::Completed, "round {round}");
        longest = longest.max(started.elapsed());
        slow += usize::from(started.elapsed() >= by_chance);
        // The worker is on its way to its next claim: anywhere on that way, the next job comes.
        let pause = std::time::Instant::now();
        let length = Duration::from_nanos(random.below(150_000));
        while pause.elapsed() < length {
            std::hint::spin_loop();
        }
    }
    println!("{rounds} rounds; the longest took {longest:?}, {slow} as long as a look");
    // A machine that is busy with other things may be this slow once or twice.
    assert!(slow <= 2, "{slow} of {rounds} jobs waited for somebody to look; {longest:?}");
}
