//! Grids from drawn lines, the "lattice" method of Tabula and pdfplumber: lines are snapped and
//! joined, crossing lines make a grid, and places of the grid with no line between them are one
//! cell. The edges of filled rectangles count as lines, for shaded cells are drawn that way.

use crate::base::limits;
use crate::document::geometry::Rect;
use crate::document::model::Page;

/// Lines nearer than this are one, in points.
const SNAP: f32 = 2.5;
/// Gap over which parts of a line are joined, and reach of a crossing, in points.
const JOIN: f32 = 3.5;
/// Shortest line that counts, in points.
const LENGTH_MIN: f32 = 8.0;
/// Share of a side that a line must cover to be a wall.
const WALL_SHARE: f32 = 0.6;

/// A line along an axis: `at` is its place across, `from` and `to` its reach along.
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment {
    pub(super) at: f32,
    pub(super) from: f32,
    pub(super) to: f32,
}

/// The lines of a page.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) horizontal: Vec<Segment>,
    pub(super) vertical: Vec<Segment>,
}

/// A grid of walls.
#[derive(Debug, Clone)]
pub(super) struct Grid {
    /// Edges of the columns, from left to right.
    pub(super) xs: Vec<f32>,
    /// Edges of the rows, from top to bottom.
    pub(super) ys: Vec<f32>,
    /// Cells as (row, column, rows, columns).
    pub(super) cells: Vec<(usize, usize, usize, usize)>,
}

impl Grid {
    /// What the grid encloses.
    pub(super) fn rect(&self) -> Rect {
        let ends = |edges: &[f32]| {
            (edges.first().copied().unwrap_or(0.0), edges.last().copied().unwrap_or(0.0))
        };
        let ((x0, x1), (y0, y1)) = (ends(&self.xs), ends(&self.ys));
        Rect { x0, y0, x1, y1 }
    }
}

/// The lines of a page, snapped and joined.
pub(super) fn lines(page: &Page) -> Lines {
    let mut found = Lines::default();
    for rule in &page.rules {
        let bbox = rule.bbox;
        if rule.is_horizontal() {
            let at = f32::midpoint(bbox.y0, bbox.y1);
            found.horizontal.push(Segment { at, from: bbox.x0, to: bbox.x1 });
        } else {
            let at = f32::midpoint(bbox.x0, bbox.x1);
            found.vertical.push(Segment { at, from: bbox.y0, to: bbox.y1 });
        }
    }
    let page_area = page.width * page.height;
    for fill in &page.fills {
        if fill.area() > 0.8 * page_area || fill.height() < 4.0 || fill.width() < 4.0 {
            continue;
        }
        for at in [fill.y0, fill.y1] {
            found.horizontal.push(Segment { at, from: fill.x0, to: fill.x1 });
        }
        for at in [fill.x0, fill.x1] {
            found.vertical.push(Segment { at, from: fill.y0, to: fill.y1 });
        }
    }
    Lines { horizontal: joined(found.horizontal), vertical: joined(found.vertical) }
}

/// Snaps lines that nearly lie on each other and joins their parts.
fn joined(mut segments: Vec<Segment>) -> Vec<Segment> {
    segments.retain(|segment| segment.at.is_finite() && segment.to - segment.from > 0.5);
    segments.sort_by(|a, b| a.at.total_cmp(&b.at).then(a.from.total_cmp(&b.from)));
    let mut joined: Vec<Segment> = Vec::new();
    let mut rest = segments.as_mut_slice();
    while let Some(first) = rest.first() {
        let at = first.at;
        let end = rest.partition_point(|segment| segment.at - at <= SNAP);
        let (near, after) = rest.split_at_mut(end);
        near.sort_by(|a, b| a.from.total_cmp(&b.from));
        let mean = near.iter().map(|segment| segment.at).sum::<f32>() / near.len() as f32;
        let begun = joined.len();
        for segment in near {
            match joined.get_mut(begun..).and_then(<[Segment]>::last_mut) {
                Some(last) if segment.from - last.to <= JOIN => last.to = last.to.max(segment.to),
                _ => joined.push(Segment { at: mean, ..*segment }),
            }
        }
        rest = after;
    }
    joined.retain(|segment| segment.to - segment.from >= LENGTH_MIN);
    joined
}

/// The grids that crossing lines make; grids of a single place are left out.
pub(super) fn grids(lines: &Lines) -> Vec<Grid> {
    let mut vertical: Vec<(usize, Segment)> = lines.vertical.iter().copied().enumerate().collect();
    vertical.sort_by(|a, b| a.1.at.total_cmp(&b.1.at));
    let offset = lines.horizontal.len();
    let mut groups = Groups::new(offset + vertical.len());
    let mut crossings = 0_usize;
    for (at, line) in lines.horizontal.iter().enumerate() {
        let start = vertical.partition_point(|(_, other)| other.at < line.from - JOIN);
        let near = vertical.iter().skip(start);
        for (other_at, other) in near.take_while(|(_, other)| other.at <= line.to + JOIN) {
            crossings += 1;
            if crossings > limits::LAYOUT_CROSSINGS_MAX {
                return Vec::new();
            }
            if other.from - JOIN <= line.at && line.at <= other.to + JOIN {
                groups.join(at, offset + other_at);
            }
        }
    }
    let mut members: std::collections::BTreeMap<usize, Lines> = std::collections::BTreeMap::new();
    for (at, line) in lines.horizontal.iter().enumerate() {
        members.entry(groups.root(at)).or_default().horizontal.push(*line);
    }
    for (at, line) in lines.vertical.iter().enumerate() {
        members.entry(groups.root(offset + at)).or_default().vertical.push(*line);
    }
    members.values().filter_map(grid).collect()
}

/// Sets of lines that cross, by union and find.
struct Groups {
    parents: Vec<usize>,
}

impl Groups {
    fn new(count: usize) -> Self {
        Self { parents: (0..count).collect() }
    }

    fn root(&mut self, mut at: usize) -> usize {
        while let Some(parent) = self.parents.get(at).copied().filter(|parent| *parent != at) {
            let grand = self.parents.get(parent).copied().unwrap_or(parent);
            if let Some(place) = self.parents.get_mut(at) {
                *place = grand;
            }
            at = grand;
        }
        at
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        let (low, high) = (a.min(b), a.max(b));
        if let Some(place) = self.parents.get_mut(high) {
            *place = low;
        }
    }
}

/// Different places of lines, those nearer than a crossing's reach taken as one; the ends of the
/// lines across are edges too, where a table is open at its side.
fn edges(lines: &[Segment], across: &[Segment]) -> Vec<f32> {
    let mut places: Vec<f32> = lines.iter().map(|line| line.at).collect();
    let (low, high) = across
        .iter()
        .fold((f32::MAX, f32::MIN), |(low, high), line| (low.min(line.from), high.max(line.to)));
    if low < high {
        places.extend([low, high]);
    }
    places.sort_by(f32::total_cmp);
    places.dedup_by(|next, kept| *next - *kept <= JOIN);
    places
}

fn grid(lines: &Lines) -> Option<Grid> {
    let xs = edges(&lines.vertical, &lines.horizontal);
    let ys = edges(&lines.horizontal, &lines.vertical);
    let (columns, rows) = (xs.len().checked_sub(1)?, ys.len().checked_sub(1)?);
    let places = rows.checked_mul(columns)?;
    if !(2..=limits::LAYOUT_GRID_PLACES_MAX).contains(&places) {
        return None;
    }
    // Walls between a place and the next one to the right, and the next one below.
    let right = Walls::new(&lines.vertical, &xs, &ys);
    let below = Walls::new(&lines.horizontal, &ys, &xs);
    let mut taken = vec![false; places];
    let mut cells = Vec::new();
    for row in 0..rows {
        for column in 0..columns {
            if taken.get(row * columns + column) != Some(&false) {
                continue;
            }
            let mut wide = 1;
            while column + wide < columns && !right.is_wall(column + wide, row) {
                wide += 1;
            }
            let is_open = |row: usize| {
                (column..column + wide).all(|at| !below.is_wall(row, at))
                    && (column + 1..column + wide).all(|at| !right.is_wall(at, row))
                    && (column == 0 || right.is_wall(column, row))
                    && (column + wide == columns || right.is_wall(column + wide, row))
            };
            let mut tall = 1;
            while row + tall < rows && is_open(row + tall) {
                tall += 1;
            }
            for taken_row in row..row + tall {
                let from = taken_row * columns + column;
                taken.iter_mut().skip(from).take(wide).for_each(|place| *place = true);
            }
            cells.push((row, column, tall, wide));
        }
    }
    Some(Grid { xs, ys, cells })
}

/// Which sides of the grid's places are walls, for lines of one direction.
struct Walls {
    /// For each line place, which of the intervals along it are walls.
    walls: Vec<Vec<bool>>,
}

impl Walls {
    fn new(lines: &[Segment], places: &[f32], along: &[f32]) -> Self {
        let intervals: Vec<(f32, f32)> =
            along.iter().copied().zip(along.iter().copied().skip(1)).collect();
        let mut covered = vec![vec![0.0_f32; intervals.len()]; places.len()];
        for line in lines {
            let place = places.partition_point(|place| *place < line.at - JOIN);
            for near in covered.iter_mut().skip(place).zip(places.iter().skip(place)) {
                let (shares, at) = near;
                if *at > line.at + JOIN {
                    break;
                }
                let first = intervals.partition_point(|(_, end)| *end < line.from);
                let reached = shares.iter_mut().zip(&intervals).skip(first);
                for (share, (from, to)) in reached {
                    if *from > line.to {
                        break;
                    }
                    *share += line.to.min(*to) - line.from.max(*from);
                }
            }
        }
        let is_wall = |(share, (from, to)): (f32, &(f32, f32))| share >= WALL_SHARE * (to - from);
        let walls = covered
            .into_iter()
            .map(|shares| shares.into_iter().zip(&intervals).map(is_wall).collect());
        Self { walls: walls.collect() }
    }

    fn is_wall(&self, place: usize, interval: usize) -> bool {
        self.walls.get(place).and_then(|walls| walls.get(interval)).copied().unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
    use super::*;

    fn segment(at: f32, from: f32, to: f32) -> Segment {
        Segment { at, from, to }
    }

    #[test]
    fn parts_of_a_line_are_joined() {
        let joined = joined(vec![
            segment(100.0, 60.0, 90.0),
            segment(100.6, 10.0, 58.0),
            segment(100.0, 120.0, 124.0),
        ]);
        assert_eq!(joined.len(), 1);
        assert_eq!((joined[0].from, joined[0].to), (10.0, 90.0));
    }

    #[test]
    fn a_missing_wall_makes_one_cell_of_two_places() {
        let lines = Lines {
            horizontal: vec![
                segment(0.0, 0.0, 100.0),
                segment(20.0, 0.0, 100.0),
                segment(40.0, 0.0, 100.0),
            ],
            vertical: vec![
                segment(0.0, 0.0, 40.0),
                segment(50.0, 20.0, 40.0),
                segment(100.0, 0.0, 40.0),
            ],
        };
        let grids = grids(&lines);
        assert_eq!(grids.len(), 1);
        assert_eq!(grids[0].cells, [(0, 0, 1, 2), (1, 0, 1, 1), (1, 1, 1, 1)]);
    }

    #[test]
    fn a_frame_is_no_grid() {
        let lines = Lines {
            horizontal: vec![segment(0.0, 0.0, 100.0), segment(40.0, 0.0, 100.0)],
            vertical: vec![segment(0.0, 0.0, 40.0), segment(100.0, 0.0, 40.0)],
        };
        assert!(grids(&lines).is_empty());
    }
}
