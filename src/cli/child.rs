//! The hidden command that a worker starts: serves tasks until its input closes.

use std::io;

use docspool::process::Processors;

use super::exit::Exit;
use super::failure::Failure;

/// Words that start this command with that much address space, in bytes.
pub(crate) fn arguments(memory_bytes: u64) -> Vec<String> {
    vec!["child".to_owned(), "--memory".to_owned(), memory_bytes.to_string()]
}

pub(crate) fn run(memory_bytes: u64) -> Result<Exit, Failure> {
    let (input, output) = (io::stdin().lock(), io::stdout().lock());
    // A large answer would otherwise be searched for line ends.
    let output = io::BufWriter::with_capacity(64 * 1024, output);
    docspool::serve_child(&Processors::standard(), memory_bytes, input, output)
        .map_err(|error| Failure::new(Exit::Failed, format!("the parent broke off: {error}")))?;
    Ok(Exit::Done)
}
