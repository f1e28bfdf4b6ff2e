//! `run`: documents in, results out, and nothing left behind.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use rustix::process::Signal;

use super::{REPORT, REPORT_BEGINS, Shell, json, json_lines};
use crate::support::documents::pdf;
use crate::support::process;

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}

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
    assert_eq!(rows[2][3..6], ["page", "1", "at"]);
    let body = json(&shell.run(&[&extract[..], &["--json"]].concat()).quiet());
    assert_eq!(body["choices"][0]["message"]["parsed"]["total"], 27.6);
    let talk = shell.run(&["run", "invoice.txt", "--endpoint", "extract"]).refused(2);
    assert!(talk.contains("needs --schema"), "{talk}");
    shell.write("schema.json", "[1, 2]");
    let talk = shell.run(&extract).refused(2);
    assert!(talk.contains("schema.json must hold a JSON object"), "{talk}");
}

#[test]
fn run_names_the_category_of_a_document() {
    let shell = Shell::new();
    shell.write("letter.txt", "INVOICE\n\nInvoice No.: INV-77\nTotal due: 27.60\n");
    let classify = ["run", "letter.txt", "--endpoint", "classify", "--category"];
    let categories = ["invoice=asks for money", "--category", "employment contract"];
    let shown = shell.run(&[&classify[..], &categories].concat()).quiet();
    let (category, reasoning) = shown.split_once('\n').unwrap();
    assert_eq!(category, "invoice");
    assert!(!reasoning.trim().is_empty(), "and says why: {shown}");
    let talk = shell.run(&["run", "letter.txt", "--endpoint", "classify"]).refused(2);
    assert!(talk.contains("needs --category"), "{talk}");
    let talk = shell.run(&[&["run", "letter.txt"][..], &classify[4..], &["a"]].concat()).refused(2);
    assert!(talk.contains("--category is for"), "{talk}");
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
