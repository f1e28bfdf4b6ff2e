//! The life of a job as a client sees it: waiting, progress, cancel, retry, expiry.

use std::sync::Arc;
use std::time::{Duration, Instant};

use docspool::base::clock::ManualClock;
use serde_json::{Value, json};

use super::{NOON_MS, SOON, Setup, World, assert_refused, detail};
use crate::support::client::Client;
use crate::support::documents::{data_url, parse, parse_text};
use crate::support::process::eventually;

const WEEK: Duration = Duration::from_secs(7 * 24 * 3600);

#[test]
fn a_running_job_shows_progress_and_attempts() {
    let (setup, hold) = Setup::held();
    let world = setup.start();
    let mut client = world.client();
    let id = client.submit(&parse_text("a.txt", "a"));
    hold.wait_for_start();
    let target = format!("/v1/jobs/{id}?include_request=false&include_response=false");
    let job = client.get(&target).ok();
    assert_eq!((&job["status"], &job["attempts"]), (&json!("in_progress"), &json!(1)));
    assert_eq!(job["progress"], json!({"done": 3, "total": 12}));
    assert!(job["started_at"].is_i64() && job["completed_at"].is_null());
    assert_eq!(client.get("/v1/jobs").ok()["data"][0]["progress"], job["progress"]);
    assert_eq!(client.get(&format!("/v1/jobs/{id}/status")).ok()["progress"], job["progress"]);
    hold.release();
    assert_eq!(client.wait(&id)["status"], "completed");
}

#[test]
fn a_long_poll_wakes_the_moment_its_job_ends() {
    let (setup, hold) = Setup::held();
    let world = setup.start();
    let mut client = world.client();
    let id = client.submit(&parse_text("a.txt", "a"));
    hold.wait_for_start();
    // It gives up when its time is up, with the job as it is.
    let asked = Instant::now();
    let job = client.get(&format!("/v1/jobs/{id}?wait=1")).ok();
    assert_eq!(job["status"], "in_progress");
    assert!(asked.elapsed() >= Duration::from_secs(1));
    let started = Instant::now();
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| world.client().get(&format!("/v1/jobs/{id}?wait=30")).ok());
        std::thread::sleep(Duration::from_millis(200));
        assert!(!waiter.is_finished());
        hold.release();
        let job = waiter.join().unwrap();
        assert_eq!(job["status"], "completed");
        assert_eq!(job["response"]["body"], json!({"text": "held"}));
    });
    assert!(started.elapsed() < Duration::from_secs(25), "{:?}", started.elapsed());
    // What has ended needs no wait.
    client.get(&format!("/v1/jobs/{id}?wait=60")).ok();
    client.get(&format!("/v1/jobs/{id}?wait=0")).ok();
    assert!(started.elapsed() < Duration::from_secs(50), "{:?}", started.elapsed());
    for wait in ["61", "-1", "1.5", "soon"] {
        let answer = client.get(&format!("/v1/jobs/{id}?wait={wait}"));
        assert_refused(&answer, 422, "validation_error", "wait");
    }
    assert_refused(&client.get("/v1/jobs/job_unknown?wait=30"), 404, "job_not_found", "");
}

#[test]
fn a_cancel_wakes_those_who_wait() {
    let world = Setup::idle().start();
    let mut client = world.client();
    let id = client.submit(&parse_text("a.txt", "a"));
    let started = Instant::now();
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| world.client().get(&format!("/v1/jobs/{id}?wait=60")).ok());
        std::thread::sleep(Duration::from_millis(200));
        client.post_empty(&format!("/v1/jobs/{id}/cancel")).ok();
        assert_eq!(waiter.join().unwrap()["status"], "cancelled");
    });
    assert!(started.elapsed() < Duration::from_secs(50));
}

/// More clients wait than there are places to wait: the rest is answered with the job as it
/// is, and nobody else notices.
#[test]
fn waits_do_not_keep_others_out() {
    const WAITERS: usize = 100;
    let world = Setup::idle().start();
    let mut client = world.client();
    let id = client.submit(&parse_text("a.txt", "a"));
    let started = Instant::now();
    std::thread::scope(|scope| {
        let wait = || world.client().get(&format!("/v1/jobs/{id}?wait=60")).ok();
        let waiters: Vec<_> = (0..WAITERS).map(|_| scope.spawn(wait)).collect();
        for n in 0..20 {
            client.submit(&parse_text("b.txt", &n.to_string()));
        }
        client.post_empty(&format!("/v1/jobs/{id}/cancel")).ok();
        for waiter in waiters {
            let status = waiter.join().unwrap()["status"].clone();
            assert!(status == "queued" || status == "cancelled", "{status}");
        }
    });
    assert!(started.elapsed() < Duration::from_secs(50), "{:?}", started.elapsed());
}

fn change(client: &mut Client, id: &str, what: &str) -> crate::support::client::Answer {
    client.post_empty(&format!("/v1/jobs/{id}/{what}"))
}

#[test]
fn a_running_job_is_cancelled_and_its_worker_freed() {
    let (setup, hold) = Setup::held();
    let world = setup.start();
    let mut client = world.client();
    let ids = [0, 1].map(|_| client.submit(&parse_text("a.txt", "a")));
    hold.wait_for_start();
    let cancelled = change(&mut client, &ids[0], "cancel").ok();
    assert_eq!(cancelled["status"], "cancelled");
    assert!(cancelled["completed_at"].is_i64());
    assert_eq!((&cancelled["response"], &cancelled["error"]), (&Value::Null, &Value::Null));
    hold.wait_for_start();
    hold.release();
    assert_eq!(client.wait(&ids[1])["status"], "completed");
    assert_eq!(client.job(&ids[0])["status"], "cancelled");
}

fn assert_wrong_state(client: &mut Client, id: &str, what: &str, state: &str) {
    let answer = change(client, id, what);
    assert_refused(&answer, 400, "invalid_state", "");
    assert_eq!(detail(&answer, 400)["details"]["status"], state);
}

#[test]
fn cancel_and_retry_are_refused_from_the_wrong_states() {
    let world = Setup::idle().start();
    let mut client = world.client();
    let created = client.create(&parse_text("a.txt", "a"));
    let id = created["id"].as_str().unwrap();
    assert_wrong_state(&mut client, id, "retry", "queued");
    change(&mut client, id, "cancel").ok();
    assert_wrong_state(&mut client, id, "cancel", "cancelled");
    let retried = change(&mut client, id, "retry").ok();
    assert_eq!((&retried["id"], &retried["status"]), (&created["id"], &json!("queued")));
    for name in ["started_at", "completed_at", "error", "response"] {
        assert_eq!(retried[name], Value::Null, "{name}");
    }
    assert_eq!(retried["request"], created["request"]);

    let world = Setup::working().start();
    let mut client = world.client();
    let done = client.submit(&parse_text("a.txt", "a"));
    client.wait(&done);
    assert_wrong_state(&mut client, &done, "cancel", "completed");
    assert_wrong_state(&mut client, &done, "retry", "completed");
    let failed = client.submit(&parse("a.pdf", &data_url("application/pdf", b"%PDF-1.7\n?")));
    client.wait(&failed);
    assert_wrong_state(&mut client, &failed, "cancel", "failed");
    let retried = change(&mut client, &failed, "retry").ok();
    assert_eq!((&retried["error"], &retried["completed_at"]), (&Value::Null, &Value::Null));
    let again = client.wait(&failed);
    assert_eq!((&again["status"], &again["attempts"]), (&json!("failed"), &json!(1)));
}

#[test]
fn a_job_that_is_not_there_is_not_found() {
    let world = Setup::idle().start();
    let mut client = world.client();
    let odd = ["job_01ARZ3NDEKTSV4RRFFQ69G5FAV", "a", "...", "a%2Fb", "%C3%BC", "%20"];
    let long = "j".repeat(500);
    for id in odd.into_iter().chain([long.as_str()]) {
        for target in [format!("/v1/jobs/{id}"), format!("/v1/jobs/{id}/status")] {
            assert_refused(&client.get(&target), 404, "job_not_found", "");
        }
        for what in ["cancel", "retry"] {
            assert_refused(&change(&mut client, id, what), 404, "job_not_found", "");
        }
    }
}

fn set_in_time(clock: &Arc<ManualClock>) -> World {
    Setup::working().clock(clock).start()
}

#[test]
fn a_job_expires_after_its_week_and_keeps_its_record() {
    let clock = Arc::new(ManualClock::new(NOON_MS));
    let world = set_in_time(&clock);
    let mut client = world.client();
    let mut body = parse_text("a.txt", "a");
    body["metadata"] = json!({"kept": "yes"});
    let key = [("Idempotency-Key", "key")];
    let text = body.to_string();
    let send = |client: &mut Client| {
        client.send("POST", "/v1/jobs", &key, Some(text.as_bytes())).unwrap().ok()
    };
    let created = send(&mut client);
    let id = created["id"].as_str().unwrap();
    let done = client.wait(id);
    assert_eq!(created["created_at"], NOON_MS / 1000);
    clock.advance(WEEK - Duration::from_secs(1));
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(client.job(id), done, "not a second too early");
    clock.advance(Duration::from_secs(2));
    let expired = eventually(SOON, "it expires", || {
        Some(client.job(id)).filter(|job| job["status"] == "expired")
    });
    // Every client parses that.
    assert_eq!((&expired["request"], &expired["response"]), (&json!({}), &Value::Null));
    for name in ["created_at", "completed_at", "expires_at", "metadata", "attempts"] {
        assert_eq!(expired[name], done[name], "{name}");
    }
    let page =
        client.get("/v1/jobs?status=expired&include_request=true&include_response=true").ok();
    assert_eq!(page["data"], json!([expired]));
    assert_wrong_state(&mut client, id, "cancel", "expired");
    let answer = change(&mut client, id, "retry");
    assert_eq!(detail(&answer, 400)["code"], "request_gone");
    assert_eq!(
        client.get("/v1/jobs?metadata=%7B%22kept%22%3A%22yes%22%7D").ok()["data"][0]["id"],
        id
    );
}

#[test]
fn a_clock_that_jumps_expires_nothing() {
    let clock = Arc::new(ManualClock::new(NOON_MS));
    let world = set_in_time(&clock);
    let mut client = world.client();
    let id = client.submit(&parse_text("a.txt", "a"));
    let done = client.wait(&id);
    let year_ms = 365 * 24 * 3_600_000;
    for jump_ms in [10 * year_ms, -20 * year_ms, 10 * year_ms] {
        clock.jump_wall(jump_ms);
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(client.job(&id), done);
        // Jobs that come meanwhile take their place behind it, in order and in time.
        let next = client.submit(&parse_text("b.txt", "b"));
        let next = client.wait(&next);
        assert_eq!(next["status"], "completed");
        assert!(next["created_at"].as_i64() >= done["created_at"].as_i64());
    }
}

#[test]
fn a_retry_begins_a_new_week() {
    let clock = Arc::new(ManualClock::new(NOON_MS));
    let world = Setup::idle().clock(&clock).start();
    let mut client = world.client();
    let created = client.create(&parse_text("a.txt", "a"));
    let id = created["id"].as_str().unwrap();
    change(&mut client, id, "cancel").ok();
    clock.advance(WEEK / 2);
    let retried = change(&mut client, id, "retry").ok();
    let expires = |job: &Value| job["expires_at"].as_i64().unwrap();
    assert_eq!(expires(&retried) - expires(&created), WEEK.as_secs() as i64 / 2);
    assert_eq!(retried["created_at"], created["created_at"]);
}
