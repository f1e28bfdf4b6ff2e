//! The engine inside this process, with a processor that does nothing: how fast a backlog
//! goes down, and how soon a job starts on an idle queue. Every state is durable.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use docspool::process::{Context, Processor, Processors, Task};
use docspool::{Endpoint, Engine, JobError, RequestBody, State, Submission};
use serde_json::{Value, json};

use crate::{ROUNDS, median, percentile, raw};

const FEW: usize = 2_000;
const MANY: usize = 100_000;

struct Nothing(Sender<Instant>);

impl Processor for Nothing {
    fn run(&self, _: &Task, _: &dyn Context) -> Result<Value, JobError> {
        // Only the idle queue is listened to.
        let _ = self.0.try_send(Instant::now());
        Ok(json!({}))
    }
}

fn engine(path: &Path, workers: usize, started: Sender<Instant>) -> Engine {
    let processors = Processors::default().with(Endpoint::Parse, Nothing(started));
    Engine::builder(path).workers(workers).processors(processors).start().unwrap()
}

fn submission() -> Submission {
    let document = json!({"filename": "note.txt", "url": "data:text/plain,A%20short%20text."});
    let request = json!({"document": document});
    Submission::new(Endpoint::Parse, RequestBody::from_value(&request))
}

/// Jobs a second until `jobs` of `waiting` are completed; each is counted in the store.
fn drain_of(jobs: usize, waiting: usize) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.db");
    let (sender, _receiver) = crossbeam_channel::bounded(1);
    let filling = engine(&path, 0, sender.clone());
    let next = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..64 {
            scope.spawn(|| {
                while next.fetch_add(1, Ordering::Relaxed) < waiting as u64 {
                    filling.submit(submission(), None).unwrap();
                }
            });
        }
    });
    drop(filling);
    let engine = engine(&path, 4, sender);
    let completed = |engine: &Engine| engine.counts().of(State::Completed);
    let (started, before) = (Instant::now(), completed(&engine));
    while completed(&engine) < jobs as u64 {
        std::thread::sleep(Duration::from_micros(500));
    }
    let counts = engine.counts();
    let done = counts.of(State::Completed) - before;
    let rate = done as f64 / started.elapsed().as_secs_f64();
    let open = counts.of(State::Queued) + counts.of(State::InProgress);
    assert_eq!(open + counts.of(State::Completed), waiting as u64, "a job was lost or doubled");
    rate
}

/// Prints the drain of a short backlog and of a long one.
pub(crate) fn drain() {
    println!("\njobs that do nothing, four workers, jobs/s (median of {ROUNDS})");
    println!("waiting  drained  raw, two commits  ratio  raw, joined  ratio");
    let mut short = 0.0;
    for (jobs, waiting) in [(FEW, FEW), (FEW, MANY)] {
        let mut rows: Vec<(f64, f64, f64)> = (0..ROUNDS)
            .map(|_| {
                let (two, joined) =
                    (raw::drain(jobs, waiting + 4, false), raw::drain(jobs, waiting + 4, true));
                (drain_of(jobs, waiting), two, joined)
            })
            .collect();
        let (ours, two, joined) = median(&mut rows, |row| row.0 / row.1);
        println!(
            "{waiting:>7}  {ours:>7.0}  {two:>16.0}  {:>5.2}  {joined:>11.0}  {:>5.2}",
            ours / two,
            ours / joined
        );
        if waiting == FEW {
            short = ours;
        } else {
            println!("the long backlog at {:.2} of the short one", ours / short);
        }
    }
}

/// Prints the time from submit to start.
pub(crate) fn idle() {
    const COUNT: usize = 100;
    let folder = tempfile::tempdir().unwrap();
    let (sender, starts) = crossbeam_channel::bounded(1);
    let engine = engine(&folder.path().join("jobs.db"), 4, sender);
    let mut ours: Vec<f64> = (0..COUNT)
        .map(|number| {
            std::thread::sleep(raw::pause(number));
            let asked = Instant::now();
            engine.submit(submission(), None).unwrap();
            (starts.recv().unwrap() - asked).as_secs_f64() * 1000.0
        })
        .collect();
    let mut raw = raw::idle(COUNT);
    println!(
        "\nsubmit to start on an idle queue: p50 {:.2} ms, p99 {:.2} ms; raw {:.2} and {:.2} ms",
        percentile(&mut ours, 50),
        percentile(&mut ours, 99),
        percentile(&mut raw, 50),
        percentile(&mut raw, 99),
    );
}
