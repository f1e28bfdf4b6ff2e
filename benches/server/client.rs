//! The real server as a process, a keep-alive client of it, and what they are asked.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;

use crate::percentile;

/// What a load has shown.
#[derive(Clone, Copy)]
pub(crate) struct Load {
    pub(crate) count: usize,
    /// Requests a second.
    pub(crate) rate: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

/// Sends the same request over and over on `clients` connections.
pub(crate) fn drive(
    address: SocketAddr,
    clients: usize,
    run: Duration,
    method: &'static str,
    path: &'static str,
    body: &str,
) -> Load {
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
                    let (status, _) = client.request(method, path, &body);
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
    let (p50_ms, p99_ms) = (percentile(&mut times, 50), percentile(&mut times, 99));
    Load { count: times.len(), rate, p50_ms, p99_ms }
}

pub(crate) fn small_job() -> String {
    let data =
        base64::engine::general_purpose::STANDARD.encode("A short text of about forty bytes long.");
    create("note.txt", &format!("data:text/plain;base64,{data}"))
}

pub(crate) fn large_job(length: usize) -> String {
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

pub(crate) fn create(filename: &str, url: &str) -> String {
    let document = serde_json::json!({"filename": filename, "url": url});
    let request = serde_json::json!({"document": document});
    serde_json::json!({"endpoint": "/v1/documents/parse", "request": request}).to_string()
}

pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Server {
    pub(crate) fn start(options: &[&str]) -> Self {
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

    /// Commits since the start.
    pub(crate) fn commits(&self) -> u64 {
        let (_, answer) = Client::connect(self.address).request("GET", "/readyz", "");
        let ready: serde_json::Value = serde_json::from_slice(&answer).unwrap();
        let checks = ready["checks"].as_array().unwrap();
        let writer = checks.iter().find(|check| check["name"] == "writer").unwrap();
        let detail = writer["detail"].as_str().unwrap();
        detail.split(' ').next().unwrap().parse().unwrap()
    }

    pub(crate) fn peak_kib(&self) -> u64 {
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

pub(crate) struct Client(BufReader<TcpStream>);

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    pub(crate) fn request(&mut self, method: &str, path: &str, body: &str) -> (u16, Vec<u8>) {
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

    pub(crate) fn answer(&mut self) -> (u16, Vec<u8>) {
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

    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}
