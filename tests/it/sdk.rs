//! The official Python SDK, unmodified, in four versions, sync and async, drives the real
//! server; and a script that asks what the Node client asks.
//!
//! The scripts in `tests/sdk` print what they saw; here it is judged.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::process::eventually;
use crate::support::python::Environment;
use crate::support::server::Home;
use crate::support::{documents, forms};

/// How long one script may take: some ten seconds, on a machine that has nothing else to do.
const SCRIPT_LIMIT: Duration = Duration::from_secs(300);
const PAGES: [&str; 2] = ["Invoice 2024-001", "Total 1250.00 USD"];

#[test]
fn sdk_0_0_96_without_include_flags() {
    for facts in drive("0.0.96") {
        judge_common(&facts);
        let absent = ["/waiting/absent", "/listing/filters", "/lifecycle/retry"];
        let found = absent.map(|path| facts.at(path));
        assert_eq!(found, [json!(true), json!("absent"), json!("absent")]);
        judge_direct(&facts, json!(2));
        judge_understanding(&facts);
        judge_refusals(&facts, &UNTYPED);
    }
}

#[test]
fn sdk_0_0_105_the_main_pin() {
    for facts in drive("0.0.105") {
        judge_common(&facts);
        judge_later_methods(&facts, "workflow_node_id");
        judge_forms(&facts, true);
        judge_direct(&facts, json!(2));
        judge_understanding(&facts);
        judge_refusals(&facts, &UNTYPED);
    }
}

#[test]
fn sdk_0_0_118_with_typed_exceptions() {
    for facts in drive("0.0.118") {
        judge_common(&facts);
        judge_later_methods(&facts, "workflow_block_id");
        judge_forms(&facts, false);
        judge_direct(&facts, json!("absent"));
        judge_understanding(&facts);
        judge_refusals(&facts, &TYPED);
    }
}

#[test]
fn sdk_0_0_142_the_last_with_retrieve() {
    for facts in drive("0.0.142") {
        judge_common(&facts);
        judge_later_methods(&facts, "workflow_block_id");
        judge_refusals(&facts, &TYPED);
    }
}

/// What a script printed, and which run it was.
struct Facts {
    seen: Value,
    run: String,
}

impl Facts {
    fn at(&self, path: &str) -> Value {
        let found = self.seen.pointer(path).cloned();
        found.unwrap_or_else(|| panic!("{}: nothing at {path} in {:#}", self.run, self.seen))
    }

    fn expect(&self, path: &str, expected: impl Into<Value>) {
        assert_eq!(self.at(path), expected.into(), "{} at {path}", self.run);
    }
}

/// Runs every scenario with the sync and with the async client of a version.
fn drive(pin: &str) -> [Facts; 2] {
    let environment = Environment::get();
    let homes = [0, 1].map(|_| (Home::new(&[]), Home::new(&["--workers", "0"])));
    let servers = homes.each_ref().map(|(working, idle)| (working.start(), idle.start()));
    let pdf = homes[0].0.path().join("two-pages.pdf");
    std::fs::write(&pdf, documents::pdf(&PAGES)).unwrap();
    std::fs::write(homes[0].0.path().join("form.pdf"), forms::flat_application()).unwrap();
    let mut command = environment.script(pin, &script("run.py"));
    command.arg(pdf);
    for (working, idle) in &servers {
        command.args([working.url(), idle.url()]);
    }
    let mut seen = run(&mut command);
    for (working, idle) in servers {
        working.stop();
        idle.stop();
    }
    let version: Vec<u32> = pin.split('.').map(|part| part.parse().unwrap()).collect();
    ["sync", "async"].map(|mode| {
        let facts = Facts { seen: seen[mode].take(), run: format!("retab {pin} {mode}") };
        facts.expect("/version", json!(version));
        facts
    })
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sdk").join(name)
}

/// Runs a script and reads the JSON it prints.
fn run(command: &mut Command) -> Value {
    let dir = tempfile::tempdir().unwrap();
    let (out, err) = (dir.path().join("out"), dir.path().join("err"));
    command.stdout(std::fs::File::create(&out).unwrap());
    command.stderr(std::fs::File::create(&err).unwrap());
    let mut child = command.spawn().unwrap();
    let status = eventually(SCRIPT_LIMIT, "the script ends", || child.try_wait().unwrap());
    let said = std::fs::read_to_string(err).unwrap();
    assert!(status.success(), "{command:?} failed:\n{said}");
    serde_json::from_slice(&std::fs::read(out).unwrap()).unwrap()
}

/// What every version can do.
fn judge_common(facts: &Facts) {
    facts.expect("/session/created", "queued");
    facts.expect("/session/endpoint", "/v1/documents/parse");
    facts.expect("/session/text", PAGES.join("\n\n"));
    facts.expect("/session/pages", json!(PAGES));
    facts.expect("/session/page_count", 2);
    facts.expect("/session/document/filename", "two pages.pdf");
    facts.expect("/session/document/mime_type", "application/pdf");
    facts.expect("/session/status_code", 200);
    facts.expect("/session/lifetime_s", 7 * 24 * 3600);
    facts.expect("/session/error", Value::Null);
    for path in ["metadata_returns", "times_in_order", "request_returns", "response_returns"] {
        facts.expect(&format!("/session/{path}"), true);
    }
    let printed = facts.at("/readme/printed");
    let printed = printed.as_str().unwrap().trim_end();
    assert!(printed.starts_with("Harbour report, third quarter\n"), "{}: {printed}", facts.run);
    assert!(printed.ends_with(" 1"), "the pages are counted: {printed}");

    facts.expect("/large/status", "completed");
    facts.expect("/large/pages", 2);
    facts.expect("/large/request_returns", true);
    assert!(facts.at("/large/wire_bytes").as_u64().unwrap() > 8 * 1024 * 1024);

    facts.expect("/listing/empty", json!([0, false, null, null]));
    for path in ["pages_default", "more_default", "pages_exact", "more_exact"] {
        facts.expect(&format!("/listing/{path}"), true);
    }
    facts.expect("/listing/status", json!([2]));
    facts.expect("/listing/status_queued", json!([10, 9, 8, 7, 6, 5, 4, 3, 1, 0]));
    facts.expect("/listing/light", json!([true, null]));

    facts.expect("/lifecycle/same_id", true);
    facts.expect("/lifecycle/cancelled", "cancelled");
    facts.expect("/lifecycle/cancel_is_timed", true);
    facts.expect("/lifecycle/cancel_leaves", json!([null, null]));
    facts.expect("/lifecycle/failed/status", "failed");
    facts.expect("/lifecycle/failed/response", Value::Null);
    for path in ["code", "message"] {
        let text = facts.at(&format!("/lifecycle/failed/{path}"));
        assert!(!text.as_str().unwrap().is_empty(), "{}: {path} says nothing", facts.run);
    }
    for suffix in ["", "~1", "~1v1", "~1v1~1"] {
        facts.expect(&format!("/direct/bases/{suffix}"), true);
    }
}

/// What came with 0.0.99: the helper, retry, and all filters.
fn judge_later_methods(facts: &Facts, node_parameter: &str) {
    facts.expect("/session/light_request", Value::Null);
    facts.expect("/waiting", json!({"status": "completed", "text": "wait", "timed_out": "yes"}));
    for path in ["pages_ascending", "more_ascending", "pages_descending", "more_descending"] {
        facts.expect(&format!("/listing/{path}"), true);
    }
    facts.expect("/lifecycle/retry/same_id", true);
    facts.expect("/lifecycle/retry/status", "queued");
    facts.expect("/lifecycle/retry/cleared", json!([null, null, null, null]));
    facts.expect("/lifecycle/retry/expiry_kept_or_later", true);
    facts.expect("/lifecycle/failed/retried", json!([true, true]));
    facts.expect("/lifecycle/failed/again", json!(["failed", true]));
    judge_filters(facts, node_parameter);
}

fn judge_filters(facts: &Facts, node_parameter: &str) {
    let all: Vec<_> = (0..11).collect();
    let (all, none) = (json!(all), json!([]));
    facts.expect("/listing/filters/node_parameter", node_parameter);
    facts.expect("/listing/filters/included_request", "letter-1.txt");
    let expected = [
        ("all", all.clone()),
        // The page just before the job, in the order that was asked for.
        ("before_ascending", json!([3, 4, 5])),
        ("before_descending", json!([9, 8, 7])),
        ("id", json!([5])),
        ("id_of_none", none.clone()),
        ("endpoint", all.clone()),
        ("endpoint_of_none", none.clone()),
        ("source_api", json!([0, 1, 2, 3, 5, 6, 7, 8, 9, 10])),
        ("source_workflow", json!([4])),
        ("source_project", none.clone()),
        ("project_id", none.clone()),
        ("workflow_id", json!([4])),
        ("workflow_node_id", json!([4])),
        ("model", json!([1, 3, 5, 7, 9])),
        ("filename_contains", json!([0, 3, 6, 9])),
        ("filename_regex", json!([1, 10])),
        ("filename_regex_plain", json!([8])),
        ("document_type", json!([0, 3, 6, 9])),
        ("document_types", json!([0, 2, 3, 5, 6, 8, 9])),
        ("from_date", all.clone()),
        ("from_tomorrow", none.clone()),
        ("to_date", all.clone()),
        ("to_past", none.clone()),
        ("metadata", json!([1, 3, 5, 7, 9])),
        ("metadata_pairs", json!([4])),
        ("metadata_of_none", none),
        ("several", json!([1, 7])),
    ];
    for (name, ids) in expected {
        facts.expect(&format!("/listing/filters/{name}"), ids);
    }
}

/// What `client.documents` and `client.models` give, where a version has them.
fn judge_direct(facts: &Facts, page_count: Value) {
    facts.expect("/direct/parse/pages", json!(PAGES));
    facts.expect("/direct/parse/text", PAGES.join("\n\n"));
    facts.expect("/direct/parse/page_count", page_count);
    assert!(facts.at("/direct/parse/credits").is_number());
    facts.expect("/direct/parse/filename", "two-pages.pdf");
    facts.expect("/direct/parse/mime_type", "application/pdf");
    let models = facts.at("/direct/models");
    assert!(models.as_array().unwrap().contains(&json!("retab-small")), "{models}");
}

/// What the client's own models make of the answers about a document's meaning.
fn judge_understanding(facts: &Facts) {
    let values = json!({"invoice_number": "2024-001", "total": 1250.0, "iban": null});
    facts.expect("/understanding/extract", values.clone());
    facts.expect("/understanding/project", values);
    facts.expect("/understanding/classify", "invoice");
    facts.expect("/understanding/split", json!([["invoice", [1, 2]]]));
    let names = facts.at("/understanding/schema");
    assert!(names.as_array().unwrap().contains(&json!("total")), "{names}");
}

/// Filled forms and templates, as the SDK's models take them; later versions lost the resource.
fn judge_forms(facts: &Facts, has_resource: bool) {
    let values = json!(["555 1234", "Ada Byron", "true"]);
    let filled = json!({"values": values, "inside": true, "file": "%PDF-"});
    facts.expect("/forms/agent", filled.clone());
    facts.expect("/forms/documents", filled.clone());
    facts.expect("/forms/templates/filled", filled);
    facts.expect("/forms/templates/field_count", 6);
    facts.expect("/forms/templates/listed", 6);
    facts.expect("/forms/templates/annotated", "%PDF-");
    let resource = json!({"same": true, "listed": true, "copy": "Form (copy)"});
    facts
        .expect("/forms/templates/resource", if has_resource { resource } else { json!("absent") });
}

/// The exception of each status, in versions that have one for each and in those that do not.
struct Exceptions {
    not_found: &'static str,
    invalid: &'static str,
    other: &'static str,
    carry_request_id: bool,
}

const UNTYPED: Exceptions = Exceptions {
    not_found: "RuntimeError",
    invalid: "RuntimeError",
    other: "RuntimeError",
    carry_request_id: false,
};
const TYPED: Exceptions = Exceptions {
    not_found: "NotFoundError",
    invalid: "ValidationError",
    other: "APIError",
    carry_request_id: true,
};

fn judge_refusals(facts: &Facts, exceptions: &Exceptions) {
    facts.expect("/refusals/stored", 1);
    facts.expect("/refusals/widest_kept", true);
    let refusal = |path: &str, statuses: &[u64]| {
        let seen = facts.at(path);
        let status = seen["status"].as_u64();
        let status = status.unwrap_or_else(|| panic!("{} at {path}: {seen:#}", facts.run));
        assert!(statuses.contains(&status), "{} at {path}: {seen:#}", facts.run);
        let kind = match status {
            404 => exceptions.not_found,
            422 => exceptions.invalid,
            _ => exceptions.other,
        };
        assert_eq!(seen["type"], kind, "{} at {path}: {seen:#}", facts.run);
        assert_eq!(seen["is_runtime_error"], true);
        let text = |name: &str| seen[name].as_str().unwrap_or_default().to_owned();
        assert!(!text("code").is_empty(), "{} at {path}: {seen:#}", facts.run);
        // Older clients show the whole body, in which quotes are escaped.
        let shown = [text("message"), text("message").replace('"', "\\\"")];
        let shows = shown.iter().any(|message| text("text").contains(message.as_str()));
        assert!(shows, "{} at {path}: {seen:#}", facts.run);
        // Long enough to say what and why.
        assert!(text("message").len() > 15, "{} at {path}: {seen:#}", facts.run);
        if exceptions.carry_request_id {
            assert!(text("request_id").starts_with("req_"), "{} at {path}: {seen:#}", facts.run);
        }
        text("message")
    };
    let at = |name: &str| format!("/refusals/refusals/{name}");
    for name in ["unknown_job", "odd_job_id", "cancel_unknown"] {
        refusal(&at(name), &[404]);
    }
    let named = [
        ("unknown_endpoint", "endpoint"),
        ("no_document", "document"),
        ("document_of_wrong_type", "document"),
        ("document_without_url", "url"),
        ("too_many_pairs", "metadata"),
        ("long_key", "metadata"),
        ("long_value", "metadata"),
        ("metadata_not_text", "metadata"),
    ];
    for (name, field) in named {
        let message = refusal(&at(name), &[422]);
        assert!(message.contains(field), "{}: {name} does not name it: {message}", facts.run);
    }
    for name in ["limit_too_high", "limit_too_low", "status_unknown"] {
        refusal(&at(name), &[400, 422]);
    }
    refusal(&at("after_unknown"), &[400, 404, 422]);
    refusal("/lifecycle/cancel_again", &[400]);
    refusal("/lifecycle/failed/cancel", &[400]);
    refusal("/lifecycle/failed/cancel_completed", &[400]);
    if facts.at("/lifecycle/retry") != "absent" {
        refusal(&at("retry_unknown"), &[404]);
        refusal(&at("order_unknown"), &[400, 422]);
        refusal(&at("date_malformed"), &[400, 422]);
        refusal("/lifecycle/retry/again", &[400]);
        refusal("/lifecycle/failed/retry_completed", &[400]);
    }
}

#[test]
fn what_the_node_client_demands() {
    let mut node = Command::new("node");
    // The Node client is on no registry, so its demands are put by a script. Where there is
    // no Node, the Python clients still speak for the server.
    if !node.arg("--version").output().is_ok_and(|output| output.status.success()) {
        eprintln!("no node on this machine: its client's demands are not put");
        return;
    }
    let home = Home::new(&[]);
    let server = home.start();
    let mut node = Command::new("node");
    node.arg(script("node.mjs")).arg(server.url()).env("NO_PROXY", "127.0.0.1");
    let facts = Facts { seen: run(&mut node), run: "node".to_owned() };
    facts.expect("/faults", json!([]));
    facts.expect("/checked", 12);
    server.stop();
}
