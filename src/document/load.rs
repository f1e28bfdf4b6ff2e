//! The way in: bytes to a document, whatever their format.

use super::error::DocumentError;
use super::model::Document;
use super::options::LoadOptions;
use super::sniff::{Format, sniff};
use super::{formats, pdf, picture};

impl Document {
    /// Reads a document from its bytes; the type is told from the bytes.
    ///
    /// # Errors
    /// [`DocumentError::UnsupportedMediaType`] for bytes of another type,
    /// [`DocumentError::PasswordRequired`] or [`DocumentError::PasswordWrong`] for a locked
    /// document, [`DocumentError::Damaged`] when nothing can be read,
    /// [`DocumentError::Cancelled`] when the progress hook says so. Damage that could be worked
    /// around and limits that cut something off are warnings in the document.
    pub fn load(bytes: &[u8], options: &LoadOptions<'_>) -> Result<Self, DocumentError> {
        match sniff(bytes, options.file_name) {
            Ok(Format::Pdf) => pdf::load(bytes, options),
            Ok(format @ (Format::Png | Format::Jpeg | Format::Tiff | Format::Webp)) => {
                picture::load(bytes, format, options)
            }
            Ok(format) => formats::load(bytes, format),
            Err(found) => Err(DocumentError::UnsupportedMediaType {
                found: found.to_owned(),
                supported: Format::supported_media_types(),
            }),
        }
    }
}
