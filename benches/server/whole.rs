//! One job from submit to completed, small creates beside large documents, and the memory
//! that a large document costs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::client::{Client, Server, drive, large_job, small_job};
use crate::percentile;

/// Prints each of them.
pub(crate) fn whole(run: Duration) {
    submit_to_completed();
    small_beside_large(run);
    memory_of_large();
}

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
    println!(
        "\none small text job at a time, submit to completed, over HTTP and a child: \
         p50 {:.2} ms, p99 {:.2} ms",
        percentile(&mut times, 50),
        percentile(&mut times, 99)
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
    let small = drive(address, 4, run * 2, "POST", "/v1/jobs", &small_job());
    stop.store(true, Ordering::Relaxed);
    let documents: usize = writers.into_iter().map(|writer| writer.join().unwrap()).sum();
    let rate_mb = (documents * 20) as f64 / started.elapsed().as_secs_f64();
    println!(
        "small creates beside 20 MB documents at {rate_mb:.0} MB/s: {:.0}/s, \
         p50 {:.1} ms, p99 {:.1} ms",
        small.rate, small.p50_ms, small.p99_ms
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
