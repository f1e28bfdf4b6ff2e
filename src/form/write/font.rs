//! Fonts that values are written in: standard ones for western letters, a subset of an
//! embedded one for everything else.
//!
//! Owns widths and codes of letters, and the font objects of a file. Must not know layout.

use std::collections::BTreeMap;

use lopdf::{Dictionary, Object, ObjectId};
use unicode_bidi::BidiInfo;

use super::super::file::PdfFile;
use super::embedded::Embedded;
use crate::document::pdf::font::encoding::{self, Table};
use crate::document::pdf::font::standard;

/// A font that text is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::form) enum Face {
    /// One of the fonts that every viewer has, by its name.
    Standard(&'static str),
    /// The font of this program.
    Embedded,
}

impl Face {
    /// Its name in resources.
    pub(in crate::form) fn resource(self) -> &'static str {
        match self {
            Self::Standard("Helvetica-Bold") => "DsHeBo",
            Self::Standard("Times-Roman") => "DsTiRo",
            Self::Standard("Times-Bold") => "DsTiBo",
            Self::Standard("Courier") => "DsCour",
            Self::Standard("Courier-Bold") => "DsCoBo",
            Self::Standard(_) => "DsHelv",
            Self::Embedded => "DsSans",
        }
    }

    /// The standard font that a font's name or resource name resembles.
    pub(in crate::form) fn like(name: &str) -> Self {
        let lower = name.to_ascii_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        let is_bold = has(&["bold", "black", "hebo", "tibo", "cobo", ",bd"]);
        let family = if has(&["cour", "mono", "consol", "cour"]) {
            ["Courier", "Courier-Bold"]
        } else if has(&["times", "roman", "serif", "georgia", "tiro", "tibo", "garamond", "minion"])
            && !has(&["sans"])
        {
            ["Times-Roman", "Times-Bold"]
        } else {
            ["Helvetica", "Helvetica-Bold"]
        };
        let [plain, bold] = family;
        Self::Standard(if is_bold { bold } else { plain })
    }
}

/// The fonts of a file that is written.
#[derive(Debug, Default)]
pub(in crate::form) struct Fonts {
    standard: BTreeMap<&'static str, ObjectId>,
    embedded: Embedded,
}

fn win_ansi() -> Option<Table> {
    encoding::by_name(b"WinAnsiEncoding")
}

/// The code of a letter in WinAnsi.
fn win_ansi_code(letter: char) -> Option<u8> {
    let code = u8::try_from(u32::from(letter)).ok().filter(|code| (0x20..0x7f).contains(code));
    code.or_else(|| {
        let table = win_ansi()?;
        (0x80..=0xff).find(|code| {
            encoding::letter(table, *code) == Some(letter) && (letter != '•' || *code == 0x95)
        })
    })
}

impl Fonts {
    /// The face for a text: the wanted one, unless it lacks a letter.
    pub(in crate::form) fn face(wanted: Face, text: &str) -> Face {
        let plain = |letter: char| letter.is_control() || win_ansi_code(letter).is_some();
        match wanted {
            Face::Standard(_) if text.chars().all(plain) => wanted,
            _ => Face::Embedded,
        }
    }

    /// Letters of a text that no font here has.
    pub(in crate::form) fn missing(&self, face: Face, text: &str) -> Vec<char> {
        let mut missing: Vec<char> = match face {
            Face::Standard(_) => Vec::new(),
            Face::Embedded => text
                .chars()
                .filter(|letter| !letter.is_control() && !self.embedded.has(*letter))
                .collect(),
        };
        missing.sort_unstable();
        missing.dedup();
        missing
    }

    /// Width of a text in em.
    pub(in crate::form) fn measure(&self, face: Face, text: &str) -> f32 {
        match face {
            Face::Standard(name) => text
                .chars()
                .map(|c| standard::width(name, win_ansi_code(c).unwrap_or(b' '), Some(c)))
                .sum(),
            Face::Embedded => text.chars().map(|letter| self.embedded.width(letter)).sum(),
        }
    }

    /// The codes of a line of text, as it is shown: letters from right to left are turned.
    pub(in crate::form) fn encode(&mut self, face: Face, text: &str) -> Vec<u8> {
        match face {
            Face::Standard(_) => text.chars().filter_map(win_ansi_code).collect(),
            Face::Embedded => {
                let shown = in_order_of_sight(text);
                shown.chars().flat_map(|letter| self.embedded.code(letter)).collect()
            }
        }
    }

    /// Fonts for resources.
    pub(in crate::form) fn resources(&mut self, file: &mut PdfFile, faces: &[Face]) -> Dictionary {
        let mut fonts = Dictionary::new();
        for face in faces {
            let id = match face {
                Face::Standard(name) => {
                    *self.standard.entry(name).or_insert_with(|| file.add(standard_font(name)))
                }
                Face::Embedded => self.embedded.id(file),
            };
            fonts.set(face.resource(), Object::Reference(id));
        }
        fonts
    }

    /// Writes what is known only at the end: the letters that were used.
    pub(in crate::form) fn write(&self, file: &mut PdfFile) {
        self.embedded.write(file);
    }
}

fn standard_font(name: &str) -> Dictionary {
    let named = |text: &str| Object::Name(text.as_bytes().to_vec());
    let mut font = Dictionary::new();
    font.set("Type", named("Font"));
    font.set("Subtype", named("Type1"));
    font.set("BaseFont", named(name));
    font.set("Encoding", named("WinAnsiEncoding"));
    font
}

fn in_order_of_sight(text: &str) -> String {
    let has_right_to_left = text.chars().any(
        |c| matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}'),
    );
    if !has_right_to_left {
        return text.to_owned();
    }
    let shaped = super::super::arabic::shape(text);
    let bidi = BidiInfo::new(&shaped, None);
    let lines = bidi.paragraphs.iter().map(|line| bidi.reorder_line(line, line.range.clone()));
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::{Face, Fonts};

    #[test]
    fn western_text_needs_no_embedded_font() {
        let wanted = Face::like("Helv");
        assert_eq!(Fonts::face(wanted, "Zoë: 5 €"), Face::Standard("Helvetica"));
        assert_eq!(Fonts::face(wanted, "Łódź"), Face::Embedded);
        assert_eq!(Face::like("TimesNewRomanPS-BoldMT"), Face::Standard("Times-Bold"));
        let mut fonts = Fonts::default();
        assert_eq!(fonts.encode(wanted, "5 €"), b"5 \x80");
        assert!((fonts.measure(wanted, "ii") - 0.444).abs() < 1e-4);
    }

    #[test]
    fn right_to_left_text_is_turned() {
        assert_eq!(super::in_order_of_sight("אבג 12"), "12 גבא");
    }

    #[test]
    fn letters_that_no_font_has_are_told() {
        let fonts = Fonts::default();
        assert_eq!(fonts.missing(Face::Embedded, "Ω漢"), vec!['漢']);
    }
}
