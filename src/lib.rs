//! docspool: a document job engine in one binary.
//!
//! [`Engine`] is the product: submit a document, get an id back once it is on disk, wait,
//! read the result; without HTTP, without environment variables, without output. The
//! server in [`http`] and the command are its users.

#![cfg_attr(not(test), forbid(unsafe_code))]

pub mod base;
pub mod document;
pub mod form;
pub mod http;
pub mod job;
pub mod local;
pub mod model;
pub mod process;
pub mod queue;
pub mod store;

pub use job::request::RequestBody;
pub use job::{Endpoint, Job, JobError, State};
pub use queue::child::serve as serve_child;
pub use queue::{Engine, EngineBuilder, EngineError, Isolation, Submission};
