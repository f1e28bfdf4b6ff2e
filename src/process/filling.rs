//! What the form endpoints share: opening a form, finding values, writing them, and the shape
//! of fields in answers.

use std::ops::{ControlFlow, Range};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use super::understand::{manner, password, usage};
use super::{Context, Input, Peek, Task, reading};
use crate::base::limits;
use crate::document::sniff::sniff;
use crate::document::{DocumentError, Format, LoadOptions};
use crate::form::{Colour, Field, Form, FormError, Given, Style};
use crate::job::envelope::invalid;
use crate::job::model::JobError;
use crate::local::Entry;

/// Refuses forms that are no PDF, as far as first bytes show it.
pub(super) fn check(request: &Value, peeks: &[Peek]) -> Result<(), JobError> {
    style(request)?;
    peeks.iter().try_for_each(|peek| {
        let bytes = peek.first_bytes.as_slice();
        if bytes.is_empty() {
            return Err(reading::empty(&peek.field));
        }
        let is_whole = bytes.len() < limits::DOCUMENT_HEAD_BYTES;
        match sniff(bytes, Some(&peek.filename)) {
            Ok(Format::Pdf) => Ok(()),
            // What a longer document is shows only when it is read.
            _ if !is_whole => Ok(()),
            Ok(format) => Err(not_a_form(&peek.field, format.media_type())),
            Err(found) => Err(not_a_form(&peek.field, found)),
        }
    })
}

fn not_a_form(field: &str, found: &str) -> JobError {
    let supported = vec![Format::Pdf.media_type()];
    let error = DocumentError::UnsupportedMediaType { found: found.to_owned(), supported };
    reading::job_error(field, &error)
}

/// Opens the form of a request, telling progress in pages.
pub(super) fn open(
    task: &Task,
    input: &Input<'_>,
    context: &dyn Context,
) -> Result<Form, JobError> {
    let field = "request.document";
    if input.bytes.is_empty() {
        return Err(reading::empty(field));
    }
    let progress = |progress: crate::document::PageProgress| {
        context.progress(progress.pages_done, progress.pages_total);
        if context.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = LoadOptions {
        password: password(task),
        file_name: Some(input.filename),
        progress: Some(&progress),
        ..LoadOptions::default()
    };
    Form::open(&input.bytes, &options).map_err(|error| form_error(field, &error))
}

pub(super) fn form_error(field: &str, error: &FormError) -> JobError {
    match error {
        FormError::Document(error) => reading::job_error(field, error),
        FormError::NotAForm { found } => not_a_form(field, found),
        FormError::Unwritable { .. } => JobError::new("document_damaged", error.to_string())
            .with_detail("field", format!("{field}.url")),
    }
}

/// How a request wants its values written.
pub(super) fn style(request: &Value) -> Result<Style, JobError> {
    let config = request.get("config").unwrap_or(&Value::Null);
    let colour = match config.get("color").filter(|colour| !colour.is_null()) {
        None => None,
        Some(colour) => {
            let read = colour.as_str().and_then(Colour::read);
            let must = "must be a colour such as \"#000080\"";
            Some(read.ok_or_else(|| invalid("request.config.color", must))?)
        }
    };
    let flatten = config.get("flatten").and_then(Value::as_bool).unwrap_or(false);
    Ok(Style { colour, flatten })
}

/// The fields that a template gave to a request.
pub(super) fn given(request: &Value) -> Vec<Given> {
    let fields = request.get("form_fields").and_then(Value::as_array);
    fields.map(Vec::as_slice).unwrap_or_default().iter().filter_map(one_given).collect()
}

fn one_given(field: &Value) -> Option<Given> {
    let text = |name: &str| field.get(name).and_then(Value::as_str).unwrap_or_default();
    let bbox = field.get("bbox")?;
    let side = |name: &str| bbox.get(name).and_then(Value::as_f64).map(|side| side as f32);
    Some(Given {
        key: text("key").to_owned(),
        description: text("description").to_owned(),
        is_checkbox: text("type") == "checkbox",
        page: u32::try_from(bbox.get("page")?.as_u64()?).ok()?,
        bbox: [side("left")?, side("top")?, side("width")?, side("height")?],
    })
}

/// Fills the form of a request: the body of the answer.
pub(super) fn fill(task: &Task, context: &dyn Context) -> Result<Value, JobError> {
    let style = style(&task.request)?;
    let input = task.document("document")?;
    let mut form = open(task, &input, context)?;
    let given = given(&task.request);
    if !given.is_empty() {
        form = form.with_template(&given);
    }
    let instructions = task.request.get("instructions").and_then(Value::as_str).unwrap_or_default();
    let engine = context.understanding();
    let answered = engine.fill(form.fields(), instructions, &manner(task), context)?;
    let (found, effort) = (answered.answer, answered.effort);
    let shown: Vec<Value> = form
        .fields()
        .iter()
        .enumerate()
        .map(|(index, field)| {
            let entry = found.entries.iter().find(|entry| entry.field == index);
            with_value(field, entry, instructions)
        })
        .collect();
    let pages = form.page_count();
    let mut warnings = found.warnings;
    if form.fields().is_empty() {
        warnings.push("the form has no fields".to_owned());
    }
    let values: Vec<(usize, String)> =
        found.entries.into_iter().map(|entry| (entry.field, entry.value)).collect();
    let filled = form.fill(&values, style).map_err(|e| form_error("request.document", &e))?;
    warnings.extend(filled.warnings);
    let warnings: Vec<Value> = warnings.into_iter().map(Value::from).collect();
    Ok(json!({
        "form_data": shown,
        "filled_document": document(input.filename, "filled", &filled.bytes),
        "usage": usage(pages, &effort),
        "warnings": warnings,
    }))
}

/// A file as a document of an answer; its name says what was done.
pub(super) fn document(filename: &str, what: &str, bytes: &[u8]) -> Value {
    let stem = match filename.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ if filename.is_empty() => "form",
        _ => filename,
    };
    let url = format!("data:application/pdf;base64,{}", BASE64_STANDARD.encode(bytes));
    json!({"filename": format!("{stem}_{what}.pdf"), "url": url})
}

/// A field as answers show it.
pub(super) fn shown(field: &Field) -> Value {
    let [left, top, width, height] = field.fractions();
    json!({
        "bbox": {"left": left, "top": top, "width": width, "height": height, "page": field.page},
        "description": field.description,
        "type": if field.is_checkbox { "checkbox" } else { "text" },
        "key": field.key,
        "value": field.value,
    })
}

/// A field with its value, and the words of the instructions that the value came from.
fn with_value(field: &Field, entry: Option<&Entry>, instructions: &str) -> Value {
    let mut shown = shown(field);
    if let (Some(entry), Some(parts)) = (entry, shown.as_object_mut()) {
        parts.insert("value".to_owned(), json!(entry.value));
        let Range { start, end } = entry.source.clone();
        let text = instructions.get(start..end).unwrap_or_default();
        let letters = |end: usize| instructions.get(..end).map_or(0, |text| text.chars().count());
        let source = json!({"text": text, "start": letters(start), "end": letters(end)});
        parts.insert("source".to_owned(), source);
    }
    shown
}
