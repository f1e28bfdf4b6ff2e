//! What the understanding endpoints share: documents read from a task, ids, usage.

use std::ops::ControlFlow;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{Context, Input, Task};
use crate::document::{Document, DocumentError, LoadOptions, PageProgress};
use crate::job::envelope::invalid;
use crate::job::model::JobError;

/// The model that is named when a request names none.
const DEFAULT_MODEL: &str = "retab-small";

/// Reads a document of a task.
pub(super) fn load(input: &Input<'_>, context: &dyn Context) -> Result<Document, JobError> {
    let watch = |progress: PageProgress| {
        context.progress(progress.pages_done, progress.pages_total);
        if context.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = LoadOptions {
        file_name: Some(input.filename),
        progress: Some(&watch),
        ..LoadOptions::default()
    };
    Document::load(&input.bytes, &options).map_err(|error| failed(&error))
}

fn failed(error: &DocumentError) -> JobError {
    let code = match error {
        DocumentError::UnsupportedMediaType { .. } => "unsupported_media_type",
        DocumentError::PasswordRequired | DocumentError::PasswordWrong => "password_required",
        DocumentError::Cancelled => "cancelled",
        DocumentError::Damaged { .. } => "document_damaged",
        _ => "processing_error",
    };
    JobError::new(code, error.to_string())
}

/// An id made from the request, so that equal requests have equal answers.
pub(super) fn stable_id(prefix: &str, task: &Task) -> String {
    let mut hash = Sha256::new();
    hash.update(task.request.to_string().as_bytes());
    for document in &task.documents {
        hash.update(document.head.as_bytes());
        hash.update(&document.bytes);
    }
    let digest = hash.finalize();
    let hex: String = digest.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("{prefix}{hex}")
}

/// The model the request names.
pub(super) fn model(task: &Task) -> &str {
    task.request.get("model").and_then(Value::as_str).unwrap_or(DEFAULT_MODEL)
}

/// Pages and credits. Work done on the operator's own machine costs no credits.
pub(super) fn usage(pages: usize) -> Value {
    json!({"page_count": pages, "credits": 0.0})
}

/// A category or subdocument a request offers.
pub(super) struct Named<'a> {
    pub(super) name: &'a str,
    pub(super) description: &'a str,
    pub(super) partition_key: Option<&'a str>,
}

/// The named categories of a request, under one of several field names.
pub(super) fn categories<'a>(request: &'a Value, fields: &[&str]) -> Result<Vec<Named<'a>>, JobError> {
    let field = fields.first().copied().unwrap_or("categories");
    let list = fields.iter().find_map(|f| request.get(f).and_then(Value::as_array));
    let list = list.filter(|l| !l.is_empty());
    let list = list.ok_or_else(|| {
        let path = format!("request.{field}");
        invalid(&path, "at least one category with a name is needed")
    })?;
    let text = |v: &'a Value, k: &str| v.get(k).and_then(Value::as_str);
    let named = list.iter().enumerate().map(|(index, item)| {
        let name = text(item, "name").or_else(|| item.as_str()).filter(|n| !n.trim().is_empty());
        let path = format!("request.{field}[{index}].name");
        Ok(Named {
            name: name.ok_or_else(|| invalid(&path, "a category needs a name"))?,
            description: text(item, "description").unwrap_or_default(),
            partition_key: text(item, "partition_key").filter(|k| !k.trim().is_empty()),
        })
    });
    named.collect()
}
