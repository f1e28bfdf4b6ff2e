//! The tables of a page: ruled ones first, then among the words left the aligned ones.

use super::aligned;
use super::cells;
use super::line::Line;
use super::parting;
use super::prose;
use super::row::{self, Token};
use super::ruled;
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
