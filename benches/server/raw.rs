//! The physical limit: one SQLite writer that does nothing but what a queue cannot do without.
//!
//! One thread takes whatever its callers have handed it, at most 256 operations, into one
//! transaction at `synchronous=FULL`, and answers them after the commit. One table, one partial
//! index on the waiting rows, no ids, no listings, no history.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded};
use rusqlite::{Connection, OptionalExtension as _};

use crate::percentile;

enum Operation {
    Insert(usize),
    Claim,
    Complete(i64),
    /// A completion that carries the same worker's next claim.
    Next(i64),
}

type Message = (Operation, Sender<i64>);

struct Raw {
    sender: Sender<Message>,
    thread: std::thread::JoinHandle<()>,
    _folder: tempfile::TempDir,
}

impl Raw {
    fn start(waiting: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let connection = open(folder.path(), waiting);
        let (sender, receiver) = bounded(1024);
        let thread = std::thread::spawn(move || write(&connection, &receiver));
        Self { sender, thread, _folder: folder }
    }

    fn stop(self) {
        drop(self.sender);
        self.thread.join().unwrap();
    }
}

fn open(folder: &Path, waiting: usize) -> Connection {
    let mut connection = Connection::open(folder.join("raw.db")).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
             CREATE TABLE job (id INTEGER PRIMARY KEY, state INTEGER, body BLOB) STRICT;
             CREATE INDEX waiting ON job (id) WHERE state = 0;",
        )
        .unwrap();
    let transaction = connection.transaction().unwrap();
    for _ in 0..waiting {
        insert(&transaction, 200);
    }
    transaction.commit().unwrap();
    connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    connection
}

fn write(connection: &Connection, receiver: &Receiver<Message>) {
    let mut answers = Vec::new();
    while let Ok(first) = receiver.recv() {
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        for (operation, answer) in std::iter::once(first).chain(receiver.try_iter().take(255)) {
            let value = match operation {
                Operation::Insert(bytes) => insert(connection, bytes),
                Operation::Claim => claim(connection),
                Operation::Complete(id) => complete(connection, id),
                Operation::Next(id) => {
                    assert_eq!(complete(connection, id), 1);
                    claim(connection)
                }
            };
            answers.push((answer, value));
        }
        connection.execute_batch("COMMIT").unwrap();
        answers.drain(..).for_each(|(answer, value)| answer.send(value).unwrap());
    }
}

fn insert(connection: &Connection, bytes: usize) -> i64 {
    let sql = "INSERT INTO job (state, body) VALUES (0, ?1)";
    connection.prepare_cached(sql).unwrap().execute([vec![b'x'; bytes]]).unwrap();
    connection.last_insert_rowid()
}

/// -1 when nothing waits.
fn claim(connection: &Connection) -> i64 {
    let sql = "UPDATE job SET state = 1 WHERE id = (SELECT id FROM job INDEXED BY waiting \
               WHERE state = 0 ORDER BY id LIMIT 1) RETURNING id";
    let mut statement = connection.prepare_cached(sql).unwrap();
    statement.query_row([], |row| row.get(0)).optional().unwrap().unwrap_or(-1)
}

fn complete(connection: &Connection, id: i64) -> i64 {
    let sql = "UPDATE job SET state = 2 WHERE id = ?1 AND state = 1";
    connection.prepare_cached(sql).unwrap().execute([id]).unwrap() as i64
}

fn ask(sender: &Sender<Message>, operation: Operation) -> i64 {
    let (answer, answered) = bounded(1);
    sender.send((operation, answer)).unwrap();
    answered.recv().unwrap()
}

/// Rows of 1 KiB a second with so many producers, and the 99th percentile of the wait of one
/// for its answer, in milliseconds.
pub(crate) fn accepts(producers: usize, run: Duration) -> (f64, f64) {
    let raw = Raw::start(0);
    let stop = Arc::new(AtomicBool::new(false));
    let started = Instant::now();
    let threads: Vec<_> = (0..producers)
        .map(|_| {
            let (sender, stop) = (raw.sender.clone(), Arc::clone(&stop));
            std::thread::spawn(move || {
                let mut times = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let asked = Instant::now();
                    ask(&sender, Operation::Insert(1024));
                    times.push(asked.elapsed().as_secs_f64() * 1000.0);
                }
                times
            })
        })
        .collect();
    std::thread::sleep(run);
    stop.store(true, Ordering::Relaxed);
    let mut times: Vec<f64> =
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect();
    let rate = times.len() as f64 / started.elapsed().as_secs_f64();
    raw.stop();
    (rate, percentile(&mut times, 99))
}

/// Jobs a second of four workers that claim and complete `jobs` of `waiting` rows, in two
/// commits a job, or in one when the completion carries the next claim.
pub(crate) fn drain(jobs: usize, waiting: usize, is_joined: bool) -> f64 {
    let raw = Raw::start(waiting);
    let started = Instant::now();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let sender = raw.sender.clone();
            std::thread::spawn(move || {
                let mut held = ask(&sender, Operation::Claim);
                for _ in 0..jobs / 4 {
                    if is_joined {
                        held = ask(&sender, Operation::Next(held));
                    } else {
                        assert_eq!(ask(&sender, Operation::Complete(held)), 1);
                        held = ask(&sender, Operation::Claim);
                    }
                }
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    let rate = jobs as f64 / started.elapsed().as_secs_f64();
    raw.stop();
    rate
}

/// Milliseconds from just before the insert to the moment a sleeping worker has claimed the
/// row, for each of `count`.
pub(crate) fn idle(count: usize) -> Vec<f64> {
    let raw = Raw::start(0);
    let (wake, woken) = bounded::<()>(1);
    let (started, starts) = bounded(1);
    let sender = raw.sender.clone();
    let worker = std::thread::spawn(move || {
        while woken.recv().is_ok() {
            let id = ask(&sender, Operation::Claim);
            started.send(Instant::now()).unwrap();
            ask(&sender, Operation::Complete(id));
        }
    });
    let times = (0..count)
        .map(|number| {
            std::thread::sleep(pause(number));
            let asked = Instant::now();
            ask(&raw.sender, Operation::Insert(200));
            wake.send(()).unwrap();
            (starts.recv().unwrap() - asked).as_secs_f64() * 1000.0
        })
        .collect();
    drop(wake);
    worker.join().unwrap();
    raw.stop();
    times
}

/// Uneven, so that no rhythm of the machine is met.
pub(crate) fn pause(number: usize) -> Duration {
    Duration::from_millis(20 + (number as u64 * 37) % 80)
}
