//! Encodings of simple fonts: base tables, `Differences`, and text strings.

use lopdf::{Dictionary, Object};

use super::super::objects::{Objects, as_dict, as_integer, as_name};
use super::encoding_tables::{
    MAC_EXPERT, MAC_ROMAN, PDF_DOC, STANDARD, SYMBOL, WIN_ANSI, ZAPF_DINGBATS,
};

pub(crate) type Table = &'static [u16; 256];

/// What a font dictionary says about its encoding.
#[derive(Default)]
pub(super) struct FontEncoding<'a> {
    pub(super) base: Option<Table>,
    /// Code and glyph name.
    pub(super) differences: Vec<(u8, &'a [u8])>,
}

/// Reads `/Encoding` of a simple font.
pub(super) fn read<'a>(objects: &Objects<'a>, font: &'a Dictionary) -> FontEncoding<'a> {
    match objects.get(font, b"Encoding") {
        Some(Object::Name(name)) => FontEncoding { base: by_name(name), ..Default::default() },
        Some(object) => match as_dict(object) {
            Some(dict) => FontEncoding {
                base: objects.name(dict, b"BaseEncoding").and_then(by_name),
                differences: differences(objects, dict),
            },
            None => FontEncoding::default(),
        },
        None => FontEncoding::default(),
    }
}

fn differences<'a>(objects: &Objects<'a>, dict: &'a Dictionary) -> Vec<(u8, &'a [u8])> {
    let mut found = Vec::new();
    let mut code = 0_i64;
    for item in objects.array(dict, b"Differences").unwrap_or_default() {
        let item = objects.resolve(item);
        if let Some(start) = as_integer(item) {
            code = start;
        } else if let Some(name) = as_name(item) {
            if let Ok(code) = u8::try_from(code) {
                found.push((code, name));
            }
            code = code.saturating_add(1);
        }
    }
    found
}

pub(crate) fn by_name(name: &[u8]) -> Option<Table> {
    match name {
        b"StandardEncoding" => Some(&STANDARD),
        b"WinAnsiEncoding" => Some(&WIN_ANSI),
        b"MacRomanEncoding" => Some(&MAC_ROMAN),
        b"MacExpertEncoding" => Some(&MAC_EXPERT),
        _ => None,
    }
}

/// The built-in encoding of a font that is not embedded, by its name.
pub(super) fn built_in(font_name: &str) -> Table {
    if font_name.starts_with("Symbol") {
        &SYMBOL
    } else if font_name.contains("Dingbats") {
        &ZAPF_DINGBATS
    } else {
        &STANDARD
    }
}

/// The letter of a code, `None` for an empty place.
pub(crate) fn letter(table: Table, code: u8) -> Option<char> {
    let value = table.get(usize::from(code)).copied().unwrap_or(0);
    if value == 0 { None } else { char::from_u32(u32::from(value)) }
}

/// The letter that readers assume for a code that no table knows.
pub(super) fn assumed_letter(code: u8) -> Option<char> {
    letter(&STANDARD, code).or_else(|| letter(&WIN_ANSI, code)).filter(|_| code >= 0x20)
}

/// Decodes a text string: UTF-16, UTF-8 or PDFDocEncoding (ISO 32000-2, 7.9.2.2).
pub(crate) fn text_string(bytes: &[u8]) -> String {
    let text = match bytes {
        [0xfe, 0xff, rest @ ..] => utf_16(rest, u16::from_be_bytes),
        [0xff, 0xfe, rest @ ..] => utf_16(rest, u16::from_le_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => bytes.iter().filter_map(|&byte| letter(&PDF_DOC, byte)).collect(),
    };
    without_language_marks(text)
}

fn utf_16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.chunks_exact(2).map(|pair| match pair {
        [high, low] => unit([*high, *low]),
        _ => 0,
    });
    char::decode_utf16(units).map(|letter| letter.unwrap_or('\u{fffd}')).collect()
}

/// Takes off language escapes (U+001B, tag, U+001B) and NULs.
fn without_language_marks(text: String) -> String {
    if !text.contains(['\u{1b}', '\0']) {
        return text;
    }
    let mut kept = String::with_capacity(text.len());
    let mut inside = false;
    for letter in text.chars() {
        match letter {
            '\u{1b}' => inside = !inside,
            '\0' => {}
            _ if !inside => kept.push(letter),
            _ => {}
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::{assumed_letter, text_string};

    #[test]
    fn text_strings_are_decoded_by_their_mark() {
        assert_eq!(text_string(b"\xfe\xff\x00A\x20\xac"), "A€");
        assert_eq!(text_string(b"\xef\xbb\xbf\xc3\xa4"), "ä");
        assert_eq!(text_string(b"\xa0 caf\xe9"), "€ café");
        assert_eq!(text_string(b"\xfe\xff\x00\x1b\x00e\x00n\x00\x1b\x00A"), "A");
    }

    #[test]
    fn control_codes_have_no_letter() {
        assert_eq!(assumed_letter(3), None);
        assert_eq!(assumed_letter(b'A'), Some('A'));
    }
}
