//! The integration tests: real sockets, real files, real processes. One binary, one module
//! for each part of the program.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::disallowed_methods, missing_docs)]

#[path = "../support/mod.rs"]
mod support;

mod api;
mod cli;
#[cfg(target_os = "linux")]
mod crash;
mod engine;
mod fetch;
mod forms;
mod gate;
#[cfg(target_os = "linux")]
mod hostile;
#[cfg(target_os = "linux")]
mod isolation;
mod layout;
#[cfg(target_os = "linux")]
mod lifecycle_server;
#[cfg(target_os = "linux")]
mod log;
mod model;
mod ocr;
mod pdf;
#[cfg(target_os = "linux")]
mod pressure;
mod resources;
#[cfg(target_os = "linux")]
mod sandbox;
mod sdk;
#[cfg(target_os = "linux")]
mod soak;
mod tidy;
mod trials;
mod understanding;
