//! Where data go: to standard output, or to a file that was named with `-o`.

use std::io::Write as _;
use std::path::Path;

use super::failure::Failure;
use super::output::Output;

/// Takes the data of a command.
pub(crate) enum Sink<'a> {
    Output(&'a Output),
    File(std::fs::File, &'a Path),
}

impl<'a> Sink<'a> {
    pub(crate) fn open(output: &'a Output, path: Option<&'a Path>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self::Output(output)) };
        let file = std::fs::File::create(path);
        let file = file.map_err(|error| Failure::file("creating", path, &error))?;
        Ok(Self::File(file, path))
    }

    /// Writes text and ends it with a line end.
    pub(crate) fn write(&mut self, text: &str) -> Result<(), Failure> {
        match self {
            Self::Output(output) => output.document(text),
            Self::File(file, path) => {
                let end = if text.ends_with('\n') { "" } else { "\n" };
                let written = file.write_all(format!("{text}{end}").as_bytes());
                written.map_err(|error| Failure::file("writing", path, &error))
            }
        }
    }
}
