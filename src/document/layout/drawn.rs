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
