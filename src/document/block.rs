//! Blocks: what a page says, in reading order, free of fonts and positions.
//!
//! Every input ends here: layout makes blocks from the geometry of a page, the other
//! formats (text, HTML, office files, mail) make them from their own structure. The
//! renderers know only this module.

use crate::base::limits;

/// One block of a page.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// A heading; level 1 is the highest, 6 the lowest.
    Heading {
        /// 1 to 6.
        level: u8,
        /// The heading's text, one line.
        text: Text,
    },
    /// Running text; line ends of the source are kept as `\n` only where they mean something.
    Paragraph(Text),
    /// One entry of a list.
    ListItem {
        /// Nesting, 0 for the outermost list.
        depth: u8,
        /// `None` for a bullet, else the entry's own label, such as `3.` or `b)`.
        label: Option<String>,
        /// The entry's text.
        text: Text,
    },
    /// A table.
    Table(Table),
    /// Text whose line ends and blanks must stay: listings, JSON, XML.
    Preformatted(String),
    /// A running head or foot, which repeats from page to page.
    Furniture(Text),
}

/// Text with its emphasis: runs of equal style, in order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Text {
    /// The runs; neighbours differ in style.
    pub spans: Vec<Span>,
}

/// A run of text in one style.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Span {
    /// The characters.
    pub text: String,
    /// Set in a bold face.
    pub bold: bool,
    /// Set in an italic or oblique face.
    pub italic: bool,
}

impl Text {
    /// Text in one plain run.
    pub fn plain(text: impl Into<String>) -> Self {
        let mut made = Self::default();
        made.push(&text.into(), false, false);
        made
    }

    /// Appends characters, joining them to the last run when the style is the same.
    pub fn push(&mut self, text: &str, bold: bool, italic: bool) {
        if text.is_empty() {
            return;
        }
        match self.spans.last_mut() {
            Some(last) if last.bold == bold && last.italic == italic => last.text.push_str(text),
            _ => self.spans.push(Span { text: text.to_owned(), bold, italic }),
        }
    }

    /// The characters alone.
    pub fn to_plain(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }

    /// Whether nothing but white space is in it.
    pub fn is_blank(&self) -> bool {
        self.spans.iter().all(|span| span.text.trim().is_empty())
    }
}

/// A table: cells on a grid, sorted by row, then column.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// Rows of the grid.
    pub rows: usize,
    /// Columns of the grid.
    pub columns: usize,
    /// How many of the first rows are column heads; 0 when that is unknown.
    pub header_rows: usize,
    /// Column heads of the table that this one goes on with, from a page before; else empty.
    pub heads_before: Vec<String>,
    /// The cells that begin in the grid; a spanning cell appears once, at its top left.
    pub cells: Vec<Cell>,
}

/// One cell of a table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cell {
    /// Row of its top left corner, from 0.
    pub row: usize,
    /// Column of its top left corner, from 0.
    pub column: usize,
    /// Rows it covers, at least 1.
    pub row_span: usize,
    /// Columns it covers, at least 1.
    pub column_span: usize,
    /// Its text; lines are parted by `\n`.
    pub text: String,
}

impl Table {
    /// A table from rows of texts; short rows are filled up with empty cells.
    pub fn from_rows(rows: Vec<Vec<String>>, header_rows: usize) -> Self {
        let mut builder = TableBuilder::default();
        for row in rows {
            builder.next_row();
            for text in row {
                builder.cell(text, 1, 1);
            }
        }
        builder.finish(header_rows)
    }

    /// The texts as a full grid; a place covered by a spanning cell is empty.
    pub fn grid(&self) -> Vec<Vec<&str>> {
        let mut grid = vec![vec![""; self.columns]; self.rows];
        for cell in &self.cells {
            if let Some(place) = grid.get_mut(cell.row).and_then(|row| row.get_mut(cell.column)) {
                *place = cell.text.as_str();
            }
        }
        grid
    }

    /// One text a column: its head cells from top to bottom, spans included, parted by ` / `.
    /// Those of the page before when it has none itself; empty when nothing is known.
    pub fn heads(&self) -> Vec<String> {
        if self.header_rows == 0 || self.header_rows >= self.rows {
            return self.heads_before.clone();
        }
        let mut heads = vec![String::new(); self.columns];
        for cell in self.cells.iter().take_while(|cell| cell.row < self.header_rows) {
            let text = cell.text.split_whitespace().collect::<Vec<_>>().join(" ");
            if text.is_empty() {
                continue;
            }
            for head in heads.iter_mut().skip(cell.column).take(cell.column_span) {
                if !head.is_empty() {
                    head.push_str(" / ");
                }
                head.push_str(&text);
            }
        }
        heads
    }

    /// Whether some cell covers more than one place.
    pub fn has_spans(&self) -> bool {
        self.cells.iter().any(|cell| cell.row_span > 1 || cell.column_span > 1)
    }
}

/// Places cells row by row as HTML does: each takes the next place that no span from above
/// covers ("forming a table" in the HTML standard, section 4.9.12).
#[derive(Debug, Default)]
pub(crate) struct TableBuilder {
    cells: Vec<Cell>,
    rows: usize,
    columns: usize,
    column: usize,
    /// For each column, the first row that no span from above covers.
    free_from: Vec<usize>,
    truncated: bool,
}

impl TableBuilder {
    /// Begins the next row.
    pub(crate) fn next_row(&mut self) {
        self.rows += 1;
        self.column = 0;
    }

    /// Rows begun so far.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Puts a cell at the next free place of the row, beginning a row if there is none. Cells
    /// past the limits of a table are dropped, which [`TableBuilder::truncated`] tells.
    pub(crate) fn cell(&mut self, text: String, row_span: usize, column_span: usize) {
        if self.rows == 0 {
            self.next_row();
        }
        let row = self.rows - 1;
        while self.free_from.get(self.column).is_some_and(|&free| free > row) {
            self.column += 1;
        }
        if self.is_full() || self.column >= limits::TABLE_COLUMNS_MAX {
            self.truncated = true;
            return;
        }
        let room = limits::TABLE_COLUMNS_MAX - self.column;
        let column_span = column_span.clamp(1, room);
        let row_span = row_span.clamp(1, limits::TABLE_ROW_SPAN_MAX);
        let end = self.column + column_span;
        if self.rows.saturating_mul(self.columns.max(end)) > limits::TABLE_GRID_PLACES_MAX {
            self.truncated = true;
            return;
        }
        if self.free_from.len() < end {
            self.free_from.resize(end, 0);
        }
        for free in self.free_from.iter_mut().take(end).skip(self.column) {
            *free = row + row_span;
        }
        self.cells.push(Cell { row, column: self.column, row_span, column_span, text });
        self.column = end;
        self.columns = self.columns.max(end);
    }

    fn is_full(&self) -> bool {
        self.cells.len() >= limits::TABLE_CELLS_MAX
    }

    /// Whether cells were dropped for the limits of a table.
    pub(crate) fn truncated(&self) -> bool {
        self.truncated
    }

    /// The table; spans that reach below the last row are cut, empty last rows left out.
    pub(crate) fn finish(mut self, header_rows: usize) -> Table {
        let last = self.cells.iter().rposition(|cell| !cell.text.is_empty());
        let last_row = last.and_then(|at| self.cells.get(at)).map_or(0, |cell| cell.row + 1);
        self.rows = self.rows.min(last_row.max(1));
        self.cells.retain(|cell| cell.row < self.rows);
        for cell in &mut self.cells {
            cell.row_span = cell.row_span.min(self.rows - cell.row);
        }
        Table {
            rows: self.rows,
            columns: self.columns,
            header_rows: header_rows.min(self.rows),
            heads_before: Vec::new(),
            cells: self.cells,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn cells_flow_around_a_span_from_above() {
        let mut builder = TableBuilder::default();
        builder.next_row();
        builder.cell("tall".into(), 2, 1);
        builder.cell("wide".into(), 1, 2);
        builder.next_row();
        builder.cell("a".into(), 1, 1);
        builder.cell("b".into(), 1, 1);
        let table = builder.finish(1);
        assert_eq!((table.rows, table.columns), (2, 3));
        assert_eq!(table.grid(), [["tall", "wide", ""], ["", "a", "b"]]);
    }

    #[test]
    fn spans_are_cut_at_the_edge_of_the_table() {
        let mut builder = TableBuilder::default();
        builder.cell("a".into(), 900, 1);
        let table = builder.finish(4);
        assert_eq!(table.cells[0].row_span, 1);
        assert_eq!(table.header_rows, 1);
    }

    #[test]
    fn runs_of_one_style_are_one_span() {
        let mut text = Text::plain("a");
        text.push("b", false, false);
        text.push("c", true, false);
        assert_eq!(text.spans.len(), 2);
        assert_eq!(text.to_plain(), "abc");
    }
}
