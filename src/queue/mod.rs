//! The engine: jobs go in, workers run them, results stay.
//!
//! Owns threads, children and the order of things; it is the only caller of the store.
//! It must not know SQL or HTTP.

pub mod builder;
pub mod call;
pub mod child;
pub mod engine;
pub mod error;
pub mod events;
pub mod intake;
pub mod payload;
mod remote;
mod render;
mod resolve;
mod resources;
pub mod runner;
mod sweeper;
mod validator;
mod worker;

pub use crate::store::{Change, Idempotency, Page, StoreError};
pub use builder::{EngineBuilder, Isolation};
pub use engine::{DEFAULT_ORGANIZATION, Engine, Submission};
pub use error::EngineError;
pub use intake::{Intake, Keep};
pub use payload::PayloadReader;
pub use remote::Fetch;
