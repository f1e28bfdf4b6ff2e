//! A project: a JSON Schema and settings that extractions can name by an id.
//!
//! Owns the object that clients see, its changes, and the request that an extraction by
//! project stands for. It must not know where projects are kept.

use serde_json::{Map, Value, json};

use super::envelope::invalid;
use super::model::JobError;
use super::resource::{optional_object, required_name, timestamp};

/// The name of what a project publishes when no iteration is named.
const MANUAL: &str = "manual";

/// A new project out of the body of a create.
///
/// # Errors
/// A `validation_error` that names the field.
pub fn create(
    id: &str,
    organization: &str,
    now_ms: i64,
    body: &Map<String, Value>,
) -> Result<Map<String, Value>, JobError> {
    let name = required_name(body)?;
    let schema = optional_object(body, "json_schema")?.cloned().unwrap_or_default();
    let draft = json!({"json_schema": schema});
    let draft = config(draft.as_object());
    let mut published = draft.clone();
    published.insert("origin".to_owned(), json!(MANUAL));
    let now = timestamp(now_ms);
    let project = json!({
        "id": id,
        "name": name,
        "created_at": now,
        "updated_at": now,
        "organization_id": organization,
        "published_config": published,
        "draft_config": draft,
        "is_published": false,
        "is_schema_generated": true,
    });
    Ok(into_object(project))
}

/// Changes the fields that the patch names.
///
/// # Errors
/// A `validation_error` that names the field.
pub fn patch(
    project: &mut Map<String, Value>,
    now_ms: i64,
    patch: &Map<String, Value>,
) -> Result<(), JobError> {
    if patch.get("name").is_some_and(|name| !name.is_null()) {
        project.insert("name".to_owned(), json!(required_name(patch)?));
    }
    for field in ["draft_config", "published_config"] {
        if let Some(found) = optional_object(patch, field)? {
            let mut merged = project.get(field).and_then(Value::as_object).cloned();
            merged.get_or_insert_default().extend(found.clone());
            project.insert(field.to_owned(), json!(config(merged.as_ref())));
        }
    }
    // Short for the same field of the draft.
    for field in ["json_schema", "computation_spec"] {
        if let Some(found) = optional_object(patch, field)? {
            let mut draft = config(project.get("draft_config").and_then(Value::as_object));
            draft.insert(field.to_owned(), json!(found));
            project.insert("draft_config".to_owned(), json!(draft));
        }
    }
    match patch.get("is_published") {
        None | Some(Value::Null) => {}
        Some(Value::Bool(flag)) => {
            project.insert("is_published".to_owned(), json!(flag));
        }
        Some(_) => return Err(invalid("is_published", "is_published must be true or false")),
    }
    project.insert("updated_at".to_owned(), json!(timestamp(now_ms)));
    Ok(())
}

/// Publishes the draft. `origin` is the iteration it came from.
pub fn publish(project: &mut Map<String, Value>, now_ms: i64, origin: Option<&str>) {
    let mut published = config(project.get("draft_config").and_then(Value::as_object));
    published.insert("origin".to_owned(), json!(origin.unwrap_or(MANUAL)));
    project.insert("published_config".to_owned(), json!(published));
    project.insert("is_published".to_owned(), json!(true));
    project.insert("updated_at".to_owned(), json!(timestamp(now_ms)));
}

/// The extraction that a request by project stands for: the project's schema and settings
/// under what the request says itself. A project that was never published gives its draft.
#[must_use]
pub fn extraction(
    project: &Map<String, Value>,
    request: &Map<String, Value>,
) -> Map<String, Value> {
    let is_published = project.get("is_published").and_then(Value::as_bool).unwrap_or_default();
    let field = if is_published { "published_config" } else { "draft_config" };
    let chosen = config(project.get(field).and_then(Value::as_object));
    let settings = chosen.get("inference_settings").and_then(Value::as_object);
    let mut extraction = settings.cloned().unwrap_or_default();
    extraction.extend(
        request.iter().filter(|(_, value)| !value.is_null()).map(|(k, v)| (k.clone(), v.clone())),
    );
    let schema = chosen.get("json_schema").cloned().unwrap_or_else(|| json!({}));
    extraction.insert("json_schema".to_owned(), schema);
    // A client that sends one document may send it as a list of one.
    if !extraction.contains_key("document")
        && let Some([only]) = request.get("documents").and_then(Value::as_array).map(Vec::as_slice)
    {
        extraction.insert("document".to_owned(), only.clone());
    }
    extraction
}

/// A configuration with every field that clients require.
fn config(given: Option<&Map<String, Value>>) -> Map<String, Value> {
    let mut settings = into_object(json!({
        "model": "retab-small",
        "reasoning_effort": "minimal",
        "image_resolution_dpi": 192,
        "n_consensus": 1,
        "chunking_keys": null,
    }));
    let mut whole = Map::new();
    let mut given = given.cloned().unwrap_or_default();
    if let Some(Value::Object(own)) = given.remove("inference_settings") {
        settings.extend(own);
    }
    whole.insert("inference_settings".to_owned(), json!(settings));
    whole.insert("json_schema".to_owned(), json!({}));
    whole.insert("computation_spec".to_owned(), json!({"computations": {}}));
    whole.extend(given);
    whole
}

fn into_object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        into_object(value)
    }

    fn project() -> Map<String, Value> {
        let body = object(json!({"name": "Bills", "json_schema": {"type": "object"}}));
        create("project_1", "org_1", 1_000, &body).unwrap()
    }

    #[test]
    fn a_new_project_has_all_that_clients_require() {
        let project = project();
        assert_eq!(project["updated_at"], "1970-01-01T00:00:01Z");
        for config in ["draft_config", "published_config"] {
            assert_eq!(project[config]["json_schema"], json!({"type": "object"}));
            assert_eq!(project[config]["inference_settings"]["n_consensus"], 1);
            assert_eq!(project[config]["computation_spec"], json!({"computations": {}}));
        }
        assert_eq!(project["published_config"]["origin"], "manual");
        for body in [json!({}), json!({"name": ""}), json!({"name": 3})] {
            let error = create("project_1", "org_1", 0, &object(body)).unwrap_err();
            assert_eq!(error.details.unwrap()["field"], "name");
        }
    }

    #[test]
    fn a_draft_counts_until_something_is_published() {
        let mut project = project();
        let request = object(json!({"project_id": "project_1", "model": null, "n_consensus": 3}));
        let change = object(json!({"draft_config": {"json_schema": {"title": "new"},
            "inference_settings": {"model": "retab-large"}}}));
        patch(&mut project, 2_000, &change).unwrap();
        let draft = extraction(&project, &request);
        assert_eq!(draft["json_schema"], json!({"title": "new"}));
        assert_eq!((&draft["model"], &draft["n_consensus"]), (&json!("retab-large"), &json!(3)));
        publish(&mut project, 3_000, Some("iter_1"));
        patch(&mut project, 4_000, &object(json!({"json_schema": {"title": "newer"}}))).unwrap();
        assert_eq!(extraction(&project, &request)["json_schema"], json!({"title": "new"}));
        assert_eq!(project["published_config"]["origin"], "iter_1");
        assert_eq!(project["draft_config"]["inference_settings"]["model"], "retab-large");
    }

    #[test]
    fn a_patch_of_the_wrong_shape_names_its_field() {
        let mut project = project();
        for (body, field) in [
            (json!({"draft_config": []}), "draft_config"),
            (json!({"is_published": "yes"}), "is_published"),
            (json!({"name": ""}), "name"),
        ] {
            let error = patch(&mut project, 0, &object(body)).unwrap_err();
            assert_eq!(error.details.unwrap()["field"], field);
        }
    }
}
