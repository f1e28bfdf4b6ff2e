//! What a job is: states and legal changes, the record, limits of what may be asked, and
//! the exact JSON of the wire. Pure data and rules; no I/O, no SQL, no HTTP.

pub mod cutter;
pub mod data_url;
pub mod endpoint;
pub mod envelope;
pub mod file;
pub mod filter;
pub mod model;
pub mod project;
pub mod request;
pub mod resource;
pub mod state;
pub mod template;
pub mod wire;

pub use endpoint::Endpoint;
pub use model::{Job, JobError, Metadata, Outcome, Progress};
pub use state::State;
