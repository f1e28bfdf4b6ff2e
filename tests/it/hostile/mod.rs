//! Documents made to hurt, of our own making: each as a job of the real server, which ends it
//! in time and in memory, and whose next job never notices.
//!
//! Owns how such a document is judged. [`files`] makes the PDFs, [`containers`] the rest;
//! [`truncated`] cuts small files at every byte.

mod bodies;
mod containers;
mod files;
mod schemas;
mod truncated;

use std::time::{Duration, Instant};

use crate::support::documents::{data_url, parse, parse_text};
use crate::support::process::peak_memory_bytes;
use crate::support::server::{Home, Server};

/// Arguments of a server whose children have little and must hurry. OCR stays off: pictures
/// are decoded all the same.
const POOR: [&str; 8] =
    ["--workers", "1", "--child-memory", "1GiB", "--job-deadline", "30s", "--ocr", "off"];
/// What the server itself may come to hold: documents pass through it in pieces.
const SERVER_BYTES_MAX: u64 = 400 << 20;

/// How such a job may fail.
const CODES: [&str; 8] = [
    "document_damaged",
    "password_required",
    "encryption_unsupported",
    "unsupported_media_type",
    "limit_exceeded",
    "deadline_exceeded",
    "memory_limit_exceeded",
    "response_too_large",
];

/// Runs a document as a job, and a harmless one behind it.
fn judge(server: &Server, name: &str, filename: &str, media_type: &str, bytes: &[u8]) {
    let mut client = server.client();
    let started = Instant::now();
    let id = client.submit(&parse(filename, &data_url(media_type, bytes)));
    let next = client.submit(&parse_text("next.txt", "unharmed"));
    let job = client.wait(&id);
    let took = started.elapsed();
    let code = job["error"]["code"].as_str().unwrap_or("-");
    println!("{name}: {} {code} after {took:?}, {} bytes", job["status"], bytes.len());
    match job["status"].as_str() {
        Some("completed") => assert_eq!(code, "-", "{name}"),
        // No crash is among them: each of these files is foreseen.
        Some("failed") => assert!(CODES.contains(&code), "{name}: {}", job["error"]),
        other => panic!("{name}: {other:?}"),
    }
    assert!(took < Duration::from_secs(40), "{name} took {took:?}");
    let next = client.wait(&next);
    assert_eq!(next["status"], "completed", "the job behind {name}: {next}");
    assert_eq!(next["attempts"], 1, "the job behind {name}");
}

#[test]
fn hostile_pdfs_cost_one_job_each_at_most() {
    let home = Home::new(&POOR);
    let server = home.start();
    for (name, bytes) in files::all() {
        judge(&server, name, "a.pdf", "application/pdf", &bytes);
    }
    assert!(peak_memory_bytes(server.pid()) < SERVER_BYTES_MAX);
    server.stop();
}

#[test]
fn hostile_files_of_other_formats_cost_one_job_each_at_most() {
    let home = Home::new(&POOR);
    let server = home.start();
    for (name, filename, media_type, bytes) in containers::all() {
        judge(&server, name, filename, media_type, &bytes);
    }
    assert!(peak_memory_bytes(server.pid()) < SERVER_BYTES_MAX);
    server.stop();
}
