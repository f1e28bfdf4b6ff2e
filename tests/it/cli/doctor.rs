//! `doctor`: what it finds, and what it leaves alone.

use serde_json::Value;

use super::{REPORT, Shell, json};
use crate::support::scripted::{Reply, Scripted};
use crate::support::server::Home;

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
    #[cfg(target_os = "linux")]
    {
        let sandbox = docspool::base::sandbox::probe().unwrap();
        let (status, text) = finding(&report, "sandbox");
        assert_eq!(status, if sandbox.shuts_network() { "OK" } else { "WARN" });
        assert!(text.contains(&sandbox.to_string()), "{text}");
    }
    server.kill();
    let (code, report) = examine(&shell);
    assert_eq!((code, finding(&report, "data file").0), (0, "OK"), "{report}");
    assert_eq!(finding(&report, "lock"), ("OK", "nobody has the data file"));
    home.start().stop();

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

#[test]
fn the_doctor_asks_a_model_for_its_names_and_sends_nothing() {
    let list = serde_json::json!({"data": [{"id": "tiny:latest"}]});
    let model = Scripted::start(move |_, _| Reply::json(200, &list));
    let url = model.url("/v1");
    let with = |name: &str| {
        let shell = Shell::new().with("DOCSPOOL_MODEL_URL", &url);
        let (_, report) = examine(&shell.with("DOCSPOOL_MODEL_NAME", name));
        let (status, text) = finding(&report, "model");
        (status.to_owned(), text.to_owned())
    };
    let (status, text) = with("tiny");
    assert!(status == "OK" && text.contains(&url), "{text}");
    let (status, text) = with("huge");
    assert!(status == "WARN" && text.contains("it has tiny:latest"), "{text}");
    assert!(model.seen().iter().all(|seen| seen.line == "GET /v1/models HTTP/1.1"));
}
