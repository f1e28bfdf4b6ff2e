//! What the server does for its clients, beside the physical limit of the same minute.
//!
//! `cargo bench --bench server` runs every section below, `cargo bench --bench server -- NAME…`
//! those that are named, `--quick` with rounds of one second, `--sync-us N` on a disk whose syncs
//! take so many microseconds longer (Linux):
//!
//! - `accepts`: durable accepts a second with 1, 8 and 64 keep-alive clients;
//! - `drain`: waiting jobs that do nothing, run by four workers inside this process;
//! - `idle`: from submit to start on an idle queue;
//! - `end-to-end`: small documents over HTTP through child processes until they are completed;
//! - `gate`: requests a second through the gate, beside tiny_http alone;
//! - `whole`: one job at a time, small creates beside large documents, memory of a large one.
//!
//! The limit is one SQLite writer that commits what its producers hand it and does nothing
//! else (`raw`). Ratios hold between machines, absolute numbers do not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::disallowed_methods, missing_docs)]

mod accepts;
mod client;
mod drain;
mod gate;
mod raw;
mod slow;
mod whole;

use std::io::Write;
use std::time::{Duration, Instant};

/// Rounds of every comparison; the median is printed.
const ROUNDS: usize = 3;

fn main() {
    let mut words: Vec<String> =
        std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if let Some(at) = words.iter().position(|word| word == "--sync-us") {
        let extra_us = words.get(at + 1).and_then(|text| text.parse().ok());
        words.drain(at..words.len().min(at + 2));
        return slow::run(extra_us.expect("--sync-us NUMBER"), &words);
    }
    let is_quick = words.iter().any(|word| word == "--quick");
    let run = Duration::from_secs(if is_quick { 1 } else { 3 });
    let named: Vec<&String> = words.iter().filter(|word| !word.starts_with('-')).collect();
    let wanted = |name: &str| named.is_empty() || named.iter().any(|word| *word == name);
    println!("fdatasync of 4 KiB: median {:.0} us", fdatasync_us());
    let sections: [(&str, &dyn Fn()); 6] = [
        ("accepts", &|| accepts::accepts(run)),
        ("drain", &drain::drain),
        ("idle", &drain::idle),
        ("end-to-end", &|| accepts::end_to_end(run)),
        ("gate", &|| gate::gate(run)),
        ("whole", &|| whole::whole(run)),
    ];
    for (name, section) in sections {
        if wanted(name) {
            section();
        }
    }
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
    percentile(&mut times, 50)
}

/// Nearest-rank percentile.
fn percentile(times: &mut [f64], percent: usize) -> f64 {
    times.sort_by(f64::total_cmp);
    times[(times.len() * percent).div_ceil(100).clamp(1, times.len()) - 1]
}

/// The row of the median by what `key` says.
fn median<T: Copy>(rows: &mut [T], key: impl Fn(&T) -> f64) -> T {
    rows.sort_by(|a, b| key(a).total_cmp(&key(b)));
    rows[rows.len() / 2]
}
