//! What `doctor` looks at, one function each. None of them changes anything, but for a file
//! that measures the disk and is gone afterwards.

use std::fs::File;
use std::io::{self, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use docspool::base::clock::{Clock as _, SystemClock};
use docspool::base::id::IdSource;
use docspool::base::sandbox::{self, Access};
use docspool::base::{limits, platform};
use docspool::document::ocr::models;
use docspool::document::{Ocr, OcrEngine};
use docspool::http::guard;
use docspool::http::keys::{KEY_FILE_NAME, KeyFile};
use docspool::model::{Model, ModelError};
use docspool::store::sqlite::inspect::{holder, inspect};

use super::Finding;
use crate::cli::config::Config;
use crate::cli::units::show_bytes;

/// Free space under which a person should look after it, in bytes.
const FREE_BYTES_LOW: u64 = 1024 * 1024 * 1024;
/// Memory under which documents will soon not find enough, in bytes.
const MEMORY_BYTES_LOW: u64 = 512 * 1024 * 1024;
/// How long the disk is measured, in milliseconds, and with how many syncs at most.
const SYNC_MEASURE_MS: i64 = 300;
const SYNCS_MAX: i64 = 4000;
/// A mean over this is slow, and one under the other is faster than any disk, in
/// microseconds.
const SYNC_SLOW_US: i64 = 20_000;
const SYNC_UNREAL_US: i64 = 15;
/// How long a model's server may take to list its models, in milliseconds.
const MODEL_LIST_MS: u64 = 5_000;

type Check = fn(&Config) -> Finding;

/// All checks with their names, in the order of the output.
pub(super) const ALL: [(&str, Check); 13] = [
    ("data folder", folder),
    ("file system", file_system),
    ("free space", free_space),
    ("disk sync", sync_speed),
    ("open files", open_files),
    ("memory", memory),
    ("sandbox", sandbox),
    ("OCR", ocr),
    ("lock", lock),
    ("data file", data_file),
    ("API keys", keys),
    ("address", address),
    ("model", model),
];

/// The data folder, or the nearest folder above it that exists.
fn existing(config: &Config) -> PathBuf {
    let mut above = config.data_dir.ancestors().filter(|path| !path.as_os_str().is_empty());
    above.find(|path| path.is_dir()).unwrap_or(Path::new(".")).to_owned()
}

fn folder(config: &Config) -> Finding {
    let folder = &config.data_dir;
    let shown = folder.display();
    if !folder.exists() {
        return Finding::ok(format!("{shown} does not exist yet; the first start makes it"));
    }
    if !folder.is_dir() {
        let fix = "name a folder with --data-dir or DOCSPOOL_DATA_DIR";
        return Finding::fail(format!("{shown} is a file"), fix);
    }
    let files = [folder.clone(), config.data_file(), folder.join(KEY_FILE_NAME)];
    for path in files.iter().filter(|path| path.exists()) {
        let mode = if path.is_dir() { "700" } else { "600" };
        let fix = format!("chmod {mode} {}", path.display());
        match platform::is_open_to_others(path) {
            Ok(false) => {}
            Ok(true) => {
                let text = format!("{} is open to others than its owner", path.display());
                return Finding::warn(text, fix);
            }
            Err(error) => return Finding::fail(format!("{}: {error}", path.display()), fix),
        }
    }
    Finding::ok(format!("{shown} is its owner's alone"))
}

fn file_system(config: &Config) -> Finding {
    match platform::network_file_system(&existing(config)) {
        None => Finding::ok("local"),
        Some(kind) => Finding::fail(
            format!("a network file system ({kind}), where the data file would be damaged"),
            "choose a folder on a local disk with --data-dir",
        ),
    }
}

fn free_space(config: &Config) -> Finding {
    let Some(bytes) = platform::free_disk_bytes(&existing(config)) else {
        return Finding::ok("unknown on this system");
    };
    let text = format!("{} free", show_bytes(bytes));
    let fix = "free some, or choose a folder on another disk with --data-dir";
    match bytes {
        0..limits::DISK_FREE_BYTES_MIN => Finding::fail(text, fix),
        limits::DISK_FREE_BYTES_MIN..FREE_BYTES_LOW => Finding::warn(text, fix),
        _ => Finding::ok(text),
    }
}

fn sync_speed(config: &Config) -> Finding {
    let folder = existing(config);
    let (syncs, passed_ms) = match measure_sync(&folder) {
        Ok(measured) => measured,
        Err(error) => {
            let fix = format!("make {} writable for the user of the server", folder.display());
            return Finding::fail(format!("writing fails: {error}"), fix);
        }
    };
    let mean_us = passed_ms.saturating_mul(1000) / syncs;
    let text = format!("{}.{:02} ms on average over {syncs}", mean_us / 1000, mean_us % 1000 / 10);
    if mean_us > SYNC_SLOW_US {
        return Finding::warn(
            format!("{text}; every answer to a new job waits for one"),
            "put the data folder on an SSD with --data-dir",
        );
    }
    if mean_us < SYNC_UNREAL_US {
        return Finding::warn(
            format!("{text}; no disk is that fast, so a power cut may lose acknowledged jobs"),
            "put the data folder on a real disk, not in memory, with --data-dir",
        );
    }
    Finding::ok(text)
}

/// Syncs, and the milliseconds that they took.
fn measure_sync(folder: &Path) -> io::Result<(i64, i64)> {
    let probe = Probe::make(folder)?;
    let mut file = &probe.file;
    let page = vec![0x5A; limits::PAGE_BYTES as usize];
    let started_ms = SystemClock.boot_ms();
    for syncs in 1.. {
        file.write_all(&page)?;
        file.sync_data()?;
        let passed_ms = SystemClock.boot_ms().saturating_sub(started_ms);
        if passed_ms >= SYNC_MEASURE_MS || syncs >= SYNCS_MAX {
            return Ok((syncs, passed_ms));
        }
    }
    Err(io::ErrorKind::TimedOut.into())
}

/// A file that is gone when its measurement is over.
struct Probe {
    file: File,
    path: PathBuf,
}

impl Probe {
    fn make(folder: &Path) -> io::Result<Self> {
        let path = folder.join(IdSource::default().next(".docspool-doctor-", 0));
        Ok(Self { file: File::create_new(&path)?, path })
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        // It was made a moment ago; whoever moved it has it.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn open_files(_config: &Config) -> Finding {
    let Some(most) = platform::open_files_max() else { return Finding::ok("no limit known") };
    // A client inside the server has its socket and both ends of a private one; children,
    // readers and the log come on top.
    let needed = (limits::CONNECTIONS_MAX + 2 * limits::EXCHANGES_MAX + 128) as u64;
    let text = format!("at most {most}; a full server has about {needed}");
    match most >= needed {
        true => Finding::ok(text),
        false => Finding::warn(text, "raise it with ulimit -n 4096, or LimitNOFILE= in a unit"),
    }
}

fn memory(config: &Config) -> Finding {
    let Some(bytes) = platform::available_memory_bytes() else {
        return Finding::ok("unknown on this system");
    };
    let text = format!(
        "{} available; each worker's child may take {}",
        show_bytes(bytes),
        show_bytes(config.child_memory_bytes)
    );
    match bytes >= MEMORY_BYTES_LOW {
        true => Finding::ok(text),
        false => Finding::warn(text, "free some, or lower --workers and --child-memory"),
    }
}

fn sandbox(config: &Config) -> Finding {
    if config.in_process {
        let text = "documents are read in the server's own process, with all that it may reach";
        return Finding::warn(text, "leave --in-process away");
    }
    let fix = "use a kernel that has landlock (Linux 6.7 or newer) and lets it be used";
    match sandbox::probe() {
        Ok(found) if found.shuts_network() => Finding::ok(format!("children run {found}")),
        Ok(found) => Finding::warn(format!("children run {found}"), fix),
        Err(error) => Finding::fail(format!("children cannot be shut in: {error}"), fix),
    }
}

fn ocr(config: &Config) -> Finding {
    if config.ocr.engine == OcrEngine::Off {
        return Finding::ok("switched off; pictures and scans are not read");
    }
    let ocr = Ocr::new(config.ocr.clone());
    // As in a child: an engine that needs more than a child may reach is of no use there.
    let opened = match config.in_process {
        true => Ok(ocr.recognizer()),
        false => sandbox::inside(&config.ocr.access(Access::none()), || ocr.recognizer()),
    };
    let opened = match opened {
        Ok(opened) => opened,
        // The check before this one has said why.
        Err(_) => ocr.recognizer(),
    };
    match opened {
        Ok(engine) => Finding::ok(format!("{} reads pictures and scans", engine.name())),
        Err(error) => {
            let fix = format!("{}, then docspool ocr import FILE.whl", models::DOWNLOAD);
            Finding::warn(error.to_string(), fix)
        }
    }
}

fn lock(config: &Config) -> Finding {
    match holder(&config.data_file()) {
        Ok(None) => Finding::ok("nobody has the data file"),
        Ok(Some(holder)) => Finding::ok(format!("a running server has the data file: {holder}")),
        Err(error) => Finding::fail(
            format!("the lock file cannot be read: {error}"),
            "run this as the user of the server",
        ),
    }
}

fn data_file(config: &Config) -> Finding {
    let path = config.data_file();
    let found = match inspect(&path) {
        Ok(Some(found)) => found,
        Ok(None) => return Finding::ok("there is none yet; the first start makes it"),
        Err(error) => {
            let fix = "choose another folder with --data-dir, or restore a copy of this one";
            return Finding::fail(format!("{}: {error}", path.display()), fix);
        }
    };
    let size = show_bytes(found.bytes);
    let (version, known) = (found.version, found.version_known);
    if version > known {
        let text = format!("version {version}; this program knows up to {known}");
        return Finding::fail(text, "use a newer docspool");
    }
    if let Some(fault) = found.faults.first() {
        return Finding::fail(
            format!("damaged: {fault}"),
            "stop the server, keep a copy of the folder, and restore an older copy of it",
        );
    }
    if found.log_bytes > limits::WAL_BYTES_MAX {
        let log = show_bytes(found.log_bytes);
        return Finding::warn(
            format!("its log has {log}: somebody has been reading the file for long"),
            "end other programs that have the data file open",
        );
    }
    let whole = format!("version {version}, {size}, whole");
    match version < known {
        true => Finding::ok(format!("{whole}; the next start brings it to version {known}")),
        false => Finding::ok(whole),
    }
}

fn keys(config: &Config) -> Finding {
    let listed = KeyFile::in_directory(&config.data_dir).list();
    let count = match listed {
        Ok(keys) => keys.len(),
        Err(error) => return Finding::fail(error.to_string(), "restore it or make new keys"),
    };
    match guard::may_listen(config.listen, count > 0) {
        Err(refusal) => Finding::fail(refusal.to_string(), "docspool keys create NAME"),
        Ok(()) if count == 0 => Finding::ok("none; any key is accepted, on loopback only"),
        Ok(()) => Finding::ok(format!("{count}; one of them is required")),
    }
}

fn address(config: &Config) -> Finding {
    let address = config.listen;
    if matches!(holder(&config.data_file()), Ok(Some(_))) {
        return Finding::ok("not tried, since a server runs");
    }
    match TcpListener::bind(address) {
        Ok(_) => Finding::ok(format!("{address} is free")),
        Err(error) => Finding::warn(
            format!("a server could not listen on {address}: {error}"),
            "choose another with --listen",
        ),
    }
}

/// Asks the model's server for its list; no document is sent.
fn model(config: &Config) -> Finding {
    let Some(settings) = &config.model else {
        return Finding::ok("none; the local engine understands documents, and none leaves here");
    };
    let url = settings.url();
    let quick = settings.clone().with_exchange_ms(MODEL_LIST_MS);
    let listed = match Model::new(quick).list() {
        Ok(listed) => listed,
        Err(error @ ModelError::Unauthorized(_)) => {
            return Finding::fail(error.to_string(), "put a good key into the --model-key-file");
        }
        Err(error) => {
            let text = format!("{url} does not list its models: {error}");
            return Finding::warn(text, "start the server, or correct --model-url");
        }
    };
    // Some servers add a tag to the names they list.
    let is_listed = |listed: &String, name: &str| {
        listed.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    };
    let missing = |name: &&str| !listed.iter().any(|listed| is_listed(listed, name));
    let missing: Vec<&str> = settings.names().all().into_iter().filter(missing).collect();
    if !missing.is_empty() {
        let known = listed.iter().take(8).map(String::as_str).collect::<Vec<_>>().join(", ");
        let text = format!("{url} has no {}; it has {known}", missing.join(", "));
        return Finding::warn(text, "correct --model-name, or load the model there");
    }
    if settings.exposes_key() {
        let text = format!("the key travels to {url} without encryption");
        return Finding::warn(text, "use an https: address, or a tunnel to the machine");
    }
    Finding::ok(format!("{} at {url}; documents are sent there", settings.names().all().join(", ")))
}
