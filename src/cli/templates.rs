//! `templates`: form templates of a server.

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use ureq::http::Method;

use super::args::TemplatesCommand;
use super::client::{Client, encoded};
use super::exit::Exit;
use super::failure::Failure;
use super::input;
use super::output::{Output, Paint};
use super::stream::JsonStream;

const ROOT: &str = "/v1/edit/templates";
/// Templates asked for at a time.
const PAGE: usize = 100;

pub(crate) fn run(
    output: &Output,
    client: &Client,
    command: TemplatesCommand,
) -> Result<Exit, Failure> {
    match command {
        TemplatesCommand::Create { form, name, fields, json, .. } => {
            let template = create(client, &form, name, fields.as_deref())?;
            show(output, &template, json)
        }
        TemplatesCommand::List { json, .. } => list(output, client, json),
        TemplatesCommand::Get { id, json, .. } => {
            let template = read(&client.get(&path(&id), Duration::ZERO)?)?;
            match json {
                true => output.json(&template)?,
                false => fields_of(output, &template)?,
            }
            Ok(Exit::Done)
        }
        TemplatesCommand::Rename { id, name, json, .. } => {
            let body = json!({"name": name});
            let answer = client.send_json(Method::PATCH, &path(&id), &body)?;
            show(output, &read(&answer)?, json)
        }
        TemplatesCommand::Duplicate { id, name, json, .. } => {
            let body = name.map_or_else(|| json!({}), |name| json!({"name": name}));
            let duplicate = format!("{}/duplicate", path(&id));
            let answer = client.send_json(Method::POST, &duplicate, &body)?;
            show(output, &read(&answer)?, json)
        }
        TemplatesCommand::Delete { ids, .. } => {
            for id in &ids {
                client.delete(&path(id))?;
                output.line(id)?;
            }
            Ok(Exit::Done)
        }
    }
}

fn path(id: &str) -> String {
    format!("{ROOT}/{}", encoded(id))
}

fn read(answer: &[u8]) -> Result<Value, Failure> {
    serde_json::from_slice(answer)
        .map_err(|error| Failure::new(Exit::Bug, format!("the answer is not JSON: {error}")))
}

/// Makes a template of a form: its fields are those of a file, or those that are found.
fn create(
    client: &Client,
    form: &Path,
    name: Option<String>,
    fields: Option<&Path>,
) -> Result<Value, Failure> {
    let filename = input::file_name(form);
    let document = |stream: &mut JsonStream| -> Result<(), Failure> {
        let head = "data:application/pdf;base64,";
        let object = json!({"filename": filename, "url": head}).to_string();
        // The document's text goes to the end of this object's last string.
        let (before, after) = object.split_at(object.len() - "\"}".len());
        stream.push(before);
        stream.push_document(form)?;
        stream.push(after);
        Ok(())
    };
    let fields = match fields {
        Some(file) => {
            let listed: Value = serde_json::from_slice(&input::read(file)?).map_err(|error| {
                Failure::usage(format!("{} is not valid JSON: {error}", file.display()))
            })?;
            listed.get("form_fields").cloned().unwrap_or(listed)
        }
        None => {
            let mut request = JsonStream::default();
            request.push(r#"{"document":"#);
            document(&mut request)?;
            request.push("}");
            let found = read(&client.post_stream(&format!("{ROOT}/generate"), &[], request)?)?;
            found.pointer("/form_schema/form_fields").cloned().unwrap_or_default()
        }
    };
    let name = name.unwrap_or_else(|| {
        filename.rsplit_once('.').map_or(filename.as_str(), |(stem, _)| stem).to_owned()
    });
    let mut request = JsonStream::default();
    request.push(&format!(r#"{{"name":{},"form_fields":{fields},"document":"#, json!(name)));
    document(&mut request)?;
    request.push("}");
    read(&client.post_stream(ROOT, &[], request)?)
}

fn list(output: &Output, client: &Client, as_json: bool) -> Result<Exit, Failure> {
    let mut after = String::new();
    loop {
        let page = client.get(&format!("{ROOT}?limit={PAGE}{after}"), Duration::ZERO)?;
        let page = read(&page)?;
        for template in page.get("data").and_then(Value::as_array).into_iter().flatten() {
            show(output, template, as_json)?;
        }
        match page.pointer("/list_metadata/after").and_then(Value::as_str) {
            Some(last) => after = format!("&after={}", encoded(last)),
            None => return Ok(Exit::Done),
        }
    }
}

fn show(output: &Output, template: &Value, as_json: bool) -> Result<Exit, Failure> {
    if as_json {
        output.json(template)?;
        return Ok(Exit::Done);
    }
    let text = |name: &str| template.get(name).and_then(Value::as_str).unwrap_or_default();
    let count = template.get("field_count").and_then(Value::as_u64).unwrap_or(0);
    let created = output.paint(Paint::Quiet, text("created_at"));
    output.document(&format!("{}  {created}  {count} fields  {}", text("id"), text("name")))?;
    Ok(Exit::Done)
}

fn fields_of(output: &Output, template: &Value) -> Result<(), Failure> {
    for field in template.get("form_fields").and_then(Value::as_array).into_iter().flatten() {
        let text = |name: &str| field.get(name).and_then(Value::as_str).unwrap_or_default();
        let page = field.pointer("/bbox/page").and_then(Value::as_u64).unwrap_or(1);
        let (kind, key, description) = (text("type"), text("key"), text("description"));
        output.document(&format!("{page}\t{kind}\t{key}\t{description}"))?;
    }
    Ok(())
}

impl TemplatesCommand {
    /// How the server is reached.
    pub(crate) fn flags(&self) -> &super::settings::Flags<{ super::settings::CLIENT }> {
        match self {
            Self::Create { flags, .. }
            | Self::List { flags, .. }
            | Self::Get { flags, .. }
            | Self::Rename { flags, .. }
            | Self::Duplicate { flags, .. }
            | Self::Delete { flags, .. } => flags,
        }
    }
}
