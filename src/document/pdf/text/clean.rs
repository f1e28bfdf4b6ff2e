//! Puts the glyphs of a page right before they become text.

use super::super::content::Drawing;
use super::super::font::Letters;
use super::super::glyph::Glyph;
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

/// Cells of the grid of glyphs are this many distances wide, so that most glyphs look into one.
const SHADOW_CELL: f32 = 8.0;

/// Drops glyphs drawn again on the spot of an equal one (shadows and pretended weight).
pub(super) fn drop_shadows(drawing: &mut Drawing) {
    let Drawing { glyphs, runs, .. } = drawing;
    let mut grid = Grid::new(glyphs.len());
    glyphs.retain(|glyph| {
        let Some(run) = runs.get(glyph.run as usize) else { return false };
        if glyph.is_blank() || run.size <= 0.0 {
            return true;
        }
        // Narrow letters of bitmap fonts may stand closer than the share of the size says.
        let width = if glyph.advance > 0.0 { glyph.advance } else { run.size };
        let reach = (run.size * SHADOW_DISTANCE).min(width * 0.5);
        // A size that is no number would put all its glyphs into one cell.
        !reach.is_finite() || grid.is_first(glyph, reach)
    });
}

/// The glyphs that were kept, by letters and place: a hash table of chains.
struct Grid {
    /// For each bucket one more than the last glyph in it; 0 for none.
    buckets: Vec<u32>,
    kept: Vec<Kept>,
}

/// A glyph in a chain.
struct Kept {
    letters: Letters,
    x: f32,
    y: f32,
    /// As in the buckets.
    before: u32,
}

impl Grid {
    fn new(glyphs: usize) -> Self {
        Self { buckets: vec![0; glyphs.next_power_of_two()], kept: Vec::with_capacity(glyphs) }
    }

    /// Whether no equal glyph lies within `reach`; the glyph is then kept.
    fn is_first(&mut self, glyph: &Glyph, reach: f32) -> bool {
        let scale = 1.0 / (reach * SHADOW_CELL);
        let cell = |value: f32| floor(value * scale);
        let (left, right) = (cell(glyph.x - reach), cell(glyph.x + reach));
        let (top, bottom) = (cell(glyph.y - reach), cell(glyph.y + reach));
        for column in left..=right.min(left.saturating_add(1)) {
            for row in top..=bottom.min(top.saturating_add(1)) {
                if self.has(glyph, reach, self.bucket(glyph.letters, column, row)) {
                    return false;
                }
            }
        }
        let bucket = self.bucket(glyph.letters, cell(glyph.x), cell(glyph.y));
        if let Some(last) = self.buckets.get_mut(bucket) {
            let before = std::mem::replace(last, self.kept.len() as u32 + 1);
            self.kept.push(Kept { letters: glyph.letters, x: glyph.x, y: glyph.y, before });
        }
        true
    }

    fn has(&self, glyph: &Glyph, reach: f32, bucket: usize) -> bool {
        let mut at = self.buckets.get(bucket).copied().unwrap_or(0);
        while let Some(kept) = at.checked_sub(1).and_then(|index| self.kept.get(index as usize)) {
            if kept.letters == glyph.letters
                && (kept.x - glyph.x).abs() <= reach
                && (kept.y - glyph.y).abs() <= reach
            {
                return true;
            }
            at = kept.before;
        }
        false
    }

    /// The multiplier is that of Fibonacci hashing: 2^64 over the golden ratio.
    fn bucket(&self, letters: Letters, column: i32, row: i32) -> usize {
        let place = u64::from(column.cast_unsigned()) << 32 | u64::from(row.cast_unsigned());
        let mixed = (place ^ u64::from(letters.key()) << 20).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (mixed ^ mixed >> 32) as usize & (self.buckets.len() - 1)
    }
}

/// The largest whole number that is not larger, without a call into the library of maths.
fn floor(value: f32) -> i32 {
    let whole = value as i32;
    whole.saturating_sub(i32::from(whole as f32 > value))
}

/// Height of the origin of vertical writing above the baseline, in em (ISO 32000-1, 9.7.4.3).
const VERTICAL_ORIGIN: f32 = 0.88;

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
        if let Some(run) = runs.get(glyph.run as usize).filter(|run| run.vertical) {
            // The origin was at the top of the letter, in its middle; now it is on the baseline.
            let along = (-run.up.1, run.up.0);
            let down = run.size * VERTICAL_ORIGIN;
            glyph.x -= along.0 * glyph.width / 2.0 + run.up.0 * down;
            glyph.y -= along.1 * glyph.width / 2.0 + run.up.1 * down;
            glyph.advance = glyph.width;
        }
    }
    for run in runs.iter_mut().filter(|run| run.vertical) {
        run.vertical = false;
        run.along = (-run.up.1, run.up.0);
    }
}
