//! Composite fonts: codes of one to four bytes, glyphs by character identifier (CID).

use std::collections::HashMap;

use lopdf::{Dictionary, Object};

use super::super::objects::{Objects, as_integer, as_number};
use super::cmap::CMap;
use super::collection::{self, Collection};
use super::legacy::{self, Predefined};
use super::letters::{LetterStore, Letters};
use super::{Code, program};

/// How codes become CIDs.
enum Encoding {
    /// Two bytes, the CID itself.
    Identity,
    /// A map embedded in the file.
    Embedded(CMap),
    Predefined(Predefined),
}

/// CIDs `low..=high` are `width` em wide.
#[derive(Debug, Clone, Copy)]
struct WidthRange {
    low: u32,
    high: u32,
    width: f32,
}

/// A composite font.
pub(super) struct CompositeFont {
    encoding: Encoding,
    to_unicode: Option<CMap>,
    /// `ToUnicode` says that codes are UTF-16 already.
    codes_are_utf16: bool,
    letters_by_cid: HashMap<u32, Letters>,
    collection: Option<&'static Collection>,
    widths: Vec<WidthRange>,
    default_width: f32,
    vertical: bool,
    /// Advance downwards in em.
    vertical_advance: f32,
}

impl CompositeFont {
    pub(super) fn vertical(&self) -> bool {
        self.vertical
    }

    /// Width of the blank in em, 0 when it is not known.
    pub(super) fn space_width(&self) -> f32 {
        let Some(map) = &self.to_unicode else { return 0.0 };
        let mut width = 0.0;
        map.each_letters(|code, letters| {
            if letters == Letters::SPACE {
                width = self.width(self.cid(code));
            }
        });
        width
    }

    fn cid(&self, code: u32) -> u32 {
        match &self.encoding {
            Encoding::Embedded(map) if map.has_cids() => map.cid(code).unwrap_or(0),
            _ => code,
        }
    }

    fn width(&self, cid: u32) -> f32 {
        let after = self.widths.partition_point(|range| range.low <= cid);
        match after.checked_sub(1).and_then(|at| self.widths.get(at)) {
            Some(range) if cid <= range.high => range.width,
            _ => self.default_width,
        }
    }

    /// Takes the next code off a string that is not empty.
    pub(super) fn next_code(&self, bytes: &[u8]) -> Code {
        let (code, length, own_letter) = match &self.encoding {
            Encoding::Identity => {
                let (high, low) = (bytes.first(), bytes.get(1));
                let code = match (high, low) {
                    (Some(high), Some(low)) => u32::from(*high) << 8 | u32::from(*low),
                    (Some(only), None) => u32::from(*only),
                    _ => 0,
                };
                (code, bytes.len().min(2), None)
            }
            Encoding::Embedded(map) => {
                let (code, length) = map.next_code(bytes);
                (code, length, None)
            }
            Encoding::Predefined(predefined) => {
                let (letter, length) = predefined.next_letter(bytes);
                let code =
                    bytes.iter().take(length).fold(0, |sum, byte| sum << 8 | u32::from(*byte));
                (code, length, letter)
            }
        };
        let cid = match (&self.encoding, own_letter) {
            (Encoding::Predefined(map), Some(letter)) => {
                map.cid_of(letter).or_else(|| self.collection?.cid(letter)).unwrap_or(u32::MAX)
            }
            _ => self.cid(code),
        };
        let letters = self.letters(code, cid, own_letter);
        let width = self.width(cid);
        let advance = if self.vertical { self.vertical_advance } else { width };
        Code { letters, advance, width, length, is_word_space: length == 1 && code == 32 }
    }

    fn letters(&self, code: u32, cid: u32, own_letter: Option<char>) -> Letters {
        if self.codes_are_utf16
            && let Some(letter) = char::from_u32(code).filter(|letter| *letter != '\0')
        {
            return Letters::one(letter);
        }
        self.to_unicode
            .as_ref()
            .and_then(|map| map.letters(code))
            .or_else(|| own_letter.map(Letters::one))
            .or_else(|| self.letters_by_cid.get(&cid).copied())
            .or_else(|| self.collection?.letter(cid).map(Letters::one))
            .unwrap_or(Letters::UNMAPPED)
    }
}

/// Reads a composite font; `inner` is its descendant.
pub(super) fn load<'a>(
    objects: &Objects<'a>,
    dict: &'a Dictionary,
    inner: &'a Dictionary,
    descriptor: Option<&'a Dictionary>,
    store: &mut LetterStore,
) -> CompositeFont {
    let (encoding, vertical) = read_encoding(objects, dict, store);
    let to_unicode = objects.stream(dict, b"ToUnicode");
    let to_unicode =
        to_unicode.map(|stream| CMap::parse(&objects.decode(stream), store).with_cids_as_letters());
    let to_unicode = to_unicode.filter(CMap::has_letters);
    let codes_are_utf16 = matches!(
        objects.name(dict, b"ToUnicode"), Some(name) if name.starts_with(b"Identity")
    );
    let collection = objects
        .dict(inner, b"CIDSystemInfo")
        .and_then(|info| objects.string(info, b"Ordering"))
        .and_then(collection::find);
    // The font program is looked into only when the file gives no map at all.
    let is_known = collection.is_some() || matches!(encoding, Encoding::Predefined(_));
    let letters_by_cid = if to_unicode.is_none() && !is_known {
        letters_by_cid(objects, inner, descriptor, store)
    } else {
        HashMap::new()
    };
    let vertical_metrics = objects.numbers::<2>(inner, b"DW2").unwrap_or([880.0, -1000.0]);
    CompositeFont {
        encoding,
        to_unicode,
        codes_are_utf16,
        letters_by_cid,
        collection,
        widths: widths(objects, inner),
        default_width: em(objects.number(inner, b"DW").unwrap_or(1000.0)),
        vertical,
        vertical_advance: -em(vertical_metrics[1]),
    }
}

fn em(thousandths: f64) -> f32 {
    (thousandths / 1000.0).clamp(-10.0, 10.0) as f32
}

fn read_encoding<'a>(
    objects: &Objects<'a>,
    dict: &'a Dictionary,
    store: &mut LetterStore,
) -> (Encoding, bool) {
    match objects.get(dict, b"Encoding") {
        Some(Object::Stream(stream)) => {
            let mut map = CMap::parse(&objects.decode(stream), store);
            map.vertical |= objects.integer(&stream.dict, b"WMode") == Some(1);
            let vertical = map.vertical;
            let base = map.base.as_deref().and_then(|name| std::str::from_utf8(name).ok());
            match base.and_then(legacy::find) {
                Some(predefined) if !map.has_cids() => (Encoding::Predefined(predefined), vertical),
                _ if map.has_code_spaces() => (Encoding::Embedded(map), vertical),
                _ => (Encoding::Identity, vertical),
            }
        }
        Some(Object::Name(name)) => {
            let name = String::from_utf8_lossy(name);
            let vertical = name.ends_with("-V") || name == "V";
            match legacy::find(&name) {
                Some(predefined) => (Encoding::Predefined(predefined), vertical),
                None => (Encoding::Identity, vertical),
            }
        }
        _ => (Encoding::Identity, false),
    }
}

/// What CIDs read as by the embedded font program.
fn letters_by_cid<'a>(
    objects: &Objects<'a>,
    inner: &'a Dictionary,
    descriptor: Option<&'a Dictionary>,
    store: &mut LetterStore,
) -> HashMap<u32, Letters> {
    let Some(program) = descriptor.and_then(|dict| program::find(objects, dict)) else {
        return HashMap::new();
    };
    let by_glyph: HashMap<u16, Letters> = program
        .letters_by_glyph()
        .into_iter()
        .map(|(glyph, letters)| (glyph, store.keep(&letters)))
        .collect();
    let explicit = objects.stream(inner, b"CIDToGIDMap").map(|stream| objects.decode(stream));
    if let Some(map) = explicit {
        return (0_u32..)
            .zip(map.chunks_exact(2))
            .filter_map(|(cid, pair)| match pair {
                [high, low] => Some((cid, *by_glyph.get(&u16::from_be_bytes([*high, *low]))?)),
                _ => None,
            })
            .collect();
    }
    let by_cid = program.glyph_of_cid();
    if by_cid.is_empty() {
        return by_glyph.into_iter().map(|(glyph, letters)| (u32::from(glyph), letters)).collect();
    }
    by_cid
        .into_iter()
        .filter_map(|(cid, glyph)| Some((u32::from(cid), *by_glyph.get(&glyph)?)))
        .collect()
}

/// Reads `/W`: `c [w1 w2 …]` and `first last w` (ISO 32000-1, 9.7.4.3).
fn widths<'a>(objects: &Objects<'a>, inner: &'a Dictionary) -> Vec<WidthRange> {
    let items = objects.array(inner, b"W").unwrap_or_default();
    let mut ranges = Vec::new();
    let mut rest = items;
    while let [first, second, tail @ ..] = rest {
        let low = as_integer(objects.resolve(first)).and_then(|cid| u32::try_from(cid).ok());
        match (low, objects.resolve(second)) {
            (Some(low), Object::Array(list)) => {
                for (cid, item) in (low..).zip(list) {
                    let width = em(as_number(objects.resolve(item)).unwrap_or(0.0));
                    ranges.push(WidthRange { low: cid, high: cid, width });
                }
                rest = tail;
            }
            (Some(low), high) => {
                let high = as_integer(high).and_then(|cid| u32::try_from(cid).ok());
                if let (Some(high), Some((width, after))) = (high, tail.split_first()) {
                    let width = em(as_number(objects.resolve(width)).unwrap_or(0.0));
                    ranges.push(WidthRange { low, high, width });
                    rest = after;
                } else {
                    rest = tail;
                }
            }
            (None, _) => rest = rest.get(1..).unwrap_or_default(),
        }
    }
    ranges.sort_by_key(|range| range.low);
    ranges
}
