//! `fill` and `fields`: forms without queue, database or server.
//!
//! Owns what these commands print. The work is that of the endpoints, so the answers are the
//! same.

use std::path::Path;

use docspool::JobError;
use docspool::process::agent_fill::AgentFill;
use docspool::process::template_generate::TemplateGenerate;
use docspool::process::{Attached, Context, Processor, Task};
use serde_json::{Map, Value, json};

use super::args::{FieldsArgs, FillArgs};
use super::exit::Exit;
use super::failure::Failure;
use super::input;
use super::output::Output;

/// Stack of the thread that reads a form: damaged ones nest deep.
const STACK_BYTES: usize = 32 * 1024 * 1024;

/// Nobody waits elsewhere.
struct Alone;

impl Context for Alone {
    fn progress(&self, _done: u32, _total: u32) {}
    fn is_cancelled(&self) -> bool {
        false
    }
}

pub(crate) fn fill(output: &Output, args: &FillArgs) -> Result<Exit, Failure> {
    let mut fields = Map::new();
    fields.insert("instructions".to_owned(), json!(instructions(args)?));
    let mut config = Map::new();
    if let Some(colour) = &args.ink {
        config.insert("color".to_owned(), json!(colour));
    }
    config.insert("flatten".to_owned(), json!(args.flatten));
    fields.insert("config".to_owned(), Value::Object(config));
    fields.extend(args.password.clone().map(|word| ("password".to_owned(), json!(word))));
    if let Some(path) = &args.template {
        let template = read_json(path)?;
        let listed = template.get("form_fields").unwrap_or(&template).clone();
        fields.insert("form_fields".to_owned(), listed);
    }
    let answer = run(&AgentFill, &args.form, fields)?;
    write_document(&answer, "/filled_document/url", &args.output)?;
    for warning in answer.get("warnings").and_then(Value::as_array).into_iter().flatten() {
        output.warn(warning.as_str().unwrap_or_default());
    }
    let data = answer.get("form_data").cloned().unwrap_or_default();
    if args.json {
        output.json(&data)?;
        return Ok(Exit::Done);
    }
    for field in data.as_array().into_iter().flatten() {
        let text = |name: &str| field.get(name).and_then(Value::as_str);
        if let (Some(key), Some(value), true) =
            (text("key"), text("value"), field.get("source").is_some())
        {
            output.document(&format!("{key}\t{value}"))?;
        }
    }
    Ok(Exit::Done)
}

pub(crate) fn fields(output: &Output, args: &FieldsArgs) -> Result<Exit, Failure> {
    let mut request = Map::new();
    request.extend(args.password.clone().map(|word| ("password".to_owned(), json!(word))));
    let answer = run(&TemplateGenerate, &args.form, request)?;
    if let Some(path) = &args.annotate {
        write_document(&answer, "/annotated_pdf/url", path)?;
    }
    let listed = answer.pointer("/form_schema/form_fields").cloned().unwrap_or_default();
    if args.json {
        output.json(&listed)?;
        return Ok(Exit::Done);
    }
    for field in listed.as_array().into_iter().flatten() {
        let text = |name: &str| field.get(name).and_then(Value::as_str).unwrap_or_default();
        let page = field.pointer("/bbox/page").and_then(Value::as_u64).unwrap_or(1);
        let (kind, key, description) = (text("type"), text("key"), text("description"));
        output.document(&format!("{page}\t{kind}\t{key}\t{description}"))?;
    }
    Ok(Exit::Done)
}

/// Runs a processor on a form that is a file.
fn run(
    processor: &dyn Processor,
    form: &Path,
    fields: Map<String, Value>,
) -> Result<Value, Failure> {
    let name = input::file_name(form);
    let bytes = input::read(form)?;
    let mut request = fields;
    let marker = docspool::job::request::marker(0);
    request.insert("document".to_owned(), json!({"filename": name, "url": marker}));
    let head = "data:application/pdf;base64,".to_owned();
    let task = Task { request: Value::Object(request), documents: vec![Attached { head, bytes }] };
    let crashed = || Failure::new(Exit::Bug, "reading the form crashed");
    let done: Result<Value, JobError> = std::thread::scope(|scope| {
        let builder = std::thread::Builder::new().name("form".to_owned()).stack_size(STACK_BYTES);
        let work = || processor.run(&task, &Alone);
        let thread = builder.spawn_scoped(scope, work).map_err(|error| {
            Failure::new(Exit::Refused, format!("the system gives no thread: {error}"))
        })?;
        thread.join().map_err(|_| crashed())
    })?;
    done.map_err(|error| Failure::from(error).about(form.display()))
}

/// What is to be entered: instructions, and data out of a file.
fn instructions(args: &FillArgs) -> Result<String, Failure> {
    let mut parts: Vec<String> = args.instructions.clone().into_iter().collect();
    if let Some(path) = &args.data {
        let bytes = input::read(path)?;
        let text = String::from_utf8(bytes)
            .map_err(|_| Failure::usage(format!("{} is not text in UTF-8", path.display())))?;
        parts.push(text);
    }
    if parts.is_empty() {
        return Err(Failure::usage("there is nothing to fill in")
            .hint("say it with --instructions, or give a file with --data"));
    }
    Ok(parts.join("\n"))
}

fn read_json(path: &Path) -> Result<Value, Failure> {
    let bytes = input::read(path)?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Failure::usage(format!("{} is not valid JSON: {error}", path.display())))
}

/// Writes a document of an answer to a file.
fn write_document(answer: &Value, pointer: &str, path: &Path) -> Result<(), Failure> {
    let url = answer.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    let bytes = docspool::job::data_url::decode(url)
        .map_err(|error| Failure::new(Exit::Bug, format!("the answer holds no file: {error}")))?;
    std::fs::write(path, bytes).map_err(|error| Failure::file("writing", path, &error))
}
