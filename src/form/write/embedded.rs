//! The font of this program as a PDF font: only the letters that were used travel along.
//!
//! The glyphs keep their numbers; the outlines of the others are left out (OpenType 1.9,
//! `glyf` and `loca`), so widths and codes need no renumbering. The font is DejaVu Sans
//! without the letters that few forms need; its licence is in NOTICE.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::OnceLock;

use lopdf::{Dictionary, Object, ObjectId, StringFormat};
use ttf_parser::{Face, GlyphId, RawFace, Tag};

use crate::form::file::PdfFile;

const FONT: &[u8] = include_bytes!("dejavu_sans.ttf");
const NAME: &str = "DSFORM+DejaVuSans";
/// Tables that a PDF viewer needs of a font it gets by glyph number.
const TABLES: [&[u8; 4]; 8] =
    [b"cvt ", b"fpgm", b"glyf", b"head", b"hhea", b"hmtx", b"loca", b"maxp"];
/// Composite glyphs: a component follows, and words instead of bytes.
const MORE_COMPONENTS: u16 = 0x20;
const WORDS: u16 = 0x01;
const SCALE: u16 = 0x08;
const TWO_SCALES: u16 = 0x40;
const MATRIX: u16 = 0x80;

/// Which letters are used, and the object of the font once there is one.
#[derive(Debug, Default)]
pub(super) struct Embedded {
    used: BTreeMap<u16, char>,
    id: Option<ObjectId>,
}

fn face() -> Option<&'static Face<'static>> {
    static FACE: OnceLock<Option<Face<'static>>> = OnceLock::new();
    FACE.get_or_init(|| Face::parse(FONT, 0).ok()).as_ref()
}

fn glyph(letter: char) -> Option<GlyphId> {
    face()?.glyph_index(letter)
}

fn width_of(glyph: GlyphId) -> f32 {
    let Some(face) = face() else { return 0.5 };
    let advance = face.glyph_hor_advance(glyph).unwrap_or(0);
    f32::from(advance) / f32::from(face.units_per_em().max(1))
}

impl Embedded {
    pub(super) fn has(&self, letter: char) -> bool {
        glyph(letter).is_some()
    }

    pub(super) fn width(&self, letter: char) -> f32 {
        glyph(letter).map_or(0.6, width_of)
    }

    /// The code of a letter, two bytes; a letter that is missing shows as an empty box.
    pub(super) fn code(&mut self, letter: char) -> [u8; 2] {
        let glyph = glyph(letter).unwrap_or(GlyphId(0));
        self.used.entry(glyph.0).or_insert(letter);
        glyph.0.to_be_bytes()
    }

    pub(super) fn id(&mut self, file: &mut PdfFile) -> ObjectId {
        *self.id.get_or_insert_with(|| file.add(Object::Null))
    }

    /// Writes the font into the object that was promised.
    pub(super) fn write(&self, file: &mut PdfFile) {
        let (Some(id), Some(face)) = (self.id, face()) else { return };
        let name = |text: &str| Object::Name(text.as_bytes().to_vec());
        let program = subset(face.raw_face(), &self.used).unwrap_or_else(|| FONT.to_vec());
        let mut entries = Dictionary::new();
        entries.set("Length1", program.len() as i64);
        let program = file.add_stream(entries, program);
        let descriptor = file.add(descriptor(face, program));
        let mut info = Dictionary::new();
        for (key, value) in [("Registry", "Adobe"), ("Ordering", "Identity")] {
            info.set(key, Object::String(value.into(), StringFormat::Literal));
        }
        info.set("Supplement", 0);
        let mut cid = Dictionary::new();
        cid.set("Type", name("Font"));
        cid.set("Subtype", name("CIDFontType2"));
        cid.set("BaseFont", name(NAME));
        cid.set("CIDSystemInfo", info);
        cid.set("FontDescriptor", Object::Reference(descriptor));
        cid.set("CIDToGIDMap", name("Identity"));
        cid.set("DW", 600);
        let widths = self.used.keys().flat_map(|glyph| {
            let width = (width_of(GlyphId(*glyph)) * 1000.0).round() as i64;
            [Object::Integer(i64::from(*glyph)), Object::Array(vec![width.into()])]
        });
        cid.set("W", Object::Array(widths.collect()));
        let cid = file.add(cid);
        let map = file.add_stream(Dictionary::new(), self.to_unicode().into_bytes());
        let mut font = Dictionary::new();
        font.set("Type", name("Font"));
        font.set("Subtype", name("Type0"));
        font.set("BaseFont", name(NAME));
        font.set("Encoding", name("Identity-H"));
        font.set("DescendantFonts", Object::Array(vec![Object::Reference(cid)]));
        font.set("ToUnicode", Object::Reference(map));
        if let Some(object) = file.object_mut(id) {
            *object = Object::Dictionary(font);
        }
    }

    fn to_unicode(&self) -> String {
        let mut map = "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n\
                       /CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n\
                       1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
            .to_owned();
        let entries: Vec<(&u16, &char)> = self.used.iter().collect();
        for chunk in entries.chunks(100) {
            let _ = writeln!(map, "{} beginbfchar", chunk.len());
            for (glyph, letter) in chunk {
                let _ = write!(map, "<{glyph:04X}> <");
                for unit in plain(**letter).encode_utf16(&mut [0; 2]) {
                    let _ = write!(map, "{unit:04X}");
                }
                map.push_str(">\n");
            }
            map.push_str("endbfchar\n");
        }
        map.push_str("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n");
        map
    }
}

/// The letter that a shaped form of it stands for.
fn plain(letter: char) -> char {
    crate::form::arabic::plain(letter)
}

fn descriptor(face: &Face<'_>, program: ObjectId) -> Dictionary {
    let scale = 1000.0 / f32::from(face.units_per_em().max(1));
    let scaled = |value: i16| (f32::from(value) * scale).round() as i64;
    let bounds = face.global_bounding_box();
    let mut descriptor = Dictionary::new();
    let corners = [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max];
    descriptor.set("Type", Object::Name(b"FontDescriptor".to_vec()));
    descriptor.set("FontName", Object::Name(NAME.into()));
    // Bit 6: letters beyond the standard Latin set are counted as nonsymbolic too.
    descriptor.set("Flags", 1 << 5);
    descriptor.set("FontBBox", Object::Array(corners.map(|c| scaled(c).into()).to_vec()));
    descriptor.set("ItalicAngle", 0);
    descriptor.set("Ascent", scaled(face.ascender()));
    descriptor.set("Descent", scaled(face.descender()));
    descriptor.set("CapHeight", 729);
    descriptor.set("StemV", 80);
    descriptor.set("FontFile2", Object::Reference(program));
    descriptor
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let pair = bytes.get(at..at + 2)?;
    <[u8; 2]>::try_from(pair).ok().map(u16::from_be_bytes)
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let four = bytes.get(at..at + 4)?;
    <[u8; 4]>::try_from(four).ok().map(u32::from_be_bytes)
}

/// The outlines of a font by glyph number.
struct Outlines<'a> {
    glyf: &'a [u8],
    loca: &'a [u8],
    is_long: bool,
    count: usize,
}

impl<'a> Outlines<'a> {
    fn of(font: &RawFace<'a>) -> Option<Self> {
        let table = |name: &[u8; 4]| font.table(Tag::from_bytes(name));
        let is_long = u16_at(table(b"head")?, 50)? == 1;
        let count = usize::from(u16_at(table(b"maxp")?, 4)?);
        Some(Self { glyf: table(b"glyf")?, loca: table(b"loca")?, is_long, count })
    }

    fn get(&self, glyph: usize) -> Option<&'a [u8]> {
        let offset = |at: usize| match self.is_long {
            true => u32_at(self.loca, at * 4).map(|offset| offset as usize),
            false => u16_at(self.loca, at * 2).map(|offset| usize::from(offset) * 2),
        };
        self.glyf.get(offset(glyph)?..offset(glyph + 1)?)
    }

    /// Glyphs that a composite glyph is put together from.
    fn components(&self, glyph: usize) -> Vec<usize> {
        let mut found = Vec::new();
        let Some(outline) = self.get(glyph) else { return found };
        // A negative number of contours marks a composite.
        if u16_at(outline, 0).is_none_or(|contours| contours < 0x8000) {
            return found;
        }
        let mut at = 10;
        while let (Some(flags), Some(part)) = (u16_at(outline, at), u16_at(outline, at + 2)) {
            found.push(usize::from(part));
            let has = |flag: u16| flags & flag != 0;
            at += 4 + if has(WORDS) { 4 } else { 2 };
            at += match (has(SCALE), has(TWO_SCALES), has(MATRIX)) {
                (true, _, _) => 2,
                (_, true, _) => 4,
                (_, _, true) => 8,
                _ => 0,
            };
            if !has(MORE_COMPONENTS) {
                break;
            }
        }
        found
    }
}

/// The font with the outlines of the used glyphs only.
fn subset(font: &RawFace<'_>, used: &BTreeMap<u16, char>) -> Option<Vec<u8>> {
    let outlines = Outlines::of(font)?;
    let mut wanted = vec![false; outlines.count];
    let mut open: Vec<usize> = used.keys().map(|glyph| usize::from(*glyph)).chain([0]).collect();
    while let Some(glyph) = open.pop() {
        if let Some(place) = wanted.get_mut(glyph).filter(|place| !**place) {
            *place = true;
            open.extend(outlines.components(glyph));
        }
    }
    let (mut glyf, mut loca) = (Vec::new(), Vec::new());
    for (glyph, wanted) in wanted.iter().enumerate() {
        loca.extend_from_slice(&u32::try_from(glyf.len()).ok()?.to_be_bytes());
        if *wanted {
            glyf.extend_from_slice(outlines.get(glyph)?);
            glyf.resize(glyf.len().next_multiple_of(4), 0);
        }
    }
    loca.extend_from_slice(&u32::try_from(glyf.len()).ok()?.to_be_bytes());
    let mut tables: Vec<(&[u8; 4], Vec<u8>)> = Vec::new();
    for name in TABLES {
        let Some(table) = font.table(Tag::from_bytes(name)) else { continue };
        let mut table = match name {
            b"glyf" => glyf.clone(),
            b"loca" => loca.clone(),
            _ => table.to_vec(),
        };
        if name == b"head" {
            // Long offsets; the checksum of the whole is filled in below.
            table.get_mut(50..52)?.copy_from_slice(&1_u16.to_be_bytes());
            table.get_mut(8..12)?.fill(0);
        }
        tables.push((name, table));
    }
    font_file(&tables)
}

fn checksum(bytes: &[u8]) -> u32 {
    bytes.chunks(4).fold(0_u32, |sum, chunk| {
        let mut four = [0; 4];
        four.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
        sum.wrapping_add(u32::from_be_bytes(four))
    })
}

/// Puts tables together to a font file.
fn font_file(tables: &[(&[u8; 4], Vec<u8>)]) -> Option<Vec<u8>> {
    let count = u16::try_from(tables.len()).ok()?;
    let log = count.checked_ilog2()?;
    let range = 16_u16 << log;
    let mut file = vec![0, 1, 0, 0];
    for value in [count, range, log as u16, count * 16 - range] {
        file.extend_from_slice(&value.to_be_bytes());
    }
    let mut offset = file.len() + 16 * tables.len();
    let mut body = Vec::new();
    let mut head = None;
    for (name, table) in tables {
        if *name == b"head" {
            head = Some(offset);
        }
        file.extend_from_slice(*name);
        for value in [checksum(table), u32::try_from(offset).ok()?, table.len() as u32] {
            file.extend_from_slice(&value.to_be_bytes());
        }
        body.extend_from_slice(table);
        body.resize(body.len().next_multiple_of(4), 0);
        offset += table.len().next_multiple_of(4);
    }
    file.extend_from_slice(&body);
    let whole = 0xb1b0_afba_u32.wrapping_sub(checksum(&file));
    let at = head? + 8;
    file.get_mut(at..at + 4)?.copy_from_slice(&whole.to_be_bytes());
    Some(file)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_subset_is_a_font_and_much_smaller() {
        let mut embedded = Embedded::default();
        for letter in "Łódź".chars() {
            embedded.code(letter);
        }
        let bytes = subset(face().unwrap().raw_face(), &embedded.used).unwrap();
        assert!(bytes.len() < FONT.len() / 2, "{}", bytes.len());
        assert_eq!(checksum(&bytes), 0xb1b0_afba);
        let raw = RawFace::parse(&bytes, 0).unwrap();
        let outlines = Outlines::of(&raw).unwrap();
        let glyph = |letter| usize::from(glyph(letter).unwrap().0);
        // Composite letters bring the letters they are made of.
        assert!(!outlines.get(glyph('ó')).unwrap().is_empty());
        assert!(!outlines.get(glyph('o')).unwrap().is_empty());
        assert!(outlines.get(glyph('W')).unwrap().is_empty());
    }
}
