//! `run`: the main job in one command. An engine of its own takes each document as a job,
//! runs it in a child process and prints the result, in the order of the files.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use docspool::base::id::IdSource;
use docspool::queue::{DEFAULT_ORGANIZATION, Keep};
use docspool::{Endpoint, Engine, Job, State, Submission};
use indicatif::ProgressBar;
use serde_json::{Map, Value, json};

use super::args::RunArgs;
use super::child;
use super::config::{Config, Source, data_file};
use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use super::request::{Group, Task};
use super::result;
use super::settings::DATA_DIR;
use super::stream::JsonStream;

/// How often the progress is looked at; the end is seen at once.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Jobs that are submitted ahead of the one to be printed next, for each worker.
const SUBMIT_AHEAD: usize = 2;

pub(crate) fn run(output: &Output, config: &Config, args: &RunArgs) -> Result<Exit, Failure> {
    let task = Task::read(&args.task)?;
    // Standard input is read before signals are caught, so that one still ends the wait for
    // it. Files are opened when it is their turn.
    let requests: Vec<_> = task
        .groups(&args.files)
        .map(|group| (group, group.has_stdin().then(|| task.with_documents(group))))
        .collect();
    let count = requests.len();
    let folder = Folder::choose(config);
    let is_interrupted = interrupted_flag()?;
    let engine = start(config, &folder, count)?;
    engine.ensure_served(task.endpoint)?;
    let ahead = engine.workers().saturating_mul(SUBMIT_AHEAD);
    let bar = output.bar(count);
    let mut requests = requests.into_iter().map(|(group, request)| {
        let request = request.unwrap_or_else(|| task.with_documents(group));
        (group, request.and_then(|request| submit(&engine, task.endpoint, request)))
    });
    let (mut waiting, mut exit) = (VecDeque::new(), Exit::Done);
    loop {
        let room = ahead.saturating_sub(waiting.len());
        waiting.extend(requests.by_ref().take(room));
        let Some((group, submitted)) = waiting.pop_front() else { break };
        let is_alone = count == 1;
        let ended = match submitted {
            Ok(job) => wait(&engine, job, &is_interrupted, Some(&bar).filter(|_| is_alone)),
            Err(failure) => Err(failure),
        };
        let body = match ended {
            Ok(Some(job)) => body_of(&engine, job),
            Ok(None) => {
                bar.finish_and_clear();
                output.say(&format!("interrupted; what has not ended is {}", folder.fate()));
                return Ok(Exit::Interrupted);
            }
            Err(failure) => Err(failure),
        };
        if is_alone {
            bar.finish_and_clear();
            output.document(&result::shown(&body?, args.json))?;
            return Ok(Exit::Done);
        }
        bar.inc(1);
        exit = exit.max(body.as_ref().map_or_else(|failure| failure.exit, |_| Exit::Done));
        bar.suspend(|| print_one(output, group, body, args.json))?;
    }
    bar.finish_and_clear();
    Ok(exit)
}

fn start(config: &Config, folder: &Folder, jobs: usize) -> Result<Engine, Failure> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = config.workers.unwrap_or(cores).min(jobs).max(1);
    let builder = child::engine(config, data_file(folder.path()), Some(workers))?;
    let builder = builder.workers(workers).body_bytes_max(u64::MAX);
    Ok(builder.start()?)
}

fn submit(engine: &Engine, endpoint: Endpoint, mut request: JsonStream) -> Result<Job, Failure> {
    let mut intake = engine.intake(Keep::Stored);
    let request = intake.read_body(&mut request)?;
    Ok(engine.submit(Submission::new(endpoint, request), Some(intake))?)
}

/// Waits for the end of the job; `None` when a signal came first. The bar, if any, shows
/// its pages.
fn wait(
    engine: &Engine,
    mut job: Job,
    is_interrupted: &AtomicBool,
    bar: Option<&ProgressBar>,
) -> Result<Option<Job>, Failure> {
    while !job.state.is_terminal() {
        if is_interrupted.load(Ordering::Relaxed) {
            return Ok(None);
        }
        job = engine.wait(DEFAULT_ORGANIZATION, &job.id, LOOK_EVERY)?;
        if let (Some(bar), Some(progress)) = (bar, job.progress) {
            bar.set_length(progress.total.into());
            bar.set_position(progress.done.into());
        }
    }
    Ok(Some(job))
}

/// The response body of a job that has ended well.
fn body_of(engine: &Engine, job: Job) -> Result<Value, Failure> {
    let body = engine.response(&job)?;
    let Some(body) = body.filter(|_| job.state == State::Completed) else {
        let unknown = || Failure::new(Exit::Failed, format!("the job is {}", job.state));
        return Err(job.error.clone().map_or_else(unknown, Failure::from));
    };
    serde_json::from_str(&body)
        .map_err(|error| Failure::new(Exit::Bug, format!("the response is no JSON: {error}")))
}

/// Prints how one of many files ended. One bad file does not hold up the others.
fn print_one(
    output: &Output,
    group: Group<'_>,
    body: Result<Value, Failure>,
    as_json: bool,
) -> Result<(), Failure> {
    let path = group.to_string();
    match body {
        Ok(body) if as_json => {
            let mut line = Map::from_iter([("path".to_owned(), json!(path))]);
            line.extend(body.as_object().cloned().unwrap_or_default());
            output.json(&Value::Object(line))
        }
        Ok(body) => output.document(&format!("==> {path} <==\n{}", result::shown(&body, false))),
        Err(failure) => {
            let line = json!({"path": path, "error": failure.message});
            output.fail(&failure.about(&path));
            if as_json { output.json(&line) } else { Ok(()) }
        }
    }
}

/// A flag that the first signal sets; a second signal ends the process at once.
fn interrupted_flag() -> Result<Arc<AtomicBool>, Failure> {
    let flag = Arc::new(AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        let code = i32::from(Exit::Interrupted as u8);
        signal_hook::flag::register_conditional_shutdown(signal, code, Arc::clone(&flag))
            .and_then(|_| signal_hook::flag::register(signal, Arc::clone(&flag)))
            .map_err(|error| {
                Failure::new(Exit::Refused, format!("signals cannot be caught: {error}"))
            })?;
    }
    Ok(flag)
}

/// The folder of the data file.
enum Folder {
    Given(PathBuf),
    Temporary(PathBuf),
}

impl Folder {
    /// The folder that was named for this run, else a new one that goes with it: the
    /// usual data folder may be in use by a server.
    fn choose(config: &Config) -> Self {
        let given = config
            .values
            .iter()
            .any(|value| value.setting.name == DATA_DIR.name && value.source == Source::Flag);
        if given {
            return Self::Given(config.data_dir.clone());
        }
        // The engine makes it, with mode 0700; its name cannot be guessed.
        let name = IdSource::default().next("docspool-run-", 0);
        Self::Temporary(std::env::temp_dir().join(name))
    }

    fn path(&self) -> &Path {
        let (Self::Given(path) | Self::Temporary(path)) = self;
        path
    }

    fn fate(&self) -> &'static str {
        match self {
            Self::Given(_) => "back in the queue of its data folder",
            Self::Temporary(_) => "dropped",
        }
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Self::Temporary(path) = self {
            // What cannot be removed stays where temporary files are cleaned up.
            let _ = std::fs::remove_dir_all(path);
        }
    }
}
