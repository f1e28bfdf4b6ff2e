//! A form template: a document and the fields in it.
//!
//! Owns the object that clients see, its changes, and the request that a filling by
//! template stands for. It must not know where templates are kept or how forms are filled.

use serde_json::{Map, Value, json};

use super::envelope::invalid;
use super::model::JobError;
use super::resource::{required_name, timestamp};
use crate::base::limits;

/// A new template out of the body of a create. `file` is how answers refer to its document.
///
/// # Errors
/// A `validation_error` that names the field.
pub fn create(
    id: &str,
    organization: &str,
    now_ms: i64,
    body: &Map<String, Value>,
    file: &Value,
) -> Result<Map<String, Value>, JobError> {
    let name = required_name(body)?;
    let fields = form_fields(body.get("form_fields").unwrap_or(&Value::Null))?;
    let now = timestamp(now_ms);
    let mut template = Map::new();
    for (key, value) in [
        ("id", json!(id)),
        ("name", json!(name)),
        ("file", file.clone()),
        ("form_fields", json!(fields)),
        ("field_count", json!(fields.len())),
        ("organization_id", json!(organization)),
        ("created_at", json!(now)),
        ("updated_at", json!(now)),
    ] {
        template.insert(key.to_owned(), value);
    }
    Ok(template)
}

/// Changes the fields that the patch names.
///
/// # Errors
/// A `validation_error` that names the field.
pub fn patch(
    template: &mut Map<String, Value>,
    now_ms: i64,
    patch: &Map<String, Value>,
) -> Result<(), JobError> {
    if patch.get("name").is_some_and(|name| !name.is_null()) {
        template.insert("name".to_owned(), json!(required_name(patch)?));
    }
    if let Some(fields) = patch.get("form_fields").filter(|fields| !fields.is_null()) {
        let fields = form_fields(fields)?;
        template.insert("field_count".to_owned(), json!(fields.len()));
        template.insert("form_fields".to_owned(), json!(fields));
    }
    template.insert("updated_at".to_owned(), json!(timestamp(now_ms)));
    Ok(())
}

/// The same template under another id; without a name it says that it is a copy.
#[must_use]
pub fn duplicate(
    template: &Map<String, Value>,
    id: &str,
    now_ms: i64,
    name: Option<&str>,
) -> Map<String, Value> {
    let mut copy = template.clone();
    let old = template.get("name").and_then(Value::as_str).unwrap_or_default();
    let name = name.map_or_else(|| format!("{old} (copy)"), str::to_owned);
    let now = timestamp(now_ms);
    for (key, value) in [("id", id), ("name", &name), ("created_at", &now), ("updated_at", &now)] {
        copy.insert(key.to_owned(), json!(value));
    }
    copy
}

/// The filling that a request by template stands for: its document, given as a data URL,
/// and its fields.
#[must_use]
pub fn filling(
    template: &Map<String, Value>,
    document_url: &str,
    request: &Map<String, Value>,
) -> Map<String, Value> {
    let mut filling = request.clone();
    let filename = template.get("file").and_then(|file| file.get("filename")).cloned();
    let document = json!({"filename": filename.unwrap_or_default(), "url": document_url});
    filling.insert("document".to_owned(), document);
    let fields = template.get("form_fields").cloned().unwrap_or_else(|| json!([]));
    filling.insert("form_fields".to_owned(), fields);
    filling
}

/// Checks a list of form fields, each with its key, description, type and box.
fn form_fields(value: &Value) -> Result<Vec<Value>, JobError> {
    let shape = "form_fields must be a list of {\"key\", \"description\", \"type\", \"bbox\"}";
    let fields = value.as_array().ok_or_else(|| invalid("form_fields", shape))?;
    if fields.len() > limits::FORM_FIELDS_MAX {
        let most = limits::FORM_FIELDS_MAX;
        return Err(invalid("form_fields", &format!("a form has at most {most} fields")));
    }
    fields.iter().enumerate().map(|(place, field)| form_field(place, field)).collect()
}

fn form_field(place: usize, field: &Value) -> Result<Value, JobError> {
    let wrong = |name: &str, must: &str| {
        let path = format!("form_fields[{place}].{name}");
        invalid(&path, &format!("{path} must be {must}"))
    };
    let text = |name: &str| field.get(name).and_then(Value::as_str);
    let key = text("key").filter(|key| !key.is_empty()).ok_or_else(|| wrong("key", "a string"))?;
    let kind = text("type").filter(|kind| matches!(*kind, "text" | "checkbox"));
    let kind = kind.ok_or_else(|| wrong("type", "\"text\" or \"checkbox\""))?;
    let bbox = field.get("bbox").unwrap_or(&Value::Null);
    for side in ["left", "top", "width", "height"] {
        let fraction = bbox.get(side).and_then(Value::as_f64);
        if !fraction.is_some_and(|fraction| (0.0..=1.0).contains(&fraction)) {
            return Err(wrong(&format!("bbox.{side}"), "a number from 0 to 1"));
        }
    }
    let page = bbox.get("page").and_then(Value::as_u64).filter(|page| *page >= 1);
    if page.is_none() {
        return Err(wrong("bbox.page", "a page number from 1"));
    }
    let value = field.get("value").filter(|value| value.is_string()).cloned();
    Ok(json!({
        "bbox": bbox,
        "description": text("description").unwrap_or_default(),
        "type": kind,
        "key": key,
        "value": value,
    }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn body() -> Map<String, Value> {
        let bbox = json!({"left": 0.1, "top": 0.2, "width": 0.3, "height": 0.02, "page": 1});
        let field = json!({"key": "name", "description": "Name", "type": "text", "bbox": bbox});
        json!({"name": "Form", "form_fields": [field]}).as_object().unwrap().clone()
    }

    fn template() -> Map<String, Value> {
        let file = json!({"id": "file_1", "filename": "f.pdf", "mime_type": "application/pdf"});
        create("edittplt_1", "org_1", 0, &body(), &file).unwrap()
    }

    #[test]
    fn a_filling_brings_the_document_and_the_fields() {
        let request = json!({"template_id": "edittplt_1", "instructions": "name: A"});
        let filling = filling(&template(), "data:x,y", request.as_object().unwrap());
        assert_eq!(filling["document"], json!({"filename": "f.pdf", "url": "data:x,y"}));
        assert_eq!(filling["form_fields"][0]["key"], "name");
        assert_eq!(filling["form_fields"][0]["value"], Value::Null);
        assert_eq!(filling["instructions"], "name: A");
    }

    #[test]
    fn a_copy_says_so_unless_it_is_named() {
        let copy = duplicate(&template(), "edittplt_2", 5_000, None);
        assert_eq!((&copy["id"], &copy["name"]), (&json!("edittplt_2"), &json!("Form (copy)")));
        assert_eq!(duplicate(&copy, "edittplt_3", 0, Some("B"))["name"], "B");
    }

    #[test]
    fn a_wrong_field_is_named() {
        for (part, value, field) in [
            ("type", json!("radio"), "form_fields[0].type"),
            ("key", json!(""), "form_fields[0].key"),
            ("bbox", json!({"left": 2}), "form_fields[0].bbox.left"),
        ] {
            let mut change = body();
            change["form_fields"][0][part] = value;
            let error = patch(&mut template(), 0, &change).unwrap_err();
            assert_eq!(error.details.unwrap()["field"], field);
        }
        let mut change = template();
        patch(&mut change, 0, json!({"form_fields": []}).as_object().unwrap()).unwrap();
        assert_eq!(change["field_count"], 0);
    }
}
