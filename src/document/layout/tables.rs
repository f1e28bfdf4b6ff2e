//! The tables of a page: ruled ones first, then among the words left the aligned ones.

use super::aligned;
use super::cells;
use super::line::Line;
use super::parting;
use super::prose;
use super::row::{self, Chunk, Token};
use super::ruled::{self, Grid};
use crate::document::block::Table;
use crate::document::model::Page;

/// A table and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) table: Table,
    /// The words it took, by their place in the order of drawing; never empty.
    pub(super) orders: Vec<usize>,
}

impl Placed {
    fn new(table: Table, tokens: &[Token<'_>]) -> Self {
        let mut orders: Vec<usize> = tokens.iter().map(|token| token.order).collect();
        orders.sort_unstable();
        Self { table, orders }
    }

    /// Place of its first word in the order of drawing.
    pub(super) fn order(&self) -> usize {
        self.orders.first().copied().unwrap_or(0)
    }
}

/// The tables among the lines of a page.
pub(super) fn find(page: &Page, lines: &[Line<'_>]) -> Vec<Placed> {
    let drawn = ruled::lines(page);
    let mut tokens: Vec<Token<'_>> = lines.iter().flat_map(|line| &line.tokens).copied().collect();
    tokens.sort_by(|a, b| a.middle_y().total_cmp(&b.middle_y()).then(a.order.cmp(&b.order)));
    let mut taken = vec![false; page.words.len()];
    let mut found = Vec::new();
    let mut grids = ruled::grids(&drawn);
    grids.sort_by_key(|grid| std::cmp::Reverse(grid.cells.len()));
    for grid in grids {
        let rect = grid.rect();
        if is_part(&grid, &tokens) {
            continue;
        }
        let from = tokens.partition_point(|token| token.middle_y() < rect.y0);
        let to = tokens.partition_point(|token| token.middle_y() <= rect.y1);
        let inside = tokens.get(from..to).unwrap_or_default().iter().filter(|token| {
            let x = token.middle_x();
            x > rect.x0 && x < rect.x1 && taken.get(token.order) == Some(&false)
        });
        let inside: Vec<Token<'_>> = inside.copied().collect();
        let grid =
            parting::part_bands(parting::part_columns(grid, &inside), &row::rows(inside.clone()));
        let Some(table) = cells::fill(&grid, &inside).filter(is_table) else {
            continue;
        };
        for token in &inside {
            if let Some(place) = taken.get_mut(token.order) {
                *place = true;
            }
        }
        found.push(Placed::new(table, &inside));
    }
    let is_prose = prose::mark(lines);
    let free = lines.iter().zip(is_prose).filter(|(_, is_prose)| !is_prose);
    let free = free.flat_map(|(line, _)| &line.tokens);
    let free = free.filter(|token| taken.get(token.order) == Some(&false)).copied().collect();
    for (table, tokens) in aligned::tables(&row::rows(free), &drawn.horizontal) {
        found.push(Placed::new(table, &tokens));
    }
    found
}

/// Rows of a grid that may be only the shaded first rows of a table.
const PART_ROWS_MAX: usize = 2;

/// Whether a grid of a row or two is only the shaded part of a table that goes on below it: the
/// next row of text has a chunk in most of its columns and none across an edge.
fn is_part(grid: &Grid, tokens: &[Token<'_>]) -> bool {
    let (columns, rows) = (grid.xs.len().saturating_sub(1), grid.ys.len().saturating_sub(1));
    if columns < 3 || rows > PART_ROWS_MAX {
        return false;
    }
    let rect = grid.rect();
    let reach = rect.y1 + 1.5 * rect.height() / rows as f32;
    let below = tokens.iter().filter(|token| {
        let (x, y) = (token.middle_x(), token.middle_y());
        y > rect.y1 && y < reach && x > rect.x0 && x < rect.x1
    });
    let rows = row::rows(below.copied().collect());
    let Some(next) = rows.first() else { return false };
    let column = |chunk: &Chunk| {
        let first = cells::interval(&grid.xs, chunk.x0 + 0.5)?;
        cells::interval(&grid.xs, chunk.x1 - 0.5).filter(|last| *last == first)
    };
    let mut filled: Vec<usize> = next.chunks.iter().filter_map(column).collect();
    filled.dedup();
    filled.len() == next.chunks.len() && filled.len() * 10 >= columns * 6
}

/// Whether a filled grid is a table, and not a frame around text or a drawing.
fn is_table(table: &Table) -> bool {
    let filled = table.cells.iter().filter(|cell| !cell.text.is_empty()).count();
    let letters: usize = table.cells.iter().map(|cell| cell.text.len()).sum();
    let longest = table.cells.iter().map(|cell| cell.text.len()).max().unwrap_or(0);
    let is_frame = longest > 400 && longest * 2 > letters;
    // The lines of a chart are a grid too, with hardly anything in it.
    let is_chart = table.rows >= 4 && table.columns >= 4 && filled * 4 < table.cells.len();
    table.rows >= 2 && table.columns >= 2 && filled >= 3 && !is_frame && !is_chart
}
