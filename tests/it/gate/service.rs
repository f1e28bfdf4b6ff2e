//! The service behind the gate in these tests: it tells what it saw.

use std::io::{self, Read};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use docspool::http::exchange::{Request, Response, ResponseBody, Service};

/// Echoes requests, and does odd things on some paths.
#[derive(Default)]
pub(super) struct Echo {
    /// `METHOD path` of every request that came through, in order.
    pub(super) log: Mutex<Vec<String>>,
    /// Requests that are inside now, and the most there ever were.
    pub(super) inside: AtomicUsize,
    pub(super) inside_max: AtomicUsize,
    /// What reading bodies ended in, where it was an error.
    pub(super) broken_bodies: Mutex<Vec<io::ErrorKind>>,
    /// Whether `/hold` and waits may go.
    pub(super) released: AtomicUsize,
    /// Waits that had a place.
    pub(super) waits: AtomicUsize,
}

impl Echo {
    pub(super) fn seen(&self) -> Vec<String> {
        self.log.lock().unwrap().clone()
    }

    pub(super) fn release(&self) {
        self.released.store(1, Ordering::SeqCst);
    }

    fn hold(&self) {
        while self.released.load(Ordering::SeqCst) == 0 {
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn answer(&self, request: &mut Request<'_>) -> Response {
        let length = || request.query.strip_prefix("bytes=").unwrap().parse::<u64>().unwrap();
        match request.path.as_str() {
            "/unread" => return Response::json(401, "{}"),
            "/panic" => panic!("a handler that panics, on purpose"),
            "/hold" => self.hold(),
            "/bytes" => {
                let bytes = vec![b'x'; usize::try_from(length()).unwrap()];
                return Response { status: 200, headers: vec![], body: ResponseBody::Bytes(bytes) };
            }
            "/stream" => {
                let body = Box::new(io::repeat(b's').take(length()));
                let body = ResponseBody::Stream(body, length());
                return Response { status: 200, headers: vec![], body };
            }
            "/short" => {
                let body = ResponseBody::Stream(Box::new(io::repeat(b's').take(10)), 100_000);
                return Response { status: 200, headers: vec![], body };
            }
            "/live" => {
                let body = ResponseBody::Live(Box::new(Ticks { left: 5, fails: false }));
                let headers = vec![("Content-Type", "text/event-stream".to_owned())];
                return Response { status: 200, headers, body };
            }
            "/live-broken" => {
                let body = ResponseBody::Live(Box::new(Ticks { left: 2, fails: true }));
                return Response { status: 200, headers: vec![], body };
            }
            "/none" => return Response::json(204, ""),
            "/split" => {
                return Response::json(200, "{}").with_header("X-Bad", "a\r\nX-Injected: b");
            }
            "/wait" if request.may_wait => {
                self.waits.fetch_add(1, Ordering::SeqCst);
                self.hold();
            }
            _ => {}
        }
        let mut body = Vec::new();
        if let Err(error) = request.body.read_to_end(&mut body) {
            self.broken_bodies.lock().unwrap().push(error.kind());
            return Response::json(400, "{}");
        }
        let text = serde_json::json!({
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "headers": request.headers,
            "declared": request.body_length,
            "length": body.len(),
            "sum": body.iter().map(|byte| u64::from(*byte)).sum::<u64>(),
            "peer": request.peer.map(|peer| peer.to_string()),
            "request_id": request.request_id,
            "may_wait": request.may_wait,
        });
        Response::json(200, text.to_string())
    }
}

impl Service for Echo {
    fn call(&self, request: &mut Request<'_>) -> Response {
        self.log.lock().unwrap().push(format!("{} {}", request.method, request.path));
        let inside = self.inside.fetch_add(1, Ordering::SeqCst) + 1;
        self.inside_max.fetch_max(inside, Ordering::SeqCst);
        let response = self.answer(request);
        self.inside.fetch_sub(1, Ordering::SeqCst);
        response
    }

    fn waits(&self, _method: &str, path: &str, _query: &str) -> bool {
        path == "/wait"
    }
}

/// A stream of small events with pauses between them.
struct Ticks {
    left: u32,
    fails: bool,
}

impl Read for Ticks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return if self.fails { Err(io::Error::other("broken on purpose")) } else { Ok(0) };
        }
        std::thread::sleep(Duration::from_millis(50));
        self.left -= 1;
        let event = format!("data: {}\n\n", self.left);
        buffer[..event.len()].copy_from_slice(event.as_bytes());
        Ok(event.len())
    }
}
