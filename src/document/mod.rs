//! The document core: bytes in, pages, words, lines, tables and text out.
//!
//! It knows PDF and a few other formats, and nothing of jobs, endpoints or queues.
//! [`Document::load`] is the way in; [`model`] holds what comes out.

pub mod block;
pub mod error;
mod formats;
pub mod geometry;
mod layout;
mod load;
pub mod model;
pub mod ocr;
pub mod options;
pub(crate) mod pdf;
pub mod picture;
pub mod render;
pub mod sniff;

pub use block::{Block, Cell, Span, Table, Text};
pub use error::DocumentError;
pub use geometry::Rect;
pub use model::{
    Attachment, Direction, Document, FieldKind, Font, FontStyle, FormField, Image, Line, Link,
    LinkTarget, Metadata, Page, Rule, TextSpan, Warning, WarningKind, Word,
};
pub use ocr::{Ocr, OcrEngine, OcrOptions};
pub use options::{DocumentLimits, LoadOptions, PageProgress};
pub use sniff::Format;
