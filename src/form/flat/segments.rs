//! The drawn lines of a page, joined where they go on.

use crate::document::{Page, Rect};

/// Lines nearer than this are one line, in points.
const SNAP: f32 = 1.0;
/// Gap over which parts of a line are joined, in points.
const JOIN: f32 = 1.5;
/// Slack at corners, in points.
pub(super) const CORNER: f32 = 2.0;
/// Lines of one direction looked at; a page with more is a drawing.
const SEGMENTS_MAX: usize = 2_500;

/// A line along an axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Segment {
    /// Its place across.
    pub(super) at: f32,
    /// Its reach along.
    pub(super) from: f32,
    pub(super) to: f32,
    pub(super) thickness: f32,
}

impl Segment {
    pub(super) fn length(&self) -> f32 {
        self.to - self.from
    }

    /// Whether it reaches from one place to another.
    pub(super) fn covers(&self, from: f32, to: f32) -> bool {
        self.from <= from + CORNER && self.to >= to - CORNER
    }
}

/// The lines of a page.
#[derive(Debug, Default)]
pub(super) struct Segments {
    pub(super) horizontal: Vec<Segment>,
    pub(super) vertical: Vec<Segment>,
}

impl Segments {
    pub(super) fn of(page: &Page) -> Self {
        let mut found = Self::default();
        for rule in &page.rules {
            let b = rule.bbox;
            if rule.is_horizontal() {
                let at = f32::midpoint(b.y0, b.y1);
                let segment = Segment { at, from: b.x0, to: b.x1, thickness: b.height() };
                found.horizontal.push(segment);
            } else {
                let at = f32::midpoint(b.x0, b.x1);
                let segment = Segment { at, from: b.y0, to: b.y1, thickness: b.width() };
                found.vertical.push(segment);
            }
        }
        found.horizontal = joined(found.horizontal);
        found.vertical = joined(found.vertical);
        if found.horizontal.len() > SEGMENTS_MAX || found.vertical.len() > SEGMENTS_MAX {
            return Self::default();
        }
        found.close_ends();
        found
    }

    /// Vertical lines as boxes.
    pub(super) fn walls(&self) -> Vec<Rect> {
        let wall = |s: &Segment| Rect { x0: s.at - 0.5, x1: s.at + 0.5, y0: s.from, y1: s.to };
        self.vertical.iter().map(wall).collect()
    }

    /// Rows between two equally long lines with walls between them have walls at their ends
    /// too, drawn or not.
    fn close_ends(&mut self) {
        let mut ends = Vec::new();
        for (index, top) in self.horizontal.iter().enumerate() {
            let is_twin = |below: &&Segment| {
                below.at > top.at + 8.0
                    && (below.from - top.from).abs() < 4.0
                    && (below.to - top.to).abs() < 4.0
            };
            let Some(bottom) = self.horizontal.iter().skip(index + 1).find(is_twin) else {
                continue;
            };
            let stands = |wall: &Segment| {
                wall.covers(top.at, bottom.at) && wall.at > top.from + 4.0 && wall.at < top.to - 4.0
            };
            if !self.vertical.iter().any(stands) || bottom.at - top.at > 120.0 {
                continue;
            }
            for at in [top.from.max(bottom.from), top.to.min(bottom.to)] {
                let is_there = self
                    .vertical
                    .iter()
                    .any(|wall| (wall.at - at).abs() < 4.0 && wall.covers(top.at, bottom.at));
                if !is_there {
                    ends.push(Segment { at, from: top.at, to: bottom.at, thickness: 0.0 });
                }
            }
        }
        self.vertical.extend(ends);
        self.vertical.sort_by(|a, b| a.at.total_cmp(&b.at));
    }
}

fn joined(mut segments: Vec<Segment>) -> Vec<Segment> {
    segments.retain(|segment| segment.length() > 2.0 && segment.at.is_finite());
    segments.sort_by(|a, b| a.at.total_cmp(&b.at).then(a.from.total_cmp(&b.from)));
    let mut joined: Vec<Segment> = Vec::new();
    for segment in segments {
        let near = joined.iter_mut().rev().take_while(|last| segment.at - last.at <= SNAP);
        let mut near =
            near.filter(|last| segment.from - last.to <= JOIN && last.from - segment.to <= JOIN);
        match near.next() {
            Some(last) => {
                last.from = last.from.min(segment.from);
                last.to = last.to.max(segment.to);
                last.thickness = last.thickness.max(segment.thickness);
            }
            None => joined.push(segment),
        }
    }
    joined
}
