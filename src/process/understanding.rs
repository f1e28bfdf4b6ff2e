//! The door between the endpoints and what understands documents.
//!
//! Owns the questions that can be asked of an engine, and the local engine's answers to
//! them. Endpoints shape requests and answers and know no engine; an engine knows no
//! endpoint. A request that asks for several votes gets them here.

use serde_json::Value;

use super::Context;
use crate::document::Document;
use crate::form::Field;
use crate::job::envelope::invalid;
use crate::job::model::JobError;
use crate::local::{self, Category, Classification, Extraction, Filling, Segment, Subdocument};

/// How a question is to be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manner<'a> {
    /// The model that the request names; engines with models of their own map it.
    pub model: &'a str,
    /// Votes to be taken, at least one.
    pub votes: usize,
    /// What the client says beside the document; may be empty.
    pub hints: String,
}

/// An answer, what it was chosen from, and what it cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered<T> {
    /// The answer.
    pub answer: T,
    /// The single votes, when several were asked for.
    pub votes: Vec<T>,
    /// What it cost.
    pub effort: Effort,
}

impl<T> Answered<T> {
    /// An answer that cost nothing and had one voice.
    #[must_use]
    pub fn alone(answer: T) -> Self {
        Self { answer, votes: Vec::new(), effort: Effort::default() }
    }
}

/// What an answer cost.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effort {
    /// Tokens that a model read.
    pub prompt_tokens: u64,
    /// Tokens that a model wrote.
    pub completion_tokens: u64,
    /// Whether tokens are estimated, since the model's server named none.
    pub is_estimated: bool,
    /// The model that saw the document; none when it stayed with the local engine.
    pub model: Option<String>,
}

/// Understands documents.
pub trait Understanding: Send + Sync {
    /// The values that a schema asks for; the answer always fits the schema.
    ///
    /// # Errors
    /// A `validation_error` of `request.json_schema`, or why no answer came.
    fn extract(
        &self,
        document: &Document,
        schema: &Value,
        manner: &Manner<'_>,
        context: &dyn Context,
    ) -> Result<Answered<Extraction>, JobError>;

    /// One of the categories, judged by the first pages (all, when none are named).
    ///
    /// # Errors
    /// A `validation_error` of `request.categories`, or why no answer came.
    fn classify(
        &self,
        document: &Document,
        categories: &[Category<'_>],
        first_pages: Option<usize>,
        manner: &Manner<'_>,
        context: &dyn Context,
    ) -> Result<Answered<Classification>, JobError>;

    /// The subdocuments, in the order of their pages.
    ///
    /// # Errors
    /// Why no answer came.
    fn split(
        &self,
        document: &Document,
        wanted: &[Subdocument<'_>],
        manner: &Manner<'_>,
        context: &dyn Context,
    ) -> Result<Answered<Vec<Segment>>, JobError>;

    /// Values for the fields of a form out of instructions.
    ///
    /// # Errors
    /// Why no answer came.
    fn fill(
        &self,
        fields: &[Field],
        instructions: &str,
        manner: &Manner<'_>,
        context: &dyn Context,
    ) -> Result<Answered<Filling>, JobError>;

    /// A JSON Schema for documents like the samples.
    ///
    /// # Errors
    /// Why no answer came.
    fn infer_schema(
        &self,
        samples: &[Document],
        manner: &Manner<'_>,
        context: &dyn Context,
    ) -> Result<Answered<Value>, JobError>;
}

/// The local engine. Its votes are readings that trust labels, places and forms
/// differently; they are fixed, so equal questions have equal answers.
#[derive(Debug, Clone, Copy, Default)]
pub struct LocalEngine;

impl Understanding for LocalEngine {
    fn extract(
        &self,
        document: &Document,
        schema: &Value,
        manner: &Manner<'_>,
        _context: &dyn Context,
    ) -> Result<Answered<Extraction>, JobError> {
        let refused =
            |error: local::SchemaError| invalid("request.json_schema", &error.to_string());
        if manner.votes < 2 {
            return local::extract(document, schema).map(Answered::alone).map_err(refused);
        }
        let (outcome, mut votes) =
            local::extract_by_vote(document, schema, manner.votes).map_err(refused)?;
        // The outcome stands where the first reading stood.
        votes.remove(0);
        Ok(Answered { votes, ..Answered::alone(outcome) })
    }

    fn classify(
        &self,
        document: &Document,
        categories: &[Category<'_>],
        first_pages: Option<usize>,
        _manner: &Manner<'_>,
        _context: &dyn Context,
    ) -> Result<Answered<Classification>, JobError> {
        let found = local::classify(document, categories, first_pages);
        found
            .map(Answered::alone)
            .ok_or_else(|| invalid("request.categories", "at least one category is needed"))
    }

    fn fill(
        &self,
        fields: &[Field],
        instructions: &str,
        _manner: &Manner<'_>,
        _context: &dyn Context,
    ) -> Result<Answered<Filling>, JobError> {
        Ok(Answered::alone(local::fill(fields, instructions)))
    }

    fn split(
        &self,
        document: &Document,
        wanted: &[Subdocument<'_>],
        _manner: &Manner<'_>,
        _context: &dyn Context,
    ) -> Result<Answered<Vec<Segment>>, JobError> {
        Ok(Answered::alone(local::split(document, wanted)))
    }

    fn infer_schema(
        &self,
        samples: &[Document],
        manner: &Manner<'_>,
        _context: &dyn Context,
    ) -> Result<Answered<Value>, JobError> {
        let hints = Some(manner.hints.as_str()).filter(|hints| !hints.is_empty());
        Ok(Answered::alone(local::infer_schema(samples, hints)))
    }
}
