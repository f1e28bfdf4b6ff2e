//! Brings a data file to the version of this program.
//!
//! `user_version` says which it is. Each step runs in one transaction; before a step that
//! rewrites tables the file is copied to `backups/` beside it.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _};

use super::error::in_open;
use super::sql;
use crate::base::{limits, platform};
use crate::store::StoreError;

/// The schema of a new file.
const SCHEMA: &str = include_str!("../../../schema.sql");
/// "dsp0": marks a data file of ours.
pub(super) const APPLICATION_ID: i32 = 0x6473_7030;

/// One step from the version before to `to`.
pub(super) struct Step {
    pub(super) to: i32,
    /// Whether it rewrites what is there, so that a copy must be kept.
    pub(super) rewrites: bool,
    pub(super) sql: &'static str,
}

/// A schema and the way to it from older ones.
pub(super) struct Ladder {
    pub(super) version: i32,
    pub(super) schema: &'static str,
    pub(super) steps: &'static [Step],
}

/// What this program works with.
pub(super) const LADDER: Ladder = Ladder { version: 2, schema: SCHEMA, steps: &[CHECKSUMS] };

/// Room for checksums; what is there has none and is believed.
const CHECKSUMS: Step = Step {
    to: 2,
    rewrites: false,
    sql: "ALTER TABLE requests ADD COLUMN checksum INTEGER;
        ALTER TABLE requests ADD COLUMN slots_checksum INTEGER;
        ALTER TABLE responses ADD COLUMN checksum INTEGER;
        ALTER TABLE chunks ADD COLUMN checksum INTEGER;
        ALTER TABLE attachments ADD COLUMN checksum INTEGER;",
};

/// Makes a new file or brings an old one up; refuses a newer or a foreign one untouched.
pub(super) fn bring_up(
    connection: &mut Connection,
    path: &Path,
    ladder: &Ladder,
) -> Result<(), StoreError> {
    let pragma = |name| {
        let read = connection.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
        read.map_err(|error| in_open(&error))
    };
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    let filled = connection.query_row(sql::HAS_TABLES, [], |_| Ok(())).optional();
    let filled = filled.map_err(|error| in_open(&error))?.is_some();
    if application == 0 && version == 0 && !filled {
        return create(connection, ladder).map_err(|error| in_open(&error));
    }
    if application != APPLICATION_ID {
        return Err(StoreError::Corrupt(format!(
            "{} is a SQLite database of another program (application id {application:#x}); \
             give another path",
            path.display()
        )));
    }
    if version > ladder.version {
        return Err(StoreError::Corrupt(format!(
            "it has version {version}, and this program knows versions up to {}; \
             use a newer docspool",
            ladder.version
        )));
    }
    for step in ladder.steps.iter().filter(|step| step.to > version) {
        if step.rewrites {
            copy(connection, path, step.to - 1)?;
        }
        climb(connection, step).map_err(|error| in_open(&error))?;
        tracing::info!(version = step.to, "the data file was brought to a newer version");
    }
    Ok(())
}

fn create(connection: &mut Connection, ladder: &Ladder) -> rusqlite::Result<()> {
    connection.pragma_update(None, "page_size", limits::PAGE_BYTES)?;
    connection.execute_batch(sql::NEW_FILE)?;
    let transaction = connection.transaction()?;
    transaction.execute_batch(ladder.schema)?;
    transaction.commit()
}

fn climb(connection: &mut Connection, step: &Step) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    transaction.execute_batch(step.sql)?;
    transaction.pragma_update(None, "user_version", step.to)?;
    transaction.commit()
}

/// Copies the file to `backups/<name>-v<version>.db` beside it.
fn copy(connection: &Connection, path: &Path, version: i32) -> Result<PathBuf, StoreError> {
    let failed = |why: String| {
        StoreError::NotStored(format!("the copy before an upgrade could not be made: {why}"))
    };
    let folder = path.with_file_name("backups");
    platform::create_private_dir(&folder).map_err(|error| failed(error.to_string()))?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let target = (0..)
        .map(|attempt| match attempt {
            0 => folder.join(format!("{stem}-v{version}.db")),
            _ => folder.join(format!("{stem}-v{version}-{attempt}.db")),
        })
        .find(|target| !target.exists())
        .unwrap_or_default();
    // It must exist with its permissions before SQLite fills it; an empty file is taken.
    let file = platform::open_private_file(&target).map_err(|error| failed(error.to_string()))?;
    connection
        .execute(sql::COPY_INTO, [target.to_string_lossy()])
        .map_err(|error| failed(error.to_string()))?;
    file.sync_all().map_err(|error| failed(error.to_string()))?;
    Ok(target)
}
