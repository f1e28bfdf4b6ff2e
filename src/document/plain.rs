//! Text formats that need no reader of their own: one page, the text as it is.

use super::error::DocumentError;
use super::model::{Document, Page};
use super::sniff::Format;

/// Takes UTF-8 text as a document of one page.
pub(super) fn load(bytes: &[u8], format: Format) -> Result<Document, DocumentError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| DocumentError::Damaged {
        detail: format!("the text is not UTF-8 from byte {} on", error.valid_up_to()),
    })?;
    let page = Page { number: 1, text: text.replace("\r\n", "\n"), ..Page::default() };
    Ok(Document { format, pages: vec![page], ..Document::default() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::load;
    use crate::document::{DocumentError, Format};

    #[test]
    fn text_is_one_page_without_its_byte_order_mark() {
        let document = load(b"\xef\xbb\xbfa\r\nb", Format::PlainText).unwrap();
        assert_eq!(document.pages[0].text, "a\nb");
    }

    #[test]
    fn text_in_another_encoding_is_refused_with_its_place() {
        let error = load(b"ab\xff", Format::PlainText).unwrap_err();
        assert!(matches!(error, DocumentError::Damaged { detail } if detail.contains("byte 2")));
    }
}
