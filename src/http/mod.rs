//! The HTTP floor: a gate in front of tiny_http, and the Jobs API behind it.
//!
//! It speaks to the engine in `queue` and contains no SQL and no processor.

mod backend;
pub mod exchange;
mod gate;
pub mod server;
mod threads;
