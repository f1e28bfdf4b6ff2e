//! `run`: the main job in one command. An engine of its own takes one document as a job,
//! runs it in a child process and prints the result.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use docspool::base::id::IdSource;
use docspool::queue::Keep;
use docspool::queue::engine::DEFAULT_ORGANIZATION;
use docspool::{Engine, Job, State, Submission};

use super::args::RunArgs;
use super::child;
use super::config::{Config, Source, data_file};
use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use super::request::Task;
use super::settings::DATA_DIR;
use super::show::{self, Sink};

/// How often the progress is looked at; the end is seen at once.
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub(crate) fn run(output: &Output, config: &Config, args: &RunArgs) -> Result<Exit, Failure> {
    let task = Task::read(&args.task)?;
    let request = task.with_document(&args.file)?;
    let folder = Folder::choose(config)?;
    let interrupted = interrupted_flag()?;
    let engine = Engine::builder(data_file(folder.path()))
        .workers(1)
        .isolation(child::isolation(config)?)
        .job_deadline(config.job_deadline)
        .body_bytes_max(u64::MAX)
        .start()?;
    let mut intake = engine.intake(Keep::Stored);
    let request = intake.read_body(&mut request.into_reader())?;
    let job = engine.submit(Submission::new(task.endpoint, request), Some(intake))?;
    let Some(job) = wait(output, &engine, job, &interrupted)? else {
        output.say(&format!("interrupted; the job is {}", folder.fate()));
        return Ok(Exit::Interrupted);
    };
    let body = engine.response(&job)?;
    drop(engine);
    finish(output, job, body.as_deref(), args.json)
}

fn finish(
    output: &Output,
    job: Job,
    body: Option<&str>,
    as_json: bool,
) -> Result<Exit, Failure> {
    let Some(body) = body.filter(|_| job.state == State::Completed) else {
        let unknown = || Failure::new(Exit::Failed, format!("the job is {}", job.state));
        return Err(job.error.clone().map_or_else(unknown, Failure::from));
    };
    let body = serde_json::from_str(body)
        .map_err(|error| Failure::new(Exit::Bug, format!("the response is no JSON: {error}")))?;
    Sink::Output(output).write(&show::response(&body, as_json))?;
    Ok(Exit::Done)
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

/// Waits for the end of the job; `None` when a signal came first.
fn wait(
    output: &Output,
    engine: &Engine,
    mut job: Job,
    interrupted: &AtomicBool,
) -> Result<Option<Job>, Failure> {
    let bar = output.bar(0);
    while !job.state.is_terminal() {
        if interrupted.load(Ordering::Relaxed) {
            return Ok(None);
        }
        job = engine.wait(DEFAULT_ORGANIZATION, &job.id, LOOK_EVERY)?;
        if let Some(progress) = job.progress {
            bar.set_length(progress.total.into());
            bar.set_position(progress.done.into());
        }
    }
    bar.finish_and_clear();
    Ok(Some(job))
}

/// The folder of the data file.
enum Folder {
    Given(PathBuf),
    Temporary(PathBuf),
}

impl Folder {
    /// The folder that was named for this run, else a new one that goes with it: the
    /// usual data folder may be in use by a server.
    fn choose(config: &Config) -> Result<Self, Failure> {
        let given = config.values.iter().any(|value| {
            value.setting.name == DATA_DIR.name && value.source == Source::Flag
        });
        if given {
            return Ok(Self::Given(config.data_dir.clone()));
        }
        // The engine makes it, with mode 0700; its name cannot be guessed.
        let name = IdSource::default().next("docspool-run-", 0);
        Ok(Self::Temporary(std::env::temp_dir().join(name)))
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
