//! Widths of the standard fonts and their kin, for files that give none.

use super::encoding;
use super::standard_widths::{
    HELVETICA, HELVETICA_BOLD, SYMBOL, TIMES_BOLD, TIMES_BOLD_ITALIC, TIMES_ITALIC, TIMES_ROMAN,
    ZAPF_DINGBATS,
};

/// Width in em of a code or letter of the standard font that `name` is or resembles.
pub(crate) fn width(name: &str, code: u8, letter: Option<char>) -> f32 {
    Widths::of(name).width(code, letter)
}

/// The widths of the standard font that a font is or resembles.
#[derive(Debug, Clone, Copy)]
pub(super) enum Widths {
    /// All glyphs are equally wide.
    Monospaced,
    /// By code, from 32 on, in thousandths of an em.
    ByCode(&'static [u16; 224]),
    /// By letter, from the blank on.
    ByLetter(&'static [u16; 224]),
}

impl Widths {
    /// Chooses by the font's name.
    pub(super) fn of(name: &str) -> Self {
        let lower = name.to_ascii_lowercase();
        let has = |word: &str| lower.contains(word);
        if has("courier") || has("mono") || has("consol") {
            return Self::Monospaced;
        }
        if std::ptr::eq(encoding::built_in(name), encoding::built_in("Symbol")) {
            return Self::ByCode(&SYMBOL);
        }
        if has("dingbats") {
            return Self::ByCode(&ZAPF_DINGBATS);
        }
        let bold = has("bold") || has("black") || has("heavy");
        let italic = has("italic") || has("oblique");
        let serif = has("times") || has("roman") || has("serif") && !has("sans") || has("georgia");
        Self::ByLetter(match (serif, bold, italic) {
            (false, false, _) => &HELVETICA,
            (false, true, _) => &HELVETICA_BOLD,
            (true, false, false) => &TIMES_ROMAN,
            (true, true, false) => &TIMES_BOLD,
            (true, false, true) => &TIMES_ITALIC,
            (true, true, true) => &TIMES_BOLD_ITALIC,
        })
    }

    /// Width in em of a code or of the letter it stands for.
    pub(super) fn width(self, code: u8, letter: Option<char>) -> f32 {
        let (table, place) = match self {
            Self::Monospaced => return 0.6,
            Self::ByCode(table) => (table, Some(u32::from(code))),
            Self::ByLetter(table) => (table, letter.map(u32::from)),
        };
        let index = place.and_then(|place| place.checked_sub(32)).map(|index| index as usize);
        let width = index.and_then(|at| table.get(at)).filter(|width| **width > 0);
        width.map_or(0.5, |width| f32::from(*width) / 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::width;

    #[test]
    fn widths_follow_the_family() {
        assert!((width("Helvetica", b'i', Some('i')) - 0.222).abs() < 1e-6);
        assert!((width("Times-Bold", b'W', Some('W')) - 1.0).abs() < 1e-6);
        assert!((width("CourierNew,Bold", b'W', Some('W')) - 0.6).abs() < 1e-6);
        assert!((width("Symbol", b'a', Some('α')) - 0.631).abs() < 1e-6);
    }
}
