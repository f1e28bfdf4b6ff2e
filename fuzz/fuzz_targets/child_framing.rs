//! See `tests/support/trials/child_framing.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: docspool_fuzz::write_seeds("child_framing"), |bytes: &[u8]| {
    docspool_fuzz::run("child_framing", bytes);
});
