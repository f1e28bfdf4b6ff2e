//! The document core: bytes in, pages, words, lines, tables and text out.
//!
//! It knows PDF and a few other formats, and nothing of jobs, endpoints or queues.
