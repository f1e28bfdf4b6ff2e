//! What was asked of a store and what it answered, and whether a later one agrees.

use std::sync::{Arc, Mutex};

use super::vfs::Recorder;
use crate::job::request::SlotContent;
use crate::job::{Job, State};
use crate::store::conformance::US;
use crate::store::sqlite::SqliteStore;
use crate::store::{Store as _, StoreError};

/// One change of one job: the state it leads to.
#[derive(Debug)]
struct Step {
    id: String,
    to: State,
}

#[derive(Debug)]
enum Line {
    Asked(usize),
    Acknowledged(usize),
    Refused(usize, StoreError),
}

#[derive(Debug, Default)]
struct Book {
    steps: Vec<Step>,
    lines: Vec<Line>,
}

/// The ledger of one life. Each line is marked in the record of the file system.
#[derive(Debug)]
pub(super) struct Ledger {
    book: Mutex<Book>,
    recorder: Arc<Recorder>,
}

impl Ledger {
    pub(super) fn new(recorder: &Arc<Recorder>) -> Self {
        Self { book: Mutex::default(), recorder: Arc::clone(recorder) }
    }

    /// To be called before the store is asked. The number of the step.
    pub(super) fn ask(&self, id: &str, to: State) -> usize {
        let mut book = self.book.lock().unwrap();
        book.steps.push(Step { id: id.to_owned(), to });
        let step = book.steps.len() - 1;
        self.write(&mut book, Line::Asked(step));
        step
    }

    /// To be called after the store has answered. Whether it was done.
    pub(super) fn answer<T>(&self, step: usize, answer: Result<T, StoreError>) -> Option<T> {
        let (line, value) = match answer {
            Ok(value) => (Line::Acknowledged(step), Some(value)),
            Err(error) => (Line::Refused(step, error), None),
        };
        self.write(&mut self.book.lock().unwrap(), line);
        value
    }

    /// Whether the disk has begun to fail.
    pub(super) fn is_failing(&self) -> bool {
        self.recorder.failed() > 0
    }

    fn write(&self, book: &mut Book, line: Line) {
        book.lines.push(line);
        self.recorder.mark(book.lines.len() - 1);
    }

    pub(super) fn refusals(&self) -> Vec<StoreError> {
        let book = self.book.lock().unwrap();
        let refused = book.lines.iter().filter_map(|line| match line {
            Line::Refused(_, error) => Some(error.clone()),
            _ => None,
        });
        refused.collect()
    }

    /// Compares a store with the first lines of this ledger.
    pub(super) fn judge(&self, store: &SqliteStore, until: usize) -> Result<(), String> {
        let book = self.book.lock().unwrap();
        let lines = &book.lines[..until.min(book.lines.len())];
        let mut ids: Vec<&str> = book.steps.iter().map(|step| step.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut by_state = [0; State::ALL.len()];
        for id in ids {
            let job = store.get(US, id).map_err(|error| format!("{id}: {error}"))?;
            let state = job.as_ref().map(|job| plain(job.state));
            let allowed = allowed(&book.steps, lines, id);
            if !allowed.contains(&state) {
                return Err(format!("{id} is {state:?}, not one of {allowed:?}"));
            }
            if let Some(job) = job {
                by_state[job.state as usize] += 1;
                bodies(store, &job).map_err(|what| format!("{id}, {}: {what}", job.state))?;
            }
        }
        for state in State::ALL {
            let (kept, there) = (store.counts().of(state), by_state[state as usize]);
            if kept != there {
                return Err(format!("{there} jobs are {state}, but the counter says {kept}"));
            }
        }
        Ok(())
    }
}

/// A job whose worker is gone returns to the queue when its store is opened.
fn plain(state: State) -> State {
    if state == State::InProgress { State::Queued } else { state }
}

/// Where a job may stand: where the last acknowledged step led, or any later one that was
/// asked for and not certainly refused. `None` stands for "not there".
fn allowed(steps: &[Step], lines: &[Line], id: &str) -> Vec<Option<State>> {
    let mut allowed = vec![None];
    for line in lines {
        let (Line::Asked(step) | Line::Acknowledged(step) | Line::Refused(step, _)) = line;
        let to = Some(plain(steps[*step].to));
        if steps[*step].id != id {
            continue;
        }
        match line {
            Line::Asked(_) => allowed.push(to),
            Line::Acknowledged(_) => allowed = vec![to],
            // Unknown: it may be there or not. The life does not touch this job again.
            Line::Refused(_, StoreError::OutcomeUnknown(_)) => {}
            Line::Refused(..) => {
                allowed.pop();
            }
        }
    }
    allowed
}

/// The bytes of the document of a job, and the response it ends with.
pub(super) fn document(id: &str) -> Vec<u8> {
    id.bytes().cycle().take(9_000 + id.len() * 7).collect()
}

pub(super) fn response(id: &str) -> String {
    format!("{{\"id\":\"{id}\"}}")
}

/// Request, document and response are whole while the job keeps them, and gone after.
fn bodies(store: &SqliteStore, job: &Job) -> Result<(), String> {
    let request = store.request(job.sequence).map_err(|error| error.to_string())?;
    let kept = store.response(job.sequence).map_err(|error| error.to_string())?;
    if job.state == State::Expired {
        let is_gone = request.is_none() && kept.is_none();
        return if is_gone { Ok(()) } else { Err("its data outlived it".to_owned()) };
    }
    let request = request.ok_or("its request is missing")?;
    if !request.json.contains(&job.id) {
        return Err(format!("it has another request: {}", request.json));
    }
    for slot in &request.slots {
        let SlotContent::Stored(number) = &slot.content else { continue };
        let (mut bytes, mut ordinal) = (Vec::new(), 0);
        while let Some(chunk) = store.chunk(*number, ordinal).map_err(|error| error.to_string())? {
            bytes.extend(chunk.bytes);
            ordinal += 1;
        }
        if bytes != document(&job.id) {
            return Err(format!("{} bytes of its document are not what was sent", bytes.len()));
        }
    }
    let is_right = match (job.state, kept) {
        (State::Completed, Some(text)) => text.as_str() == response(&job.id),
        (State::Completed, None) => false,
        (_, kept) => kept.is_none(),
    };
    if is_right { Ok(()) } else { Err("its response is not what was stored".to_owned()) }
}
