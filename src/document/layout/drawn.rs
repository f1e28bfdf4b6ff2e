//! Rows of a table from the order in which its cells were drawn.
//!
//! Most programs draw a table row by row and each row cell by cell. Where a cell has several
//! lines, the next one begins beside it and higher up. Such steps prove the order, and a step
//! back to the left then begins a row, wherever in its row a cell stands: at the top, in the
//! middle or at the bottom.

use super::wrap::TableLine;

/// Largest distance of the lines of a cell, in sizes.
const LEADING_EM_MAX: f32 = 1.6;

/// A word's place.
#[derive(Debug, Clone, Copy)]
struct Place {
    order: usize,
    column: usize,
    line: usize,
}

/// Lines `first..=last` that were drawn as one row.
#[derive(Debug, Clone, Copy)]
struct DrawnRow {
    first: usize,
    last: usize,
}

/// The index of the first line of each row, where the order of drawing proves the rows.
pub(super) fn row_starts(lines: &[TableLine<'_>]) -> Option<Vec<usize>> {
    let mut places = Vec::new();
    for (line, of) in lines.iter().enumerate() {
        for (column, tokens) in of.columns.iter().enumerate() {
            let placed = tokens.iter().map(|token| Place { order: token.order, column, line });
            places.extend(placed);
        }
    }
    places.sort_unstable_by_key(|place| place.order);
    let first = places.first()?;
    let mut open = DrawnRow { first: first.line, last: first.line };
    let (mut rows, mut proofs) = (Vec::new(), 0_usize);
    for (last, next) in places.iter().zip(places.iter().skip(1)) {
        proofs += usize::from(next.column > last.column && next.line < last.line);
        if goes_on(lines, open, *last, *next) {
            open.first = open.first.min(next.line);
            open.last = open.last.max(next.line);
        } else {
            rows.push(open);
            open = DrawnRow { first: next.line, last: next.line };
        }
    }
    rows.push(open);
    rows.sort_unstable_by_key(|row| row.first);
    let parts = rows.iter().zip(rows.iter().skip(1)).all(|(above, row)| above.last < row.first);
    (proofs > 0 && parts && rows.len() < lines.len())
        .then(|| rows.iter().map(|row| row.first).collect())
}

fn goes_on(lines: &[TableLine<'_>], open: DrawnRow, last: Place, next: Place) -> bool {
    let near = |from: usize| {
        let (Some(above), Some(line)) = (lines.get(from), lines.get(next.line)) else {
            return false;
        };
        line.baseline - above.baseline <= LEADING_EM_MAX * line.size.max(above.size)
    };
    if next.line <= open.last {
        // Only a step to the right may go up beyond the row's first line.
        return next.line >= open.first
            || next.column > last.column && near_above(lines, open, next);
    }
    match next.column.cmp(&last.column) {
        std::cmp::Ordering::Less => false,
        std::cmp::Ordering::Equal => near(last.line),
        std::cmp::Ordering::Greater => near(open.last),
    }
}

/// Whether a line lies just above a row, as where its first cell stands in the row's middle.
fn near_above(lines: &[TableLine<'_>], open: DrawnRow, next: Place) -> bool {
    let (Some(top), Some(line)) = (lines.get(open.first), lines.get(next.line)) else {
        return false;
    };
    top.baseline - line.baseline <= 6.0 * LEADING_EM_MAX * line.size
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
    use super::*;
    use crate::document::layout::row::{rows, word};

    fn starts(words: &[(&'static str, f32, f32)]) -> Option<Vec<usize>> {
        let words = words.iter().enumerate();
        let tokens = words.map(|(order, (text, x, y))| word(text, *x, *y, order)).collect();
        let lines: Vec<TableLine<'_>> =
            rows(tokens).iter().map(|row| TableLine::new(row, &[-1.0, 90.0, 190.0])).collect();
        row_starts(&lines)
    }

    #[test]
    fn a_step_up_to_the_right_proves_cells_of_several_lines() {
        // The first cell of each row stands beside the second line of the other one.
        let words = [
            ("Buoy", 0.0, 112.0),
            ("a float", 100.0, 100.0),
            ("that marks", 100.0, 112.0),
            ("a rock", 100.0, 124.0),
            ("Quay", 0.0, 142.0),
            ("the wall", 100.0, 136.0),
            ("of a port", 100.0, 148.0),
        ];
        assert_eq!(starts(&words), Some(vec![0, 3]));
    }

    #[test]
    fn lines_drawn_across_prove_nothing() {
        let words = [
            ("Buoy", 0.0, 100.0),
            ("a float", 100.0, 100.0),
            ("Quay", 0.0, 112.0),
            ("the wall", 100.0, 112.0),
        ];
        assert_eq!(starts(&words), None);
    }
}
