//! On which side of a field a phrase may stand to label it, and what that costs.

use super::Spot;
use super::block::Block;
use crate::document::Rect;

/// Where a label stands, seen from its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Side {
    Inside,
    Left,
    Above,
    Below,
    Right,
}

/// Farthest label to the left of a text field, in points.
const LEFT_MAX: f32 = 240.0;
/// Farthest question to the left of its boxes, in points.
pub(super) const QUESTION_MAX: f32 = 360.0;
/// Farthest label above or below, in points.
const ABOVE_MAX: f32 = 18.0;
const BELOW_MAX: f32 = 12.0;
/// Farthest label beside a tick box, in points.
pub(super) const TICK_MAX: f32 = 28.0;

fn overlap(a0: f32, a1: f32, b0: f32, b1: f32) -> f32 {
    (a1.min(b1) - a0.max(b0)).max(0.0)
}

/// Sides on which a block may label a text field, with their cost.
pub(super) fn text_sides(spot: &Spot, block: &Block) -> Vec<(Side, f32)> {
    let (b, p) = (&spot.bbox, &block.bbox);
    let mut sides = Vec::new();
    let colon = if block.text.trim_end().ends_with([':', '?']) { 0.5 } else { 0.0 };
    // A label on the same line shares at least half its height with the field's lower part.
    let last_line = block.bbox.y1 - block.size * 1.3;
    let shared = overlap(p.y0.max(last_line), p.y1, b.y0 - 2.0, b.y1 + 4.0);
    let on_line = shared > 0.55 * (p.y1 - p.y0.max(last_line)).max(1.0);
    let gap = b.x0 - p.x1;
    if on_line && gap > -6.0 && gap < LEFT_MAX {
        sides.push((Side::Left, 1.0 + gap.max(0.0) / 24.0 - colon));
    }
    let across = overlap(p.x0, p.x1, b.x0 - 2.0, b.x1 + 2.0);
    let inside = across > 0.5 * p.width().min(b.width());
    let shift = (p.x0 - b.x0).abs().min(((p.x0 + p.x1) - (b.x0 + b.x1)).abs() / 2.0);
    let overhang = (p.x1 - b.x1).max(0.0) / 60.0;
    let above = b.y0 - p.y1;
    if inside && above > -4.0 && above < ABOVE_MAX {
        // What stands over a line to write on names the line above it as often.
        let base = if spot.is_line { 1.3 } else { 1.0 };
        let cost = base + above.max(0.0) / 9.0 + shift / 30.0 + overhang - colon * 0.5;
        sides.push((Side::Above, cost));
    }
    let below = p.y0 - b.y1;
    if inside && below > -4.0 && below < BELOW_MAX {
        let base = if spot.is_line { 1.0 } else { 1.5 };
        let cost = base + below.max(0.0) / 7.0 + shift / 30.0 + overhang + colon * 0.5;
        sides.push((Side::Below, cost));
    }
    let after = p.x0 - b.x1;
    if on_line && after > -3.0 && after < 14.0 {
        sides.push((Side::Right, 3.2 + after.max(0.0) / 10.0));
    }
    let (cx, cy) = ((p.x0 + p.x1) / 2.0, (p.y0 + p.y1) / 2.0);
    if cx > b.x0 && cx < b.x1 && cy > b.y0 && cy < b.y1 {
        sides.push((Side::Inside, 0.6 + (p.y0 - b.y0).max(0.0) / 20.0));
    }
    sides
}

/// Sides on which a block may label a tick box, with their cost.
pub(super) fn tick_sides(spot: &Spot, block: &Block) -> Vec<(Side, f32)> {
    let (b, p) = (&spot.bbox, &block.first);
    let middle = (b.y0 + b.y1) / 2.0;
    let mut sides = Vec::new();
    let on_line = p.y0 - 3.0 < middle && middle < p.y1 + 3.0;
    let (after, before) = (p.x0 - b.x1, b.x0 - p.x1);
    if on_line && after > -2.0 && after < TICK_MAX {
        sides.push((Side::Right, 0.5 + after.max(0.0) / 16.0));
    }
    if on_line && before > -2.0 && before < TICK_MAX {
        sides.push((Side::Left, 1.3 + before.max(0.0) / 16.0));
    }
    let across = overlap(p.x0, p.x1, b.x0, b.x1) > 0.0;
    let (above, below) = (b.y0 - p.y1, p.y0 - b.y1);
    if across && above > -2.0 && above < 10.0 {
        sides.push((Side::Above, 2.4 + above.max(0.0) / 8.0));
    }
    if across && below > -2.0 && below < 10.0 {
        sides.push((Side::Below, 2.4 + below.max(0.0) / 8.0));
    }
    sides
}

/// How far a block is from being the question of some boxes; `None` when it cannot be.
pub(super) fn question_cost(block: &Block, boxes: &[Rect]) -> Option<f32> {
    let all = boxes.iter().copied().reduce(|a, b| a.union(&b))?;
    let first =
        boxes.iter().min_by(|a, b| (a.y0 + a.x0 * 0.01).total_cmp(&(b.y0 + b.x0 * 0.01)))?;
    let p = &block.bbox;
    let middle = (first.y0 + first.y1) / 2.0;
    let gap = first.x0 - p.x1;
    if p.y0 - 3.0 < middle && middle < p.y1 + 3.0 && gap > -2.0 && gap < QUESTION_MAX {
        return Some(gap.max(0.0) / 60.0);
    }
    let above = all.y0 - p.y1;
    let near = p.x0 < all.x1 && p.x0 > all.x0 - 30.0;
    (near && above > -3.0 && above < 26.0).then_some(1.0 + above.max(0.0) / 10.0)
}
