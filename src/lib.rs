//! docspool: a document job engine in one binary.

pub mod base;
pub mod document;
pub mod http;
pub mod job;
pub mod store;
