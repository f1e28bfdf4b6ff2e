//! Why a command did not do what was asked: what and why in one line, hints, an exit code.

use std::fmt;
use std::io;

use docspool::document::DocumentError;
use docspool::store::StoreError;
use docspool::{EngineError, JobError};

use super::exit::Exit;

/// The end of a command that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) exit: Exit,
    /// One line; empty when there is nothing to say.
    pub(crate) message: String,
    pub(crate) hints: Vec<String>,
}

impl Failure {
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hints: Vec::new() }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same failure, with what it is about in front, unless it says so itself.
    pub(crate) fn about(mut self, what: impl fmt::Display) -> Self {
        let what = what.to_string();
        if !self.message.contains(&what) {
            self.message = format!("{what}: {}", self.message);
        }
        self
    }

    /// A file or folder that the system would not let us use.
    pub(crate) fn file(doing: &str, path: &std::path::Path, error: &io::Error) -> Self {
        let exit = match error.kind() {
            io::ErrorKind::NotFound => Exit::NotFound,
            _ => Exit::Refused,
        };
        Self::new(exit, format!("{doing} {} failed: {error}", path.display()))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

/// Writing data failed. A reader that went away (`| head`) is no failure at all.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::new(Exit::Done, ""),
            _ => Self::new(Exit::Refused, format!("writing the output failed: {error}")),
        }
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        let message = error.to_string();
        match error {
            EngineError::Invalid(_) | EngineError::NotServed(_) | EngineError::KeyReused => {
                Self::usage(message)
            }
            EngineError::Store(error) => error.into(),
            EngineError::Call(error) => error.into(),
            EngineError::TooLarge(_) => Self::new(Exit::Refused, message)
                .hint("raise the limit with --max-body or DOCSPOOL_MAX_BODY"),
            _ => Self::new(Exit::Refused, message),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let message = error.to_string();
        match error {
            StoreError::NotFound(_) => Self::new(Exit::NotFound, message),
            StoreError::Corrupt(_) | StoreError::OutcomeUnknown(_) | StoreError::ReadOnly(_) => {
                Self::new(Exit::Damaged, message)
            }
            StoreError::Locked { .. } => Self::new(Exit::Refused, message)
                .hint("talk to the running server instead: docspool submit, get, list")
                .hint("or choose another folder with --data-dir"),
            _ => Self::new(Exit::Refused, message),
        }
    }
}

/// A job ended with an error.
impl From<JobError> for Failure {
    fn from(error: JobError) -> Self {
        Self::new(Exit::Failed, format!("{} ({})", error.message, error.code))
    }
}

impl From<DocumentError> for Failure {
    fn from(error: DocumentError) -> Self {
        let failure = Self::new(Exit::Failed, error.to_string());
        match error {
            DocumentError::PasswordRequired | DocumentError::PasswordWrong => {
                failure.hint("give the document's password with --password")
            }
            _ => failure,
        }
    }
}
