//! `/v1/documents/parse`: the text of a document, page by page.

use serde_json::{Value, json};

use super::{Context, Peek, Processor, Task};
use crate::job::model::JobError;

/// The processor of `/v1/documents/parse`.
#[derive(Debug, Clone, Copy)]
pub struct Parse;

impl Processor for Parse {
    fn validate(&self, _request: &Value, _first_bytes: &[Peek]) -> Result<(), JobError> {
        Ok(())
    }

    fn run(&self, task: &Task, context: &dyn Context) -> Result<Value, JobError> {
        let input = task.document("document")?;
        context.progress(0, 1);
        let text = String::from_utf8_lossy(&input.bytes).into_owned();
        Ok(json!({"pages": [text], "text": text}))
    }
}
