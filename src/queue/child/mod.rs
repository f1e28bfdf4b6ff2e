//! Running a processor in a child process of the same binary.
//!
//! A parser that overflows its stack, aborts, eats memory or never ends so costs one job
//! and never the server. [`frame`] is the language on the pipes, [`serve`] the child's
//! side, [`process`] the parent's.

pub mod frame;
pub mod process;
mod serve;

pub use serve::serve;
