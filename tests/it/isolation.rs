//! What happens in a child stays in the child: processors that crash, eat memory or never
//! end cost one job each. The child is the example `custom_processors`.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use docspool::process::{Context, Processor, Processors, Task};
use docspool::queue::engine::DEFAULT_ORGANIZATION as ORG;
use docspool::{Endpoint, Engine, EngineBuilder, Isolation, Job, JobError, State, Submission};
use docspool::{RequestBody, job::Progress};
use serde_json::{Value, json};

use crate::support::process::{children_of, eventually, send};

const SOON: Duration = Duration::from_secs(30);

/// Stands in the parent for what the child has: the parent only asks it to validate.
struct Elsewhere;

impl Processor for Elsewhere {
    fn run(&self, _: &Task, _: &dyn Context) -> Result<Value, JobError> {
        unreachable!("the engine runs jobs in children")
    }
}

fn child_program() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_BIN_EXE_docspool"));
    let program = folder.with_file_name("examples").join("custom_processors");
    assert!(program.exists(), "run `cargo build --examples` first: {program:?} is missing");
    program
}

/// An engine whose children run under a name of their own: other tests of this process
/// have children, too.
fn builder(folder: &tempfile::TempDir) -> EngineBuilder {
    let program = own_name(folder);
    if !program.exists() {
        std::os::unix::fs::symlink(child_program(), &program).unwrap();
    }
    let isolation = Isolation::Child { program, arguments: vec!["child".to_owned()] };
    let processors = Processors::default().with(Endpoint::Parse, Elsewhere);
    let builder = Engine::builder(folder.path().join("jobs.db")).processors(processors);
    builder.isolation(isolation).workers(1).sweep_every(Duration::from_millis(100))
}

fn submit(engine: &Engine, model: &str) -> Job {
    let document = json!({"filename": "a.txt", "url": "data:text/plain,a"});
    let request = RequestBody::from_value(&json!({"document": document, "model": model}));
    engine.submit(Submission::new(Endpoint::Parse, request), None).unwrap()
}

fn own_name(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("child-of-this-test")
}

/// The child of the only worker, once it runs.
fn child(folder: &tempfile::TempDir) -> u32 {
    let name = own_name(folder);
    let is_ours = |pid: &u32| {
        let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        command.starts_with(name.as_os_str().as_encoded_bytes())
    };
    eventually(SOON, "a child runs", || {
        children_of(std::process::id()).into_iter().find(|pid| is_ours(pid))
    })
}

fn runs_for_the(attempt: u32, engine: &Engine, job: &Job) {
    eventually(SOON, "the next attempt begins", || {
        let found = engine.get(ORG, &job.id).unwrap();
        assert!(found.attempts <= attempt, "{found:?}");
        (found.attempts == attempt).then_some(())
    });
}

#[test]
fn a_crash_or_a_memory_bomb_costs_one_job() {
    let folder = tempfile::tempdir().unwrap();
    let engine = builder(&folder).start().unwrap();
    for (model, code) in [
        ("abort", "processor_crashed"),
        ("overflow", "processor_crashed"),
        ("memory", "memory_limit_exceeded"),
    ] {
        let (bad, good) = (submit(&engine, model), submit(&engine, "echo"));
        let bad = engine.wait(ORG, &bad.id, SOON).unwrap();
        assert_eq!((bad.state, bad.attempts), (State::Failed, 1), "{model}: {:?}", bad.error);
        assert_eq!(bad.error.unwrap().code, code, "{model}");
        let good = engine.wait(ORG, &good.id, SOON).unwrap();
        assert_eq!(good.state, State::Completed, "the job behind {model}");
    }
    assert_eq!(engine.workers_alive(), 1);
}

#[test]
fn cancel_ends_work_that_never_asks_and_frees_its_worker() {
    let folder = tempfile::tempdir().unwrap();
    let engine = builder(&folder).start().unwrap();
    let (endless, next) = (submit(&engine, "endless"), submit(&engine, "echo"));
    runs_for_the(1, &engine, &endless);
    let start = Instant::now();
    let cancelled = engine.cancel(ORG, &endless.id).unwrap();
    assert_eq!(cancelled.state, State::Cancelled);
    let next = engine.wait(ORG, &next.id, SOON).unwrap();
    assert_eq!(next.state, State::Completed);
    // Far over the promised second, for machines under load; the figure is printed.
    println!("cancelled, and the next job done, after {:?}", start.elapsed());
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[test]
fn work_beyond_its_deadline_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let engine = builder(&folder).job_deadline(Duration::from_millis(300)).start().unwrap();
    let (endless, next) = (submit(&engine, "endless"), submit(&engine, "echo"));
    let ended = engine.wait(ORG, &endless.id, SOON).unwrap();
    assert_eq!(ended.state, State::Failed);
    assert_eq!(ended.error.unwrap().code, "deadline_exceeded");
    assert_eq!(engine.wait(ORG, &next.id, SOON).unwrap().state, State::Completed);
}

#[test]
fn a_child_that_is_killed_from_outside_costs_an_attempt_and_three_cost_the_job() {
    let folder = tempfile::tempdir().unwrap();
    let engine = builder(&folder).start().unwrap();
    let job = submit(&engine, "endless");
    for attempt in 1..=3 {
        runs_for_the(attempt, &engine, &job);
        send(child(&folder), rustix::process::Signal::KILL);
    }
    let ended = engine.wait(ORG, &job.id, SOON).unwrap();
    assert_eq!((ended.state, ended.attempts), (State::Failed, 3));
    assert_eq!(ended.error.unwrap().code, "worker_lost");
    let retried = engine.retry(ORG, &job.id).unwrap();
    assert_eq!((retried.state, retried.attempts, retried.error), (State::Queued, 0, None));
    assert_eq!(retried.progress, None::<Progress>);
}

#[test]
fn an_engine_that_is_dropped_takes_its_children_with_it_and_gives_the_job_back() {
    let folder = tempfile::tempdir().unwrap();
    let engine = builder(&folder).start().unwrap();
    let job = submit(&engine, "endless");
    runs_for_the(1, &engine, &job);
    let child = child(&folder);
    drop(engine);
    assert!(!crate::support::process::is_running(child));
    let engine = builder(&folder).workers(0).start().unwrap();
    let found = engine.get(ORG, &job.id).unwrap();
    assert_eq!((found.state, found.attempts), (State::Queued, 0));
}
