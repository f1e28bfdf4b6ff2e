//! Kill -9 of the server at random moments under load, and what must hold afterwards.
//!
//! The witness is a ledger outside the server: each submitter writes down, on stable
//! storage, what it is about to send before it sends it, and the id once it has a 2xx.
//! Then, over all rounds: nothing acknowledged is lost, every job ends, no job has two
//! results, no poller sees a change that the state table forbids, the file is sound, the
//! server is ready at once, and a repeat with the same key gives one job.
//!
//! `DOCSPOOL_CRASH_ROUNDS` sets the number of rounds, `DOCSPOOL_CRASH_SEED` the moments.

mod world;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use docspool::State;
use world::{World, create, reachable, state_of};

use crate::support::client::Client;
use crate::support::process::{self, eventually};
use crate::support::random::Random;
use crate::support::server::{Home, Server};

const SUBMITTERS: u64 = 32;
const POLLERS: u64 = 16;
const CANCELLERS: u64 = 4;
const ROUNDS: u64 = 20;
/// Then a new file begins, so that a long run does not look at ever more jobs.
const ROUNDS_A_FILE: u64 = 50;
const KILL_AFTER_MS: (u64, u64) = (50, 800);

/// Half of the starts are ready within this.
const READY_LIMIT: Duration = Duration::from_secs(1);
/// A bound that every start keeps, on a busy machine, too. What was measured is printed.
const READY_LIMIT_OF_ALL: Duration = Duration::from_secs(5);

#[test]
fn nothing_acknowledged_is_lost_when_the_server_is_killed() {
    let rounds = setting("DOCSPOOL_CRASH_ROUNDS").unwrap_or(ROUNDS);
    let seed = setting("DOCSPOOL_CRASH_SEED").unwrap_or_else(|| u64::from(std::process::id()));
    let mut seen = Seen::default();
    for file in 0..rounds.div_ceil(ROUNDS_A_FILE) {
        let rounds = ROUNDS_A_FILE.min(rounds - file * ROUNDS_A_FILE);
        kill_and_start_again(rounds, seed.wrapping_add(file), &mut seen);
    }
    seen.ready.sort_unstable();
    let (median, slowest) = (seen.ready[seen.ready.len() / 2], *seen.ready.last().unwrap());
    println!(
        "{rounds} rounds, seed {seed}: ready after {median:?} (median), {slowest:?} (slowest); \
         children gone at most {:?} after the server",
        seen.orphaned
    );
    assert!(median < READY_LIMIT && slowest < READY_LIMIT_OF_ALL, "ready after {:?}", seen.ready);
}

/// What the rounds have shown.
#[derive(Default)]
struct Seen {
    /// How long each start took.
    ready: Vec<Duration>,
    /// The longest that a child outlived its server.
    orphaned: Duration,
}

/// Rounds on one data file. Its jobs are all looked at in the end.
fn kill_and_start_again(rounds: u64, seed: u64, seen: &mut Seen) {
    let home = Home::new(&[]);
    let world = World::new(home.path(), SUBMITTERS, seed);
    let mut server = home.start();
    for round in 0..rounds {
        let (low, high) = KILL_AFTER_MS;
        let moment =
            Duration::from_millis(low + Random::new(seed ^ (round << 32)).below(high - low));
        seen.orphaned = seen.orphaned.max(under_load(&world, server, round, moment));
        assert_sound(&home.data_file());
        server = home.start();
        seen.ready.push(server.ready_after);
        world.repeat_unknown(&mut server.client());
        world.settle(&mut server.client());
        assert_eq!(world.faults(), Vec::<String>::new(), "round {round}, seed {seed}");
    }
    world.verify_everything(&mut server.client());
    assert_eq!(world.faults(), Vec::<String>::new(), "at the end, seed {seed}");
    server.stop();
    assert_sound(&home.data_file());
    println!("{rounds} rounds, seed {seed}: {}", world.summary());
    assert!(world.acknowledged() >= rounds, "the load was no load");
}

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Runs the clients against the server, kills it at the moment given, and returns how long
/// its children outlived it.
fn under_load(world: &World, server: Server, round: u64, moment: Duration) -> Duration {
    let over = AtomicBool::new(false);
    let address = server.address;
    std::thread::scope(|scope| {
        let over = &over;
        for n in 0..SUBMITTERS {
            scope.spawn(move || Submitter::new(world, round, n).work(address, over));
        }
        for n in 0..POLLERS {
            scope.spawn(move || {
                poll(world, Random::new(world.seed ^ round << 16 ^ n), address, over)
            });
        }
        for n in 0..CANCELLERS {
            let random = Random::new(world.seed ^ round << 24 ^ n);
            scope.spawn(move || cancel(world, random, address, over));
        }
        std::thread::sleep(moment);
        let children = server.children();
        server.kill();
        let killed = Instant::now();
        over.store(true, Ordering::Relaxed);
        eventually(Duration::from_secs(5), "no child outlives the server", || {
            (!children.iter().any(|&pid| process::is_running(pid))).then_some(())
        });
        killed.elapsed()
    })
}

/// SQLite's own examination, on a copy: the recovery of the file is the server's to do.
fn assert_sound(file: &Path) {
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("copy.db");
    let beside = |path: &Path, suffix: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(suffix);
        std::path::PathBuf::from(name)
    };
    std::fs::copy(file, &copy).unwrap();
    if beside(file, "-wal").exists() {
        std::fs::copy(beside(file, "-wal"), beside(&copy, "-wal")).unwrap();
    }
    let connection = rusqlite::Connection::open(&copy).unwrap();
    let verdict: String =
        connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(verdict, "ok");
    let mut check = connection.prepare("PRAGMA foreign_key_check").unwrap();
    assert!(!check.exists([]).unwrap(), "a row refers to nothing");
}

/// One client that creates jobs.
struct Submitter<'a> {
    world: &'a World,
    round: u64,
    number: u64,
    random: Random,
}

impl<'a> Submitter<'a> {
    fn new(world: &'a World, round: u64, number: u64) -> Self {
        let random = Random::new(world.seed ^ (round << 8) ^ number);
        Self { world, round, number, random }
    }

    fn work(mut self, address: SocketAddr, over: &AtomicBool) {
        let mut client = Client::new(address);
        for count in 0.. {
            if over.load(Ordering::Relaxed) {
                return;
            }
            let serial = format!("{}-{}-{count}", self.round, self.number);
            let key = (self.random.below(2) == 0).then(|| format!("key-{serial}"));
            self.world.intend(self.number, &serial, key.as_deref());
            match create(&mut client, &serial, key.as_deref()) {
                Ok(answer) if answer.status == 200 => {
                    let job = answer.ok();
                    self.world.note(self.number, &format!("ack {serial} {}", job["id"]));
                    self.world.acknowledge(&serial, key.as_deref(), &job);
                }
                Ok(answer) => {
                    // Not a 2xx: certainly not stored, and nothing here asks for that.
                    self.world.fault(format!("create answered {answer:?}"));
                    return;
                }
                Err(_) => return,
            }
            // A little air, so that a round is some hundred jobs and ends soon.
            std::thread::sleep(Duration::from_millis(self.random.below(40)));
        }
    }
}

fn poll(world: &World, mut random: Random, address: SocketAddr, over: &AtomicBool) {
    let mut client = Client::new(address);
    while !over.load(Ordering::Relaxed) {
        let Some((id, before)) = world.any_job(&mut random) else {
            std::thread::sleep(Duration::from_millis(2));
            continue;
        };
        match client.try_get(&format!("/v1/jobs/{id}")) {
            Ok(answer) if answer.status == 200 => world.observe(&before, &answer.ok()),
            Ok(answer) => world.fault(format!("{id}, acknowledged, answered {answer:?}")),
            Err(_) => return,
        }
        world.count_poll();
        std::thread::sleep(Duration::from_millis(random.below(10)));
    }
}

fn cancel(world: &World, mut random: Random, address: SocketAddr, over: &AtomicBool) {
    let mut client = Client::new(address);
    while !over.load(Ordering::Relaxed) {
        if let Some((id, before)) = world.any_job(&mut random) {
            let target = format!("/v1/jobs/{id}/cancel");
            match client.send("POST", &target, &[], None) {
                Ok(answer) if answer.status == 200 => {
                    let job = answer.ok();
                    if before.state.is_terminal() || state_of(&job) != State::Cancelled {
                        world.fault(format!("cancel of {} gave {job}", before.state));
                    }
                    world.observe(&before, &job);
                    world.count_cancel();
                }
                // It had ended.
                Ok(answer) if answer.status == 400 => {}
                Ok(answer) => world.fault(format!("cancel of {id} answered {answer:?}")),
                Err(_) => return,
            }
        }
        std::thread::sleep(Duration::from_millis(random.below(20)));
    }
}

#[test]
fn the_judge_knows_what_may_follow() {
    assert_eq!(reachable(State::Completed), [State::Completed]);
    assert!(reachable(State::InProgress).contains(&State::Queued));
    assert!(!reachable(State::Queued).contains(&State::Validating));
}
