//! The exit codes: the one table that scripts rely on.

use std::fmt::Write as _;
use std::process::ExitCode;

/// How the command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    NotFound = 3,
    Auth = 4,
    Unreachable = 5,
    TimedOut = 6,
    Refused = 7,
    Damaged = 8,
    Bug = 70,
    Interrupted = 130,
}

impl Exit {
    pub(crate) const ALL: [Self; 11] = [
        Self::Done,
        Self::Failed,
        Self::Usage,
        Self::NotFound,
        Self::Auth,
        Self::Unreachable,
        Self::TimedOut,
        Self::Refused,
        Self::Damaged,
        Self::Bug,
        Self::Interrupted,
    ];

    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "a job or document failed, was cancelled or has expired; doctor: FAIL",
            Self::Usage => "the command line, the configuration or a request is wrong",
            Self::NotFound => "no such job, key or file",
            Self::Auth => "the server wants another API key",
            Self::Unreachable => "the server cannot be reached",
            Self::TimedOut => "time was up while waiting",
            Self::Refused => "refused: busy, over a limit, in use by another process, no access",
            Self::Damaged => "the data file is damaged, not ours, or of a newer version",
            Self::Bug => "an error of docspool itself; please report it",
            Self::Interrupted => "interrupted by a signal",
        }
    }

    /// The table for `--help`.
    pub(crate) fn table() -> String {
        let mut table = String::from("Exit codes:\n");
        for exit in Self::ALL {
            // Writing to a string does not fail.
            let _ = writeln!(table, "  {:>3}  {}", exit as u8, exit.meaning());
        }
        table
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
