//! Accents drawn as glyphs of their own: joined with the letter they stand over.
//!
//! TeX and groff draw `´` and `z` on one spot for `ź`; as text the two must be one letter.

use unicode_normalization::char::compose;

use super::super::glyph::Glyph;

/// The combining mark of an accent that has a place of its own.
fn combining(accent: char) -> Option<char> {
    Some(match accent {
        '`' | '\u{2cb}' => '\u{300}',
        '\u{b4}' | '\u{2ca}' => '\u{301}',
        '^' | '\u{2c6}' => '\u{302}',
        '~' | '\u{2dc}' => '\u{303}',
        '\u{af}' | '\u{2c9}' => '\u{304}',
        '\u{2d8}' => '\u{306}',
        '\u{2d9}' => '\u{307}',
        '\u{a8}' => '\u{308}',
        '\u{2da}' => '\u{30a}',
        '\u{2dd}' => '\u{30b}',
        '\u{2c7}' => '\u{30c}',
        '\u{b8}' => '\u{327}',
        '\u{2db}' => '\u{328}',
        mark @ '\u{300}'..='\u{338}' => mark,
        _ => return None,
    })
}

/// The letter that an accent and a base make when one is drawn over the other.
pub(super) fn joined(accent: &Glyph, base: &Glyph, along: (f32, f32)) -> Option<char> {
    let mark = combining(accent.letters.as_char()?)?;
    let base_letter = match base.letters.as_char()? {
        // The dotless letters carry accents.
        'ı' => 'i',
        'ȷ' => 'j',
        letter if letter.is_alphabetic() => letter,
        _ => return None,
    };
    let place = |glyph: &Glyph| glyph.x * along.0 + glyph.y * along.1;
    let centre = place(accent) + accent.advance / 2.0 - place(base);
    let inside = centre > 0.0 && centre < base.advance.max(accent.advance * 0.5);
    if inside { compose(base_letter, mark) } else { None }
}

#[cfg(test)]
mod tests {
    use super::super::super::font::Letters;
    use super::{Glyph, joined};

    fn glyph(letter: char, x: f32, advance: f32) -> Glyph {
        Glyph { x, y: 0.0, advance, width: advance, letters: Letters::one(letter), run: 0 }
    }

    #[test]
    fn an_accent_over_a_letter_makes_one_letter() {
        let along = (1.0, 0.0);
        let accent = glyph('\u{b4}', 10.5, 3.3);
        assert_eq!(joined(&accent, &glyph('z', 10.0, 4.4), along), Some('ź'));
        assert_eq!(joined(&accent, &glyph('ı', 10.0, 4.4), along), Some('í'));
        assert_eq!(joined(&accent, &glyph('z', 13.8, 4.4), along), None);
        assert_eq!(joined(&glyph('x', 10.0, 3.0), &glyph('z', 10.0, 4.4), along), None);
    }
}
