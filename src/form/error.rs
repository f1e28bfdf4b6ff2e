//! Why a form cannot be read or written.

use crate::document::DocumentError;

/// Why a form cannot be read or written.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FormError {
    /// It cannot be read.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// It can be read, but a form of this type cannot be filled.
    #[error("a form must be a PDF; this is {found}")]
    NotAForm {
        /// What the bytes were found to be.
        found: String,
    },
    /// The changed file could not be put together.
    #[error("the filled form cannot be written: {detail}")]
    Unwritable {
        /// What stood in the way.
        detail: String,
    },
}
