//! Durable accepts a second over HTTP, and jobs a second to their end, beside the physical
//! limit.

use std::time::{Duration, Instant};

use crate::client::{Client, Server, drive, small_job};
use crate::{ROUNDS, median, raw};

/// Prints accepts with 1, 8 and 64 clients; nothing runs the jobs.
pub(crate) fn accepts(run: Duration) {
    println!(
        "\nclients  accepts/s  raw rows/s  ratio  a commit  p50 ms  p99 ms  raw p99   \
         (median of {ROUNDS})"
    );
    for clients in [1, 8, 64] {
        let mut rows: Vec<[f64; 6]> = (0..ROUNDS)
            .map(|_| {
                let (raw, raw_p99_ms) = raw::accepts(clients, run);
                let server = Server::start(&["--workers", "0"]);
                let before = server.commits();
                let ours = drive(server.address, clients, run, "POST", "/v1/jobs", &small_job());
                let a_commit = ours.count as f64 / (server.commits() - before) as f64;
                [ours.rate, raw, a_commit, ours.p50_ms, ours.p99_ms, raw_p99_ms]
            })
            .collect();
        let [rate, raw, a_commit, p50, p99, raw_p99] = median(&mut rows, |row| row[0] / row[1]);
        println!(
            "{clients:>7}  {rate:>9.0}  {raw:>10.0}  {:>5.2}  {a_commit:>8.1}  {p50:>6.2}  \
             {p99:>6.2}  {raw_p99:>7.2}",
            rate / raw
        );
    }
}

/// Prints jobs a second from the first request to the last completed job: eight clients, the
/// workers and children of the default.
pub(crate) fn end_to_end(run: Duration) {
    let mut rows: Vec<(f64, f64)> = (0..ROUNDS)
        .map(|_| {
            let raw = raw::drain(2_000, 2_004, false);
            let server = Server::start(&[]);
            let started = Instant::now();
            let accepted = drive(server.address, 8, run, "POST", "/v1/jobs", &small_job()).count;
            let mut client = Client::connect(server.address);
            while open_jobs(&mut client) {
                std::thread::sleep(Duration::from_millis(20));
            }
            let rate = accepted as f64 / started.elapsed().as_secs_f64();
            assert_eq!(completed_jobs(&mut client), accepted, "a job was lost or doubled");
            (rate, raw)
        })
        .collect();
    let (rate, raw) = median(&mut rows, |row| row.0 / row.1);
    println!(
        "\nsmall text jobs to their end, 8 clients: {rate:.0}/s, raw drain {raw:.0}/s, ratio {:.2}",
        rate / raw
    );
}

fn page(client: &mut Client, query: &str) -> serde_json::Value {
    let (status, answer) = client.request("GET", &format!("/v1/jobs?{query}"), "");
    assert_eq!(status, 200);
    serde_json::from_slice(&answer).unwrap()
}

fn open_jobs(client: &mut Client) -> bool {
    let has = |client: &mut Client, state: &str| {
        let found = page(client, &format!("limit=1&status={state}"));
        !found["data"].as_array().unwrap().is_empty()
    };
    has(client, "validating") || has(client, "queued") || has(client, "in_progress")
}

fn completed_jobs(client: &mut Client) -> usize {
    let (mut ids, mut after) = (std::collections::HashSet::new(), String::new());
    loop {
        let found = page(client, &format!("limit=100&status=completed{after}"));
        let jobs = found["data"].as_array().unwrap();
        for job in jobs {
            assert!(ids.insert(job["id"].as_str().unwrap().to_owned()), "a job is listed twice");
        }
        match jobs.last() {
            Some(job) if found["has_more"] == true => {
                after = format!("&after={}", job["id"].as_str().unwrap());
            }
            _ => return ids.len(),
        }
    }
}
