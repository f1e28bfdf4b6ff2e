//! docspool: a document job engine in one binary.

pub mod base;
pub mod document;
pub mod http;
