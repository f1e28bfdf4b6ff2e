//! The power goes at any moment: what was acknowledged is there, and nothing twice.
//!
//! One seed is one life of A store on the recording file system: jobs come with and without
//! documents, run, end, are cancelled, retried and expire, several in a commit, while the
//! log is written back. Every operation is marked in the record when it is asked for and
//! when it has been acknowledged. Then the power is cut at random places of the record: each
//! image is opened as a server would open it and compared with what had been acknowledged
//! by then. The same with `synchronous=NORMAL` must lose jobs, or the harness sees nothing.

mod image;
mod ledger;
mod life;
mod vfs;

use std::sync::Arc;

use proptest::test_runner::{RngAlgorithm, TestRng};

use self::image::{Image, below};
use self::ledger::Ledger;
use self::vfs::{Event, Fault, Recorder};
use super::config;
use crate::base::clock::ManualClock;
use crate::store::StoreError;
use crate::store::conformance::START_MS;
use crate::store::sqlite::{SqliteStore, StoreConfig, sql};

/// Images on every change; `DOCSPOOL_POWER_CUT_IMAGES` asks for more.
const IMAGES: usize = 500;
const IMAGES_A_LIFE: usize = 25;

fn random(seed: usize) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&(seed as u64).to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}

/// A store on a recording file system, with limits small enough that all of it happens.
struct Bench {
    folder: tempfile::TempDir,
    clock: Arc<ManualClock>,
    recorder: Arc<Recorder>,
    config: StoreConfig,
}

impl Bench {
    /// The log is written back after 128 KiB, or twice as much for each doubling.
    fn new(name: &str, doublings: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(START_MS));
        let recorder = Recorder::register(name);
        let config = StoreConfig {
            vfs: Some(name.to_owned()),
            log_bytes: (128 * 1024) << doublings,
            free_bytes_kept: 64 * 1024,
            readers: 1,
            ..config(&folder, &clock)
        };
        Self { folder, clock, recorder, config }
    }

    fn open(&self) -> SqliteStore {
        SqliteStore::open(&self.config).unwrap()
    }
}

/// What went wrong with an image, if anything.
fn judge(image: &Image, ledger: &Ledger, until: usize) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(START_MS));
    let config = config(&folder, &clock);
    std::fs::write(&config.path, &image.data).unwrap();
    let mut log = config.path.as_os_str().to_owned();
    log.push("-wal");
    std::fs::write(log, &image.log).unwrap();
    let store = SqliteStore::open(&config).map_err(|error| format!("it does not open: {error}"))?;
    let check = store.submit(0, |session| {
        Ok(session.connection.query_row("PRAGMA integrity_check", [], |row| row.get(0))?)
    });
    let check: String = check.wait().map_err(|error| format!("it cannot be checked: {error}"))?;
    if check != "ok" {
        return Err(format!("it is damaged: {check}"));
    }
    ledger.judge(&store, until)
}

/// Sets how the writer syncs, which SQLite allows only between transactions.
fn synchronize(store: &SqliteStore, synchronous: &'static str) {
    let set = store.submit(0, move |session| {
        session.connection.execute_batch(sql::COMMIT)?;
        session.connection.pragma_update(None, "synchronous", synchronous)?;
        Ok(session.connection.execute_batch(sql::BEGIN)?)
    });
    set.wait().unwrap();
}

/// Cuts the power `images` times in lives of this kind; tells how many images were wrong.
fn cut(name: &str, images: usize, synchronous: &'static str) -> Vec<String> {
    let mut wrong = Vec::new();
    for seed in 0..images.div_ceil(IMAGES_A_LIFE) {
        let mut random = random(seed);
        let bench = Bench::new(&format!("{name}-{seed}"), seed % 6);
        let store = bench.open();
        synchronize(&store, synchronous);
        let opened = bench.recorder.events().len();
        let ledger = life::live(&store, &bench, &mut random);
        let mut events = bench.recorder.take_events();
        drop(store);
        drop(bench.recorder.take_events());
        // What opening wrote is not the matter here: it is taken as synced.
        events
            .splice(opened..opened, [Event::Sync(vfs::Which::Data), Event::Sync(vfs::Which::Log)]);
        for _ in 0..IMAGES_A_LIFE {
            let until = opened + 2 + below(&mut random, events.len() - opened - 1);
            let image = Image::after(&events[..until], &mut random);
            let marks = events[..until].iter().filter_map(|event| match event {
                Event::Mark(line) => Some(*line + 1),
                _ => None,
            });
            if let Err(what) = judge(&image, &ledger, marks.max().unwrap_or(0)) {
                wrong.push(format!("life {seed}, cut at {until} of {}: {what}", events.len()));
            }
        }
        drop(bench.folder);
        let done = (seed + 1) * IMAGES_A_LIFE;
        if done.is_multiple_of(5_000) {
            println!("{name}: {done} images, {} wrong", wrong.len());
        }
    }
    wrong
}

#[test]
fn a_power_cut_loses_nothing_that_was_acknowledged() {
    let asked = std::env::var("DOCSPOOL_POWER_CUT_IMAGES").ok();
    let images = asked.map_or(IMAGES, |text| text.parse().expect("a number of images"));
    let wrong = cut("cut-full", images, "FULL");
    assert!(wrong.is_empty(), "{} of {images} images:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn without_a_sync_for_each_commit_the_same_cuts_lose_jobs() {
    let wrong = cut("cut-normal", 100, "NORMAL");
    assert!(wrong.len() >= 10, "only {} of 100 images are wrong", wrong.len());
}

/// A disk that fails at its n-th write or sync, for many n: each operation is stored, or
/// its caller was told that it was not, or that nobody knows.
#[test]
fn a_failing_disk_is_never_silently_wrong() {
    for fault in [Fault::Full, Fault::Write, Fault::Sync] {
        let mut seen = 0;
        for calls in (0..60).step_by(3) {
            let mut random = random(1000 + calls);
            let bench = Bench::new(&format!("{fault:?}-{calls}"), 0);
            let store = bench.open();
            bench.recorder.fail_after(fault, calls);
            let ledger = life::live(&store, &bench, &mut random);
            seen += usize::from(bench.recorder.mend() > 0);
            if fault == Fault::Full {
                let health = crate::store::Store::health(&store);
                assert_eq!(health.read_only, None, "a full disk is over when there is room");
            }
            let refused = ledger.refusals();
            let is_known = |error: &StoreError| {
                matches!(
                    error,
                    StoreError::DiskFull
                        | StoreError::NotStored(_)
                        | StoreError::OutcomeUnknown(_)
                        | StoreError::ReadOnly(_)
                        | StoreError::Read(_)
                )
            };
            assert!(refused.iter().all(is_known), "{fault:?} {calls}: {refused:?}");
            drop(store);
            let store = bench.open();
            ledger.judge(&store, usize::MAX).unwrap_or_else(|what| {
                panic!("{fault:?} after {calls} calls: {what}");
            });
        }
        assert!(seen > 10, "{fault:?} was met in {seen} lives only");
    }
}
