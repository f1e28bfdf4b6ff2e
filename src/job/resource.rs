//! What an organization keeps besides jobs: projects and form templates.
//!
//! Owns the record they share. What stands in the JSON of each kind is the business of
//! [`super::project`] and [`super::template`].

use serde_json::{Map, Value};

use super::envelope::invalid;
use super::model::JobError;
use crate::base::limits;

/// What kind of thing is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ResourceKind {
    /// A schema with settings, used by `/v1/projects/extract`.
    Project,
    /// A form with its fields, used by `/v1/edit/templates/fill`.
    Template,
}

impl ResourceKind {
    /// The kind as it stands in the data file and in errors.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Template => "template",
        }
    }

    /// What its ids begin with.
    #[must_use]
    pub fn id_prefix(self) -> &'static str {
        match self {
            Self::Project => "project_",
            Self::Template => "edittplt_",
        }
    }
}

/// One thing that is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Resource {
    /// What it is.
    pub kind: ResourceKind,
    /// Its id, unique in the data file.
    pub id: String,
    /// Whose it is.
    pub organization: String,
    /// How often it was changed; 0 for one that is not stored yet. A change names the
    /// revision it started from, so that two changes at a time cannot undo each other.
    pub revision: i64,
    /// The object that clients see.
    pub body: Map<String, Value>,
}

/// A time as these objects show it: ISO 8601, UTC, whole seconds.
#[must_use]
pub fn timestamp(ms: i64) -> String {
    let time = jiff::Timestamp::from_second(ms.div_euclid(1000)).unwrap_or_default();
    time.to_string()
}

/// The text of a field that must be there and not empty.
///
/// # Errors
/// A `validation_error` that names the field.
pub fn required_name(body: &Map<String, Value>) -> Result<&str, JobError> {
    let name = body.get("name").and_then(Value::as_str).unwrap_or_default();
    let length = name.chars().count();
    if length == 0 || length > limits::RESOURCE_NAME_CHARS_MAX {
        let most = limits::RESOURCE_NAME_CHARS_MAX;
        return Err(invalid("name", &format!("name must be a string of 1 to {most} characters")));
    }
    Ok(name)
}

/// The object in a field, if it is there and not null.
///
/// # Errors
/// A `validation_error` that names the field when it is something else.
pub fn optional_object<'a>(
    body: &'a Map<String, Value>,
    field: &str,
) -> Result<Option<&'a Map<String, Value>>, JobError> {
    match body.get(field) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Object(found)) => Ok(Some(found)),
        Some(_) => Err(invalid(field, &format!("{field} must be an object"))),
    }
}
