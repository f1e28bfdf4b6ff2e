//! What a child can reach: nothing but what it was given, whatever a document makes it do.
//!
//! Where the kernel has no landlock these tests say so, and hold what is promised there: the
//! work is done all the same, and the server does not claim otherwise.

use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use docspool::base::sandbox::{self, Access, Sandbox};
use docspool::model::ModelSettings;
use docspool::process::{Context, Processor, Processors, Task};
use docspool::queue::DEFAULT_ORGANIZATION as ORG;
use docspool::queue::child::frame::{self, Header, Kind};
use docspool::{Endpoint, Engine, Isolation, JobError, RequestBody, State, Submission};
use serde_json::{Value, json};

use crate::support::process::children_of;
use crate::support::scripted::{Reply, Scripted};

const SOON: Duration = Duration::from_secs(30);
const DOCSPOOL: &str = env!("CARGO_BIN_EXE_docspool");

/// What the kernel can do; the reason is printed where that is not all.
fn kernel() -> Sandbox {
    let sandbox = sandbox::probe().unwrap();
    if !sandbox.shuts_network() {
        println!("this kernel shuts children in only so far: {sandbox}");
    }
    sandbox
}

fn misbehaving_program() -> PathBuf {
    PathBuf::from(DOCSPOOL).with_file_name("examples").join("custom_processors")
}

/// Stands in the parent for what the child has.
struct Elsewhere;

impl Processor for Elsewhere {
    fn run(&self, _: &Task, _: &dyn Context) -> Result<Value, JobError> {
        unreachable!("the engine runs jobs in children")
    }
}

fn text(words: &str) -> Value {
    json!({"filename": "a.txt", "url": docspool::job::data_url::of("text/plain", words.as_bytes())})
}

/// The answer to a request, as a job of this engine.
fn answer(engine: &Engine, endpoint: Endpoint, request: &Value) -> Value {
    let submission = Submission::new(endpoint, RequestBody::from_value(request));
    let job = engine.submit(submission, None).unwrap();
    let done = engine.wait(ORG, &job.id, SOON).unwrap();
    assert_eq!(done.state, State::Completed, "{:?}", done.error);
    serde_json::from_str(&engine.response(&done).unwrap().unwrap()).unwrap()
}

#[test]
fn a_child_reaches_no_file_and_no_network() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let isolation =
        Isolation::Child { program: misbehaving_program(), arguments: vec!["child".to_owned()] };
    let engine = Engine::builder(folder.path().join("jobs.db"))
        .processors(Processors::default().with(Endpoint::Parse, Elsewhere))
        .isolation(isolation)
        .workers(1)
        .start()
        .unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let request = json!({"document": text("x"), "model": "trespass", "instructions": address});
    let reached = answer(&engine, Endpoint::Parse, &request);
    let sandbox = kernel();
    let files = if sandbox.shuts_files() { "permission denied" } else { "reached" };
    for name in ["read", "list", "create", "start"] {
        assert_eq!(reached[name], files, "{name}: {reached}");
    }
    let network = if sandbox.shuts_network() { "permission denied" } else { "reached" };
    for name in ["connect", "listen"] {
        assert_eq!(reached[name], network, "{name}: {reached}");
    }
}

#[test]
fn only_files_that_were_given_are_open() {
    if !kernel().shuts_files() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (given, other) = (folder.path().join("given"), folder.path().join("other"));
    for path in [&given, &other] {
        fs::write(path, "x").unwrap();
    }
    sandbox::inside(&Access::none().read(&given), || {
        assert!(fs::read(&given).is_ok());
        assert!(fs::write(&given, "y").is_err());
        assert!(fs::read(&other).is_err());
        assert!(fs::remove_file(&other).is_err());
        assert!(fs::File::create(folder.path().join("new")).is_err());
        assert!(Command::new("/bin/true").status().is_err());
        assert!(fs::write("/dev/null", "gone").is_ok());
    })
    .unwrap();
    let run = Access::none().run("/bin/true").run("/usr/bin").libraries();
    let ran = sandbox::inside(&run, || Command::new("/bin/true").status());
    assert!(ran.unwrap().is_ok_and(|status| status.success()));
    // The thread that asked is as free as before.
    assert!(fs::read(&other).is_ok());
}

#[test]
fn only_a_port_that_was_given_is_open() {
    if !kernel().shuts_network() {
        return;
    }
    let listen = || TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let [given, other] = [listen(), listen()].map(|socket| socket.local_addr().unwrap());
    // The listeners are gone: to be refused is what an open door says.
    sandbox::inside(&Access::none().connect(given.port()), || {
        let kind = |address| TcpStream::connect(address).unwrap_err().kind();
        assert_eq!(kind(given), ErrorKind::ConnectionRefused);
        assert_eq!(kind(other), ErrorKind::PermissionDenied);
        assert!(TcpListener::bind(("127.0.0.1", 0)).is_err());
    })
    .unwrap();
}

/// The real command's child, seen from outside: its limits, and a program it starts.
#[test]
fn the_command_shuts_its_children_in() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("reader");
    // One line, since no more of what a program says is passed on.
    let body = "#!/bin/sh\n\
                made=/tmp/docspool-trespass-$$\n\
                tried() { ( eval \"$2\" ) >/dev/null 2>&1 && s=open || s=shut; echo \"$1 $s;\"; }\n\
                echo $(tried passwords 'cat /etc/passwd') $(tried making \": > $made\") \
                  $(tried tools 'cat /usr/bin/env') >&2\n\
                rm -f $made\nexit 1\n";
    fs::write(&script, body).unwrap();
    fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
    let picture = folder.path().join("dot.png");
    let mut encoder = png::Encoder::new(fs::File::create(&picture).unwrap(), 60, 60);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().unwrap().write_image_data(&[128; 3600]).unwrap();
    let output = Command::new(DOCSPOOL)
        .args(["run", "--json", "--ocr", "tesseract", "--tesseract"])
        .arg(&script)
        .arg(&picture)
        .env("HOME", folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    let word = if kernel().shuts_files() { "shut" } else { "open" };
    let told = format!("passwords {word}; making {word}; tools open;");
    assert!(said.contains(&told), "{said}");
}

#[test]
fn a_child_is_bounded_by_the_kernel() {
    let home = crate::support::server::Home::new(&["--workers", "1", "--child-memory", "256MiB"]);
    let server = home.start();
    let mut client = server.client();
    let id = client.submit(&crate::support::documents::parse_text("a.txt", "a"));
    client.wait(&id);
    let [child] = server.children()[..] else { panic!("one worker has one child") };
    assert!(children_of(server.pid()).contains(&child));
    let of = |name: &str| fs::read_to_string(format!("/proc/{child}/{name}")).unwrap();
    let limits = of("limits");
    let soft = |name: &str| {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        line[name.len()..].split_whitespace().next().unwrap().to_owned()
    };
    let memory = (256_u64 << 20).to_string();
    for (name, most) in [
        ("Max core file size", "0"),
        ("Max file size", "0"),
        ("Max open files", "64"),
        ("Max address space", memory.as_str()),
    ] {
        assert_eq!(soft(name), most, "{name}");
    }
    assert_ne!(soft("Max cpu time"), "unlimited");
    let status = of("status");
    assert!(status.lines().any(|line| line.starts_with("NoNewPrivs") && line.ends_with('1')));
    // The field counts from the end of the name, which may hold spaces.
    let niceness = |process: u32| -> i32 {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
        stat.rsplit(") ").next().unwrap().split(' ').nth(16).unwrap().parse().unwrap()
    };
    let wanted = niceness(server.pid()) + docspool::base::limits::CHILD_NICENESS;
    assert_eq!(niceness(child), wanted.min(19), "a child gives way to the server");
    server.stop();
}

/// A parent that is stopped, or too busy, ends nothing; the kernel does.
#[test]
fn a_child_that_computes_for_ever_is_ended_by_the_kernel() {
    let mut child = Command::new(misbehaving_program())
        .arg("child")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let header = Header {
        endpoint: Endpoint::Parse.path().to_owned(),
        request: json!({"model": "endless"}).to_string(),
        documents: Vec::new(),
        processor_seconds: 1,
    };
    frame::write(&mut stdin, Kind::Task, &serde_json::to_vec(&header).unwrap()).unwrap();
    stdin.flush().unwrap();
    let started = Instant::now();
    let mut rest = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut rest).unwrap();
    let status = child.wait().unwrap();
    let signal = std::os::unix::process::ExitStatusExt::signal(&status);
    assert_eq!(signal, Some(rustix::process::Signal::XCPU.as_raw()), "{status}");
    assert!(started.elapsed() < SOON);
}

/// A child that may ask a model can find it by its name.
#[test]
fn a_model_that_has_a_name_is_found_by_children() {
    let message = json!({"role": "assistant", "content": r#"{"number": "INV-77"}"#});
    let choices = json!([{"index": 0, "finish_reason": "stop", "message": message}]);
    let usage = json!({"prompt_tokens": 700, "completion_tokens": 30, "total_tokens": 730});
    let server =
        Scripted::start(move |_, _| Reply::json(200, &json!({"choices": choices, "usage": usage})));
    let url = server.url("/v1").replace("127.0.0.1", "localhost");
    let words = ["child", "--memory", "536870912", "--ocr=off", "--ocr-threads=1"];
    let arguments = words.map(str::to_owned).to_vec();
    let folder = tempfile::tempdir().unwrap();
    let engine = Engine::builder(folder.path().join("jobs.db"))
        .isolation(Isolation::Child { program: DOCSPOOL.into(), arguments })
        .model(ModelSettings::new(&url, "tiny", None).unwrap())
        .workers(1)
        .start()
        .unwrap();
    let schema = json!({"type": "object", "properties": {"number": {"type": "string"}}});
    let request = json!({"document": text("Invoice No.: INV-77"), "json_schema": schema});
    let answered = answer(&engine, Endpoint::Extract, &request);
    assert_eq!(answered["choices"][0]["message"]["parsed"]["number"], "INV-77");
    assert!(!server.seen().is_empty());
}
