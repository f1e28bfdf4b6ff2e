//! Bodies of `multipart/form-data` (RFC 7578), as clients send a document to a project.
//!
//! Owns the splitting into parts and the JSON request they stand for. It must not know
//! what the fields mean.

use memchr::memmem;
use serde_json::{Map, Value, json};

use crate::base::limits;
use crate::job::data_url;

/// One part.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Part<'a> {
    pub(super) name: String,
    /// Present for files.
    pub(super) filename: Option<String>,
    pub(super) media_type: String,
    pub(super) bytes: &'a [u8],
}

/// The boundary that a `Content-Type` names.
pub(super) fn boundary(content_type: &str) -> Option<&str> {
    let (kind, rest) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let parameter = rest.split(';').find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"'))
    })?;
    // RFC 2046, section 5.1.1.
    (1..=70).contains(&parameter.len()).then_some(parameter)
}

/// Splits a body.
///
/// # Errors
/// What is wrong with its framing, as a sentence.
pub(super) fn parts<'a>(body: &'a [u8], boundary: &str) -> Result<Vec<Part<'a>>, String> {
    let delimiter = format!("--{boundary}");
    let finder = memmem::Finder::new(&delimiter);
    let mut rest = match finder.find(body) {
        Some(at) => body.get(at + delimiter.len()..).unwrap_or_default(),
        None => return Err("the boundary of the content type is not in the body".to_owned()),
    };
    let between = format!("\r\n{delimiter}");
    let finder = memmem::Finder::new(&between);
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        if parts.len() >= limits::MULTIPART_PARTS_MAX {
            return Err(format!("the body has more than {} parts", limits::MULTIPART_PARTS_MAX));
        }
        let inside = rest.strip_prefix(b"\r\n").ok_or("a part does not begin on a new line")?;
        let end = finder.find(inside).ok_or("the last part has no end")?;
        parts.push(part(inside.get(..end).unwrap_or_default())?);
        rest = inside.get(end + between.len()..).unwrap_or_default();
    }
    Ok(parts)
}

fn part(text: &[u8]) -> Result<Part<'_>, String> {
    let split =
        memmem::find(text, b"\r\n\r\n").ok_or("a part has no empty line behind its head")?;
    let head = std::str::from_utf8(text.get(..split).unwrap_or_default())
        .map_err(|_| "the head of a part is not UTF-8")?;
    let field = |wanted: &str| {
        head.split("\r\n").find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim())
        })
    };
    let disposition = field("content-disposition").unwrap_or_default();
    let name = parameter(disposition, "name").ok_or("a part has no name")?;
    Ok(Part {
        name,
        filename: parameter(disposition, "filename"),
        media_type: field("content-type").unwrap_or("application/octet-stream").to_owned(),
        bytes: text.get(split + 4..).unwrap_or_default(),
    })
}

/// A quoted parameter of a `Content-Disposition`. Clients escape a quote as `%22` (the
/// HTML standard) or with a backslash.
fn parameter(disposition: &str, wanted: &str) -> Option<String> {
    let mut rest = disposition;
    while let Some((before, behind)) = rest.split_once("=\"") {
        let name = before.rsplit([';', ' ']).next().unwrap_or_default();
        let mut value = String::new();
        let mut characters = behind.char_indices();
        let end = loop {
            match characters.next()? {
                (at, '"') => break at,
                (_, '\\') => value.extend(characters.next().map(|(_, c)| c)),
                (_, c) => value.push(c),
            }
        };
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n"));
        }
        rest = behind.get(end + 1..)?;
    }
    None
}

/// The JSON request that the parts stand for: files become documents, a repeated file name
/// a list of them, other parts what they are as JSON or else text.
pub(super) fn request(parts: &[Part<'_>]) -> Map<String, Value> {
    let mut request = Map::new();
    for part in parts {
        match &part.filename {
            Some(filename) => {
                let url = data_url::of(&part.media_type, part.bytes);
                let document = json!({"filename": filename, "url": url});
                if part.name == "documents" {
                    let list = request.entry("documents").or_insert_with(|| json!([]));
                    if let Value::Array(list) = list {
                        list.push(document);
                    }
                } else {
                    request.insert(part.name.clone(), document);
                }
            }
            None => {
                let text = String::from_utf8_lossy(part.bytes);
                let is_text = matches!(part.name.as_str(), "model" | "extraction_id");
                let value = serde_json::from_str(&text).ok().filter(|_| !is_text);
                request.insert(part.name.clone(), value.unwrap_or_else(|| json!(text)));
            }
        }
    }
    request
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::*;

    const BODY: &str = "--b1\r\nContent-Disposition: form-data; name=\"n_consensus\"\r\n\r\n3\r\n\
        --b1\r\nContent-Disposition: form-data; name=\"metadata\"\r\n\r\n{\"k\": \"v\"}\r\n\
        --b1\r\ncontent-disposition: form-data; name=\"document\"; filename=\"a %22b%22.pdf\"\r\n\
        Content-Type: application/pdf\r\n\r\n%PDF\r\n--b2\r\n\r\n--b1--\r\n";

    #[test]
    fn parts_become_the_request_they_stand_for() {
        let boundary = boundary("multipart/form-data; boundary=\"b1\"").unwrap();
        let request = request(&parts(BODY.as_bytes(), boundary).unwrap());
        assert_eq!(request["n_consensus"], 3);
        assert_eq!(request["metadata"], json!({"k": "v"}));
        let url = "data:application/pdf;base64,JVBERg0KLS1iMg0K";
        assert_eq!(request["document"], json!({"filename": "a \"b\".pdf", "url": url}));
    }

    #[test]
    fn a_cut_body_is_an_error_wherever_it_is_cut() {
        let last = BODY.rfind("--\r\n").unwrap();
        for end in 0..last {
            assert!(parts(&BODY.as_bytes()[..end], "b1").is_err(), "{end}");
        }
        assert!(parts(BODY.as_bytes(), "b1").is_ok());
    }

    #[test]
    fn other_content_types_have_no_boundary() {
        for text in
            ["application/json", "multipart/mixed; boundary=x", "multipart/form-data; boundary="]
        {
            assert_eq!(boundary(text), None, "{text}");
        }
    }
}
