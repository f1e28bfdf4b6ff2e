//! A server as it looks from outside: memory, descriptors, threads, files.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use docspool::base::limits;

const MIB: f64 = 1024.0 * 1024.0;

/// Growth of memory that is none: allocator and page caches breathe.
const MEMORY_SLACK: (f64, f64) = (1.1, 16.0 * MIB);
/// Readers and private connections are opened when they are first needed, and stay.
const OPEN_SLACK: f64 = 24.0;
const THREAD_SLACK: f64 = 24.0;
/// What stays of a job that has expired: its record and the entries of the indexes.
const RECORD_BYTES: f64 = 1_536.0;
/// Jobs that have yet to expire come as fast as the machine is just then, and pages wait for
/// their next use.
const FILE_SLACK: (f64, f64) = (1.5, 16.0 * MIB);

struct Sample {
    at: Duration,
    jobs: u64,
    memory: f64,
    open: f64,
    threads: f64,
    log: f64,
    file: f64,
}

/// Looks at one server, over and over.
pub(super) struct Gauges {
    pid: u32,
    file: PathBuf,
    log: PathBuf,
    /// Jobs come and expire, from then on.
    steady: Duration,
    samples: Vec<Sample>,
}

impl Gauges {
    /// A server of that file, whose life is steady after so long.
    pub(super) fn new(pid: u32, file: &Path, steady: Duration) -> Self {
        let mut log = file.as_os_str().to_owned();
        log.push("-wal");
        Self { pid, file: file.to_owned(), log: log.into(), steady, samples: Vec::new() }
    }

    pub(super) fn look(&mut self, at: Duration, jobs: u64) {
        let process = PathBuf::from(format!("/proc/{}", self.pid));
        let entries = |name: &str| std::fs::read_dir(process.join(name)).unwrap().count() as f64;
        let status = std::fs::read_to_string(process.join("status")).unwrap();
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib: f64 = resident.unwrap().trim().trim_end_matches(" kB").parse().unwrap();
        let size = |path: &Path| std::fs::metadata(path).map_or(0.0, |file| file.len() as f64);
        self.samples.push(Sample {
            at,
            jobs,
            memory: kib * 1024.0,
            open: entries("fd"),
            threads: entries("task"),
            log: size(&self.log),
            file: size(&self.file),
        });
    }

    /// A dozen of the samples.
    pub(super) fn table(&self) -> String {
        let mut text = "     s      jobs  RSS MiB  open  threads  WAL MiB  file MiB\n".to_owned();
        for row in 0..=11 {
            let Some(sample) = self.samples.get(row * (self.samples.len() - 1) / 11) else { break };
            let Sample { at, jobs, memory, open, threads, log, file } = sample;
            let _ = writeln!(
                text,
                "{:>6.0}  {jobs:>8}  {:>7.1}  {open:>4}  {threads:>7}  {:>7.1}  {:>8.1}",
                at.as_secs_f64(),
                memory / MIB,
                log / MIB,
                file / MIB
            );
        }
        text
    }

    /// The medians of a gauge at the beginning and at the end of the steady life, a quarter of
    /// it each: single samples say little.
    fn ends(&self, gauge: fn(&Sample) -> f64) -> (f64, f64) {
        let start = self.samples.partition_point(|sample| sample.at < self.steady);
        let steady = &self.samples[start.max(self.samples.len() / 5)..];
        let quarter = steady.len().div_ceil(4);
        let median = |samples: &[Sample]| {
            let mut values: Vec<f64> = samples.iter().map(gauge).collect();
            values.sort_by(f64::total_cmp);
            values[values.len() / 2]
        };
        (median(&steady[..quarter]), median(&steady[steady.len() - quarter..]))
    }

    pub(super) fn assert_flat(&self) {
        let (first, last) = self.ends(|sample| sample.memory);
        println!("memory {:.1} to {:.1} MiB", first / MIB, last / MIB);
        assert!(last <= first * MEMORY_SLACK.0 + MEMORY_SLACK.1, "memory grew");
        let (first, last) = self.ends(|sample| sample.open);
        println!("descriptors {first} to {last}");
        assert!(last <= first + OPEN_SLACK, "descriptors were left open");
        let (first, last) = self.ends(|sample| sample.threads);
        println!("threads {first} to {last}");
        assert!(last <= first + THREAD_SLACK, "threads were left");
        let largest = self.samples.iter().map(|sample| sample.log).fold(0.0, f64::max);
        println!("log at most {:.1} MiB", largest / MIB);
        assert!(largest <= limits::WAL_BYTES_MAX as f64, "the log has a bound");
        let (first, last) = self.ends(|sample| sample.file);
        let (jobs, later) = self.ends(|sample| sample.jobs as f64);
        let each = (last - first) / (later - jobs).max(1.0);
        println!(
            "file {:.1} to {:.1} MiB, {each:.0} bytes for each of {} jobs",
            first / MIB,
            last / MIB,
            later - jobs
        );
        let records = (later - jobs) * RECORD_BYTES;
        assert!(last <= first * FILE_SLACK.0 + FILE_SLACK.1 + records, "the file grew");
    }
}
