//! `/v1/documents/parse`: the text of a document, page by page.

use serde_json::{Value, json};

use super::{Context, Peek, Processor, Task, reading};
use crate::document::Document;
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
        let pages: Vec<&str> = document.pages.iter().map(|page| page.text.as_str()).collect();
        Ok(json!({
            "document": file::reference(input.filename, input.media_type, &input.bytes),
            "usage": usage(pages.len()),
            "text": pages.join("\n\n"),
            "pages": pages,
            "warnings": warnings(&document),
        }))
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
