//! The server over real sockets: a gate, tiny_http behind it, and a small echo service.

mod attacks;
mod client;
mod crowds;
mod exchanges;
mod life;
mod service;

use std::sync::Arc;
use std::time::Duration;

use docspool::http::server::{Limits, Server, ServerConfig};

use self::client::Client;
use self::service::Echo;

/// Lets this process have as many descriptors as the system allows: clients and server
/// share it here.
fn allow_many_descriptors() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|soft| (128..8192).contains(&soft)) {
        limit.current = limit.maximum.map_or(Some(8192), |hard| Some(hard.min(8192)));
        setrlimit(Resource::Nofile, limit).unwrap();
    }
}

/// A server with the echo service; requests seen are in the returned log.
fn start(limits: Limits) -> (Server, Arc<Echo>) {
    allow_many_descriptors();
    let echo = Arc::new(Echo::default());
    let mut config = ServerConfig::new(([127, 0, 0, 1], 0).into());
    config.limits = limits;
    let server = Server::start(config, Arc::clone(&echo) as _).unwrap();
    (server, echo)
}

/// Deadlines short enough for a test.
fn impatient() -> Limits {
    Limits {
        head_deadline: Duration::from_millis(600),
        body_stall: Duration::from_millis(600),
        answer_stall: Duration::from_millis(800),
        keep_alive: Duration::from_millis(1500),
        ..Limits::default()
    }
}

/// The server answers an honest client.
fn assert_alive(server: &Server) {
    let mut client = Client::connect(server);
    client.send("GET /alive HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_eq!(client.answer().status, 200);
}
