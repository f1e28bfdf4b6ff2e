//! `/v1/schemas/generate`: a JSON Schema for documents like the samples.

use serde_json::{Value, json};

use super::understand::{manner, password, stable_id, usage};
use super::{Context, Peek, Processor, Task, reading};
use crate::document::Document;
use crate::job::State;
use crate::job::model::JobError;

/// Answers are the same for the same request, so they carry no clock.
const CREATED_AT: &str = "1970-01-01T00:00:00Z";

/// The processor of `/v1/schemas/generate`.
#[derive(Debug, Clone, Copy)]
pub struct GenerateSchema;

impl Processor for GenerateSchema {
    fn validate(&self, _request: &Value, first_bytes: &[Peek]) -> Result<(), JobError> {
        reading::check_types(first_bytes)
    }

    fn run(&self, task: &Task, context: &dyn Context) -> Result<Value, JobError> {
        let inputs = task.documents("documents")?;
        let documents: Vec<Document> = inputs
            .iter()
            .enumerate()
            .map(|(index, input)| {
                let field = format!("request.documents[{index}]");
                reading::load(&field, input, password(task), context)
            })
            .collect::<Result<_, _>>()?;
        let answered = context.understanding().infer_schema(&documents, &manner(task), context)?;
        let pages = documents.iter().map(|document| document.pages.len()).sum();
        Ok(json!({
            "id": stable_id("schema_", task),
            "object": "schema",
            "created_at": CREATED_AT,
            "json_schema": answered.answer,
            "strict": true,
            "status": State::Completed.name(),
            "error": null,
            "usage": usage(pages, &answered.effort),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::extract::Extract;
    use crate::process::testing::{Alone, document, task};

    const ORDER: &str = "PURCHASE ORDER\n\nPO number: 4711\nOrder date: 2024-03-05\n\
        Loading ramp: North\n\n\
        Description     Qty     Unit price     Amount\n\
        Blue bolts      10      1.50           15.00\n\n\
        Total: 15.00\n";

    #[test]
    fn a_generated_schema_extracts_what_its_sample_says() {
        let sample = document(ORDER);
        let request = json!({"documents": [sample, sample]});
        let generate = Task { request, documents: Vec::new() };
        let answer = GenerateSchema.run(&generate, &Alone).unwrap();
        let schema = &answer["json_schema"];
        assert_eq!(schema["properties"]["order_date"]["format"], "date");
        assert_eq!(schema["properties"]["line_items"]["type"], "array");
        assert_eq!(schema["properties"]["loading_ramp"]["type"], "string");
        let required = schema["required"].as_array().unwrap();
        assert!(required.contains(&json!("total")));
        let body = Extract.run(&task(ORDER, json!({"json_schema": schema})), &Alone).unwrap();
        let data = &body["choices"][0]["message"]["parsed"];
        assert_eq!((&data["total"], &data["loading_ramp"]), (&json!(15), &json!("North")));
        assert_eq!(data["line_items"][0]["quantity"], 10);
    }
}
