//! PDF: objects through lopdf, everything above them our own.
//!
//! The way of a file: [`open`] gives objects, [`page_tree`] the pages, [`content`] runs what a
//! page draws, [`font`] turns codes into letters, [`text`] builds words and lines.

mod content;
mod filter;
pub(crate) mod font;
mod glyph;
mod interactive;
mod lexer;
pub(crate) mod matrix;
mod metadata;
pub(crate) mod objects;
pub(crate) mod open;
pub(crate) mod page;
pub(crate) mod page_tree;
mod picture;
mod predictor;
mod repair;
mod syntax;
mod text;

use std::ops::ControlFlow;

use super::error::DocumentError;
use super::model::{Document, Page, Warning, WarningKind};
use super::ocr;
use super::options::{LoadOptions, PageProgress};
use super::picture::raster::Raster;
use super::sniff::Format;
use content::{Bounds, Shared, Stop};
use objects::Objects;
use picture::Placed;

/// Reads a PDF.
pub(super) fn load(bytes: &[u8], options: &LoadOptions<'_>) -> Result<Document, DocumentError> {
    read(&open::open(bytes, options)?, options)
}

/// Reads a file that is open already.
pub(crate) fn read(
    opened: &open::Opened,
    options: &LoadOptions<'_>,
) -> Result<Document, DocumentError> {
    let objects = Objects::new(&opened.document, &options.limits);
    let nodes = page_tree::pages(&objects, options.limits.pages_max);
    if nodes.is_empty() {
        return Err(DocumentError::Damaged { detail: "no page was found in it".to_owned() });
    }
    let mut document = Document { format: Format::Pdf, ..Document::default() };
    if opened.was_repaired {
        document.warn(WarningKind::Damaged, None, "the file is damaged and was repaired");
    }
    document.metadata = metadata::read(&objects);
    let mut shared = Shared::new(&objects);
    let interactive = interactive::read(&objects, &nodes);
    document.fields = interactive.fields;
    document.attachments = interactive.attachments;
    let mut glyphs_left = options.limits.glyphs_max;
    let pages_total = nodes.len() as u32;
    for ((node, number), links) in nodes.iter().zip(1_u32..).zip(interactive.links) {
        let progress = |pages_done| match options.progress {
            Some(report) => report(PageProgress { pages_done, pages_total }),
            None => ControlFlow::Continue(()),
        };
        let bounds = Bounds {
            operators_max: options.limits.page_operators_max,
            glyphs_max: options.limits.page_glyphs_max.min(glyphs_left),
        };
        let checkpoint = || progress(number - 1);
        let read = page::read(&objects, &mut shared, node, number, bounds, &checkpoint);
        let read = read.map_err(|stop| match stop {
            Stop::Cancelled | Stop::Limit => DocumentError::Cancelled,
        })?;
        glyphs_left = glyphs_left.saturating_sub(read.glyphs);
        document.warn_of_page(&read.page, read.was_cut);
        let mut page = Page { links, ..read.page };
        if let Some(placed) = read.scan {
            read_scan(&mut page, &mut document, &objects, &placed, options, &checkpoint)?;
        }
        document.pages.push(page);
        if progress(number).is_break() {
            return Err(DocumentError::Cancelled);
        }
    }
    if objects.cut_streams() > 0 {
        document.warn(
            WarningKind::LimitReached,
            None,
            "a stream decodes to too many bytes and was cut off",
        );
    }
    document.fonts = shared.fonts.fonts.into_iter().map(|font| font.info).collect();
    ocr::add_font(&mut document);
    Ok(document)
}

/// Draws the pictures of a page that is a scan and reads them.
fn read_scan(
    page: &mut Page,
    document: &mut Document,
    objects: &Objects<'_>,
    placed: &[Placed],
    options: &LoadOptions<'_>,
    checkpoint: &dyn Fn() -> ControlFlow<()>,
) -> Result<(), DocumentError> {
    // Without an engine nothing need be drawn.
    let has_engine = options.ocr.is_some_and(|ocr| ocr.recognizer().is_ok());
    let size = (page.width, page.height);
    let drawn = match has_engine {
        true => picture::draw(objects, placed, size, checkpoint),
        false => Some(Raster::white(1, 1)),
    };
    if checkpoint().is_break() {
        return Err(DocumentError::Cancelled);
    }
    match drawn {
        Some(raster) => ocr::read_page(page, document, &raster, options.ocr, checkpoint),
        None => {
            let message = "the page is a picture of a kind that is not read, or a damaged one";
            document.warn(WarningKind::Scan, Some(page.number), message);
            Ok(())
        }
    }
}

impl Document {
    fn warn(&mut self, kind: WarningKind, page: Option<u32>, message: impl Into<String>) {
        if self.warnings.len() < crate::base::limits::DOCUMENT_WARNINGS_MAX {
            self.warnings.push(Warning { kind, page, message: message.into() });
        }
    }

    fn warn_of_page(&mut self, page: &Page, was_cut: bool) {
        let number = Some(page.number);
        if was_cut {
            let message = "the page holds too much and was cut off";
            self.warn(WarningKind::LimitReached, number, message);
        }
        if page.unmapped_glyphs > 0 {
            let message =
                format!("{} glyphs have no letters and stand as U+FFFD", page.unmapped_glyphs);
            self.warn(WarningKind::UnmappedText, number, message);
        }
    }
}
