//! Looks into embedded font programs for what a code or a glyph number reads as.
//!
//! TrueType and OpenType through ttf-parser, bare CFF through its CFF table, Type 1 by its
//! clear-text header. A program that cannot be read says nothing.

use std::borrow::Cow;
use std::collections::HashMap;

use lopdf::Dictionary;
use ttf_parser::{GlyphId, RawFace, Tag, cff, cmap, hmtx, post};

use super::super::lexer::{Lexer, Token};
use super::super::objects::Objects;
use super::encoding_tables::MAC_ROMAN;
use super::{encoding, glyph_names};

/// The bytes of an embedded font program.
pub(super) struct Program<'a> {
    bytes: Cow<'a, [u8]>,
}

/// Finds the font program of a font descriptor.
pub(super) fn find<'a>(objects: &Objects<'a>, descriptor: &'a Dictionary) -> Option<Program<'a>> {
    [b"FontFile2".as_slice(), b"FontFile3", b"FontFile"]
        .iter()
        .find_map(|key| objects.stream(descriptor, key))
        .map(|stream| Program { bytes: objects.decode(stream) })
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
}

/// The parts of an sfnt file or a bare CFF program that tell letters.
struct Tables<'a> {
    cmap: Option<cmap::Table<'a>>,
    post: Option<post::Table<'a>>,
    cff: Option<cff::Table<'a>>,
}

impl Program<'_> {
    fn sfnt(&self) -> Option<RawFace<'_>> {
        let is_cff = self.bytes.first() == Some(&1)
            && self.bytes.get(1) == Some(&0)
            && self.bytes.get(2).is_some_and(|size| *size != 0);
        if is_cff { None } else { RawFace::parse(&self.bytes, 0).ok() }
    }

    fn tables(&self) -> Tables<'_> {
        let Some(face) = self.sfnt() else {
            return Tables { cmap: None, post: None, cff: cff::Table::parse(&self.bytes) };
        };
        let table = |tag: &[u8; 4]| face.table(Tag::from_bytes(tag));
        Tables {
            cmap: table(b"cmap").and_then(cmap::Table::parse),
            post: table(b"post").and_then(post::Table::parse),
            cff: table(b"CFF ").and_then(cff::Table::parse),
        }
    }

    fn glyph_count(&self, tables: &Tables<'_>) -> u16 {
        let by_cff = tables.cff.as_ref().map_or(0, cff::Table::number_of_glyphs);
        let profile = self.sfnt().and_then(|face| face.table(Tag::from_bytes(b"maxp")));
        by_cff.max(profile.and_then(|table| word(table, 4)).unwrap_or(0))
    }

    /// What each code of a simple font reads as by the program's own encoding.
    pub(super) fn letters_by_code(&self) -> Vec<Option<String>> {
        if self.bytes.starts_with(b"%!") || self.bytes.starts_with(b"\x80\x01") {
            return type1_letters(&self.bytes);
        }
        let tables = self.tables();
        let letters_by_glyph = tables.letters_by_glyph();
        let is_mac = tables.has_only_mac_map();
        (0..=255_u8)
            .map(|code| {
                let glyph = tables.glyph_of_code(code)?;
                let by_map = letters_by_glyph.get(&glyph.0).copied();
                let by_mac = || encoding::letter(&MAC_ROMAN, code).filter(|_| is_mac);
                tables.letters_of_name(glyph).or_else(|| by_map.or_else(by_mac).map(String::from))
            })
            .collect()
    }

    /// What each glyph reads as by the program's character map or glyph names.
    pub(super) fn letters_by_glyph(&self) -> HashMap<u16, String> {
        let tables = self.tables();
        let mut letters: HashMap<u16, String> = tables
            .letters_by_glyph()
            .into_iter()
            .map(|(glyph, letter)| (glyph, String::from(letter)))
            .collect();
        for glyph in 1..self.glyph_count(&tables) {
            if !letters.contains_key(&glyph)
                && let Some(name) = tables.letters_of_name(GlyphId(glyph))
            {
                letters.insert(glyph, name);
            }
        }
        letters
    }

    /// The glyph of each CID of a CID-keyed CFF program; empty for other programs.
    pub(super) fn glyph_of_cid(&self) -> HashMap<u16, u16> {
        let tables = self.tables();
        let Some(cff) = &tables.cff else { return HashMap::new() };
        (0..cff.number_of_glyphs())
            .filter_map(|glyph| Some((cff.glyph_cid(GlyphId(glyph))?, glyph)))
            .collect()
    }

    /// Width in em of the glyph of each code of a simple font, as far as the program tells.
    pub(super) fn widths_by_code(&self) -> Option<Vec<Option<f32>>> {
        let face = self.sfnt()?;
        let table = |tag: &[u8; 4]| face.table(Tag::from_bytes(tag));
        let units = word(table(b"head")?, 18).filter(|units| *units > 0)?;
        let metrics = std::num::NonZeroU16::new(word(table(b"hhea")?, 34)?)?.get();
        let glyphs = std::num::NonZeroU16::new(word(table(b"maxp")?, 4)?)?;
        let advances = hmtx::Table::parse(metrics, glyphs, table(b"hmtx")?)?;
        let tables = self.tables();
        let width = |code: u8| {
            let advance = advances.advance(tables.glyph_of_code(code)?)?;
            Some(f32::from(advance) / f32::from(units))
        };
        Some((0..=255_u8).map(width).collect())
    }
}

impl Tables<'_> {
    /// The glyph that a symbolic font shows for a code (ISO 32000-1, 9.6.6.4).
    fn glyph_of_code(&self, code: u8) -> Option<GlyphId> {
        if let Some(cmap) = &self.cmap {
            let symbol = cmap.subtables.into_iter().filter(|subtable| {
                subtable.platform_id == ttf_parser::PlatformId::Windows && subtable.encoding_id == 0
            });
            for subtable in symbol {
                for base in [0xf000, 0, 0xf100, 0xf200] {
                    if let Some(glyph) = subtable.glyph_index(base + u32::from(code)) {
                        return Some(glyph);
                    }
                }
            }
            let mac = cmap
                .subtables
                .into_iter()
                .find(|subtable| subtable.platform_id == ttf_parser::PlatformId::Macintosh);
            if let Some(glyph) = mac.and_then(|subtable| subtable.glyph_index(u32::from(code))) {
                return Some(glyph).filter(|glyph| glyph.0 != 0);
            }
        }
        self.cff.as_ref()?.glyph_index(code).filter(|glyph| glyph.0 != 0)
    }

    /// Codes of such a program are those of a Macintosh.
    fn has_only_mac_map(&self) -> bool {
        self.cmap.as_ref().is_some_and(|cmap| {
            cmap.subtables
                .into_iter()
                .all(|subtable| subtable.platform_id == ttf_parser::PlatformId::Macintosh)
        })
    }

    fn letters_of_name(&self, glyph: GlyphId) -> Option<String> {
        let name = self
            .cff
            .as_ref()
            .and_then(|cff| cff.glyph_name(glyph))
            .or_else(|| self.post.as_ref().and_then(|post| post.glyph_name(glyph)))?;
        let mut letters = String::new();
        glyph_names::push_letters(name.as_bytes(), false, &mut letters).then_some(letters)
    }

    /// Inverts the Unicode character maps; the lowest letter of a glyph wins.
    fn letters_by_glyph(&self) -> HashMap<u16, char> {
        let mut letters = HashMap::new();
        let Some(cmap) = &self.cmap else { return letters };
        for subtable in cmap.subtables.into_iter().filter(cmap::Subtable::is_unicode) {
            subtable.codepoints(|code| {
                if let (Some(glyph), Some(letter)) =
                    (subtable.glyph_index(code), char::from_u32(code))
                    && !('\u{e000}'..='\u{f8ff}').contains(&letter)
                    && !letter.is_control()
                {
                    letters.entry(glyph.0).or_insert(letter);
                }
            });
        }
        letters
    }
}

/// The built-in encoding of a Type 1 program: `dup 65 /A put` in its clear-text header.
fn type1_letters(bytes: &[u8]) -> Vec<Option<String>> {
    let mut letters = vec![None; 256];
    let header_end = memchr::memmem::find(bytes, b"eexec").unwrap_or(bytes.len());
    let header = bytes.get(..header_end).unwrap_or_default();
    let Some(start) = memchr::memmem::find(header, b"/Encoding") else { return letters };
    let lexer = Lexer::new(header.get(start + 9..).unwrap_or_default());
    let mut last: [Option<Token<'_>>; 2] = [None, None];
    for token in lexer {
        match token {
            Token::Keyword(b"put") => {
                if let [Some(Token::Number(code)), Some(Token::Name(name))] = last
                    && let Some(place) = letters.get_mut(code as usize)
                {
                    let mut text = String::new();
                    if glyph_names::push_letters(name, false, &mut text) {
                        *place = Some(text);
                    }
                }
            }
            Token::Keyword(b"def" | b"readonly") => break,
            _ => {}
        }
        last = [last[1], Some(token)];
    }
    letters
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::{Program, type1_letters};

    #[test]
    fn a_type1_header_tells_its_encoding() {
        let header = b"%!PS-AdobeFont-1.0: X\n/Encoding 256 array
            0 1 255 {1 index exch /.notdef put} for
            dup 65 /B put dup 66 /f_i put readonly def\ncurrentfile eexec";
        let letters = type1_letters(header);
        assert_eq!(letters[65].as_deref(), Some("B"));
        assert_eq!(letters[66].as_deref(), Some("fi"));
        assert_eq!(letters[67], None);
    }

    #[test]
    fn noise_says_nothing() {
        let program = Program { bytes: vec![1, 0, 4, 1, 255, 255, 3, 9].into() };
        assert!(program.letters_by_code().iter().all(Option::is_none));
        assert!(program.letters_by_glyph().is_empty());
        assert!(program.glyph_of_cid().is_empty());
    }
}
