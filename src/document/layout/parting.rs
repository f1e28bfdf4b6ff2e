//! Parts what drawn lines leave together: many tables are ruled below their head only, or between
//! groups of rows or columns.

use super::cells::interval;
use super::columns;
use super::row::{self, Row, Token};
use super::ruled::Grid;
use super::wrap::{TableLine, edges_between, numbers_meet, row_starts};
use crate::document::formats::looks_numeric;

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
        let lines: Vec<TableLine<'_>> = inside.map(|row| TableLine::new(row, &grid.xs)).collect();
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
fn holds_rows(lines: &[TableLine<'_>], bands: usize) -> bool {
    let pairs = || lines.iter().zip(lines.iter().skip(1));
    let meets = pairs().filter(|(above, below)| numbers_meet(above, below)).count();
    let full = lines.iter().filter(|line| line.filled() >= 2).count();
    meets >= 2 || meets == 1 && lines.len() == 2 || bands <= 2 && full >= 4
}
