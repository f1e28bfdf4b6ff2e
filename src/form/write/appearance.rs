//! What the appearances of widgets share: the box, its border and background, its rotation
//! (ISO 32000-1, 12.5.5 and 12.5.6.19), and the default appearance string of a field.

use lopdf::{Dictionary, Object, ObjectId};

use super::super::acroform::AcroField;
use super::super::file::PdfFile;
use super::overlay::numbers;
use super::{Colour, Operators};

/// A widget as it is drawn: its own space has its lower left corner at the origin.
#[derive(Debug, Clone, Copy)]
pub(super) struct WidgetBox {
    pub(super) width: f32,
    pub(super) height: f32,
    /// Turn against the page, counterclockwise: 0, 90, 180 or 270.
    pub(super) rotation: i64,
    pub(super) border: f32,
    pub(super) border_colour: Option<Colour>,
    pub(super) background: Option<Colour>,
}

fn float(object: &Object) -> Option<f32> {
    match object {
        Object::Integer(value) => Some(*value as f32),
        Object::Real(value) => Some(*value),
        _ => None,
    }
}

/// A colour of one, three or four components; an empty array is no colour.
fn colour(components: &[f32]) -> Option<Colour> {
    match *components {
        [gray] => Some(Colour([gray, gray, gray])),
        [r, g, b] => Some(Colour([r, g, b])),
        [c, m, y, k] => Some(Colour([c, m, y].map(|ink| 1.0 - (ink + k).min(1.0)))),
        _ => None,
    }
}

fn list(file: &PdfFile, dict: &Dictionary, key: &[u8]) -> Vec<f32> {
    let array = dict.get(key).map(|object| file.follow(object).1);
    match array {
        Ok(Object::Array(items)) => {
            items.iter().filter_map(|item| float(&file.follow(item).1)).collect()
        }
        _ => Vec::new(),
    }
}

fn sub_dict(file: &PdfFile, dict: &Dictionary, key: &[u8]) -> Option<Dictionary> {
    match file.follow(dict.get(key).ok()?).1 {
        Object::Dictionary(dict) => Some(dict),
        _ => None,
    }
}

impl WidgetBox {
    /// Reads the box of a widget.
    pub(super) fn read(file: &PdfFile, widget: ObjectId) -> Option<Self> {
        let dict = file.dict(widget)?;
        let rect: [f32; 4] = list(file, dict, b"Rect").try_into().ok()?;
        let look = sub_dict(file, dict, b"MK").unwrap_or_default();
        let rotation = match look.get(b"R").map(|turn| file.follow(turn).1) {
            Ok(Object::Integer(turn)) => turn.div_euclid(90).rem_euclid(4) * 90,
            _ => 0,
        };
        let (w, h) = ((rect[2] - rect[0]).abs(), (rect[3] - rect[1]).abs());
        let (width, height) = if rotation % 180 == 0 { (w, h) } else { (h, w) };
        let border_colour = colour(&list(file, &look, b"BC"));
        let style = sub_dict(file, dict, b"BS");
        let border = style.and_then(|style| style.get(b"W").ok().and_then(float));
        let border = if border_colour.is_some() { border.unwrap_or(1.0) } else { 0.0 };
        let background = colour(&list(file, &look, b"BG"));
        Some(Self { width, height, rotation, border, border_colour, background })
    }

    /// Draws background and border.
    pub(super) fn frame(&self, content: &mut Operators) {
        if let Some(background) = self.background {
            content.raw("q").fill_colour(background);
            content.op(&[0.0, 0.0, self.width, self.height], "re").raw("f").raw("Q");
        }
        if let Some(colour) = self.border_colour.filter(|_| self.border > 0.0) {
            let (half, b) = (self.border / 2.0, self.border);
            content.raw("q").stroke_colour(colour).op(&[b], "w");
            content.op(&[half, half, self.width - b, self.height - b], "re").raw("S").raw("Q");
        }
    }

    /// A form of these drawings.
    pub(super) fn form(
        &self,
        file: &mut PdfFile,
        content: Operators,
        resources: Dictionary,
    ) -> ObjectId {
        let (w, h) = (self.width, self.height);
        let matrix = match self.rotation {
            90 => [0.0, 1.0, -1.0, 0.0, h, 0.0],
            180 => [-1.0, 0.0, 0.0, -1.0, w, h],
            270 => [0.0, -1.0, 1.0, 0.0, 0.0, w],
            _ => [1.0, 0.0, 0.0, 1.0, 0.0, 0.0],
        };
        let mut form = Dictionary::new();
        form.set("Type", Object::Name(b"XObject".to_vec()));
        form.set("Subtype", Object::Name(b"Form".to_vec()));
        form.set("BBox", numbers(&[0.0, 0.0, w, h]));
        if self.rotation != 0 {
            form.set("Matrix", numbers(&matrix));
        }
        form.set("Resources", resources);
        file.add_stream(form, content.into_bytes())
    }
}

/// What a default appearance string says (ISO 32000-1, 12.7.3.3).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DefaultAppearance {
    pub(super) font: String,
    /// 0 leaves the size to the viewer.
    pub(super) size: f32,
    pub(super) colour: Option<Colour>,
}

impl DefaultAppearance {
    pub(super) fn read(text: &[u8]) -> Self {
        let text = String::from_utf8_lossy(text).replace('/', " /");
        let mut found = Self { font: "Helv".to_owned(), size: 0.0, colour: None };
        let mut operands: Vec<&str> = Vec::new();
        for token in text.split_whitespace() {
            let numbers = |count: usize| -> Vec<f32> {
                let tail = operands.iter().rev().take(count).rev();
                tail.filter_map(|token| token.parse().ok()).collect()
            };
            match token {
                "Tf" => {
                    let name = operands.iter().rev().find_map(|token| token.strip_prefix('/'));
                    found.font = name.unwrap_or("Helv").to_owned();
                    found.size = numbers(1).first().copied().unwrap_or(0.0).abs();
                }
                "g" => found.colour = colour(&numbers(1)),
                "rg" => found.colour = colour(&numbers(3)),
                "k" => found.colour = colour(&numbers(4)),
                _ => {
                    operands.push(token);
                    continue;
                }
            }
            operands.clear();
        }
        found
    }

    /// As a string, so that viewers that draw the value anew keep its colour.
    pub(super) fn write(&self, colour: Colour) -> String {
        let Colour([r, g, b]) = colour;
        format!("/{} {} Tf {r:.3} {g:.3} {b:.3} rg", self.font, self.size)
    }
}

/// The base name of the font that a field's default appearance names.
pub(super) fn font_name(file: &PdfFile, resource: &str) -> String {
    let objects = file.objects();
    let base = objects
        .catalog()
        .and_then(|catalog| objects.dict(catalog, b"AcroForm"))
        .and_then(|form| objects.dict(form, b"DR"))
        .and_then(|resources| objects.dict(resources, b"Font"))
        .and_then(|fonts| objects.dict(fonts, resource.as_bytes()))
        .and_then(|font| objects.name(font, b"BaseFont"));
    base.map_or_else(|| resource.to_owned(), |name| String::from_utf8_lossy(name).into_owned())
}

/// The default appearance of a widget, which may have its own, or of its field.
pub(super) fn default_appearance(
    file: &PdfFile,
    field: &AcroField,
    widget: ObjectId,
) -> DefaultAppearance {
    let own = file.dict(widget).and_then(|dict| dict.get(b"DA").ok());
    let own = own.map(|own| file.follow(own).1);
    match own {
        Some(Object::String(text, _)) => DefaultAppearance::read(&text),
        _ => DefaultAppearance::read(field.default_appearance.as_deref().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Colour, DefaultAppearance};

    #[test]
    fn font_size_and_colour_are_read_in_any_order() {
        let found = DefaultAppearance::read(b"0 0 1 rg /F1 9.5 Tf");
        assert_eq!((found.font.as_str(), found.size), ("F1", 9.5));
        assert_eq!(found.colour, Some(Colour([0.0, 0.0, 1.0])));
        let found = DefaultAppearance::read(b"/Helv 0 Tf 0 g");
        assert_eq!((found.size, found.colour), (0.0, Some(Colour([0.0, 0.0, 0.0]))));
        assert_eq!(DefaultAppearance::read(b"").font, "Helv");
    }
}
