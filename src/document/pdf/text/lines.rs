//! Cuts the glyphs of a page, in drawing order, into lines.

use super::super::content::Drawing;
use super::super::glyph::{Glyph, Run};
use super::bidi::is_right_to_left;

/// Glyphs `start..end` of one line, in drawing order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LineRange {
    pub(super) start: usize,
    pub(super) end: usize,
    /// It holds letters of a right-to-left script, so it must be put in order by place.
    pub(super) right_to_left: bool,
}

/// Directions within some 11 degrees are the same.
const SAME_DIRECTION: f32 = 0.98;
/// A baseline this far off, in sizes, is still the same line (superscripts).
const BASELINE_SHIFT_MAX: f32 = 0.55;
/// A glyph may start this far before the start of the last one, in sizes.
const BACKWARDS_MAX: f32 = 0.3;

/// Where a glyph lies seen from another one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offset {
    /// From the end of the first glyph to the start of the second, in points along the baseline,
    /// letter spacing included.
    pub(super) gap: f32,
    /// From start to start.
    pub(super) advance: f32,
    /// Across the baseline.
    pub(super) shift: f32,
    pub(super) size: f32,
}

/// Measures from `last` to `next`; `None` when they run in different directions.
pub(super) fn offset(last: (&Glyph, &Run), next: (&Glyph, &Run)) -> Option<Offset> {
    let ((glyph, run), (next_glyph, next_run)) = (last, next);
    let cosine = run.along.0 * next_run.along.0 + run.along.1 * next_run.along.1;
    if cosine < SAME_DIRECTION {
        return None;
    }
    let (dx, dy) = (next_glyph.x - glyph.x, next_glyph.y - glyph.y);
    let advance = dx * run.along.0 + dy * run.along.1;
    let shift = dx * run.along.1 - dy * run.along.0;
    let size = run.size.max(next_run.size);
    Some(Offset { gap: advance - glyph.advance, advance, shift, size })
}

/// Cuts a page's glyphs into lines.
pub(super) fn split(drawing: &Drawing) -> Vec<LineRange> {
    let mut lines = Vec::new();
    let mut line = LineRange { start: 0, end: 0, right_to_left: false };
    let mut last: Option<(&Glyph, &Run)> = None;
    for (index, glyph) in drawing.glyphs.iter().enumerate() {
        let Some(run) = drawing.runs.get(glyph.run as usize) else { continue };
        if glyph.is_blank() {
            continue;
        }
        let rtl = glyph.letters.as_char().is_some_and(is_right_to_left);
        let goes_on = match last {
            Some(last) => continues(last, (glyph, run), rtl || line.right_to_left),
            None => true,
        };
        if !goes_on {
            line.end = index;
            lines.push(line);
            line = LineRange { start: index, end: index, right_to_left: false };
        }
        line.right_to_left |= rtl;
        last = Some((glyph, run));
    }
    line.end = drawing.glyphs.len();
    if last.is_some() {
        lines.push(line);
    }
    lines
}

fn continues(last: (&Glyph, &Run), next: (&Glyph, &Run), right_to_left: bool) -> bool {
    let Some(offset) = offset(last, next) else { return false };
    let on_baseline = offset.shift.abs() <= offset.size * BASELINE_SHIFT_MAX;
    let forwards = offset.advance >= -offset.size * BACKWARDS_MAX;
    on_baseline && (forwards || right_to_left)
}
