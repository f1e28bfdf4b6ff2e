//! A sheet of cells to a table: rows and columns with nothing in them are left out.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::limits;
use crate::document::block::{Cell, Table};

/// The cells of one sheet.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    cells: BTreeMap<(u32, u32), String>,
    /// Rows and columns that merged cells cover, by their top left corner.
    spans: BTreeMap<(u32, u32), (u32, u32)>,
    truncated: bool,
}

impl Sheet {
    /// Puts a text in its place; white space alone is nothing.
    pub(crate) fn put(&mut self, row: u32, column: u32, text: &str) {
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        if self.cells.len() >= limits::TABLE_CELLS_MAX {
            self.truncated = true;
            return;
        }
        self.cells.insert((row, column), text.to_owned());
    }

    /// Lets the cell at this place cover more rows and columns.
    pub(crate) fn span(&mut self, row: u32, column: u32, rows: u32, columns: u32) {
        if self.spans.len() < limits::TABLE_CELLS_MAX {
            self.spans.insert((row, column), (rows, columns));
        }
    }

    /// Whether cells were left out for the limits of a table.
    pub(crate) fn truncated(&self) -> bool {
        self.truncated
    }

    /// The table of all cells; `None` for an empty sheet.
    pub(crate) fn into_table(mut self) -> (Option<Table>, bool) {
        let columns: BTreeSet<u32> = self.cells.keys().map(|&(_, column)| column).collect();
        let columns: Vec<u32> = columns.into_iter().collect();
        let most_rows = limits::TABLE_GRID_PLACES_MAX / columns.len().max(1);
        let mut rows: Vec<u32> = self.cells.keys().map(|&(row, _)| row).collect();
        rows.dedup();
        if rows.len() > most_rows {
            rows.truncate(most_rows);
            self.truncated = true;
        }
        let mut cells = Vec::with_capacity(self.cells.len());
        for ((row, column), text) in self.cells {
            let Ok(row_at) = rows.binary_search(&row) else {
                continue;
            };
            let (down, across) = self.spans.get(&(row, column)).copied().unwrap_or((1, 1));
            cells.push(Cell {
                row: row_at,
                column: columns.binary_search(&column).unwrap_or(0),
                row_span: covered(&rows, row_at, row.saturating_add(down)),
                column_span: covered(
                    &columns,
                    columns.binary_search(&column).unwrap_or(0),
                    column.saturating_add(across),
                ),
                text,
            });
        }
        let header_rows = header_rows(&cells, columns.len());
        let table = Table {
            rows: rows.len(),
            columns: columns.len(),
            header_rows,
            cells,
            ..Table::default()
        };
        ((table.rows > 0).then_some(table), self.truncated)
    }
}

/// How many of the kept rows (or columns) from `from` on lie before `end`, at least one.
fn covered(kept: &[u32], from: usize, end: u32) -> usize {
    let until = kept.partition_point(|&at| at < end);
    until.saturating_sub(from).max(1)
}

/// One head row when the first row is full of words and the sheet goes on below.
fn header_rows(cells: &[Cell], columns: usize) -> usize {
    let first = cells.iter().take_while(|cell| cell.row == 0);
    let words = first.filter(|cell| !super::looks_numeric(&cell.text)).count();
    let goes_on = cells.iter().any(|cell| cell.row > 0);
    usize::from(goes_on && columns > 0 && words == columns)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn empty_rows_and_columns_are_left_out() {
        let mut sheet = Sheet::default();
        for (row, column, text) in [(3, 1, "Item"), (3, 900_000, "Price"), (9, 1, "x"), (9, 2, " ")]
        {
            sheet.put(row, column, text);
        }
        sheet.span(3, 1, 7, 1);
        let (table, truncated) = sheet.into_table();
        let table = table.unwrap();
        assert_eq!(table.grid(), [["Item", "Price"], ["x", ""]]);
        assert_eq!((table.header_rows, table.cells[0].row_span, truncated), (1, 2, false));
    }

    #[test]
    fn a_diagonal_that_would_fill_memory_is_cut() {
        let mut sheet = Sheet::default();
        for at in 0..10_000 {
            sheet.put(at, at, "x");
        }
        let (table, truncated) = sheet.into_table();
        assert!(truncated);
        let table = table.unwrap();
        assert!(table.rows * table.columns <= limits::TABLE_GRID_PLACES_MAX);
    }
}
