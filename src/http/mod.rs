//! The HTTP floor: a gate in front of tiny_http, and the Jobs API behind it.
//!
//! It speaks to the engine in `queue` and contains no SQL and no processor.

pub mod api;
mod backend;
mod chunks;
mod direct;
pub mod exchange;
mod gate;
pub mod guard;
mod jobs;
pub mod keys;
mod list_query;
mod listing;
mod multipart;
mod ops;
mod private;
pub mod problem;
mod projects;
mod query;
mod resources;
pub mod router;
pub mod server;
mod templates;
mod threads;

#[doc(hidden)]
pub use gate::trial as gate_trial;
