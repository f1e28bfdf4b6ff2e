//! Tables without ruling lines, from the alignment of their text: the "stream" method of Tabula
//! and Camelot. Runs of rows with two chunks or more are taken; empty lanes that hardly any row
//! crosses part the columns; runs whose rows disagree are cut in two and looked at again.

use super::cells::{self, Draft, interval};
use super::columns::{column_edges, parted};
use super::extent::{core, trimmed};
use super::row::{Chunk, Row, Token};
use super::ruled::Segment;
use super::wrap::{TableLine, row_starts};
use crate::base::limits;
use crate::document::block::Table;
use crate::document::formats::looks_numeric;

/// A distance of rows over this multiple of the type size ends a run.
const RUN_GAP_EM: f32 = 3.4;
/// Rows with a single chunk that may stand together inside a table (group heads, wrapped lines).
const SINGLES_MAX: usize = 3;

/// A table found by alignment and the words it takes.
type Found<'a> = (Table, Vec<Token<'a>>);

/// The tables among rows; `walls` are the horizontal lines of the page.
pub(super) fn tables<'a>(rows: &[Row<'a>], walls: &[Segment]) -> Vec<Found<'a>> {
    let mut found = Vec::new();
    let mut rest = rows;
    while !rest.is_empty() {
        let end = run_end(rest);
        let (run, after) = rest.split_at(end);
        search(run, walls, 0, &mut found);
        rest = after;
    }
    found
}

/// How many rows from the front stand near enough to be one table.
fn run_end(rows: &[Row<'_>]) -> usize {
    let (mut singles, mut left) = (0, f32::MAX);
    let pairs = rows.iter().zip(rows.iter().skip(1));
    for (at, (above, row)) in pairs.enumerate() {
        let x0 = above.chunks.first().map_or(0.0, |chunk| chunk.x0);
        left = left.min(x0);
        // Only text at the left edge can be running text; the rest is wrapped cells.
        match above.chunks.len() {
            0 | 1 if x0 <= left + above.size => singles += 1,
            0 | 1 => {}
            _ => singles = 0,
        }
        let far = row.baseline - above.baseline > RUN_GAP_EM * above.size.max(row.size);
        if far || singles > SINGLES_MAX || at + 1 >= limits::LAYOUT_TABLE_ROWS_MAX {
            return at + 1;
        }
    }
    rows.len()
}

fn search<'a>(run: &[Row<'a>], walls: &[Segment], depth: usize, found: &mut Vec<Found<'a>>) {
    let parted = parted(trimmed(run));
    let run = parted.as_slice();
    let tabular = run.iter().filter(|row| row.chunks.len() >= 2).count();
    if tabular < 2 || depth > limits::LAYOUT_CUT_DEPTH_MAX {
        return;
    }
    let edges = column_edges(run);
    let crossing = run.iter().filter(|row| row.chunks.len() >= 2 && crosses(row, &edges)).count();
    if edges.len() >= 3 && crossing * 4 <= tabular {
        let (start, end) = core(run, &edges);
        if start > 0 || end < run.len() {
            let (lead, rest) = run.split_at(start);
            let (middle, tail) = rest.split_at(end - start);
            for part in [lead, middle, tail] {
                search(part, walls, depth + 1, found);
            }
            return;
        }
        let inside = walls_inside(run, walls);
        if let Some(table) = build(run, &edges, &inside) {
            let tokens = run.iter().flat_map(|row| &row.tokens).copied().collect();
            found.push((table, tokens));
            return;
        }
        if edges.len() > 3 || tabular < 6 {
            return;
        }
    }
    let cut = best_cut(run);
    let (above, below) = run.split_at(cut);
    if !above.is_empty() && !below.is_empty() {
        search(above, walls, depth + 1, found);
        search(below, walls, depth + 1, found);
    }
}

/// Where a run falls apart: at its widest distance, or else where the number of chunks changes.
fn best_cut(run: &[Row<'_>]) -> usize {
    let pairs = || run.iter().zip(run.iter().skip(1)).enumerate();
    let distance = |above: &Row<'_>, row: &Row<'_>| row.baseline - above.baseline;
    let mut widest = (0.0_f32, 0);
    let mut total = 0.0;
    for (at, (above, row)) in pairs() {
        total += distance(above, row);
        if distance(above, row) > widest.0 {
            widest = (distance(above, row), at + 1);
        }
    }
    let mean = total / run.len().saturating_sub(1).max(1) as f32;
    if widest.0 > 1.25 * mean {
        return widest.1;
    }
    let middle = run.len() / 2;
    let changes = pairs().filter(|(_, (above, row))| above.chunks.len() != row.chunks.len());
    let nearest = changes.map(|(at, _)| at + 1).min_by_key(|at| at.abs_diff(middle));
    nearest.unwrap_or(middle)
}

/// Whether a word of the row lies across an edge.
fn crosses(row: &Row<'_>, edges: &[f32]) -> bool {
    let inner = edges.get(1..edges.len().saturating_sub(1)).unwrap_or_default();
    row.chunks.iter().any(|chunk| inner.iter().any(|edge| chunk.x0 < *edge && chunk.x1 > *edge))
}

fn walls_inside(run: &[Row<'_>], walls: &[Segment]) -> Vec<f32> {
    let (Some(first), Some(last)) = (run.first(), run.last()) else {
        return Vec::new();
    };
    let x0 = run.iter().flat_map(|row| &row.chunks).map(|chunk| chunk.x0).fold(f32::MAX, f32::min);
    let x1 = run.iter().flat_map(|row| &row.chunks).map(|chunk| chunk.x1).fold(f32::MIN, f32::max);
    let wide = |wall: &&Segment| {
        wall.to.min(x1) - wall.from.max(x0) >= 0.6 * (x1 - x0)
            && wall.at > first.top() - first.size * 1.5
            && wall.at < last.bottom() + last.size * 1.5
    };
    walls.iter().filter(wide).map(|wall| wall.at).collect()
}

fn build(run: &[Row<'_>], edges: &[f32], walls: &[f32]) -> Option<Table> {
    let lines: Vec<TableLine<'_>> = run.iter().map(|row| TableLine::new(row, edges)).collect();
    let starts = row_starts(&lines, walls);
    let columns = edges.len() - 1;
    if !is_table(&lines, &starts, columns, walls.len()) {
        return None;
    }
    let mut drafts = Vec::new();
    let ends = starts.iter().skip(1).copied().chain([lines.len()]);
    for (row, (start, end)) in starts.iter().copied().zip(ends).enumerate() {
        place_row(run.get(start..end)?, run.get(end), edges, row, &mut drafts);
    }
    Some(cells::finish(drafts, starts.len(), columns))
}

/// Places the text of a row's lines; a chunk that runs over an edge without a gap there is one
/// cell over several columns.
fn place_row(
    lines: &[Row<'_>],
    below: Option<&Row<'_>>,
    edges: &[f32],
    row: usize,
    drafts: &mut Vec<Draft>,
) {
    let columns = edges.len() - 1;
    let mut contents: Vec<Vec<Token<'_>>> = vec![Vec::new(); columns];
    let mut spans = vec![1_usize; columns];
    for line in lines {
        for chunk in &line.chunks {
            let (first, last) = reach(*chunk, edges);
            let whole = first == last
                || lines.len() == 1
                    && spans_edges(line, *chunk, edges)
                    && !is_heads(line, *chunk, below, edges.get(first..=last + 1));
            for token in line.of(*chunk) {
                let column = interval(edges, token.middle_x()).unwrap_or(first);
                let column = if whole { first } else { column };
                if let Some(cell) = contents.get_mut(column) {
                    cell.push(*token);
                }
            }
            if whole && let Some(span) = spans.get_mut(first) {
                *span = (*span).max(last - first + 1);
            }
        }
    }
    let mut covered_to = 0;
    for (column, (tokens, span)) in contents.into_iter().zip(spans).enumerate() {
        if tokens.is_empty() && column < covered_to {
            continue;
        }
        covered_to = covered_to.max(column + span);
        drafts.push(Draft::new((row, column), (1, span), tokens));
    }
}

fn reach(chunk: Chunk, edges: &[f32]) -> (usize, usize) {
    let last = edges.len().saturating_sub(2);
    let first = interval(edges, chunk.x0 + 0.1).unwrap_or(0);
    let end = interval(edges, chunk.x1 - 0.1).unwrap_or(last);
    (first, end.max(first))
}

/// Whether a chunk over several columns is a row of heads, each above the figures of its column.
fn is_heads(row: &Row<'_>, chunk: Chunk, below: Option<&Row<'_>>, edges: Option<&[f32]>) -> bool {
    let (Some(below), Some(edges)) = (below, edges) else {
        return false;
    };
    let mut parts = vec![Vec::new(); edges.len() - 1];
    for token in row.of(chunk) {
        let column = interval(edges, token.middle_x());
        let Some(part) = column.and_then(|column| parts.get_mut(column)) else {
            return false;
        };
        part.push(*token);
    }
    cells::heads_of_figures(edges, &parts, &below.tokens)
}

/// Whether a chunk over an edge is one text: a word lies across, or the words have the same gap
/// at the edge as elsewhere.
fn spans_edges(row: &Row<'_>, chunk: Chunk, edges: &[f32]) -> bool {
    let tokens = row.of(chunk);
    let lies_across = |token: &Token<'_>| {
        edges.iter().any(|edge| token.bbox.x0 + 1.0 < *edge && *edge < token.bbox.x1 - 1.0)
    };
    if tokens.iter().any(lies_across) {
        return true;
    }
    let numbers = tokens.iter().filter(|token| looks_numeric(token.text)).count();
    let pairs = tokens.iter().zip(tokens.iter().skip(1));
    let wide = pairs.filter(|(a, b)| b.bbox.x0 - a.bbox.x1 > 0.4 * b.size).count();
    wide == 0 && numbers * 2 < tokens.len()
}

/// Whether parted text is a table and not prose in columns or labels with values.
fn is_table(lines: &[TableLine<'_>], starts: &[usize], columns: usize, walls: usize) -> bool {
    let rows = starts.len();
    // The labels of a chart's axes are figures alone.
    let mut all = lines.iter().flat_map(|line| &line.columns).flatten();
    if !all.any(|token| token.text.chars().any(char::is_alphabetic)) {
        return false;
    }
    let (mut filled, mut words, mut numeric, mut letters) = (0_usize, 0_usize, 0_usize, 0_usize);
    let mut numeric_last = 0_usize;
    for line in lines {
        for (at, cell) in line.columns.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            filled += 1;
            words += cell.len();
            letters += cell.iter().map(|token| token.text.chars().count()).sum::<usize>();
            let is_number = cell.iter().all(|token| looks_numeric(token.text));
            numeric += usize::from(is_number);
            numeric_last += usize::from(is_number && at + 1 == columns);
        }
    }
    // So are those scattered over it.
    if lines.len() >= 4 && columns >= 4 && filled * 4 < lines.len() * columns {
        return false;
    }
    let filled = filled.max(1);
    let long = words > filled * 7 || letters > filled * 45;
    if rows < 2 || long && walls < 3 {
        return false;
    }
    match columns {
        0 | 1 => false,
        2 => {
            let numbers = numeric_last * 2 >= lines.len();
            (rows >= 4 && numbers) || (walls >= 3 && rows >= 3)
        }
        _ => rows >= 3 || walls >= 2 || numeric * 3 >= filled,
    }
}
