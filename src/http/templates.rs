//! Form templates: create, list, get, change, delete, duplicate.

use serde_json::{Map, Value};

use super::api::{Api, Call};
use super::exchange::Response;
use super::problem::ApiError;
use super::query::Query;
use super::resources::{self, deleted, object};
use crate::base::limits;
use crate::job::resource::{Resource, ResourceKind::Template};
use crate::job::{data_url, file, template};

/// `POST /v1/edit/templates`
pub(super) fn create(api: &Api, call: &mut Call<'_, '_>) -> Result<Response, ApiError> {
    let body = resources::read_object(call)?;
    let (bytes, file) = document(body.get("document").unwrap_or(&Value::Null))?;
    let organization = &call.organization;
    let make = |id: &str, now_ms| template::create(id, organization, now_ms, &body, &file);
    Ok(object(&api.engine.create_resource(Template, organization, Some(bytes), make)?))
}

/// The document of a template, and how answers refer to it.
fn document(document: &Value) -> Result<(Vec<u8>, Value), ApiError> {
    let text = |name: &str| document.get(name).and_then(Value::as_str);
    let shape = "document must be {\"filename\": …, \"url\": \"data:…;base64,…\"}";
    let url = text("url").ok_or_else(|| ApiError::invalid("document", shape))?;
    let bytes = data_url::decode(url)
        .map_err(|error| ApiError::invalid("document.url", &error.to_string()))?;
    let most = limits::TEMPLATE_DOCUMENT_BYTES_MAX;
    if bytes.len() > most {
        let text = format!("the document has {} bytes; the limit is {most}", bytes.len());
        return Err(ApiError::invalid("document.url", &text));
    }
    let filename = text("filename").unwrap_or_default();
    let file = file::reference(filename, data_url::media_type(url), &bytes);
    Ok((bytes, file))
}

/// `GET /v1/edit/templates`
pub(super) fn list(api: &Api, call: &mut Call<'_, '_>) -> Result<Response, ApiError> {
    let query = Query::parse(&call.request.query);
    let limit = query.number("limit", 1..=limits::LIST_LIMIT_MAX)?.unwrap_or(10) as usize;
    let is_ascending = query.word("order", &[("asc", true), ("desc", false)])?.unwrap_or(false);
    let mut all = api.engine.resources(Template, &call.organization)?;
    for field in ["filename", "mime_type"] {
        if let Some(wanted) = query.text(field)? {
            all.retain(|resource| file_field(resource, field).is_some_and(|f| f == wanted));
        }
    }
    if !is_ascending {
        all.reverse();
    }
    let place = |name: &str| -> Result<Option<usize>, ApiError> {
        let Some(id) = query.text(name)? else { return Ok(None) };
        let text = || format!("{name} must be the id of a template in the listing");
        let found = all.iter().position(|resource| resource.id == id);
        found.map(Some).ok_or_else(|| ApiError::invalid(name, &text()))
    };
    let (start, end) = match (place("after")?, place("before")?) {
        (Some(after), _) => (after + 1, all.len().min(after + 1 + limit)),
        (None, Some(before)) => (before.saturating_sub(limit), before),
        (None, None) => (0, all.len().min(limit)),
    };
    let id_at = |place: Option<usize>| {
        place.and_then(|place| all.get(place)).map_or(Value::Null, |found| found.id.clone().into())
    };
    // Where the listing goes on, in either direction.
    let before = id_at(Some(start).filter(|start| *start > 0 && *start < end));
    let after = id_at(end.checked_sub(1).filter(|_| end < all.len() && start < end));
    let data: Vec<_> =
        all.get(start..end).unwrap_or_default().iter().map(|found| &found.body).collect();
    Ok(resources::list(&data, before, after))
}

fn file_field<'r>(resource: &'r Resource, field: &str) -> Option<&'r str> {
    resource.body.get("file")?.get(field)?.as_str()
}

/// `GET /v1/edit/templates/{id}`
pub(super) fn get(api: &Api, call: &mut Call<'_, '_>) -> Result<Response, ApiError> {
    Ok(object(&api.engine.resource(Template, &call.organization, call.id())?.body))
}

/// `PATCH /v1/edit/templates/{id}`
pub(super) fn patch(api: &Api, call: &mut Call<'_, '_>) -> Result<Response, ApiError> {
    let body = resources::read_object(call)?;
    let change = |found: &mut Map<String, Value>, now_ms| template::patch(found, now_ms, &body);
    Ok(object(&api.engine.change_resource(Template, &call.organization, call.id(), change)?))
}

/// `DELETE /v1/edit/templates/{id}`
pub(super) fn delete(api: &Api, call: &mut Call<'_, '_>) -> Result<Response, ApiError> {
    api.engine.delete_resource(Template, &call.organization, call.id())?;
    Ok(deleted(call.id()))
}

/// `POST /v1/edit/templates/{id}/duplicate`; clients send no body when they give no name.
pub(super) fn duplicate(api: &Api, call: &mut Call<'_, '_>) -> Result<Response, ApiError> {
    let body = resources::read_object(call)?;
    let name = body.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
    let organization = &call.organization;
    let original = api.engine.resource(Template, organization, call.id())?;
    let bytes = api.engine.attachment(organization, call.id())?;
    let make = |id: &str, now_ms| Ok(template::duplicate(&original.body, id, now_ms, name));
    Ok(object(&api.engine.create_resource(Template, organization, Some(bytes), make)?))
}
