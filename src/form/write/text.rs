//! Values and appearances of text fields and choices.

use lopdf::{Dictionary, Object, ObjectId, StringFormat};

use super::super::acroform::AcroField;
use super::appearance::{self, WidgetBox};
use super::font::{Face, Fonts};
use super::layout::{self, Placed, Room};
use super::{Colour, Operators, Writer};

const BLACK: Colour = Colour([0.0, 0.0, 0.0]);
/// Background of the chosen line of a list.
const CHOSEN: Colour = Colour([0.6, 0.75, 0.85]);
/// Size of the lines of a list whose size is left to the viewer, in points.
const LIST_SIZE: f32 = 10.0;

/// A text string (ISO 32000-1, 7.9.2.2): ASCII as it is, everything else in UTF-16.
pub(super) fn text_string(text: &str) -> Object {
    if text.is_ascii() {
        return Object::String(text.as_bytes().to_vec(), StringFormat::Literal);
    }
    let units = text.encode_utf16().flat_map(u16::to_be_bytes);
    let bytes: Vec<u8> = [0xfe, 0xff].into_iter().chain(units).collect();
    Object::String(bytes, StringFormat::Hexadecimal)
}

impl Writer {
    /// Gives a text field its value and draws it in all its widgets.
    pub(super) fn write_text(&mut self, field: &AcroField, value: &str) {
        let value = match field.is_multiline() {
            true => value.replace("\r\n", "\n").replace('\r', "\n"),
            false => value.split_whitespace().collect::<Vec<_>>().join(" "),
        };
        self.set_value(field.id, text_string(&value.replace('\n', "\r")));
        if let Some(dict) = self.file.dict_mut(field.id) {
            // The formatted copy of the value, which would be shown instead of it.
            dict.remove(b"RV");
        }
        for widget in &field.widgets {
            self.draw_text(field, widget.id, &value);
        }
    }

    /// Chooses an option by the label people see.
    pub(super) fn write_choice(&mut self, field: &AcroField, value: &str) {
        let chosen = field.choices.iter().position(|choice| choice.shown == value);
        let export = chosen
            .and_then(|at| field.choices.get(at))
            .map(|choice| Object::String(choice.export.clone(), StringFormat::Literal));
        self.set_value(field.id, export.unwrap_or_else(|| text_string(value)));
        if let Some(dict) = self.file.dict_mut(field.id) {
            match chosen.filter(|_| !field.is_combo()) {
                Some(at) => dict.set("I", Object::Array(vec![Object::Integer(at as i64)])),
                None => drop(dict.remove(b"I")),
            }
        }
        for widget in &field.widgets {
            match field.is_combo() {
                true => self.draw_text(field, widget.id, value),
                false => self.draw_list(field, widget.id, chosen),
            }
        }
    }

    fn set_value(&mut self, field: ObjectId, value: Object) {
        if let Some(dict) = self.file.dict_mut(field) {
            dict.set("V", value);
        }
    }

    fn draw_text(&mut self, field: &AcroField, widget: ObjectId, value: &str) {
        let Some(frame) = WidgetBox::read(&self.file, widget) else { return };
        let looks = appearance::default_appearance(&self.file, field, widget);
        let base = appearance::font_name(&self.file, &looks.font);
        let face = Fonts::face(Face::like(&base), value);
        let missing: String = self.fonts.missing(face, value).into_iter().collect();
        if !missing.is_empty() {
            self.warnings.push(format!("{}: no font has the letters {missing}", field.name));
        }
        let measure = |text: &str| self.fonts.measure(face, text);
        let room = Room {
            width: frame.width,
            height: frame.height,
            padding: 2.0 + frame.border,
            alignment: field.alignment,
        };
        let placed = match field.letters_max {
            Some(cells) if field.is_comb() => {
                layout::comb(value, &measure, room, looks.size, cells)
            }
            _ if field.is_multiline() => layout::many_lines(value, &measure, room, looks.size),
            _ => layout::one_line(value, &measure, room, looks.size),
        };
        if placed.overflows {
            self.warnings.push(format!("{}: the value is longer than its field", field.name));
        }
        let colour = self.style.colour.or(looks.colour).unwrap_or(BLACK);
        let mut content = Operators::default();
        frame.frame(&mut content);
        self.marked_text(&mut content, &frame, face, &placed, colour);
        let mut resources = Dictionary::new();
        resources.set("Font", self.fonts.resources(&mut self.file, &[face]));
        let form = frame.form(&mut self.file, content, resources);
        self.set_appearance(widget, form);
        if self.style.colour.is_some()
            && let Some(dict) = self.file.dict_mut(widget)
        {
            dict.set("DA", Object::string_literal(looks.write(colour)));
        }
    }

    /// Text between the marks by which viewers find what they may replace.
    fn marked_text(
        &mut self,
        content: &mut Operators,
        frame: &WidgetBox,
        face: Face,
        placed: &Placed,
        colour: Colour,
    ) {
        let b = frame.border.max(0.5);
        content.raw("/Tx BMC").raw("q");
        content.op(&[b, b, frame.width - 2.0 * b, frame.height - 2.0 * b], "re").raw("W n");
        content.raw("BT").fill_colour(colour).font(face.resource(), placed.size);
        for line in &placed.lines {
            content.op(&[1.0, 0.0, 0.0, 1.0, line.x, line.y], "Tm");
            content.show(&self.fonts.encode(face, &line.text));
        }
        content.raw("ET").raw("Q").raw("EMC");
    }

    /// The lines of a list from the chosen one's neighbourhood, the chosen one marked.
    fn draw_list(&mut self, field: &AcroField, widget: ObjectId, chosen: Option<usize>) {
        let Some(frame) = WidgetBox::read(&self.file, widget) else { return };
        let looks = appearance::default_appearance(&self.file, field, widget);
        let base = appearance::font_name(&self.file, &looks.font);
        let size = if looks.size > 0.0 { looks.size } else { LIST_SIZE };
        let step = size * layout::LEADING;
        let rows = ((frame.height - 2.0 * frame.border) / step).floor().max(1.0) as usize;
        let first = chosen.map_or(0, |at| at.saturating_sub(rows - 1));
        let all: String = field.choices.iter().map(|choice| choice.shown.as_str()).collect();
        let face = Fonts::face(Face::like(&base), &all);
        let colour = self.style.colour.or(looks.colour).unwrap_or(BLACK);
        let mut content = Operators::default();
        frame.frame(&mut content);
        let top = frame.height - frame.border;
        content.raw("/Tx BMC").raw("q");
        content.op(&[0.0, 0.0, frame.width, frame.height], "re").raw("W n");
        for (row, choice) in field.choices.iter().skip(first).take(rows).enumerate() {
            let y = top - (row + 1) as f32 * step;
            if chosen == Some(first + row) {
                content.fill_colour(CHOSEN).op(&[0.0, y, frame.width, step], "re").raw("f");
            }
            content.raw("BT").fill_colour(colour).font(face.resource(), size);
            content.op(&[2.0 + frame.border, y + 0.25 * size], "Td");
            content.show(&self.fonts.encode(face, &choice.shown)).raw("ET");
        }
        content.raw("Q").raw("EMC");
        let mut resources = Dictionary::new();
        resources.set("Font", self.fonts.resources(&mut self.file, &[face]));
        let form = frame.form(&mut self.file, content, resources);
        self.set_appearance(widget, form);
    }

    /// Makes a form the normal appearance of a widget; others would show the old value.
    fn set_appearance(&mut self, widget: ObjectId, form: ObjectId) {
        let mut appearances = Dictionary::new();
        appearances.set("N", Object::Reference(form));
        if let Some(dict) = self.file.dict_mut(widget) {
            dict.set("AP", appearances);
            dict.remove(b"AS");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::text_string;
    use lopdf::{Object, StringFormat};

    #[test]
    fn text_strings_are_ascii_or_utf_16() {
        assert_eq!(text_string("a"), Object::String(b"a".to_vec(), StringFormat::Literal));
        let expected = Object::String(b"\xfe\xff\x01\x41".to_vec(), StringFormat::Hexadecimal);
        assert_eq!(text_string("Ł"), expected);
    }
}
