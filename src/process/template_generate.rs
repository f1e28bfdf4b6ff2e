//! `/v1/edit/templates/generate`: the fields of a form.

use serde_json::{Value, json};

use super::understand::usage;
use super::understanding::Effort;
use super::{Context, Peek, Processor, Task, filling};
use crate::job::model::JobError;

/// The processor of `/v1/edit/templates/generate`.
#[derive(Debug, Clone, Copy)]
pub struct TemplateGenerate;

impl Processor for TemplateGenerate {
    fn validate(&self, request: &Value, first_bytes: &[Peek]) -> Result<(), JobError> {
        filling::check(request, first_bytes)
    }

    fn run(&self, task: &Task, context: &dyn Context) -> Result<Value, JobError> {
        let input = task.document("document")?;
        let form = filling::open(task, &input, context)?;
        let fields: Vec<Value> = form.fields().iter().map(filling::shown).collect();
        let (count, pages) = (fields.len(), form.page_count());
        let annotated =
            form.annotated().map_err(|error| filling::form_error("request.document", &error))?;
        Ok(json!({
            "form_schema": {"form_fields": fields},
            "annotated_pdf": filling::document(input.filename, "annotated", &annotated),
            "field_count": count,
            "usage": usage(pages, &Effort::default()),
        }))
    }
}
