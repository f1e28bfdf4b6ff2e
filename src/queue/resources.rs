//! Projects and templates: create, list, get, change, delete.
//!
//! Owns the checks that need the store: how many there are, and that two changes at a time
//! do not undo each other. What stands in the objects is the business of `job`.

use serde_json::{Map, Value};

use super::engine::Engine;
use super::error::EngineError;
use crate::base::limits;
use crate::job::envelope::invalid;
use crate::job::model::JobError;
use crate::job::resource::{Resource, ResourceKind};
use crate::store::StoreError;

/// How often a change is tried again when another one came between.
const CHANGES_MAX: u32 = 16;

impl Engine {
    /// Stores a new resource, with bytes that belong to it. `make` gets its id and the
    /// time in milliseconds, and gives its object.
    ///
    /// # Errors
    /// What `make` found wrong, or why it cannot be stored.
    pub fn create_resource(
        &self,
        kind: ResourceKind,
        organization: &str,
        attachment: Option<Vec<u8>>,
        make: impl FnOnce(&str, i64) -> Result<Map<String, Value>, JobError>,
    ) -> Result<Map<String, Value>, EngineError> {
        let shared = &self.shared;
        if shared.store.resources(kind, organization)?.len() >= limits::RESOURCES_MAX {
            let (most, kind) = (limits::RESOURCES_MAX, kind.name());
            let text = format!("there are {most} {kind}s, the most there can be; delete some");
            return Err(EngineError::Invalid(JobError::new("limit_reached", text)));
        }
        let now_ms = shared.store.now_ms();
        let id = shared.ids.next(kind.id_prefix(), now_ms);
        let body = make(&id, now_ms).map_err(EngineError::Invalid)?;
        ensure_small(&body)?;
        let organization = organization.to_owned();
        let resource = Resource { kind, id, organization, revision: 0, body: body.clone() };
        shared.store.put_resource(resource, attachment).wait()?;
        Ok(body)
    }

    /// All resources of a kind, in order of creation.
    ///
    /// # Errors
    /// When reading fails.
    pub fn resources(
        &self,
        kind: ResourceKind,
        organization: &str,
    ) -> Result<Vec<Resource>, EngineError> {
        Ok(self.shared.store.resources(kind, organization)?)
    }

    /// One resource.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or when reading fails.
    pub fn resource(
        &self,
        kind: ResourceKind,
        organization: &str,
        id: &str,
    ) -> Result<Resource, EngineError> {
        let found = self.shared.store.resource(kind, organization, id)?;
        Ok(found.ok_or_else(|| not_found(kind, id))?)
    }

    /// The bytes that were stored with a resource; empty when there are none.
    ///
    /// # Errors
    /// When reading fails.
    pub fn attachment(&self, organization: &str, id: &str) -> Result<Vec<u8>, EngineError> {
        Ok(self.shared.store.attachment(organization, id)?.unwrap_or_default())
    }

    /// Changes a resource and gives it back as it is now. `change` gets its object and the
    /// time in milliseconds; it may run more than once.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], what `change` found wrong, or why it cannot be stored.
    pub fn change_resource(
        &self,
        kind: ResourceKind,
        organization: &str,
        id: &str,
        change: impl Fn(&mut Map<String, Value>, i64) -> Result<(), JobError>,
    ) -> Result<Map<String, Value>, EngineError> {
        for _ in 0..CHANGES_MAX {
            let mut resource = self.resource(kind, organization, id)?;
            change(&mut resource.body, self.shared.store.now_ms()).map_err(EngineError::Invalid)?;
            ensure_small(&resource.body)?;
            let body = resource.body.clone();
            if self.shared.store.put_resource(resource, None).wait()? {
                return Ok(body);
            }
        }
        Err(EngineError::Busy("it is being changed by others all the time".to_owned()))
    }

    /// Deletes a resource.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or why it cannot be deleted.
    pub fn delete_resource(
        &self,
        kind: ResourceKind,
        organization: &str,
        id: &str,
    ) -> Result<(), EngineError> {
        match self.shared.store.delete_resource(kind, organization, id).wait()? {
            true => Ok(()),
            false => Err(not_found(kind, id).into()),
        }
    }
}

fn not_found(kind: ResourceKind, id: &str) -> StoreError {
    let id: String = id.chars().take(limits::ID_LENGTH_MAX).collect();
    StoreError::NoResource(kind.name(), id)
}

fn ensure_small(body: &Map<String, Value>) -> Result<(), EngineError> {
    let bytes = serde_json::to_vec(body).map_or(usize::MAX, |text| text.len());
    if bytes > limits::RESOURCE_JSON_BYTES_MAX {
        let most = limits::RESOURCE_JSON_BYTES_MAX;
        let text = format!("this has {bytes} bytes of JSON; the limit is {most}");
        return Err(EngineError::Invalid(invalid("body", &text)));
    }
    Ok(())
}
