//! A small HTTP/1.1 client: one kept connection, whole answers, JSON.
//!
//! Written for tests, so it says what it saw and hides nothing: a connection that breaks
//! is an error to the caller, never a silent second try.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::Value;

/// How long one answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);

/// One client with at most one connection.
pub(crate) struct Client {
    address: SocketAddr,
    connection: Option<BufReader<TcpStream>>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The first header of that lower-case name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {:?}", String::from_utf8_lossy(&self.body)))
    }

    /// The body as JSON, of an answer that must be a 200.
    pub(crate) fn ok(self) -> Value {
        self.expect(200)
    }

    /// The body as JSON, of an answer that must have this status.
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self.json()
    }
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, connection: None }
    }

    /// Sends a request and reads the answer.
    ///
    /// # Errors
    /// When the connection cannot be made or breaks; the next call makes a new one.
    pub(crate) fn send(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> io::Result<Answer> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.connect()?,
        };
        let mut message = format!("{method} {target} HTTP/1.1\r\n");
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            message += &format!("Host: {}\r\n", self.address);
        }
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            message += "Content-Type: application/json\r\n";
        }
        for (name, value) in headers {
            message += &format!("{name}: {value}\r\n");
        }
        if body.is_some() || method != "GET" {
            message += &format!("Content-Length: {}\r\n", body.map_or(0, <[u8]>::len));
        }
        let mut message = (message + "\r\n").into_bytes();
        message.extend_from_slice(body.unwrap_or_default());
        connection.get_mut().write_all(&message)?;
        let answer = read_answer(&mut connection)?;
        let closes = answer.header("connection").is_some_and(|v| v.eq_ignore_ascii_case("close"));
        self.connection = Some(connection).filter(|_| !closes);
        Ok(answer)
    }

    fn connect(&self) -> io::Result<BufReader<TcpStream>> {
        let stream = TcpStream::connect(self.address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_LIMIT))?;
        stream.set_write_timeout(Some(ANSWER_LIMIT))?;
        Ok(BufReader::new(stream))
    }

    /// A GET that may fail.
    ///
    /// # Errors
    /// When the connection breaks.
    pub(crate) fn try_get(&mut self, target: &str) -> io::Result<Answer> {
        self.send("GET", target, &[], None)
    }

    pub(crate) fn get(&mut self, target: &str) -> Answer {
        self.try_get(target).unwrap()
    }

    /// A POST without a body.
    pub(crate) fn post_empty(&mut self, target: &str) -> Answer {
        self.send("POST", target, &[], None).unwrap()
    }

    pub(crate) fn post(&mut self, target: &str, body: &Value) -> Answer {
        self.send("POST", target, &[], Some(body.to_string().as_bytes())).unwrap()
    }

    /// Creates a job and returns it.
    pub(crate) fn create(&mut self, body: &Value) -> Value {
        self.post("/v1/jobs", body).ok()
    }

    /// Creates a job and returns its id.
    pub(crate) fn submit(&mut self, body: &Value) -> String {
        self.create(body)["id"].as_str().unwrap().to_owned()
    }

    /// The job, with request and response.
    pub(crate) fn job(&mut self, id: &str) -> Value {
        self.get(&format!("/v1/jobs/{id}")).ok()
    }

    /// Waits for the job's end by long-polls and returns it.
    pub(crate) fn wait(&mut self, id: &str) -> Value {
        for _ in 0..6 {
            let job = self.get(&format!("/v1/jobs/{id}?wait=10")).ok();
            let status = job["status"].as_str().unwrap();
            if docspool::State::from_name(status).unwrap().is_terminal() {
                return job;
            }
        }
        panic!("job {id} did not end within a minute: {}", self.job(id));
    }
}

fn read_answer(connection: &mut BufReader<TcpStream>) -> io::Result<Answer> {
    let line = read_line(connection)?;
    let status = line.split(' ').nth(1).and_then(|text| text.parse().ok());
    let status = status.ok_or_else(|| broken(&format!("status line {line:?}")))?;
    let mut headers = Vec::new();
    loop {
        let line = read_line(connection)?;
        if line.is_empty() {
            break;
        }
        let (name, value) =
            line.split_once(':').ok_or_else(|| broken(&format!("header {line:?}")))?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let mut answer = Answer { status, headers, body: Vec::new() };
    if answer.header("transfer-encoding").is_some_and(|value| value.contains("chunked")) {
        answer.body = read_chunks(connection)?;
    } else if let Some(length) = answer.header("content-length") {
        let length: usize = length.parse().map_err(|_| broken("content-length"))?;
        answer.body = vec![0; length];
        connection.read_exact(&mut answer.body)?;
    } else if !matches!(status, 204 | 304) {
        return Err(broken("an answer of unknown length"));
    }
    Ok(answer)
}

fn read_chunks(connection: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = read_line(connection)?;
        let length = u64::from_str_radix(&line, 16).map_err(|_| broken("chunk length"))?;
        let read = connection.by_ref().take(length).read_to_end(&mut body)?;
        let end = read_line(connection)?;
        if u64::try_from(read).unwrap() != length || !end.is_empty() {
            return Err(broken("chunk"));
        }
        if length == 0 {
            return Ok(body);
        }
    }
}

fn read_line(connection: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = Vec::new();
    connection.read_until(b'\n', &mut line)?;
    if !line.ends_with(b"\r\n") {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    line.truncate(line.len() - 2);
    String::from_utf8(line).map_err(|_| broken("text"))
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("malformed answer: {what}"))
}
