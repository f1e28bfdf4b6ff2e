//! The reading order of lines that were found in a picture.
//!
//! A recursive cut of the page along its white (the XY-cut of G. Nagy and S. Seth,
//! "Hierarchical representation of optically scanned documents", ICPR 1984): a lane between
//! two stacks of full lines parts columns, the widest gap between lines parts what stands
//! above from what stands below, and what cannot be cut is read row by row. Lanes between
//! short cells part nothing: tables are read along their rows.

use std::cmp::Ordering;

use super::super::geometry::Rect;
use super::OcrLine;

/// Lines on each side of a lane between columns.
const COLUMN_LINES_MIN: usize = 4;
/// Share of a column's width that its lines fill, on average.
const COLUMN_FILL_MIN: f32 = 0.55;
/// A column is at least this wide, in heights of a line.
const COLUMN_WIDTH_MIN: f32 = 10.0;
/// Width of a lane, in heights of a line.
const LANE_MIN: f32 = 0.7;
/// White between two parts of a page, in heights of a line.
const GAP_MIN: f32 = 0.3;
/// Cuts inside each other.
const DEPTH_MAX: usize = 64;

/// Indices of the lines, row by row in reading order; a row's lines stand side by side.
pub(super) fn rows(lines: &[OcrLine]) -> Vec<Vec<usize>> {
    let mut heights: Vec<f32> = lines.iter().map(|line| line.bbox.height()).collect();
    heights.sort_by(f32::total_cmp);
    let height = heights.get(heights.len() / 2).copied().unwrap_or(1.0).max(1.0);
    let mut rows = Vec::new();
    cut((0..lines.len()).collect(), lines, height, 0, &mut rows);
    rows
}

fn cut(part: Vec<usize>, lines: &[OcrLine], height: f32, depth: usize, rows: &mut Vec<Vec<usize>>) {
    let halves = if depth < DEPTH_MAX && part.len() > 1 {
        at_a_lane(&part, lines, height).or_else(|| at_the_widest_gap(&part, lines, height))
    } else {
        None
    };
    match halves {
        Some((first, second)) => {
            cut(first, lines, height, depth + 1, rows);
            cut(second, lines, height, depth + 1, rows);
        }
        None => rows.extend(side_by_side(part, lines)),
    }
}

fn bbox(lines: &[OcrLine], index: usize) -> Rect {
    lines.get(index).map(|line| line.bbox).unwrap_or_default()
}

/// The white between extents: `(width, middle)` of each gap, from low to high.
fn gaps(mut extents: Vec<(f32, f32)>) -> Vec<(f32, f32)> {
    extents.sort_by(|left, right| left.0.total_cmp(&right.0));
    let mut gaps = Vec::new();
    let mut reached = f32::NEG_INFINITY;
    for (start, end) in extents {
        if reached.is_finite() && start > reached {
            gaps.push((start - reached, (start + reached) / 2.0));
        }
        reached = reached.max(end);
    }
    gaps
}

fn parted(part: &[usize], is_first: impl Fn(usize) -> bool) -> (Vec<usize>, Vec<usize>) {
    part.iter().partition(|index| is_first(**index))
}

/// Left and right of a lane between columns of running text.
fn at_a_lane(part: &[usize], lines: &[OcrLine], height: f32) -> Option<(Vec<usize>, Vec<usize>)> {
    let extents = part.iter().map(|&index| (bbox(lines, index).x0, bbox(lines, index).x1));
    let lanes = gaps(extents.collect());
    let halves = lanes.into_iter().filter(|(width, _)| *width >= height * LANE_MIN).map(|lane| {
        let is_left = |index| (bbox(lines, index).x0 + bbox(lines, index).x1) / 2.0 < lane.1;
        parted(part, is_left)
    });
    let is_column = |side: &Vec<usize>| is_column(side, lines, height);
    halves.into_iter().find(|(left, right)| is_column(left) && is_column(right))
}

/// Whether lines are running text, or columns of it.
fn is_column(side: &[usize], lines: &[OcrLine], height: f32) -> bool {
    let Some(bounds) = side.iter().map(|&i| bbox(lines, i)).reduce(|a, b| a.union(&b)) else {
        return false;
    };
    let wide = side.iter().filter(|&&i| bbox(lines, i).width() >= height * COLUMN_WIDTH_MIN / 2.0);
    let filled: f32 = side.iter().map(|&index| bbox(lines, index).width()).sum();
    let rows = side_by_side(side.to_vec(), lines).len();
    rows >= COLUMN_LINES_MIN
        && wide.count() * 2 >= side.len()
        && bounds.width() >= height * COLUMN_WIDTH_MIN
        && filled >= bounds.width() * rows as f32 * COLUMN_FILL_MIN
}

/// Above and below the widest white.
fn at_the_widest_gap(
    part: &[usize],
    lines: &[OcrLine],
    height: f32,
) -> Option<(Vec<usize>, Vec<usize>)> {
    let extents = part.iter().map(|&index| (bbox(lines, index).y0, bbox(lines, index).y1));
    let widest = gaps(extents.collect()).into_iter().max_by(|a, b| a.0.total_cmp(&b.0))?;
    let (width, middle) = widest;
    let is_above = |index| (bbox(lines, index).y0 + bbox(lines, index).y1) / 2.0 < middle;
    (width >= height * GAP_MIN).then(|| parted(part, is_above))
}

/// Lines that overlap in height make a row, read from left to right.
fn side_by_side(mut part: Vec<usize>, lines: &[OcrLine]) -> Vec<Vec<usize>> {
    let middle = |index: usize| (bbox(lines, index).y0 + bbox(lines, index).y1) / 2.0;
    part.sort_by(|&left, &right| middle(left).total_cmp(&middle(right)));
    let mut rows: Vec<Vec<usize>> = Vec::new();
    for index in part {
        let own = bbox(lines, index);
        // The row that it overlaps most, of the last ones.
        let last = rows.iter_mut().rev().take(3).max_by(|left, right| {
            let shared =
                |row: &Vec<usize>| row.last().map_or(0.0, |&i| overlap(&own, &bbox(lines, i)));
            shared(left).partial_cmp(&shared(right)).unwrap_or(Ordering::Equal)
        });
        let fits = |row: &Vec<usize>| {
            row.iter().all(|&other| overlap_x(&own, &bbox(lines, other)) <= 0.3)
                && row.iter().any(|&other| overlap(&own, &bbox(lines, other)) >= 0.5)
        };
        match last {
            Some(row) if fits(row) => row.push(index),
            _ => rows.push(vec![index]),
        }
    }
    for row in &mut rows {
        row.sort_by(|&left, &right| bbox(lines, left).x0.total_cmp(&bbox(lines, right).x0));
    }
    rows
}

/// Shared height as a part of the lower one's.
fn overlap(one: &Rect, other: &Rect) -> f32 {
    let shared = one.y1.min(other.y1) - one.y0.max(other.y0);
    shared / one.height().min(other.height()).max(1e-3)
}

/// Shared width as a part of the narrower one's.
fn overlap_x(one: &Rect, other: &Rect) -> f32 {
    let shared = one.x1.min(other.x1) - one.x0.max(other.x0);
    shared / one.width().min(other.width()).max(1e-3)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn line(x0: f32, y0: f32, x1: f32) -> OcrLine {
        OcrLine { bbox: Rect::new(x0, y0, x1, y0 + 10.0), ..OcrLine::default() }
    }

    #[test]
    fn columns_are_read_one_after_the_other() {
        let mut lines = vec![line(0.0, 0.0, 300.0)];
        for row in 0..6 {
            lines.push(line(0.0, 30.0 + row as f32 * 14.0, 140.0));
            lines.push(line(160.0, 31.0 + row as f32 * 14.0, 300.0));
        }
        let order: Vec<usize> = rows(&lines).concat();
        assert_eq!(order, [0, 1, 3, 5, 7, 9, 11, 2, 4, 6, 8, 10, 12]);
    }

    #[test]
    fn tables_are_read_along_their_rows() {
        let mut lines = Vec::new();
        for row in 0..6 {
            for column in [200.0, 0.0, 100.0] {
                lines.push(line(column, row as f32 * 14.0 + column / 100.0, column + 40.0));
            }
        }
        let found = rows(&lines);
        assert_eq!(found.len(), 6);
        assert_eq!(found[0], [1, 2, 0]);
    }

    #[test]
    fn noise_ends() {
        let lines: Vec<OcrLine> = (0..200).map(|n| line(0.0, (n % 7) as f32, 5.0)).collect();
        assert_eq!(rows(&lines).concat().len(), 200);
        assert_eq!(rows(&[]), Vec::<Vec<usize>>::new());
    }
}
