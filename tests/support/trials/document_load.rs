//! Any bytes as a document of any format, through the whole document core, its pictures
//! decoded as for an engine that reads them. Nothing may panic and what comes out must hold.

use std::ops::ControlFlow;
use std::sync::OnceLock;

use docspool::document::ocr::{OcrError, Reading, Recognizer};
use docspool::document::picture::raster::Raster;
use docspool::document::render::TableFormat;
use docspool::document::{Document, DocumentLimits, LoadOptions, Ocr};

use super::super::seeds as pdfs;
use super::formats;

/// Small enough that one input takes milliseconds.
const LIMITS: DocumentLimits = DocumentLimits {
    pages_max: 50,
    decoded_bytes_max: 8 << 20,
    stream_decoded_bytes_max: 1 << 20,
    page_operators_max: 50_000,
    page_glyphs_max: 20_000,
    glyphs_max: 50_000,
};

/// An engine to which every picture is empty, so that what is tried is the decoding.
struct Blind;

impl Recognizer for Blind {
    fn name(&self) -> &'static str {
        "blind"
    }

    fn read(
        &self,
        _: &Raster,
        _: bool,
        _: &dyn Fn() -> ControlFlow<()>,
    ) -> Result<Reading, OcrError> {
        Ok(Reading::Lines(Vec::new()))
    }
}

/// Loads the bytes and lays out what was read; tells whether it was a document.
pub(crate) fn run(bytes: &[u8]) -> bool {
    static BLIND: OnceLock<Ocr> = OnceLock::new();
    let ocr = BLIND.get_or_init(|| Ocr::with(Box::new(Blind)));
    let options = LoadOptions { limits: LIMITS, ocr: Some(ocr), ..LoadOptions::default() };
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

/// A small sound file of every format, and several PDFs.
pub(crate) fn seeds() -> Vec<(String, Vec<u8>)> {
    let all = pdfs::all().into_iter().chain(formats::all());
    all.map(|(name, bytes)| (name.to_owned(), bytes)).collect()
}
