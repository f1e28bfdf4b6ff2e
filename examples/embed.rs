//! A desktop program with docspool inside: documents in, their text out, no server.
//!
//! ```console
//! $ cargo run --example embed -- examples/data/harbour-report.pdf
//! ```
//!
//! What is shown: the builder, submit, events, wait, the result, and the end by drop. Jobs
//! are kept in the data file, so a program that is killed goes on with them at its next
//! start. This engine reads documents in this process, which needs no preparation;
//! `custom_processors.rs` shows how to read them in child processes, where a document that
//! crashes the parser or never ends costs its own job and nothing else.

use std::error::Error;
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use docspool::queue::DEFAULT_ORGANIZATION;
use docspool::{Endpoint, Engine, RequestBody, State, Submission};
use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let files: Vec<String> = std::env::args().skip(1).collect();
    if files.is_empty() {
        return Err("name one document or more".into());
    }
    // A real program would use its folder for application data and keep it.
    let folder = std::env::temp_dir().join(format!("docspool-embed-{}", std::process::id()));
    let engine = Engine::builder(folder.join("jobs.db")).workers(2).start()?;

    // Every change of every job, for a list on the screen. It arrives after the change is on
    // disk, so a program that shows it never has to take it back.
    let events = engine.subscribe();

    let mut ids = Vec::new();
    for file in &files {
        let submission = Submission::new(Endpoint::Parse, request(Path::new(file))?);
        // Once this returns, the job is on disk.
        ids.push(engine.submit(submission, None)?.id);
    }
    for id in &ids {
        // Returns as soon as the job has ended. Cancelling is as simple: engine.cancel(…, id).
        let job = engine.wait(DEFAULT_ORGANIZATION, id, Duration::from_secs(600))?;
        match (job.state, engine.response(&job)?, &job.error) {
            (State::Completed, Some(body), _) => {
                let body: Value = serde_json::from_str(&body)?;
                let text = body.get("text").and_then(Value::as_str).unwrap_or_default();
                writeln!(std::io::stdout(), "{text}")?;
            }
            (state, _, Some(error)) => eprintln!("{id} {state}: {}", error.message),
            (state, ..) => eprintln!("{id} {state}"),
        }
    }
    for event in events.try_iter() {
        eprintln!("{} {}", event.id, event.state);
    }

    // Ends the threads; jobs that still ran would go back to their place in the queue.
    drop(engine);
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

/// The request of a parse job: the document as a data URL, as over HTTP.
fn request(file: &Path) -> Result<RequestBody, Box<dyn Error>> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let url = docspool::job::data_url::encode(&bytes);
    let url = format!("data:application/octet-stream;base64,{url}");
    Ok(RequestBody::from_value(&json!({"document": {"filename": name, "url": url}})))
}
