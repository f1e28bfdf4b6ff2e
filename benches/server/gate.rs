//! What the gate costs: the same small answer through gate and tiny_http, and from tiny_http
//! alone, which checks nothing of what the gate is there for.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use docspool::http::exchange::{Request, Response, Service};
use docspool::http::server::{Server, ServerConfig};

use crate::client::drive;
use crate::{ROUNDS, median};

const ANSWER: &str = r#"{"status":"ok"}"#;

struct Fixed;

impl Service for Fixed {
    fn call(&self, request: &mut Request<'_>) -> Response {
        std::io::copy(request.body, &mut std::io::sink()).unwrap();
        Response::json(200, ANSWER)
    }
}

/// tiny_http as its documentation shows it: several threads that receive and answer.
struct Alone {
    server: Arc<tiny_http::Server>,
    threads: Vec<std::thread::JoinHandle<()>>,
    address: SocketAddr,
}

impl Alone {
    fn start(threads: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let server = Arc::new(tiny_http::Server::from_listener(listener, None).unwrap());
        let threads = (0..threads)
            .map(|_| {
                let server = Arc::clone(&server);
                std::thread::spawn(move || {
                    while let Ok(mut request) = server.recv() {
                        std::io::copy(request.as_reader(), &mut std::io::sink()).unwrap();
                        let header = "Content-Type: application/json".parse();
                        let answer = tiny_http::Response::from_string(ANSWER);
                        let header: tiny_http::Header = header.unwrap();
                        let _ = request.respond(answer.with_header(header));
                    }
                })
            })
            .collect();
        Self { server, threads, address }
    }

    fn stop(self) {
        self.threads.iter().for_each(|_| self.server.unblock());
        self.threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

/// Prints requests a second with and without the gate.
pub(crate) fn gate(run: Duration) {
    println!(
        "\nclients  gate, requests/s  tiny_http alone  ratio  more at p50, us  (median of {ROUNDS})"
    );
    for clients in [1, 64] {
        let mut rows: Vec<(f64, f64, f64)> = (0..ROUNDS)
            .map(|_| {
                let alone = Alone::start(clients);
                let without = drive(alone.address, clients, run, "POST", "/", ANSWER);
                alone.stop();
                let config = ServerConfig::new(SocketAddr::from(([127, 0, 0, 1], 0)));
                let server = Server::start(config, Arc::new(Fixed)).unwrap();
                let with = drive(server.local_addr(), clients, run, "POST", "/", ANSWER);
                assert!(server.stop(Duration::from_secs(5)));
                (with.rate, without.rate, (with.p50_ms - without.p50_ms) * 1000.0)
            })
            .collect();
        let (with, without, more_us) = median(&mut rows, |row| row.0 / row.1);
        println!(
            "{clients:>7}  {with:>16.0}  {without:>15.0}  {:>5.2}  {more_us:>15.0}",
            with / without
        );
    }
}
