//! Letters of a glyph in four bytes: one character, or a place in the document's store.

/// What a glyph reads as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::document::pdf) struct Letters(u32);

const STORED: u32 = 1 << 31;

impl Letters {
    /// Nothing: the glyph stands for no letter.
    pub(in crate::document::pdf) const NONE: Self = Self(0);
    /// A glyph whose letter is not known.
    pub(in crate::document::pdf) const UNMAPPED: Self = Self(0xfffd);
    pub(in crate::document::pdf) const SPACE: Self = Self(0x20);

    pub(in crate::document::pdf) fn one(letter: char) -> Self {
        Self(letter as u32)
    }

    pub(in crate::document::pdf) fn is_none(self) -> bool {
        self.0 == 0
    }

    /// A number that differs where the letters do, within one document.
    pub(in crate::document::pdf) fn key(self) -> u32 {
        self.0
    }

    /// The only letter, or `None` when there are none or several.
    pub(in crate::document::pdf) fn as_char(self) -> Option<char> {
        if self.0 == 0 { None } else { char::from_u32(self.0) }
    }
}

/// Strings of glyphs that read as more than one letter.
#[derive(Debug, Default)]
pub(in crate::document::pdf) struct LetterStore {
    strings: Vec<Box<str>>,
}

impl LetterStore {
    /// Keeps the letters; a single one needs no place.
    pub(in crate::document::pdf) fn keep(&mut self, letters: &str) -> Letters {
        let mut chars = letters.chars();
        match (chars.next(), chars.next()) {
            (None, _) => Letters::NONE,
            (Some(one), None) => Letters::one(one),
            _ => {
                self.strings.push(letters.into());
                Letters(STORED | (self.strings.len() as u32 - 1))
            }
        }
    }

    /// The letters of a glyph with several; empty for others.
    pub(in crate::document::pdf) fn several(&self, letters: Letters) -> &str {
        if letters.0 & STORED == 0 {
            return "";
        }
        self.strings.get((letters.0 & !STORED) as usize).map_or("", |string| string)
    }
}

#[cfg(test)]
mod tests {
    use super::{LetterStore, Letters};

    #[test]
    fn one_letter_needs_no_place() {
        let mut store = LetterStore::default();
        assert_eq!(store.keep("a"), Letters::one('a'));
        assert_eq!(store.keep(""), Letters::NONE);
        let several = store.keep("ffi");
        assert_eq!(store.several(several), "ffi");
        assert_eq!((several.as_char(), store.several(Letters::one('x'))), (None, ""));
    }
}
