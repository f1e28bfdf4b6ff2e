//! Small files cut at every byte, in this process and within the budget of one input: each
//! cut ends in a document or an error.

use std::time::{Duration, Instant};

use crate::support::seeds;
use crate::support::trials::document_load;

#[test]
fn a_file_that_is_cut_at_any_byte_is_a_document_or_an_error() {
    let (mut cuts, mut documents, mut longest) = (0, 0, Duration::ZERO);
    for (name, file) in seeds::all() {
        assert!(document_load::run(&file), "{name} is sound");
        for end in 0..file.len() {
            let started = Instant::now();
            documents += usize::from(document_load::run(&file[..end]));
            longest = longest.max(started.elapsed());
            cuts += 1;
        }
    }
    println!("{cuts} cuts, {documents} of them documents; the longest took {longest:?}");
    assert!(documents > cuts / 10, "most of what stands before a cut can be read");
    assert!(longest < Duration::from_secs(5), "{longest:?}");
}
