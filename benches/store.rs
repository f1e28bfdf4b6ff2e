//! What the store's operations cost while the queue grows.
//!
//! `cargo bench --bench store` fills one data file up to a million waiting jobs (`--rows N`
//! for another size) and prints each cost at a thousand rows and at the full size, with the
//! ratio of the two: inserts, claims with finishes, the slowest filters of a listing, opening
//! the file, and the longest that an insert waits while a hundred thousand jobs expire. The
//! ratios hold between machines, the absolute numbers do not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
#![allow(clippy::disallowed_methods, missing_docs)]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use docspool::base::clock::ManualClock;
use docspool::job::filter::{Filter, Order, PageRequest, Source};
use docspool::job::model::Outcome;
use docspool::job::request::{Facets, RequestBody};
use docspool::job::{Endpoint, state::State};
use docspool::store::sqlite::{SqliteStore, StoreConfig};
use docspool::store::{NewJob, Store};

const FEW: usize = 1_000;
const US: &str = "org_bench";
const START_MS: i64 = 1_800_000_000_000;
const RETENTION_MS: i64 = 7 * 24 * 3_600_000;
/// Operations handed over before the first answer is awaited: a commit's worth.
const BATCH: usize = 250;

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let rows = words.iter().position(|word| word == "--rows").map_or(1_000_000, |at| {
        words.get(at + 1).and_then(|text| text.parse().ok()).expect("--rows NUMBER")
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.db");
    let clock = Arc::new(ManualClock::new(START_MS));
    let store = open(&path, &clock);

    insert(&store, 0..FEW);
    let insert_few = per_job(BATCH * 4, || insert(&store, FEW..FEW + BATCH * 4));
    let claim_few = claims(&store);
    let started = Instant::now();
    insert(&store, FEW + BATCH * 4..rows - BATCH * 4);
    println!("filled to {rows} rows in {:.0} s", started.elapsed().as_secs_f64());
    let insert_many = per_job(BATCH * 4, || insert(&store, rows - BATCH * 4..rows));
    let claim_many = claims(&store);

    println!("\n                        at {FEW:>7}  at {rows:>7}  ratio   (us a job, medians)");
    line("insert", insert_few, insert_many);
    line("claim and finish", claim_few, claim_many);
    listings(&store);
    drop(store);
    let started = Instant::now();
    let store = open(&path, &clock);
    println!("open the file: {:.0} ms", started.elapsed().as_secs_f64() * 1000.0);
    expiry(&store, &clock, rows);
}

fn open(path: &Path, clock: &Arc<ManualClock>) -> SqliteStore {
    SqliteStore::open(&StoreConfig::new(path, clock.clone())).unwrap()
}

fn job(store: &SqliteStore, number: usize) -> NewJob {
    let created_ms = store.now_ms();
    let metadata = vec![
        ("customer".to_owned(), format!("c{}", number % 1000)),
        ("half".to_owned(), (number % 2).to_string()),
    ];
    NewJob {
        id: format!("job_{number:026}"),
        organization: US.to_owned(),
        endpoint: if number.is_multiple_of(100) { Endpoint::Extract } else { Endpoint::Parse },
        state: State::Queued,
        metadata,
        created_ms,
        expires_ms: created_ms + RETENTION_MS,
        request: RequestBody::from_value(&serde_json::json!({"number": number})),
        facets: Facets {
            source: Some(Source::Api),
            model: Some("retab-small".to_owned()),
            filename: Some(format!("scan-{number}.pdf")),
            document_type: Some("pdf".to_owned()),
            ..Facets::default()
        },
        idempotency: None,
    }
}

fn insert(store: &SqliteStore, numbers: std::ops::Range<usize>) {
    let numbers: Vec<usize> = numbers.collect();
    for batch in numbers.chunks(BATCH) {
        let pending: Vec<_> =
            batch.iter().map(|number| store.insert(job(store, *number))).collect();
        pending.into_iter().for_each(|answer| drop(answer.wait().unwrap()));
    }
}

fn per_job(jobs: usize, work: impl FnOnce()) -> f64 {
    let started = Instant::now();
    work();
    started.elapsed().as_secs_f64() * 1e6 / jobs as f64
}

/// Microseconds a job for a claim and its finish, by batches.
fn claims(store: &SqliteStore) -> f64 {
    let mut times: Vec<f64> = (0..8)
        .map(|_| {
            per_job(BATCH / 2, || {
                let claims: Vec<_> = (0..BATCH / 2).map(|_| store.claim()).collect();
                let claimed: Vec<_> = claims.into_iter().map(|c| c.wait().unwrap()).collect();
                let done = claimed.into_iter().map(|claimed| {
                    store.finish(claimed.lease, Outcome::Completed("{}".to_owned()), None)
                });
                let done: Vec<_> = done.collect();
                done.into_iter().for_each(|answer| drop(answer.wait().unwrap()));
            })
        })
        .collect();
    median(&mut times)
}

fn line(name: &str, few: f64, many: f64) {
    println!("{name:<22} {few:>10.1}  {many:>10.1}  {:>5.2}", many / few);
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn listings(store: &SqliteStore) {
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let filters = [
        ("no filter", Filter::default()),
        ("state, many", Filter { state: Some(State::Queued), ..Filter::default() }),
        ("state, none", Filter { state: Some(State::Failed), ..Filter::default() }),
        ("endpoint, 1 %", Filter { endpoint: Some(Endpoint::Extract), ..Filter::default() }),
        ("metadata, 0.1 %", Filter { metadata: vec![pair("customer", "c7")], ..<_>::default() }),
        (
            "two pairs, disjoint",
            Filter { metadata: vec![pair("customer", "c7"), pair("half", "0")], ..<_>::default() },
        ),
        (
            "file name, one",
            Filter { filename_contains: Some("scan-77777.".to_owned()), ..Filter::default() },
        ),
        (
            "file name, none",
            Filter { filename_regex: Some("^nothing$".to_owned()), ..Filter::default() },
        ),
        ("before the first", Filter { created_before_ms: Some(START_MS - 1), ..Filter::default() }),
    ];
    println!("\nlisting of 20           p50 ms   p99 ms   (one page, all rows there)");
    for (name, filter) in filters {
        let mut times: Vec<f64> = (0..200)
            .map(|round| {
                let order = if round % 2 == 0 { Order::Ascending } else { Order::Descending };
                let page = PageRequest { limit: 20, order, after: None, before: None };
                let started = Instant::now();
                store.list(US, &filter, &page).unwrap();
                started.elapsed().as_secs_f64() * 1000.0
            })
            .collect();
        let middle = median(&mut times);
        println!("{name:<22} {middle:>7.2}  {:>7.2}", times[times.len() * 99 / 100]);
    }
}

/// Lets a hundred thousand jobs expire while one client goes on inserting.
fn expiry(store: &SqliteStore, clock: &ManualClock, rows: usize) {
    clock.advance(Duration::from_millis(RETENTION_MS as u64 + 1));
    let due = rows.min(100_000) as u64;
    let (mut times, mut number) = (Vec::new(), rows);
    let mut sweep = store.sweep();
    let started = Instant::now();
    while store.counts().of(State::Expired) < due && started.elapsed().as_secs() < 300 {
        let sent = Instant::now();
        drop(store.insert(job(store, number)).wait().unwrap());
        times.push(sent.elapsed().as_secs_f64() * 1000.0);
        number += 1;
        // The engine's sweeper asks for the next slice when the last one is done.
        sweep.wait().unwrap();
        sweep = store.sweep();
    }
    let count = store.counts().of(State::Expired);
    println!(
        "\nexpiry: {count} jobs in {:.1} s; \
         inserts meanwhile p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
        started.elapsed().as_secs_f64(),
        median(&mut times),
        times[times.len() * 99 / 100],
        times[times.len() - 1],
    );
}
