//! The life of jobs in the real server: order, ends, stuck and killed children, signals.

use std::net::TcpStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};

use docspool::base::clock::SystemClock;
use docspool::http::keys::KeyFile;
use docspool::process::{Context, Processor, Processors, Task};
use docspool::queue::engine::DEFAULT_ORGANIZATION;
use docspool::{Endpoint, Engine, JobError, RequestBody, Submission};

use crate::support::client::Client;
use crate::support::documents::{data_url, parse_text};
use crate::support::process::{self, eventually};
use crate::support::random::Random;
use crate::support::server::{Home, Server};

/// Bounds that only a broken server passes; how fast it is is for the bench to say.
const SOON: Duration = Duration::from_secs(10);

const ONE_WORKER: [&str; 2] = ["--workers", "1"];

/// Notes which job it was started for.
struct Recorder(std::sync::Arc<Mutex<Vec<i64>>>);

impl Processor for Recorder {
    fn run(&self, task: &Task, _context: &dyn Context) -> Result<Value, JobError> {
        let number = task.request["model"].as_str().unwrap().parse().unwrap();
        self.0.lock().unwrap().push(number);
        Ok(json!({}))
    }
}

#[test]
fn ten_thousand_jobs_start_in_the_order_of_acceptance() {
    const JOBS: i64 = 10_000;
    const CLIENTS: i64 = 16;
    let dir = in_memory();
    let started = std::sync::Arc::default();
    let processors =
        Processors::default().with(Endpoint::Parse, Recorder(std::sync::Arc::clone(&started)));
    let engine = Engine::builder(dir.path().join("jobs.db")).workers(1).processors(processors);
    let engine = engine.start().unwrap();
    let accepted = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (engine, accepted) = (&engine, &accepted);
            scope.spawn(move || {
                for number in (client..JOBS).step_by(usize::try_from(CLIENTS).unwrap()) {
                    let job = engine.submit(numbered(number), None).unwrap();
                    accepted.lock().unwrap().push((job.sequence, number, job.id));
                }
            });
        }
    });
    let mut accepted = accepted.into_inner().unwrap();
    accepted.sort_unstable();
    let (_, _, last) = accepted.last().unwrap();
    let last = engine.wait(DEFAULT_ORGANIZATION, last, Duration::from_secs(120)).unwrap();
    assert!(last.state.is_terminal(), "the last job ends: {last:?}");
    let order: Vec<i64> = accepted.iter().map(|(_, number, _)| *number).collect();
    assert!(*started.lock().unwrap() == order, "starts are in the order of acceptance");
}

/// A directory in memory, where there is one: twenty thousand commits wait for no disk, and
/// the order of jobs does not depend on it.
fn in_memory() -> tempfile::TempDir {
    let builder = || tempfile::Builder::new().prefix("docspool-it-").to_owned();
    builder().tempdir_in("/dev/shm").or_else(|_| builder().tempdir()).unwrap()
}

fn numbered(number: i64) -> Submission {
    let document = json!({"filename": "a.txt", "url": data_url("text/plain", b"a")});
    let request = json!({"document": document, "model": number.to_string()});
    Submission::new(Endpoint::Parse, RequestBody::from_value(&request))
}

/// In every listing by creation, jobs that have ended come first, then at most one that
/// runs, then those that wait.
#[test]
fn one_worker_leaves_a_clean_front_in_every_listing() {
    let home = Home::new(&ONE_WORKER);
    let server = home.start();
    let mut client = server.client();
    let stuck = stop_the_worker(&server);
    let texts = (0..100).map(|n: u32| parse_text("a.txt", &n.to_string()));
    let ids: Vec<String> = texts.map(|body| client.submit(&body)).collect();
    process::send(stuck, Signal::CONT);
    eventually(SOON, "all end", || {
        let page = client.get(&format!("/v1/jobs?order=asc&limit=100&ids={}", ids.join(","))).ok();
        let jobs = page["data"].as_array().unwrap();
        let states: Vec<&str> = jobs.iter().map(|job| job["status"].as_str().unwrap()).collect();
        let front = states.iter().take_while(|&&state| state == "completed").count();
        let behind = &states[front..];
        let waiting = behind.strip_prefix(&["in_progress"]).unwrap_or(behind);
        assert!(waiting.iter().all(|&state| state == "queued"), "{states:?}");
        (front == ids.len()).then_some(())
    });
    server.stop();
}

/// Runs a job so that the only worker has a child, stops that child, and hands it a job
/// that therefore never ends. Returns the child's process number.
fn stop_the_worker(server: &Server) -> u32 {
    let mut client = server.client();
    let warm = client.submit(&parse_text("warm.txt", "warm"));
    assert_eq!(client.wait(&warm)["status"], "completed");
    let children = server.children();
    let [child] = children[..] else { panic!("one worker has one child: {children:?}") };
    process::send(child, Signal::STOP);
    child
}

/// A job that its worker has taken and cannot end.
fn endless_job(server: &Server) -> (String, u32) {
    let child = stop_the_worker(server);
    let mut client = server.client();
    let id = client.submit(&parse_text("endless.txt", "endless"));
    eventually(SOON, "the job starts", || {
        (client.job(&id)["status"] == "in_progress").then_some(())
    });
    (id, child)
}

#[test]
fn cancel_of_an_endless_job_frees_its_worker() {
    let home = Home::new(&ONE_WORKER);
    let server = home.start();
    let mut client = server.client();
    let (id, child) = endless_job(&server);
    let next = client.submit(&parse_text("next.txt", "next"));
    assert_eq!(client.job(&next)["status"], "queued");
    let asked = Instant::now();
    let cancelled = client.post_empty(&format!("/v1/jobs/{id}/cancel")).ok();
    assert_eq!(cancelled["status"], "cancelled");
    assert!(cancelled["completed_at"].is_i64() && cancelled["response"].is_null());
    let next = client.wait(&next);
    println!("cancel to the next job's end: {:?}", asked.elapsed());
    assert_eq!((&next["status"], &next["attempts"]), (&json!("completed"), &json!(1)));
    eventually(SOON, "the stopped child is gone", || (!process::is_running(child)).then_some(()));
    // A finish that came late has changed nothing.
    assert_eq!(client.job(&id)["status"], "cancelled");
    server.stop();
}

#[test]
fn a_job_whose_child_is_killed_runs_again_and_ends_once() {
    let home = Home::new(&ONE_WORKER);
    let server = home.start();
    let mut client = server.client();
    let (id, child) = endless_job(&server);
    let next = client.submit(&parse_text("next.txt", "next"));
    process::send(child, Signal::KILL);
    let job = client.wait(&id);
    assert_eq!(job["status"], "completed");
    assert_eq!(job["response"]["body"]["text"], "endless");
    assert_eq!(job["attempts"], 2);
    assert_eq!(client.wait(&next)["attempts"], 1);
    assert!(!server.children().contains(&child));
    server.stop();
}

/// The answer is in the pipe when its child dies: it counts, once.
#[test]
fn an_answer_that_was_sent_before_its_child_was_killed_is_read() {
    let home = Home::new(&ONE_WORKER);
    let server = home.start();
    let mut client = server.client();
    let (id, child) = endless_job(&server);
    // The job is in progress before its task is in the pipe, which takes one write.
    let is_sent = || (process::input_waiting(child) > 0).then_some(());
    eventually(SOON, "the task is on its way", is_sent);
    process::send(server.pid(), Signal::STOP);
    process::send(child, Signal::CONT);
    // It reads, answers and waits for the next task; its parent cannot take the answer.
    eventually(SOON, "the child waits again", || {
        std::thread::sleep(Duration::from_millis(100));
        process::is_waiting(child).then_some(())
    });
    process::send(child, Signal::KILL);
    process::send(server.pid(), Signal::CONT);
    let job = client.wait(&id);
    assert_eq!((&job["status"], &job["attempts"]), (&json!("completed"), &json!(1)), "{job}");
    let next = client.submit(&parse_text("next.txt", "next"));
    assert_eq!(client.wait(&next)["attempts"], 1);
    server.stop();
}

#[test]
fn children_killed_at_any_moment_cost_attempts_and_no_job_twice() {
    const JOBS: usize = 60;
    let home = Home::new(&["--workers", "2"]);
    let server = home.start();
    let mut client = server.client();
    let over = AtomicBool::new(false);
    let (ids, children) = std::thread::scope(|scope| {
        let killer = scope.spawn(|| {
            let (mut random, mut seen) = (Random::new(4), std::collections::BTreeSet::new());
            while !over.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_micros(random.below(30_000)));
                let children = server.children();
                seen.extend(children.iter().copied());
                if !children.is_empty() {
                    let at = random.below(children.len() as u64) as usize;
                    process::send(children[at], Signal::KILL);
                }
            }
            seen
        });
        let text = "word ".repeat(40_000);
        let ids: Vec<String> = (0..JOBS)
            .map(|n| client.submit(&parse_text("a.txt", &format!("{n} {text}"))))
            .collect();
        ids.iter().for_each(|id| drop(client.wait(id)));
        over.store(true, Ordering::Relaxed);
        (ids, killer.join().unwrap())
    });
    let mut attempts = 0;
    for (number, id) in ids.iter().enumerate() {
        let job = client.job(id);
        attempts += job["attempts"].as_u64().unwrap();
        if job["status"] == "failed" {
            // Three in a row.
            assert_eq!(
                (&job["error"]["code"], &job["attempts"]),
                (&json!("worker_lost"), &json!(3))
            );
            continue;
        }
        assert_eq!(job["status"], "completed", "{job}");
        let text = job["response"]["body"]["text"].as_str().unwrap();
        assert!(text.starts_with(&format!("{number} word")), "the answer of its own job");
    }
    println!("{JOBS} jobs, {attempts} attempts, {} children", children.len());
    assert!(children.len() > 5, "children were killed: {}", children.len());
    server.stop();
    eventually(Duration::from_secs(1), "no child is left", || {
        (!children.iter().any(|&pid| process::is_running(pid))).then_some(())
    });
}

#[test]
fn a_job_that_loses_every_worker_fails_and_says_so() {
    let home = Home::new(&ONE_WORKER);
    let server = home.start();
    let mut client = server.client();
    let (id, first) = endless_job(&server);
    let mut killed = vec![first];
    process::send(first, Signal::KILL);
    let job = eventually(Duration::from_secs(30), "the job ends", || {
        // Whatever child comes up for it is stopped before it can answer, then killed;
        // one that was too quick is why the test tries again with a fresh job.
        for child in server.children() {
            if !killed.contains(&child) {
                process::send(child, Signal::KILL);
                killed.push(child);
            }
        }
        let job = client.job(&id);
        matches!(job["status"].as_str(), Some("completed" | "failed")).then_some(job)
    });
    // Between two looks a child may have ended the job; then nothing was lost either.
    if job["status"] == "failed" {
        assert_eq!(job["error"]["code"], "worker_lost");
        assert_eq!(job["attempts"], 3);
    }
    server.stop();
}

#[test]
fn children_end_with_their_server() {
    let home = Home::new(&["--workers", "2"]);
    let server = home.start();
    let mut client = server.client();
    let child = stop_one_of(&server, &mut client);
    let children = server.children();
    assert!(children.contains(&child));
    server.kill();
    eventually(SOON, "no child outlives a killed server, not even a stopped one", || {
        (!children.iter().any(|&pid| process::is_running(pid))).then_some(())
    });
}

fn stop_one_of(server: &Server, client: &mut Client) -> u32 {
    let id = client.submit(&parse_text("a.txt", "a"));
    client.wait(&id);
    let child = server.children()[0];
    process::send(child, Signal::STOP);
    child
}

#[test]
fn a_second_process_on_one_file_is_refused_by_name() {
    let home = Home::new(&[]);
    let server = home.start();
    let asked = Instant::now();
    let output = home.command().output().unwrap();
    println!("refused after {:?}", asked.elapsed());
    assert!(asked.elapsed() < SOON);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success(), "{said}");
    assert!(said.contains(&server.pid().to_string()), "names the pid: {said}");
    assert!(said.contains(&server.address.to_string()), "names the address: {said}");
    // The first one has not noticed.
    let mut client = server.client();
    let id = client.submit(&parse_text("a.txt", "a"));
    assert_eq!(client.wait(&id)["status"], "completed");
    // And a lock whose holder was killed is no lock.
    server.kill();
    let server = home.start();
    assert_eq!(server.client().job(&id)["status"], "completed");
    server.stop();
}

/// Everybody on the network could read every document.
#[test]
fn an_address_for_everybody_needs_keys() {
    let home = Home::new(&["--listen", "0.0.0.0:0"]);
    let output = home.command().output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(7), "{said}");
    assert!(said.contains("docspool keys create"), "names the command that mends it: {said}");
    // The command that mends it does.
    let keys = KeyFile::in_directory(home.path());
    let (key, _) = keys.create("office", DEFAULT_ORGANIZATION, &SystemClock).unwrap();
    let server = home.start();
    let mut client = server.client();
    client.get("/v1/jobs").expect(401);
    client.send("GET", "/v1/jobs", &[("Api-Key", &key)], None).unwrap().ok();
    server.stop();
}

#[test]
fn a_restart_keeps_results() {
    let home = Home::new(&[]);
    let server = home.start();
    let mut client = server.client();
    let texts = (0..20).map(|n| parse_text("a.txt", &format!("text {n}")));
    let ids: Vec<String> = texts.map(|body| client.submit(&body)).collect();
    let before: Vec<Value> = ids.iter().map(|id| client.wait(id)).collect();
    server.stop();
    let server = home.start();
    let mut client = server.client();
    for (id, before) in ids.iter().zip(before) {
        assert_eq!(client.job(id), before);
    }
    server.stop();
}

#[test]
fn a_repeat_with_the_same_key_is_the_same_job() {
    let home = Home::new(&[]);
    let server = home.start();
    let mut client = server.client();
    let mut send = |key: &str, text: &str| {
        let body = parse_text("a.txt", text).to_string();
        client.send("POST", "/v1/jobs", &[("Idempotency-Key", key)], Some(body.as_bytes())).unwrap()
    };
    let first = send("k", "a").ok();
    let again = send("k", "a").ok();
    assert_eq!(first["id"], again["id"]);
    assert_ne!(send("other", "a").ok()["id"], first["id"]);
    let refused = send("k", "b").expect(422);
    assert!(refused["detail"]["message"].as_str().unwrap().contains("Idempotency-Key"));
    // Also for a document large enough to travel on its own.
    let large = "large ".repeat(100_000);
    let first = send("l", &large).ok();
    assert_eq!(send("l", &large).ok()["id"], first["id"]);
    send("l", &(large + "!")).expect(422);
    // The key outlives the process.
    server.stop();
    let server = home.start();
    let mut client = server.client();
    let body = parse_text("a.txt", "a").to_string();
    let key = [("Idempotency-Key", "k")];
    let again = client.send("POST", "/v1/jobs", &key, Some(body.as_bytes())).unwrap().ok();
    let page = client.get("/v1/jobs?order=asc").ok();
    assert_eq!(page["data"][0]["id"], again["id"]);
    assert_eq!(page["data"].as_array().unwrap().len(), 3);
    server.stop();
}

#[test]
fn many_repeats_at_once_are_one_job() {
    let home = Home::new(&[]);
    let server = home.start();
    let ids = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..32 {
            scope.spawn(|| {
                let body = parse_text("a.txt", "once").to_string();
                let key = [("Idempotency-Key", "once")];
                let mut client = server.client();
                let answer = client.send("POST", "/v1/jobs", &key, Some(body.as_bytes())).unwrap();
                ids.lock().unwrap().push(answer.ok()["id"].clone());
            });
        }
    });
    let mut ids = ids.into_inner().unwrap();
    ids.dedup();
    assert_eq!(ids.len(), 1, "{ids:?}");
    assert_eq!(server.client().get("/v1/jobs").ok()["data"].as_array().unwrap().len(), 1);
    server.stop();
}

#[test]
fn sixty_four_busy_connections_and_five_hundred_idle_ones_are_all_served() {
    const BUSY: usize = 64;
    const IDLE: usize = 500;
    const REQUESTS: usize = 25;
    let home = Home::new(&["--workers", "0"]);
    let server = home.start();
    let idle: Vec<TcpStream> =
        (0..IDLE).map(|_| TcpStream::connect(server.address).unwrap()).collect();
    let answered = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for n in 0..BUSY {
            let (server, answered) = (&server, &answered);
            scope.spawn(move || {
                let mut client = server.client();
                for m in 0..REQUESTS {
                    let id = client.submit(&parse_text("a.txt", &format!("{n}-{m}")));
                    assert_eq!(client.job(&id)["status"], "queued");
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(answered.into_inner(), BUSY * REQUESTS);
    drop(idle);
    server.stop();
}

/// SIGTERM under load: what was answered with a 2xx is there afterwards, and the rest is
/// either answered with a refusal or not at all.
#[test]
fn a_terminated_server_keeps_what_it_acknowledged() {
    let home = Home::new(&[]);
    let server = home.start();
    let (acknowledged, over) = (Mutex::new(Vec::new()), AtomicBool::new(false));
    let address = server.address;
    std::thread::scope(|scope| {
        for n in 0..16 {
            let (acknowledged, over) = (&acknowledged, &over);
            scope.spawn(move || {
                let mut client = Client::new(address);
                for m in 0.. {
                    let text = format!("{n}-{m}");
                    let body = parse_text("a.txt", &text).to_string();
                    let sent = client.send("POST", "/v1/jobs", &[], Some(body.as_bytes()));
                    match sent {
                        Ok(answer) if answer.status == 200 => {
                            let id = answer.ok()["id"].as_str().unwrap().to_owned();
                            acknowledged.lock().unwrap().push((id, text));
                        }
                        Ok(answer) => assert_eq!(answer.status, 503, "{answer:?}"),
                        Err(_) if over.load(Ordering::Relaxed) => return,
                        // A connection that was closed between two requests: try once more.
                        Err(_) => std::thread::sleep(Duration::from_millis(5)),
                    }
                }
            });
        }
        std::thread::sleep(Duration::from_millis(300));
        server.terminate();
        let status = server.exit(Duration::from_secs(30));
        over.store(true, Ordering::Relaxed);
        assert_eq!(status.code(), Some(0), "{status}");
    });
    let acknowledged = acknowledged.into_inner().unwrap();
    assert!(!acknowledged.is_empty());
    let server = home.start();
    let mut client = server.client();
    for (id, text) in &acknowledged {
        let job = client.wait(id);
        assert_eq!(job["status"], "completed", "{job}");
        assert_eq!(job["response"]["body"]["text"], text.as_str());
    }
    server.stop();
}

#[test]
fn a_terminated_server_hands_running_jobs_back_at_their_place() {
    let home = Home::new(&[ONE_WORKER.as_slice(), &["--grace", "200ms"]].concat());
    let server = home.start();
    let (running, _child) = endless_job(&server);
    let mut client = server.client();
    let waiting = client.submit(&parse_text("next.txt", "next"));
    server.stop();
    let server = home.start();
    let mut client = server.client();
    let target = format!("/v1/jobs?ids={running},{waiting}&order=asc");
    eventually(SOON, "both end", || {
        let page = client.get(&target).ok();
        let states: Vec<_> =
            page["data"].as_array().unwrap().iter().map(|job| job["status"].clone()).collect();
        assert!(
            states[1] == "queued" || states[0] == "completed",
            "the one that ran keeps its place in front: {states:?}"
        );
        (states == ["completed", "completed"]).then_some(())
    });
    let job = client.job(&running);
    // Being handed back is nobody's fault and costs no attempt.
    assert_eq!(job["attempts"], 1, "{job}");
    assert_eq!(job["response"]["body"]["text"], "endless");
    server.stop();
}

#[test]
fn a_second_signal_ends_the_server_at_once() {
    let home = Home::new(&[ONE_WORKER.as_slice(), &["--grace", "10m"]].concat());
    let server = home.start();
    let (running, _child) = endless_job(&server);
    server.terminate();
    std::thread::sleep(Duration::from_millis(300));
    process::send(server.pid(), Signal::TERM);
    let status = server.exit(SOON);
    assert_ne!(status.code(), Some(0), "an end in a hurry is not an end in good order");
    let server = home.start();
    assert_eq!(server.client().wait(&running)["status"], "completed");
    server.stop();
}
