//! Parses files and prints what the text scorer reads: one JSON object, or one line per file.
//!
//! `parse FILE… [--format json|text] [--password PW] [--jobs N]`

use std::io::Write;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use docspool::document::render::TableFormat;
use docspool::document::{Document, DocumentError, LoadOptions};
use serde_json::{Map, Value, json};

fn main() -> ExitCode {
    let (mut files, mut format, mut password, mut jobs) = (vec![], String::new(), String::new(), 1);
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--format" => format = arguments.next().unwrap_or_default(),
            "--password" => password = arguments.next().unwrap_or_default(),
            "--jobs" => jobs = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(1),
            _ => files.push(argument),
        }
    }
    if files.is_empty() {
        files = std::io::stdin().lines().map_while(Result::ok).collect();
        files.push(String::new());
    }
    let many = files.len() > 1;
    let (next, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let out = Mutex::new(std::io::stdout());
    std::thread::scope(|scope| {
        for _ in 0..jobs {
            scope.spawn(|| {
                while let Some(path) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if path.is_empty() {
                        continue;
                    }
                    let line = match load(path, &password) {
                        Ok(document) if format == "text" => document.text(),
                        Ok(document) => {
                            let mut value = to_json(&document);
                            if many {
                                value.insert("path".into(), json!(path));
                            }
                            Value::Object(value).to_string()
                        }
                        Err(error) => {
                            failed.fetch_add(1, Ordering::Relaxed);
                            eprintln!("{path}: {error}");
                            continue;
                        }
                    };
                    if let Ok(mut out) = out.lock() {
                        let _ = writeln!(out, "{line}");
                    }
                }
            });
        }
    });
    if failed.load(Ordering::Relaxed) > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn load(path: &str, password: &str) -> Result<Document, DocumentError> {
    let bytes = std::fs::read(path)
        .map_err(|error| DocumentError::Damaged { detail: error.to_string() })?;
    let options = LoadOptions { password: Some(password), ..LoadOptions::default() };
    Document::load(&bytes, &options)
}

fn to_json(document: &Document) -> Map<String, Value> {
    let fields: Map<String, Value> = document
        .fields
        .iter()
        .map(|field| {
            let value = match field.values.as_slice() {
                [] => Value::Null,
                [one] => json!(one),
                several => json!(several),
            };
            (field.name.clone(), json!({ "value": value }))
        })
        .collect();
    let pages: Vec<&str> = document.pages.iter().map(|page| page.text.as_str()).collect();
    let warnings: Vec<&str> = document.warnings.iter().map(|w| w.message.as_str()).collect();
    let mut object = Map::new();
    object.insert("pages".into(), json!(pages));
    object.insert("markdown".into(), json!(document.markdown(TableFormat::Markdown)));
    object.insert("fields".into(), Value::Object(fields));
    object.insert("warnings".into(), json!(warnings));
    object
}
