//! See `tests/support/trials/create_body.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: docspool_fuzz::write_seeds("create_body"), |bytes: &[u8]| {
    docspool_fuzz::run("create_body", bytes);
});
