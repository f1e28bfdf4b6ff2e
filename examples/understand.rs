//! Answers one understanding request from stdin, for measuring: the endpoint as the first
//! argument, the request's JSON on stdin, the response body on stdout.

use std::io::Read;

use docspool::Endpoint;
use docspool::process::{Context, Processors, Task};

struct Quiet;

impl Context for Quiet {
    fn progress(&self, _done: u32, _total: u32) {}
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Requests one a line: `{"endpoint": …, "request": …}`; answers one a line.
fn main() -> std::io::Result<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let processors = Processors::standard().with_understanding();
    for line in text.lines() {
        let call: serde_json::Value = serde_json::from_str(line)?;
        let path = call["endpoint"].as_str().unwrap_or_default().to_owned();
        let endpoint = Endpoint::ALL.into_iter().find(|e| e.path() == path);
        let processor = endpoint.and_then(|e| processors.get(e));
        let task = Task { request: call["request"].clone(), documents: Vec::new() };
        let answer = match processor {
            Some(processor) => processor.run(&task, &Quiet).map_err(|e| format!("{e:?}")),
            None => Err(format!("nothing serves {path}")),
        };
        let shown = match answer {
            Ok(body) => body,
            Err(error) => serde_json::json!({"error": error}),
        };
        println!("{shown}");
    }
    Ok(())
}
