//! An HTTP server that answers as a test says, one request to a connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use serde_json::Value;

use super::tls;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Method and target.
    pub(crate) line: String,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; null when it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// What is answered.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// A status, header lines, a body.
    Whole(u16, Vec<String>, Vec<u8>),
    /// Nothing, until the other side closes the connection.
    Silence,
    /// A head, and then a byte now and then, until the other side has enough.
    Drip,
}

impl Reply {
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        let header = "Content-Type: application/json".to_owned();
        Self::Whole(status, vec![header], body.to_string().into_bytes())
    }

    pub(crate) fn bytes(media_type: &str, body: &[u8]) -> Self {
        Self::Whole(200, vec![format!("Content-Type: {media_type}")], body.to_vec())
    }

    pub(crate) fn redirect(to: &str) -> Self {
        Self::Whole(302, vec![format!("Location: {to}")], Vec::new())
    }
}

/// Where a request comes from.
trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

/// The server; it lives as long as the test process.
pub(crate) struct Scripted {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    /// A silent connection was closed by the other side.
    closed: Mutex<mpsc::Receiver<()>>,
}

impl Scripted {
    /// Answers the requests; the script gets the number of each, from 0.
    pub(crate) fn start(script: impl Fn(usize, &Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::start_on(|stream| Box::new(stream), script)
    }

    /// The same over TLS, with a certificate that [`tls::AUTHORITY`] has signed.
    pub(crate) fn start_tls(
        script: impl Fn(usize, &Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let config = tls::config();
        let wrap = move |stream| -> Box<dyn Stream> {
            let session = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            Box::new(rustls::StreamOwned::new(session, stream))
        };
        Self::start_on(wrap, script)
    }

    fn start_on(
        wrap: impl Fn(TcpStream) -> Box<dyn Stream> + Send + Sync + 'static,
        script: impl Fn(usize, &Seen) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (close, closed) = mpsc::channel();
        let (noted, script, wrap) = (Arc::clone(&seen), Arc::new(script), Arc::new(wrap));
        let accept = move || {
            for stream in listener.incoming().flatten() {
                let (noted, script, close) =
                    (Arc::clone(&noted), Arc::clone(&script), close.clone());
                let wrap = Arc::clone(&wrap);
                let answer = move || {
                    let mut stream = BufReader::new(wrap(stream));
                    let Some(request) = read(&mut stream) else { return };
                    let number = {
                        let mut noted = noted.lock().unwrap();
                        noted.push(request.clone());
                        noted.len() - 1
                    };
                    if write(stream.get_mut(), &script(number, &request)) {
                        let _ = close.send(());
                    }
                };
                std::thread::spawn(answer);
            }
        };
        std::thread::spawn(accept);
        Self { address, seen, closed: Mutex::new(closed) }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// What has arrived so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Waits until the other side has closed a connection that was not answered.
    pub(crate) fn wait_for_close(&self, limit: Duration) {
        let closed = self.closed.lock().unwrap();
        closed.recv_timeout(limit).expect("the connection is closed");
    }
}

fn read(reader: &mut impl BufRead) -> Option<Seen> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut seen = Seen { line: line.trim().to_owned(), headers: Vec::new(), body: Vec::new() };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(':') else { break };
        seen.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = seen.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    reader.take(length).read_to_end(&mut seen.body).ok()?;
    Some(seen)
}

/// Writes a reply; says whether the other side closed the connection before its end.
fn write(stream: &mut dyn Stream, reply: &Reply) -> bool {
    match reply {
        Reply::Whole(status, headers, body) => {
            let mut head = format!("HTTP/1.1 {status} Said\r\nConnection: close\r\n");
            for header in headers {
                head += &format!("{header}\r\n");
            }
            head += &format!("Content-Length: {}\r\n\r\n", body.len());
            let whole = [head.as_bytes(), body].concat();
            let _ = stream.write_all(&whole).and_then(|()| stream.flush());
            false
        }
        Reply::Silence => matches!(stream.read(&mut [0]), Ok(0) | Err(_)),
        Reply::Drip => {
            let head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n";
            let mut went = stream.write_all(head);
            while went.is_ok() {
                std::thread::sleep(Duration::from_millis(20));
                went = stream.write_all(b"x");
            }
            true
        }
    }
}
