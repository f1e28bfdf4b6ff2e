//! PDFs through the document core: one small file of our own making for each mechanism.

mod damaged;
mod fonts;
mod interactive;
mod locked;
mod page;
mod text;

use docspool::document::{Document, LoadOptions};

use crate::support::pdf::PdfMaker;

/// Loads a PDF that must load.
fn load(bytes: &[u8]) -> Document {
    Document::load(bytes, &LoadOptions::default()).unwrap()
}

/// The text of the only page that runs this content.
fn text_of(content: &str) -> String {
    load(&PdfMaker::of_content(content)).pages[0].text.clone()
}

/// The text of a file of one page.
fn text_in(maker: PdfMaker) -> String {
    load(&maker.finish()).pages[0].text.clone()
}
