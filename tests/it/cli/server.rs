//! The commands that talk to a server, against a real one.

use std::time::Duration;

use super::{REPORT, REPORT_BEGINS, Shell, json, json_lines};
use crate::support::process;
use crate::support::server::Home;

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
fn a_data_folder_in_use_is_refused_and_its_server_named() {
    let home = Home::new(&[]);
    let server = home.start();
    let shell = Shell::of(&server);
    let data_dir = home.path().to_str().unwrap();
    for command in [&["run", REPORT][..], &["serve", "--listen", "127.0.0.1:0"]] {
        let talk = shell.run(&[command, &["--data-dir", data_dir]].concat()).refused(7);
        assert!(talk.contains(&format!("pid {}", server.pid())), "{talk}");
        assert!(talk.contains("docspool submit"), "{talk}");
    }
    let open = ["serve", "--listen", "0.0.0.0:0"];
    let talk = shell.run(&open).refused(7);
    assert!(talk.contains("docspool keys create"), "{talk}");
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
    let job = json(&shell.run(&[&submit[..], &["--json"]].concat()).quiet());
    assert!(job["request"].is_null(), "what was sent does not come back");
    let id = shell.run(&submit).quiet();
    assert_eq!(Some(id.trim()), job["id"].as_str());
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

#[test]
fn a_web_page_reaches_nothing_without_a_key() {
    let home = Home::new(&["--allowed-hosts", "box.lan"]);
    let server = home.start();
    let own = server.address.to_string();
    let origin = format!("http://{own}");
    let ask = |method: &str, headers: &[(&str, &str)]| {
        let answer = server.client().send(method, "/v1/jobs", headers, Some(b"{}")).unwrap();
        (answer.status, answer.json()["detail"]["code"].as_str().unwrap_or_default().to_owned())
    };
    let (listed, incomplete) = ((200, String::new()), (422, "validation_error".to_owned()));
    let host = (403, "host_not_allowed".to_owned());
    let foreign = (403, "origin_not_allowed".to_owned());
    // A name that was made to point here.
    assert_eq!(ask("GET", &[("Host", "rebound.example")]), host);
    assert_eq!(ask("POST", &[("Host", "rebound.example:8787")]), host);
    // A form or script of a page elsewhere, with a body it may send unasked.
    let page = ("Origin", "https://page.example");
    assert_eq!(ask("POST", &[page, ("Content-Type", "")]), foreign);
    assert_eq!(ask("GET", &[page]), foreign);
    assert_eq!(ask("POST", &[("Origin", "null")]), foreign);
    // Its own pages, its own names, and programs.
    assert_eq!(ask("POST", &[("Origin", &origin)]), incomplete);
    assert_eq!(ask("GET", &[("Host", "box.lan:99")]), listed);
    assert_eq!(ask("GET", &[("Host", "localhost")]), listed);
    assert_eq!(ask("GET", &[]), listed);
    // With keys, a page that has one may come from anywhere.
    let data_dir = home.path().to_str().unwrap().to_owned();
    let shell = Shell::of(&server).with("DOCSPOOL_DATA_DIR", &data_dir);
    let key = shell.run(&["keys", "create", "page"]).ok();
    process::eventually(Duration::from_secs(10), "the key opens", || {
        (ask("GET", &[page, ("Api-Key", key.trim())]) == listed).then_some(())
    });
    server.stop();
}
