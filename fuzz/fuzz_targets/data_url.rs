//! See `tests/support/trials/data_url.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: docspool_fuzz::write_seeds("data_url"), |bytes: &[u8]| {
    docspool_fuzz::run("data_url", bytes);
});
