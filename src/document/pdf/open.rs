//! Opens a file: lopdf first, a password where one is needed.

use lopdf::LoadOptions as LopdfOptions;

use crate::document::error::DocumentError;
use crate::document::options::LoadOptions;

/// An opened file and how it had to be opened.
pub(super) struct Opened {
    pub(super) document: lopdf::Document,
    /// The file's structure was damaged and put together again.
    pub(super) was_repaired: bool,
}

/// Opens a PDF from its bytes.
pub(super) fn open(bytes: &[u8], options: &LoadOptions<'_>) -> Result<Opened, DocumentError> {
    let password = options.password.filter(|password| !password.is_empty());
    let lopdf_options = LopdfOptions {
        password: password.map(str::to_owned),
        max_decompressed_size: Some(options.limits.stream_decoded_bytes_max),
        ..LopdfOptions::default()
    };
    let document = lopdf::Document::load_mem_with_options(bytes, lopdf_options)
        .map_err(|error| locked_or_damaged(&error, password.is_some()))?;
    if document.is_encrypted() && document.encryption_state.is_none() {
        return Err(match password {
            Some(_) => DocumentError::PasswordWrong,
            None => DocumentError::PasswordRequired,
        });
    }
    let was_repaired = document.xref_recovery.is_some();
    Ok(Opened { document, was_repaired })
}

fn locked_or_damaged(error: &lopdf::Error, has_password: bool) -> DocumentError {
    match error {
        lopdf::Error::InvalidPassword if has_password => DocumentError::PasswordWrong,
        lopdf::Error::InvalidPassword => DocumentError::PasswordRequired,
        other => DocumentError::Damaged { detail: other.to_string() },
    }
}
