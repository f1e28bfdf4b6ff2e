//! See `tests/support/trials/gate.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: docspool_fuzz::write_seeds("gate"), |bytes: &[u8]| {
    docspool_fuzz::run("gate", bytes);
});
