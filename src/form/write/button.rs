//! Values and appearances of tick boxes and radio buttons.

use lopdf::{Dictionary, Object, ObjectId};

use super::super::acroform::{AcroField, Kind};
use super::appearance::WidgetBox;
use super::{Colour, Operators, Writer};

/// The on state of a button that has none.
const ON: &[u8] = b"Yes";
const OFF: &[u8] = b"Off";

impl Writer {
    /// Sets the boxes of a field, each by its widget: on or off. What is not named stays,
    /// unless another box of the field goes on.
    pub(super) fn button(&mut self, field: &AcroField, ticks: &[(ObjectId, bool)]) {
        let on = ticks.iter().find(|(_, is_on)| *is_on).map(|(widget, _)| *widget);
        let mut value = None;
        for widget in &field.widgets {
            let named = ticks.iter().find(|(id, _)| *id == widget.id);
            let state = widget.on_state.clone().unwrap_or_else(|| ON.to_vec());
            // Boxes with one state are one box in several places.
            let is_twin = on.is_some_and(|on| {
                field.widgets.iter().any(|w| w.id == on && w.on_state == widget.on_state)
            });
            let is_on = named.map_or(is_twin && widget.on_state.is_some(), |(_, is_on)| *is_on);
            if on.is_none() && named.is_none() {
                continue;
            }
            if is_on {
                value = Some(state.clone());
                self.ensure_appearance(widget.id, &state, field.kind);
            }
            if let Some(dict) = self.file.dict_mut(widget.id) {
                let shown = if is_on { state } else { OFF.to_vec() };
                dict.set("AS", Object::Name(shown));
            }
        }
        let was_off = value.is_none() && ticks.iter().any(|(_, is_on)| !is_on);
        let value = value.or_else(|| was_off.then(|| OFF.to_vec()));
        if let (Some(value), Some(dict)) = (value, self.file.dict_mut(field.id)) {
            // Only one state is the value of a field; its boxes show which.
            dict.set("V", Object::Name(value));
        }
    }

    /// Draws the states of a box whose appearance is missing or shows nothing.
    fn ensure_appearance(&mut self, widget: ObjectId, state: &[u8], kind: Kind) {
        let is_drawn = {
            let objects = self.file.objects();
            let states = self
                .file
                .dict(widget)
                .and_then(|dict| objects.dict(dict, b"AP"))
                .and_then(|appearances| objects.dict(appearances, b"N"));
            let stream = states.and_then(|states| objects.stream(states, state));
            stream.is_some_and(|stream| draws(&objects.decode(stream)))
        };
        if is_drawn {
            return;
        }
        let Some(frame) = WidgetBox::read(&self.file, widget) else { return };
        let mark = self.mark(widget);
        let colour = self.style.colour.unwrap_or(Colour([0.0, 0.0, 0.0]));
        let mut on = Operators::default();
        frame.frame(&mut on);
        draw_mark(
            &mut on,
            &frame,
            mark.unwrap_or(if kind == Kind::Radio { 'l' } else { '4' }),
            colour,
        );
        let mut off = Operators::default();
        frame.frame(&mut off);
        let on = frame.form(&mut self.file, on, Dictionary::new());
        let off = frame.form(&mut self.file, off, Dictionary::new());
        let mut states = Dictionary::new();
        states.set(state, Object::Reference(on));
        states.set(OFF, Object::Reference(off));
        let mut appearances = Dictionary::new();
        appearances.set("N", states);
        if let Some(dict) = self.file.dict_mut(widget) {
            dict.set("AP", appearances);
        }
    }

    /// The ZapfDingbats letter that the box is marked with.
    fn mark(&self, widget: ObjectId) -> Option<char> {
        let objects = self.file.objects();
        let look = objects.dict(self.file.dict(widget)?, b"MK")?;
        objects.string(look, b"CA")?.first().copied().map(char::from)
    }
}

/// Whether a content stream paints anything.
fn draws(content: &[u8]) -> bool {
    let painters: [&[u8]; 12] =
        [b"f", b"F", b"f*", b"S", b"s", b"B", b"b", b"B*", b"b*", b"Tj", b"TJ", b"Do"];
    content.split(u8::is_ascii_whitespace).any(|token| {
        painters.contains(&token)
            || token.ends_with(b")Tj")
            || token.ends_with(b"]TJ")
            || token.ends_with(b">Tj")
    })
}

/// Draws a mark by the letter that ZapfDingbats has it at, without needing that font.
fn draw_mark(content: &mut Operators, frame: &WidgetBox, mark: char, colour: Colour) {
    let (cx, cy) = (frame.width / 2.0, frame.height / 2.0);
    let r = (frame.width.min(frame.height) / 2.0 - frame.border - 1.0).max(1.5);
    content.raw("q").fill_colour(colour).stroke_colour(colour).op(&[(r * 0.28).max(0.8)], "w");
    match mark {
        '8' => {
            let d = r * 0.75;
            content.op(&[cx - d, cy - d], "m").op(&[cx + d, cy + d], "l");
            content.op(&[cx - d, cy + d], "m").op(&[cx + d, cy - d], "l").raw("S");
        }
        'l' => circle(content, cx, cy, r * 0.6),
        'n' => {
            let d = r * 0.62;
            content.op(&[cx - d, cy - d, 2.0 * d, 2.0 * d], "re").raw("f");
        }
        'u' => {
            content.op(&[cx, cy + r * 0.8], "m").op(&[cx + r * 0.6, cy], "l");
            content.op(&[cx, cy - r * 0.8], "l").op(&[cx - r * 0.6, cy], "l").raw("f");
        }
        'H' => {
            for point in 0..5_u8 {
                let angle = std::f32::consts::PI * (0.5 + 0.8 * f32::from(point));
                let place = [cx + r * 0.9 * angle.cos(), cy + r * 0.9 * angle.sin()];
                content.op(&place, if point == 0 { "m" } else { "l" });
            }
            content.raw("f");
        }
        _ => {
            content.op(&[cx - r * 0.75, cy - r * 0.05], "m");
            content.op(&[cx - r * 0.2, cy - r * 0.65], "l");
            content.op(&[cx + r * 0.8, cy + r * 0.7], "l").raw("S");
        }
    }
    content.raw("Q");
}

fn circle(content: &mut Operators, cx: f32, cy: f32, r: f32) {
    /// Control points of a quarter circle, in radii.
    const K: f32 = 0.552_285;
    let k = r * K;
    content.op(&[cx + r, cy], "m");
    content.op(&[cx + r, cy + k, cx + k, cy + r, cx, cy + r], "c");
    content.op(&[cx - k, cy + r, cx - r, cy + k, cx - r, cy], "c");
    content.op(&[cx - r, cy - k, cx - k, cy - r, cx, cy - r], "c");
    content.op(&[cx + k, cy - r, cx + r, cy - k, cx + r, cy], "c").raw("f");
}

#[cfg(test)]
mod tests {
    use super::draws;

    #[test]
    fn an_empty_appearance_is_told_from_a_drawn_one() {
        assert!(draws(b"q BT /ZaDb 9 Tf (4) Tj ET Q"));
        assert!(draws(b"BT (4)Tj ET"));
        assert!(!draws(b"q Q\n"));
        assert!(!draws(b"/Tx BMC EMC"));
    }
}
