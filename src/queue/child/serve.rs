//! The child's side: reads a task, runs it, writes how it ended, and again.

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::frame::{self, Header, Kind};
use crate::base::platform;
use crate::base::sandbox::{self, Access};
use crate::job::model::{JobError, Progress};
use crate::job::{Endpoint, Outcome};
use crate::model::{Model, ModelSettings};
use crate::process::understanding::{LocalEngine, Understanding};
use crate::process::{Attached, Context, Ocr, Processors, Task};
use crate::queue::runner::outcome_of;

/// Serves tasks from `input` until it closes. The process that calls this does nothing
/// else; `memory_bytes_max` bounds its address space where the system can.
///
/// Before it looks at the first task it shuts itself off from files and network. What stays
/// open is `access`, what the OCR engine of the processors needs, and the model's server when
/// the parent has named one.
///
/// # Errors
/// When the parent is gone or does not speak the language, or a kernel that has a sandbox
/// does not close it.
pub fn serve(
    processors: &Processors,
    memory_bytes_max: u64,
    access: Access,
    mut input: impl Read,
    output: impl Write,
) -> io::Result<()> {
    platform::confine_child(memory_bytes_max)?;
    // A caught panic is an answer; its text would only fill the pipe that the parent reads
    // after a death.
    std::panic::set_hook(Box::new(|_| {}));
    let output = RefCell::new(output);
    let mut model: Option<Model> = None;
    let mut to_be_shut = Some(match processors.ocr() {
        Some(ocr) => ocr.options().access(access),
        None => access,
    });
    while let Some((kind, bytes)) = frame::read(&mut input)? {
        if kind == Kind::Model {
            let settings: ModelSettings =
                serde_json::from_slice(&bytes).map_err(io::Error::other)?;
            to_be_shut = to_be_shut.map(|access| settings.access(access));
            model = Some(Model::new(settings));
            continue;
        }
        // From here on it has seen a client's bytes.
        if let Some(access) = to_be_shut.take() {
            sandbox::close(&access)?;
        }
        let (endpoint, task) = read_task(kind, &bytes, &mut input)?;
        let context = PipeContext { output: &output, model: model.as_ref(), ocr: processors.ocr() };
        let outcome = match endpoint.and_then(|endpoint| processors.get(endpoint)) {
            // A panic is an answer like any other: the child goes on.
            Some(processor) => {
                let run = || processor.run(&task, &context);
                outcome_of(catch_unwind(AssertUnwindSafe(run)))
            }
            None => Outcome::Failed(JobError::new("not_served", "this child has no such endpoint")),
        };
        let (kind, bytes) = match outcome {
            Outcome::Completed(body) => (Kind::Completed, body.into_bytes()),
            Outcome::Failed(error) => {
                (Kind::Failed, serde_json::to_vec(&error).map_err(io::Error::other)?)
            }
        };
        frame::write(&mut *output.borrow_mut(), kind, &bytes)?;
    }
    Ok(())
}

/// Reads the rest of a task whose first frame is given.
fn read_task(
    kind: Kind,
    bytes: &[u8],
    input: &mut dyn Read,
) -> io::Result<(Option<Endpoint>, Task)> {
    if kind != Kind::Task {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let header: Header = serde_json::from_slice(bytes).map_err(io::Error::other)?;
    platform::allow_processor_seconds(header.processor_seconds)?;
    let request = serde_json::from_str(&header.request).map_err(io::Error::other)?;
    let mut task = Task { request, documents: Vec::with_capacity(header.documents.len()) };
    for head in header.documents {
        let mut document = Attached { head, bytes: Vec::new() };
        loop {
            match frame::read(input)? {
                Some((Kind::Document, piece)) => document.bytes.extend_from_slice(&piece),
                Some((Kind::DocumentEnd, _)) => break,
                _ => return Err(io::ErrorKind::UnexpectedEof.into()),
            }
        }
        task.documents.push(document);
    }
    Ok((Endpoint::from_path(&header.endpoint), task))
}

struct PipeContext<'a, W> {
    output: &'a RefCell<W>,
    model: Option<&'a Model>,
    ocr: Option<&'a Ocr>,
}

impl<W: Write> Context for PipeContext<'_, W> {
    fn progress(&self, done: u32, total: u32) {
        let progress = serde_json::to_vec(&Progress { done, total }).unwrap_or_default();
        // A parent that is gone is noticed when the answer is written.
        let _ = frame::write(&mut *self.output.borrow_mut(), Kind::Progress, &progress);
    }

    /// The parent kills a child whose work is not wanted.
    fn is_cancelled(&self) -> bool {
        false
    }

    fn ocr(&self) -> Option<&Ocr> {
        self.ocr
    }

    fn understanding(&self) -> &dyn Understanding {
        match self.model {
            Some(model) => model,
            None => &LocalEngine,
        }
    }
}
