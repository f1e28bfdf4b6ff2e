//! Builds a page's text, words and lines from its glyphs.
//!
//! The order is the drawing order: that is the reading order of nearly all files, and where it
//! is not, layout decides. A line goes on while the next glyph stands on the same baseline and
//! not before the last one; a gap parts words when it is wide against the font's own blank.

mod accents;
mod bidi;
mod clean;
mod lines;
mod writer;

use super::content::Drawing;
use super::font::FontTable;
use crate::document::geometry::Rect;
use crate::document::model::{Line, Word};

/// Text of a page with its words and lines.
#[derive(Debug, Default)]
pub(super) struct PageText {
    pub(super) text: String,
    pub(super) words: Vec<Word>,
    pub(super) lines: Vec<Line>,
    pub(super) unmapped_glyphs: u32,
}

/// Turns what was drawn on a page of the size `view` into text.
pub(super) fn build(drawing: &mut Drawing, fonts: &FontTable, view: &Rect) -> PageText {
    clean::drop_outside(drawing, view);
    clean::drop_shadows(drawing);
    clean::turn_sideways_columns(drawing);
    let mut writer = writer::TextWriter::new(drawing, fonts);
    for line in lines::split(drawing) {
        writer.line(&line);
    }
    writer.finish()
}
