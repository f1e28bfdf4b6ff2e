//! What a request that names a project or a template stands for.
//!
//! Owns the step between a request as the client sent it, which is what is stored and
//! shown, and the request that a processor gets. It must not know how either is kept.

use serde_json::{Map, Value};

use super::remote;
use crate::job::model::JobError;
use crate::job::request::RequestBody;
use crate::job::resource::{Resource, ResourceKind};
use crate::job::{Endpoint, data_url, project, template};
use crate::store::{Store, StoreError};

/// The resource that a request of an endpoint names, by kind and field.
fn named(endpoint: Endpoint) -> Option<(ResourceKind, &'static str)> {
    match endpoint {
        Endpoint::ProjectExtract => Some((ResourceKind::Project, "project_id")),
        Endpoint::TemplateFill | Endpoint::AgentFill => {
            Some((ResourceKind::Template, "template_id"))
        }
        _ => None,
    }
}

/// The request that a processor gets.
///
/// # Errors
/// `project_not_found` or `template_not_found`, naming the field; `internal_error` when
/// reading fails.
pub(super) fn body(
    store: &dyn Store,
    organization: &str,
    endpoint: Endpoint,
    request: RequestBody,
) -> Result<RequestBody, JobError> {
    let has_fetched = request.slots.iter().any(|slot| slot.fetched_from.is_some());
    if named(endpoint).is_none() && !has_fetched {
        return Ok(request);
    }
    let mut value = serde_json::from_str(&request.json).map_err(|error| internal(&error))?;
    remote::mark(&mut value, &request.slots);
    let resolved = self::value(store, organization, endpoint, value)?;
    // Documents are found by the number in their marker; offsets are for showing only.
    Ok(RequestBody { json: resolved.to_string(), slots: request.slots })
}

/// The same for a request that is parsed already.
pub(super) fn value(
    store: &dyn Store,
    organization: &str,
    endpoint: Endpoint,
    request: Value,
) -> Result<Value, JobError> {
    let (Some((kind, field)), Value::Object(request)) = (named(endpoint), &request) else {
        return Ok(request);
    };
    let Some(id) = request.get(field).and_then(Value::as_str) else {
        return Ok(Value::Object(request.clone()));
    };
    let found = store.resource(kind, organization, id).map_err(|error| internal(&error))?;
    let resource = found.ok_or_else(|| missing(kind, field, id))?;
    stands_for(store, &resource, request).map(Value::Object).map_err(|error| internal(&error))
}

fn stands_for(
    store: &dyn Store,
    resource: &Resource,
    request: &Map<String, Value>,
) -> Result<Map<String, Value>, StoreError> {
    match resource.kind {
        ResourceKind::Project => Ok(project::extraction(&resource.body, request)),
        ResourceKind::Template => {
            let bytes = store.attachment(&resource.organization, &resource.id)?;
            let media_type = resource.body.get("file").and_then(|file| file.get("mime_type"));
            let media_type = media_type.and_then(Value::as_str).unwrap_or("application/pdf");
            let url = data_url::of(media_type, &bytes.unwrap_or_default());
            Ok(template::filling(&resource.body, &url, request))
        }
    }
}

fn missing(kind: ResourceKind, field: &str, id: &str) -> JobError {
    let id: String = id.chars().take(64).collect();
    let kind = kind.name();
    JobError::new(&format!("{kind}_not_found"), format!("there is no {kind} {id:?}"))
        .with_detail("field", format!("request.{field}"))
}

fn internal(error: &dyn std::fmt::Display) -> JobError {
    JobError::new("internal_error", error.to_string())
}
