//! Where the columns of an unruled table lie.
//!
//! Wide gaps part a row into chunks. Columns that nearly touch are told by their edges instead:
//! numbers that end at one place in several rows, and text that begins at one place, are columns,
//! and rows are parted there too. Lanes that hardly any chunk crosses then part the columns.

use super::row::{Chunk, Row, Token};
use crate::document::formats::looks_numeric;

/// Narrowest lane, as a share of the type size.
const LANE_EM: f32 = 0.15;
/// Edges nearer than this share of the type size are one.
const SAME_EDGE_EM: f32 = 0.22;
/// A gap that can part columns at a known edge, as a share of the type size.
const EDGE_GAP_EM: f32 = 0.18;
/// Widest gap inside a number with blanks between its thousands, as a share of the type size.
const THOUSANDS_GAP_EM: f32 = 0.4;

/// The rows with their chunks parted at the edges of columns too.
pub(super) fn parted<'a>(rows: &[Row<'a>]) -> Vec<Row<'a>> {
    let size = middle_size(rows);
    let (mut ends, mut starts) = (Vec::new(), Vec::new());
    let mut with_numbers = 0;
    for row in rows {
        let before = ends.len();
        for (at, chunk) in row.chunks.iter().enumerate() {
            ends.extend(numbers(row.of(*chunk)).map(|number| number.x1));
            if at > 0 {
                starts.push(chunk.x0);
            }
        }
        with_numbers += usize::from(ends.len() > before);
    }
    let ends = clusters(ends, size, (with_numbers / 8).max(2));
    let starts = clusters(starts, size, (rows.len() / 4).max(2));
    let part = |row: &Row<'a>| {
        let chunks = row.chunks.iter().flat_map(|chunk| part_chunk(row, *chunk, &ends, &starts));
        Row { chunks: chunks.collect(), ..row.clone() }
    };
    rows.iter().map(part).collect()
}

/// A number of one or more tokens.
#[derive(Debug, Clone, Copy)]
struct Number {
    x1: f32,
}

/// The numbers among tokens; `26 934,80` is one.
fn numbers<'t>(tokens: &'t [Token<'_>]) -> impl Iterator<Item = Number> + 't {
    let is_last = |at: usize| {
        let (token, next) = (tokens.get(at), tokens.get(at + 1));
        token.zip(next).is_none_or(|(token, next)| !is_thousands(token, next))
    };
    let numeric = tokens.iter().enumerate().filter(|(_, token)| is_value(token.text));
    numeric.filter(move |(at, _)| is_last(*at)).map(|(_, token)| Number { x1: token.bbox.x1 })
}

/// A number, or a sign that stands for one.
fn is_value(text: &str) -> bool {
    looks_numeric(text) || matches!(text, "-" | "–" | "—" | "…" | "..." | "n/a" | "N/A" | "*")
}

/// Whether two tokens are parts of one number with a blank before its thousands.
fn is_thousands(token: &Token<'_>, next: &Token<'_>) -> bool {
    let lead = token.text.trim_start_matches(['-', '−', '+', '(', '€', '$', '£']);
    let group = next.text.bytes().take_while(u8::is_ascii_digit).count();
    (1..=3).contains(&lead.len())
        && lead.bytes().all(|byte| byte.is_ascii_digit())
        && group == 3
        && looks_numeric(next.text)
        && next.bbox.x0 - token.bbox.x1 <= THOUSANDS_GAP_EM * token.size
}

/// Places at which at least so many values lie, by their means.
fn clusters(mut values: Vec<f32>, size: f32, least: usize) -> Vec<f32> {
    values.sort_by(f32::total_cmp);
    let mut clusters = Vec::new();
    let mut rest = values.as_slice();
    while let Some(first) = rest.first() {
        let end = rest.partition_point(|value| value - first <= SAME_EDGE_EM * size * 2.0);
        let (near, after) = rest.split_at(end.max(1));
        if near.len() >= least {
            clusters.push(near.iter().sum::<f32>() / near.len() as f32);
        }
        rest = after;
    }
    clusters
}

fn is_near(places: &[f32], place: f32, slack: f32) -> bool {
    let at = places.partition_point(|other| *other < place - slack);
    places.get(at).is_some_and(|other| *other <= place + slack)
}

/// Parts a chunk after words that end where numbers end and before words that begin where
/// columns begin.
fn part_chunk(row: &Row<'_>, chunk: Chunk, ends: &[f32], starts: &[f32]) -> Vec<Chunk> {
    let tokens = row.of(chunk);
    let mut parts: Vec<Chunk> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let place = chunk.start + at;
        let slack = SAME_EDGE_EM * token.size;
        let parts_here =
            at.checked_sub(1).and_then(|before| tokens.get(before)).is_some_and(|before| {
                let gap = token.bbox.x0 - before.bbox.x1;
                gap >= EDGE_GAP_EM * token.size
                    && !is_thousands(before, token)
                    && (is_near(ends, before.bbox.x1, slack)
                        || is_near(starts, token.bbox.x0, slack))
            });
        match parts.last_mut() {
            Some(last) if !parts_here => {
                last.end = place + 1;
                last.x1 = last.x1.max(token.bbox.x1);
            }
            _ => parts.push(Chunk {
                start: place,
                end: place + 1,
                x0: token.bbox.x0,
                x1: token.bbox.x1,
            }),
        }
    }
    parts
}

fn middle_size(rows: &[Row<'_>]) -> f32 {
    let mut sizes: Vec<f32> = rows.iter().map(|row| row.size).collect();
    sizes.sort_by(f32::total_cmp);
    sizes.get(sizes.len() / 2).copied().unwrap_or(10.0)
}

/// Edges of the columns: the middles of lanes that at most a tenth of the rows cross.
pub(super) fn column_edges(run: &[Row<'_>]) -> Vec<f32> {
    let rows = voters(run);
    let allowed = rows.len() / 10;
    let mut ends: Vec<(f32, i32)> = Vec::new();
    let (mut low, mut high) = (f32::MAX, f32::MIN);
    for chunk in rows.iter().flat_map(|row| &row.chunks) {
        ends.push((chunk.x0, 1));
        ends.push((chunk.x1, -1));
        low = low.min(chunk.x0);
        high = high.max(chunk.x1);
    }
    ends.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let size = middle_size(run);
    let mut edges = vec![low - 1.0];
    let mut covering = 0_i32;
    let mut lane: Option<f32> = None;
    for pair in ends.windows(2) {
        let [(from, change), _] = pair else { continue };
        covering += change;
        if usize::try_from(covering).unwrap_or(0) <= allowed {
            lane.get_or_insert(*from);
        } else if let Some(start) = lane.take()
            && *from - start >= LANE_EM * size
            && start > low
        {
            edges.push(emptiest(run, start, *from));
        }
    }
    edges.push(high + 1.0);
    supported(edges, &rows)
}

/// The middle of the widest part of a lane that the fewest chunks of all rows cross: heads and
/// wrapped lines, which do not say where lanes are, still reach into them.
fn emptiest(run: &[Row<'_>], start: f32, end: f32) -> f32 {
    let chunks = run.iter().flat_map(|row| &row.chunks);
    let inside = chunks.filter(|chunk| chunk.x1 > start && chunk.x0 < end);
    let mut ends = vec![(start, 0), (end, 0)];
    for chunk in inside {
        ends.push((chunk.x0.max(start), 1));
        ends.push((chunk.x1.min(end), -1));
    }
    ends.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let mut covering = 0_i32;
    let mut best = (i32::MAX, 0.0_f32, f32::midpoint(start, end));
    for pair in ends.windows(2) {
        let [(from, change), (to, _)] = pair else { continue };
        covering += change;
        let width = to - from;
        let is_better = covering < best.0 || covering == best.0 && width > best.1;
        if width > 0.0 && is_better {
            best = (covering, width, f32::midpoint(*from, *to));
        }
    }
    best.2
}

/// Leaves out edges of columns in which hardly any row has text.
fn supported(edges: Vec<f32>, rows: &[&Row<'_>]) -> Vec<f32> {
    let columns = edges.len().saturating_sub(1);
    let mut filled = vec![0_usize; columns];
    for row in rows {
        let mut last = None;
        for token in &row.tokens {
            let column = super::cells::interval(&edges, token.middle_x());
            if column != last
                && let Some(count) = column.and_then(|column| filled.get_mut(column))
            {
                *count += 1;
            }
            last = column;
        }
    }
    let least = if rows.len() >= 10 { 2 } else { 1 };
    let mut kept = Vec::new();
    for (at, edge) in edges.iter().enumerate() {
        let weak_left =
            at > 0 && at < columns && filled.get(at - 1).is_some_and(|count| *count < least);
        if !weak_left {
            kept.push(*edge);
        }
    }
    kept
}

/// The rows that say where columns lie. Where most rows have numbers, heads do not, for they are
/// often wider than their columns, but wrapped lines beside the left edge do.
fn voters<'r, 'a>(run: &'r [Row<'a>]) -> Vec<&'r Row<'a>> {
    let has_number = |row: &Row<'a>| {
        let mut chunks = row.chunks.iter().skip(1);
        chunks.any(|chunk| numbers(row.of(*chunk)).next().is_some())
    };
    let rows: Vec<&Row<'a>> = run.iter().filter(|row| row.chunks.len() >= 2).collect();
    let numeric = rows.iter().filter(|row| has_number(row)).count();
    if numeric < 2 || numeric * 10 < rows.len() * 6 {
        return rows;
    }
    let first = run.iter().position(has_number).unwrap_or(0);
    let body = run.get(first..).unwrap_or_default();
    let starts = body.iter().filter_map(|row| row.chunks.first()).map(|chunk| chunk.x0);
    let left = starts.fold(f32::MAX, f32::min);
    let votes = |row: &&Row<'a>| match row.chunks.as_slice() {
        [] => false,
        [only] => only.x0 > left + 2.0 * row.size,
        _ => true,
    };
    body.iter().filter(votes).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
    use super::*;
    use crate::document::layout::row::{rows, word};

    #[test]
    fn blanks_before_thousands_part_no_number() {
        let tokens = [word("26", 0.0, 0.0, 0), word("934,80", 14.5, 0.0, 1)];
        assert!(is_thousands(&tokens[0], &tokens[1]));
        assert_eq!(numbers(&tokens).count(), 1);
        let tokens = [word("673,37", 0.0, 0.0, 0), word("934,80", 38.5, 0.0, 1)];
        assert_eq!(numbers(&tokens).count(), 2);
    }

    #[test]
    fn a_head_wider_than_its_column_is_parted_where_the_numbers_end() {
        let mut tokens = vec![word("Unit", 60.0, 0.0, 0), word("price", 86.0, 0.0, 1)];
        tokens.push(word("Sum", 119.0, 0.0, 2));
        for row in 1..=3 {
            let y = row as f32 * 12.0;
            tokens.push(word("Tea", 0.0, y, row * 3));
            // Both columns end where their heads end: at 116 and 137.
            tokens.push(word("4,50", 92.0, y, row * 3 + 1));
            tokens.push(word("9,0", 119.0, y, row * 3 + 2));
        }
        let rows = parted(&rows(tokens));
        let widths: Vec<usize> = rows.iter().map(|row| row.chunks.len()).collect();
        assert_eq!(widths, [2, 3, 3, 3]);
        assert_eq!(column_edges(&rows).len(), 4);
    }
}
