//! From words in a grid to the cells of a table.

use super::heads;
use super::row::{self, Token, text_of};
use super::ruled::Grid;
use crate::document::block::{Cell, Table};
use crate::document::formats::looks_numeric;

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
    for (at, &(row, column, tall, wide)) in grid.cells.iter().enumerate() {
        let edges = grid.xs.get(column..=column + wide).unwrap_or_default();
        let below = owner.get((row + tall) * columns + column..).unwrap_or_default();
        let below = below.iter().take(wide).filter_map(|of| contents.get(*of));
        let below: Vec<Token<'_>> = below.flatten().copied().collect();
        let tokens = contents.get(at).cloned().unwrap_or_default();
        if let Some(bands) = lines_of_bands(&grid.ys, row, tall, &tokens) {
            cells.extend(
                bands
                    .into_iter()
                    .zip(row..)
                    .map(|(tokens, row)| Draft::new((row, column), (1, wide), tokens)),
            );
            continue;
        }
        let parts = if wide > 1 { parts_at(edges, &tokens, &below) } else { None };
        let parts = parts.unwrap_or_else(|| vec![(0, wide, tokens)]);
        cells.extend(parts.into_iter().map(|(offset, wide, tokens)| {
            Draft::new((row, column + offset), (tall, wide), tokens)
        }));
    }
    Some(compact(cells, rows, columns))
}

/// Which interval between edges holds a place.
pub(super) fn interval(edges: &[f32], place: f32) -> Option<usize> {
    let after = edges.partition_point(|edge| *edge <= place);
    (after > 0 && after < edges.len()).then(|| after - 1)
}

/// Share of the rows beside a tall cell, as its inverse, that may have no line of it.
const BANDS_EMPTY_SHARE: usize = 5;
/// Rows beside a tall cell that can prove that its lines are rows.
const BANDS_MIN: usize = 3;

/// The words of a cell over several rows by row, where nearly each row has a line of it and none
/// has two: the lines between the rows then were not drawn in this column.
fn lines_of_bands<'a>(
    ys: &[f32],
    row: usize,
    tall: usize,
    tokens: &[Token<'a>],
) -> Option<Vec<Vec<Token<'a>>>> {
    if tall < BANDS_MIN {
        return None;
    }
    let mut bands = vec![Vec::new(); tall];
    for line in row::rows(tokens.to_vec()) {
        let middle = line.baseline - 0.3 * line.size;
        let band = bands.get_mut(interval(ys, middle)?.checked_sub(row)?)?;
        if !band.is_empty() {
            return None;
        }
        *band = line.tokens;
    }
    let empty = bands.iter().filter(|band| band.is_empty()).count();
    (empty * BANDS_EMPTY_SHARE <= tall).then_some(bands)
}

/// The words of a cell over several columns, parted at their edges, where gaps lie at the edges or
/// figures stand right below: many tables draw lines between columns in their head only, or
/// between groups of columns.
fn parts_at<'a>(
    edges: &[f32],
    tokens: &[Token<'a>],
    below: &[Token<'_>],
) -> Option<Vec<(usize, usize, Vec<Token<'a>>)>> {
    let columns = edges.len().checked_sub(1)?;
    let mut parts = vec![Vec::new(); columns];
    let mut has_gap = false;
    for row in row::rows(tokens.to_vec()) {
        has_gap |= row.chunks.len() >= 2;
        for chunk in &row.chunks {
            for token in row.of(*chunk) {
                let x0 = interval(edges, token.bbox.x0 + 0.5)?;
                if interval(edges, token.bbox.x1 - 0.5)? != x0 {
                    return None;
                }
                parts.get_mut(x0)?.push(*token);
            }
            let (x0, x1) = (interval(edges, chunk.x0 + 0.5)?, interval(edges, chunk.x1 - 0.5)?);
            has_gap &= x0 == x1;
        }
    }
    if !has_gap && !heads_of_figures(edges, &parts, below) {
        return None;
    }
    Some(parts.into_iter().enumerate().map(|(at, part)| (at, 1, part)).collect())
}

/// Whether each part stands above figures of its own column.
pub(super) fn heads_of_figures(
    edges: &[f32],
    parts: &[Vec<Token<'_>>],
    below: &[Token<'_>],
) -> bool {
    let reach = |tokens: &mut dyn Iterator<Item = &Token<'_>>| {
        tokens.fold((f32::MAX, f32::MIN), |(x0, x1), token| {
            (x0.min(token.bbox.x0), x1.max(token.bbox.x1))
        })
    };
    parts.iter().enumerate().all(|(at, part)| {
        let inside = |token: &&Token<'_>| interval(edges, token.middle_x()) == Some(at);
        let figures = || below.iter().filter(inside);
        let (x0, x1) = reach(&mut part.iter());
        let (figures_x0, figures_x1) = reach(&mut figures());
        let shared = x1.min(figures_x1) - x0.max(figures_x0);
        figures().all(|token| looks_numeric(token.text))
            && shared >= 0.5 * (x1 - x0).min(figures_x1 - figures_x0).max(0.1)
    })
}

/// Leaves out rows and columns in which no cell with text begins.
fn compact(drafts: Vec<Draft>, rows: usize, columns: usize) -> Table {
    let kept = |count: usize, of: fn(&Cell) -> usize| {
        let mut kept = vec![false; count];
        for cell in drafts.iter().map(|draft| &draft.cell).filter(|cell| !cell.text.is_empty()) {
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
    for Draft { cell, is_bold } in drafts {
        let (row, column) = (at(&rows_before, cell.row), at(&columns_before, cell.column));
        let row_span = at(&rows_before, cell.row + cell.row_span) - row;
        let column_span = at(&columns_before, cell.column + cell.column_span) - column;
        if row_span > 0 && column_span > 0 {
            let cell = Cell { row, column, row_span, column_span, ..cell };
            made.push(Draft { cell, is_bold });
        }
    }
    finish(made, at(&rows_before, rows), at(&columns_before, columns))
}

/// A cell and the weight of its type.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) cell: Cell,
    /// All its words are bold.
    pub(super) is_bold: bool,
}

impl Draft {
    /// A cell at (row, column) over so many (rows, columns).
    pub(super) fn new(
        (row, column): (usize, usize),
        (row_span, column_span): (usize, usize),
        tokens: Vec<Token<'_>>,
    ) -> Self {
        let is_bold = tokens.iter().all(|token| token.style.bold);
        let text = text_of(tokens);
        Self { cell: Cell { row, column, row_span, column_span, text }, is_bold }
    }
}

/// The table that these cells make.
pub(super) fn finish(mut drafts: Vec<Draft>, rows: usize, columns: usize) -> Table {
    drafts.sort_by_key(|draft| (draft.cell.row, draft.cell.column));
    let header_rows = heads::count(&drafts, rows, columns);
    let cells = drafts.into_iter().map(|draft| draft.cell).collect();
    Table { rows, columns, header_rows, cells, ..Table::default() }
}
