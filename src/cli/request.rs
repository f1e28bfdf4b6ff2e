//! The request of an endpoint, made of flags and files. What is special to one endpoint
//! stands here and nowhere else in the command.

use std::fmt;
use std::path::{Path, PathBuf};

use docspool::Endpoint;
use serde_json::{Map, Value};

use super::args::TaskArgs;
use super::failure::Failure;
use super::input;
use super::stream::JsonStream;

/// What is asked for, read from the command line.
pub(crate) struct Task {
    pub(crate) endpoint: Endpoint,
    fields: Map<String, Value>,
}

/// A flag that is a field of one endpoint's request.
struct TaskFlag {
    flag: &'static str,
    field: &'static str,
    endpoint: Endpoint,
}

const SCHEMA: TaskFlag =
    TaskFlag { flag: "--schema", field: "json_schema", endpoint: Endpoint::Extract };
const CATEGORIES: TaskFlag =
    TaskFlag { flag: "--category", field: "categories", endpoint: Endpoint::Classify };
const SUBDOCUMENTS: TaskFlag =
    TaskFlag { flag: "--subdocument", field: "subdocuments", endpoint: Endpoint::Split };

impl Task {
    pub(crate) fn read(args: &TaskArgs) -> Result<Self, Failure> {
        let endpoint = Endpoint::from_word(&args.endpoint).ok_or_else(|| {
            let known = Endpoint::ALL.map(Endpoint::path).join(", ");
            Failure::usage(format!("{:?} is no endpoint", args.endpoint))
                .hint(format!("the endpoints are {known}"))
        })?;
        let mut fields = match &args.request {
            None => Map::new(),
            Some(path) => object_in(path)?,
        };
        let schema = args.schema.as_deref().map(object_in).transpose()?.map(Value::Object);
        for (flag, given) in [
            (SCHEMA, schema),
            (CATEGORIES, named(&args.categories)),
            (SUBDOCUMENTS, named(&args.subdocuments)),
        ] {
            match given {
                Some(_) if flag.endpoint != endpoint => {
                    return Err(Failure::usage(format!(
                        "{} is for the endpoint {}, not for {endpoint}",
                        flag.flag, flag.endpoint
                    )));
                }
                Some(value) => {
                    fields.insert(flag.field.to_owned(), value);
                }
                None if flag.endpoint == endpoint && !fields.contains_key(flag.field) => {
                    return Err(Failure::usage(format!("{endpoint} needs {}", flag.flag)));
                }
                None => {}
            }
        }
        Ok(Self { endpoint, fields })
    }

    /// The files of each request: all together where an endpoint takes several documents,
    /// else one by one.
    pub(crate) fn groups<'f>(&self, files: &'f [PathBuf]) -> impl Iterator<Item = Group<'f>> {
        let together = if self.takes_several() { files.len().max(1) } else { 1 };
        files.chunks(together).map(Group)
    }

    fn takes_several(&self) -> bool {
        self.endpoint == Endpoint::GenerateSchema
    }

    /// The request with the documents of those files in it.
    pub(crate) fn with_documents(&self, group: Group<'_>) -> Result<JsonStream, Failure> {
        let (open, close) = match self.takes_several() {
            true => (r#"{"documents":["#, "]"),
            false => (r#"{"document":"#, ""),
        };
        let mut stream = JsonStream::default();
        stream.push(open);
        for (index, file) in group.0.iter().enumerate() {
            let name = input::file_name(file);
            let head = format!("data:{};base64,", media_type(&name));
            // The document's text goes to the end of this object's last string.
            let object = serde_json::json!({"filename": name, "url": head}).to_string();
            let (before, after) = object.split_at(object.len() - "\"}".len());
            if index > 0 {
                stream.push(",");
            }
            stream.push(before);
            stream.push_document(file)?;
            stream.push(after);
        }
        stream.push(close);
        let mut fields = Value::Object(self.fields.clone()).to_string();
        fields.replace_range(..1, if self.fields.is_empty() { "" } else { "," });
        stream.push(&fields);
        Ok(stream)
    }
}

/// Files that become one request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Group<'f>(&'f [PathBuf]);

impl Group<'_> {
    pub(crate) fn has_stdin(self) -> bool {
        self.0.iter().any(|file| input::is_stdin(file))
    }
}

impl fmt::Display for Group<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, file) in self.0.iter().enumerate() {
            write!(formatter, "{}{}", if index > 0 { ", " } else { "" }, file.display())?;
        }
        Ok(())
    }
}

fn object_in(path: &Path) -> Result<Map<String, Value>, Failure> {
    let bytes = input::read(path)?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let path = path.display();
        Failure::usage(format!("{path} must hold a JSON object: {error}"))
    })
}

/// `name=description` pairs as the API has them; `None` when there is none.
fn named(pairs: &[String]) -> Option<Value> {
    let read = |pair: &String| {
        let (name, description) = pair.split_once('=').unwrap_or((pair, ""));
        serde_json::json!({"name": name, "description": description})
    };
    (!pairs.is_empty()).then(|| pairs.iter().map(read).collect())
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

#[cfg(test)]
mod tests {
    use super::*;
    use docspool::job::data_url;
    use serde_json::json;
    use std::io::Read as _;

    fn args(endpoint: &str) -> TaskArgs {
        TaskArgs {
            endpoint: endpoint.to_owned(),
            schema: None,
            categories: Vec::new(),
            subdocuments: Vec::new(),
            request: None,
        }
    }

    fn sent(args: &TaskArgs, documents: &[&[u8]]) -> Vec<Value> {
        let folder = tempfile::tempdir().unwrap();
        let path = |index: usize| folder.path().join(format!("a \"{index}\".pdf"));
        let files: Vec<_> = (0..documents.len()).map(path).collect();
        for (file, bytes) in files.iter().zip(documents) {
            std::fs::write(file, bytes).unwrap();
        }
        let task = Task::read(args).unwrap();
        let read = |group| {
            let mut stream = task.with_documents(group).unwrap().inside("{\"request\":", "}");
            let (length, mut text) = (stream.length(), String::new());
            stream.read_to_string(&mut text).unwrap();
            assert_eq!(text.len() as u64, length);
            serde_json::from_str::<Value>(&text).unwrap()["request"].clone()
        };
        task.groups(&files).map(read).collect()
    }

    #[test]
    fn a_document_of_any_length_comes_through_whole() {
        for length in [0, 1, 2, 3, 49_151, 49_152, 49_153, 200_000] {
            let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            let request = &sent(&args("parse"), &[&bytes])[0];
            assert_eq!(request["document"]["filename"], "a \"0\".pdf");
            assert_eq!(request.as_object().unwrap().len(), 1);
            let url = request["document"]["url"].as_str().unwrap();
            assert!(url.starts_with("data:application/pdf;base64,"));
            assert_eq!(data_url::decode(url).unwrap(), bytes, "{length}");
        }
    }

    #[test]
    fn an_endpoint_that_takes_several_documents_gets_them_in_one_request() {
        let requests = sent(&args("schema"), &[b"x", b"y", b"z"]);
        assert_eq!(requests.len(), 1);
        let documents = requests[0]["documents"].as_array().unwrap();
        assert_eq!(documents.len(), 3);
        assert_eq!(data_url::decode(documents[2]["url"].as_str().unwrap()).unwrap(), b"z");
        assert_eq!(sent(&args("parse"), &[b"x", b"y", b"z"]).len(), 3);
    }

    #[test]
    fn flags_and_a_file_make_the_fields() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("object.json");
        std::fs::write(&path, r#"{"type": "object", "model": "m"}"#).unwrap();
        let extract = TaskArgs { schema: Some(path.clone()), ..args("extract") };
        assert_eq!(sent(&extract, &[b"x"])[0]["json_schema"]["type"], "object");
        let categories = vec!["invoice=asks for money".to_owned(), "other".to_owned()];
        let classify = TaskArgs { categories, request: Some(path.clone()), ..args("classify") };
        let request = &sent(&classify, &[b"x"])[0];
        assert_eq!(request["model"], "m");
        let expected = json!([{"name": "invoice", "description": "asks for money"},
            {"name": "other", "description": ""}]);
        assert_eq!(request["categories"], expected);
        let message = |args| Task::read(&args).err().unwrap().message;
        assert_eq!(message(args("extract")), "/v1/documents/extract needs --schema");
        let wrong = message(TaskArgs { schema: Some(path), ..args("parse") });
        assert!(wrong.contains("--schema is for the endpoint /v1/documents/extract"), "{wrong}");
    }
}
