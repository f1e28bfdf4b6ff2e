//! A program that embeds docspool with processors of its own, and is its own child process.
//!
//! ```console
//! $ cargo run --example custom_processors -- run echo abort overflow memory endless
//! $ cargo run --example custom_processors -- serve ./data 127.0.0.1:8787
//! ```
//!
//! The engine starts this same program once more, with the argument `child`, for each worker;
//! whatever a processor does there, the engine, the server and the other jobs live on. The
//! processor below serves the parse endpoint and misbehaves on purpose; the request's field
//! `model` chooses how:
//!
//! | `model`    | what it does                              | how the job ends                 |
//! | ---------- | ----------------------------------------- | -------------------------------- |
//! | `echo`     | answers with the request                  | completed                        |
//! | `abort`    | calls `std::process::abort`               | failed, `processor_crashed`      |
//! | `overflow` | recurses until the stack ends             | failed, `processor_crashed`      |
//! | `memory`   | allocates without end                     | failed, `memory_limit_exceeded`  |
//! | `endless`  | loops without ever asking to be cancelled | failed, `deadline_exceeded`      |
//! | `trespass` | tries what a document must never reach    | completed, with what it reached  |
//!
//! - `run WORD…` runs one job for each word and prints how it ended, one line each:
//!   `word state code`. The deadline is 3 seconds.
//! - `serve DIR ADDRESS` is a whole server with this processor. It prints `http://ADDRESS` on
//!   standard output once it listens, and ends in good order when its standard input closes.
//!   The environment variable `DEADLINE_MS` sets the longest run of one attempt.
//! - `child` is what the engine starts. A test that brings its own engine may name it too:
//!   `Isolation::Child { program, arguments: vec!["child".into()] }`.

use std::error::Error;
use std::fs::File;
use std::hint::black_box;
use std::io::Read as _;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use docspool::base::sandbox::Access;
use docspool::http::api::{Api, ApiConfig};
use docspool::http::server::{Server, ServerConfig};
use docspool::process::{Context, Processor, Processors, Task};
use docspool::queue::DEFAULT_ORGANIZATION;
use docspool::{Endpoint, Engine, EngineBuilder, Isolation, JobError, RequestBody, Submission};
use serde_json::{Value, json};

/// Address space of a child, in bytes; small, so that `memory` ends soon.
const CHILD_MEMORY_BYTES: u64 = 128 * 1024 * 1024;
/// Longest run of one attempt; short, so that `endless` ends soon.
const DEADLINE: Duration = Duration::from_secs(3);

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["child"] => child(),
        ["run", words @ ..] if !words.is_empty() => run(words),
        ["serve", folder, address] => serve(Path::new(folder), address),
        _ => Err("say: run WORD…, or serve DIR ADDRESS".into()),
    }
}

/// The child: reads tasks from standard input until it closes.
fn child() -> Result<(), Box<dyn Error>> {
    let (input, output) = (std::io::stdin().lock(), std::io::stdout().lock());
    let output = std::io::BufWriter::new(output);
    // These processors need no file and no network; one that does is given them here.
    let access = Access::none();
    Ok(docspool::serve_child(&processors(), CHILD_MEMORY_BYTES, access, input, output)?)
}

/// An engine that starts this program as its children.
fn engine(folder: &Path) -> Result<EngineBuilder, Box<dyn Error>> {
    let program = std::env::current_exe()?;
    let isolation = Isolation::Child { program, arguments: vec!["child".to_owned()] };
    // Both sides get the same processors: the parent asks them to validate, the child to run.
    let builder = Engine::builder(folder.join("jobs.db")).processors(processors());
    Ok(builder.isolation(isolation).workers(2).job_deadline(DEADLINE))
}

fn run(words: &[&str]) -> Result<(), Box<dyn Error>> {
    let folder = std::env::temp_dir().join(format!("docspool-custom-{}", std::process::id()));
    let engine = engine(&folder)?.start()?;
    let mut jobs = Vec::new();
    for word in words {
        let document = json!({"filename": "a.txt", "url": "data:text/plain,a"});
        let request = RequestBody::from_value(&json!({"document": document, "model": word}));
        jobs.push(engine.submit(Submission::new(Endpoint::Parse, request), None)?);
    }
    for (word, job) in words.iter().zip(jobs) {
        let job = engine.wait(DEFAULT_ORGANIZATION, &job.id, Duration::from_secs(60))?;
        let code = job.error.map_or_else(|| "-".to_owned(), |error| error.code);
        println!("{word} {} {code}", job.state);
    }
    drop(engine);
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

fn serve(folder: &Path, address: &str) -> Result<(), Box<dyn Error>> {
    let mut builder = engine(folder)?;
    if let Ok(deadline_ms) = std::env::var("DEADLINE_MS") {
        builder = builder.job_deadline(Duration::from_millis(deadline_ms.parse()?));
    }
    let engine = Arc::new(builder.start()?);
    let api = Arc::new(Api::new(Arc::clone(&engine), ApiConfig::new(folder))?);
    let server = Server::start(ServerConfig::new(address.parse()?), Arc::<Api>::clone(&api))?;
    engine.announce(&server.local_addr().to_string());
    println!("http://{}", server.local_addr());
    std::io::stdin().read_to_end(&mut Vec::new())?;
    // Long-polls end first, then the server, then the engine with its children.
    api.end_waits();
    server.stop(Duration::from_secs(5));
    Ok(())
}

fn processors() -> Processors {
    Processors::default().with(Endpoint::Parse, Misbehave)
}

/// Does what a document might make a parser do.
struct Misbehave;

impl Processor for Misbehave {
    fn run(&self, task: &Task, context: &dyn Context) -> Result<Value, JobError> {
        context.progress(0, 1);
        match task.request.get("model").and_then(Value::as_str) {
            Some("echo") | None => Ok(json!({"request": task.request})),
            Some("abort") => std::process::abort(),
            Some("overflow") => Ok(json!({"depth": overflow(0)})),
            Some("memory") => Ok(json!({"pieces": memory()})),
            Some("endless") => endless(),
            Some("trespass") => Ok(trespass(task)),
            Some(other) => {
                Err(JobError::new("validation_error", format!("{other:?} is no behaviour")))
            }
        }
    }
}

#[expect(unconditional_recursion, reason = "the stack shall end")]
fn overflow(depth: u64) -> u64 {
    let frame = black_box([depth; 64]);
    overflow(depth + 1) + frame.iter().sum::<u64>()
}

fn memory() -> usize {
    let mut pieces = Vec::new();
    loop {
        pieces.push(black_box(vec![1_u8; 1024 * 1024]));
        black_box(&pieces);
    }
}

/// Tries to read, to write, to start a program and to connect to the address in the request's
/// `instructions`. Tells what became of each.
fn trespass(task: &Task) -> Value {
    let address = task.request.get("instructions").and_then(Value::as_str).unwrap_or_default();
    let made = std::env::temp_dir().join(format!("docspool-trespass-{}", std::process::id()));
    let tries = json!({
        "read": told(File::open("/etc/passwd")),
        "list": told(std::fs::read_dir("/")),
        "create": told(File::create_new(&made)),
        "start": told(Command::new("/bin/true").status()),
        "connect": told(TcpStream::connect(address)),
        "listen": told(TcpListener::bind(("127.0.0.1", 0))),
    });
    // There only where nothing shuts a child in.
    let _ = std::fs::remove_file(made);
    tries
}

fn told<T>(tried: std::io::Result<T>) -> String {
    tried.map_or_else(|error| error.kind().to_string(), |_| "reached".to_owned())
}

fn endless() -> ! {
    loop {
        black_box(());
    }
}
