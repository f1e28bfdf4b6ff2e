//! Lines of a table's text, and which of them are one row.

use super::cells::interval;
use super::drawn;
use super::row::{Row, Token};
use crate::document::formats::looks_numeric;

/// Lines of text nearer than this multiple of the narrowest line distance are wrapped lines,
/// where a table has wider distances too.
const WRAP_SHARE: f32 = 1.2;

/// A line of text of a table, parted into the table's columns.
#[derive(Debug, Clone)]
pub(super) struct TableLine<'a> {
    pub(super) columns: Vec<Vec<Token<'a>>>,
    pub(super) baseline: f32,
    pub(super) size: f32,
}

impl<'a> TableLine<'a> {
    /// Parts a row at the edges of the columns by the middles of its words.
    pub(super) fn new(row: &Row<'a>, edges: &[f32]) -> Self {
        let last = edges.len().saturating_sub(2);
        let mut columns = vec![Vec::new(); last + 1];
        for token in &row.tokens {
            let column = interval(edges, token.middle_x());
            let column =
                column.unwrap_or(if token.middle_x() < edges.first().copied().unwrap_or(0.0) {
                    0
                } else {
                    last
                });
            if let Some(cell) = columns.get_mut(column) {
                cell.push(*token);
            }
        }
        Self { columns, baseline: row.baseline, size: row.size }
    }

    pub(super) fn is_filled(&self, column: usize) -> bool {
        self.columns.get(column).is_some_and(|cell| !cell.is_empty())
    }

    pub(super) fn filled(&self) -> usize {
        self.columns.iter().filter(|cell| !cell.is_empty()).count()
    }

    pub(super) fn is_numeric(&self, column: usize) -> bool {
        self.columns.get(column).is_some_and(|cell| {
            !cell.is_empty() && cell.iter().all(|token| looks_numeric(token.text))
        })
    }
}

/// Whether both lines have a number in some column: numbers do not wrap, so two of them under
/// each other are two rows.
pub(super) fn numbers_meet(above: &TableLine<'_>, below: &TableLine<'_>) -> bool {
    (0..above.columns.len()).any(|at| above.is_numeric(at) && below.is_numeric(at))
}

/// Groups lines into rows; gives the index of the first line of each row.
///
/// `walls` are the places of lines drawn across the table. Where they part the table into rows
/// that hold, each of their bands is a row. Else a line goes on with the row above when it is as
/// near as wrapped lines are, or when its first column is empty and it holds no numbers.
pub(super) fn row_starts(lines: &[TableLine<'_>], walls: &[f32]) -> Vec<usize> {
    let banded = band_starts(lines, walls);
    if banded.len() >= 3 && bands_hold(lines, &banded) {
        return banded;
    }
    if let Some(starts) = drawn::row_starts(lines) {
        return starts;
    }
    let narrow = wrap_distance(lines);
    let mut starts = vec![0];
    let pairs = lines.iter().zip(lines.iter().skip(1)).enumerate();
    for (at, (above, line)) in pairs {
        let distance = line.baseline - above.baseline;
        let has_wall = walls.iter().any(|wall| *wall > above.baseline && *wall < line.baseline);
        let wraps = narrow.is_some_and(|narrow| distance <= narrow);
        let first = starts.last().copied().unwrap_or(0);
        let row = lines.get(first..=at).unwrap_or_default();
        let goes_on =
            !has_wall && !numbers_meet(above, line) && (wraps || hangs(row, line, narrow));
        if !goes_on {
            starts.push(at + 1);
        }
    }
    starts
}

fn band_starts(lines: &[TableLine<'_>], walls: &[f32]) -> Vec<usize> {
    let mut starts = vec![0];
    let pairs = lines.iter().zip(lines.iter().skip(1)).enumerate();
    for (at, (above, line)) in pairs {
        let (from, to) = (above.baseline - 0.3 * above.size, line.baseline - 0.3 * line.size);
        if walls.iter().any(|wall| *wall > from && *wall < to) {
            starts.push(at + 1);
        }
    }
    starts
}

/// Whether walls part rows and not groups of rows: no band holds numbers under each other.
fn bands_hold(lines: &[TableLine<'_>], starts: &[usize]) -> bool {
    let ends = starts.iter().skip(1).copied().chain([lines.len()]);
    let mut broken = 0;
    for (start, end) in starts.iter().copied().zip(ends) {
        let band = lines.get(start..end).unwrap_or_default();
        let columns = band.first().map_or(0, |line| line.columns.len());
        let is_pile = |column| band.iter().filter(|line| line.is_numeric(column)).count() > 1;
        broken += usize::from((0..columns).any(is_pile));
    }
    broken == 0
}

/// The largest distance of lines that are one row, when the table has lines near each other and
/// rows clearly farther apart.
fn wrap_distance(lines: &[TableLine<'_>]) -> Option<f32> {
    let pairs = lines.iter().zip(lines.iter().skip(1));
    let mut distances: Vec<f32> = pairs.map(|(a, b)| b.baseline - a.baseline).collect();
    distances.sort_by(f32::total_cmp);
    let size = lines.iter().map(|line| line.size).fold(0.0, f32::max);
    let narrow = distances.iter().copied().find(|distance| *distance > 0.5 * size)?;
    let limit = narrow * WRAP_SHARE;
    let wide = distances.iter().filter(|distance| **distance > limit).count();
    let clear = wide * 5 >= distances.len() && wide >= 1 && narrow <= 1.6 * size;
    clear.then_some(limit)
}

/// Whether a line hangs on the row above: its first column is empty, it holds no numbers, and
/// what it says stands under text of the row.
fn hangs(row: &[TableLine<'_>], line: &TableLine<'_>, narrow: Option<f32>) -> bool {
    let Some(above) = row.last() else {
        return false;
    };
    let near = line.baseline - above.baseline <= 1.7 * line.size;
    let columns = line.columns.len();
    let under_text = (0..columns)
        .filter(|at| line.is_filled(*at))
        .all(|at| row.iter().any(|above| above.is_filled(at)));
    let no_numbers = (0..columns).all(|at| !line.is_numeric(at));
    let fewer = line.filled() * 2 <= columns.max(2)
        && line.filled() < row.iter().map(TableLine::filled).max().unwrap_or(0);
    narrow.is_none() && near && !line.is_filled(0) && under_text && no_numbers && fewer
}

/// The edges that part the lines at these starts, between `top` and `bottom`.
pub(super) fn edges_between(
    lines: &[TableLine<'_>],
    starts: &[usize],
    top: f32,
    bottom: f32,
) -> Vec<f32> {
    let mut edges = vec![top];
    for start in starts.iter().copied().filter(|start| *start > 0) {
        let (Some(above), Some(line)) = (lines.get(start - 1), lines.get(start)) else {
            continue;
        };
        edges.push(f32::midpoint(
            above.baseline + 0.25 * above.size,
            line.baseline - 0.75 * line.size,
        ));
    }
    edges.push(bottom);
    edges
}
