//! tiny_http, as it is published, behind private connections; and the handler threads.
//!
//! Owns everything that touches tiny_http. It must not know clients, sockets of clients
//! or routes. Nothing reaches tiny_http that the gate has not checked and rendered anew.

use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::exchange::{Request, Response, ResponseBody, Service};
use super::gate::chunked::{LAST_CHUNK, push_chunk};
use super::gate::head::{PRIVATE_PREFIX, split_target};
use super::gate::link::{LinkState, LinkTable, Note};
use super::gate::refusal::reason;
#[cfg(unix)]
use super::private::SOCKET_PREFIX;
use super::threads::Threads;

/// A private connection, on either end.
#[cfg(unix)]
pub(crate) type PrivateStream = std::os::unix::net::UnixStream;
/// A private connection, on either end: a loopback port where there are no Unix sockets.
#[cfg(not(unix))]
pub(crate) type PrivateStream = std::net::TcpStream;

/// Piece in which bodies are read and thrown away, or sent on, in bytes.
const PIECE_BYTES: usize = 16 * 1024;

/// Descriptors that one link takes, on both of its ends, and one to spare.
#[cfg(unix)]
const DESCRIPTORS_PER_LINK: usize = 5;

/// What every handler thread works with.
pub(crate) struct Handlers {
    /// Who answers requests.
    pub(crate) service: Arc<dyn Service>,
    /// The links that requests may come on.
    pub(crate) table: Arc<LinkTable>,
    /// Where the threads are counted.
    pub(crate) threads: Threads,
    /// Panics of the service so far.
    pub(crate) panics: AtomicU64,
}

/// One running tiny_http.
pub(crate) struct Backend {
    server: Arc<tiny_http::Server>,
    #[cfg(unix)]
    address: std::path::PathBuf,
    #[cfg(not(unix))]
    address: std::net::SocketAddr,
}

impl Backend {
    /// Starts a tiny_http on a private socket in `directory`.
    pub(crate) fn start(directory: &Path, generation: u64) -> io::Result<Self> {
        #[cfg(unix)]
        let (listener, address) = {
            let address = directory.join(format!("{SOCKET_PREFIX}{generation}.sock"));
            (std::os::unix::net::UnixListener::bind(&address)?, address)
        };
        #[cfg(not(unix))]
        let (listener, address) = {
            let _ = (directory, generation);
            let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))?;
            let address = listener.local_addr()?;
            (listener, address)
        };
        let server = tiny_http::Server::from_listener(listener, None).map_err(io::Error::other)?;
        Ok(Self { server: Arc::new(server), address })
    }

    /// Makes a new private connection. Fails without asking tiny_http when the process is
    /// short of descriptors: tiny_http would accept, fail, and never accept again.
    pub(crate) fn connect(&self) -> io::Result<PrivateStream> {
        #[cfg(unix)]
        {
            use std::os::unix::net::UnixDatagram;
            let spare: io::Result<Vec<_>> =
                (0..DESCRIPTORS_PER_LINK).map(|_| UnixDatagram::unbound()).collect();
            drop(spare?);
        }
        let stream = PrivateStream::connect(&self.address)?;
        #[cfg(not(unix))]
        stream.set_nodelay(true)?;
        Ok(stream)
    }

    /// Starts one more handler thread.
    pub(crate) fn add_handler(&self, handlers: &Arc<Handlers>) -> io::Result<()> {
        let server = Arc::clone(&self.server);
        let own = Arc::clone(handlers);
        handlers.threads.spawn("docspool-handler", None, move || {
            loop {
                match server.recv() {
                    Ok(request) => {
                        if own.handle(request) {
                            break;
                        }
                    }
                    // tiny_http can accept no more; the gate finds out with its next link.
                    Err(error) if error.raw_os_error().is_some() => {
                        tracing::warn!(%error, "the inner server cannot accept");
                    }
                    // A word from `dismiss_handler`.
                    Err(_) => break,
                }
            }
        })
    }

    /// Lets one handler thread go, as soon as one is free.
    pub(crate) fn dismiss_handler(&self) {
        self.server.unblock();
    }
}

impl Handlers {
    /// Answers one request; whether this thread's link has ended.
    fn handle(&self, mut request: tiny_http::Request) -> bool {
        let field = format!("{PRIVATE_PREFIX}link");
        let token = request.headers().iter().find(|header| header.field.as_str() == field.as_str());
        let Some(link) = token.and_then(|header| self.table.find(header.value.as_str())) else {
            // Somebody found the private socket without knowing its secret.
            let refused = tiny_http::Response::empty(403);
            let _ = request.respond(refused);
            return false;
        };
        if !link.enter() {
            return false;
        }
        let note = link.note();
        if note.is_proof {
            // If this fails, the gate gets no proof and drops the link.
            let _ = request.respond(tiny_http::Response::empty(204));
            return link.leave();
        }
        let response = self.call(&mut request, &link, note);
        if drain(&mut request, &link).is_ok() {
            let sent = catch_unwind(AssertUnwindSafe(|| send(request, response)));
            if !matches!(sent, Ok(Ok(()))) {
                // The answer is cut off: no second one may follow on this link.
                link.abort();
            }
        } else {
            link.abort();
        }
        link.leave()
    }

    /// Lets the service answer. A panic there becomes an error of this request alone.
    fn call(&self, request: &mut tiny_http::Request, link: &LinkState, note: Note) -> Response {
        let (path, query) = split_target(request.url());
        let (path, query) = (path.to_owned(), query.to_owned());
        let method = request.method().to_string();
        let headers = request.headers().iter().filter_map(|header| {
            let name = header.field.as_str().as_str();
            let is_own = !name.starts_with(PRIVATE_PREFIX);
            is_own.then(|| (name.to_owned(), header.value.as_str().to_owned()))
        });
        let headers = headers.collect();
        let mut body = CheckedBody { inner: request.as_reader(), link };
        let mut exchange = Request {
            method,
            path,
            query,
            headers,
            body_length: note.body_length,
            body: &mut body,
            peer: note.peer,
            request_id: note.request_id,
            may_wait: note.may_wait,
        };
        catch_unwind(AssertUnwindSafe(|| self.service.call(&mut exchange))).unwrap_or_else(|_| {
            self.panics.fetch_add(1, Ordering::Relaxed);
            tracing::error!(request = ?exchange, "a handler panicked");
            let detail = serde_json::json!({
                "code": "internal_error",
                "message": "The request could not be answered; see the log.",
                "details": null,
            });
            Response::json(500, serde_json::json!({ "detail": detail }).to_string())
        })
    }
}

/// A request body that ends with an error when the client broke off. tiny_http's own
/// readers take the end of the connection for the end of the body.
struct CheckedBody<'a> {
    inner: &'a mut dyn Read,
    link: &'a LinkState,
}

impl Read for CheckedBody<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.inner.read(buffer) {
            Ok(count) if count > 0 || buffer.is_empty() || self.link.body_is_whole() => Ok(count),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            _ => Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the client broke off")),
        }
    }
}

/// Reads what the service left of the body, in small pieces: tiny_http would allocate all
/// of it at once. The gate sends whole bodies before it looks for an answer.
fn drain(request: &mut tiny_http::Request, link: &LinkState) -> io::Result<()> {
    let mut body = CheckedBody { inner: request.as_reader(), link };
    let mut piece = [0; PIECE_BYTES];
    while body.read(&mut piece)? > 0 {}
    Ok(())
}

fn send(request: tiny_http::Request, response: Response) -> io::Result<()> {
    let status = response.status;
    let headers = response.headers;
    match response.body {
        ResponseBody::Bytes(bytes) => {
            let length = bytes.len();
            send_known(request, status, headers, &mut io::Cursor::new(bytes), length)
        }
        ResponseBody::Stream(inner, length) => {
            let mut body = ExactBody { inner, left: length, is_short: false };
            let length = usize::try_from(length).map_err(io::Error::other)?;
            send_known(request, status, headers, &mut body, length)?;
            if body.is_short { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
        }
        ResponseBody::Live(body) => send_live(request, status, &headers, body),
    }
}

fn send_known(
    request: tiny_http::Request,
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: &mut dyn Read,
    length: usize,
) -> io::Result<()> {
    let fields = headers.into_iter().filter_map(|(name, value)| {
        let field = is_plain(name, &value)
            .then(|| tiny_http::Header::from_bytes(name.as_bytes(), value.as_bytes()).ok());
        field.flatten()
    });
    let response = tiny_http::Response::new(
        tiny_http::StatusCode(status),
        fields.collect(),
        body,
        Some(length),
        None,
    );
    request.respond(response.with_chunked_threshold(usize::MAX))
}

/// Sends a stream as it comes. tiny_http's own chunked answers collect 8 KiB first.
fn send_live(
    request: tiny_http::Request,
    status: u16,
    headers: &[(&'static str, String)],
    mut body: Box<dyn Read + Send>,
) -> io::Result<()> {
    let is_head = *request.method() == tiny_http::Method::Head;
    let mut writer = request.into_writer();
    write!(writer, "HTTP/1.1 {status} {}\r\nTransfer-Encoding: chunked\r\n", reason(status))?;
    for (name, value) in headers.iter().filter(|(name, value)| is_plain(name, value)) {
        write!(writer, "{name}: {value}\r\n")?;
    }
    writer.write_all(b"\r\n")?;
    writer.flush()?;
    if is_head {
        return Ok(());
    }
    let mut piece = [0; PIECE_BYTES];
    let mut chunk = Vec::new();
    loop {
        let count = match body.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        chunk.clear();
        push_chunk(&mut chunk, piece.get(..count).unwrap_or_default());
        writer.write_all(&chunk)?;
        writer.flush()?;
    }
    writer.write_all(LAST_CHUNK)?;
    writer.flush()
}

/// Whether a header field of an answer is one line of ASCII. A broken one is left out
/// rather than sent: it could hold a second answer.
fn is_plain(name: &str, value: &str) -> bool {
    let plain = value.bytes().all(|byte| matches!(byte, b'\t' | b' '..=b'~'));
    if !plain {
        tracing::error!(name, "a header field of an answer is not plain text; left out");
    }
    plain
}

/// Reads exactly the announced number of bytes, and remembers if there were fewer.
struct ExactBody {
    inner: Box<dyn Read + Send>,
    left: u64,
    is_short: bool,
}

impl Read for ExactBody {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Ok(0);
        }
        let room = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let result = self.inner.read(buffer.get_mut(..room).unwrap_or_default());
        match &result {
            Ok(0) => self.is_short = true,
            Ok(count) => self.left -= *count as u64,
            Err(error) => self.is_short = error.kind() != io::ErrorKind::Interrupted,
        }
        result
    }
}
