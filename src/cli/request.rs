//! The request of an endpoint as a stream of JSON, its document read and encoded while it
//! is sent, so that memory stays at one piece however large the document is.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::Path;

use docspool::Endpoint;
use docspool::job::data_url;
use serde_json::{Map, Value};

use super::args::TaskArgs;
use super::exit::Exit;
use super::failure::Failure;
use super::input;

/// Document bytes that are encoded at a time; a multiple of three, so that only the last
/// piece is padded.
const PIECE_BYTES: usize = 48 * 1024;

/// What is asked for, read from the command line.
pub(crate) struct Task {
    pub(crate) endpoint: Endpoint,
    fields: Map<String, Value>,
}

impl Task {
    pub(crate) fn read(args: &TaskArgs) -> Result<Self, Failure> {
        let endpoint = Endpoint::from_word(&args.endpoint).ok_or_else(|| {
            let known = Endpoint::ALL.map(Endpoint::path).join(", ");
            Failure::usage(format!("{:?} is no endpoint", args.endpoint))
                .hint(format!("the endpoints are {known}"))
        })?;
        let fields = match &args.request {
            None => Map::new(),
            Some(path) => {
                let bytes = input::read(path)?;
                serde_json::from_slice(&bytes).map_err(|error| {
                    let path = path.display();
                    Failure::usage(format!("{path} must hold a JSON object: {error}"))
                })?
            }
        };
        Ok(Self { endpoint, fields })
    }

    /// The request with the document of that file in it.
    pub(crate) fn with_document(&self, file: &Path) -> Result<JsonStream, Failure> {
        let name = input::file_name(file);
        let head = format!("data:{};base64,", media_type(&name));
        // The document's text goes where this request has its last empty string.
        let document = serde_json::json!({"filename": name, "url": head});
        let (open, close) = match self.endpoint {
            Endpoint::GenerateSchema => (r#"{"documents":["#, "]"),
            _ => (r#"{"document":"#, ""),
        };
        let document = document.to_string();
        let (before, after) = document.split_at(document.len() - "\"}".len());
        let mut fields = Value::Object(self.fields.clone()).to_string();
        let comma = if self.fields.is_empty() { "" } else { "," };
        fields.replace_range(..1, comma);
        let source = Source::open(file)?;
        Ok(JsonStream {
            before: format!("{open}{before}"),
            document: Encoder::new(source),
            after: format!("{after}{close}{fields}"),
        })
    }
}

/// The media type that a file name promises. The reader goes by the bytes all the same.
fn media_type(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    match extension.to_ascii_lowercase().as_str() {
        "pdf" => "application/pdf",
        "txt" | "log" => "text/plain",
        "md" => "text/markdown",
        "csv" => "text/csv",
        "htm" | "html" => "text/html",
        "json" => "application/json",
        "xml" => "application/xml",
        "eml" => "message/rfc822",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        _ => "application/octet-stream",
    }
}

/// JSON text with a document in the middle.
pub(crate) struct JsonStream {
    before: String,
    document: Encoder,
    after: String,
}

impl JsonStream {
    /// The same text inside another.
    pub(crate) fn inside(mut self, before: &str, after: &str) -> Self {
        self.before.insert_str(0, before);
        self.after.push_str(after);
        self
    }

    /// Its length in bytes.
    pub(crate) fn length(&self) -> u64 {
        let text = self.before.len() + self.after.len();
        self.document.encoded_length().saturating_add(text as u64)
    }

    pub(crate) fn into_reader(self) -> impl Read + 'static {
        Cursor::new(self.before).chain(self.document).chain(Cursor::new(self.after))
    }
}

enum Source {
    File(File, u64),
    Memory(Cursor<Vec<u8>>),
}

impl Source {
    fn open(path: &Path) -> Result<Self, Failure> {
        if input::is_stdin(path) {
            return Ok(Self::Memory(Cursor::new(input::read(path)?)));
        }
        let failed = |error: io::Error| Failure::file("reading", path, &error);
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        if metadata.is_dir() {
            let text = format!("{} is a folder; name files", path.display());
            return Err(Failure::new(Exit::Usage, text));
        }
        if metadata.is_file() {
            return Ok(Self::File(file, metadata.len()));
        }
        // A pipe or a device: its length is known once it has been read.
        Ok(Self::Memory(Cursor::new(input::read(path)?)))
    }

    fn length(&self) -> u64 {
        match self {
            Self::File(_, length) => *length,
            Self::Memory(bytes) => bytes.get_ref().len() as u64,
        }
    }
}

/// The base64 text of a source. A file that shrinks or grows meanwhile is an error: the
/// length has been promised already.
struct Encoder {
    source: Source,
    left: u64,
    encoded: Cursor<Vec<u8>>,
}

impl Encoder {
    fn new(source: Source) -> Self {
        let left = source.length();
        Self { source, left, encoded: Cursor::default() }
    }

    fn encoded_length(&self) -> u64 {
        self.source.length().div_ceil(3).saturating_mul(4)
    }

    fn next_piece(&mut self) -> io::Result<()> {
        let take = usize::try_from(self.left).unwrap_or(PIECE_BYTES).min(PIECE_BYTES);
        let mut piece = vec![0; take];
        match &mut self.source {
            Source::File(file, _) => file.read_exact(&mut piece)?,
            Source::Memory(bytes) => bytes.read_exact(&mut piece)?,
        }
        self.left -= take as u64;
        self.encoded = Cursor::new(data_url::encode(&piece).into_bytes());
        Ok(())
    }
}

impl Read for Encoder {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.encoded.read(buffer)?;
        if count > 0 || self.left == 0 {
            return Ok(count);
        }
        self.next_piece()?;
        self.encoded.read(buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn stream(endpoint: &str, fields: &str, bytes: &[u8]) -> Value {
        let folder = tempfile::tempdir().unwrap();
        let (document, request) = (folder.path().join("a \"b\".pdf"), folder.path().join("r"));
        std::fs::write(&document, bytes).unwrap();
        std::fs::write(&request, fields).unwrap();
        let args = TaskArgs { endpoint: endpoint.to_owned(), request: Some(request) };
        let stream = Task::read(&args).unwrap().with_document(&document).unwrap();
        let stream = stream.inside("{\"request\":", "}");
        let (length, mut text) = (stream.length(), String::new());
        stream.into_reader().read_to_string(&mut text).unwrap();
        assert_eq!(text.len() as u64, length);
        serde_json::from_str::<Value>(&text).unwrap()["request"].clone()
    }

    #[test]
    fn a_document_of_any_length_comes_through_whole() {
        for length in [0, 1, 2, 3, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 200_000] {
            let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let request = stream("parse", "{\"model\": \"m\"}", &bytes);
            assert_eq!(request["model"], "m");
            assert_eq!(request["document"]["filename"], "a \"b\".pdf");
            let url = request["document"]["url"].as_str().unwrap();
            assert!(url.starts_with("data:application/pdf;base64,"));
            assert_eq!(data_url::decode(url).unwrap(), bytes, "{length}");
        }
    }

    #[test]
    fn an_endpoint_that_takes_several_documents_gets_a_list() {
        let request = stream("schema", "{}", b"x");
        assert_eq!(request["documents"][0]["filename"], "a \"b\".pdf");
        assert_eq!(request.as_object().unwrap().len(), 1);
        assert_eq!(stream("parse", "{}", b"x").get("documents"), None);
        assert_eq!(stream("extract", "{\"json_schema\":{}}", b"x")["json_schema"], json!({}));
    }
}
