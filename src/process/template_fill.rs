//! `/v1/edit/templates/fill`: the form of a template filled from instructions.

use serde_json::Value;

use super::{Context, Peek, Processor, Task, filling};
use crate::job::model::JobError;

/// The processor of `/v1/edit/templates/fill`.
#[derive(Debug, Clone, Copy)]
pub struct TemplateFill;

impl Processor for TemplateFill {
    fn validate(&self, request: &Value, first_bytes: &[Peek]) -> Result<(), JobError> {
        filling::check(request, first_bytes)
    }

    fn run(&self, task: &Task, context: &dyn Context) -> Result<Value, JobError> {
        filling::fill(task, context)
    }
}
