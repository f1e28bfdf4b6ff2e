//! See `tests/support/trials/schema.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: docspool_fuzz::write_seeds("schema"), |bytes: &[u8]| {
    docspool_fuzz::run("schema", bytes);
});
