//! TEMPORARY stand-in until the command line brings its own.
use super::args::ServeArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::Session;
use docspool::http::api::{Api, ApiConfig};
use docspool::http::server::{Server, ServerConfig};
use docspool::{Engine, Isolation};
use std::sync::Arc;
pub(crate) fn run(session: &Session, args: ServeArgs) -> Result<Exit, Failure> {
    let config = session.config(&args.flags)?;
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let f = |e: String| Failure::new(Exit::Failed, e);
    let mut b = Engine::builder(config.data_file()).isolation(Isolation::Child {
        program: std::env::current_exe().map_err(|e| f(e.to_string()))?,
        arguments: super::child::arguments(config.child_memory_bytes),
    });
    if let Some(w) = config.workers { b = b.workers(w); }
    let engine = Arc::new(b.start().map_err(|e| f(e.to_string()))?);
    let api = Arc::new(Api::new(Arc::clone(&engine), ApiConfig::new(&config.data_dir)).map_err(|e| f(e.to_string()))?);
    let server = Server::start(ServerConfig::new(config.listen), api.clone()).map_err(|e| f(e.to_string()))?;
    engine.announce(&server.local_addr().to_string());
    eprintln!("listening http://{}", server.local_addr());
    let mut signals = signal_hook::iterator::Signals::new([15, 2]).map_err(|e| f(e.to_string()))?;
    signals.forever().next();
    let grace = config.grace;
    std::thread::Builder::new().spawn(move || { signals.forever().next(); std::process::exit(130) }).map_err(|e| f(e.to_string()))?;
    api.end_waits();
    server.stop(std::time::Duration::from_secs(2));
    drop(api);
    match Arc::try_unwrap(engine) { Ok(e) => e.shutdown(grace), Err(_) => return Err(f("shared".into())) }
    Ok(Exit::Done)
}
