//! A client that sends raw bytes and reads answers strictly.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use docspool::http::server::Server;

/// One answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    /// Sizes of the chunks of a chunked answer, without the last.
    pub(super) chunks: Vec<usize>,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let field = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        field.map(|(_, value)| value.as_str())
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// The code of an error answer, after checking everything every refusal must have.
    pub(super) fn error_code(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self:?}");
        assert!(self.header("x-request-id").is_some_and(|id| !id.is_empty()), "{self:?}");
        let body: serde_json::Value = serde_json::from_slice(&self.body).unwrap();
        let detail = &body["detail"];
        assert!(detail["message"].as_str().is_some_and(|text| !text.is_empty()), "{self:?}");
        assert!(detail.get("details").is_some(), "{self:?}");
        detail["code"].as_str().unwrap().to_owned()
    }
}

/// A connection to the server.
pub(super) struct Client {
    pub(super) reader: BufReader<TcpStream>,
}

impl Client {
    pub(super) fn connect(server: &Server) -> Self {
        Self::of(TcpStream::connect(server.local_addr()).unwrap())
    }

    pub(super) fn of(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        // No test waits this long when all is well.
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(30))).unwrap();
        Self { reader: BufReader::new(stream) }
    }

    pub(super) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).unwrap();
    }

    /// Sends; the server may have closed already.
    pub(super) fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        self.reader.get_mut().write_all(bytes.as_ref())
    }

    pub(super) fn answer(&mut self) -> Answer {
        self.try_answer(false).expect("an answer")
    }

    pub(super) fn answer_to_head(&mut self) -> Answer {
        self.try_answer(true).expect("an answer")
    }

    /// The next answer; `None` when the server closed instead.
    pub(super) fn try_answer(&mut self, is_head: bool) -> Option<Answer> {
        let line = self.line()?;
        let status = line.strip_prefix("HTTP/1.1 ").expect(&line)[..3].parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(": ").expect(&line);
            headers.push((name.to_owned(), value.to_owned()));
        }
        let mut answer = Answer { status, headers, body: Vec::new(), chunks: Vec::new() };
        if is_head || status == 204 || status == 100 {
            return Some(answer);
        }
        if let Some(length) = answer.header("content-length") {
            answer.body.resize(length.parse().unwrap(), 0);
            self.reader.read_exact(&mut answer.body).ok()?;
        } else if answer.header("transfer-encoding").is_some() {
            while let Some(chunk) = self.chunk()? {
                answer.chunks.push(chunk.len());
                answer.body.extend(chunk);
            }
        } else {
            self.reader.read_to_end(&mut answer.body).ok()?;
        }
        Some(answer)
    }

    /// The next chunk of a chunked answer; `Some(None)` for the last one.
    pub(super) fn chunk(&mut self) -> Option<Option<Vec<u8>>> {
        let size = usize::from_str_radix(&self.line()?, 16).unwrap();
        let mut chunk = vec![0; size + 2];
        self.reader.read_exact(&mut chunk).ok()?;
        assert!(chunk.ends_with(b"\r\n"));
        chunk.truncate(size);
        Some((size > 0).then_some(chunk))
    }

    /// A line without its CR LF; `None` at the end.
    pub(super) fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.reader.read_line(&mut line) {
            Ok(0) | Err(_) => None,
            Ok(_) => {
                assert!(line.ends_with("\r\n"), "{line:?}");
                line.truncate(line.len() - 2);
                Some(line)
            }
        }
    }

    /// Whether the server has closed the connection and sent nothing more.
    pub(super) fn is_closed(&mut self) -> bool {
        match self.reader.read(&mut [0; 1]) {
            Ok(count) => count == 0,
            Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
        }
    }
}
