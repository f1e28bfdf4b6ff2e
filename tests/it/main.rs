//! The integration tests: real sockets, real files, real processes. One binary, one module
//! for each part of the program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::disallowed_methods, missing_docs)]

mod engine;
mod gate;
