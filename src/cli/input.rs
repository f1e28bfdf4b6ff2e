//! Files that are named on the command line; `-` is standard input.

use std::io::Read;
use std::path::Path;

use super::failure::Failure;

/// Whether this name means standard input.
pub(crate) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// The whole of a file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = if is_stdin(path) {
        std::io::stdin().lock().read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    read.map_err(|error| Failure::file("reading", path, &error))?;
    Ok(bytes)
}

/// The name that a document goes by.
pub(crate) fn file_name(path: &Path) -> String {
    let name = path.file_name().filter(|_| !is_stdin(path));
    name.map_or_else(|| "stdin".to_owned(), |name| name.to_string_lossy().into_owned())
}
