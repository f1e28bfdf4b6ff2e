//! Paths, as far as they can be rules and shaded rectangles: axis-parallel straight parts.

use super::super::matrix::Matrix;
use super::Interpreter;
use super::state::{Frame, Paint};
use crate::base::limits::DOCUMENT_PAGE_RULES_MAX;
use crate::document::geometry::Rect;
use crate::document::model::Rule;

/// A filled rectangle up to this many points thick counts as a drawn line.
const RULE_THICKNESS_MAX: f32 = 3.0;
/// Shorter lines are dots and dashes, not rules.
const RULE_LENGTH_MIN: f32 = 2.0;
/// Slack in points within which a line counts as parallel to an axis.
const AXIS_SLACK: f32 = 0.3;
/// How many of the last fills are looked at for one that covers the next.
const COVERING_FILLS: usize = 32;
/// Straight parts kept of one path; more of them is a drawing.
const SEGMENTS_MAX: usize = 4_096;

/// Outlines of other widths are no rings, in points.
const RING_SIZE: std::ops::RangeInclusive<f32> = 3.5..=24.0;

/// A stretch of a path between two moves.
#[derive(Debug, Clone, Copy)]
struct Subpath {
    bounds: Rect,
    segments: usize,
    curves: usize,
    /// All its parts are straight and axis-parallel.
    is_square: bool,
}

/// The path being built, in page space.
#[derive(Debug, Default)]
pub(super) struct Path {
    current: (f32, f32),
    start: (f32, f32),
    lines: Vec<Rect>,
    subpaths: Vec<Subpath>,
}

impl Path {
    pub(super) fn clear(&mut self) {
        self.lines.clear();
        self.subpaths.clear();
    }

    pub(super) fn move_to(&mut self, point: (f64, f64)) {
        self.current = narrow(point);
        self.start = self.current;
        if self.subpaths.len() < SEGMENTS_MAX {
            let (x, y) = self.current;
            let bounds = Rect { x0: x, y0: y, x1: x, y1: y };
            self.subpaths.push(Subpath { bounds, segments: 0, curves: 0, is_square: true });
        }
    }

    pub(super) fn line_to(&mut self, point: (f64, f64)) {
        self.line(narrow(point));
    }

    fn line(&mut self, (x, y): (f32, f32)) {
        let (x0, y0) = self.current;
        self.current = (x, y);
        let is_parallel = (x - x0).abs() <= AXIS_SLACK || (y - y0).abs() <= AXIS_SLACK;
        if let Some(subpath) = self.subpaths.last_mut() {
            subpath.segments += 1;
            subpath.is_square &= is_parallel;
            subpath.bounds = subpath.bounds.union(&Rect::new(x, y, x, y));
        }
        if is_parallel && self.lines.len() < SEGMENTS_MAX {
            self.lines.push(Rect::new(x0, y0, x, y));
        }
    }

    pub(super) fn curve_to(&mut self, point: (f64, f64)) {
        self.current = narrow(point);
        let (x, y) = self.current;
        if let Some(subpath) = self.subpaths.last_mut() {
            subpath.is_square = false;
            subpath.curves += 1;
            subpath.bounds = subpath.bounds.union(&Rect::new(x, y, x, y));
        }
    }

    pub(super) fn close(&mut self) {
        if self.current != self.start {
            self.line(self.start);
        }
    }

    pub(super) fn rectangle(&mut self, to_page: &Matrix, [x0, y0, x1, y1]: [f64; 4]) {
        self.move_to(to_page.apply(x0, y0));
        self.line_to(to_page.apply(x1, y0));
        self.line_to(to_page.apply(x1, y1));
        self.line_to(to_page.apply(x0, y1));
        self.close();
    }
}

fn narrow((x, y): (f64, f64)) -> (f32, f32) {
    (x as f32, y as f32)
}

impl<'a> Interpreter<'a, '_> {
    /// Paints the path and starts a new one.
    pub(super) fn paint(&mut self, frame: &mut Frame<'a>, fill: bool, stroke: bool) {
        let state = &frame.state;
        if !self.marked.hides() {
            if fill && !state.fill.is_white {
                for subpath in &frame.path.subpaths {
                    if subpath.is_square && (1..=6).contains(&subpath.segments) {
                        self.add_filled(&subpath.bounds, state.fill);
                    }
                }
            }
            if stroke && !state.stroke.is_white {
                let scale = state.to_page.x_scale().min(state.to_page.y_scale());
                let width = (state.line_width * scale) as f32;
                for subpath in &frame.path.subpaths {
                    self.add_ring(subpath);
                }
                for line in &frame.path.lines {
                    self.add_stroked(line, width);
                }
            }
        }
        frame.path.clear();
    }

    /// Keeps a small outline that is as high as it is wide and made of curves.
    fn add_ring(&mut self, subpath: &Subpath) {
        let (width, height) = (subpath.bounds.width(), subpath.bounds.height());
        let is_round = (2..=16).contains(&subpath.curves)
            && subpath.segments <= subpath.curves
            && RING_SIZE.contains(&width)
            && (width - height).abs() < 0.15 * width;
        if is_round && self.drawing.rings.len() < DOCUMENT_PAGE_RULES_MAX {
            self.drawing.rings.extend(subpath.bounds.intersection(&self.page));
        }
    }

    fn add_filled(&mut self, bounds: &Rect, paint: Paint) {
        let Some(bbox) = bounds.intersection(&self.page) else { return };
        let thickness = bbox.width().min(bbox.height());
        if thickness > RULE_THICKNESS_MAX {
            if self.drawing.fills.len() < DOCUMENT_PAGE_RULES_MAX && !self.is_covered(&bbox, paint)
            {
                self.drawing.fills.push(bbox);
                self.fill_paints.push(paint);
            }
        } else {
            self.add_rule(Rule { bbox, filled: true });
        }
    }

    /// Whether a rectangle was just filled in the same colour: nobody sees another one in it.
    /// Word processors shade a cell and then each line of its text.
    fn is_covered(&self, bbox: &Rect, paint: Paint) -> bool {
        let fills = self.drawing.fills.iter().zip(&self.fill_paints).rev();
        fills.take(COVERING_FILLS).any(|(fill, other)| {
            *other == paint
                && fill.x0 <= bbox.x0 + AXIS_SLACK
                && fill.y0 <= bbox.y0 + AXIS_SLACK
                && fill.x1 >= bbox.x1 - AXIS_SLACK
                && fill.y1 >= bbox.y1 - AXIS_SLACK
        })
    }

    fn add_stroked(&mut self, line: &Rect, width: f32) {
        if width > RULE_THICKNESS_MAX * 2.0 {
            return;
        }
        let half = width / 2.0;
        let mut bbox = *line;
        if bbox.width() >= bbox.height() {
            (bbox.y0, bbox.y1) = (bbox.y0 - half, bbox.y1 + half);
        } else {
            (bbox.x0, bbox.x1) = (bbox.x0 - half, bbox.x1 + half);
        }
        if let Some(bbox) = bbox.intersection(&self.page) {
            self.add_rule(Rule { bbox, filled: false });
        }
    }

    fn add_rule(&mut self, rule: Rule) {
        let (long, short) =
            (rule.bbox.width().max(rule.bbox.height()), rule.bbox.width().min(rule.bbox.height()));
        let is_line = long >= RULE_LENGTH_MIN && long >= short * 2.0;
        if is_line && self.drawing.rules.len() < DOCUMENT_PAGE_RULES_MAX {
            self.drawing.rules.push(rule);
        }
    }
}
