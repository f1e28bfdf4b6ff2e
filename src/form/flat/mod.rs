//! Blanks of forms without interactive fields.

use super::field::Field;
use crate::document::Document;

/// Finds the blanks of a document.
pub(super) fn fields(document: &Document) -> Vec<Field> {
    let _ = document;
    Vec::new()
}
