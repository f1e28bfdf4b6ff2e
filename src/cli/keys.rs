//! `keys`: makes, lists and revokes API keys, in the key file of the data folder.
//!
//! A running server notices a change of that file within about a second.

use docspool::base::clock::SystemClock;
use docspool::http::keys::{KeyFile, KeyRecord};
use docspool::queue::DEFAULT_ORGANIZATION;
use serde_json::{Value, json};

use super::config::Config;
use super::exit::Exit;
use super::failure::Failure;
use super::output::{Output, Paint};
use super::show;

pub(crate) fn create(
    output: &Output,
    config: &Config,
    name: &str,
    organization: Option<&str>,
    as_json: bool,
) -> Result<Exit, Failure> {
    let organization = organization.unwrap_or(DEFAULT_ORGANIZATION);
    let file = KeyFile::in_directory(&config.data_dir);
    let (key, record) = file.create(name, organization, &SystemClock)?;
    if as_json {
        let mut shown = object(&record);
        if let Some(shown) = shown.as_object_mut() {
            shown.insert("key".to_owned(), json!(key));
        }
        output.line(&shown.to_string())?;
    } else {
        output.line(&key)?;
    }
    output.say(&format!(
        "made {} for {}; it is shown this once, and clients send it as `Api-Key: …`\n\
         a running server takes it within a second, and from then on requires a key",
        record.id, record.organization
    ));
    Ok(Exit::Done)
}

pub(crate) fn list(output: &Output, config: &Config, as_json: bool) -> Result<Exit, Failure> {
    let records = KeyFile::in_directory(&config.data_dir).list()?;
    for record in &records {
        let line = match as_json {
            true => object(record).to_string(),
            false => row(output, record),
        };
        output.line(&line)?;
    }
    if records.is_empty() {
        output.say("there is no key; the server takes any, and listens on loopback only");
    }
    Ok(Exit::Done)
}

pub(crate) fn revoke(output: &Output, config: &Config, which: &str) -> Result<Exit, Failure> {
    let file = KeyFile::in_directory(&config.data_dir);
    let record = file.revoke(which)?;
    output.line(&record.id)?;
    output.say(&format!(
        "revoked {} ({}…); a running server refuses it within a second",
        record.name, record.prefix
    ));
    if file.list()?.is_empty() {
        output.say(
            "that was the last key; a running server lets nobody in now, and one that is \
             started anew takes any key, on loopback only",
        );
    }
    Ok(Exit::Done)
}

/// Everything but the hash.
fn object(record: &KeyRecord) -> Value {
    json!({
        "id": record.id,
        "prefix": record.prefix,
        "name": record.name,
        "organization": record.organization,
        "created_at": record.created_ms.div_euclid(1000),
    })
}

fn row(output: &Output, record: &KeyRecord) -> String {
    let created = show::time(record.created_ms.div_euclid(1000));
    let created = output.paint(Paint::Quiet, &created);
    let KeyRecord { id, prefix, name, organization, .. } = record;
    format!("{id}  {prefix}…  {created}  {organization}  {name}")
}
