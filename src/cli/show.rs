//! How jobs and results look to a person.

use std::io::Write as _;
use std::path::Path;

use serde_json::Value;

use super::failure::Failure;
use super::jobs::paint_of;
use super::output::{Keep, Output, Paint, escape};

/// The text of a response where it has one, else its JSON.
pub(crate) fn response(body: &Value, as_json: bool) -> String {
    match body.get("text").and_then(Value::as_str).filter(|_| !as_json) {
        Some(text) => text.to_owned(),
        None if as_json => body.to_string(),
        None => serde_json::to_string_pretty(body).unwrap_or_default(),
    }
}

/// `id  state  what went wrong`.
pub(crate) fn outcome(output: &Output, job: &Value) -> String {
    let status = field(job, "status");
    let line = format!("{}  {}", field(job, "id"), output.paint(paint_of(&status), &status));
    match job.get("error") {
        Some(error) if error.is_object() => format!("{line}  {}", self::error(job)),
        _ => line,
    }
}

/// One line of a listing.
pub(crate) fn row(output: &Output, job: &Value) -> String {
    let status = field(job, "status");
    let status = output.paint(paint_of(&status), &format!("{status:<11}"));
    let endpoint = field(job, "endpoint");
    let endpoint = endpoint.strip_prefix("/v1/").unwrap_or(&endpoint);
    let created = output.paint(Paint::Quiet, &time(job, "created_at"));
    let line = format!("{}  {status}  {endpoint:<20}  {created}", field(job, "id"));
    match job.pointer("/error/code").and_then(Value::as_str) {
        Some(code) => format!("{line}  {}", escape(code, Keep::Nothing)),
        None => line,
    }
}

/// A job, one line for each thing that is known.
pub(crate) fn job(output: &Output, job: &Value) -> String {
    let status = field(job, "status");
    let mut lines = vec![
        ("id", field(job, "id")),
        ("status", output.paint(paint_of(&status), &status)),
        ("endpoint", field(job, "endpoint")),
        ("organization", field(job, "organization_id")),
    ];
    for (name, key) in [
        ("created", "created_at"),
        ("started", "started_at"),
        ("completed", "completed_at"),
        ("expires", "expires_at"),
    ] {
        lines.push((name, time(job, key)));
    }
    lines.push(("attempts", field(job, "attempts")));
    let count = |name: &str| job.pointer(&format!("/progress/{name}")).and_then(Value::as_u64);
    if let (Some(done), Some(total)) = (count("done"), count("total")) {
        lines.push(("progress", format!("{done} of {total} pages")));
    }
    for (key, value) in job.get("metadata").and_then(Value::as_object).into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        lines.push(("metadata", escape(&format!("{key}={value}"), Keep::Nothing).into_owned()));
    }
    if job.get("error").is_some_and(Value::is_object) {
        lines.push(("error", error(job)));
    }
    lines.retain(|(_, value)| !value.is_empty());
    let lines = lines.iter().map(|(name, value)| format!("{name:<12}  {value}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Why a job failed: `message (code)`.
pub(crate) fn error(job: &Value) -> String {
    let part = |name: &str| {
        let part = job.pointer(&format!("/error/{name}")).and_then(Value::as_str);
        escape(part.unwrap_or("unknown"), Keep::Nothing).into_owned()
    };
    format!("{} ({})", part("message"), part("code"))
}

fn field(job: &Value, name: &str) -> String {
    match job.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => escape(text, Keep::Nothing).into_owned(),
        Some(other) => other.to_string(),
    }
}

fn time(job: &Value, name: &str) -> String {
    let seconds = job.get(name).and_then(Value::as_i64);
    let time = seconds.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    time.map_or_else(String::new, |time| time.to_string())
}

/// Where data go: to standard output or a file.
pub(crate) enum Sink<'a> {
    Output(&'a Output),
    File(std::fs::File, &'a Path),
}

impl<'a> Sink<'a> {
    pub(crate) fn open(output: &'a Output, path: Option<&'a Path>) -> Result<Self, Failure> {
        let Some(path) = path else { return Ok(Self::Output(output)) };
        let file = std::fs::File::create(path);
        let file = file.map_err(|error| Failure::file("creating", path, &error))?;
        Ok(Self::File(file, path))
    }

    /// Writes text and ends it with a line end.
    pub(crate) fn write(&mut self, text: &str) -> Result<(), Failure> {
        match self {
            Self::Output(output) => output.document(text),
            Self::File(file, path) => {
                let end = if text.ends_with('\n') { "" } else { "\n" };
                let written = file.write_all(format!("{text}{end}").as_bytes());
                written.map_err(|error| Failure::file("writing", path, &error))
            }
        }
    }
}
