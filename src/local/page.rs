//! A document as the engine reads it: words in rows, rows in cells.
//!
//! A row is what stands on one height of a page; a cell is a run of its words without a
//! wide gap or a drawn line between them. Formats without geometry get a grid of equal
//! letters, so the rest of the engine knows one kind of page. Must not know labels,
//! values or schemas.

use std::ops::Range;

use super::frame::Frames;
use crate::document::{Document, Page, Rect};

/// Width of a letter on the grid of a page without geometry, in points.
const GRID_WIDTH: f32 = 6.0;
/// Height of a line on that grid, in points.
const GRID_HEIGHT: f32 = 12.0;
/// A gap wider than this many letter heights ends a cell.
const CELL_GAP: f32 = 0.82;
/// The same, in mean widths of a letter.
const STRETCHED_GAP: f32 = 0.95;

/// A word with its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Token {
    /// Its letters.
    pub(crate) text: String,
    /// Its box on the page.
    pub(crate) bbox: Rect,
    /// Font size in points.
    pub(crate) size: f32,
    /// Heavier than running text.
    pub(crate) bold: bool,
    /// Where a drawn line or a table's bar before it stands: it ends a cell on its left.
    cut_at: Option<f32>,
}

/// A run of words of one row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cell {
    /// Index of its page, from 0.
    pub(crate) page: usize,
    /// Index of its row in [`View::rows`].
    pub(crate) row: usize,
    /// Its words in [`View::tokens`].
    pub(crate) tokens: Range<usize>,
    /// Its words, parted by one blank.
    pub(crate) text: String,
    /// Its box on the page.
    pub(crate) bbox: Rect,
    /// Largest font size of its words.
    pub(crate) size: f32,
    /// All of its words are heavy.
    pub(crate) bold: bool,
}

/// What stands on one height of a page.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// Index of its page, from 0.
    pub(crate) page: usize,
    /// Its cells in [`View::cells`].
    pub(crate) cells: Range<usize>,
    /// Its box.
    pub(crate) bbox: Rect,
}

/// One page of the view.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sheet {
    /// Page number as a person counts, from 1.
    pub(crate) number: u32,
    /// Width in points.
    pub(crate) width: f32,
    /// Height in points.
    pub(crate) height: f32,
    /// Its rows in [`View::rows`].
    pub(crate) rows: Range<usize>,
    /// Its drawn lines.
    pub(crate) frames: Frames,
}

/// A whole document.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct View {
    /// All words, page by page, row by row, from left to right.
    pub(crate) tokens: Vec<Token>,
    /// All cells in the same order.
    pub(crate) cells: Vec<Cell>,
    /// All rows in the same order.
    pub(crate) rows: Vec<Row>,
    /// All pages.
    pub(crate) sheets: Vec<Sheet>,
}

impl View {
    /// Reads pages of a document.
    pub(crate) fn new(document: &Document) -> Self {
        Self::of_pages(document, 0..document.pages.len())
    }

    /// Reads some pages of a document; the others are as if they were not there.
    pub(crate) fn of_pages(document: &Document, wanted: Range<usize>) -> Self {
        let mut view = Self::default();
        for page in document.pages.get(wanted).unwrap_or_default() {
            let (tokens, width, height) = if page.words.is_empty() {
                grid(&page.text)
            } else {
                (words(page), page.width, page.height)
            };
            view.push_page(page, width, height, tokens);
        }
        view
    }

    fn push_page(&mut self, from: &Page, width: f32, height: f32, tokens: Vec<Token>) {
        let page = self.sheets.len();
        let first_row = self.rows.len();
        for row in into_rows(tokens) {
            let first_cell = self.cells.len();
            let mut bbox: Option<Rect> = None;
            for token in row {
                bbox = Some(bbox.map_or(token.bbox, |b| b.union(&token.bbox)));
                self.push_token(page, token, first_cell);
            }
            if let Some(bbox) = bbox {
                let cells = first_cell..self.cells.len();
                self.rows.push(Row { page, cells, bbox });
            }
        }
        let rows = first_row..self.rows.len();
        let frames = Frames::of(from);
        self.sheets.push(Sheet { number: from.number, width, height, rows, frames });
    }

    fn push_token(&mut self, page: usize, token: Token, first_cell: usize) {
        let index = self.tokens.len();
        let row = self.rows.len();
        let is_new_row = self.cells.len() == first_cell;
        match self.cells.last_mut() {
            Some(cell) if !is_new_row && joins(cell, &token) => {
                cell.text.push(' ');
                cell.text.push_str(&token.text);
                cell.bbox = cell.bbox.union(&token.bbox);
                cell.size = cell.size.max(token.size);
                cell.bold &= token.bold;
                cell.tokens.end = index + 1;
            }
            _ => self.cells.push(Cell {
                page,
                row,
                tokens: index..index + 1,
                text: token.text.clone(),
                bbox: token.bbox,
                size: token.size,
                bold: token.bold,
            }),
        }
        self.tokens.push(token);
    }

    /// The cells of a row.
    pub(crate) fn row_cells(&self, row: usize) -> &[Cell] {
        self.rows.get(row).and_then(|r| self.cells.get(r.cells.clone())).unwrap_or_default()
    }

    /// Words parted by one blank.
    pub(crate) fn text(&self, tokens: Range<usize>) -> String {
        let words = self.tokens.get(tokens).unwrap_or_default();
        words.iter().map(|t| t.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// The box around words of one page.
    pub(crate) fn bbox(&self, tokens: Range<usize>) -> Rect {
        let mut boxes = self.tokens.get(tokens).unwrap_or_default().iter().map(|t| t.bbox);
        let first = boxes.next().unwrap_or_default();
        boxes.fold(first, |whole, next| whole.union(&next))
    }

    /// The cell a word belongs to.
    pub(crate) fn cell_of(&self, token: usize) -> Option<usize> {
        let index = self.cells.partition_point(|cell| cell.tokens.end <= token);
        self.cells.get(index).is_some_and(|cell| cell.tokens.contains(&token)).then_some(index)
    }
}

fn joins(cell: &Cell, token: &Token) -> bool {
    let gap = token.bbox.x0 - cell.bbox.x1;
    let is_cut = token.cut_at.is_some_and(|x| x >= cell.bbox.x1 - 1.0);
    let usual = CELL_GAP * token.size.min(cell.size).max(4.0);
    // Letters that are drawn wide have wide blanks.
    let stretched = STRETCHED_GAP * advance(&cell.text, &cell.bbox).min(advance_of(token));
    !is_cut && gap < usual.max(stretched)
}

/// Mean width of the letters of a text, in points.
fn advance(text: &str, bbox: &Rect) -> f32 {
    bbox.width() / text.chars().count().max(1) as f32
}

fn advance_of(token: &Token) -> f32 {
    advance(&token.text, &token.bbox)
}

/// The words of a page with geometry; hidden and turned ones are left out.
fn words(page: &Page) -> Vec<Token> {
    let uprights: Vec<Rect> =
        page.rules.iter().filter(|r| !r.is_horizontal()).map(|r| r.bbox).collect();
    let mut tokens = Vec::with_capacity(page.words.len());
    for word in page.words.iter().filter(|w| w.angle == 0) {
        let text = page.word_text(word).trim();
        if text.is_empty() {
            continue;
        }
        let middle = (word.bbox.y0 + word.bbox.y1) / 2.0;
        let before = uprights
            .iter()
            .filter(|rule| rule.y0 <= middle && middle <= rule.y1 && rule.x1 <= word.bbox.x0 + 1.0);
        let cut_at = before.map(|rule| rule.x1).reduce(f32::max);
        tokens.push(Token {
            text: text.to_owned(),
            bbox: word.bbox,
            size: if word.size > 0.0 { word.size } else { word.bbox.height() },
            bold: word.style.bold,
            cut_at,
        });
    }
    tokens
}

/// The words of a page without geometry, on a grid of letters and lines.
fn grid(text: &str) -> (Vec<Token>, f32, f32) {
    let mut tokens = Vec::new();
    let (mut columns, mut lines) = (1_usize, 0_usize);
    for (number, line) in text.lines().enumerate() {
        lines = number + 1;
        let line = line.replace('\t', "    ");
        let mut cut = false;
        for (start, word) in words_of_line(&line) {
            if word.chars().all(|c| c == '|') {
                cut = true;
                continue;
            }
            let count = word.chars().count();
            columns = columns.max(start + count);
            let (x, y) = (start as f32 * GRID_WIDTH, number as f32 * GRID_HEIGHT);
            let bbox = Rect::new(x, y + 1.0, x + count as f32 * GRID_WIDTH, y + 11.0);
            let text = word.trim_matches('*').to_owned();
            let bold = text.len() < word.len();
            if text.is_empty() || text.chars().all(|c| c == '#') {
                continue;
            }
            let cut_at = cut.then_some(x);
            tokens.push(Token { text, bbox, size: 10.0, bold, cut_at });
            cut = false;
        }
    }
    (tokens, columns as f32 * GRID_WIDTH, lines.max(1) as f32 * GRID_HEIGHT)
}

/// Words with their column, counted in letters.
fn words_of_line(line: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut start: Option<(usize, usize)> = None;
    for (column, (offset, letter)) in line.char_indices().enumerate() {
        if letter.is_whitespace() {
            if let Some((at, from)) = start.take() {
                found.push((at, line.get(from..offset).unwrap_or_default()));
            }
        } else if start.is_none() {
            start = Some((column, offset));
        }
    }
    if let Some((at, from)) = start {
        found.push((at, line.get(from..).unwrap_or_default()));
    }
    found
}

/// Groups words into rows by the height they share, top to bottom, each from left to right.
fn into_rows(mut tokens: Vec<Token>) -> Vec<Vec<Token>> {
    let middle = |t: &Token| (t.bbox.y0 + t.bbox.y1) / 2.0;
    tokens.sort_by(|a, b| middle(a).total_cmp(&middle(b)).then(a.bbox.x0.total_cmp(&b.bbox.x0)));
    let mut rows: Vec<(f32, f32, Vec<Token>)> = Vec::new();
    for token in tokens {
        let (at, height) = (middle(&token), token.bbox.height().max(1.0));
        match rows.last_mut() {
            Some((centre, tallest, row)) if at - *centre < 0.36 * height.min(*tallest).max(4.0) => {
                let count = row.len() as f32;
                *centre = (*centre * count + at) / (count + 1.0);
                *tallest = tallest.max(height);
                row.push(token);
            }
            _ => rows.push((at, height, vec![token])),
        }
    }
    let sorted = rows.into_iter().map(|(_, _, mut row)| {
        row.sort_by(|a, b| a.bbox.x0.total_cmp(&b.bbox.x0));
        row
    });
    sorted.collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
    use super::View;
    use crate::document::{Document, Page};

    pub(crate) fn view(text: &str) -> View {
        let page = Page { number: 1, text: text.to_owned(), ..Page::default() };
        View::new(&Document { pages: vec![page], ..Document::default() })
    }

    #[test]
    fn two_blanks_part_cells_and_one_does_not() {
        let view = view("Invoice No.   INV 7\n| a b | c |\n");
        let texts: Vec<&str> = view.cells.iter().map(|c| c.text.as_str()).collect();
        assert_eq!(texts, ["Invoice No.", "INV 7", "a b", "c"]);
        assert_eq!(view.rows.len(), 2);
        assert_eq!(view.cell_of(2), Some(1));
    }
}
