//! Documents and the requests that carry them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

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
    let mut objects = vec!["<< /Type /Catalog /Pages 2 0 R >>".to_owned()];
    let kids: Vec<_> = (0..pages.len()).map(|n| format!("{} 0 R", 4 + 2 * n)).collect();
    objects.push(format!(
        "<< /Type /Pages /Count {} /Kids [{}] /MediaBox [0 0 595 842] >>",
        pages.len(),
        kids.join(" ")
    ));
    objects.push("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned());
    for (index, text) in pages.iter().enumerate() {
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /Resources << /Font << /F1 3 0 R >> >> \
             /Contents {} 0 R >>",
            5 + 2 * index
        ));
        let content = format!("BT /F1 14 Tf 72 760 Td ({text}) Tj ET");
        objects.push(format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()));
    }
    pdf_file(&objects)
}

/// A PDF of these objects, numbered from 1; the first one is the catalog.
pub(crate) fn pdf_file(objects: &[String]) -> Vec<u8> {
    let mut file = "%PDF-1.4\n".to_owned();
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(file.len());
        file += &format!("{} 0 obj\n{object}\nendobj\n", index + 1);
    }
    let start = file.len();
    file += &format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for offset in offsets {
        file += &format!("{offset:010} 00000 n \n");
    }
    let size = objects.len() + 1;
    file += &format!("trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n");
    file.into_bytes()
}
