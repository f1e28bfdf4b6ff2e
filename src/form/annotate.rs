//! Draws the fields of a form on its pages: a box and the key of each.

use std::collections::BTreeMap;

use super::field::Field;
use super::write::{Colour, Fonts, Overlay};

const TEXT: Colour = Colour([0.05, 0.35, 0.75]);
const TICK: Colour = Colour([0.80, 0.25, 0.05]);
/// Size of a key, in points.
const KEY_SIZE: f32 = 5.0;

/// The drawings of each page.
pub(super) fn draw(fields: &[Field], fonts: &mut Fonts) -> BTreeMap<u32, Overlay> {
    let mut overlays: BTreeMap<u32, Overlay> = BTreeMap::new();
    for field in fields {
        let colour = if field.is_checkbox { TICK } else { TEXT };
        let overlay = overlays.entry(field.page).or_default();
        let b = field.bbox;
        let (top, bottom) = (field.page_size.1 - b.y0, field.page_size.1 - b.y1);
        let content = &mut overlay.content;
        content.raw("q").stroke_colour(colour).op(&[0.6], "w");
        content.op(&[b.x0, bottom, b.width(), b.height()], "re").raw("S").raw("Q");
        let place = match field.is_checkbox {
            true => (b.x0, top + 1.0),
            false => (b.x0 + 1.0, top - KEY_SIZE),
        };
        overlay.label(fonts, place, KEY_SIZE, &field.key, colour);
    }
    overlays
}
