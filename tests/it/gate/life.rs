//! Start and stop, and life without descriptors.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use docspool::http::server::{Limits, Listen, Server, ServerConfig, ServerError};

use super::attacks::wait_until;
use super::client::Client;
use super::service::Echo;
use super::{assert_alive, impatient, start};

#[test]
fn a_stop_lets_the_running_request_finish() {
    let (server, echo) = start(Limits::default());
    let address = server.local_addr();
    let mut idle = Client::connect(&server);
    idle.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(idle.answer().status, 200);
    let mut half = Client::connect(&server);
    half.send("GET / HTTP/1.1\r\nHo");
    let mut running = Client::connect(&server);
    running.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
    wait_until("the request runs", || echo.inside.load(Ordering::SeqCst) == 1);
    let stop = std::thread::spawn(move || server.stop(Duration::from_secs(30)));
    // Idle and half connections are closed at once, and nobody is let in.
    assert!(idle.is_closed());
    assert!(half.is_closed());
    wait_until("the door is shut", || TcpStream::connect(address).is_err());
    assert!(!stop.is_finished(), "it waits for the running request");
    echo.release();
    let answer = running.answer();
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    assert!(running.is_closed());
    assert!(stop.join().unwrap(), "all answered, all threads joined");
    // The port is free again at once.
    let mut config = ServerConfig::new(address);
    config.limits = Limits::default();
    let server = Server::start(config, Arc::new(Echo::default())).unwrap();
    assert_alive(&server);
}

#[test]
fn a_stop_without_patience_ends_what_runs() {
    let (server, echo) = start(Limits::default());
    let mut running = Client::connect(&server);
    running.send("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
    let mut uploading = Client::connect(&server);
    uploading.send("POST /u HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\nabc");
    wait_until("both run", || echo.inside.load(Ordering::SeqCst) == 2);
    let late = Arc::clone(&echo);
    let releasing = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        late.release();
    });
    let begun = Instant::now();
    assert!(!server.stop(Duration::from_millis(50)), "not all were answered");
    assert!(begun.elapsed() < Duration::from_secs(4), "threads ended with the handler");
    assert!(running.is_closed() && uploading.is_closed());
    releasing.join().unwrap();
}

#[test]
fn a_server_can_be_dropped_and_given_a_socket() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let parent = tempfile::tempdir().unwrap();
    let config = ServerConfig {
        listen: Listen::Listener(listener),
        limits: Limits::default(),
        private_parent: Some(parent.path().to_owned()),
    };
    let server = Server::start(config, Arc::new(Echo::default())).unwrap();
    assert_eq!(server.local_addr(), address);
    assert_alive(&server);
    let private = std::fs::read_dir(parent.path()).unwrap().next().unwrap().unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(private.metadata().unwrap().permissions().mode() & 0o777, 0o700);
    }
    drop(server);
    assert!(TcpStream::connect(address).is_err());
    assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 0, "nothing is left behind");
    drop(private);
}

/// A server that is killed leaves its private directory behind. The temporary folder of a
/// machine where that happened often had two thousand of them.
#[cfg(unix)]
#[test]
fn a_start_removes_what_killed_servers_have_left() {
    use std::fs::{self, File};
    use std::os::unix::net::UnixListener;
    use std::time::SystemTime;

    let parent = tempfile::tempdir().unwrap();
    let long_ago = SystemTime::now() - Duration::from_secs(3600);
    let make = |name: &str, modified: SystemTime| {
        let directory = parent.path().join(name);
        fs::create_dir(&directory).unwrap();
        let heard = UnixListener::bind(directory.join("inner-0.sock")).unwrap();
        File::open(&directory).unwrap().set_modified(modified).unwrap();
        heard
    };
    drop(make("docspool-00000000000000aa", long_ago));
    let _heard = make("docspool-00000000000000bb", long_ago);
    drop(make("docspool-00000000000000cc", SystemTime::now()));
    drop(make("docspool-bench", long_ago));
    drop(make("docspool-00000000000000dd", long_ago));
    let kept = parent.path().join("docspool-00000000000000dd");
    fs::write(kept.join("letter.txt"), "not a socket").unwrap();
    File::open(&kept).unwrap().set_modified(long_ago).unwrap();

    let config = ServerConfig {
        private_parent: Some(parent.path().to_owned()),
        ..ServerConfig::new(([127, 0, 0, 1], 0).into())
    };
    let server = Server::start(config, Arc::new(Echo::default())).unwrap();
    assert_alive(&server);
    server.stop(Duration::from_secs(5));
    let mut left: Vec<String> = fs::read_dir(parent.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort_unstable();
    let expected = ["bb", "cc", "dd"].map(|end| format!("docspool-00000000000000{end}"));
    assert_eq!(left[..3], expected, "heard, new, and with a file");
    assert_eq!(left[3..], ["docspool-bench"]);
    assert!(kept.join("letter.txt").exists() && kept.join("inner-0.sock").exists());
}

#[test]
fn errors_of_the_start_say_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let config = ServerConfig::new(taken.local_addr().unwrap());
    let error = Server::start(config, Arc::new(Echo::default())).unwrap_err();
    assert!(matches!(error, ServerError::Listen { .. }));
    assert!(error.to_string().contains("choose another address or port"), "{error}");
    let mut config = ServerConfig::new(([127, 0, 0, 1], 0).into());
    config.private_parent = Some("/nonexistent".into());
    let error = Server::start(config, Arc::new(Echo::default())).unwrap_err();
    assert!(matches!(error, ServerError::PrivateDirectory { .. }), "{error}");
}

#[test]
fn quiet_connections_are_closed_and_busy_ones_are_kept() {
    let (server, _) = start(impatient());
    let mut quiet = Client::connect(&server);
    let mut busy = Client::connect(&server);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(3) {
        busy.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_eq!(busy.answer().status, 200);
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(quiet.is_closed(), "closed without a word");
    assert!(server.stats().refused.is_empty());
}

/// Set in the process that is to be the server of a test.
const POOR: &str = "DOCSPOOL_TEST_FEW_DESCRIPTORS";

/// A server in a process of its own, with few descriptors.
struct Poor {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    address: SocketAddr,
}

impl Poor {
    fn start(test: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([test, "--exact", "--nocapture"])
            .env(POOR, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // tiny_http may panic there; what matters is that the server lives on.
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let address = read_after(&mut stdout, "listening ").parse().unwrap();
        let stdin = child.stdin.take().unwrap();
        Self { child, stdin, stdout, address }
    }

    fn accept_errors(&mut self) -> u64 {
        writeln!(self.stdin).unwrap();
        read_after(&mut self.stdout, "accept errors ").parse().unwrap()
    }

    fn client(&self) -> Client {
        Client::of(TcpStream::connect(self.address).unwrap())
    }

    fn assert_alive(&self) {
        let mut client = self.client();
        client.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        assert_eq!(client.answer().status, 200);
    }
}

impl Drop for Poor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The rest of the first line that has `mark` in it; libtest writes lines of its own.
fn read_after(lines: &mut impl BufRead, mark: &str) -> String {
    loop {
        let mut line = String::new();
        assert!(lines.read_line(&mut line).unwrap() > 0, "no {mark:?}");
        if let Some((_, rest)) = line.split_once(mark) {
            return rest.trim().to_owned();
        }
    }
}

/// What a test of this name does in the process that [`Poor::start`] has started.
fn serve_with_few_descriptors() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = Some(64);
    setrlimit(Resource::Nofile, limit).unwrap();
    let (server, _) = start(Limits::default());
    println!("listening {}", server.local_addr());
    for _ in std::io::stdin().lock().lines() {
        println!("accept errors {}", server.stats().accept_errors);
    }
}

/// tiny_http closes its listener for ever when the system once has no descriptor for it.
#[test]
fn a_server_without_descriptors_serves_again_when_there_are_some() {
    if std::env::var_os(POOR).is_some() {
        return serve_with_few_descriptors();
    }
    let mut server =
        Poor::start("gate::life::a_server_without_descriptors_serves_again_when_there_are_some");
    server.assert_alive();
    for _ in 0..3 {
        let crowd: Vec<Client> = (0..100).map(|_| server.client()).collect();
        let before = server.accept_errors();
        let begun = Instant::now();
        while server.accept_errors() == before {
            assert!(begun.elapsed() < Duration::from_secs(30), "the descriptors never ran out");
            std::thread::sleep(Duration::from_millis(10));
        }
        drop(crowd);
        server.assert_alive();
    }
}

/// Links to tiny_http are opened when many requests come at once. Without descriptors
/// that fails, and tiny_http's own accept loop may end; both must heal.
#[test]
fn links_that_cannot_be_opened_are_opened_later() {
    if std::env::var_os(POOR).is_some() {
        return serve_with_few_descriptors();
    }
    let mut server = Poor::start("gate::life::links_that_cannot_be_opened_are_opened_later");
    for _ in 0..3 {
        let mut crowd: Vec<Client> = (0..40).map(|_| server.client()).collect();
        for client in &mut crowd {
            client.send("GET /live HTTP/1.1\r\nHost: x\r\n\r\n");
        }
        // Each hangs up once it is answered, which lets the next one in.
        let statuses: Vec<Option<u16>> = crowd
            .into_iter()
            .map(|mut client| client.try_answer(false).map(|answer| answer.status))
            .collect();
        assert!(
            statuses.iter().all(|status| matches!(status, None | Some(200 | 503))),
            "{statuses:?}"
        );
        assert!(statuses.contains(&Some(200)), "{statuses:?}");
        server.assert_alive();
        server.accept_errors();
    }
    // With descriptors enough, requests side by side are all served.
    let mut few: Vec<Client> = (0..6).map(|_| server.client()).collect();
    for client in &mut few {
        client.send("GET /live HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    for client in &mut few {
        assert_eq!(client.answer().status, 200);
    }
}
