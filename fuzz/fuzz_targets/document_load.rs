//! See `tests/support/trials/document_load.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(init: docspool_fuzz::write_seeds("document_load"), |bytes: &[u8]| {
    docspool_fuzz::run("document_load", bytes);
});
