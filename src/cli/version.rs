//! `version`.

use serde_json::json;

use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;

/// The version of this program.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

pub(crate) fn run(output: &Output, as_json: bool) -> Result<Exit, Failure> {
    if as_json {
        output.json(&json!({"version": VERSION}))?;
    } else {
        output.line(&format!("docspool {VERSION}"))?;
    }
    Ok(Exit::Done)
}
