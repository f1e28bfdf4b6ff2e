//! A request body with its large documents cut out, and what a listing can filter by.
//!
//! Owns [`RequestBody`], its slots and [`Facets`]. It must not know how documents travel
//! to the store or to a worker.

use serde_json::Value;

use super::data_url;
use super::endpoint::Endpoint;
use super::filter::Source;
use super::model::Metadata;

/// A piece of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    /// Whether `bytes` are base64 text kept as it came, because it is not in the one
    /// canonical form; otherwise they are decoded.
    pub is_text: bool,
    /// At most [`crate::base::limits::CHUNK_BYTES`] decoded, or as many characters as
    /// decode to that.
    pub bytes: Vec<u8>,
}

/// Where the bytes of a document that was cut out are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlotContent {
    /// At hand.
    Memory(Vec<Chunk>),
    /// Already with the store, under this number.
    Stored(i64),
}

/// A document that was cut out of a request's JSON. In its place stands a marker, see
/// [`marker`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Byte offset of the marker in the JSON.
    pub offset: usize,
    /// Head of the data URL, comma included.
    pub head: String,
    /// Bytes of the document, decoded.
    pub length: u64,
    /// First bytes of the document, decoded; enough to tell its type.
    pub first_bytes: Vec<u8>,
    /// The document.
    pub content: SlotContent,
    /// The address it was fetched from. Such a document was not cut out: in the JSON stands
    /// the address, as the client sent it, and no marker.
    pub fetched_from: Option<String>,
}

/// The text that stands in the JSON in place of the document of that number.
#[must_use]
pub fn marker(ordinal: usize) -> String {
    format!("#document/{ordinal}")
}

/// The number of the document that a marker stands for.
#[must_use]
pub fn marked_ordinal(text: &str) -> Option<usize> {
    text.strip_prefix("#document/")?.parse().ok()
}

/// A request: its JSON, and the documents that were cut out of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RequestBody {
    /// An object. It holds a marker for each slot that was cut out.
    pub json: String,
    /// In order of their offsets; those that were fetched come last.
    pub slots: Vec<Slot>,
}

impl RequestBody {
    /// A request without large documents, or with the documents still inside.
    #[must_use]
    pub fn from_value(value: &Value) -> Self {
        Self { json: value.to_string(), slots: Vec::new() }
    }

    /// A request that is this JSON text.
    #[must_use]
    pub fn from_text(json: &str) -> Self {
        Self { json: json.to_owned(), slots: Vec::new() }
    }

    /// Whether every document is at hand, none in the store.
    #[must_use]
    pub fn is_at_hand(&self) -> bool {
        self.slots.iter().all(|slot| matches!(slot.content, SlotContent::Memory(_)))
    }

    /// Bytes of the documents that were cut out, decoded.
    #[must_use]
    pub fn document_bytes(&self) -> u64 {
        self.slots.iter().map(|slot| slot.length).sum()
    }
}

/// What a listing can filter by, read from the request and its metadata at create.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facets {
    /// Where the job came from.
    pub source: Option<Source>,
    /// `request.model`.
    pub model: Option<String>,
    /// `request.project_id`.
    pub project_id: Option<String>,
    /// `metadata.workflow_id`.
    pub workflow_id: Option<String>,
    /// `metadata.workflow_node_id`, `node_id`, `workflow_block_id` or `block_id`.
    pub workflow_node_id: Option<String>,
    /// File name of the (first) document.
    pub filename: Option<String>,
    /// Its extension without the dot, lower-case; from the media type when it has none.
    pub document_type: Option<String>,
}

impl Facets {
    /// Reads the facets of a request.
    #[must_use]
    pub fn read(endpoint: Endpoint, request: &Value, metadata: &Metadata) -> Self {
        let text = |name: &str| request.get(name).and_then(Value::as_str).map(str::to_owned);
        let meta = |names: &[&str]| {
            names.iter().find_map(|name| {
                metadata.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
            })
        };
        let document = request
            .get("document")
            .or_else(|| request.get("documents").and_then(|list| list.get(0)));
        let field = |name: &str| document.and_then(|d| d.get(name)).and_then(Value::as_str);
        let filename = field("filename").map(str::to_owned);
        let document_type = filename
            .as_deref()
            .and_then(extension)
            .or_else(|| field("url").and_then(extension_of_url));
        let project_id = text("project_id");
        let workflow_id = meta(&["workflow_id"]);
        let source = if workflow_id.is_some() {
            Source::Workflow
        } else if project_id.is_some() || endpoint == Endpoint::ProjectExtract {
            Source::Project
        } else {
            Source::Api
        };
        Self {
            source: Some(source),
            model: text("model"),
            project_id,
            workflow_id,
            workflow_node_id: meta(&[
                "workflow_node_id",
                "node_id",
                "workflow_block_id",
                "block_id",
            ]),
            filename,
            document_type,
        }
    }
}

fn extension(filename: &str) -> Option<String> {
    let (stem, extension) = filename.rsplit_once('.')?;
    let fits = !stem.is_empty() && (1..=10).contains(&extension.len());
    (fits && extension.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        .then(|| extension.to_ascii_lowercase())
}

fn extension_of_url(url: &str) -> Option<String> {
    let extension = match data_url::media_type(url) {
        "application/pdf" => "pdf",
        "text/plain" => "txt",
        "text/csv" => "csv",
        "text/html" => "html",
        "text/markdown" => "md",
        "application/json" => "json",
        "image/png" => "png",
        "image/jpeg" => "jpg",
        _ => return None,
    };
    Some(extension.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn facets_come_from_the_request_and_the_metadata() {
        let request = json!({"document": {"filename": "Mai.Invoice.PDF", "url": "data:x"},
            "model": "retab-small", "project_id": "project_1"});
        let metadata = vec![("node_id".to_owned(), "n1".to_owned())];
        let facets = Facets::read(Endpoint::Extract, &request, &metadata);
        assert_eq!(facets.source, Some(Source::Project));
        assert_eq!(facets.document_type.as_deref(), Some("pdf"));
        assert_eq!(facets.workflow_node_id.as_deref(), Some("n1"));
        assert_eq!(facets.model.as_deref(), Some("retab-small"));
    }

    #[test]
    fn markers_name_their_document() {
        assert_eq!(marked_ordinal(&marker(7)), Some(7));
        assert_eq!(marked_ordinal("data:x"), None);
    }
}
