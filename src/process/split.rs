//! `/v1/documents/split`: which pages are which subdocument.

use serde_json::{Value, json};

use super::classify::categories;
use super::understand::{manner, password, usage};
use super::{Context, Peek, Processor, Task, reading};
use crate::document::Document;
use crate::job::model::JobError;
use crate::local::{self, Segment, Subdocument};

/// Names of the list of subdocuments, the older one last.
const FIELDS: &[&str] = &["subdocuments", "categories"];

/// The processor of `/v1/documents/split`.
#[derive(Debug, Clone, Copy)]
pub struct Split;

impl Processor for Split {
    fn validate(&self, request: &Value, first_bytes: &[Peek]) -> Result<(), JobError> {
        reading::check_types(first_bytes)?;
        if asks_for_config(request) {
            return Ok(());
        }
        categories(request, FIELDS).map(drop)
    }

    fn run(&self, task: &Task, context: &dyn Context) -> Result<Value, JobError> {
        let input = task.document("document")?;
        if asks_for_config(&task.request) {
            let document = reading::load("request.document", &input, password(task), context)?;
            return Ok(config(&document));
        }
        let wanted = subdocuments(&task.request)?;
        let document = reading::load("request.document", &input, password(task), context)?;
        let answered = context.understanding().split(&document, &wanted, &manner(task), context)?;
        let splits: Vec<Value> = answered.answer.iter().map(|s| shown(s, &wanted)).collect();
        Ok(json!({
            "splits": splits,
            "consensus": null,
            "usage": usage(document.pages.len(), &answered.effort),
        }))
    }
}

/// Whether the subdocuments themselves are asked for.
fn asks_for_config(request: &Value) -> bool {
    request.get("generate_config") == Some(&Value::Bool(true))
}

fn config(document: &Document) -> Value {
    let proposals = local::propose_subdocuments(document);
    let subdocuments: Vec<Value> = proposals
        .into_iter()
        .map(|p| {
            json!({
                "name": p.name,
                "description": p.description,
                "partition_key": p.partition_key,
            })
        })
        .collect();
    json!({"subdocuments": subdocuments})
}

fn shown(segment: &Segment, wanted: &[Subdocument<'_>]) -> Value {
    let name = wanted.get(segment.subdocument).map_or("", |w| w.category.name);
    let partitions: Vec<Value> = segment
        .partitions
        .iter()
        .map(|part| {
            json!({
                "key": part.key,
                "pages": part.pages,
                "first_page_y_start": 0.0,
                "last_page_y_end": 1.0,
            })
        })
        .collect();
    json!({
        "name": name,
        "pages": segment.pages,
        "likelihood": (f64::from(segment.likelihood) * 100.0).round() / 100.0,
        "votes": [{"pages": segment.pages}],
        "partitions": partitions,
    })
}

fn subdocuments(request: &Value) -> Result<Vec<Subdocument<'_>>, JobError> {
    let named = categories(request, FIELDS)?;
    let list = FIELDS.iter().find_map(|f| request.get(f).and_then(Value::as_array));
    let items = list.map(Vec::as_slice).unwrap_or_default();
    let with_key = named.into_iter().zip(items).map(|(category, item)| {
        let key = item.get("partition_key").and_then(Value::as_str);
        Subdocument { category, partition_key: key.filter(|k| !k.trim().is_empty()) }
    });
    Ok(with_key.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::testing::{Alone, task};

    #[test]
    fn every_page_is_in_one_subdocument_of_the_request() {
        let request = json!({"subdocuments": [
            {"name": "Receipt", "description": ""},
            {"name": "Invoice", "description": "", "partition_key": "invoice number"}]});
        let text = "INVOICE\n\nInvoice number: INV-7\nDue date: 2024-01-01\nTotal due: 5.00\n";
        let body = Split.run(&task(text, request), &Alone).unwrap();
        let splits = body["splits"].as_array().unwrap();
        assert_eq!(splits.len(), 1);
        assert_eq!((&splits[0]["name"], &splits[0]["pages"]), (&json!("Invoice"), &json!([1])));
        assert_eq!(splits[0]["partitions"][0]["key"], "INV-7");
        assert_eq!(splits[0]["votes"][0]["pages"], json!([1]));
    }

    #[test]
    fn subdocuments_are_proposed_when_they_are_asked_for() {
        let text = "INVOICE\n\nInvoice number: INV-7\nDue date: 2024-01-01\nTotal due: 5.00\n";
        let body = Split.run(&task(text, json!({"generate_config": true})), &Alone).unwrap();
        let first = &body["subdocuments"][0];
        assert_eq!((&first["name"], &first["partition_key"]), (&json!("invoice"), &Value::Null));
        assert!(first["description"].as_str().unwrap().contains("tax invoice"));
    }

    #[test]
    fn the_older_name_of_the_list_is_taken_too() {
        let request = json!({"categories": [{"name": "Invoice"}]});
        assert!(Split.validate(&request, &[]).is_ok());
        let error = Split.validate(&json!({}), &[]).unwrap_err();
        assert_eq!(error.details.unwrap()["field"], "request.subdocuments");
    }
}
