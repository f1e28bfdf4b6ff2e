//! The trials of the test suite, for the fuzz targets. Nothing is defined here twice.
#![allow(dead_code)]

#[path = "../tests/support/drawing.rs"]
mod drawing;
#[path = "../tests/support/pdf.rs"]
mod pdf;
#[path = "../tests/support/random.rs"]
mod random;
#[path = "../tests/support/seeds.rs"]
mod seeds;
#[path = "../tests/support/trials/mod.rs"]
mod trials;
#[path = "../tests/support/zip.rs"]
mod zip;

use trials::Trial;

fn trial(name: &str) -> Trial {
    trials::ALL.into_iter().find(|trial| trial.name == name).expect("a trial for each target")
}

/// Runs the trial of that name.
pub fn run(name: &str, bytes: &[u8]) {
    (trial(name).run)(bytes);
}

/// Writes the seeds of a trial into the folder that `DOCSPOOL_FUZZ_SEEDS` names. libFuzzer
/// calls this before it reads its corpus, so that a run needs no step before it.
pub fn write_seeds(name: &str) {
    let Some(folder) = std::env::var_os("DOCSPOOL_FUZZ_SEEDS") else { return };
    for (seed, bytes) in (trial(name).seeds)() {
        let path = std::path::Path::new(&folder).join(format!("seed-{seed}"));
        std::fs::write(path, bytes).expect("the folder of the seeds takes them");
    }
}
