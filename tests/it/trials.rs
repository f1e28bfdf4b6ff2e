//! The trials of `fuzz/`, in short: the seeds are sound, and mutations of them, the same
//! ones each time, leave nothing broken. `fuzz/run` looks further; where it does not build,
//! `DOCSPOOL_TRIALS` sets how many times as many mutations there are.

use std::time::{Duration, Instant};

use crate::support::mutation::{mutate, words};
use crate::support::random::Random;
use crate::support::trials::{self, Trial};

/// Mutates every seed so often; the seeds must be sound, and so must be some mutations.
fn try_out(name: &str, rounds: usize, sound_least: f64) {
    let Trial { run, seeds, dictionary, .. } =
        trials::ALL.into_iter().find(|trial| trial.name == name).unwrap();
    let times = std::env::var("DOCSPOOL_TRIALS").ok().map_or(1, |text| text.parse().unwrap());
    let rounds: usize = rounds * times;
    let words = words(dictionary);
    assert!(words.len() > 20, "a dictionary is read");
    let mut random = Random::new(0x5EED);
    let (seeds, mut sound, mut slowest) = (seeds(), 0, (Duration::ZERO, String::new()));
    for (seed, bytes) in &seeds {
        let is_sound = run(bytes);
        assert!(is_sound || matches!(seed.as_str(), "base64" | "foreign" | "lie"), "{seed}");
        for _ in 0..rounds {
            let mut bytes = bytes.clone();
            mutate(&mut random, &mut bytes, &words);
            let started = Instant::now();
            sound += usize::from(run(&bytes));
            slowest = slowest.max((started.elapsed(), seed.clone()));
        }
    }
    let share = sound as f64 / (rounds * seeds.len()) as f64;
    println!(
        "{name}: {} mutations, {:.0} % sound; the slowest took {slowest:?}",
        rounds * seeds.len(),
        share * 100.0
    );
    assert!(share > sound_least, "{share}");
}

#[test]
fn what_passes_the_gate_is_read_in_one_way_only() {
    try_out("gate", 800, 0.1);
}

#[test]
fn data_urls_decode_as_a_plain_reading_says() {
    try_out("data_url", 800, 0.3);
}

#[test]
fn create_bodies_are_cut_as_a_json_parser_reads_them() {
    try_out("create_body", 300, 0.1);
}

#[test]
fn frames_of_a_child_are_read_in_one_way_only() {
    try_out("child_framing", 800, 0.05);
}

#[test]
fn schemas_are_taken_or_refused_within_their_budget() {
    try_out("schema", 400, 0.1);
}

#[test]
fn mutated_files_end_in_a_document_or_an_error() {
    // Most damage can be read around.
    try_out("document_load", 60, 0.4);
}

#[test]
fn inputs_that_once_broke_something_do_no_more() {
    for (name, bytes) in crate::support::trials::found::all() {
        let trial = trials::ALL.into_iter().find(|trial| trial.name == name).unwrap();
        (trial.run)(&bytes);
    }
}
