//! `/v1/documents/extract`: values for a JSON Schema out of a document.

use serde_json::{Value, json};

use super::understand::{manner, model, password, stable_id, usage};
use super::understanding::Answered;
use super::{Context, Peek, Processor, Task, reading};
use crate::job::envelope::invalid;
use crate::job::model::JobError;
use crate::local::{self, Extraction};

/// Answers surer than this on every value found need no person.
const REVIEW_BELOW: f64 = 0.5;

/// The processor of `/v1/documents/extract`.
#[derive(Debug, Clone, Copy)]
pub struct Extract;

impl Processor for Extract {
    fn validate(&self, request: &Value, first_bytes: &[Peek]) -> Result<(), JobError> {
        reading::check_types(first_bytes)?;
        let schema = request.get("json_schema").unwrap_or(&Value::Null);
        local::check_schema(schema).map_err(|e| invalid("request.json_schema", &e.to_string()))
    }

    fn run(&self, task: &Task, context: &dyn Context) -> Result<Value, JobError> {
        let schema = task.request.get("json_schema").unwrap_or(&Value::Null);
        let input = task.document("document")?;
        let document = reading::load("request.document", &input, password(task), context)?;
        let manner = manner(task);
        let answered = context.understanding().extract(&document, schema, &manner, context)?;
        Ok(body(task, &answered, document.pages.len()))
    }
}

fn body(task: &Task, answered: &Answered<Extraction>, pages: usize) -> Value {
    let extraction = &answered.answer;
    // The first choice is the answer, the others are the votes.
    let choices: Vec<Value> = std::iter::once(extraction)
        .chain(&answered.votes)
        .enumerate()
        .map(|(index, vote)| {
            json!({
                "index": index,
                "finish_reason": "stop",
                "logprobs": null,
                "key_mapping": null,
                "message": {
                    "role": "assistant",
                    "content": vote.data.to_string(),
                    "parsed": vote.data,
                    "refusal": null,
                    "tool_calls": null,
                },
            })
        })
        .collect();
    let given = task.request.get("extraction_id").and_then(Value::as_str);
    json!({
        "id": stable_id("chatcmpl-", task),
        "object": "chat.completion",
        "created": 0,
        "model": model(task),
        "choices": choices,
        "usage": usage(pages, &answered.effort),
        "likelihoods": extraction.likelihoods,
        "sources": extraction.sources,
        "warnings": extraction.warnings,
        "requires_human_review": needs_review(&extraction.likelihoods),
        "extraction_id": given.map_or_else(|| stable_id("extr_", task), str::to_owned),
        "request_at": null,
        "first_token_at": null,
        "last_token_at": null,
    })
}

/// Whether a value that was found is unsure.
fn needs_review(likelihoods: &Value) -> bool {
    match likelihoods {
        Value::Number(score) => score.as_f64().is_some_and(|s| s > 0.0 && s < REVIEW_BELOW),
        Value::Array(items) => items.iter().any(needs_review),
        Value::Object(fields) => fields.values().any(needs_review),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::testing::{Alone, task};

    const INVOICE: &str = "ACME Tools Ltd.\n\nInvoice No.: INV-77\nInvoice date: 31/12/2024\n\n\
        Description     Qty     Unit price     Amount\n\
        Blue bolts      10      1.50           15.00\n\
        Red nuts        4       2.00           8.00\n\n\
        Subtotal: 23.00\nVAT: 4.60\nTotal: 27.60\n";

    fn schema() -> Value {
        json!({"type": "object", "additionalProperties": false,
            "required": ["invoice_number", "issue_date", "total", "items", "iban"],
            "properties": {
                "invoice_number": {"type": "string"},
                "issue_date": {"type": "string", "format": "date"},
                "total": {"type": "number"},
                "iban": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                "items": {"type": "array", "items": {"$ref": "#/$defs/Item"}}},
            "$defs": {"Item": {"type": "object", "properties": {
                "description": {"type": "string"}, "quantity": {"type": "integer"},
                "amount": {"type": "number"}}}}})
    }

    #[test]
    fn an_invoice_comes_back_as_its_schema_says_with_sources() {
        let task = task(INVOICE, json!({"json_schema": schema()}));
        let body = Extract.run(&task, &Alone).unwrap();
        let data = &body["choices"][0]["message"]["parsed"];
        let expected = json!({"invoice_number": "INV-77", "issue_date": "2024-12-31",
            "total": 27.6, "iban": null, "items": [
                {"description": "Blue bolts", "quantity": 10, "amount": 15},
                {"description": "Red nuts", "quantity": 4, "amount": 8}]});
        assert_eq!(data, &expected);
        let content = body["choices"][0]["message"]["content"].as_str().unwrap();
        assert_eq!(&serde_json::from_str::<Value>(content).unwrap(), data);
        let source = &body["sources"]["items"][1]["amount"];
        assert_eq!((&source["page"], &source["text"]), (&json!(1), &json!("8.00")));
        assert!(body["likelihoods"]["total"].as_f64().unwrap() > 0.5);
        assert_eq!(body["likelihoods"]["iban"], json!(0.0));
    }

    #[test]
    fn the_same_request_gives_the_same_bytes() {
        let task = task(INVOICE, json!({"json_schema": schema(), "n_consensus": 3}));
        let answers: Vec<String> =
            (0..3).map(|_| Extract.run(&task, &Alone).unwrap().to_string()).collect();
        assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[test]
    fn a_schema_beyond_the_budget_is_refused_before_the_work() {
        let mut schema = json!({"type": "string"});
        for _ in 0..100 {
            schema = json!({"type": "object", "properties": {"a": schema}});
        }
        let error = Extract.validate(&json!({"json_schema": schema}), &[]).unwrap_err();
        assert_eq!(error.code, "validation_error");
    }
}
