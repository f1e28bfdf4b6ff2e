//! The command as a person or a script meets it: data on standard output, talk on standard
//! error, the table of exit codes, and every command against real files and servers.

mod doctor;
mod forms;
mod keys;
mod manners;
mod parse;
mod run;
mod server;
mod understand;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::server::Server;

const REPORT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/harbour-report.pdf");
const REPORT_BEGINS: &str = "Harbour report, third quarter\n";

/// A folder to work in, and an environment in which nothing else is set.
struct Shell {
    folder: tempfile::TempDir,
    variables: Vec<(&'static str, String)>,
}

impl Shell {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("docspool-cli-").tempdir().unwrap();
        std::fs::create_dir(folder.path().join("tmp")).unwrap();
        Self { folder, variables: Vec::new() }
    }

    /// A shell whose commands talk to this server.
    fn of(server: &Server) -> Self {
        Self::new().with("DOCSPOOL_URL", &server.url())
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_docspool"));
        command.env_clear().env("HOME", self.folder.path()).env("TMPDIR", self.path("tmp"));
        command.env("DOCSPOOL_DATA_DIR", self.path("data"));
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.current_dir(self.folder.path()).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        Ended::from(self.command(arguments).output().unwrap())
    }

    fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Ended {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input).unwrap();
        drop(stdin);
        Ended::from(child.wait_with_output().unwrap())
    }
}

#[derive(Debug)]
struct Ended {
    code: i32,
    out: String,
    talk: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("no signal ended it"),
            out: String::from_utf8(output.stdout).unwrap(),
            talk: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ended {
    /// Its data, of a command that went well and had nothing else to say.
    #[track_caller]
    fn quiet(self) -> String {
        assert_eq!((self.code, self.talk.as_str()), (0, ""), "{}", self.out);
        self.out
    }

    /// Its data, of a command that went well.
    #[track_caller]
    fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.out
    }

    /// Its talk, of a command that ended with this code and without data.
    #[track_caller]
    fn refused(self, code: i32) -> String {
        assert_eq!((self.code, self.out.as_str()), (code, ""), "{}", self.talk);
        assert!(self.talk.starts_with("error: "), "{}", self.talk);
        self.talk
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(json).collect()
}
