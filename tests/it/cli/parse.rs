//! `parse`: many files at a time, in order, and pipes.

use std::io::{BufRead as _, BufReader};

use super::{Ended, Shell, json_lines};
use crate::support::documents::pdf;

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
