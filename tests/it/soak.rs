//! A long life in short: a server under mixed load with short retention, children that are
//! killed, and an eye on it from outside.
//!
//! Clients create, poll, list, cancel and retry jobs with small and large documents, and keep
//! a ledger of every job's end; one in a hundred jobs costs a child. Meanwhile memory,
//! descriptors, threads, the log and the data file are measured. At the end no job is lost
//! or doubled, and once the first jobs have expired nothing has grown that should not.
//!
//! `DOCSPOOL_SOAK_MINUTES` sets how long; without it, it is some seconds and 2,000 jobs.

mod gauges;
mod ledger;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use gauges::Gauges;
use ledger::{Ending, Ledger};
use rustix::process::Signal;
use serde_json::Value;

use crate::support::client::Client;
use crate::support::documents;
use crate::support::process::{self, eventually};
use crate::support::random::Random;
use crate::support::server::{Home, Server};

const CLIENTS: u64 = 6;
/// Jobs that a client has in the queue before it looks at the first.
const BATCH: u64 = 8;
/// The least that a run is worth.
const JOBS_LEAST: u64 = 2_000;
/// One child is killed for so many jobs.
const JOBS_PER_KILL: u64 = 100;
const SAMPLES: u32 = 200;

#[test]
fn a_soak_loses_nothing_and_grows_nowhere() {
    let minutes: Option<u64> =
        std::env::var("DOCSPOOL_SOAK_MINUTES").ok().map(|text| text.parse().unwrap());
    let (run, retention) = match minutes {
        Some(minutes) => (Duration::from_secs(60 * minutes), Duration::from_secs(60)),
        None => (Duration::from_secs(10), Duration::from_secs(4)),
    };
    let kept = format!("{}s", retention.as_secs());
    let home = Home::new(&["--retention", &kept, "--workers", "2", "--log", "error"]);
    let server = home.start();
    let ledger = Ledger::default();
    let mut gauges = Gauges::new(server.pid(), &home.data_file(), retention * 3 / 2);
    let is_over = AtomicBool::new(false);
    let started = Instant::now();
    std::thread::scope(|scope| {
        let (ledger, server, is_over) = (&ledger, &server, &is_over);
        for number in 0..CLIENTS {
            scope.spawn(move || Worker::new(server, ledger, number).work(is_over));
        }
        scope.spawn(move || kill_children(server, ledger, is_over));
        scope.spawn(move || list(&mut server.client(), ledger, is_over));
        let pause = (run / SAMPLES).max(Duration::from_millis(40));
        while started.elapsed() < run || ledger.ended() < JOBS_LEAST {
            std::thread::sleep(pause);
            gauges.look(started.elapsed(), ledger.acknowledged());
        }
        is_over.store(true, Ordering::Relaxed);
    });
    println!("{}\n{}", gauges.table(), ledger.summary(started.elapsed()));
    ledger.compare_with(&mut server.client());
    let limit = retention + Duration::from_secs(60);
    eventually(limit, "every job expires", || {
        let mut client = server.client();
        let first = client.get("/v1/jobs?limit=1&order=desc").ok();
        let is_expired = |page: &Value| page["data"][0]["status"] == "expired";
        is_expired(&first).then_some(())
    });
    assert_eq!(ledger.faults(), Vec::<String>::new());
    gauges.assert_flat();
    server.stop();
}

/// Kills a child of the server for every hundredth job, whatever it works on.
fn kill_children(server: &Server, ledger: &Ledger, is_over: &AtomicBool) {
    let mut random = Random::new(7);
    while !is_over.load(Ordering::Relaxed) {
        let children = server.children();
        if ledger.killed() * JOBS_PER_KILL < ledger.ended() && !children.is_empty() {
            let victim = random.below(children.len() as u64) as usize;
            process::send(children[victim], Signal::KILL);
            ledger.count_kill();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Lists as a dashboard does: newest first, no job twice.
fn list(client: &mut Client, ledger: &Ledger, is_over: &AtomicBool) {
    let states = ["", "&status=queued", "&status=in_progress", "&status=completed"];
    for filter in states.into_iter().cycle() {
        if is_over.load(Ordering::Relaxed) {
            return;
        }
        let page = client.get(&format!("/v1/jobs?limit=50&order=desc{filter}")).ok();
        let ids: Vec<&str> = page["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|job| job["id"].as_str().unwrap())
            .collect();
        let mut once = ids.clone();
        once.sort_unstable();
        once.dedup();
        if once.len() != ids.len() {
            ledger.fault(format!("a page lists a job twice: {ids:?}"));
        }
        ledger.count_list();
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// One client.
struct Worker<'a> {
    client: Client,
    ledger: &'a Ledger,
    number: u64,
    random: Random,
}

impl<'a> Worker<'a> {
    fn new(server: &Server, ledger: &'a Ledger, number: u64) -> Self {
        Self { client: server.client(), ledger, number, random: Random::new(number) }
    }

    fn work(mut self, is_over: &AtomicBool) {
        for batch in 0.. {
            if is_over.load(Ordering::Relaxed) {
                return;
            }
            let jobs: Vec<(String, String)> =
                (0..BATCH).map(|n| self.create(format!("{}-{batch}-{n}", self.number))).collect();
            for (serial, id) in jobs {
                self.follow(&serial, &id);
            }
        }
    }

    /// Creates a job; sometimes twice with the same key, which must be one job.
    fn create(&mut self, serial: String) -> (String, String) {
        // Most documents fit into their request, some take a chunk, a few take several.
        let words = match self.random.below(1_000) {
            0..850 => self.random.below(40),
            850..995 => 400 + self.random.below(4_000),
            _ => 60_000,
        };
        let text = format!("{serial}\n{}", "ferry ".repeat(words as usize));
        let body = documents::parse_text(&format!("{serial}.txt"), &text).to_string();
        let key = [("idempotency-key", serial.as_str())];
        let mut send =
            || self.client.send("POST", "/v1/jobs", &key, Some(body.as_bytes())).unwrap().ok();
        let job = send();
        let id = job["id"].as_str().unwrap().to_owned();
        self.ledger.acknowledge(&serial, &id);
        if self.random.below(50) == 0 {
            let again = send();
            self.ledger.expect_same(&id, &again);
        }
        (serial, id)
    }

    /// Follows a job to its end, or ends it.
    fn follow(&mut self, serial: &str, id: &str) {
        let chance = self.random.below(100);
        if chance == 0 {
            self.cancel(id);
        }
        let mut end = self.client.wait(id);
        self.ledger.count_poll();
        if chance == 0 && end["status"] == "cancelled" && self.random.below(2) == 0 {
            let answer = self.client.post_empty(&format!("/v1/jobs/{id}/retry"));
            // It may have expired meanwhile.
            if answer.status == 200 {
                self.ledger.count_retry();
                end = self.client.wait(id);
            }
        }
        self.ledger.end(serial, id, &end);
        if Ending::of(&end) == Ending::Completed && self.random.below(20) == 0 {
            let again = self.client.job(id);
            self.ledger.expect_end(id, &end, &again);
        }
    }

    fn cancel(&mut self, id: &str) {
        let answer = self.client.post_empty(&format!("/v1/jobs/{id}/cancel"));
        match answer.status {
            200 => self.ledger.count_cancel(),
            // It had ended.
            400 => {}
            _ => self.ledger.fault(format!("cancel of {id} answered {answer:?}")),
        }
    }
}
