//! The formats other than PDF: each reader turns bytes into pages of blocks.
//!
//! Owns what the bytes of text and zip formats mean; knows nothing of geometry, OCR or PDF.

mod archive;
mod builder;
mod charset;
mod delimited;
mod docx;
mod docx_styles;
mod html;
mod mail;
mod odf;
mod ooxml;
mod plain;
mod pptx;
mod rtf;
mod sheet;
mod structured;
mod xlsx;
mod xml;

use self::builder::FlowPage;
use super::error::DocumentError;
use super::model::{Attachment, Document, Metadata, Page, Warning, WarningKind};
use super::render;
use super::sniff::Format;
use crate::base::limits;

pub(super) use self::archive::sniff as sniff_container;
pub(super) use self::mail::is_mail;

/// What a reader of one format gives.
#[derive(Debug, Default)]
struct Flow {
    pages: Vec<FlowPage>,
    metadata: Metadata,
    attachments: Vec<Attachment>,
    warnings: Vec<Warning>,
}

impl Flow {
    fn of(pages: Vec<FlowPage>) -> Self {
        Self { pages, ..Self::default() }
    }

    fn warn(&mut self, kind: WarningKind, message: impl Into<String>) {
        self.warnings.push(Warning { kind, page: None, message: message.into() });
    }

    fn warn_if_truncated(&mut self, truncated: bool) {
        if truncated {
            let most = limits::TABLE_CELLS_MAX;
            let message = format!("a table has more than {most} cells; the rest is left out");
            self.warn(WarningKind::LimitReached, message);
        }
    }
}

/// Reads a document of a format that has no geometry.
pub(super) fn load(bytes: &[u8], format: Format) -> Result<Document, DocumentError> {
    let flow = match format {
        Format::Email => read_mail(bytes)?,
        Format::Rtf => {
            let (pages, truncated) = rtf::read(bytes);
            let mut flow = Flow::of(pages);
            flow.warn_if_truncated(truncated);
            flow
        }
        Format::Docx => docx::read(bytes)?,
        Format::Xlsx => xlsx::read(bytes)?,
        Format::Pptx => pptx::read(bytes)?,
        Format::Odt | Format::Ods | Format::Odp => odf::read(bytes, format)?,
        _ => read_text(bytes, format)?,
    };
    Ok(finish(flow, format))
}

fn finish(flow: Flow, format: Format) -> Document {
    let numbered = (1_u32..).zip(flow.pages);
    let pages = numbered.map(|(number, page)| Page {
        number,
        name: page.name,
        text: page.text.unwrap_or_else(|| render::text(&page.blocks)),
        flow: page.blocks,
        ..Page::default()
    });
    Document {
        format,
        pages: pages.collect(),
        metadata: flow.metadata,
        attachments: flow.attachments,
        warnings: flow.warnings,
        ..Document::default()
    }
}

fn read_mail(bytes: &[u8]) -> Result<Flow, DocumentError> {
    let mail = mail::read(bytes).ok_or_else(|| DocumentError::Damaged {
        detail: "the mail has no header that can be read, or too many messages in it".to_owned(),
    })?;
    let mut flow = Flow::of(vec![mail.page]);
    flow.metadata = mail.metadata;
    flow.attachments = mail.attachments;
    flow.warn_if_truncated(mail.truncated);
    Ok(flow)
}

fn read_text(bytes: &[u8], format: Format) -> Result<Flow, DocumentError> {
    if bytes.len() > limits::TEXT_BYTES_MAX {
        return Err(DocumentError::LimitExceeded {
            limit: "TEXT_BYTES_MAX",
            value: limits::TEXT_BYTES_MAX as u64,
        });
    }
    let declared = match format {
        Format::Html | Format::Xml => html::declared_charset(bytes),
        _ => None,
    };
    let decoded = charset::decode(bytes, declared.as_deref());
    let text = decoded.text.as_str();
    let mut flow = match format {
        Format::Html => read_html(text),
        Format::Json => read_listing(text, structured::json_fault(text), "JSON"),
        Format::Xml => read_listing(text, structured::xml_fault(text), "XML"),
        Format::Csv => read_csv(text),
        Format::Markdown => Flow::of(plain::markdown(text)),
        _ => Flow::of(plain::text(text)),
    };
    if decoded.replaced {
        let message = format!("some bytes have no meaning in {}", decoded.encoding);
        flow.warn(WarningKind::Damaged, message);
    }
    Ok(flow)
}

fn read_html(text: &str) -> Flow {
    let read = html::read(text);
    let mut flow = Flow::of(vec![read.page]);
    flow.metadata.title = read.title;
    flow.metadata.language = read.language;
    flow.warn_if_truncated(read.truncated);
    flow
}

fn read_listing(text: &str, fault: Option<String>, name: &str) -> Flow {
    let mut flow = Flow::of(vec![structured::listing(text)]);
    if let Some(fault) = fault {
        flow.warn(WarningKind::Damaged, format!("the {name} is not well-formed: {fault}"));
    }
    flow
}

fn read_csv(text: &str) -> Flow {
    let (page, truncated) = delimited::read(text, delimited::delimiter(text).unwrap_or(b','));
    let mut flow = Flow::of(vec![page]);
    flow.warn_if_truncated(truncated);
    flow
}

/// Bytes of a text looked at to tell its format.
const TEXT_PROBE_BYTES: usize = 64 << 10;

/// Tells the format of bytes that are no known binary format.
pub(super) fn sniff_text(bytes: &[u8], file_name: Option<&str>) -> Result<Format, &'static str> {
    let probe = bytes.get(..bytes.len().min(TEXT_PROBE_BYTES)).unwrap_or_default();
    let decoded = charset::decode(probe, None);
    if !decoded.encoding.starts_with("UTF-16") && is_binary(probe) {
        return Err("application/octet-stream");
    }
    if is_mail(bytes) {
        return Ok(Format::Email);
    }
    let text = decoded.text.trim_start_matches(['\u{feff}', ' ', '\t', '\n']);
    if let Some(format) = sniff_markup(text) {
        return Ok(format);
    }
    let extension = file_name.and_then(|name| name.rsplit_once('.')).map(|(_, end)| end);
    let extension = extension.unwrap_or_default().to_ascii_lowercase();
    let whole = probe.len() == bytes.len();
    let cut = text.rfind('\n').filter(|_| !whole).map_or(text, |end| text.split_at(end).0);
    Ok(match extension.as_str() {
        "csv" | "tsv" | "tab" if !text.is_empty() => Format::Csv,
        "md" | "markdown" | "mdx" => Format::Markdown,
        "txt" | "text" | "log" => Format::PlainText,
        "htm" | "html" if text.starts_with('<') => Format::Html,
        _ if delimited::delimiter(cut).is_some() => Format::Csv,
        _ if looks_like_markdown(text) => Format::Markdown,
        _ => Format::PlainText,
    })
}

fn sniff_markup(text: &str) -> Option<Format> {
    let begins = |prefix: &str| {
        text.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
    };
    if text.starts_with("{\\rtf") {
        return Some(Format::Rtf);
    }
    if begins("<?xml") || begins("<!--") {
        let has_html = text.to_ascii_lowercase().contains("<html");
        let is_xml = begins("<?xml");
        return if has_html { Some(Format::Html) } else { is_xml.then_some(Format::Xml) };
    }
    const HTML: [&str; 12] = [
        "<!doctype html",
        "<html",
        "<head",
        "<body",
        "<title",
        "<meta",
        "<table",
        "<div",
        "<p>",
        "<h1",
        "<script",
        "<style",
    ];
    if HTML.iter().any(|prefix| begins(prefix)) {
        return Some(Format::Html);
    }
    if begins("<!doctype") || text.starts_with('<') && structured::xml_root(text) {
        return Some(Format::Xml);
    }
    let mut letters = text.chars();
    match (letters.next(), letters.find(|letter| !letter.is_whitespace())) {
        (Some('{'), Some('"' | '}')) => Some(Format::Json),
        (Some('['), Some('{' | '[' | ']' | '"')) => Some(Format::Json),
        (Some('['), Some(letter)) if letter.is_ascii_digit() => Some(Format::Json),
        _ => None,
    }
}

/// Control bytes that no text has, or a zero.
fn is_binary(bytes: &[u8]) -> bool {
    let odd = bytes.iter().filter(|&&byte| {
        byte < 0x20 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b | 0x08)
    });
    let odd = odd.count();
    odd > 0 && (odd * 100 > bytes.len() || bytes.contains(&0))
}

/// At least two kinds of marks that only Markdown has.
fn looks_like_markdown(text: &str) -> bool {
    let mut marks = [false; 4];
    let [heading, fence, link, table] = &mut marks;
    for line in text.lines().take(500) {
        let line = line.trim_start();
        let after = line.trim_start_matches('#');
        *heading |= after.len() < line.len() && after.starts_with(' ');
        *fence |= line.starts_with("```");
        *link |= line.contains("](") || line.contains("**");
        *table |= line.starts_with("|--") || line.starts_with("| --") || line.starts_with("|:-");
    }
    marks.iter().filter(|mark| **mark).count() >= 2
}

/// Whether a text is a number as people write it: digits with signs, separators, currency.
pub(crate) fn looks_numeric(text: &str) -> bool {
    let text = text.trim();
    let mut digits = 0_usize;
    for letter in text.chars() {
        match letter {
            '0'..='9' => digits += 1,
            '.' | ',' | '\'' | '-' | '+' | '−' | '%' | '(' | ')' | ' ' | '\u{a0}' | '\u{202f}'
            | '$' | '€' | '£' | '¥' | '/' | ':' => {}
            _ => return false,
        }
    }
    digits > 0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn the_name_settles_only_what_bytes_cannot() {
        let table = b"a,b\n1,2\n";
        assert_eq!(sniff_text(table, None), Ok(Format::Csv));
        assert_eq!(sniff_text(table, Some("x.txt")), Ok(Format::PlainText));
        assert_eq!(sniff_text(b"# x\n", Some("x.md")), Ok(Format::Markdown));
        assert_eq!(sniff_text(b"<html>", Some("x.csv")), Ok(Format::Html));
        assert_eq!(sniff_text(b"{\"a\":1}", Some("x.md")), Ok(Format::Json));
        assert_eq!(sniff_text(b"# Top\n\nsee [a](b)\n", None), Ok(Format::Markdown));
        assert_eq!(sniff_text(b"<invoice id='1'><a/></invoice>", None), Ok(Format::Xml));
        assert_eq!(sniff_text(b"<?xml version='1.0'?><html/>", None), Ok(Format::Html));
    }

    #[test]
    fn utf_16_is_text_and_noise_is_not() {
        let utf_16: Vec<u8> = "Hello, all".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(sniff_text(&utf_16, None), Ok(Format::PlainText));
        assert_eq!(sniff_text(b"ab\0\x01\x02", None), Err("application/octet-stream"));
        assert_eq!(sniff_text(b"", None), Ok(Format::PlainText));
    }

    #[test]
    fn numbers_are_known_by_their_letters() {
        for number in ["1", "-1.234,56 €", "$ 5", "(3)", "12%", "2026-01-31"] {
            assert!(looks_numeric(number), "{number}");
        }
        for word in ["", "-", "n/a", "Q1"] {
            assert!(!looks_numeric(word), "{word}");
        }
    }
}
