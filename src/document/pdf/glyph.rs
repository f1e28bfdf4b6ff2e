//! What the interpreter hands to the text builder: glyphs in drawing order, in page space.

use super::font::Letters;

/// Glyphs drawn with the same font, size and direction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Run {
    /// Index into the font table.
    pub(super) font: u32,
    /// Height of an em in points.
    pub(super) size: f32,
    /// Length of an em along the writing direction, in points (differs under horizontal scaling).
    pub(super) em: f32,
    /// Unit vector of the writing direction.
    pub(super) along: (f32, f32),
    /// Unit vector from the baseline to the top of the letters.
    pub(super) up: (f32, f32),
    /// Writing goes from top to bottom.
    pub(super) vertical: bool,
    /// Letter spacing in points along the writing direction.
    pub(super) spacing: f32,
    /// Render mode draws nothing.
    pub(super) hidden: bool,
}

/// A glyph in page space (points, top-left origin, y down).
#[derive(Debug, Clone, Copy)]
pub(super) struct Glyph {
    pub(super) x: f32,
    pub(super) y: f32,
    /// Width of the glyph along the writing direction.
    pub(super) advance: f32,
    /// Width of the letter itself, which differs from the advance in vertical writing.
    pub(super) width: f32,
    pub(super) letters: Letters,
    /// Index into the runs.
    pub(super) run: u32,
}

impl Glyph {
    /// A blank: it parts words and has no place in them.
    pub(super) fn is_blank(&self) -> bool {
        self.letters.as_char().is_some_and(|letter| letter.is_whitespace() || letter == '\u{a0}')
    }
}
