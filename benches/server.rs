//! What the server does for its clients, beside the physical limit of the same minute.
//!
//! `cargo bench --bench server` starts the real server on a fresh data file and prints:
//! durable accepts a second with 1, 8 and 64 keep-alive clients, each as a ratio to one
//! SQLite writer that commits what its producers hand it and does nothing else; the time
//! from submit to completed; small creates while 20 MB documents flow in; and the memory
//! that one 50 MB document costs. Ratios hold between machines, absolute numbers do not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::disallowed_methods, missing_docs)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;

const ROUNDS: usize = 3;

fn main() {
    let seconds = if std::env::args().any(|word| word == "--quick") { 1 } else { 3 };
    let run = Duration::from_secs(seconds);
    println!("fdatasync of 4 KiB: median {:.0} us", fdatasync_us());
    accepts(run);
    submit_to_completed();
    small_beside_large(run);
    memory_of_large();
}

// --- accepts ----------------------------------------------------------------------

fn accepts(run: Duration) {
    println!("\nclients  accepts/s  raw rows/s  ratio  p50 ms  p99 ms   (median of {ROUNDS})");
    for clients in [1, 8, 64] {
        let mut rows: Vec<(f64, f64, f64, f64)> = (0..ROUNDS)
            .map(|_| {
                let raw = raw_rows_a_second(clients, run);
                let server = Server::start(&["--workers", "0"]);
                let (rate, p50, p99) = drive(server.address, clients, run, &small_job());
                (rate, raw, p50, p99)
            })
            .collect();
        rows.sort_by(|a, b| (a.0 / a.1).total_cmp(&(b.0 / b.1)));
        let (rate, raw, p50, p99) = rows[ROUNDS / 2];
        println!(
            "{clients:>7}  {rate:>9.0}  {raw:>10.0}  {:>5.2}  {p50:>6.2}  {p99:>6.2}",
            rate / raw
        );
    }
}

/// Posts the same body over and over on `clients` connections; returns requests a second
/// and the latency's median and 99th percentile in milliseconds.
fn drive(address: SocketAddr, clients: usize, run: Duration, body: &str) -> (f64, f64, f64) {
    let stop = Arc::new(AtomicBool::new(false));
    let started = Instant::now();
    let threads: Vec<_> = (0..clients)
        .map(|_| {
            let (stop, body) = (Arc::clone(&stop), body.to_owned());
            std::thread::spawn(move || {
                let mut client = Client::connect(address);
                let mut times = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let sent = Instant::now();
                    let (status, _) = client.request("POST", "/v1/jobs", &body);
                    assert_eq!(status, 200);
                    times.push(sent.elapsed().as_secs_f64() * 1000.0);
                }
                times
            })
        })
        .collect();
    std::thread::sleep(run);
    stop.store(true, Ordering::Relaxed);
    let mut times: Vec<f64> = threads.into_iter().flat_map(|t| t.join().unwrap()).collect();
    let rate = times.len() as f64 / started.elapsed().as_secs_f64();
    times.sort_by(f64::total_cmp);
    (rate, percentile(&times, 50), percentile(&times, 99))
}

/// The physical limit: one thread takes whatever its producers have handed it, at most 256
/// rows of 1 KiB, into one transaction at `synchronous=FULL`, and answers them after it.
fn raw_rows_a_second(producers: usize, run: Duration) -> f64 {
    let folder = tempfile::tempdir().unwrap();
    let mut db = rusqlite::Connection::open(folder.path().join("raw.db")).unwrap();
    db.execute_batch(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
         CREATE TABLE row (id INTEGER PRIMARY KEY, state INTEGER, body BLOB) STRICT;
         CREATE INDEX waiting ON row (id) WHERE state = 0;",
    )
    .unwrap();
    let (sender, receiver) = crossbeam_channel::bounded::<crossbeam_channel::Sender<()>>(1024);
    let stop = Arc::new(AtomicBool::new(false));
    let threads: Vec<_> = (0..producers)
        .map(|_| {
            let (sender, stop) = (sender.clone(), Arc::clone(&stop));
            std::thread::spawn(move || {
                let (answer, answered) = crossbeam_channel::bounded(1);
                let mut count = 0_u64;
                while !stop.load(Ordering::Relaxed) && sender.send(answer.clone()).is_ok() {
                    answered.recv().unwrap();
                    count += 1;
                }
                count
            })
        })
        .collect();
    drop(sender);
    let started = Instant::now();
    let body = vec![b'x'; 1024];
    while let Ok(first) = receiver.recv() {
        let mut waiting = vec![first];
        waiting.extend(receiver.try_iter().take(255));
        let transaction =
            db.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
        for _ in &waiting {
            let mut insert =
                transaction.prepare_cached("INSERT INTO row (state, body) VALUES (0, ?1)").unwrap();
            insert.execute([&body]).unwrap();
        }
        transaction.commit().unwrap();
        waiting.iter().for_each(|answer| answer.send(()).unwrap());
        if started.elapsed() > run {
            stop.store(true, Ordering::Relaxed);
        }
    }
    let rows: u64 = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
    rows as f64 / started.elapsed().as_secs_f64()
}

fn fdatasync_us() -> f64 {
    let mut file = tempfile::tempfile().unwrap();
    let mut times: Vec<f64> = (0..60)
        .map(|_| {
            std::io::Seek::rewind(&mut file).unwrap();
            file.write_all(&[7; 4096]).unwrap();
            let started = Instant::now();
            file.sync_data().unwrap();
            started.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    percentile(&times, 50)
}

// --- one job ----------------------------------------------------------------------

fn submit_to_completed() {
    let server = Server::start(&[]);
    let mut client = Client::connect(server.address);
    let mut times = Vec::new();
    for _ in 0..100 {
        let sent = Instant::now();
        let (_, answer) = client.request("POST", "/v1/jobs", &small_job());
        let job: serde_json::Value = serde_json::from_slice(&answer).unwrap();
        let path = format!("/v1/jobs/{}?wait=10", job["id"].as_str().unwrap());
        let (_, answer) = client.request("GET", &path, "");
        let job: serde_json::Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(job["status"], "completed");
        times.push(sent.elapsed().as_secs_f64() * 1000.0);
        std::thread::sleep(Duration::from_millis(20));
    }
    times.sort_by(f64::total_cmp);
    println!(
        "\none small text job at a time, submit to completed, over HTTP and a child: \
         p50 {:.2} ms, p99 {:.2} ms",
        percentile(&times, 50),
        percentile(&times, 99)
    );
}

fn small_beside_large(run: Duration) {
    let server = Server::start(&["--workers", "0"]);
    let address = server.address;
    let stop = Arc::new(AtomicBool::new(false));
    let large = Arc::new(large_job(20 << 20));
    let writers: Vec<_> = (0..2)
        .map(|_| {
            let (stop, large) = (Arc::clone(&stop), Arc::clone(&large));
            std::thread::spawn(move || {
                let mut client = Client::connect(address);
                let mut count = 0;
                while !stop.load(Ordering::Relaxed) {
                    let (status, _) = client.request("POST", "/v1/jobs", &large);
                    assert_eq!(status, 200);
                    count += 1;
                }
                count
            })
        })
        .collect();
    let started = Instant::now();
    let (rate, p50, p99) = drive(address, 4, run * 2, &small_job());
    stop.store(true, Ordering::Relaxed);
    let documents: usize = writers.into_iter().map(|writer| writer.join().unwrap()).sum();
    let rate_mb = (documents * 20) as f64 / started.elapsed().as_secs_f64();
    println!(
        "small creates beside 20 MB documents at {rate_mb:.0} MB/s: {rate:.0}/s, \
         p50 {p50:.1} ms, p99 {p99:.1} ms"
    );
}

fn memory_of_large() {
    let server = Server::start(&["--workers", "0"]);
    let mut client = Client::connect(server.address);
    client.request("POST", "/v1/jobs", &small_job());
    let idle = server.peak_kib();
    let started = Instant::now();
    let (status, _) = client.request("POST", "/v1/jobs", &large_job(50_000_000));
    assert_eq!(status, 200);
    println!(
        "a 50 MB document: stored in {:.0} ms, peak memory {:.1} MiB above the {:.1} MiB before it",
        started.elapsed().as_secs_f64() * 1000.0,
        (server.peak_kib() - idle) as f64 / 1024.0,
        idle as f64 / 1024.0
    );
}

// --- parts ------------------------------------------------------------------------

fn percentile(sorted: &[f64], percent: usize) -> f64 {
    sorted[(sorted.len() * percent / 100).min(sorted.len() - 1)]
}

fn small_job() -> String {
    let data =
        base64::engine::general_purpose::STANDARD.encode("A short text of about forty bytes long.");
    create("note.txt", &format!("data:text/plain;base64,{data}"))
}

fn large_job(length: usize) -> String {
    let mut state = 1_u64;
    let bytes: Vec<u8> = (0..length)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as u8
        })
        .collect();
    let data = base64::engine::general_purpose::STANDARD.encode(bytes);
    create("scan.pdf", &format!("data:application/pdf;base64,{data}"))
}

fn create(filename: &str, url: &str) -> String {
    let document = serde_json::json!({"filename": filename, "url": url});
    let request = serde_json::json!({"document": document});
    serde_json::json!({"endpoint": "/v1/documents/parse", "request": request}).to_string()
}

struct Server {
    child: Child,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Server {
    fn start(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_docspool"))
            .args(["serve", "--listen", &address.to_string(), "--data-dir"])
            .arg(folder.path())
            .args(options)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let started = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(started.elapsed() < Duration::from_secs(10), "the server did not start");
            std::thread::sleep(Duration::from_millis(10));
        }
        Self { child, address, _folder: folder }
    }

    fn peak_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    fn request(&mut self, method: &str, path: &str, body: &str) -> (u16, Vec<u8>) {
        let mut text = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nApi-Key: x\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        if body.len() < 100_000 {
            text.push_str(body);
            self.0.get_mut().write_all(text.as_bytes()).unwrap();
        } else {
            self.0.get_mut().write_all(text.as_bytes()).unwrap();
            self.0.get_mut().write_all(body.as_bytes()).unwrap();
        }
        self.answer()
    }

    fn answer(&mut self) -> (u16, Vec<u8>) {
        let (mut status, mut length, mut is_chunked) = (0, 0, false);
        loop {
            let line = self.line();
            let lower = line.to_ascii_lowercase();
            if line.is_empty() {
                break;
            } else if status == 0 {
                status = line.split(' ').nth(1).unwrap().parse().unwrap();
            } else if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            } else if lower.starts_with("transfer-encoding:") {
                is_chunked = true;
            }
        }
        let mut body = Vec::new();
        if !is_chunked {
            body.resize(length, 0);
            self.0.read_exact(&mut body).unwrap();
            return (status, body);
        }
        loop {
            let size = usize::from_str_radix(self.line().trim(), 16).unwrap();
            let start = body.len();
            body.resize(start + size, 0);
            self.0.read_exact(&mut body[start..]).unwrap();
            self.line();
            if size == 0 {
                return (status, body);
            }
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}
