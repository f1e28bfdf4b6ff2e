//! A disk that does not give back what it was given: turned bits, torn and missing files. It
//! is noticed, or nothing is served that was not stored; and nothing panics.

use std::fs;
use std::path::Path;

use super::{config_of, open};
use crate::base::limits;
use crate::job::filter::{Filter, Order, PageRequest};
use crate::job::model::Outcome;
use crate::job::request::{Chunk, RequestBody, Slot, SlotContent, marker};
use crate::store::conformance::{US, new_job};
use crate::store::sqlite::SqliteStore;
use crate::store::sqlite::inspect::inspect;
use crate::store::{NewJob, Store, StoreError};

#[path = "../../../../tests/support/random.rs"]
mod random;
use random::Random;

const JOBS: usize = 12;
/// The data file and its log.
const NAMES: [&str; 2] = ["jobs.db", "jobs.db-wal"];
/// Rounds without a setting; `DOCSPOOL_DAMAGE_ROUNDS` asks for more.
const ROUNDS: u64 = 300;

/// What was stored, byte for byte.
struct Truth {
    request: String,
    chunks: Vec<Vec<u8>>,
    response: String,
}

/// Bytes that tell by themselves whose they are.
fn document(job: usize, piece: usize) -> Vec<u8> {
    let mut random = Random::new((job * 100 + piece) as u64);
    (0..20_000).map(|_| random.below(256) as u8).collect()
}

fn with_documents(store: &SqliteStore, number: usize) -> NewJob {
    let document_number = store.new_document();
    for piece in 0..3 {
        let chunk = Chunk { is_text: piece == 2, bytes: document(number, piece) };
        store.put_chunk(document_number, piece as u32, chunk).wait().unwrap();
    }
    let slot = Slot {
        offset: 1,
        head: "data:;base64,".to_owned(),
        length: 60_000,
        first_bytes: Vec::new(),
        content: SlotContent::Stored(document_number),
        fetched_from: None,
    };
    let text = format!("{} {}", marker(0), "request ".repeat(2_000 + number));
    let request = RequestBody { json: format!("\"{text}\""), slots: vec![slot] };
    NewJob { request, ..new_job(store, number) }
}

/// A store with jobs as it lies on the disk while it is open: half of them in the file and
/// half in the log.
fn recorded(copy: &Path) -> Vec<Truth> {
    let (_folder, mut store) = open();
    let mut truths = Vec::new();
    for number in 0..JOBS {
        if number == JOBS / 2 {
            let config = config_of(store.path());
            drop(store);
            store = SqliteStore::open(&config).unwrap();
        }
        let job = with_documents(&store, number);
        let request = job.request.json.clone();
        store.insert(job).wait().unwrap();
        let claimed = store.claim().wait().unwrap();
        let response = format!("{{\"text\":\"{number}\"}}").repeat(3_000);
        let outcome = Outcome::Completed(response.clone());
        store.finish(claimed.lease, outcome, None).wait().unwrap();
        let chunks = (0..3).map(|piece| document(number, piece)).collect();
        truths.push(Truth { request, chunks, response });
    }
    for ending in ["", "-wal"] {
        let mut from = store.path().as_os_str().to_owned();
        from.push(ending);
        fs::copy(from, copy.join(format!("jobs.db{ending}"))).unwrap();
    }
    truths
}

/// Damages the files in one of several ways; says how.
fn damage(random: &mut Random, folder: &Path, names: &[&str]) -> String {
    let name = names[random.below(names.len() as u64) as usize];
    let path = folder.join(name);
    let mut bytes = fs::read(&path).unwrap();
    let length = bytes.len() as u64;
    let pages = length / u64::from(limits::PAGE_BYTES);
    let told = match random.below(6) {
        0 => {
            bytes.truncate(random.below(length) as usize);
            "cut short"
        }
        1 if pages > 1 => {
            let page = limits::PAGE_BYTES as usize;
            let (from, to) =
                (random.below(pages) as usize * page, random.below(pages) as usize * page);
            bytes.copy_within(from..from + page, to);
            "a page in the place of another"
        }
        2 => {
            let sector = random.below(length / 512) as usize * 512;
            bytes[sector..sector + 512].fill(0);
            "a sector of zeros"
        }
        _ => {
            for _ in 0..=random.below(20) {
                bytes[random.below(length) as usize] ^= 1 << random.below(8);
            }
            "turned bits"
        }
    };
    fs::write(&path, bytes).unwrap();
    format!("{name}: {told}")
}

/// Compares what a store still serves with what was stored; counts what it refused.
fn compare(store: &SqliteStore, truths: &[Truth], told: &str) -> usize {
    let mut refused = 0;
    let mut each = |result: Result<(), StoreError>| refused += usize::from(result.is_err());
    for (number, truth) in truths.iter().enumerate() {
        let found = store.get(US, &format!("job_{number:06}"));
        let sequence = number as i64 + 1;
        each(found.map(drop));
        each(store.request(sequence).map(|request| {
            let Some(request) = request else { return };
            assert!(request.json == truth.request, "{told}: another request of {number}");
        }));
        each(store.response(sequence).map(|response| {
            let Some(response) = response else { return };
            assert!(response == truth.response, "{told}: another response of {number}");
        }));
        for (ordinal, bytes) in (0..).zip(&truth.chunks) {
            each(store.chunk(sequence, ordinal).map(|chunk| {
                let Some(chunk) = chunk else { return };
                assert!(chunk.bytes == *bytes, "{told}: another document of {number}");
            }));
        }
    }
    let page = PageRequest { limit: 100, order: Order::Descending, after: None, before: None };
    each(store.list(US, &Filter::default(), &page).map(drop));
    while let Ok(swept) = store.sweep().wait() {
        if !swept.more {
            break;
        }
    }
    refused
}

#[test]
fn a_damaged_file_is_noticed_and_never_served_as_if_it_were_whole() {
    let rounds = std::env::var("DOCSPOOL_DAMAGE_ROUNDS").ok();
    let rounds = rounds.map_or(ROUNDS, |text| text.parse().unwrap());
    let kept = tempfile::tempdir().unwrap();
    let truths = recorded(kept.path());
    let (mut unopened, mut refused, mut harmless) = (0, 0, 0);
    for seed in 0..rounds {
        let folder = tempfile::tempdir().unwrap();
        // Pages in the log stand in for those in the file: half of the rounds go without it.
        let names = if seed % 2 == 0 { &NAMES[..] } else { &NAMES[..1] };
        for name in names {
            fs::copy(kept.path().join(name), folder.path().join(name)).unwrap();
        }
        let told = format!("{seed}, {}", damage(&mut Random::new(seed), folder.path(), names));
        let path = folder.path().join("jobs.db");
        // The doctor looks at whatever there is.
        let _ = inspect(&path);
        match SqliteStore::open(&config_of(&path)) {
            Err(_) => unopened += 1,
            Ok(store) => match compare(&store, &truths, &told) {
                0 => harmless += 1,
                _ => refused += 1,
            },
        }
    }
    println!("{unopened} not opened, {refused} with refused reads, {harmless} without a trace");
    assert!(unopened + refused > rounds / 4, "damage was done, and seen");
}

/// What only our checksums see: a bit inside a text, in a page that SQLite finds in order.
#[test]
fn a_bit_inside_a_stored_text_is_noticed() {
    let kept = tempfile::tempdir().unwrap();
    let (folder, store) = open();
    let path = store.path().to_owned();
    let job = with_documents(&store, 1);
    store.insert(job).wait().unwrap();
    let claimed = store.claim().wait().unwrap();
    let response = format!("{{\"total\":\"{}\"}}", "12.50 ".repeat(100));
    store.finish(claimed.lease, Outcome::Completed(response), None).wait().unwrap();
    drop(store);
    let whole = fs::read(&path).unwrap();
    let marks: [&[u8]; 3] = [b"12.50 12.50", b"request request", &document(1, 1)[100..120]];
    for (mark, what) in marks.iter().zip(["response", "request", "document"]) {
        let mut damaged = whole.clone();
        let at = damaged.windows(mark.len()).position(|window| window == *mark).unwrap();
        damaged[at] ^= 1;
        let copy = kept.path().join(format!("{what}.db"));
        fs::write(&copy, damaged).unwrap();
        let found = inspect(&copy).unwrap().unwrap();
        assert_eq!(found.faults.len(), 1, "{what}: {:?}", found.faults);
        assert!(found.faults[0].contains(what), "{:?}", found.faults);
        let store = SqliteStore::open(&config_of(&copy)).unwrap();
        let refused = |result: Result<(), StoreError>| match result {
            Err(StoreError::Corrupt(why)) => why.contains("damaged on the disk"),
            _ => false,
        };
        let reads = [
            refused(store.response(1).map(drop)),
            refused(store.request(1).map(drop)),
            refused(store.chunk(1, 1).map(drop)),
        ];
        let expected = ["response", "request", "document"].map(|name| name == what);
        assert_eq!(reads, expected, "{what}");
    }
    drop(folder);
}

#[test]
fn an_empty_file_beside_a_full_log_is_refused() {
    let kept = tempfile::tempdir().unwrap();
    recorded(kept.path());
    let path = kept.path().join("jobs.db");
    fs::write(&path, b"").unwrap();
    let log = kept.path().join("jobs.db-wal");
    let before = fs::read(&log).unwrap();
    match SqliteStore::open(&config_of(&path)) {
        Err(StoreError::Corrupt(why)) => assert!(why.contains("is empty"), "{why}"),
        other => panic!("an emptied file was taken for a new one: {other:?}"),
    }
    assert!(fs::read(&log).unwrap() == before, "the log is left for those who can read it");
}
