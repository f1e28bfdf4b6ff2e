//! How jobs and results look to a person.

use docspool::State;
use serde_json::Value;

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
    let created = output.paint(Paint::Quiet, &time_of(job, "created_at"));
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
        ("ended", "completed_at"),
        ("expires", "expires_at"),
    ] {
        lines.push((name, time_of(job, key)));
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

fn paint_of(status: &str) -> Paint {
    match State::from_name(status) {
        Some(State::Completed) => Paint::Good,
        Some(State::Failed) => Paint::Bad,
        Some(State::Cancelled | State::Expired) => Paint::Doubtful,
        _ => Paint::Quiet,
    }
}

fn field(job: &Value, name: &str) -> String {
    match job.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => escape(text, Keep::Nothing).into_owned(),
        Some(other) => other.to_string(),
    }
}

fn time_of(job: &Value, name: &str) -> String {
    job.get(name).and_then(Value::as_i64).map_or_else(String::new, time)
}

/// Seconds since the Unix epoch as a date and a time, in UTC.
pub(crate) fn time(seconds: i64) -> String {
    let time = jiff::Timestamp::from_second(seconds);
    time.map_or_else(|_| String::new(), |time| time.to_string())
}
