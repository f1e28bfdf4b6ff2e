//! From tokens in a grid to a table: which words stand in which cell, which lines are one row.

use super::columns;
use super::drawn;
use super::row::{self, Row, Token, text_of};
use super::ruled::Grid;
use crate::document::block::{Cell, Table};
use crate::document::formats::looks_numeric;

/// Lines of text nearer than this multiple of the narrowest line distance are wrapped lines,
/// where a table has wider distances too.
const WRAP_SHARE: f32 = 1.2;

/// Fills a grid with the tokens that lie in it; rows and columns without text are left out.
pub(super) fn fill(grid: &Grid, tokens: &[Token<'_>]) -> Option<Table> {
    let (rows, columns) = (grid.ys.len().checked_sub(1)?, grid.xs.len().checked_sub(1)?);
    let mut owner = vec![0_usize; rows * columns];
    for (index, &(row, column, tall, wide)) in grid.cells.iter().enumerate() {
        for at in row..row + tall {
            owner.iter_mut().skip(at * columns + column).take(wide).for_each(|of| *of = index);
        }
    }
    let mut contents: Vec<Vec<Token<'_>>> = vec![Vec::new(); grid.cells.len()];
    for token in tokens {
        let (Some(row), Some(column)) =
            (interval(&grid.ys, token.middle_y()), interval(&grid.xs, token.middle_x()))
        else {
            continue;
        };
        let of = owner.get(row * columns + column).copied().unwrap_or(0);
        if let Some(cell) = contents.get_mut(of) {
            cell.push(*token);
        }
    }
    let mut cells = Vec::new();
    for (&(row, column, tall, wide), tokens) in grid.cells.iter().zip(contents) {
        let edges = grid.xs.get(column..=column + wide).unwrap_or_default();
        let parts = if wide > 1 { parts_at(edges, &tokens) } else { None };
        let parts = parts.unwrap_or_else(|| vec![(0, wide, tokens)]);
        cells.extend(parts.into_iter().map(|(offset, wide, tokens)| Cell {
            row,
            column: column + offset,
            row_span: tall,
            column_span: wide,
            text: text_of(tokens),
        }));
    }
    Some(compact(cells, rows, columns))
}

/// Which interval between edges holds a place.
pub(super) fn interval(edges: &[f32], place: f32) -> Option<usize> {
    let after = edges.partition_point(|edge| *edge <= place);
    (after > 0 && after < edges.len()).then(|| after - 1)
}

/// The words of a cell over several columns, parted at their edges, where gaps lie at the edges:
/// many tables draw lines between columns in their head only.
fn parts_at<'a>(
    edges: &[f32],
    tokens: &[Token<'a>],
) -> Option<Vec<(usize, usize, Vec<Token<'a>>)>> {
    let columns = edges.len().checked_sub(1)?;
    let mut parts: Vec<(usize, usize, Vec<Token<'a>>)> =
        (0..columns).map(|at| (at, 1, Vec::new())).collect();
    let mut has_gap = false;
    for row in row::rows(tokens.to_vec()) {
        has_gap |= row.chunks.len() >= 2;
        for chunk in &row.chunks {
            let (first, last) =
                (interval(edges, chunk.x0 + 0.5)?, interval(edges, chunk.x1 - 0.5)?);
            if first != last {
                return None;
            }
            parts.get_mut(first)?.2.extend_from_slice(row.of(*chunk));
        }
    }
    has_gap.then_some(parts)
}

/// Leaves out rows and columns in which no cell with text begins.
fn compact(cells: Vec<Cell>, rows: usize, columns: usize) -> Table {
    let kept = |count: usize, of: fn(&Cell) -> usize| {
        let mut kept = vec![false; count];
        for cell in cells.iter().filter(|cell| !cell.text.is_empty()) {
            if let Some(place) = kept.get_mut(of(cell)) {
                *place = true;
            }
        }
        // For each edge, how many kept rows (or columns) lie before it.
        let mut before = vec![0_usize];
        before.extend(kept.iter().scan(0, |sum, is_kept| {
            *sum += usize::from(*is_kept);
            Some(*sum)
        }));
        before
    };
    let (rows_before, columns_before) =
        (kept(rows, |cell| cell.row), kept(columns, |cell| cell.column));
    let at = |before: &[usize], edge: usize| before.get(edge).copied().unwrap_or(0);
    let mut made = Vec::new();
    for cell in cells {
        let (row, column) = (at(&rows_before, cell.row), at(&columns_before, cell.column));
        let row_span = at(&rows_before, cell.row + cell.row_span) - row;
        let column_span = at(&columns_before, cell.column + cell.column_span) - column;
        if row_span > 0 && column_span > 0 {
            made.push(Cell { row, column, row_span, column_span, ..cell });
        }
    }
    made.sort_by_key(|cell| (cell.row, cell.column));
    Table {
        rows: at(&rows_before, rows),
        columns: at(&columns_before, columns),
        header_rows: 0,
        cells: made,
    }
}

/// A line of text of a table, parted into the table's columns.
#[derive(Debug, Clone)]
pub(super) struct Line<'a> {
    pub(super) columns: Vec<Vec<Token<'a>>>,
    pub(super) baseline: f32,
    pub(super) size: f32,
}

impl<'a> Line<'a> {
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
fn numbers_meet(above: &Line<'_>, below: &Line<'_>) -> bool {
    (0..above.columns.len()).any(|at| above.is_numeric(at) && below.is_numeric(at))
}

/// Groups lines into rows; gives the index of the first line of each row.
///
/// `walls` are the places of lines drawn across the table. Where they part the table into rows
/// that hold, each of their bands is a row. Else a line goes on with the row above when it is as
/// near as wrapped lines are, or when its first column is empty and it holds no numbers.
pub(super) fn row_starts(lines: &[Line<'_>], walls: &[f32]) -> Vec<usize> {
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

fn band_starts(lines: &[Line<'_>], walls: &[f32]) -> Vec<usize> {
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
fn bands_hold(lines: &[Line<'_>], starts: &[usize]) -> bool {
    let ends = starts.iter().skip(1).copied().chain([lines.len()]);
    let mut broken = 0;
    for (start, end) in starts.iter().copied().zip(ends) {
        let band = lines.get(start..end).unwrap_or_default();
        let meets = band.iter().zip(band.iter().skip(1)).any(|(a, b)| numbers_meet(a, b));
        broken += usize::from(meets);
    }
    broken == 0
}

/// The largest distance of lines that are one row, when the table has lines near each other and
/// rows clearly farther apart.
fn wrap_distance(lines: &[Line<'_>]) -> Option<f32> {
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
fn hangs(row: &[Line<'_>], line: &Line<'_>, narrow: Option<f32>) -> bool {
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
        && line.filled() < row.iter().map(Line::filled).max().unwrap_or(0);
    narrow.is_none() && near && !line.is_filled(0) && under_text && no_numbers && fewer
}

/// The edges that part the lines at these starts, between `top` and `bottom`.
pub(super) fn edges_between(
    lines: &[Line<'_>],
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

/// Parts columns of a ruled grid that hold several columns, as where lines part groups of columns
/// only.
pub(super) fn part_columns(grid: Grid, tokens: &[Token<'_>]) -> Grid {
    let columns = grid.xs.len().saturating_sub(1);
    let mut inside: Vec<Vec<Token<'_>>> = vec![Vec::new(); columns];
    for token in tokens {
        let column = interval(&grid.xs, token.middle_x());
        if let Some(column) = column.and_then(|column| inside.get_mut(column)) {
            column.push(*token);
        }
    }
    let mut xs = Vec::new();
    let mut offsets = vec![0_usize; columns + 1];
    for (column, (left, tokens)) in grid.xs.iter().zip(inside).enumerate() {
        xs.push(*left);
        xs.extend(inner_edges(&row::rows(tokens)));
        if let Some(offset) = offsets.get_mut(column + 1) {
            *offset = xs.len();
        }
    }
    xs.extend(grid.xs.last());
    let at = |edge: usize| offsets.get(edge).copied().unwrap_or(0);
    let cells = grid.cells.iter().map(|&(row, column, tall, wide)| {
        let from = at(column);
        (row, from, tall, at(column + wide) - from)
    });
    Grid { xs, ys: grid.ys, cells: cells.collect() }
}

/// The edges between columns of numbers inside one column.
fn inner_edges(rows: &[Row<'_>]) -> Vec<f32> {
    let rows = columns::parted(rows);
    let numbers = rows.iter().filter(|row| {
        let all = || row.tokens.iter();
        row.chunks.len() >= 2 && all().all(|token| looks_numeric(token.text))
    });
    if numbers.count() * 10 < rows.len() * 6 || rows.len() < 4 {
        return Vec::new();
    }
    let edges = columns::column_edges(&rows);
    edges.get(1..edges.len().saturating_sub(1)).unwrap_or_default().to_vec()
}

/// Parts bands of a ruled grid that hold several rows, as where only the head is ruled off.
pub(super) fn part_bands(grid: Grid, rows: &[Row<'_>]) -> Grid {
    let bands = grid.ys.len().saturating_sub(1);
    let mut parted = Grid { xs: grid.xs.clone(), ys: Vec::new(), cells: Vec::new() };
    let mut offsets = vec![0_usize; bands + 1];
    for band in 0..bands {
        let (Some(&top), Some(&bottom)) = (grid.ys.get(band), grid.ys.get(band + 1)) else {
            continue;
        };
        parted.ys.push(top);
        let inside = rows.iter().filter(|row| {
            let middle = row.baseline - 0.3 * row.size;
            middle > top && middle < bottom
        });
        let lines: Vec<Line<'_>> = inside.map(|row| Line::new(row, &grid.xs)).collect();
        if holds_rows(&lines, bands) {
            let starts = row_starts(&lines, &[]);
            let edges = edges_between(&lines, &starts, top, bottom);
            let inner = edges.len().saturating_sub(2);
            parted.ys.extend(edges.into_iter().skip(1).take(inner));
        }
        if let Some(offset) = offsets.get_mut(band + 1) {
            *offset = parted.ys.len();
        }
    }
    parted.ys.extend(grid.ys.last());
    let at = |edge: usize| offsets.get(edge).copied().unwrap_or(0);
    for &(row, column, tall, wide) in &grid.cells {
        let (from, to) = (at(row), at(row + tall));
        if tall == 1 {
            parted.cells.extend((from..to).map(|row| (row, column, 1, wide)));
        } else {
            parted.cells.push((from, column, to - from, wide));
        }
    }
    parted
}

/// Whether a band is a pile of rows: numbers under each other in it, or most of the table's text
/// in a table with hardly any bands.
fn holds_rows(lines: &[Line<'_>], bands: usize) -> bool {
    let pairs = || lines.iter().zip(lines.iter().skip(1));
    let meets = pairs().filter(|(above, below)| numbers_meet(above, below)).count();
    let full = lines.iter().filter(|line| line.filled() >= 2).count();
    meets >= 2 || meets == 1 && lines.len() == 2 || bands <= 2 && full >= 4
}
