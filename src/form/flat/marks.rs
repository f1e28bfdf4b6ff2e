//! Boxes and circles to tick that are letters of a font or small closed curves.

use super::{Blank, Shape, Sheet};
use crate::document::Rect;

/// Diameter of a circle to tick, in points.
const RING: std::ops::RangeInclusive<f32> = 4.5..=17.0;

/// Finds them.
pub(super) fn find(sheet: &Sheet<'_>) -> Vec<Blank> {
    let letters = sheet.text.glyph_boxes.iter().map(square);
    let rings = sheet.page.rings.iter().copied().filter(|ring| is_empty_ring(sheet, ring));
    let blank = |bbox| Blank { bbox, shape: Shape::Tick, caption: None };
    letters.chain(rings).map(blank).collect()
}

/// The drawn part of a box that is a letter: about as high as it is wide.
fn square(letter: &Rect) -> Rect {
    let side = letter.width().min(letter.height()).max(5.0);
    let middle = letter.y0 + letter.height() * 0.52;
    let x = f32::midpoint(letter.x0, letter.x1);
    let half = side / 2.0;
    Rect { x0: x - half, x1: x + half, y0: middle - half, y1: middle + half }
}

fn is_empty_ring(sheet: &Sheet<'_>, ring: &Rect) -> bool {
    RING.contains(&ring.width()) && RING.contains(&ring.height()) && sheet.inside(ring).is_empty()
}
