//! The log of the data file while another program reads the file for long: it is said, the
//! server goes on, and the log is cut when the other lets go.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::support::client::Client;
use crate::support::documents::{data_url, parse};
use crate::support::process::eventually;
use crate::support::server::Home;

const MEBIBYTE: usize = 1 << 20;
/// As the server's own limits have it.
const LOG_BYTES: u64 = docspool::base::limits::WAL_BYTES;
const LOG_BYTES_MAX: u64 = docspool::base::limits::WAL_BYTES_MAX;

/// What `/readyz` says of the log.
fn told(client: &mut Client) -> String {
    let ready = client.get("/readyz").ok();
    let checks = ready["checks"].as_array().unwrap().clone();
    let log = checks.iter().find(|check| check["name"] == "log").unwrap();
    log["detail"].as_str().unwrap().to_owned()
}

fn doctor(home: &Home) -> Value {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_docspool"));
    command.args(["doctor", "--json", "--ocr", "off", "--data-dir"]).arg(home.path());
    let output = command.output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = report["checks"].as_array().unwrap();
    checks.iter().find(|check| check["name"] == "data file").unwrap().clone()
}

#[test]
fn a_reader_from_outside_is_named_and_the_log_is_cut_when_it_ends() {
    let home = Home::new(&["--workers", "0"]);
    let server = home.start();
    let mut client = server.client();
    let file = home.data_file();
    let mut log = file.as_os_str().to_owned();
    log.push("-wal");
    let log_bytes = || std::fs::metadata(&log).map_or(0, |found| found.len());
    let body = parse("a.bin", &data_url("application/pdf", &vec![b'%'; 2 * MEBIBYTE]));
    client.submit(&body);

    let outside = rusqlite::Connection::open(&file).unwrap();
    let snapshot = outside.unchecked_transaction().unwrap();
    let count = || -> i64 {
        snapshot.query_row("SELECT count(*) FROM jobs", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count(), 1);
    let mut longest = Duration::ZERO;
    while !told(&mut client).contains("somebody has been reading") {
        let started = Instant::now();
        client.submit(&body);
        longest = longest.max(started.elapsed());
        assert!(log_bytes() < 4 * LOG_BYTES_MAX, "{} bytes and not a word", log_bytes());
    }
    let said_at = log_bytes();
    println!("said at {} MiB; the longest create took {longest:?}", said_at >> 20);
    // Once it is said, nobody waits for the reader any more.
    let started = Instant::now();
    for _ in 0..15 {
        client.submit(&body);
    }
    println!("15 more took {:?}, {} MiB", started.elapsed(), log_bytes() >> 20);
    let finding = doctor(&home);
    assert_eq!(finding["status"], "WARN", "{finding}");
    assert_eq!(count(), 1, "the snapshot is as it was");

    drop(snapshot);
    drop(outside);
    eventually(Duration::from_secs(20), "the log is cut", || {
        client.submit(&parse("a.txt", "data:text/plain,a"));
        (log_bytes() <= LOG_BYTES && !told(&mut client).contains("reading")).then_some(())
    });
    assert_eq!(doctor(&home)["status"], "OK");
    server.stop();
}
