//! Puts the glyphs of a page right before they become text.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use super::super::content::Drawing;
use super::super::font::Letters;
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

/// A glyph is another one's shadow within this distance, in sizes.
const SHADOW_DISTANCE: f32 = 0.1;

/// Drops glyphs drawn again on the spot of an equal one (shadows and pretended weight).
pub(super) fn drop_shadows(drawing: &mut Drawing) {
    let Drawing { glyphs, runs, .. } = drawing;
    let mut grid: HashMap<(Letters, i32, i32), (f32, f32), GridState> =
        HashMap::with_capacity_and_hasher(glyphs.len(), GridState::default());
    glyphs.retain(|glyph| {
        let Some(run) = runs.get(glyph.run as usize) else { return false };
        if glyph.is_blank() || run.size <= 0.0 {
            return true;
        }
        // Cells are twice the distance wide: a near glyph is in one of four cells.
        let reach = run.size * SHADOW_DISTANCE;
        let cell = |value: f32, offset: f32| ((value + offset) / (reach * 2.0)).floor() as i32;
        let (left, top) = (cell(glyph.x, -reach), cell(glyph.y, -reach));
        let (right, bottom) = (cell(glyph.x, reach), cell(glyph.y, reach));
        let is_shadow = [(left, top), (right, top), (left, bottom), (right, bottom)]
            .iter()
            .filter_map(|(column, row)| grid.get(&(glyph.letters, *column, *row)))
            .any(|(x, y)| (glyph.x - x).abs() <= reach && (glyph.y - y).abs() <= reach);
        if !is_shadow {
            let key = (glyph.letters, cell(glyph.x, 0.0), cell(glyph.y, 0.0));
            grid.insert(key, (glyph.x, glyph.y));
        }
        !is_shadow
    });
}

/// Hashes small integers well enough for a grid that lives for one page.
#[derive(Default)]
struct GridHasher(u64);

type GridState = BuildHasherDefault<GridHasher>;

impl Hasher for GridHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, value: u32) {
        // The multiplier is that of Fibonacci hashing: 2^64 over the golden ratio.
        let mixed = (self.0.rotate_left(5) ^ u64::from(value)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ mixed >> 29;
    }

    fn write_i32(&mut self, value: i32) {
        self.write_u32(value.cast_unsigned());
    }
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
