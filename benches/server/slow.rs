//! The same bench on a slower disk: this program again, with syncs that wait first.
//!
//! Server and raw writer are slowed alike, by a library that the system loads before theirs.

use std::process::Command;

/// Runs the bench once more with these words, where every sync takes so much longer.
pub(crate) fn run(extra_us: u64, words: &[String]) {
    let folder = tempfile::tempdir().unwrap();
    let (source, library) = (folder.path().join("slow.c"), folder.path().join("slow.so"));
    std::fs::write(&source, include_str!("slow.c")).unwrap();
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let built = Command::new(compiler)
        .args(["-O2", "-fPIC", "-shared", "-o"])
        .args([&library, &source])
        .status()
        .expect("a C compiler is needed");
    assert!(built.success());
    let status = Command::new(std::env::current_exe().unwrap())
        .args(words)
        .env("LD_PRELOAD", &library)
        .env("SLOW_SYNC_US", extra_us.to_string())
        .status()
        .unwrap();
    assert!(status.success());
}
