//! `fill`, `fields` and `templates`.

use super::{Shell, json};
use crate::support::forms::{application, flat_application};
use crate::support::server::Home;

#[test]
fn fields_are_listed_and_drawn() {
    let shell = Shell::new();
    shell.write("form.pdf", flat_application());
    let listed = shell.run(&["fields", "form.pdf", "--annotate", "boxes.pdf"]).quiet();
    let lines: Vec<&str> = listed.lines().collect();
    assert_eq!(lines[0], "1\ttext\tfull_name\tFull name");
    assert_eq!(lines[3], "1\tcheckbox\taccount_type_checking\tAccount type: Checking");
    assert_eq!(lines.len(), 6, "{listed}");
    let drawn = std::fs::read(shell.path("boxes.pdf")).unwrap();
    assert!(drawn.starts_with(b"%PDF-"));
    let fields = json(&shell.run(&["fields", "form.pdf", "--json"]).quiet());
    assert_eq!(fields[0]["bbox"]["page"], 1);
}

#[test]
fn a_form_is_filled_from_data_and_from_sentences() {
    let shell = Shell::new();
    shell.write("form.pdf", application());
    shell.write("data.json", "{\"full_name\": \"Ada\", \"shoe_size\": 41}");
    let arguments = ["fill", "form.pdf", "--data", "data.json", "-o", "filled.pdf"];
    let ended = shell.run(&arguments);
    assert!(ended.talk.contains("shoe size"), "{}", ended.talk);
    assert_eq!(ended.ok(), "full_name\tAda\n");
    let words = "My full name is Ada Byron. I agree to the terms.";
    let arguments = ["fill", "filled.pdf", "-i", words, "--flatten", "-o", "flat.pdf"];
    let filled = shell.run(&arguments).ok();
    assert!(filled.starts_with("full_name\tAda Byron\n"), "{filled}");
    assert!(filled.ends_with("i_agree_to_the_terms\ttrue\n"), "{filled}");
    let left = shell.run(&["parse", "flat.pdf"]).quiet();
    assert!(left.contains("Ada Byron"), "the value is part of the page: {left}");
    let talk = shell.run(&["fill", "form.pdf", "-o", "x.pdf"]).refused(2);
    assert!(talk.contains("--instructions"), "{talk}");
    shell.write("letter.txt", "no form");
    shell.run(&["fields", "letter.txt"]).refused(1);
}

#[test]
fn templates_live_on_a_server() {
    let home = Home::new(&[]);
    let server = home.start();
    let shell = Shell::of(&server);
    shell.write("form.pdf", flat_application());
    let made = json(&shell.run(&["templates", "create", "form.pdf", "--json"]).quiet());
    let id = made["id"].as_str().unwrap();
    assert_eq!((&made["name"], &made["field_count"]), (&"form".into(), &6.into()));
    let fields = shell.run(&["templates", "get", id]).quiet();
    assert!(fields.starts_with("1\ttext\tfull_name\tFull name\n"), "{fields}");
    shell.run(&["templates", "rename", id, "Members"]).quiet();
    let copy = json(&shell.run(&["templates", "duplicate", id, "--json"]).quiet());
    assert_eq!(copy["name"], "Members (copy)");
    let listed = shell.run(&["templates", "list"]).quiet();
    assert_eq!(listed.lines().count(), 2, "{listed}");
    let ids = [id, copy["id"].as_str().unwrap()];
    let deleted = shell.run(&["templates", "delete", ids[0], ids[1]]).quiet();
    assert_eq!(deleted, format!("{}\n{}\n", ids[0], ids[1]));
    assert_eq!(shell.run(&["templates", "list"]).quiet(), "");
    shell.run(&["templates", "get", id]).refused(3);
    server.stop();
}
