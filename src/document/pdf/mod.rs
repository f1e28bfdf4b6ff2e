//! PDF: objects through lopdf, everything above them our own.

use super::error::DocumentError;
use super::model::Document;
use super::options::LoadOptions;

/// Reads a PDF.
pub(super) fn load(_bytes: &[u8], _options: &LoadOptions<'_>) -> Result<Document, DocumentError> {
    Err(DocumentError::Damaged { detail: "no page".to_owned() })
}
