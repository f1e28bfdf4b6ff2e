//! What several tests need: the real binary as a server, a small HTTP client, documents.

pub(crate) mod client;
pub(crate) mod documents;
pub(crate) mod drawing;
pub(crate) mod forms;
pub(crate) mod llama;
pub(crate) mod mutation;
pub(crate) mod ocr;
pub(crate) mod pdf;
pub(crate) mod process;
pub(crate) mod python;
pub(crate) mod random;
pub(crate) mod scripted;
pub(crate) mod seeds;
pub(crate) mod server;
pub(crate) mod tls;
pub(crate) mod trials;
pub(crate) mod zip;
