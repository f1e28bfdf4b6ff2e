//! Reading the document of a request, the same for every endpoint: which types are taken,
//! progress and cancel, and how a failure is told.

use std::ops::ControlFlow;

use super::{Context, Input, Peek};
use crate::base::limits;
use crate::document::sniff::{foreign_type, sniff};
use crate::document::{Document, DocumentError, Format, LoadOptions};
use crate::job::model::JobError;

/// Refuses documents whose first bytes show a type that is not read.
///
/// # Errors
/// `unsupported_media_type`, naming the field and what is supported.
pub(super) fn check_types(peeks: &[Peek]) -> Result<(), JobError> {
    peeks.iter().try_for_each(|peek| {
        let bytes = peek.first_bytes.as_slice();
        let is_whole = bytes.len() < limits::DOCUMENT_HEAD_BYTES;
        let found = match is_whole {
            // Of a longer document only the beginning is here: enough for a certain no.
            false => foreign_type(bytes),
            true if bytes.is_empty() => return Err(empty(&peek.field)),
            true => sniff(bytes, Some(&peek.filename)).err(),
        };
        found.map_or(Ok(()), |found| {
            let supported = Format::supported_media_types();
            let error = DocumentError::UnsupportedMediaType { found: found.to_owned(), supported };
            Err(job_error(&peek.field, &error))
        })
    })
}

/// Loads a document, telling progress in pages.
///
/// # Errors
/// A job error that names the field.
pub(super) fn load(
    field: &str,
    input: &Input<'_>,
    password: Option<&str>,
    context: &dyn Context,
) -> Result<Document, JobError> {
    if input.bytes.is_empty() {
        return Err(empty(field));
    }
    let progress = |progress: crate::document::PageProgress| {
        context.progress(progress.pages_done, progress.pages_total);
        if context.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = LoadOptions {
        password,
        file_name: Some(input.filename),
        ocr: context.ocr(),
        progress: Some(&progress),
        ..LoadOptions::default()
    };
    Document::load(&input.bytes, &options).map_err(|error| job_error(field, &error))
}

pub(super) fn empty(field: &str) -> JobError {
    crate::job::envelope::invalid(&format!("{field}.url"), "the document is empty: it has 0 bytes")
}

pub(super) fn job_error(field: &str, error: &DocumentError) -> JobError {
    let code = match error {
        DocumentError::PasswordRequired => "password_required",
        DocumentError::PasswordWrong => "password_wrong",
        DocumentError::EncryptionUnsupported { .. } => "encryption_unsupported",
        DocumentError::UnsupportedMediaType { .. } => "unsupported_media_type",
        DocumentError::LimitExceeded { .. } => "limit_exceeded",
        DocumentError::Cancelled => crate::job::State::Cancelled.name(),
        DocumentError::Damaged { .. } => "document_damaged",
    };
    JobError::new(code, error.to_string()).with_detail("field", format!("{field}.url"))
}
