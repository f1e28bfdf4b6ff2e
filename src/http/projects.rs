//! Projects: create, list, get, change, publish, delete, and extraction by one.

use serde_json::{Map, Value, json};

use super::api::{Api, Call};
use super::exchange::Response;
use super::multipart;
use super::problem::ApiError;
use super::query::Query;
use super::resources::{self, deleted, object};
use crate::job::resource::ResourceKind::Project;
use crate::job::{Endpoint, project};
use crate::queue::{EngineError, Keep};

/// `POST /v1/projects`
pub(super) fn create(api: &Api, call: &mut Call<'_, '_>) -> Result<Response, ApiError> {
    let body = resources::read_object(call)?;
    let organization = &call.organization;
    let make = |id: &str, now_ms| project::create(id, organization, now_ms, &body);
    Ok(object(&api.engine.create_resource(Project, organization, None, make)?))
}

/// `GET /v1/projects`
pub(super) fn list(api: &Api, call: &mut Call<'_, '_>) -> Result<Response, ApiError> {
    let all = api.engine.resources(Project, &call.organization)?;
    let data: Vec<_> = all.iter().rev().map(|resource| &resource.body).collect();
    Ok(resources::list(&data, Value::Null, Value::Null))
}

/// `GET /v1/projects/{id}`
pub(super) fn get(api: &Api, call: &mut Call<'_, '_>) -> Result<Response, ApiError> {
    Ok(object(&api.engine.resource(Project, &call.organization, call.id())?.body))
}

/// `PATCH /v1/projects/{id}`
pub(super) fn patch(api: &Api, call: &mut Call<'_, '_>) -> Result<Response, ApiError> {
    let body = resources::read_object(call)?;
    let change = |project: &mut Map<String, Value>, now_ms| project::patch(project, now_ms, &body);
    Ok(object(&api.engine.change_resource(Project, &call.organization, call.id(), change)?))
}

/// `POST /v1/projects/{id}/publish`
pub(super) fn publish(api: &Api, call: &mut Call<'_, '_>) -> Result<Response, ApiError> {
    let query = Query::parse(&call.request.query);
    let origin = query.text("origin")?;
    let change = |project: &mut Map<String, Value>, now_ms| {
        project::publish(project, now_ms, origin);
        Ok(())
    };
    Ok(object(&api.engine.change_resource(Project, &call.organization, call.id(), change)?))
}

/// `DELETE /v1/projects/{id}`
pub(super) fn delete(api: &Api, call: &mut Call<'_, '_>) -> Result<Response, ApiError> {
    api.engine.delete_resource(Project, &call.organization, call.id())?;
    Ok(deleted(call.id()))
}

/// `POST /v1/projects/extract/{project_id}`, with or without an iteration: a form with the
/// document in it, or the JSON of a job's request.
pub(super) fn extract(api: &Api, call: &mut Call<'_, '_>) -> Result<Response, ApiError> {
    api.engine.ensure_served(Endpoint::ProjectExtract)?;
    let mut intake = api.engine.intake(Keep::Memory);
    let content_type = call.request.header("content-type").unwrap_or_default().to_owned();
    let mut request = match multipart::boundary(&content_type) {
        Some(boundary) => {
            let mut bytes = Vec::new();
            let read = call.request.body.read_to_end(&mut bytes);
            read.map_err(|error| EngineError::BrokenOff(error.to_string()))?;
            let parts = multipart::parts(&bytes, boundary);
            multipart::request(&parts.map_err(|why| ApiError::invalid("body", &why))?)
        }
        None => resources::read_object(call)?,
    };
    for (field, value) in ["project_id", "iteration_id"].into_iter().zip(&call.parameters) {
        request.insert(field.to_owned(), json!(value));
    }
    let text = Value::Object(request).to_string();
    let body = intake.read_body(&mut text.as_bytes())?;
    drop(text);
    let answer = api.engine.call(&call.organization, Endpoint::ProjectExtract, &body)?;
    Ok(Response::json(200, answer))
}
