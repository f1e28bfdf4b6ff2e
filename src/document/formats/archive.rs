//! Zip containers with bounds on what they may inflate to, and the format they hold.

use std::io::{Cursor, Read};

use zip::ZipArchive;

use super::charset;
use crate::base::limits;
use crate::document::error::DocumentError;
use crate::document::sniff::Format;

/// A zip container in memory.
pub(crate) struct Archive<'a> {
    zip: ZipArchive<Cursor<&'a [u8]>>,
    /// Bytes that may still be inflated.
    left: u64,
}

impl<'a> Archive<'a> {
    /// Opens a container.
    pub(crate) fn open(bytes: &'a [u8]) -> Result<Self, DocumentError> {
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| DocumentError::Damaged {
            detail: format!("the zip container cannot be read: {error}"),
        })?;
        if zip.len() > limits::ARCHIVE_ENTRIES_MAX {
            return Err(DocumentError::LimitExceeded {
                limit: "ARCHIVE_ENTRIES_MAX",
                value: limits::ARCHIVE_ENTRIES_MAX as u64,
            });
        }
        Ok(Self { zip, left: limits::ARCHIVE_BYTES_MAX })
    }

    /// Whether there is an entry of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.zip.index_for_name(name).is_some()
    }

    /// The bytes of an entry; `None` when there is no such entry.
    pub(crate) fn read(&mut self, name: &str) -> Result<Option<Vec<u8>>, DocumentError> {
        let Some(index) = self.zip.index_for_name(name) else {
            return Ok(None);
        };
        let damaged = |detail: String| DocumentError::Damaged {
            detail: format!("{name} in the zip container cannot be read: {detail}"),
        };
        let entry = self.zip.by_index(index).map_err(|error| damaged(error.to_string()))?;
        let most = limits::ARCHIVE_ENTRY_BYTES_MAX.min(self.left);
        let mut bytes = Vec::new();
        // One byte more than allowed tells a large entry from one that just fits.
        let read = entry.take(most + 1).read_to_end(&mut bytes);
        if bytes.len() as u64 > most {
            return Err(DocumentError::LimitExceeded {
                limit: "ARCHIVE_BYTES_MAX",
                value: limits::ARCHIVE_BYTES_MAX,
            });
        }
        self.left -= bytes.len() as u64;
        read.map_err(|error| damaged(error.to_string()))?;
        Ok(Some(bytes))
    }

    /// The text of an XML entry.
    pub(crate) fn read_xml(&mut self, name: &str) -> Result<Option<String>, DocumentError> {
        let bytes = self.read(name)?;
        Ok(bytes.map(|bytes| charset::decode(&bytes, None).text))
    }

    /// The text of an XML entry without which there is no document.
    pub(crate) fn need_xml(&mut self, name: &str) -> Result<String, DocumentError> {
        self.read_xml(name)?.ok_or_else(|| DocumentError::Damaged {
            detail: format!("{name} is missing from the zip container"),
        })
    }

    /// Inflates every entry once and keeps none, to be sure that all stay within the limits
    /// before a crate without limits reads them.
    pub(crate) fn check_all(&mut self) -> Result<(), DocumentError> {
        for index in 0..self.zip.len() {
            let Ok(entry) = self.zip.by_index(index) else {
                continue;
            };
            let most = limits::ARCHIVE_ENTRY_BYTES_MAX.min(self.left);
            let copied = std::io::copy(&mut entry.take(most + 1), &mut std::io::sink());
            let size = copied.unwrap_or(0);
            if size > most {
                return Err(DocumentError::LimitExceeded {
                    limit: "ARCHIVE_BYTES_MAX",
                    value: limits::ARCHIVE_BYTES_MAX,
                });
            }
            self.left -= size;
        }
        Ok(())
    }
}

/// Tells the format of a zip container from what is in it.
pub(crate) fn sniff(bytes: &[u8]) -> Result<Format, &'static str> {
    const UNKNOWN: &str = "application/zip";
    let mut archive = Archive::open(bytes).map_err(|_| UNKNOWN)?;
    if archive.has("word/document.xml") {
        return Ok(Format::Docx);
    }
    if archive.has("xl/workbook.xml") {
        return Ok(Format::Xlsx);
    }
    if archive.has("ppt/presentation.xml") {
        return Ok(Format::Pptx);
    }
    if archive.has("xl/workbook.bin") {
        return Err("application/vnd.ms-excel.sheet.binary.macroEnabled.12");
    }
    let declared = archive.read("mimetype").ok().flatten().unwrap_or_default();
    let declared = String::from_utf8_lossy(&declared).trim().to_owned();
    const OPEN_DOCUMENT: &str = "application/vnd.oasis.opendocument.";
    match declared.strip_prefix(OPEN_DOCUMENT) {
        Some("text" | "text-template") => Ok(Format::Odt),
        Some("spreadsheet" | "spreadsheet-template") => Ok(Format::Ods),
        Some("presentation" | "presentation-template") => Ok(Format::Odp),
        _ if declared == "application/epub+zip" => Err("application/epub+zip"),
        _ => Err(UNKNOWN),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
    use std::io::Write as _;

    use super::*;

    /// A zip container with these entries.
    pub(crate) fn container(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated);
        for (name, bytes) in entries {
            writer.start_file(*name, options).unwrap();
            writer.write_all(bytes).unwrap();
        }
        writer.finish().unwrap().into_inner()
    }

    #[test]
    fn the_contents_tell_the_format() {
        assert_eq!(sniff(&container(&[("word/document.xml", b"x")])), Ok(Format::Docx));
        let odt: &[u8] = b"application/vnd.oasis.opendocument.text";
        assert_eq!(sniff(&container(&[("mimetype", odt)])), Ok(Format::Odt));
        assert_eq!(sniff(&container(&[("a.txt", b"x")])), Err("application/zip"));
        assert_eq!(sniff(b"PK\x03\x04 cut"), Err("application/zip"));
    }

    #[test]
    fn a_bomb_is_stopped_at_the_limit() {
        let zeros = vec![0; usize::try_from(limits::ARCHIVE_ENTRY_BYTES_MAX).unwrap() + 1];
        let bytes = container(&[("word/document.xml", &zeros)]);
        assert!(bytes.len() < 1 << 20);
        let mut archive = Archive::open(&bytes).unwrap();
        let error = archive.read("word/document.xml").unwrap_err();
        assert!(matches!(error, DocumentError::LimitExceeded { .. }), "{error}");
        assert!(Archive::open(&bytes).unwrap().check_all().is_err());
    }
}
