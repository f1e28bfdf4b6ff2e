//! Tells the format of a document from its bytes, never from its name.

/// A format of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Portable Document Format.
    Pdf,
    /// Text without any structure that is known here (Markdown and CSV are such text).
    #[default]
    PlainText,
    /// HTML.
    Html,
    /// JSON.
    Json,
    /// XML.
    Xml,
}

impl Format {
    /// Its media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::PlainText => "text/plain",
            Self::Html => "text/html",
            Self::Json => "application/json",
            Self::Xml => "application/xml",
        }
    }

    /// Media types of all formats that are read.
    #[must_use]
    pub fn supported_media_types() -> Vec<&'static str> {
        [Self::Pdf, Self::PlainText, Self::Html, Self::Json, Self::Xml]
            .map(Self::media_type)
            .to_vec()
    }
}

/// How far into a file a PDF header may stand behind junk.
const PDF_HEADER_REACH: usize = 64 << 10;

/// Finds the format of `bytes`; `Err` carries the media type of bytes that are not read.
pub fn sniff(bytes: &[u8]) -> Result<Format, &'static str> {
    let head = bytes.get(..bytes.len().min(PDF_HEADER_REACH)).unwrap_or_default();
    if memchr::memmem::find(head, b"%PDF-").is_some() || looks_like_headless_pdf(bytes) {
        return Ok(Format::Pdf);
    }
    if let Some(found) = foreign_type(bytes) {
        return Err(found);
    }
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    if head.contains(&0) {
        return Err("application/octet-stream");
    }
    Ok(match text.first() {
        Some(b'<')
            if starts_with_ignoring_case(text, b"<!doctype html")
                || starts_with_ignoring_case(text, b"<html") =>
        {
            Format::Html
        }
        Some(b'<') if text.starts_with(b"<?xml") => Format::Xml,
        Some(b'{' | b'[') => Format::Json,
        _ => Format::PlainText,
    })
}

/// A PDF whose header was lost still has objects and a trailer or a cross-reference.
fn looks_like_headless_pdf(bytes: &[u8]) -> bool {
    let tail = bytes.get(bytes.len().saturating_sub(2048)..).unwrap_or_default();
    memchr::memmem::find(bytes, b" obj").is_some()
        && (memchr::memmem::find(tail, b"startxref").is_some()
            || memchr::memmem::find(tail, b"%%EOF").is_some()
            || memchr::memmem::find(bytes, b"endobj").is_some())
}

/// Media types of common formats that are not read, by their first bytes.
fn foreign_type(bytes: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 9] = [
        (b"\x89PNG", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF8", "image/gif"),
        (b"II*\0", "image/tiff"),
        (b"MM\0*", "image/tiff"),
        (b"RIFF", "image/webp"),
        (b"PK\x03\x04", "application/zip"),
        (b"\xd0\xcf\x11\xe0", "application/x-ole-storage"),
        (b"\x1f\x8b", "application/gzip"),
    ];
    MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, media_type)| *media_type)
}

fn starts_with_ignoring_case(text: &[u8], prefix: &[u8]) -> bool {
    text.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests {
    use super::{Format, sniff};

    #[test]
    fn a_pdf_behind_junk_is_a_pdf() {
        assert_eq!(sniff(b"MAIL HEADER\r\n\r\n%PDF-1.4\n"), Ok(Format::Pdf));
    }

    #[test]
    fn a_pdf_without_its_header_is_a_pdf() {
        assert_eq!(sniff(b"1 0 obj <</Type/Catalog>> endobj trailer"), Ok(Format::Pdf));
    }

    #[test]
    fn text_formats_are_told_apart() {
        assert_eq!(sniff(b"\xef\xbb\xbf <!DOCTYPE HTML><p>"), Ok(Format::Html));
        assert_eq!(sniff(b"{\"a\": 1}"), Ok(Format::Json));
        assert_eq!(sniff(b"# Title\n"), Ok(Format::PlainText));
    }

    #[test]
    fn pictures_and_noise_are_refused_by_name() {
        assert_eq!(sniff(b"\x89PNG\r\n\x1a\n"), Err("image/png"));
        assert_eq!(sniff(b"a\0b"), Err("application/octet-stream"));
    }
}
