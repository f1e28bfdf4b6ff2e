//! Any bytes through the document core; what must hold is in `tests/support/anything.rs`.
#![no_main]

#[path = "../../tests/support/anything.rs"]
mod anything;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    anything::load(bytes);
});
