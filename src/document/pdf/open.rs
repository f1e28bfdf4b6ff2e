//! Opens a file: lopdf first, a password where one is needed, our own repair where lopdf fails.

use lopdf::{Document, LoadOptions as LopdfOptions};

use super::repair::{self, Yield};
use crate::document::error::DocumentError;
use crate::document::options::LoadOptions;

/// An opened file and how it had to be opened.
pub(crate) struct Opened {
    pub(crate) document: Document,
    /// The file's structure was damaged and put together again.
    pub(crate) was_repaired: bool,
}

/// Opens a PDF from its bytes.
///
/// The repair is tried when lopdf fails, finds no page or no content, or misses a font that a
/// page names, and taken when it gives more.
pub(crate) fn open(bytes: &[u8], options: &LoadOptions<'_>) -> Result<Opened, DocumentError> {
    let password = options.password.unwrap_or_default();
    let lopdf_options = LopdfOptions {
        password: (!password.is_empty()).then(|| password.to_owned()),
        max_decompressed_size: Some(options.limits.stream_decoded_bytes_max),
        ..LopdfOptions::default()
    };
    let loaded = match Document::load_mem_with_options(bytes, lopdf_options) {
        Ok(mut document) => {
            if is_locked(&document) && !document.objects.is_empty() {
                repair::unlock(&mut document, password);
            }
            Ok(document)
        }
        Err(error) => Err(error),
    };
    let found = match &loaded {
        Ok(document) if !is_locked(document) => repair::yield_of(document, &options.limits),
        _ => Yield::default(),
    };
    if found.is_whole() {
        return opened(loaded, password);
    }
    match repair::rebuild(bytes, password, &options.limits) {
        Some(document) if is_locked(&document) => Err(locked(password)),
        Some(document) if repair::yield_of(&document, &options.limits) > found => {
            Ok(Opened { document, was_repaired: true })
        }
        _ => opened(loaded, password),
    }
}

fn opened(loaded: Result<Document, lopdf::Error>, password: &str) -> Result<Opened, DocumentError> {
    match loaded {
        Ok(document) if is_locked(&document) => Err(locked(password)),
        Ok(document) => {
            let was_repaired = document.xref_recovery.is_some();
            Ok(Opened { document, was_repaired })
        }
        Err(lopdf::Error::InvalidPassword) => Err(locked(password)),
        Err(error) => Err(DocumentError::Damaged { detail: error.to_string() }),
    }
}

/// Encrypted, and not decrypted yet.
fn is_locked(document: &Document) -> bool {
    document.trailer.has(b"Encrypt") && document.encryption_state.is_none()
}

fn locked(password: &str) -> DocumentError {
    if password.is_empty() { DocumentError::PasswordRequired } else { DocumentError::PasswordWrong }
}
