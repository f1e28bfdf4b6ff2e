//! Puts the glyphs of a page right before they become text.

use super::super::content::Drawing;
use crate::document::geometry::Rect;

/// Drops glyphs that lie wholly outside the page as shown.
pub(super) fn drop_outside(drawing: &mut Drawing, view: &Rect) {
    let Drawing { glyphs, runs, .. } = drawing;
    glyphs.retain(|glyph| {
        let Some(run) = runs.get(glyph.run as usize) else { return false };
        let reach = run.size.max(glyph.advance.abs());
        (view.x0 - reach..=view.x1 + reach).contains(&glyph.x)
            && (view.y0 - reach..=view.y1 + reach).contains(&glyph.y)
    });
}

/// Makes vertical runs horizontal whose letters were placed one by one from left to right.
///
/// Some programs choose a font with vertical metrics and then move along the line themselves.
pub(super) fn turn_sideways_columns(drawing: &mut Drawing) {
    let Drawing { glyphs, runs, .. } = drawing;
    if !runs.iter().any(|run| run.vertical) {
        return;
    }
    let (mut along, mut across) = (0_u32, 0_u32);
    for pair in glyphs.windows(2) {
        if let [first, second] = pair
            && let Some(run) = runs.get(first.run as usize).filter(|run| run.vertical)
        {
            let (dx, dy) = (second.x - first.x, second.y - first.y);
            let down = dx * run.along.0 + dy * run.along.1;
            let right = dy * run.along.0 - dx * run.along.1;
            along += u32::from(down.abs() > right.abs());
            across += u32::from(right.abs() > down.abs());
        }
    }
    if across <= along {
        return;
    }
    for glyph in glyphs.iter_mut() {
        if runs.get(glyph.run as usize).is_some_and(|run| run.vertical) {
            glyph.advance = glyph.width;
        }
    }
    for run in runs.iter_mut().filter(|run| run.vertical) {
        run.vertical = false;
        run.along = (-run.up.1, run.up.0);
    }
}
