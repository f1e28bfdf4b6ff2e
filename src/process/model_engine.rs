//! The model engine behind the door: how its answers and failures look to endpoints.

use serde_json::Value;

use super::Context;
use super::understanding::{Answered, Effort, Manner, Understanding};
use crate::document::Document;
use crate::form::Field;
use crate::job::State;
use crate::job::envelope::invalid;
use crate::job::model::JobError;
use crate::local::{Category, Classification, Extraction, Filling, Segment, Subdocument};
use crate::model::{self, Asking, Model, ModelError};

impl Understanding for Model {
    fn extract(
        &self,
        document: &Document,
        schema: &Value,
        manner: &Manner<'_>,
        context: &dyn Context,
    ) -> Result<Answered<Extraction>, JobError> {
        ask(self, manner, context, |asking| Model::extract(self, document, schema, asking))
    }

    fn classify(
        &self,
        document: &Document,
        categories: &[Category<'_>],
        first_pages: Option<usize>,
        manner: &Manner<'_>,
        context: &dyn Context,
    ) -> Result<Answered<Classification>, JobError> {
        ask(self, manner, context, |asking| {
            Model::classify(self, document, categories, first_pages, asking)
        })
    }

    fn split(
        &self,
        document: &Document,
        wanted: &[Subdocument<'_>],
        manner: &Manner<'_>,
        context: &dyn Context,
    ) -> Result<Answered<Vec<Segment>>, JobError> {
        ask(self, manner, context, |asking| Model::split(self, document, wanted, asking))
    }

    fn fill(
        &self,
        fields: &[Field],
        instructions: &str,
        manner: &Manner<'_>,
        context: &dyn Context,
    ) -> Result<Answered<Filling>, JobError> {
        // The instructions are the document here, so they are no hints beside it.
        let manner = Manner { hints: String::new(), ..manner.clone() };
        ask(self, &manner, context, |asking| Model::fill(self, fields, instructions, asking))
    }

    fn infer_schema(
        &self,
        samples: &[Document],
        manner: &Manner<'_>,
        context: &dyn Context,
    ) -> Result<Answered<Value>, JobError> {
        ask(self, manner, context, |asking| Model::infer_schema(self, samples, asking))
    }
}

fn ask<T>(
    model: &Model,
    manner: &Manner<'_>,
    context: &dyn Context,
    ask: impl FnOnce(&Asking<'_>) -> Result<model::Answered<T>, ModelError>,
) -> Result<Answered<T>, JobError> {
    let asking = Asking {
        model: manner.model,
        votes: manner.votes,
        hints: &manner.hints,
        is_cancelled: &|| context.is_cancelled(),
    };
    let name = model.settings().names().of(manner.model);
    let model::Answered { answer, votes, tokens } =
        ask(&asking).map_err(|error| job_error(&error, name))?;
    let effort = Effort {
        prompt_tokens: tokens.prompt,
        completion_tokens: tokens.completion,
        is_estimated: tokens.is_estimated,
        model: Some(name.to_owned()),
    };
    Ok(Answered { answer, votes, effort })
}

fn job_error(error: &ModelError, model: &str) -> JobError {
    match error {
        ModelError::Schema(error) => invalid("request.json_schema", &error.to_string()),
        ModelError::Cancelled => JobError::new(State::Cancelled.name(), error.to_string()),
        _ => JobError::new(error.code(), error.to_string()).with_detail("model", model),
    }
}
