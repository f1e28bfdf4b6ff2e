//! The body of a create: which endpoint, with what request, under which metadata.
//!
//! Owns the checks that a client hears about at once (422, nothing stored): the
//! envelope's shape, the metadata limits, and the required fields of each endpoint's
//! request with their types. It must not look inside documents; that is the validation
//! that a stored job goes through.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::endpoint::Endpoint;
use super::model::{JobError, Metadata};
use super::request::RequestBody;
use crate::base::limits;

/// A checked create body.
#[derive(Debug, Clone, PartialEq)]
pub struct Envelope {
    /// What is asked for.
    pub endpoint: Endpoint,
    /// The request, with the slots moved into its own coordinates.
    pub request: RequestBody,
    /// The request once more, parsed; documents that were cut out show as markers.
    pub value: Value,
    /// Checked against its limits.
    pub metadata: Metadata,
}

#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(borrow)]
    endpoint: Option<&'a RawValue>,
    #[serde(borrow)]
    request: Option<&'a RawValue>,
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
}

impl Envelope {
    /// Reads a create body.
    ///
    /// # Errors
    /// A `validation_error` that names the field and what it must be.
    pub fn read(body: RequestBody) -> Result<Self, JobError> {
        let raw: Raw<'_> = serde_json::from_str(&body.json).map_err(|error| {
            invalid(
                "body",
                &format!("the body must be a JSON object with endpoint and request: {error}"),
            )
        })?;
        let endpoint = read_endpoint(raw.endpoint)?;
        let metadata = read_metadata(raw.metadata)?;
        let text = raw.request.map(RawValue::get).ok_or_else(|| missing("request", "an object"))?;
        // Both are slices of the same text, so the distance is the request's place in it.
        let start = (text.as_ptr() as usize).saturating_sub(body.json.as_ptr() as usize);
        let inside = start..start + text.len();
        let (json, mut slots) = (text.to_owned(), body.slots);
        if slots.iter().any(|slot| !inside.contains(&slot.offset)) {
            return Err(invalid("body", "documents belong into request, not beside it"));
        }
        for slot in &mut slots {
            slot.offset -= start;
        }
        let request = RequestBody { json, slots };
        let value = check_request(endpoint, &request)?;
        Ok(Self { endpoint, request, value, metadata })
    }
}

/// Checks the request of an endpoint: an object with its required fields, each of its type.
///
/// # Errors
/// A `validation_error` that names the field and what it must be.
pub fn check_request(endpoint: Endpoint, request: &RequestBody) -> Result<Value, JobError> {
    let value: Value = serde_json::from_str(&request.json)
        .map_err(|error| invalid("request", &format!("the request is not valid JSON: {error}")))?;
    if !value.is_object() {
        return Err(missing("request", "an object"));
    }
    for field in fields(endpoint) {
        let older = field.older.filter(|name| value.get(name).is_some());
        let name = older.filter(|_| value.get(field.name).is_none()).unwrap_or(field.name);
        match value.get(name) {
            None | Some(Value::Null) if !field.required => {}
            None | Some(Value::Null) => return Err(missing(&path(field.name), field.kind.name())),
            Some(found) => field.kind.check(&path(name), found)?,
        }
    }
    if endpoint == Endpoint::AgentFill {
        let has = |name: &str| value.get(name).is_some_and(|found| !found.is_null());
        if has("document") == has("template_id") {
            return Err(missing("request.document", "a document, or else request.template_id"));
        }
    }
    Ok(value)
}

fn path(name: &str) -> String {
    format!("request.{name}")
}

struct Field {
    name: &'static str,
    kind: Kind,
    required: bool,
    /// The name older clients give it.
    older: Option<&'static str>,
}

const fn required(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: true, older: None }
}

const fn optional(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, required: false, older: None }
}

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Object,
    Document,
    Documents,
    Named,
    Integer(i64, i64),
    Flag,
    OneOf(&'static [&'static str]),
}

/// The fields that are checked. Others are ignored: older clients send fields that later
/// vanished.
fn fields(endpoint: Endpoint) -> Vec<Field> {
    let dpi = || optional("image_resolution_dpi", Kind::Integer(96, 300));
    let consensus = |max| optional("n_consensus", Kind::Integer(1, max));
    let mut fields = match endpoint {
        Endpoint::Extract => vec![
            required("document", Kind::Document),
            required("json_schema", Kind::Object),
            optional("stream", Kind::Flag),
            dpi(),
            consensus(16),
        ],
        Endpoint::Parse => vec![
            required("document", Kind::Document),
            optional("table_parsing_format", Kind::OneOf(&["markdown", "yaml", "html", "json"])),
            dpi(),
        ],
        Endpoint::Split => vec![
            required("document", Kind::Document),
            Field { older: Some("categories"), ..required("subdocuments", Kind::Named) },
            optional("context", Kind::Text),
            consensus(16),
        ],
        Endpoint::Classify => vec![
            required("document", Kind::Document),
            required("categories", Kind::Named),
            optional("first_n_pages", Kind::Integer(1, i64::MAX)),
            optional("context", Kind::Text),
            consensus(16),
        ],
        Endpoint::GenerateSchema => vec![
            required("documents", Kind::Documents),
            optional("instructions", Kind::Text),
            dpi(),
        ],
        Endpoint::AgentFill => vec![
            required("instructions", Kind::Text),
            optional("document", Kind::Document),
            optional("template_id", Kind::Text),
            optional("config", Kind::Object),
        ],
        Endpoint::TemplateFill => vec![
            required("template_id", Kind::Text),
            required("instructions", Kind::Text),
            optional("config", Kind::Object),
        ],
        Endpoint::TemplateGenerate => vec![required("document", Kind::Document)],
        Endpoint::ProjectExtract => vec![
            required("project_id", Kind::Text),
            optional("document", Kind::Document),
            optional("documents", Kind::Documents),
            consensus(16),
            dpi(),
        ],
    };
    fields.push(optional("model", Kind::Text));
    fields
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Text => "a string",
            Self::Object => "an object",
            Self::Document => "a document: {\"filename\": …, \"url\": \"data:…;base64,…\"}",
            Self::Documents => "a list of documents, at least one",
            Self::Named => "a list of {\"name\": …, \"description\": …}, at least one",
            Self::Integer(..) => "a whole number",
            Self::Flag => "true or false",
            Self::OneOf(_) => "one of the values it knows",
        }
    }

    fn check(self, path: &str, found: &Value) -> Result<(), JobError> {
        let fits = match self {
            Self::Text => found.is_string(),
            Self::Object => found.is_object(),
            Self::Flag => found.is_boolean(),
            Self::Document => return check_document(path, found),
            Self::Documents => return check_list(path, found, self, check_document),
            Self::Named => return check_list(path, found, self, check_named),
            Self::Integer(min, max) => {
                let fits = found.as_i64().is_some_and(|number| (min..=max).contains(&number));
                let range = if max == i64::MAX {
                    format!("a whole number, at least {min}")
                } else {
                    format!("a whole number from {min} to {max}")
                };
                return if fits { Ok(()) } else { Err(wrong(path, &range, found)) };
            }
            Self::OneOf(words) => {
                let fits = found.as_str().is_some_and(|word| words.contains(&word));
                let known = format!("one of {}", words.join(", "));
                return if fits { Ok(()) } else { Err(wrong(path, &known, found)) };
            }
        };
        if fits { Ok(()) } else { Err(wrong(path, self.name(), found)) }
    }
}

fn check_list(
    path: &str,
    found: &Value,
    kind: Kind,
    check: fn(&str, &Value) -> Result<(), JobError>,
) -> Result<(), JobError> {
    let list = found.as_array().filter(|list| !list.is_empty());
    let list = list.ok_or_else(|| wrong(path, kind.name(), found))?;
    list.iter().enumerate().try_for_each(|(index, item)| check(&format!("{path}[{index}]"), item))
}

fn check_named(path: &str, found: &Value) -> Result<(), JobError> {
    let name = found.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
    name.map(|_| ()).ok_or_else(|| missing(&format!("{path}.name"), "a string"))
}

fn check_document(path: &str, found: &Value) -> Result<(), JobError> {
    if !found.is_object() {
        return Err(wrong(path, Kind::Document.name(), found));
    }
    for name in ["filename", "url"] {
        let field = format!("{path}.{name}");
        match found.get(name) {
            None | Some(Value::Null) => return Err(missing(&field, "a string")),
            Some(Value::String(text)) if !text.is_empty() => {}
            Some(other) => return Err(wrong(&field, "a string that is not empty", other)),
        }
    }
    Ok(())
}

fn read_endpoint(raw: Option<&RawValue>) -> Result<Endpoint, JobError> {
    let known = || Endpoint::ALL.map(Endpoint::path).join(", ");
    let text: Option<String> = raw.and_then(|raw| serde_json::from_str(raw.get()).ok());
    let text = text.ok_or_else(|| missing("endpoint", &format!("one of {}", known())))?;
    Endpoint::from_path(&text).ok_or_else(|| {
        invalid("endpoint", &format!("{text:?} is not an endpoint; it must be one of {}", known()))
    })
}

fn read_metadata(raw: Option<&RawValue>) -> Result<Metadata, JobError> {
    let Some(raw) = raw.filter(|raw| raw.get() != "null") else { return Ok(Vec::new()) };
    let pairs: serde_json::Map<String, Value> = serde_json::from_str(raw.get())
        .map_err(|_| invalid("metadata", "metadata must be an object of strings"))?;
    if pairs.len() > limits::METADATA_PAIRS_MAX {
        let most = limits::METADATA_PAIRS_MAX;
        let text = format!("metadata may hold {most} pairs; this has {}", pairs.len());
        return Err(invalid("metadata", &text));
    }
    pairs.into_iter().map(|(key, value)| check_pair(key, value)).collect()
}

fn check_pair(key: String, value: Value) -> Result<(String, String), JobError> {
    let short: String = key.chars().take(limits::METADATA_KEY_CHARS_MAX).collect();
    let field = format!("metadata.{short}");
    if key.is_empty() || key.chars().count() > limits::METADATA_KEY_CHARS_MAX {
        let most = limits::METADATA_KEY_CHARS_MAX;
        return Err(invalid(&field, &format!("a metadata key must have 1 to {most} characters")));
    }
    match value {
        Value::String(text) if text.chars().count() <= limits::METADATA_VALUE_CHARS_MAX => {
            Ok((key, text))
        }
        Value::String(_) => {
            let most = limits::METADATA_VALUE_CHARS_MAX;
            Err(invalid(&field, &format!("a metadata value may have {most} characters")))
        }
        other => Err(wrong(&field, "a string", &other)),
    }
}

/// A `validation_error` about one field.
#[must_use]
pub fn invalid(field: &str, message: &str) -> JobError {
    JobError::new("validation_error", message).with_detail("field", field)
}

fn missing(field: &str, kind: &str) -> JobError {
    invalid(field, &format!("{field} is required and must be {kind}"))
}

fn wrong(field: &str, kind: &str, found: &Value) -> JobError {
    let what = match found {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    invalid(field, &format!("{field} must be {kind}; this is {what}"))
}

#[cfg(test)]
#[path = "envelope_tests.rs"]
mod tests;
