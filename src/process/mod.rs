//! Processors: a request and its documents in, a response body or an error out.
//!
//! Owns the [`Processor`] trait and the registry by endpoint. A processor must not know
//! jobs, queues, stores or HTTP: it cannot name the job it works for.

pub mod agent_fill;
pub mod classify;
pub mod extract;
mod filling;
mod model_engine;
pub mod parse;
mod reading;
pub mod schema_generate;
pub mod split;
pub mod template_fill;
pub mod template_generate;
#[cfg(test)]
mod testing;
mod understand;
pub mod understanding;

pub use crate::document::Ocr;
use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use self::understanding::{LocalEngine, Understanding};
use crate::job::Endpoint;
use crate::job::data_url;
use crate::job::envelope::invalid;
use crate::job::model::JobError;
use crate::job::request::marked_ordinal;

/// A document that travels beside the request's JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    /// Head of its data URL, comma included.
    pub head: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// One piece of work.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Task {
    /// The request. A document's `url` is a data URL, or the marker of an attached one.
    pub request: Value,
    /// Documents that were cut out of the request, by the number in their marker.
    pub documents: Vec<Attached>,
}

/// A document of a request, ready to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input<'a> {
    /// The name the client gave it.
    pub filename: &'a str,
    /// Media type named in its data URL; may be wrong or empty.
    pub media_type: &'a str,
    /// Its bytes.
    pub bytes: std::borrow::Cow<'a, [u8]>,
}

impl Task {
    /// The document in a field such as `document`.
    ///
    /// # Errors
    /// A `validation_error` that names the field, when it is missing or does not decode.
    pub fn document(&self, field: &str) -> Result<Input<'_>, JobError> {
        let value = self.request.get(field).unwrap_or(&Value::Null);
        self.resolve(&format!("request.{field}"), value)
    }

    /// The documents in a list such as `documents`.
    ///
    /// # Errors
    /// A `validation_error` that names the first one that does not decode.
    pub fn documents(&self, field: &str) -> Result<Vec<Input<'_>>, JobError> {
        let list = self.request.get(field).and_then(Value::as_array);
        let items = list.map(Vec::as_slice).unwrap_or_default().iter().enumerate();
        items
            .map(|(index, value)| self.resolve(&format!("request.{field}[{index}]"), value))
            .collect()
    }

    fn resolve<'a>(&'a self, path: &str, value: &'a Value) -> Result<Input<'a>, JobError> {
        let text = |name: &str| value.get(name).and_then(Value::as_str);
        let field = format!("{path}.url");
        let url = text("url").ok_or_else(|| invalid(&field, "a document needs a url"))?;
        let filename = text("filename").unwrap_or_default();
        if let Some(attached) = marked_ordinal(url).and_then(|n| self.documents.get(n)) {
            let media_type = data_url::media_type(&attached.head);
            return Ok(Input { filename, media_type, bytes: attached.bytes.as_slice().into() });
        }
        let bytes = data_url::decode(url).map_err(|error| invalid(&field, &error.to_string()))?;
        Ok(Input { filename, media_type: data_url::media_type(url), bytes: bytes.into() })
    }
}

/// What a processor may ask and tell while it works.
pub trait Context {
    /// Says how far the work has come, in pages.
    fn progress(&self, done: u32, total: u32);
    /// Whether the work is no longer wanted. Long loops ask now and then.
    fn is_cancelled(&self) -> bool;
    /// What reads pictures; `None` where nothing is set up for it.
    fn ocr(&self) -> Option<&Ocr> {
        None
    }
    /// Who understands documents here: the local engine, unless a model is configured.
    fn understanding(&self) -> &dyn Understanding {
        &LocalEngine
    }
}

/// Work for one endpoint.
pub trait Processor: Send + Sync + 'static {
    /// Looks at what can be judged without running: the first bytes of each document, the
    /// user's schema. Runs while the job is `validating`, on the server's own thread, so
    /// it must be quick and must not parse a document.
    ///
    /// # Errors
    /// What is wrong with the request.
    fn validate(&self, request: &Value, first_bytes: &[Peek]) -> Result<(), JobError> {
        let _ = (request, first_bytes);
        Ok(())
    }

    /// Does the work. The answer must be a JSON object.
    ///
    /// # Errors
    /// Why the request cannot be answered; becomes the job's error.
    fn run(&self, task: &Task, context: &dyn Context) -> Result<Value, JobError>;
}

/// The beginning of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peek {
    /// The request's field that holds it, such as `request.document`.
    pub field: String,
    /// The name the client gave it.
    pub filename: String,
    /// Its first bytes, up to [`crate::base::limits::DOCUMENT_HEAD_BYTES`].
    pub first_bytes: Vec<u8>,
}

/// Which endpoints are served, and by what.
#[derive(Clone, Default)]
pub struct Processors {
    by_endpoint: HashMap<Endpoint, Arc<dyn Processor>>,
    ocr: Option<Ocr>,
}

impl Processors {
    /// The processors of this program.
    #[must_use]
    pub fn standard() -> Self {
        Self::default()
            .with(Endpoint::Parse, parse::Parse)
            .with(Endpoint::Extract, extract::Extract)
            .with(Endpoint::Classify, classify::Classify)
            .with(Endpoint::Split, split::Split)
            .with(Endpoint::GenerateSchema, schema_generate::GenerateSchema)
            // The queue has put the project's schema and settings into the request.
            .with(Endpoint::ProjectExtract, extract::Extract)
            .with(Endpoint::AgentFill, agent_fill::AgentFill)
            .with(Endpoint::TemplateFill, template_fill::TemplateFill)
            .with(Endpoint::TemplateGenerate, template_generate::TemplateGenerate)
    }

    /// The same with one more, or another, processor.
    #[must_use]
    pub fn with(mut self, endpoint: Endpoint, processor: impl Processor) -> Self {
        self.by_endpoint.insert(endpoint, Arc::new(processor));
        self
    }

    /// The same with something that reads pictures.
    #[must_use]
    pub fn with_ocr(mut self, ocr: Ocr) -> Self {
        self.ocr = Some(ocr);
        self
    }

    /// What reads pictures.
    #[must_use]
    pub fn ocr(&self) -> Option<&Ocr> {
        self.ocr.as_ref()
    }

    /// The processor of an endpoint.
    #[must_use]
    pub fn get(&self, endpoint: Endpoint) -> Option<&Arc<dyn Processor>> {
        self.by_endpoint.get(&endpoint)
    }

    /// The endpoints that are served.
    #[must_use]
    pub fn served(&self) -> Vec<Endpoint> {
        Endpoint::ALL.into_iter().filter(|e| self.by_endpoint.contains_key(e)).collect()
    }
}

impl std::fmt::Debug for Processors {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.served()).finish()
    }
}
