//! Simple fonts: one byte, one glyph (Type 1, TrueType, Type 3).

use lopdf::Dictionary;

use super::super::objects::{Objects, as_number};
use super::cmap::CMap;
use super::encoding::{self, FontEncoding};
use super::letters::{LetterStore, Letters};
use super::{Code, glyph_names, program, standard};

/// Letters and widths of 256 codes.
pub(super) struct SimpleFont {
    letters: [Letters; 256],
    /// In em.
    widths: [f32; 256],
}

impl SimpleFont {
    pub(super) fn code(&self, byte: u8) -> Option<Code> {
        let at = usize::from(byte);
        let width = *self.widths.get(at)?;
        Some(Code {
            letters: *self.letters.get(at)?,
            advance: width,
            width,
            length: 1,
            is_word_space: byte == 32,
        })
    }

    /// Helvetica in its own encoding.
    pub(super) fn substitute() -> Self {
        let mut letters = [Letters::NONE; 256];
        map_codes(&mut letters, |code| encoding::assumed_letter(code).map(Letters::one));
        let helvetica = standard::Widths::of("Helvetica");
        let mut widths = [0.0; 256];
        for ((code, place), letters) in (0..=255_u8).zip(widths.iter_mut()).zip(&letters) {
            *place = helvetica.width(code, letters.as_char());
        }
        Self { letters, widths }
    }

    /// Width of the blank in em, 0 when there is none.
    pub(super) fn space_width(&self) -> f32 {
        let blank = self.letters.iter().position(|letters| *letters == Letters::SPACE);
        blank.and_then(|at| self.widths.get(at)).copied().unwrap_or(0.0)
    }

    /// Mean width of the codes that have one, in em; 0 when none has.
    pub(super) fn mean_width(&self) -> f32 {
        let wide = self.widths.iter().filter(|width| **width > 0.0);
        let (sum, count) = wide.fold((0.0, 0.0), |(sum, count), width| (sum + width, count + 1.0));
        if count > 0.0 { sum / count } else { 0.0 }
    }

    /// Makes the widths those of an em that is `scale` times as long.
    pub(super) fn rescale(&mut self, scale: f32) {
        for width in &mut self.widths {
            *width /= scale;
        }
    }
}

/// Reads a simple font.
pub(super) fn load<'a>(
    objects: &Objects<'a>,
    dict: &'a Dictionary,
    descriptor: Option<&'a Dictionary>,
    name: &str,
    store: &mut LetterStore,
) -> SimpleFont {
    let is_type3 = objects.name(dict, b"Subtype") == Some(b"Type3");
    let named = encoding::read(objects, dict);
    let program = descriptor.and_then(|dict| program::find(objects, dict));
    let mut letters = [Letters::NONE; 256];
    let to_unicode = objects
        .stream(dict, b"ToUnicode")
        .map(|stream| CMap::parse(&objects.decode(stream), store).with_cids_as_letters());
    if let Some(map) = &to_unicode {
        map_codes(&mut letters, |code| map.letters(u32::from(code)));
    }
    // A map that names every used code makes the rest superfluous, but that is not known here.
    add_differences(&mut letters, &named, name.contains("Dingbats"), store);
    let flags = descriptor.and_then(|dict| objects.integer(dict, b"Flags")).unwrap_or(0);
    let is_symbolic = flags & 4 != 0;
    let embedded = program.is_some();
    if let Some(program) = program.as_ref().filter(|_| named.base.is_none()) {
        let by_code = program.letters_by_code();
        map_codes(&mut letters, |code| {
            by_code.get(usize::from(code))?.as_deref().map(|text| store.keep(text))
        });
    }
    let base = named.base.unwrap_or_else(|| encoding::built_in(name));
    let assume = !is_type3 || named.base.is_some();
    map_codes(&mut letters, |code| {
        let known = encoding::letter(base, code);
        let assumed = || if assume { encoding::assumed_letter(code) } else { None };
        known.or_else(assumed).map(Letters::one)
    });
    mark_unmapped(&mut letters, embedded || is_symbolic || is_type3);
    let widths = widths(objects, dict, descriptor, is_type3, &letters, name, program.as_ref());
    SimpleFont { letters, widths }
}

/// A Type 3 font whose em is within these bounds says so by its matrix alone.
const TYPE3_EM_PLAIN: std::ops::RangeInclusive<f32> = 0.5..=2.0;

/// Length of an em of a Type 3 font, in units of the size it is set in.
///
/// Such fonts have a glyph space of their own: bitmap fonts made at 300 dpi are set at a size of
/// 1 or of some 60 units for text of 10 points. The height of all glyphs is about an em; where
/// the box is empty, glyphs are half an em wide on the average.
pub(super) fn type3_em<'a>(objects: &Objects<'a>, dict: &'a Dictionary, font: &SimpleFont) -> f32 {
    let matrix = objects.numbers::<6>(dict, b"FontMatrix");
    let [_, _, c, d, ..] = matrix.unwrap_or([0.001, 0.0, 0.0, 0.001, 0.0, 0.0]);
    let [_, bottom, _, top] = objects.numbers::<4>(dict, b"FontBBox").unwrap_or_default();
    let height = ((top - bottom).abs() * c.hypot(d)) as f32;
    let em = if height > 0.0 { height } else { font.mean_width() * 2.0 };
    if !em.is_finite() || em <= 0.0 || TYPE3_EM_PLAIN.contains(&em) { 1.0 } else { em }
}

/// Fills the places that are still empty.
fn map_codes(letters: &mut [Letters; 256], mut find: impl FnMut(u8) -> Option<Letters>) {
    for (code, place) in (0..=255_u8).zip(letters.iter_mut()) {
        if place.is_none()
            && let Some(found) = find(code)
        {
            *place = found;
        }
    }
}

fn add_differences(
    letters: &mut [Letters; 256],
    named: &FontEncoding<'_>,
    in_dingbats: bool,
    store: &mut LetterStore,
) {
    let mut text = String::new();
    for (code, name) in &named.differences {
        let Some(place) = letters.get_mut(usize::from(*code)) else { continue };
        text.clear();
        if glyph_names::push_letters(name, in_dingbats, &mut text) {
            if place.is_none() {
                *place = store.keep(&text);
            }
        } else if let Some(letter) = glyph_names::code_of_made_up_name(name)
            && place.is_none()
        {
            *place = Letters::one(letter);
        }
    }
}

/// Codes without any letter: U+FFFD where the font draws something of its own for them.
fn mark_unmapped(letters: &mut [Letters; 256], draws: bool) {
    for place in letters.iter_mut().filter(|place| place.is_none()) {
        *place = if draws { Letters::UNMAPPED } else { Letters::NONE };
    }
}

fn widths<'a>(
    objects: &Objects<'a>,
    dict: &'a Dictionary,
    descriptor: Option<&'a Dictionary>,
    is_type3: bool,
    letters: &[Letters; 256],
    name: &str,
    program: Option<&program::Program<'_>>,
) -> [f32; 256] {
    let scale = if is_type3 {
        objects.numbers::<6>(dict, b"FontMatrix").map_or(0.001, |matrix| {
            let [a, b, ..] = matrix;
            a.hypot(b)
        })
    } else {
        0.001
    };
    let mut widths = [-1.0_f32; 256];
    let first = objects.integer(dict, b"FirstChar").unwrap_or(0);
    let listed = objects.array(dict, b"Widths");
    for (index, item) in (0_i64..).zip(listed.unwrap_or_default().iter().take(256)) {
        let place = usize::try_from(first.saturating_add(index)).ok();
        if let Some(place) = place.and_then(|at| widths.get_mut(at))
            && let Some(width) = as_number(objects.resolve(item))
        {
            *place = (width * scale).clamp(-10.0, 10.0) as f32;
        }
    }
    let missing = descriptor.and_then(|dict| objects.number(dict, b"MissingWidth"));
    let known = standard::Widths::of(name);
    let by_program = if listed.is_none() { program.and_then(|p| p.widths_by_code()) } else { None };
    for ((code, place), letters) in (0..=255_u8).zip(widths.iter_mut()).zip(letters) {
        if *place != -1.0 {
            continue;
        }
        let own = by_program.as_ref().and_then(|widths| *widths.get(usize::from(code))?);
        *place = match (own, missing) {
            (Some(width), _) => width,
            (None, Some(width)) if listed.is_some() || width > 0.0 => (width * 0.001) as f32,
            _ if is_type3 => 0.0,
            _ if listed.is_some() && program.is_some() => 0.0,
            _ => known.width(code, letters.as_char()),
        };
    }
    widths
}
