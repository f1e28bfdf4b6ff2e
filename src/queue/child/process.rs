//! The parent's side: spawns a child, feeds it, reads how it ended, and can kill it.

use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::frame::{self, Header, Kind};
use crate::base::platform::{self, Death};
use crate::job::request::RequestBody;
use crate::job::{Endpoint, JobError, Outcome, Progress};
use crate::model::ModelSettings;
use crate::queue::payload;
use crate::store::Store;

/// How to start a child.
#[derive(Debug, Clone)]
pub struct ChildCommand {
    /// The program.
    pub program: PathBuf,
    /// Words that make it call [`super::serve`] on its standard input and output.
    pub arguments: Vec<String>,
    /// The model it may ask. The key goes over the pipe: other users of the machine can see
    /// arguments, and a child's environment is empty.
    pub model: Option<ModelSettings>,
    /// Processor time that one task may use, in seconds.
    pub processor_seconds: u64,
}

/// Kills a child from another thread, at any time.
#[derive(Debug, Clone)]
pub(in crate::queue) struct KillHandle(Arc<Mutex<Leader>>);

impl KillHandle {
    pub(in crate::queue) fn kill(&self) {
        self.lock().kill();
    }

    fn lock(&self) -> MutexGuard<'_, Leader> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A child and the programs that it has started, which are of its process group.
#[derive(Debug)]
struct Leader {
    child: Child,
    /// Its end has been collected, and its pid may be a stranger's.
    is_collected: bool,
}

impl Leader {
    fn kill(&mut self) {
        // A child that has ended but was not waited for keeps its pid, so this can never
        // hit a stranger.
        if !self.is_collected {
            platform::kill_group(&mut self.child);
        }
    }

    /// Kills what still runs and collects how the child ended.
    fn collect(&mut self) -> io::Result<ExitStatus> {
        self.kill();
        let status = self.child.wait();
        self.is_collected |= status.is_ok();
        status
    }
}

/// A running child.
pub(in crate::queue) struct ChildProcess {
    handle: KillHandle,
    stdin: BufWriter<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    stderr: ChildStderr,
    processor_seconds: u64,
    pub(in crate::queue) tasks: u32,
}

impl ChildProcess {
    pub(in crate::queue) fn spawn(command: &ChildCommand) -> io::Result<Self> {
        let mut program = Command::new(&command.program);
        platform::lead_group(&mut program);
        let mut child = program
            .args(&command.arguments)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let missing = || io::Error::other("a child came without its pipes");
        let stdin = child.stdin.take().ok_or_else(missing)?;
        let stdout = child.stdout.take().ok_or_else(missing)?;
        let stderr = child.stderr.take().ok_or_else(missing)?;
        let mut child = Self {
            handle: KillHandle(Arc::new(Mutex::new(Leader { child, is_collected: false }))),
            stdin: BufWriter::with_capacity(64 * 1024, stdin),
            stdout: BufReader::new(stdout),
            stderr,
            processor_seconds: command.processor_seconds,
            tasks: 0,
        };
        if let Some(model) = &command.model {
            let settings = serde_json::to_vec(model).map_err(io::Error::other)?;
            frame::write(&mut child.stdin, Kind::Model, &settings)?;
        }
        Ok(child)
    }

    pub(in crate::queue) fn kill_handle(&self) -> KillHandle {
        self.handle.clone()
    }

    /// Whether it ended between two tasks: the next one need not find that out.
    pub(in crate::queue) fn has_ended(&self) -> bool {
        let mut leader = self.handle.lock();
        let has_ended = matches!(leader.child.try_wait(), Ok(Some(_)));
        leader.is_collected |= has_ended;
        has_ended
    }

    /// Runs one task to its end.
    ///
    /// # Errors
    /// When the child ended, was killed, or does not speak the language; it is of no more
    /// use then.
    pub(in crate::queue) fn run(
        &mut self,
        store: &dyn Store,
        endpoint: Endpoint,
        request: &RequestBody,
        on_progress: &mut dyn FnMut(Progress),
    ) -> io::Result<Outcome> {
        self.tasks += 1;
        self.send(store, endpoint, request)?;
        frame::read_outcome(&mut self.stdout, on_progress)
    }

    fn send(
        &mut self,
        store: &dyn Store,
        endpoint: Endpoint,
        request: &RequestBody,
    ) -> io::Result<()> {
        let header = Header {
            endpoint: endpoint.path().to_owned(),
            request: request.json.clone(),
            documents: request.slots.iter().map(|slot| slot.head.clone()).collect(),
            processor_seconds: self.processor_seconds,
        };
        let header = serde_json::to_vec(&header).map_err(io::Error::other)?;
        frame::write(&mut self.stdin, Kind::Task, &header)?;
        for slot in &request.slots {
            payload::each_piece(store, slot, &mut |piece| {
                frame::write(&mut self.stdin, Kind::Document, piece)
            })?;
            frame::write(&mut self.stdin, Kind::DocumentEnd, &[])?;
        }
        self.stdin.flush()
    }

    /// Ends the child and says how it died.
    pub(in crate::queue) fn post_mortem(mut self) -> JobError {
        let status = self.handle.lock().collect();
        let mut last_words = String::new();
        let _ = (&mut self.stderr).take(4096).read_to_string(&mut last_words);
        match status {
            Ok(status) => crash_error(&status.to_string(), platform::death(status), &last_words),
            Err(error) => crash_error(&error.to_string(), Death::Other, &last_words),
        }
    }
}

impl Drop for ChildProcess {
    fn drop(&mut self) {
        // One that was collected before tells the same again.
        let _ = self.handle.lock().collect();
    }
}

/// The error of a job whose child died. A fault of the child itself, and what the runtime
/// prints before it aborts, tell the deaths that would only repeat themselves.
fn crash_error(how: &str, death: Death, last_words: &str) -> JobError {
    let error = if last_words.contains("memory allocation of") {
        JobError::new(
            "memory_limit_exceeded",
            "the document needs more memory than one job may use; raise --child-memory to allow it",
        )
    } else if last_words.contains("overflowed its stack") {
        JobError::new("processor_crashed", "the document nests so deep that reading it failed")
    } else if death == Death::OutOfTime {
        JobError::new("deadline_exceeded", "the work used more processor time than one job may")
    } else if death == Death::Fault {
        JobError::new("processor_crashed", "reading the document crashed its process; report it")
    } else {
        JobError::new("worker_lost", "the process that worked on this job ended unexpectedly")
    };
    error.with_detail("exit", how)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_of_death_is_told_apart() {
        let code = |death, words| crash_error("signal: 6", death, words).code;
        let memory = "memory allocation of 99 bytes failed";
        assert_eq!(code(Death::Fault, memory), "memory_limit_exceeded");
        let stack = "thread 'main' has overflowed its stack";
        assert_eq!(code(Death::Fault, stack), "processor_crashed");
        assert_eq!(code(Death::Fault, ""), "processor_crashed");
        assert_eq!(code(Death::OutOfTime, ""), "deadline_exceeded");
        assert_eq!(code(Death::Other, ""), "worker_lost");
    }
}
