//! Fonts: from the codes of a string to letters and widths.
//!
//! A font is read once per document. Letters come from, in this order: `ToUnicode`, glyph names
//! (encoding and differences), the font program, the predefined map of a character collection,
//! the tables of the standard fonts. It knows nothing of positions on a page.

mod cmap;
mod collection;
mod composite;
pub(crate) mod encoding;
mod encoding_tables;
mod glyph_names;
mod legacy;
mod letters;
mod program;
mod simple;
pub(crate) mod standard;
mod standard_widths;

use std::collections::HashMap;

use lopdf::Dictionary;

use super::objects::Objects;
use crate::document::model::{Font, FontStyle};
pub(super) use letters::{LetterStore, Letters};

/// One code of a string, decoded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Code {
    pub(super) letters: Letters,
    /// Advance in em; downwards for vertical fonts.
    pub(super) advance: f32,
    /// Width in em: the advance of horizontal fonts.
    pub(super) width: f32,
    /// Bytes it took.
    pub(super) length: usize,
    /// It is the single byte 32, to which word spacing applies.
    pub(super) is_word_space: bool,
}

/// A font ready for use.
pub(super) struct PdfFont {
    pub(super) info: Font,
    pub(super) vertical: bool,
    /// Height above the baseline in em.
    pub(super) ascent: f32,
    /// Depth below the baseline in em, negative.
    pub(super) descent: f32,
    /// Width of the blank in em; 0 when the font has none.
    pub(super) space_width: f32,
    /// Mean width of a glyph in em; 0 when it is not known.
    pub(super) mean_width: f32,
    /// Length of an em in units of the size the font is set in: 1 but for Type 3 fonts.
    pub(super) em: f32,
    decoder: Decoder,
}

enum Decoder {
    Simple(Box<simple::SimpleFont>),
    Composite(Box<composite::CompositeFont>),
}

impl PdfFont {
    /// Takes the next code off a string; `None` at its end.
    pub(super) fn next_code(&self, bytes: &[u8]) -> Option<Code> {
        match &self.decoder {
            Decoder::Simple(font) => font.code(*bytes.first()?),
            Decoder::Composite(font) => {
                if bytes.is_empty() {
                    None
                } else {
                    Some(font.next_code(bytes))
                }
            }
        }
    }
}

/// The fonts of a document, each read once, and the store of their letters.
#[derive(Default)]
pub(super) struct FontTable {
    pub(super) fonts: Vec<PdfFont>,
    pub(super) store: LetterStore,
    /// By the address of the font's dictionary, which the opened file keeps in place.
    by_address: HashMap<usize, u32>,
}

impl FontTable {
    /// The index of a font, read at first use.
    pub(super) fn index_of<'a>(&mut self, objects: &Objects<'a>, dict: &'a Dictionary) -> u32 {
        let address = std::ptr::from_ref(dict) as usize;
        if let Some(index) = self.by_address.get(&address) {
            return *index;
        }
        let index = self.fonts.len() as u32;
        self.fonts.push(load(objects, dict, &mut self.store));
        self.by_address.insert(address, index);
        index
    }
}

impl FontTable {
    /// The font that readers take when a name leads to none: Helvetica.
    pub(super) fn substitute(&mut self) -> u32 {
        *self.by_address.entry(0).or_insert_with(|| {
            self.fonts.push(PdfFont {
                info: Font { name: "Helvetica".to_owned(), ..Font::default() },
                vertical: false,
                ascent: 0.8,
                descent: -0.2,
                space_width: 0.278,
                mean_width: 0.5,
                em: 1.0,
                decoder: Decoder::Simple(Box::new(simple::SimpleFont::substitute())),
            });
            self.fonts.len() as u32 - 1
        })
    }
}

fn load<'a>(objects: &Objects<'a>, dict: &'a Dictionary, store: &mut LetterStore) -> PdfFont {
    let descendant = objects
        .array(dict, b"DescendantFonts")
        .and_then(|fonts| fonts.first())
        .and_then(|font| super::objects::as_dict(objects.resolve(font)));
    let inner = descendant.unwrap_or(dict);
    let descriptor = objects.dict(inner, b"FontDescriptor");
    let name = base_name(objects.name(inner, b"BaseFont").or(objects.name(dict, b"BaseFont")));
    let metric = |key: &[u8]| {
        descriptor.and_then(|dict| objects.number(dict, key)).map(|value| value as f32 / 1000.0)
    };
    let ascent = metric(b"Ascent").filter(|value| (0.3..=1.5).contains(value));
    let descent =
        metric(b"Descent").map(|value| -value.abs()).filter(|v| (-0.8..-0.05).contains(v));
    let flags = descriptor.and_then(|dict| objects.integer(dict, b"Flags")).unwrap_or(0);
    let style = style(objects, &name, flags, descriptor);
    let is_composite = objects.name(dict, b"Subtype") == Some(b"Type0") || descendant.is_some();
    let info = Font { monospaced: flags & 1 != 0 || is_monospaced_name(&name), style, name };
    let font = |decoder: Decoder, vertical, space_width, mean_width, em| PdfFont {
        info: info.clone(),
        vertical,
        ascent: ascent.unwrap_or(0.8),
        descent: descent.unwrap_or(-0.2),
        space_width,
        mean_width,
        em,
        decoder,
    };
    if is_composite {
        let read = composite::load(objects, dict, inner, descriptor, store);
        let (vertical, blank, mean) = (read.vertical(), read.space_width(), read.mean_width());
        font(Decoder::Composite(Box::new(read)), vertical, blank, mean, 1.0)
    } else {
        let mut read = simple::load(objects, dict, descriptor, &info.name, store);
        let is_type3 = objects.name(dict, b"Subtype") == Some(b"Type3");
        let em = if is_type3 { simple::type3_em(objects, dict, &read) } else { 1.0 };
        read.rescale(em);
        let (blank, mean) = (read.space_width(), read.mean_width());
        font(Decoder::Simple(Box::new(read)), false, blank, mean, em)
    }
}

/// A font name without its subset tag.
fn base_name(name: Option<&[u8]>) -> String {
    let name = String::from_utf8_lossy(name.unwrap_or_default()).into_owned();
    match name.split_once('+') {
        Some((tag, rest)) if tag.len() == 6 && tag.bytes().all(|b| b.is_ascii_uppercase()) => {
            rest.to_owned()
        }
        _ => name,
    }
}

fn style<'a>(
    objects: &Objects<'a>,
    name: &str,
    flags: i64,
    descriptor: Option<&'a Dictionary>,
) -> FontStyle {
    let lower = name.to_ascii_lowercase();
    let named = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let weight = descriptor.and_then(|dict| objects.number(dict, b"FontWeight")).unwrap_or(0.0);
    let angle = descriptor.and_then(|dict| objects.number(dict, b"ItalicAngle")).unwrap_or(0.0);
    FontStyle {
        bold: named(&["bold", "black", "heavy", "demi"])
            || flags & 0x4_0000 != 0
            || weight >= 600.0,
        italic: named(&["italic", "oblique"]) || flags & 0x40 != 0 || angle.abs() > 1.0,
    }
}

fn is_monospaced_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    ["courier", "mono", "consol", "typewriter"].iter().any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests {
    use super::base_name;

    #[test]
    fn subset_tags_are_taken_off() {
        assert_eq!(base_name(Some(b"ABCDEF+Times-Bold")), "Times-Bold");
        assert_eq!(base_name(Some(b"A+B")), "A+B");
        assert_eq!(base_name(None), "");
    }
}
