//! `/v1/documents/parse`: the text of a document, page by page.
//!
//! A request that names a `table_parsing_format` gets Markdown with its tables in that format;
//! one that names none gets the plain text, in which no mark stands between the words.

use serde_json::{Value, json};

use super::{Context, Peek, Processor, Task, reading};
use crate::document::Document;
use crate::document::render::TableFormat;
use crate::job::file;
use crate::job::model::JobError;

/// Credits of one page. Nothing is charged here; clients expect the number.
const CREDITS_A_PAGE: f64 = 1.0;

/// The processor of `/v1/documents/parse`.
#[derive(Debug, Clone, Copy)]
pub struct Parse;

impl Processor for Parse {
    fn validate(&self, _request: &Value, first_bytes: &[Peek]) -> Result<(), JobError> {
        reading::check_types(first_bytes)
    }

    fn run(&self, task: &Task, context: &dyn Context) -> Result<Value, JobError> {
        let input = task.document("document")?;
        let password = task.request.get("password").and_then(Value::as_str);
        let document = reading::load("request.document", &input, password, context)?;
        let pages = match table_format(&task.request) {
            Some(tables) => document.markdown(tables),
            None => document.pages.iter().map(|page| page.text.clone()).collect(),
        };
        Ok(json!({
            "document": file::reference(input.filename, input.media_type, &input.bytes),
            "usage": usage(pages.len()),
            "text": pages.join("\n\n"),
            "pages": pages,
            "warnings": warnings(&document),
        }))
    }
}

fn table_format(request: &Value) -> Option<TableFormat> {
    match request.get("table_parsing_format").and_then(Value::as_str)? {
        "html" => Some(TableFormat::Html),
        "markdown" => Some(TableFormat::Markdown),
        "yaml" => Some(TableFormat::Yaml),
        "json" => Some(TableFormat::Json),
        _ => None,
    }
}

fn usage(pages: usize) -> Value {
    #[expect(clippy::cast_precision_loss, reason = "a page count is far below 2^52")]
    let credits = pages as f64 * CREDITS_A_PAGE;
    json!({"page_count": pages, "credits": credits})
}

fn warnings(document: &Document) -> Vec<Value> {
    let warnings = document.warnings.iter();
    warnings.map(|warning| json!({"page": warning.page, "message": warning.message})).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Alone;
    impl Context for Alone {
        fn progress(&self, _done: u32, _total: u32) {}
        fn is_cancelled(&self) -> bool {
            false
        }
    }

    fn run(url: &str) -> Result<Value, JobError> {
        let request = json!({"document": {"filename": "a.txt", "url": url}});
        parse(request)
    }

    fn parse(request: Value) -> Result<Value, JobError> {
        Parse.run(&Task { request, documents: Vec::new() }, &Alone)
    }

    #[test]
    fn the_answer_has_the_shape_that_clients_read() {
        let body = run("data:text/plain;base64,YWJj").unwrap();
        assert_eq!(
            body["document"],
            json!({"id": "file_d8bb14d833d59559", "filename": "a.txt", "mime_type": "text/plain"})
        );
        assert_eq!(body["usage"], json!({"page_count": 1, "credits": 1.0}));
        assert_eq!((&body["text"], &body["pages"]), (&json!("abc"), &json!(["abc"])));
    }

    #[test]
    fn a_table_format_asks_for_markdown() {
        // The table `a,b` over `1,2` and nothing else.
        let document = json!({"filename": "a.csv", "url": "data:text/csv;base64,YSxiCjEsMgo="});
        for (format, page) in [
            (Value::Null, "a,b\n1,2"),
            (json!("markdown"), "| a | b |\n| --- | --- |\n| 1 | 2 |"),
            (json!("yaml"), "```yaml\n- \"a\": \"1\"\n  \"b\": \"2\"\n```"),
            (json!("json"), "```json\n[\n  {\"a\": \"1\", \"b\": \"2\"}\n]\n```"),
        ] {
            let body =
                parse(json!({"document": document, "table_parsing_format": format})).unwrap();
            assert_eq!(body["pages"], json!([page]), "{format}");
        }
        let body = parse(json!({"document": document, "table_parsing_format": "html"})).unwrap();
        assert!(body["text"].as_str().unwrap().starts_with("<table>"));
    }

    #[test]
    fn failures_name_the_field() {
        for (url, code) in [
            ("data:,", "validation_error"),
            ("data:;base64,R0lGODlh", "unsupported_media_type"),
            ("nonsense", "validation_error"),
        ] {
            let error = run(url).unwrap_err();
            assert_eq!(error.code, code, "{url}");
            assert_eq!(error.details.unwrap()["field"], "request.document.url");
        }
    }
}
