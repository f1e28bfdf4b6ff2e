//! `serve`: the engine and the Jobs API until a signal comes.
//!
//! Owns the order in which things start and stop, the banner and the log. What is served
//! and how belongs to the library.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use docspool::Engine;
use docspool::base::clock::{Clock as _, SystemClock};
use docspool::base::{limits, platform, sandbox};
use docspool::http::api::{Api, ApiConfig, ResponsePolicy};
use docspool::http::guard;
use docspool::http::keys::{KeyFile, KeysError};
use docspool::http::server::{Limits, Listen, Server, ServerConfig, ServerError};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::register_conditional_shutdown;
use signal_hook::iterator::Signals;
use tracing_subscriber::filter::LevelFilter;

use super::child;
use super::config::Config;
use super::exit::Exit;
use super::failure::Failure;
use super::output::{Output, Paint};
use super::units::{show_bytes, show_duration};

pub(crate) fn run(output: &Output, config: &Config) -> Result<Exit, Failure> {
    start_log(config);
    let has_keys = !KeyFile::in_directory(&config.data_dir).list()?.is_empty();
    guard::may_listen(config.listen, has_keys).map_err(|open| {
        Failure::new(Exit::Refused, open.to_string())
            .hint(format!("docspool keys create NAME --data-dir {}", config.data_dir.display()))
    })?;
    raise_open_files(output);
    let shut_in = shut_in(output, config);
    // Caught before anything is started, so that a signal never finds work half set up.
    let (mut signals, is_stopping) = catch_signals().map_err(no_signals)?;
    let engine = Arc::new(start_engine(config)?);
    let api = Arc::new(Api::new(Arc::clone(&engine), api_config(config))?);
    let server = Server::start(server_config(config), Arc::<Api>::clone(&api))?;
    engine.announce(&server.local_addr().to_string());
    let address = format!("http://{}", server.local_addr());
    output.say(&format!(
        "docspool {} on {}\n{}",
        env!("CARGO_PKG_VERSION"),
        output.talk_paint(Paint::Strong, &address),
        settings(config, engine.workers(), has_keys, &shut_in)
    ));

    signals.forever().next();
    output.say(&format!(
        "stopping: what runs may go on for {}, then jobs return to the queue; \
         a second signal ends at once",
        show_duration(config.grace)
    ));
    is_stopping.store(true, Ordering::Relaxed);
    let stopping_ms = SystemClock.boot_ms();
    api.end_waits();
    server.stop(config.grace);
    drop(api);
    match Arc::try_unwrap(engine) {
        Ok(engine) => {
            let passed_ms = SystemClock.boot_ms().saturating_sub(stopping_ms);
            let passed = Duration::from_millis(passed_ms.unsigned_abs());
            engine.shutdown(config.grace.saturating_sub(passed));
        }
        // A handler is stuck. What runs returns to the queue at the next start.
        Err(_) => output.warn("a request did not end; its thread is left behind"),
    }
    output.say("stopped");
    Ok(Exit::Done)
}

/// Every connection is an open file, and systems allow a process few of them at first.
fn raise_open_files(output: &Output) {
    let wanted = limits::OPEN_FILES;
    let allowed = platform::raise_open_files(wanted).unwrap_or_default();
    if allowed < wanted {
        output.warn(&format!(
            "the system allows {allowed} open files; for every connection there could be the \
             server needs {wanted}: raise the hard limit (ulimit -Hn)"
        ));
    }
}

/// What children can reach, in words. Where they are not shut in, that is a warning.
fn shut_in(output: &Output, config: &Config) -> String {
    if config.in_process {
        return String::new();
    }
    match sandbox::probe() {
        Ok(found) => {
            if !found.shuts_network() {
                output.warn(&format!("children run {found}; docspool doctor tells more"));
            }
            found.to_string()
        }
        Err(error) => {
            output.warn(&format!("children cannot be shut in, and will not start: {error}"));
            "which cannot be shut in".to_owned()
        }
    }
}

/// The signals that end the server, and a flag: once it is set, the next one ends the
/// process at once.
fn catch_signals() -> std::io::Result<(Signals, Arc<AtomicBool>)> {
    let is_stopping = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        let code = Exit::Interrupted as i32;
        register_conditional_shutdown(signal, code, Arc::clone(&is_stopping))?;
    }
    Ok((Signals::new([SIGINT, SIGTERM])?, is_stopping))
}

fn start_engine(config: &Config) -> Result<Engine, Failure> {
    let mut builder = child::engine(config, config.data_file(), config.workers)?
        .retention(config.retention)
        .body_bytes_max(config.max_body_bytes);
    if let Some(workers) = config.workers {
        builder = builder.workers(workers);
    }
    Ok(builder.start()?)
}

fn api_config(config: &Config) -> ApiConfig {
    ApiConfig {
        response_policy: match config.attach_response {
            true => ResponsePolicy::OnceEnded,
            false => ResponsePolicy::AsAsked,
        },
        // Revoking the last key must not open the door.
        allowed_hosts: config.allowed_hosts.clone(),
        keys_needed: !guard::is_loopback(config.listen),
        ..ApiConfig::new(&config.data_dir)
    }
}

fn server_config(config: &Config) -> ServerConfig {
    ServerConfig {
        listen: Listen::Address(config.listen),
        limits: Limits { body_bytes_max: config.max_body_bytes, ..Limits::default() },
        private_parent: Some(std::env::temp_dir()),
    }
}

/// What the server runs with, a line each.
fn settings(config: &Config, workers: usize, has_keys: bool, shut_in: &str) -> String {
    let isolation = match config.in_process {
        true => "in this process".to_owned(),
        false => {
            format!("in child processes of {}, {shut_in}", show_bytes(config.child_memory_bytes))
        }
    };
    let keys = match has_keys {
        true => "required",
        false => "any accepted while none is configured",
    };
    let model = match &config.model {
        Some(model) => {
            format!("\n  model       {} at {}", model.names().all().join(", "), model.url())
        }
        None => String::new(),
    };
    format!(
        "  data file   {file}\n  \
         durability  a job is acknowledged once it is synced to disk\n  \
         workers     {workers}, {isolation}\n  \
         retention   {retention}\n  \
         API keys    {keys}{model}",
        file = config.data_file().display(),
        retention = show_duration(config.retention),
    )
}

fn start_log(config: &Config) {
    let level: LevelFilter = config.log.parse().unwrap_or(LevelFilter::INFO);
    let builder = tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr);
    // Somebody who embeds this command may have set a log up already; that one stays.
    let _ = match config.log_json {
        true => builder.json().try_init(),
        false => builder.with_ansi(std::io::stderr().is_terminal()).try_init(),
    };
}

fn no_signals(error: std::io::Error) -> Failure {
    Failure::new(Exit::Refused, format!("signals cannot be caught: {error}"))
}

impl From<KeysError> for Failure {
    fn from(error: KeysError) -> Self {
        let exit = match error {
            KeysError::Damaged { .. } => Exit::Damaged,
            KeysError::Invalid(_) => Exit::Usage,
            KeysError::NotFound(_) => Exit::NotFound,
            _ => Exit::Refused,
        };
        Self::new(exit, error.to_string())
    }
}

impl From<ServerError> for Failure {
    fn from(error: ServerError) -> Self {
        Self::new(Exit::Refused, error.to_string())
    }
}
