//! The command as a person or a script meets it: data on standard output, talk on standard
//! error, the table of exit codes, and every command against real files and servers.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

use crate::support::documents::pdf;
use crate::support::process;
use crate::support::server::{Home, Server};

const REPORT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/data/harbour-report.pdf");
const REPORT_BEGINS: &str = "Harbour report, third quarter\n";

/// A folder to work in, and an environment in which nothing else is set.
struct Shell {
    folder: tempfile::TempDir,
    variables: Vec<(&'static str, String)>,
}

impl Shell {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("docspool-cli-").tempdir().unwrap();
        std::fs::create_dir(folder.path().join("tmp")).unwrap();
        Self { folder, variables: Vec::new() }
    }

    /// A shell whose commands talk to this server.
    fn of(server: &Server) -> Self {
        Self::new().with("DOCSPOOL_URL", &server.url())
    }

    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.variables.push((name, value.to_owned()));
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), bytes).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_docspool"));
        command.env_clear().env("HOME", self.folder.path()).env("TMPDIR", self.path("tmp"));
        command.env("DOCSPOOL_DATA_DIR", self.path("data"));
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.current_dir(self.folder.path()).args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn run(&self, arguments: &[&str]) -> Ended {
        Ended::from(self.command(arguments).output().unwrap())
    }

    fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Ended {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input).unwrap();
        drop(stdin);
        Ended::from(child.wait_with_output().unwrap())
    }
}

#[derive(Debug)]
struct Ended {
    code: i32,
    out: String,
    talk: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().expect("no signal ended it"),
            out: String::from_utf8(output.stdout).unwrap(),
            talk: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ended {
    /// Its data, of a command that went well and had nothing else to say.
    #[track_caller]
    fn quiet(self) -> String {
        assert_eq!((self.code, self.talk.as_str()), (0, ""), "{}", self.out);
        self.out
    }

    /// Its data, of a command that went well.
    #[track_caller]
    fn ok(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        self.out
    }

    /// Its talk, of a command that ended with this code and without data.
    #[track_caller]
    fn refused(self, code: i32) -> String {
        assert_eq!((self.code, self.out.as_str()), (code, ""), "{}", self.talk);
        assert!(self.talk.starts_with("error: "), "{}", self.talk);
        self.talk
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(json).collect()
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

// run

#[test]
fn run_prints_the_text_and_leaves_nothing_behind() {
    let shell = Shell::new();
    let text = shell.run(&["run", REPORT]).quiet();
    assert!(text.starts_with(REPORT_BEGINS), "{text}");
    let body = json(&shell.run(&["run", REPORT, "--json"]).quiet());
    assert_eq!(body["usage"]["page_count"], 1);
    assert_eq!(body["text"].as_str().unwrap().trim_end(), text.trim_end());
    assert!(is_empty(&shell.path("tmp")), "the temporary data folder is gone");
    assert!(!shell.path("data").exists(), "the usual data folder is not touched");
}

#[test]
fn run_keeps_the_job_in_a_folder_that_was_named() {
    let shell = Shell::new();
    shell.run(&["run", REPORT, "--data-dir", "kept"]).quiet();
    assert!(shell.path("kept/jobs.db").exists());
}

#[test]
fn run_takes_many_files_and_one_bad_one_does_not_hold_up_the_others() {
    let shell = Shell::new();
    for number in 0..12 {
        shell.write(&format!("{number}.pdf"), pdf(&[&format!("number {number}")]));
    }
    shell.write("bad.pdf", "GIF89a is no document");
    let mut files: Vec<String> = (0..12).map(|number| format!("{number}.pdf")).collect();
    files.insert(5, "bad.pdf".to_owned());
    let mut arguments = vec!["run", "--json"];
    arguments.extend(files.iter().map(String::as_str));
    let ended = shell.run(&arguments);
    assert_eq!(ended.code, 1);
    assert!(ended.talk.starts_with("error: bad.pdf: "), "{}", ended.talk);
    assert_eq!(ended.talk.lines().count(), 1, "no progress bar: {}", ended.talk);
    let lines = json_lines(&ended.out);
    let paths: Vec<_> = lines.iter().map(|line| line["path"].as_str().unwrap()).collect();
    assert_eq!(paths, files, "in the order they were named");
    for line in &lines {
        let path = line["path"].as_str().unwrap();
        match path.strip_suffix(".pdf").unwrap() {
            "bad" => assert!(line["error"].is_string(), "{line}"),
            number => assert_eq!(line["pages"][0], format!("number {number}"), "{line}"),
        }
    }
    let text = shell.run(&["run", "3.pdf", "1.pdf"]).quiet();
    assert_eq!(text, "==> 3.pdf <==\nnumber 3\n==> 1.pdf <==\nnumber 1\n");
}

#[test]
fn run_reads_standard_input() {
    let shell = Shell::new();
    let report = std::fs::read(REPORT).unwrap();
    let ended = shell.run_with_input(&["run", "-"], &report);
    assert!(ended.quiet().starts_with(REPORT_BEGINS));
    let ended = shell.run_with_input(&["run", "-", "--in-process"], b"plain words");
    assert_eq!(ended.quiet(), "plain words\n");
}

#[test]
fn run_tells_what_is_wrong_by_exit_codes() {
    let shell = Shell::new();
    shell.write("bad.gif", "GIF89a");
    let talk = shell.run(&["run", "bad.gif"]).refused(1);
    assert!(talk.contains("unsupported_media_type"), "{talk}");
    let talk = shell.run(&["run", "nowhere.pdf"]).refused(3);
    assert!(talk.contains("nowhere.pdf"), "{talk}");
    let talk = shell.run(&["run", REPORT, "--endpoint", "dance"]).refused(2);
    assert!(talk.contains("the endpoints are"), "{talk}");
    shell.run(&["run", REPORT, "--workers", "many"]).refused(2);
    assert_eq!(shell.run(&["run"]).code, 2);
    assert_eq!(shell.run(&["fly"]).code, 2);
}

#[test]
fn run_extracts_what_a_schema_asks_for() {
    let shell = Shell::new();
    shell.write("invoice.txt", "Invoice No.: INV-77\nInvoice date: 31/12/2024\n\nTotal: 27.60\n");
    let schema = r#"{"type": "object", "properties": {
        "invoice_number": {"type": "string"}, "total": {"type": "number"}}}"#;
    shell.write("schema.json", schema);
    let extract = ["run", "invoice.txt", "--endpoint", "extract", "--schema", "schema.json"];
    let table = shell.run(&extract).quiet();
    let rows: Vec<Vec<&str>> = table.lines().map(|l| l.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["field", "value", "likelihood", "source"]);
    assert_eq!(rows[1][..2], ["invoice_number", "INV-77"]);
    assert_eq!(rows[2][..2], ["total", "27.6"]);
    assert_eq!(rows[2][3..], ["page", "1"]);
    let body = json(&shell.run(&[&extract[..], &["--json"]].concat()).quiet());
    assert_eq!(body["choices"][0]["message"]["parsed"]["total"], 27.6);
    let talk = shell.run(&["run", "invoice.txt", "--endpoint", "extract"]).refused(2);
    assert!(talk.contains("needs --schema"), "{talk}");
    shell.write("schema.json", "[1, 2]");
    let talk = shell.run(&extract).refused(2);
    assert!(talk.contains("schema.json must hold a JSON object"), "{talk}");
}

#[test]
fn run_ends_on_a_signal_and_clears_up() {
    let shell = Shell::new();
    let mut arguments = vec!["run", "--json"];
    arguments.extend([REPORT; 3000]);
    let mut child = shell.command(&arguments).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut String::new()).unwrap();
    process::send(child.id(), Signal::INT);
    // Read on, or it might wait for a reader.
    std::io::copy(&mut out, &mut std::io::sink()).unwrap();
    let mut talk = String::new();
    child.stderr.take().unwrap().read_to_string(&mut talk).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{talk}");
    assert!(talk.contains("interrupted"), "{talk}");
    assert!(is_empty(&shell.path("tmp")), "the temporary data folder is gone");
}

// parse

#[test]
fn parse_keeps_the_order_of_many_files_read_at_the_same_time() {
    let shell = Shell::new();
    let names: Vec<String> = (0..40).map(|number| format!("{number}.pdf")).collect();
    for (number, name) in names.iter().enumerate() {
        // Large ones in front, so that small ones are done before them.
        let page = format!("number {number}");
        shell.write(name, pdf(&vec![page.as_str(); 1 + (40 - number) * 2]));
    }
    let mut arguments = vec!["parse", "--format", "json", "--jobs", "4"];
    arguments.extend(names.iter().map(String::as_str));
    let together = shell.run(&arguments).quiet();
    arguments[4] = "1";
    assert_eq!(shell.run(&arguments).quiet(), together);
    let lines = json_lines(&together);
    let paths: Vec<_> = lines.iter().map(|line| line["path"].as_str().unwrap()).collect();
    assert_eq!(paths, names);
    assert_eq!(lines[39]["pages"], serde_json::json!(["number 39", "number 39", "number 39"]));
}

#[test]
fn parse_reads_standard_input_and_writes_to_a_file() {
    let shell = Shell::new();
    let bytes = pdf(&["one", "two", "three"]);
    let ended = shell.run_with_input(&["parse", "-", "--pages", "2-"], &bytes);
    assert_eq!(ended.quiet(), "two\u{c}three\n");
    let ended = shell.run_with_input(&["parse", "-", "-o", "out.txt"], &bytes);
    assert_eq!(ended.quiet(), "");
    let written = std::fs::read_to_string(shell.path("out.txt")).unwrap();
    assert_eq!(written, "one\u{c}two\u{c}three\n");
    let talk = shell.run_with_input(&["parse", "-"], b"GIF89a").refused(1);
    assert!(!talk.contains("panicked"), "{talk}");
}

#[test]
fn a_reader_that_goes_away_ends_the_command_quietly() {
    let shell = Shell::new();
    // More than any pipe holds.
    shell.write("long.txt", "a line of a long text\n".repeat(200_000));
    for arguments in [&["parse", "long.txt"][..], &["run", "long.txt"]] {
        let mut child = shell.command(arguments).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "a line of a long text\n");
        let ended = Ended::from(child.wait_with_output().unwrap());
        assert_eq!((ended.code, ended.talk.as_str()), (0, ""), "{arguments:?}");
    }
}

// manners

#[test]
fn colours_are_for_terminals() {
    let shell = Shell::new().with("NO_COLOR", "1");
    for arguments in [&["config", "show"][..], &["run", "nowhere.pdf"]] {
        let ended = shell.run(arguments);
        assert!(!(ended.out + &ended.talk).contains('\u{1b}'), "{arguments:?}");
    }
    let ended = shell.run(&["config", "show", "--color", "always"]);
    assert!(ended.quiet().contains('\u{1b}'), "who asks for colours gets them");
}

#[test]
fn the_exit_codes_of_the_help_are_those_of_the_readme() {
    let help = Shell::new().run(&["--help"]).quiet();
    let table = help.split_once("Exit codes:\n").unwrap().1.lines();
    let of_help: Vec<_> = table.map(|line| line.trim().split_once("  ").unwrap()).collect();
    let readme = include_str!("../../README.md").split_once("\n## Exit codes").unwrap().1;
    let section = readme.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|line| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let code = cells.next()?;
        code.parse::<u8>().is_ok().then_some((code, cells.next()?))
    });
    assert_eq!(rows.collect::<Vec<_>>(), of_help);
    assert_eq!(of_help.len(), 11);
}

#[test]
fn every_command_explains_itself() {
    let shell = Shell::new();
    for command in [
        "serve",
        "run",
        "parse",
        "submit",
        "wait",
        "get",
        "result",
        "list",
        "cancel",
        "retry",
        "keys",
        "doctor",
        "config",
        "completions",
        "version",
    ] {
        let help = shell.run(&[command, "--help"]).quiet();
        assert!(help.contains("Usage: docspool"), "{command}: {help}");
    }
    assert!(!shell.run(&["--help"]).quiet().contains("child"), "that one is not for people");
    let version = json(&shell.run(&["version", "--json"]).quiet());
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));
    assert!(shell.run(&["completions", "bash"]).quiet().contains("docspool"));
}

// configuration

#[test]
fn flags_come_before_the_environment_the_file_and_the_defaults() {
    let shell = Shell::new().with("DOCSPOOL_WORKERS", "5").with("DOCSPOOL_GRACE", "2s");
    std::fs::create_dir(shell.path("data")).unwrap();
    shell.write("data/config.toml", "workers = 3\nmax_body = \"1MiB\"\ngrace = '1s'\n");
    let shown = json(&shell.run(&["config", "show", "--json", "--grace", "3s"]).quiet());
    let expected = [
        ("grace", "3s", "flag"),
        ("workers", "5", "environment DOCSPOOL_WORKERS"),
        ("max_body", "1MiB", "config.toml"),
        ("retention", "7d", "default"),
    ];
    for (name, value, source) in expected {
        assert_eq!(shown[name]["value"], value);
        let told = shown[name]["source"].as_str().unwrap();
        assert!(told.ends_with(source), "{name}: {told}");
    }
}

#[test]
fn a_setting_that_does_not_exist_is_refused_and_those_that_do_are_named() {
    let shell = Shell::new();
    std::fs::create_dir(shell.path("data")).unwrap();
    shell.write("data/config.toml", "worker = 3\n");
    let talk = shell.run(&["config", "show"]).refused(2);
    assert!(talk.contains("data/config.toml: there is no setting worker"), "{talk}");
    assert!(talk.contains("did you mean workers?"), "{talk}");
    assert!(talk.contains("data_dir, listen, workers, max_body"), "{talk}");
}

#[test]
fn secrets_are_never_shown() {
    let shell = Shell::new().with("DOCSPOOL_API_KEY", "dsp_secret");
    for arguments in [&["config", "show"][..], &["config", "show", "--json"], &["list"]] {
        let ended = shell.run(arguments);
        assert!(!(ended.out + &ended.talk).contains("dsp_secret"), "{arguments:?}");
    }
}

// against a server

#[test]
fn a_job_goes_from_submit_to_its_result() {
    let home = Home::new(&[]);
    let server = home.start();
    let shell = Shell::of(&server);
    let id = shell.run(&["submit", REPORT, "--meta", "batch=7"]).quiet();
    let id = id.trim();
    assert_eq!(shell.run(&["wait", id]).quiet(), format!("{id}  completed\n"));
    assert!(shell.run(&["result", id]).quiet().starts_with(REPORT_BEGINS));
    let body = json(&shell.run(&["result", id, "--json"]).quiet());
    assert_eq!(body["usage"]["page_count"], 1);
    shell.run(&["result", id, "-o", "result.txt"]).quiet();
    let written = std::fs::read_to_string(shell.path("result.txt")).unwrap();
    assert!(written.starts_with(REPORT_BEGINS));
    let shown = shell.run(&["get", id]).quiet();
    assert!(shown.contains("batch=7") && shown.contains("completed"), "{shown}");
    let job = json(&shell.run(&["get", id, "--json", "--with-request"]).quiet());
    assert_eq!(job["request"]["document"]["filename"], "harbour-report.pdf");
    assert_eq!(job["response"]["body"], body);
    let talk = shell.run(&["cancel", id]).refused(7);
    assert!(talk.contains(id), "{talk}");
    for arguments in [["get", "job_none"], ["wait", "job_none"], ["retry", "job_none"]] {
        shell.run(&arguments).refused(3);
    }
    server.stop();
    let talk = shell.run(&["get", id]).refused(5);
    assert!(talk.contains("docspool serve"), "{talk}");
}

#[test]
fn ids_go_through_pipes() {
    let home = Home::new(&[]);
    let server = home.start();
    let shell = Shell::of(&server);
    let names: Vec<String> = (0..7).map(|number| format!("{number}.txt")).collect();
    for name in &names {
        shell.write(name, format!("this is {name}"));
    }
    let mut arguments = vec!["submit", "--meta", "batch=7", "nowhere.txt"];
    arguments.extend(names.iter().map(String::as_str));
    let submitted = shell.run(&arguments);
    assert_eq!(submitted.code, 3, "one of them is not there: {submitted:?}");
    assert_eq!(submitted.out.lines().count(), 7, "and the others are: {submitted:?}");
    let waited = shell.run_with_input(&["wait", "-", "--json"], submitted.out.as_bytes()).quiet();
    let waited: Vec<_> = json_lines(&waited).iter().map(|job| job["id"].clone()).collect();
    assert_eq!(waited, submitted.out.lines().collect::<Vec<_>>());
    let list = ["list", "--meta", "batch=7", "--limit", "0", "--oldest", "--json"];
    let listed: Vec<_> = json_lines(&shell.run(&list).quiet());
    assert_eq!(listed.iter().map(|job| job["id"].clone()).collect::<Vec<_>>(), waited);
    let list = ["list", "--endpoint", "parse", "--status", "completed", "--filename", "3.txt"];
    let listed = shell.run(&list).quiet();
    assert_eq!(listed.split_whitespace().next(), waited[3].as_str());
    assert_eq!(shell.run(&["list", "--limit", "5"]).quiet().lines().count(), 5);
    shell.run(&["list", "--status", "dancing"]).refused(2);
    let both = shell.run(&["submit", "0.txt", "1.txt", "--wait"]).quiet();
    assert!(both.lines().all(|line| line.ends_with("  completed")), "{both}");
}

#[test]
fn waiting_ends_with_the_time_and_a_cancelled_job_has_no_result() {
    let home = Home::new(&["--workers", "0"]);
    let server = home.start();
    let shell = Shell::of(&server);
    let id = shell.run_with_input(&["submit", "-"], b"words").quiet();
    let id = id.trim();
    let ended = shell.run(&["wait", id, "--timeout", "1s"]);
    assert_eq!((ended.code, ended.out), (6, format!("{id}  queued\n")));
    let talk = shell.run(&["result", id]).refused(7);
    assert!(talk.contains(&format!("docspool wait {id}")), "{talk}");
    assert_eq!(shell.run(&["cancel", id]).quiet(), format!("{id}  cancelled\n"));
    assert_eq!(shell.run(&["wait", id]).code, 1);
    let talk = shell.run(&["result", id]).refused(1);
    assert!(talk.contains(&format!("docspool retry {id}")), "{talk}");
    assert_eq!(shell.run(&["retry", id]).quiet(), format!("{id}  queued\n"));
    let ended = shell.run(&["cancel", "job_none", id]);
    assert_eq!((ended.code, ended.out), (3, format!("{id}  cancelled\n")));
}

#[test]
fn a_failed_job_says_why() {
    let home = Home::new(&[]);
    let server = home.start();
    let shell = Shell::of(&server);
    shell.write("bad.gif", "GIF89a");
    let ended = shell.run(&["submit", "bad.gif", "--wait"]);
    assert_eq!(ended.code, 1);
    assert!(ended.out.contains("failed") && ended.out.contains("unsupported"), "{ended:?}");
    let id = ended.out.split_whitespace().next().unwrap();
    let talk = shell.run(&["result", id]).refused(1);
    assert!(talk.contains("unsupported_media_type"), "{talk}");
}

#[test]
fn a_large_document_arrives_whole_and_the_same_submission_is_one_job() {
    let home = Home::new(&[]);
    let server = home.start();
    let shell = Shell::of(&server);
    let text: String = (0..60_000).map(|number| format!("line {number} of many\n")).collect();
    assert!(text.len() > 1024 * 1024);
    shell.write("large.txt", &text);
    let submit = ["submit", "large.txt", "--idempotency-key", "k1"];
    let id = shell.run(&submit).quiet();
    assert_eq!(shell.run(&submit).quiet(), id);
    shell.run(&["wait", id.trim()]).quiet();
    assert_eq!(shell.run(&["result", id.trim()]).quiet().trim_end(), text.trim_end());
    shell.write("large.txt", "another text");
    let talk = shell.run(&submit).refused(2);
    assert!(talk.contains("Idempotency-Key"), "{talk}");
}

#[test]
fn a_body_over_the_limit_is_refused_before_it_is_sent() {
    let home = Home::new(&["--max-body", "300KiB"]);
    let server = home.start();
    let shell = Shell::of(&server);
    shell.write("large.txt", "x".repeat(8 * 1024 * 1024));
    let talk = shell.run(&["submit", "large.txt"]).refused(7);
    assert!(talk.contains("large.txt"), "{talk}");
}

// keys and doctor

#[test]
fn keys_open_and_close_a_running_server() {
    let home = Home::new(&[]);
    let server = home.start();
    let data_dir = home.path().to_str().unwrap().to_owned();
    let shell = Shell::of(&server).with("DOCSPOOL_DATA_DIR", &data_dir);
    let made = shell.run(&["keys", "create", "office", "--organization", "org_a", "--json"]);
    assert!(made.talk.contains("this once"), "{}", made.talk);
    let made = json(&made.ok());
    let key = made["key"].as_str().unwrap().to_owned();
    let limit = Duration::from_secs(10);
    let talk = process::eventually(limit, "a key is asked for", || {
        let ended = shell.run(&["list"]);
        (ended.code == 4).then_some(ended.talk)
    });
    assert!(talk.contains("DOCSPOOL_API_KEY"), "{talk}");
    assert_eq!(shell.run(&["list", "--api-key", "dsp_wrong"]).code, 4);
    let keeper = Shell::of(&server).with("DOCSPOOL_API_KEY", &key);
    let id = keeper.run_with_input(&["submit", "-"], b"words").quiet();
    assert!(keeper.run(&["get", id.trim()]).quiet().contains("org_a"));
    shell.write("key", format!("{key}\n"));
    let from_file =
        Shell::of(&server).with("DOCSPOOL_API_KEY_FILE", shell.path("key").to_str().unwrap());
    assert!(from_file.run(&["list"]).quiet().contains(id.trim()));

    let other = shell.run(&["keys", "create", "other", "--organization", "org_b"]).ok();
    process::eventually(limit, "the other key is taken", || {
        (shell.run(&["list", "--api-key", other.trim()]).code == 0).then_some(())
    });
    shell.run(&["get", id.trim(), "--api-key", other.trim()]).refused(3);

    let listed =
        shell.run(&["keys", "list"]).quiet() + &shell.run(&["keys", "list", "--json"]).quiet();
    assert!(listed.contains("office") && listed.contains("org_b"), "{listed}");
    let kept = std::fs::read_to_string(home.path().join("keys.json")).unwrap();
    assert!(!listed.contains(&key) && !kept.contains(&key), "the key is kept nowhere");

    let revoked = shell.run(&["keys", "revoke", "office"]).ok();
    assert_eq!(revoked.trim(), made["id"].as_str().unwrap());
    shell.run(&["keys", "revoke", "office"]).refused(3);
    process::eventually(limit, "the key is refused", || {
        (keeper.run(&["list"]).code == 4).then_some(())
    });
}

#[test]
fn a_first_key_makes_the_folder_and_bad_names_are_refused() {
    let shell = Shell::new();
    assert_eq!(shell.run(&["keys", "list"]).ok(), "");
    shell.run(&["keys", "revoke", "office"]).refused(3);
    assert!(!shell.path("data").exists());
    let key = shell.run(&["keys", "create"]).ok();
    assert!(key.starts_with("dsp_") && key.lines().count() == 1, "{key}");
    shell.run(&["keys", "create", ""]).refused(2);
    shell.run(&["keys", "create", "a", "--organization", "no spaces"]).refused(2);
    shell.write("data/keys.json", "{");
    shell.run(&["keys", "list"]).refused(8);
}

/// What the doctor says of each thing.
fn examine(shell: &Shell) -> (i32, Value) {
    let ended = shell.run(&["doctor", "--json"]);
    assert_eq!(ended.talk, "");
    let report = json(&ended.out);
    let checks = report["checks"].as_array().unwrap();
    for check in checks {
        let is_ok = check["status"] == "OK";
        assert_eq!(check["fix"].is_null(), is_ok, "what is not OK has a fix: {check}");
    }
    (ended.code, report)
}

fn finding<'a>(report: &'a Value, name: &str) -> (&'a str, &'a str) {
    let checks = report["checks"].as_array().unwrap();
    let found = checks.iter().find(|check| check["name"] == name).unwrap();
    (found["status"].as_str().unwrap(), found["text"].as_str().unwrap())
}

#[test]
fn the_doctor_finds_a_server_and_what_others_could_read() {
    let home = Home::new(&[]);
    let server = home.start();
    let data_dir = home.path().to_str().unwrap().to_owned();
    let shell = Shell::new().with("DOCSPOOL_DATA_DIR", &data_dir);
    let set_mode = |mode| {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
        std::fs::set_permissions(home.path(), mode).unwrap();
    };
    set_mode(0o700);
    let (code, report) = examine(&shell);
    assert_eq!(code, 0);
    let (status, holder) = finding(&report, "lock");
    assert_eq!(status, "OK");
    assert!(holder.contains(&format!("pid {}", server.pid())), "{holder}");
    assert!(holder.contains(&server.address.to_string()), "{holder}");
    assert_eq!(finding(&report, "data file").0, "OK");
    assert_eq!(finding(&report, "data folder").0, "OK");
    server.stop();

    set_mode(0o755);
    let (code, report) = examine(&shell);
    assert_eq!(code, 0, "a warning is no failure");
    assert_eq!(finding(&report, "data folder").0, "WARN");
    assert_eq!(finding(&report, "lock"), ("OK", "nobody has the data file"));
    let lines = shell.run(&["doctor"]).quiet();
    assert!(lines.contains("fix: chmod 700"), "{lines}");
}

#[test]
fn the_doctor_finds_damage_and_strangers() {
    let shell = Shell::new();
    let (code, report) = examine(&shell);
    assert_eq!((code, finding(&report, "data file").0), (0, "OK"), "a fresh machine is no fault");
    assert!(!shell.path("data").exists(), "looking makes nothing");
    shell.run(&["run", REPORT, "--data-dir", "data"]).quiet();
    assert_eq!(examine(&shell).0, 0);
    let whole = std::fs::read(shell.path("data/jobs.db")).unwrap();
    let mut damaged = whole.clone();
    let middle = damaged.len() / 2;
    damaged[middle..].fill(0xA5);
    shell.write("data/jobs.db", damaged);
    let (code, report) = examine(&shell);
    assert_eq!((code, finding(&report, "data file").0), (1, "FAIL"), "{report}");
    assert_eq!(report["status"], "FAIL");
    let mut newer = whole;
    newer[60..64].copy_from_slice(&1000_u32.to_be_bytes());
    shell.write("data/jobs.db", newer);
    let (code, report) = examine(&shell);
    let (status, text) = finding(&report, "data file");
    assert_eq!((code, status), (1, "FAIL"));
    assert!(text.contains("version 1000"), "{text}");
    shell.write("data/jobs.db", "something else altogether");
    assert_eq!(examine(&shell).0, 1);
    shell.run(&["run", REPORT, "--data-dir", "data"]).refused(8);
}
