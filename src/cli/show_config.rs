//! `config show`: each setting, its value and where that came from.

use serde_json::json;

use super::config::Config;
use super::exit::Exit;
use super::failure::Failure;
use super::output::{Keep, Output, Paint, escape};
use super::settings::Kind;

pub(crate) fn run(output: &Output, config: &Config, as_json: bool) -> Result<Exit, Failure> {
    let shown = |kind: Kind, text: &str| match kind {
        Kind::Secret if !text.is_empty() => "(set)".to_owned(),
        _ => text.to_owned(),
    };
    let mut object = serde_json::Map::new();
    let mut lines = Vec::new();
    for value in &config.values {
        let text = shown(value.setting.kind, &value.text);
        let source = value.source.to_string();
        let quoted = if text.is_empty() { "-".to_owned() } else { escaped(&text) };
        let source_shown = output.paint(Paint::Quiet, &escaped(&source));
        lines.push(format!("{:<14} {quoted:<40} {source_shown}", value.setting.name));
        object.insert(value.setting.name.to_owned(), json!({"value": text, "source": source}));
    }
    if as_json {
        output.json(&serde_json::Value::Object(object))?;
    } else {
        output.line(&lines.join("\n"))?;
    }
    Ok(Exit::Done)
}

fn escaped(text: &str) -> String {
    escape(text, Keep::Nothing).into_owned()
}
