//! Tells the format of a document from its bytes; its name only settles what bytes cannot.

use super::formats;

/// A format of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// Portable Document Format.
    Pdf,
    /// Text without any structure that is known here.
    #[default]
    PlainText,
    /// Markdown.
    Markdown,
    /// Values parted by commas, semicolons, tabs or bars.
    Csv,
    /// HTML.
    Html,
    /// JSON.
    Json,
    /// XML.
    Xml,
    /// An electronic mail message (RFC 5322).
    Email,
    /// Rich Text Format.
    Rtf,
    /// Word document (Office Open XML).
    Docx,
    /// Excel workbook (Office Open XML).
    Xlsx,
    /// PowerPoint presentation (Office Open XML).
    Pptx,
    /// Text document (OpenDocument).
    Odt,
    /// Spreadsheet (OpenDocument).
    Ods,
    /// Presentation (OpenDocument).
    Odp,
    /// PNG picture.
    Png,
    /// JPEG picture.
    Jpeg,
    /// TIFF picture.
    Tiff,
    /// WebP picture.
    Webp,
}

/// All formats that are read.
const SUPPORTED: [Format; 19] = [
    Format::Pdf,
    Format::PlainText,
    Format::Markdown,
    Format::Csv,
    Format::Html,
    Format::Json,
    Format::Xml,
    Format::Email,
    Format::Rtf,
    Format::Docx,
    Format::Xlsx,
    Format::Pptx,
    Format::Odt,
    Format::Ods,
    Format::Odp,
    Format::Png,
    Format::Jpeg,
    Format::Tiff,
    Format::Webp,
];

impl Format {
    /// Its media type.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::PlainText => "text/plain",
            Self::Markdown => "text/markdown",
            Self::Csv => "text/csv",
            Self::Html => "text/html",
            Self::Json => "application/json",
            Self::Xml => "application/xml",
            Self::Email => "message/rfc822",
            Self::Rtf => "application/rtf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Pptx => {
                "application/vnd.openxmlformats-officedocument.presentationml.presentation"
            }
            Self::Odt => "application/vnd.oasis.opendocument.text",
            Self::Ods => "application/vnd.oasis.opendocument.spreadsheet",
            Self::Odp => "application/vnd.oasis.opendocument.presentation",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Tiff => "image/tiff",
            Self::Webp => "image/webp",
        }
    }

    /// Media types of all formats that are read.
    #[must_use]
    pub fn supported_media_types() -> Vec<&'static str> {
        SUPPORTED.map(Self::media_type).to_vec()
    }
}

/// How far into a file a PDF header may stand behind junk.
const PDF_HEADER_REACH: usize = 64 << 10;

/// Finds the format of `bytes`; `Err` carries the media type of bytes that are not read.
pub fn sniff(bytes: &[u8], file_name: Option<&str>) -> Result<Format, &'static str> {
    if bytes.starts_with(b"%PDF-") {
        return Ok(Format::Pdf);
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        return formats::sniff_container(bytes);
    }
    if let Some(format) = picture(bytes) {
        return Ok(format);
    }
    if let Some(found) = foreign_type(bytes) {
        return Err(found);
    }
    let head = bytes.get(..bytes.len().min(PDF_HEADER_REACH)).unwrap_or_default();
    if !formats::is_mail(bytes) && memchr::memmem::find(head, b"%PDF-").is_some()
        || looks_like_headless_pdf(bytes)
    {
        return Ok(Format::Pdf);
    }
    formats::sniff_text(bytes, file_name)
}

/// A PDF whose header was lost still has objects and a trailer or a cross-reference.
fn looks_like_headless_pdf(bytes: &[u8]) -> bool {
    let tail = bytes.get(bytes.len().saturating_sub(2048)..).unwrap_or_default();
    memchr::memmem::find(bytes, b" obj").is_some()
        && (memchr::memmem::find(tail, b"startxref").is_some()
            || memchr::memmem::find(tail, b"%%EOF").is_some()
            || memchr::memmem::find(bytes, b"endobj").is_some())
}

fn picture(bytes: &[u8]) -> Option<Format> {
    const MAGIC: [(&[u8], Format); 4] = [
        (b"\x89PNG\r\n\x1a\n", Format::Png),
        (b"\xff\xd8\xff", Format::Jpeg),
        (b"II*\0", Format::Tiff),
        (b"MM\0*", Format::Tiff),
    ];
    if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Some(Format::Webp);
    }
    MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, format)| *format)
}

/// Media types of common formats that are not read, by their first bytes.
pub fn foreign_type(bytes: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 11] = [
        (b"GIF8", "image/gif"),
        (b"RIFF", "audio/wav"),
        (b"\xd0\xcf\x11\xe0", "application/x-ole-storage"),
        (b"\x1f\x8b", "application/gzip"),
        (b"BZh", "application/x-bzip2"),
        (b"\xfd7zXZ\0", "application/x-xz"),
        (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
        (b"Rar!\x1a\x07", "application/vnd.rar"),
        (b"ID3", "audio/mpeg"),
        (b"\x7fELF", "application/x-elf"),
        (b"%!PS", "application/postscript"),
    ];
    if bytes.get(4..8) == Some(b"ftyp") {
        return Some("video/mp4");
    }
    MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, media_type)| *media_type)
}

#[cfg(test)]
mod tests {
    use super::{Format, sniff};

    #[test]
    fn a_pdf_behind_junk_is_a_pdf() {
        assert_eq!(sniff(b"MAIL HEADER\r\n\r\n%PDF-1.4\n", None), Ok(Format::Pdf));
    }

    #[test]
    fn a_pdf_without_its_header_is_a_pdf() {
        assert_eq!(sniff(b"1 0 obj <</Type/Catalog>> endobj trailer", None), Ok(Format::Pdf));
    }

    #[test]
    fn text_formats_are_told_apart() {
        assert_eq!(sniff(b"\xef\xbb\xbf <!DOCTYPE HTML><p>", None), Ok(Format::Html));
        assert_eq!(sniff(b"{\"a\": 1}", None), Ok(Format::Json));
        assert_eq!(sniff(b"Dear all,\n", None), Ok(Format::PlainText));
    }

    #[test]
    fn pictures_and_noise_are_told_apart() {
        assert_eq!(sniff(b"\x89PNG\r\n\x1a\n", None), Ok(Format::Png));
        assert_eq!(sniff(b"GIF89a", None), Err("image/gif"));
        assert_eq!(sniff(b"a\0b\x01\x02", None), Err("application/octet-stream"));
    }

    #[test]
    fn a_mail_with_a_pdf_in_it_is_a_mail() {
        let mail = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: x\r\n\r\n%PDF-1.4";
        assert_eq!(sniff(mail, None), Ok(Format::Email));
    }
}
