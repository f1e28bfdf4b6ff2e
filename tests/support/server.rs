//! The real binary, serving a data directory of its own on a port of its own.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::client::Client;
use super::process;

/// How long a start may take before the test gives up on it.
const START_LIMIT: Duration = Duration::from_secs(20);

/// A data directory in which servers start, one after the other.
pub(crate) struct Home {
    dir: tempfile::TempDir,
    arguments: Vec<String>,
}

impl Home {
    /// An empty one; its servers start with these arguments on top.
    pub(crate) fn new(arguments: &[&str]) -> Self {
        let dir = tempfile::Builder::new().prefix("docspool-it-").tempdir().unwrap();
        Self { dir, arguments: arguments.iter().map(|&text| text.to_owned()).collect() }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The data file.
    pub(crate) fn data_file(&self) -> PathBuf {
        let files = std::fs::read_dir(self.path()).unwrap().flatten().map(|entry| entry.path());
        let is_database = |path: &PathBuf| path.extension().is_some_and(|ext| ext == "db");
        files.into_iter().find(is_database).expect("a data file")
    }

    /// The command that serves this directory, not yet started. Nothing of the caller's
    /// environment reaches it.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_docspool"));
        command.env_clear().env("HOME", self.path()).args(["serve", "--listen", "127.0.0.1:0"]);
        command.arg("--data-dir").arg(self.path()).args(&self.arguments);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    /// Starts a server and waits until it is ready.
    pub(crate) fn start(&self) -> Server {
        Server::start(self.command())
    }
}

/// A running server; dropping it kills it.
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
    /// From the start of the process to the first answer of `/readyz` that said yes.
    pub(crate) ready_after: Duration,
}

impl Server {
    fn start(mut command: Command) -> Self {
        let started = Instant::now();
        let mut child = command.spawn().unwrap();
        let lines = read_lines(&mut child);
        let mut said = String::new();
        let address = loop {
            let left = START_LIMIT.saturating_sub(started.elapsed());
            match lines.recv_timeout(left) {
                Ok(line) => {
                    said = said + &line + "\n";
                    if let Some(address) = listening_address(&line) {
                        break address;
                    }
                }
                Err(_) => {
                    let _ = child.kill();
                    panic!("the server named no address ({:?}); it said:\n{said}", child.wait());
                }
            }
        };
        let mut server = Self { child, address, ready_after: Duration::ZERO };
        process::eventually(START_LIMIT, "/readyz says yes", || server.is_ready().then_some(()));
        server.ready_after = started.elapsed();
        server
    }

    fn is_ready(&self) -> bool {
        Client::new(self.address).try_get("/readyz").is_ok_and(|answer| answer.status == 200)
    }

    /// A new client; each has a connection of its own.
    pub(crate) fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// The base URL, without `/v1`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The child processes its workers have started.
    pub(crate) fn children(&self) -> Vec<u32> {
        process::children_of(self.pid())
    }

    /// Ends it the hard way, as a power cut of the process alone.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end.
    pub(crate) fn terminate(&self) {
        process::send(self.pid(), Signal::TERM);
    }

    /// Waits for its end.
    pub(crate) fn exit(mut self, limit: Duration) -> ExitStatus {
        process::eventually(limit, "the server ends", || self.child.try_wait().unwrap())
    }

    /// Asks it to end and waits until it has, in good order.
    pub(crate) fn stop(self) {
        self.terminate();
        let status = self.exit(Duration::from_secs(30));
        assert_eq!(status.code(), Some(0), "SIGTERM ends a server in good order: {status}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its children end with it: the kernel sees to that, and a test that it does.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines of its standard error. They are read to the end, so that a talkative server
/// never waits for a full pipe.
fn read_lines(child: &mut Child) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let read = move || {
        for line in lines.map_while(Result::ok) {
            if std::env::var_os("DOCSPOOL_TEST_TALK").is_some() {
                eprintln!("server: {line}");
            }
            let _ = sender.send(line);
        }
    };
    std::thread::Builder::new().name("server-talk".to_owned()).spawn(read).unwrap();
    receiver
}

fn listening_address(line: &str) -> Option<SocketAddr> {
    let rest = line.split_once("http://")?.1;
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ':'));
    rest.get(..end.unwrap_or(rest.len()))?.parse().ok()
}
