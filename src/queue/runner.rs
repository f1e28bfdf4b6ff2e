//! Running one task, in a child or in this process, so that it can be stopped.
//!
//! Owns [`Control`], the switch that other threads reach for, and [`Runner`], what a
//! worker holds. It must not know leases or queues.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::child::process::{ChildCommand, ChildProcess, KillHandle};
use super::payload;
use crate::base::{limits, platform};
use crate::job::Endpoint;
use crate::job::model::{JobError, Outcome, Progress};
use crate::job::request::RequestBody;
use crate::process::understanding::Understanding;
use crate::process::{Attached, Context, Ocr, Processors, Task};
use crate::store::Store;

/// Why a task is being stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Cancelled, expired or taken over: its end is of no more interest.
    NotWanted,
    /// It ran longer than it may.
    Deadline,
    /// The engine goes down; the job is to be given back.
    Shutdown,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// With an answer.
    Outcome(Outcome),
    /// Its worker died for a reason that may not repeat.
    Lost(JobError),
    /// It did not begin: the system has no room for a child at the moment.
    NotStarted(JobError),
    /// It was stopped.
    Stopped(Stop),
}

/// The switch of one running task.
#[derive(Debug)]
pub struct Control {
    state: Mutex<ControlState>,
    stopped: AtomicBool,
    /// Boot time at which it must be stopped, in milliseconds.
    pub(super) deadline_boot_ms: i64,
}

#[derive(Debug, Default)]
struct ControlState {
    stop: Option<Stop>,
    child: Option<KillHandle>,
    progress: Option<Progress>,
}

impl Control {
    pub(super) fn new(deadline_boot_ms: i64) -> Arc<Self> {
        let (state, stopped) = (Mutex::default(), AtomicBool::new(false));
        Arc::new(Self { state, stopped, deadline_boot_ms })
    }

    /// Stops the task: its child is killed, or its processor told. The first reason stays.
    pub(super) fn stop(&self, reason: Stop) {
        let mut state = self.lock();
        state.stop.get_or_insert(reason);
        self.stopped.store(true, Ordering::Release);
        if let Some(child) = &state.child {
            child.kill();
        }
    }

    pub(super) fn stop_reason(&self) -> Option<Stop> {
        self.lock().stop
    }

    pub(super) fn progress(&self) -> Option<Progress> {
        self.lock().progress
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    fn note(&self, progress: Progress) {
        self.lock().progress = Some(progress);
    }

    /// From here on a stop reaches this child, also one that was asked for before.
    fn attach(&self, child: Option<KillHandle>) {
        let mut state = self.lock();
        if let (Some(child), true) = (&child, state.stop.is_some()) {
            child.kill();
        }
        state.child = child;
    }

    fn lock(&self) -> MutexGuard<'_, ControlState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a processor on the worker's own thread asks and tells.
struct Here<'a> {
    control: &'a Control,
    understanding: &'a dyn Understanding,
    ocr: Option<&'a Ocr>,
}

impl Context for Here<'_> {
    fn progress(&self, done: u32, total: u32) {
        self.control.note(Progress { done, total });
    }

    fn is_cancelled(&self) -> bool {
        self.control.is_stopped()
    }

    fn ocr(&self) -> Option<&Ocr> {
        self.ocr
    }

    fn understanding(&self) -> &dyn Understanding {
        self.understanding
    }
}

/// Where tasks run.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// In a child process started by this command.
    Child(ChildCommand),
    /// On the worker's own thread.
    InProcess,
}

/// What a worker runs tasks with; keeps its child warm between them.
pub(super) struct Runner {
    place: Place,
    processors: Processors,
    understanding: Arc<dyn Understanding>,
    store: Arc<dyn Store>,
    child: Option<ChildProcess>,
}

impl Runner {
    pub(super) fn new(
        place: Place,
        processors: Processors,
        understanding: Arc<dyn Understanding>,
        store: Arc<dyn Store>,
    ) -> Self {
        Self { place, processors, understanding, store, child: None }
    }

    /// Runs one task to its end.
    pub(super) fn run(&mut self, endpoint: Endpoint, body: &RequestBody, control: &Control) -> End {
        let end = match self.place.clone() {
            Place::InProcess => End::Outcome(self.run_here(endpoint, body, control)),
            Place::Child(command) => self.run_in_child(&command, endpoint, body, control),
        };
        match (control.stop_reason(), end) {
            // An answer that was complete before the stop came is still an answer, except
            // in this process, where a processor that was told to stop answers anything.
            (Some(stop), End::Lost(_) | End::NotStarted(_)) => End::Stopped(stop),
            (Some(stop), _) if matches!(self.place, Place::InProcess) => End::Stopped(stop),
            (_, end) => end,
        }
    }

    fn run_in_child(
        &mut self,
        command: &ChildCommand,
        endpoint: Endpoint,
        body: &RequestBody,
        control: &Control,
    ) -> End {
        let fresh =
            |child: &ChildProcess| child.tasks < limits::CHILD_JOBS_MAX && !child.has_ended();
        let mut child = match self.child.take().filter(fresh) {
            Some(child) => child,
            None => match ChildProcess::spawn(command) {
                Ok(child) => child,
                Err(error) if platform::is_shortage(&error) => {
                    return End::NotStarted(spawn_error(&error));
                }
                Err(error) => return End::Lost(spawn_error(&error)),
            },
        };
        control.attach(Some(child.kill_handle()));
        let result =
            child.run(&*self.store, endpoint, body, &mut |progress| control.note(progress));
        control.attach(None);
        match result {
            Ok(outcome) => {
                // A stop that came with the answer may have killed the child already.
                self.child = Some(child).filter(|_| control.stop_reason().is_none());
                End::Outcome(outcome)
            }
            Err(error) => {
                tracing::debug!(%error, "a child ended inside a task");
                let error = child.post_mortem();
                if error.code == "worker_lost" {
                    End::Lost(error)
                } else {
                    End::Outcome(Outcome::Failed(error))
                }
            }
        }
    }

    fn run_here(&self, endpoint: Endpoint, body: &RequestBody, control: &Control) -> Outcome {
        let Some(processor) = self.processors.get(endpoint) else {
            return Outcome::Failed(JobError::new("not_served", "no processor for this endpoint"));
        };
        match load_task(&*self.store, body) {
            Ok(task) => {
                let understanding = &*self.understanding;
                let here = Here { control, understanding, ocr: self.processors.ocr() };
                outcome_of(catch_unwind(AssertUnwindSafe(|| processor.run(&task, &here))))
            }
            Err(error) => Outcome::Failed(JobError::new("internal_error", error.to_string())),
        }
    }
}

fn spawn_error(error: &std::io::Error) -> JobError {
    JobError::new("worker_lost", format!("a child process could not be started: {error}"))
}

fn load_task(store: &dyn Store, body: &RequestBody) -> std::io::Result<Task> {
    let request: Value = serde_json::from_str(&body.json).map_err(std::io::Error::other)?;
    let mut documents = Vec::with_capacity(body.slots.len());
    for slot in &body.slots {
        let mut bytes = Vec::with_capacity(usize::try_from(slot.length).unwrap_or_default());
        payload::each_piece(store, slot, &mut |piece| {
            bytes.extend_from_slice(piece);
            Ok(())
        })?;
        documents.push(Attached { head: slot.head.clone(), bytes });
    }
    Ok(Task { request, documents })
}

/// Turns what a processor returned, or that it panicked, into an outcome.
pub(super) fn outcome_of(result: std::thread::Result<Result<Value, JobError>>) -> Outcome {
    match result {
        Ok(Ok(body)) if body.is_object() => match body.to_string() {
            text if text.len() <= limits::RESPONSE_BYTES_MAX => Outcome::Completed(text),
            text => Outcome::Failed(JobError::new(
                "response_too_large",
                format!(
                    "the response has {} bytes; the limit is {}",
                    text.len(),
                    limits::RESPONSE_BYTES_MAX
                ),
            )),
        },
        Ok(Ok(_)) => {
            Outcome::Failed(JobError::new("internal_error", "the processor gave no JSON object"))
        }
        Ok(Err(error)) => Outcome::Failed(error),
        Err(_) => Outcome::Failed(JobError::new(
            "processor_crashed",
            "reading the document failed in a way nobody foresaw; please report it",
        )),
    }
}
