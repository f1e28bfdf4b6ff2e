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
    /// Parts of it were drawn later, into gaps: it must be put in order by place.
    pub(super) out_of_order: bool,
}

/// Directions within some 11 degrees are the same.
const SAME_DIRECTION: f32 = 0.98;
/// A baseline this far off, in sizes, is still the same line (superscripts).
const BASELINE_SHIFT_MAX: f32 = 0.55;
/// A glyph may start this far before the start of the last one, in sizes.
const BACKWARDS_MAX: f32 = 0.3;

/// Longer lines are not looked into for gaps, and longer pieces fill none.
const FILLED_LINE_MAX: usize = 1_000;
const FILLING_PIECE_MAX: usize = 100;
/// How far off the baseline a piece that fills gaps may be, in sizes.
const FILLING_SHIFT_MAX: f32 = 0.05;
/// How well a piece must fit into a gap, in em.
const FILLING_SLACK: f32 = 0.12;

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
    let mut line = LineRange { start: 0, end: 0, right_to_left: false, out_of_order: false };
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
            push(&mut lines, line, drawing);
            line =
                LineRange { start: index, end: index, right_to_left: false, out_of_order: false };
        }
        line.right_to_left |= rtl;
        last = Some((glyph, run));
    }
    line.end = drawing.glyphs.len();
    if last.is_some() {
        push(&mut lines, line, drawing);
    }
    lines
}

/// Adds a line, or joins it to the last one when it fills gaps inside its words.
///
/// Programs that take missing letters from a second font draw a line with holes first and then
/// the missing letters.
fn push(lines: &mut Vec<LineRange>, line: LineRange, drawing: &Drawing) {
    if let Some(last) = lines.last_mut()
        && !last.right_to_left
        && !line.right_to_left
        && fills_gaps(drawing, last, &line)
    {
        last.end = line.end;
        last.out_of_order = true;
        return;
    }
    lines.push(line);
}

fn fills_gaps(drawing: &Drawing, line: &LineRange, piece: &LineRange) -> bool {
    let visible = |range: &LineRange| {
        let glyphs = drawing.glyphs.get(range.start..range.end).unwrap_or_default();
        glyphs.iter().filter(|glyph| !glyph.is_blank())
    };
    if line.end - line.start > FILLED_LINE_MAX || piece.end - piece.start > FILLING_PIECE_MAX {
        return false;
    }
    let (Some(first), Some(filling)) = (visible(line).next(), visible(piece).next()) else {
        return false;
    };
    let run = |glyph: &Glyph| drawing.runs.get(glyph.run as usize);
    let (Some(first_run), Some(filling_run)) = (run(first), run(filling)) else { return false };
    let Some(offset) = offset((first, first_run), (filling, filling_run)) else { return false };
    if offset.shift.abs() > offset.size * FILLING_SHIFT_MAX || offset.advance < 0.0 {
        return false;
    }
    let place = |glyph: &Glyph| glyph.x * first_run.along.0 + glyph.y * first_run.along.1;
    let mut taken: Vec<(f32, f32)> =
        visible(line).map(|glyph| (place(glyph), place(glyph) + glyph.advance)).collect();
    taken.sort_by(|left, right| left.0.total_cmp(&right.0));
    let slack = first_run.em * FILLING_SLACK;
    visible(piece).all(|glyph| {
        let (start, end) = (place(glyph), place(glyph) + glyph.advance);
        let after = taken.partition_point(|(other, _)| *other <= start);
        let before = after.checked_sub(1).and_then(|at| taken.get(at)).map(|(_, end)| *end);
        let next = taken.get(after).map(|(start, _)| *start);
        let is_free = before.is_none_or(|other| start > other - slack)
            && next.is_none_or(|other| end < other + slack);
        let touches = before.is_some_and(|other| start < other + slack)
            || next.is_some_and(|other| end > other - slack);
        is_free && touches
    })
}

fn continues(last: (&Glyph, &Run), next: (&Glyph, &Run), right_to_left: bool) -> bool {
    let Some(offset) = offset(last, next) else { return false };
    let on_baseline = offset.shift.abs() <= offset.size * BASELINE_SHIFT_MAX;
    let forwards = offset.advance >= -offset.size * BACKWARDS_MAX;
    on_baseline && (forwards || right_to_left)
}
