//! The one entry of the fuzz target and of the test that mutates files: any bytes, through the
//! whole document core. Whatever they are, nothing may panic and what comes out must hold.

use docspool::document::render::TableFormat;
use docspool::document::{Document, DocumentLimits, LoadOptions};

/// Small enough that one input takes milliseconds.
const LIMITS: DocumentLimits = DocumentLimits {
    pages_max: 50,
    decoded_bytes_max: 8 << 20,
    stream_decoded_bytes_max: 1 << 20,
    page_operators_max: 50_000,
    page_glyphs_max: 20_000,
    glyphs_max: 50_000,
};

/// Loads the bytes and lays out what was read; tells whether it was a document.
pub(crate) fn load(bytes: &[u8]) -> bool {
    let options = LoadOptions { limits: LIMITS, ..LoadOptions::default() };
    let Ok(document) = Document::load(bytes, &options) else { return false };
    assert!(document.pages.len() <= LIMITS.pages_max || !bytes.starts_with(b"%PDF"));
    for page in &document.pages {
        assert!(page.width.is_finite() && page.height.is_finite());
        let holds = |start: u32, end: u32| page.text.get(start as usize..end as usize).is_some();
        for word in &page.words {
            assert!(holds(word.span.start, word.span.end), "a word outside its page");
            assert!((word.font as usize) < document.fonts.len(), "a word without a font");
        }
        for line in &page.lines {
            assert!(holds(line.span.start, line.span.end), "a line outside its page");
            assert!(line.words_start < line.words_end, "a line without words");
            assert!((line.words_end as usize) <= page.words.len(), "a line beyond the words");
        }
    }
    let formats = [TableFormat::Html, TableFormat::Markdown, TableFormat::Yaml, TableFormat::Json];
    for format in formats {
        assert_eq!(document.markdown(format).len(), document.pages.len());
    }
    true
}
