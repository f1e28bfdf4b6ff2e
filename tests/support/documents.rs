//! Documents and the requests that carry them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::pdf::PdfMaker;

/// `data:` URL of these bytes.
pub(crate) fn data_url(media_type: &str, bytes: &[u8]) -> String {
    format!("data:{media_type};base64,{}", STANDARD.encode(bytes))
}

/// A create body that parses a text document.
pub(crate) fn parse_text(filename: &str, text: &str) -> Value {
    parse(filename, &data_url("text/plain", text.as_bytes()))
}

/// A create body that parses the document of this URL.
pub(crate) fn parse(filename: &str, url: &str) -> Value {
    json!({
        "endpoint": "/v1/documents/parse",
        "request": {"document": {"filename": filename, "url": url}},
    })
}

/// A PDF with one line of Helvetica on each page. ASCII without parentheses, please.
pub(crate) fn pdf(pages: &[&str]) -> Vec<u8> {
    let mut maker = PdfMaker::new();
    for text in pages {
        maker.page("/MediaBox [0 0 595 842]", &format!("BT /F1 14 Tf 72 760 Td ({text}) Tj ET"));
    }
    maker.finish()
}
