//! Showing a job: its request, its response, and both inside the JSON of the wire.
//!
//! Owns what a job shows once it has expired. It must not know who asked or what they want
//! to see.

use std::sync::Arc;

use serde_json::value::RawValue;

use super::engine::Engine;
use super::error::EngineError;
use super::payload::PayloadReader;
use crate::job::request::RequestBody;
use crate::job::wire::{JobBody, JsonText};
use crate::job::{Job, State};
use crate::store::StoreError;

impl Engine {
    /// JSON text of the job's response body.
    ///
    /// # Errors
    /// When reading fails.
    pub fn response(&self, job: &Job) -> Result<Option<JsonText>, EngineError> {
        Ok(match job.state {
            State::Completed => self.shared.store.response(job.sequence)?,
            _ => None,
        })
    }

    /// The request of a job, with its documents left in the store; `None` once expired.
    ///
    /// # Errors
    /// When reading fails.
    pub fn request(&self, job: &Job) -> Result<Option<RequestBody>, EngineError> {
        Ok(self.shared.store.request(job.sequence)?)
    }

    /// JSON of a job as the wire shows it, documents put back as data URLs, as a stream.
    /// Without `with_request` the request shows as null.
    ///
    /// # Errors
    /// When reading fails.
    pub fn render(
        &self,
        job: &Job,
        with_request: bool,
        with_response: bool,
    ) -> Result<PayloadReader, EngineError> {
        // An expired job answers with an empty object: every client parses that.
        let request = match with_request {
            false => RequestBody::from_text("null"),
            true => self.request(job)?.unwrap_or_else(|| RequestBody::from_text("{}")),
        };
        self.render_with(job, &request, with_response)
    }

    /// JSON of a job as [`Engine::render`] gives it, with this request in the request's
    /// place.
    ///
    /// # Errors
    /// When reading the response fails.
    pub fn render_with(
        &self,
        job: &Job,
        request: &RequestBody,
        with_response: bool,
    ) -> Result<PayloadReader, EngineError> {
        let response = if with_response { self.response(job)? } else { None };
        let response: Option<Box<RawValue>> = response
            .map(RawValue::from_string)
            .transpose()
            .map_err(|error| StoreError::Corrupt(error.to_string()))?;
        let (before, after) = JobBody::new(job, response.as_deref()).around_request();
        Ok(PayloadReader::new(Arc::clone(&self.shared.store), before, request, after))
    }
}
