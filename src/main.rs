//! The docspool command.
fn main() {}
