//! Tokens (words with their geometry), the rows they stand in, and chunks: tokens of a row that
//! only word spaces part.

use crate::document::formats::looks_numeric;
use crate::document::geometry::Rect;
use crate::document::model::{FontStyle, TextSpan};

/// A gap wider than this share of the type size parts chunks; a word space is about 0.25.
const CHUNK_GAP_EM: f32 = 0.75;
/// Widest gap between a currency sign and its number, in sizes.
const CURRENCY_GAP_EM: f32 = 6.0;
/// Baselines closer than this share of the type size are one row.
const ROW_BASELINE_EM: f32 = 0.3;

/// An upright word that can be seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    pub(super) text: &'a str,
    /// Where it stands in the page's text; words whose spans touch have no blank between them.
    pub(super) span: TextSpan,
    pub(super) bbox: Rect,
    pub(super) baseline: f32,
    pub(super) size: f32,
    pub(super) style: FontStyle,
    pub(super) monospaced: bool,
    /// Its place in the page's words, which is the order of drawing.
    pub(super) order: usize,
    pub(super) right_to_left: bool,
}

impl Token<'_> {
    /// Middle of its box across the page.
    pub(super) fn middle_x(&self) -> f32 {
        f32::midpoint(self.bbox.x0, self.bbox.x1)
    }

    /// Whether it follows on another word without a blank.
    pub(super) fn touches(&self, before: &Self) -> bool {
        self.order == before.order + 1 && self.span.start == before.span.end
    }

    /// Middle of its small letters, which lie in its row whatever the font's box says.
    pub(super) fn middle_y(&self) -> f32 {
        self.baseline - 0.3 * self.size
    }
}

/// Tokens on one baseline, from left to right.
#[derive(Debug, Clone)]
pub(super) struct Row<'a> {
    pub(super) tokens: Vec<Token<'a>>,
    pub(super) chunks: Vec<Chunk>,
    pub(super) baseline: f32,
    pub(super) size: f32,
}

/// A part of a row's tokens.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chunk {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) x0: f32,
    pub(super) x1: f32,
}

impl<'a> Row<'a> {
    fn new(mut tokens: Vec<Token<'a>>) -> Self {
        tokens.sort_by(|a, b| a.bbox.x0.total_cmp(&b.bbox.x0).then(a.order.cmp(&b.order)));
        let size = tokens.iter().map(|token| token.size).fold(0.0, f32::max);
        let baseline = tokens.first().map_or(0.0, |token| token.baseline);
        let chunks = chunks(&tokens);
        Self { tokens, chunks, baseline, size }
    }

    /// The tokens of a chunk.
    pub(super) fn of(&self, chunk: Chunk) -> &[Token<'a>] {
        self.tokens.get(chunk.start..chunk.end).unwrap_or_default()
    }

    /// Top of the row's letters.
    pub(super) fn top(&self) -> f32 {
        self.baseline - 0.75 * self.size
    }

    /// Bottom of the row's letters.
    pub(super) fn bottom(&self) -> f32 {
        self.baseline + 0.25 * self.size
    }
}

fn chunks(tokens: &[Token<'_>]) -> Vec<Chunk> {
    let mut chunks: Vec<Chunk> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let (x0, x1) = (token.bbox.x0, token.bbox.x1);
        match chunks.last_mut() {
            Some(last)
                if x0 - last.x1 <= CHUNK_GAP_EM * token.size
                    || is_currency(tokens.get(last.start..last.end), x0 - last.x1, token) =>
            {
                last.end = at + 1;
                last.x1 = last.x1.max(x1);
            }
            _ => chunks.push(Chunk { start: at, end: at + 1, x0, x1 }),
        }
    }
    chunks
}

/// Whether what comes before a number is only its currency, set at the left of its column.
fn is_currency(before: Option<&[Token<'_>]>, gap: f32, token: &Token<'_>) -> bool {
    let is_sign = before.is_some_and(
        |before| matches!(before, [sign] if matches!(sign.text, "$" | "€" | "£" | "¥" | "US$")),
    );
    is_sign && gap <= CURRENCY_GAP_EM * token.size && looks_numeric(token.text)
}

/// Gathers tokens into rows, from the top of the page down.
pub(super) fn rows<'a>(mut tokens: Vec<Token<'a>>) -> Vec<Row<'a>> {
    tokens.sort_by(|a, b| a.baseline.total_cmp(&b.baseline).then(a.order.cmp(&b.order)));
    let mut rows = Vec::new();
    let mut open: Vec<Token<'a>> = Vec::new();
    for token in tokens {
        let fits = open.first().is_none_or(|first| {
            token.baseline - first.baseline <= ROW_BASELINE_EM * first.size.max(token.size)
        });
        if !fits {
            rows.push(Row::new(std::mem::take(&mut open)));
        }
        open.push(token);
    }
    if !open.is_empty() {
        rows.push(Row::new(open));
    }
    rows
}

/// The text of tokens: lines by baseline, words of a line from left to right (right-to-left ones
/// in their logical order), lines parted by `\n`.
pub(super) fn text_of(tokens: Vec<Token<'_>>) -> String {
    let mut text = String::new();
    for mut row in rows(tokens) {
        if !text.is_empty() {
            text.push('\n');
        }
        if row.tokens.iter().any(|token| token.right_to_left) {
            row.tokens.sort_by_key(|token| token.order);
        }
        let mut last: Option<&Token<'_>> = None;
        for token in &row.tokens {
            if last.is_some_and(|last| !token.touches(last)) {
                text.push(' ');
            }
            text.push_str(token.text);
            last = Some(token);
        }
    }
    text
}

/// Words for tests: ten points large and six points a letter wide.
#[cfg(test)]
pub(super) fn word(text: &str, x0: f32, baseline: f32, order: usize) -> Token<'_> {
    let x1 = x0 + 6.0 * text.chars().count() as f32;
    Token {
        text,
        span: TextSpan::default(),
        bbox: Rect { x0, y0: baseline - 8.0, x1, y1: baseline + 2.0 },
        baseline,
        size: 10.0,
        style: FontStyle::default(),
        monospaced: false,
        order: order * 2,
        right_to_left: false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn wide_gaps_part_chunks_but_not_a_currency_from_its_number() {
        let tokens = vec![
            word("Dues", 0.0, 100.0, 0),
            word("in", 27.0, 100.5, 1),
            word("$", 80.0, 100.0, 2),
            word("18", 120.0, 100.0, 3),
            word("below", 0.0, 112.0, 4),
        ];
        let rows = rows(tokens);
        assert_eq!(rows.len(), 2);
        let parts = |chunk: &Chunk| (chunk.start, chunk.end);
        assert_eq!(rows[0].chunks.iter().map(parts).collect::<Vec<_>>(), [(0, 2), (2, 4)]);
    }

    #[test]
    fn lines_of_a_cell_are_parted() {
        let tokens = vec![word("b", 0.0, 112.0, 1), word("a", 0.0, 100.0, 0)];
        assert_eq!(text_of(tokens), "a\nb");
    }
}
