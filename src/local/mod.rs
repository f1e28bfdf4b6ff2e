//! The offline engine: reads documents the way a clerk does, without a model.
//!
//! Deterministic and without weights. It knows documents ([`crate::document`]) and the
//! schemas and categories it is asked about; it must not know endpoints, jobs or HTTP.

mod category;
mod classify;
mod einvoice;
pub(crate) mod extract;
mod fill;
mod frame;
mod infer;
mod kind;
mod label;
mod lexicon;
mod page;
mod propose;
pub(crate) mod schema;
mod seam;
mod split;
pub(crate) mod text;
mod value;

pub use category::Category;
pub use classify::{Classification, classify};
pub use extract::{Extraction, Source, extract, extract_by_vote};
pub use fill::{Entry, Filling, fill, fill_stated};
pub use infer::infer_schema;
pub use propose::{Proposal, propose_subdocuments};
pub use schema::SchemaError;
pub use split::{Partition, Segment, Subdocument, split};

/// Whether a schema can be used, without a document.
///
/// # Errors
/// [`SchemaError`] when it cannot be used or exceeds its budget.
pub fn check_schema(schema: &serde_json::Value) -> Result<(), SchemaError> {
    schema::Schema::compile(schema).map(drop)
}
