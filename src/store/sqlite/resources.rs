//! Projects and templates: rows of JSON that are read and replaced whole.

use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::checksum::Summed;
use super::error::Fault;
use super::rows::to_json;
use super::session::Session;
use super::sql;
use crate::job::resource::{Resource, ResourceKind};

/// Stores a new resource, or the next revision of one. `false` when it is gone or has
/// been changed by somebody else.
pub(super) fn put(
    session: &mut Session,
    resource: &Resource,
    attachment: Option<&[u8]>,
) -> Result<bool, Fault> {
    let Resource { kind, id, organization, revision, body } = resource;
    let json = to_json(body);
    if *revision > 0 {
        let params = params![id, organization, kind.name(), revision, json];
        return Ok(session.execute(sql::REPLACE_RESOURCE, params)? == 1);
    }
    session.execute(sql::INSERT_RESOURCE, params![id, organization, kind.name(), json])?;
    if let Some(bytes) = attachment {
        let sequence = session.connection.last_insert_rowid();
        let checksum = Summed::Attachment.checksum(sequence, &[bytes]);
        session.execute(sql::INSERT_ATTACHMENT, params![sequence, checksum, bytes])?;
    }
    Ok(true)
}

/// Deletes a resource and its attachment; `false` when there is none.
pub(super) fn delete(
    session: &mut Session,
    kind: ResourceKind,
    organization: &str,
    id: &str,
) -> Result<bool, Fault> {
    session.execute(sql::DELETE_ATTACHMENT, params![id, organization, kind.name()])?;
    Ok(session.execute(sql::DELETE_RESOURCE, params![id, organization, kind.name()])? == 1)
}

/// One resource.
pub(super) fn get(
    connection: &Connection,
    kind: ResourceKind,
    organization: &str,
    id: &str,
) -> rusqlite::Result<Option<Resource>> {
    let mut statement = connection.prepare_cached(sql::RESOURCE)?;
    let params = params![id, organization, kind.name()];
    statement.query_row(params, |row| resource(row, kind, organization)).optional()
}

/// All of a kind, in order of creation.
pub(super) fn list(
    connection: &Connection,
    kind: ResourceKind,
    organization: &str,
) -> rusqlite::Result<Vec<Resource>> {
    let mut statement = connection.prepare_cached(sql::RESOURCES)?;
    let rows = statement
        .query_map([organization, kind.name()], |row| resource(row, kind, organization))?;
    rows.collect()
}

/// The bytes that were stored with a resource, and what they are checked by.
pub(super) type Attachment = (i64, Option<i64>, Vec<u8>);

/// The bytes that were stored with a resource, not yet checked.
pub(super) fn attachment(
    connection: &Connection,
    organization: &str,
    id: &str,
) -> rusqlite::Result<Option<Attachment>> {
    let mut statement = connection.prepare_cached(sql::ATTACHMENT)?;
    let found = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
    statement.query_row([id, organization], found).optional()
}

fn resource(row: &Row<'_>, kind: ResourceKind, organization: &str) -> rusqlite::Result<Resource> {
    Ok(Resource {
        kind,
        organization: organization.to_owned(),
        id: row.get(0)?,
        revision: row.get(1)?,
        body: super::rows::object(row, 2)?,
    })
}
