//! What a caller may say about a load: password, limits, and a hook to watch and stop it.

use std::fmt;
use std::ops::ControlFlow;

use super::ocr::Ocr;
use crate::base::limits;

/// How to load a document.
#[derive(Clone, Copy, Default)]
pub struct LoadOptions<'a> {
    /// Password of an encrypted document; `None` or empty tries the empty password only.
    pub password: Option<&'a str>,
    /// Name the sender gave the file. The bytes decide the format; the name only settles what
    /// bytes cannot (Markdown and CSV are plain text too).
    pub file_name: Option<&'a str>,
    /// Reads pictures; without it they stay unread and warnings say so.
    pub ocr: Option<&'a Ocr>,
    /// Bounds of the work.
    pub limits: DocumentLimits,
    /// Called after each page and now and then within a long page, from the loading thread.
    /// [`ControlFlow::Break`] ends the load with [`DocumentError::Cancelled`].
    ///
    /// [`DocumentError::Cancelled`]: super::DocumentError::Cancelled
    pub progress: Option<&'a dyn Fn(PageProgress) -> ControlFlow<()>>,
}

impl fmt::Debug for LoadOptions<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("LoadOptions")
            .field("password", &self.password.map(|_| "…"))
            .field("file_name", &self.file_name)
            .field("ocr", &self.ocr)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// How far a load has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageProgress {
    /// Pages that are done.
    pub pages_done: u32,
    /// Pages of the document.
    pub pages_total: u32,
}

/// Bounds of a load; the defaults are those of [`limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentLimits {
    /// See [`limits::DOCUMENT_PAGES_MAX`].
    pub pages_max: usize,
    /// See [`limits::DOCUMENT_DECODED_BYTES_MAX`].
    pub decoded_bytes_max: usize,
    /// See [`limits::DOCUMENT_STREAM_DECODED_BYTES_MAX`].
    pub stream_decoded_bytes_max: usize,
    /// See [`limits::DOCUMENT_PAGE_OPERATORS_MAX`].
    pub page_operators_max: usize,
    /// See [`limits::DOCUMENT_PAGE_GLYPHS_MAX`].
    pub page_glyphs_max: usize,
    /// See [`limits::DOCUMENT_GLYPHS_MAX`].
    pub glyphs_max: usize,
}

impl Default for DocumentLimits {
    fn default() -> Self {
        Self {
            pages_max: limits::DOCUMENT_PAGES_MAX,
            decoded_bytes_max: limits::DOCUMENT_DECODED_BYTES_MAX,
            stream_decoded_bytes_max: limits::DOCUMENT_STREAM_DECODED_BYTES_MAX,
            page_operators_max: limits::DOCUMENT_PAGE_OPERATORS_MAX,
            page_glyphs_max: limits::DOCUMENT_PAGE_GLYPHS_MAX,
            glyphs_max: limits::DOCUMENT_GLYPHS_MAX,
        }
    }
}
