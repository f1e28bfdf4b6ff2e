//! Integration tests: one binary, one module for each part of the program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

mod gate;
