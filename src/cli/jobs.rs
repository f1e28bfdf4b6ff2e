//! The commands that talk to a server: submit, wait, get, result, list, cancel, retry.

use std::io::BufRead as _;
use std::time::Duration;

use docspool::base::clock::{Clock as _, SystemClock};
use docspool::base::limits;
use docspool::{Endpoint, State};
use serde_json::{Map, Value, json};

use super::args::{GetArgs, IdsArgs, ListArgs, ResultArgs, SubmitArgs, WaitArgs};
use super::client::{Client, encoded};
use super::exit::Exit;
use super::failure::Failure;
use super::output::{Keep, Output, escape};
use super::request::Task;
use super::show;
use super::sink::Sink;

/// How long one long-poll lasts.
const POLL: Duration = Duration::from_secs(30);
const _: () = assert!(POLL.as_secs() <= limits::WAIT_SECONDS_MAX);

pub(crate) fn submit(output: &Output, client: &Client, args: &SubmitArgs) -> Result<Exit, Failure> {
    let task = Task::read(&args.task)?;
    if args.idempotency_key.is_some() && args.files.len() > 1 {
        return Err(Failure::usage("one --idempotency-key is for one file")
            .hint("submit the files one by one, each with its own key"));
    }
    let before = format!(
        "{{\"endpoint\":{},\"metadata\":{},\"request\":",
        json!(task.endpoint.path()),
        metadata(&args.metadata)?
    );
    let key = args.idempotency_key.as_deref();
    let headers: Vec<_> = key.map(|key| ("Idempotency-Key", key)).into_iter().collect();
    let bar = output.bar(args.files.len());
    let (mut ids, mut exit) = (Vec::new(), Exit::Done);
    for file in &args.files {
        let sent = task.with_document(file).and_then(|request| {
            client.post_stream("/v1/jobs", &headers, request.inside(&before, "}"))
        });
        bar.inc(1);
        match sent.and_then(|answer| read_job(&answer)) {
            Ok(job) if args.wait => ids.push(id_of(&job)),
            Ok(job) => {
                let line = if args.json { job.to_string() } else { id_of(&job) };
                bar.suspend(|| output.line(&line))?;
            }
            // One bad file does not hold up the others; no server holds up all.
            Err(failure) if args.files.len() > 1 && failure.exit != Exit::Unreachable => {
                exit = exit.max(failure.exit);
                bar.suspend(|| output.fail(&failure.about(file.display())));
            }
            Err(failure) => return Err(failure.about(file.display())),
        }
    }
    bar.finish_and_clear();
    Ok(wait_for(output, client, ids, args.timeout, args.json)?.max(exit))
}

pub(crate) fn wait(output: &Output, client: &Client, args: WaitArgs) -> Result<Exit, Failure> {
    wait_for(output, client, ids(args.ids)?, args.timeout, args.json)
}

fn wait_for(
    output: &Output,
    client: &Client,
    ids: Vec<String>,
    timeout: Option<Duration>,
    as_json: bool,
) -> Result<Exit, Failure> {
    let deadline = timeout.map(|timeout| {
        let timeout_ms = i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX);
        SystemClock.boot_ms().saturating_add(timeout_ms)
    });
    let bar = output.bar(ids.len());
    let mut exit = Exit::Done;
    for id in ids {
        let job = wait_for_one(client, &id, deadline)?;
        bar.inc(1);
        exit = exit.max(match state(&job) {
            Some(State::Completed) => Exit::Done,
            ended if ended.is_none_or(State::is_terminal) => Exit::Failed,
            _ => Exit::TimedOut,
        });
        bar.suspend(|| match as_json {
            true => output.line(&job.to_string()),
            false => output.line(&show::outcome(output, &job)),
        })?;
    }
    bar.finish_and_clear();
    Ok(exit)
}

fn wait_for_one(client: &Client, id: &str, deadline: Option<i64>) -> Result<Value, Failure> {
    loop {
        let left = deadline.map(|deadline| {
            let left_ms = deadline.saturating_sub(SystemClock.boot_ms());
            Duration::from_millis(u64::try_from(left_ms).unwrap_or(0))
        });
        // The server counts in whole seconds; waiting a little too long beats polling.
        let poll = left.unwrap_or(POLL).min(POLL).as_millis().div_ceil(1000);
        let poll = Duration::from_secs(u64::try_from(poll).unwrap_or(0));
        let query = format!("wait={}&include_request=false&include_response=false", poll.as_secs());
        let job = read_job(&client.get(&format!("/v1/jobs/{}?{query}", encoded(id)), poll)?)?;
        let has_ended = state(&job).is_none_or(State::is_terminal);
        if has_ended || left.is_some_and(|left| left <= poll) {
            return Ok(job);
        }
    }
}

pub(crate) fn get(output: &Output, client: &Client, args: GetArgs) -> Result<Exit, Failure> {
    for id in ids(args.ids)? {
        let path = format!(
            "/v1/jobs/{}?include_request={}&include_response={}",
            encoded(&id),
            args.with_request,
            args.json
        );
        let job = read_job(&client.get(&path, Duration::ZERO)?)?;
        match args.json {
            true => output.line(&job.to_string())?,
            false => output.line(&show::job(output, &job))?,
        }
    }
    Ok(Exit::Done)
}

pub(crate) fn result(output: &Output, client: &Client, args: &ResultArgs) -> Result<Exit, Failure> {
    let query = "include_request=false&include_response=true";
    let path = format!("/v1/jobs/{}?{query}", encoded(&args.id));
    let job = read_job(&client.get(&path, Duration::ZERO)?)?;
    let body = job.pointer("/response/body").filter(|body| body.is_object());
    let Some(body) = body else { return Err(no_result(&job, &args.id)) };
    let mut sink = Sink::open(output, args.output.as_deref())?;
    sink.write(&show::response(body, args.json))?;
    Ok(Exit::Done)
}

fn no_result(job: &Value, id: &str) -> Failure {
    match state(job) {
        Some(State::Failed) => {
            Failure::new(Exit::Failed, format!("job {id} failed: {}", show::error(job)))
        }
        Some(State::Cancelled) => Failure::new(Exit::Failed, format!("job {id} was cancelled"))
            .hint(format!("run it again with: docspool retry {id}")),
        Some(State::Expired) => {
            Failure::new(Exit::Failed, format!("job {id} has expired; its result was deleted"))
        }
        _ => Failure::new(Exit::Refused, format!("job {id} has no result yet"))
            .hint(format!("wait for it with: docspool wait {id}")),
    }
}

pub(crate) fn list(output: &Output, client: &Client, args: &ListArgs) -> Result<Exit, Failure> {
    let mut filters = vec![("order", if args.oldest { "asc" } else { "desc" }.to_owned())];
    filters.extend(args.status.clone().map(|status| ("status", status)));
    if let Some(word) = &args.endpoint {
        let endpoint = Endpoint::from_word(word).map(Endpoint::path);
        filters.push(("endpoint", endpoint.unwrap_or(word).to_owned()));
    }
    filters.extend(args.filename.clone().map(|part| ("filename_contains", part)));
    if !args.metadata.is_empty() {
        filters.push(("metadata", metadata(&args.metadata)?.to_string()));
    }
    let mut after = None::<String>;
    let mut left = if args.limit == 0 { usize::MAX } else { args.limit };
    while left > 0 {
        let limit = left.min(limits::LIST_LIMIT_MAX as usize);
        let mut query = vec![("limit", limit.to_string())];
        query.extend(filters.iter().cloned());
        query.extend(after.take().map(|id| ("after", id)));
        let pairs: Vec<String> =
            query.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let page = client.get(&format!("/v1/jobs?{}", pairs.join("&")), Duration::ZERO)?;
        let page = read_job(&page)?;
        let jobs =
            page.get("data").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for job in jobs {
            match args.json {
                true => output.line(&job.to_string())?,
                false => output.line(&show::row(output, job))?,
            }
        }
        left = left.saturating_sub(jobs.len());
        after = page.get("last_id").and_then(Value::as_str).map(str::to_owned);
        let has_more = page.get("has_more").and_then(Value::as_bool).unwrap_or_default();
        if !has_more || after.is_none() {
            break;
        }
    }
    Ok(Exit::Done)
}

/// Cancels or retries each job; one that cannot be does not hold up the others.
pub(crate) fn each(
    output: &Output,
    client: &Client,
    action: &str,
    args: IdsArgs,
) -> Result<Exit, Failure> {
    let mut exit = Exit::Done;
    for id in ids(args.ids)? {
        let answer = client.post(&format!("/v1/jobs/{}/{action}", encoded(&id)));
        match answer.and_then(|answer| read_job(&answer)) {
            Ok(job) if args.json => output.line(&job.to_string())?,
            Ok(job) => output.line(&show::outcome(output, &job))?,
            Err(failure) if failure.exit == Exit::Unreachable => return Err(failure),
            Err(failure) => {
                exit = exit.max(failure.exit);
                output.fail(&failure.about(&id));
            }
        }
    }
    Ok(exit)
}

/// The ids that were typed; `-` stands for the first word of each line of standard input.
fn ids(typed: Vec<String>) -> Result<Vec<String>, Failure> {
    let mut ids = Vec::with_capacity(typed.len());
    for id in typed {
        if id != "-" {
            ids.push(id);
            continue;
        }
        for line in std::io::stdin().lock().lines() {
            let line = line.map_err(|error| {
                Failure::new(Exit::Refused, format!("reading standard input failed: {error}"))
            })?;
            ids.extend(line.split_whitespace().next().map(str::to_owned));
        }
    }
    Ok(ids)
}

fn metadata(pairs: &[String]) -> Result<Value, Failure> {
    let read = |pair: &String| {
        let (key, value) = pair.split_once('=').ok_or_else(|| {
            Failure::usage(format!("--meta {pair:?} must be written as KEY=VALUE"))
        })?;
        Ok((key.to_owned(), json!(value)))
    };
    Ok(Value::Object(pairs.iter().map(read).collect::<Result<Map<_, _>, Failure>>()?))
}

fn read_job(answer: &[u8]) -> Result<Value, Failure> {
    let read: Result<Value, _> = serde_json::from_slice(answer);
    read.ok().filter(Value::is_object).ok_or_else(|| {
        Failure::new(Exit::Unreachable, "the answer is no JSON object; is this a docspool server?")
    })
}

fn id_of(job: &Value) -> String {
    escape(text(job, "id"), Keep::Nothing).into_owned()
}

fn text<'a>(job: &'a Value, name: &str) -> &'a str {
    job.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// `None` for a state of a newer server, which is taken for an end.
fn state(job: &Value) -> Option<State> {
    State::from_name(text(job, "status"))
}
