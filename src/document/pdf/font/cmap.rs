//! Character maps: codes to CIDs and codes to letters (Adobe technical notes 5014 and 5411).

use super::super::lexer::{Lexer, Token, decode_hex, decode_literal};
use super::glyph_names;
use super::letters::{LetterStore, Letters};
use crate::base::limits::DOCUMENT_CMAP_ENTRIES_MAX;

/// Codes `low..=high` map to `target`, `target + 1`, ….
#[derive(Debug, Clone, Copy, PartialEq)]
struct CidRange {
    low: u32,
    high: u32,
    target: u32,
}

/// Codes `low..=high` map to letters; a range of more than one code counts single letters up.
#[derive(Debug, Clone, Copy, PartialEq)]
struct LetterRange {
    low: u32,
    high: u32,
    letters: Letters,
}

/// Codes of `length` bytes between `low` and `high`, byte by byte.
#[derive(Debug, Clone, Copy, PartialEq)]
struct CodeSpace {
    length: u8,
    low: u32,
    high: u32,
}

/// A parsed CMap.
#[derive(Debug, Default)]
pub(super) struct CMap {
    code_spaces: Vec<CodeSpace>,
    cids: Vec<CidRange>,
    letters: Vec<LetterRange>,
    pub(super) vertical: bool,
    /// Name of the map it builds on.
    pub(super) base: Option<Vec<u8>>,
}

impl CMap {
    /// Parses a CMap file; what makes no sense is left out.
    pub(super) fn parse(bytes: &[u8], store: &mut LetterStore) -> Self {
        let mut map = Self::default();
        let mut operands: Vec<Token<'_>> = Vec::new();
        let mut section: &[u8] = b"";
        for token in Lexer::new(bytes) {
            let Token::Keyword(word) = token else {
                if operands.len() < DOCUMENT_CMAP_ENTRIES_MAX * 3 {
                    operands.push(token);
                }
                continue;
            };
            if let Some(name) = word.strip_prefix(b"begin") {
                section = name;
            } else if word.starts_with(b"end") {
                map.section(section, &operands, store);
                section = b"";
            } else if word == b"usecmap"
                && let Some(Token::Name(name)) = operands.last()
            {
                map.base = Some(name.to_vec());
            } else if word == b"def"
                && let [.., Token::Name(b"WMode"), Token::Number(mode)] = operands.as_slice()
            {
                map.vertical = *mode == 1.0;
            }
            operands.clear();
        }
        map.section(section, &operands, store);
        map.finish();
        map
    }

    fn section(&mut self, name: &[u8], operands: &[Token<'_>], store: &mut LetterStore) {
        match name {
            b"codespacerange" => self.add_code_spaces(operands),
            b"cidrange" => self.add_cid_ranges(operands),
            b"cidchar" => self.add_cid_chars(operands),
            b"bfchar" => self.add_letter_chars(operands, store),
            b"bfrange" => self.add_letter_ranges(operands, store),
            _ => {}
        }
    }

    fn add_code_spaces(&mut self, operands: &[Token<'_>]) {
        for pair in operands.chunks_exact(2) {
            if let [low, high] = pair
                && let (Some((low, length)), Some((high, _))) = (code(low), code(high))
                && self.code_spaces.len() < 256
            {
                self.code_spaces.push(CodeSpace { length, low, high });
            }
        }
    }

    fn add_cid_ranges(&mut self, operands: &[Token<'_>]) {
        for triple in operands.chunks_exact(3) {
            if let [low, high, Token::Number(target)] = triple
                && let (Some((low, _)), Some((high, _))) = (code(low), code(high))
                && low <= high
            {
                self.cids.push(CidRange { low, high, target: *target as u32 });
            }
        }
    }

    fn add_cid_chars(&mut self, operands: &[Token<'_>]) {
        for pair in operands.chunks_exact(2) {
            if let [at, Token::Number(target)] = pair
                && let Some((at, _)) = code(at)
            {
                self.cids.push(CidRange { low: at, high: at, target: *target as u32 });
            }
        }
    }

    fn add_letter_chars(&mut self, operands: &[Token<'_>], store: &mut LetterStore) {
        let mut text = String::new();
        for pair in operands.chunks_exact(2) {
            if let [at, target] = pair
                && let Some((at, _)) = code(at)
            {
                self.add_letters(at, at, target, &mut text, store);
            }
        }
    }

    fn add_letter_ranges(&mut self, operands: &[Token<'_>], store: &mut LetterStore) {
        let mut text = String::new();
        let mut rest = operands;
        while let [low, high, target, tail @ ..] = rest {
            rest = tail;
            let ends = code(low).zip(code(high));
            if *target == Token::ArrayOpen {
                let length = tail.iter().position(|token| *token == Token::ArrayClose);
                let (items, after) = tail.split_at(length.unwrap_or(tail.len()));
                rest = after.get(1..).unwrap_or_default();
                let Some(((low, _), _)) = ends else { continue };
                for (at, item) in (low..).zip(items) {
                    self.add_letters(at, at, item, &mut text, store);
                }
            } else if let Some(((low, _), (high, _))) = ends {
                self.add_letters(low, high, target, &mut text, store);
            }
        }
    }

    fn add_letters(
        &mut self,
        low: u32,
        high: u32,
        target: &Token<'_>,
        text: &mut String,
        store: &mut LetterStore,
    ) {
        text.clear();
        if low > high || self.letters.len() >= DOCUMENT_CMAP_ENTRIES_MAX {
            return;
        }
        match target {
            Token::Name(name) => {
                glyph_names::push_letters(name, false, text);
            }
            Token::Number(value) => text.extend(char::from_u32(*value as u32)),
            token => push_utf_16(token, text),
        }
        if text.is_empty() && is_nul(target) && low < high {
            // The map of everything to itself starts with a code that has no letter.
            self.letters.push(LetterRange { low: low + 1, high, letters: Letters::one('\u{1}') });
            return;
        }
        if text.chars().all(|letter| letter == '\u{fffd}') {
            return;
        }
        let letters = store.keep(text);
        if letters.as_char().is_some() || low == high {
            self.letters.push(LetterRange { low, high, letters });
            return;
        }
        // Several letters: the last one counts up.
        self.letters.push(LetterRange { low, high: low, letters });
        let last = text.pop().map_or(0, |letter| letter as u32);
        let prefix = text.len();
        for step in 1..=(high - low).min(255) {
            text.truncate(prefix);
            text.extend(char::from_u32(last + step));
            let letters = store.keep(text);
            self.letters.push(LetterRange { low: low + step, high: low + step, letters });
        }
    }

    /// Sorts the ranges; of ranges with the same start the last one written wins.
    fn finish(&mut self) {
        self.cids.truncate(DOCUMENT_CMAP_ENTRIES_MAX);
        self.cids.reverse();
        self.cids.sort_by_key(|range| range.low);
        self.cids.dedup_by_key(|range| range.low);
        self.letters.reverse();
        self.letters.sort_by_key(|range| range.low);
        self.letters.dedup_by_key(|range| range.low);
    }

    /// Takes CIDs for letters: some programs write their `ToUnicode` maps that way.
    pub(super) fn with_cids_as_letters(mut self) -> Self {
        if self.letters.is_empty() {
            for range in &self.cids {
                let skip = u32::from(range.target == 0);
                if let Some(letter) = char::from_u32(range.target + skip) {
                    let (low, high) = (range.low + skip, range.high);
                    self.letters.push(LetterRange { low, high, letters: Letters::one(letter) });
                }
            }
        }
        self
    }

    pub(super) fn has_letters(&self) -> bool {
        !self.letters.is_empty()
    }

    pub(super) fn has_cids(&self) -> bool {
        !self.cids.is_empty()
    }

    pub(super) fn has_code_spaces(&self) -> bool {
        !self.code_spaces.is_empty()
    }

    /// The letters of a code.
    pub(super) fn letters(&self, code: u32) -> Option<Letters> {
        let after = self.letters.partition_point(|range| range.low <= code);
        let range = self.letters.get(after.checked_sub(1)?)?;
        if code > range.high {
            return None;
        }
        if code == range.low {
            return Some(range.letters);
        }
        let first = range.letters.as_char()? as u32;
        char::from_u32(first + (code - range.low)).map(Letters::one)
    }

    /// The CID of a code.
    pub(super) fn cid(&self, code: u32) -> Option<u32> {
        let after = self.cids.partition_point(|range| range.low <= code);
        let range = self.cids.get(after.checked_sub(1)?)?;
        (code <= range.high).then(|| range.target.saturating_add(code - range.low))
    }

    /// Every code that has letters, with them (ranges cut at 65,536 codes).
    pub(super) fn each_letters(&self, mut visit: impl FnMut(u32, Letters)) {
        for range in &self.letters {
            visit(range.low, range.letters);
        }
    }

    /// Takes the next code off `bytes`: its value and length, by the code spaces.
    pub(super) fn next_code(&self, bytes: &[u8]) -> (u32, usize) {
        let mut value = 0_u32;
        for (index, &byte) in bytes.iter().take(4).enumerate() {
            value = value << 8 | u32::from(byte);
            let length = index as u8 + 1;
            if self.code_spaces.iter().any(|space| space.length == length && space.holds(value)) {
                return (value, index + 1);
            }
        }
        let shortest = self.code_spaces.iter().map(|space| space.length).min().unwrap_or(1);
        let length = usize::from(shortest).min(bytes.len()).max(1);
        let value = bytes.iter().take(length).fold(0, |sum, byte| sum << 8 | u32::from(*byte));
        (value, length)
    }
}

impl CodeSpace {
    fn holds(self, value: u32) -> bool {
        (0..u32::from(self.length)).all(|index| {
            let byte = |word: u32| word >> (index * 8) & 0xff;
            (byte(self.low)..=byte(self.high)).contains(&byte(value))
        })
    }
}

/// Value and length in bytes of a code written as a string.
fn code(token: &Token<'_>) -> Option<(u32, u8)> {
    let mut bytes = Vec::new();
    match token {
        Token::Hex(raw) => decode_hex(raw, &mut bytes),
        Token::Literal { raw, .. } => decode_literal(raw, &mut bytes),
        _ => return None,
    }
    if bytes.is_empty() || bytes.len() > 4 {
        return None;
    }
    let value = bytes.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte));
    Some((value, bytes.len() as u8))
}

/// A target of one or two bytes of 0.
fn is_nul(target: &Token<'_>) -> bool {
    matches!(code(target), Some((0, 1..=2)))
}

fn push_utf_16(token: &Token<'_>, out: &mut String) {
    let mut bytes = Vec::new();
    match token {
        Token::Hex(raw) => decode_hex(raw, &mut bytes),
        Token::Literal { raw, .. } => decode_literal(raw, &mut bytes),
        _ => return,
    }
    if let [one] = bytes.as_slice() {
        out.extend(Some(char::from(*one)).filter(|letter| *letter != '\0'));
        return;
    }
    let units = bytes.chunks_exact(2).map(|pair| match pair {
        [high, low] => u16::from_be_bytes([*high, *low]),
        _ => 0,
    });
    out.extend(char::decode_utf16(units).filter_map(Result::ok).filter(|letter| *letter != '\0'));
}

#[cfg(test)]
mod tests {
    use super::{CMap, LetterStore, Letters};

    fn text(map: &CMap, store: &LetterStore, code: u32) -> Option<String> {
        let letters = map.letters(code)?;
        Some(letters.as_char().map_or_else(|| store.several(letters).into(), String::from))
    }

    #[test]
    fn letters_by_char_range_and_array() {
        let mut store = LetterStore::default();
        let map = CMap::parse(
            b"2 beginbfchar <01> <0041> <02> <00660069> endbfchar
              3 beginbfrange <10> <12> <0061> <20> <21> [<0058> <0059>] <30> <31> <00660061>
              endbfrange",
            &mut store,
        );
        let read = |code| text(&map, &store, code);
        assert_eq!(read(1).as_deref(), Some("A"));
        assert_eq!(read(2).as_deref(), Some("fi"));
        assert_eq!(read(0x12).as_deref(), Some("c"));
        assert_eq!(read(0x21).as_deref(), Some("Y"));
        assert_eq!(read(0x31).as_deref(), Some("fb"));
        assert_eq!(read(0x13), None);
    }

    #[test]
    fn an_entry_without_a_letter_is_no_mapping() {
        let map = CMap::parse(
            b"beginbfchar <01> <0000> <02> <FFFD> endbfchar",
            &mut LetterStore::default(),
        );
        assert!(!map.has_letters());
    }

    #[test]
    fn a_map_of_everything_to_itself_is_read() {
        let map = CMap::parse(
            b"beginbfrange <0000> <FFFF> <0000> endbfrange",
            &mut LetterStore::default(),
        );
        assert_eq!(map.letters(0x41), Some(Letters::one('A')));
        assert_eq!(map.letters(0), None);
        let by_cid =
            CMap::parse(b"begincidrange <0000> <FFFF> 0 endcidrange", &mut LetterStore::default());
        assert_eq!(by_cid.with_cids_as_letters().letters(0x41), Some(Letters::one('A')));
    }

    #[test]
    fn a_reversed_or_cut_off_range_does_no_harm() {
        let map = CMap::parse(
            b"beginbfrange <30> <10> <0041> <40> <FFFFFFFF> <0042>",
            &mut LetterStore::default(),
        );
        assert_eq!(map.letters(0x20), None);
        assert_eq!(map.letters(0x41), Some(Letters::one('C')));
    }

    #[test]
    fn codes_are_cut_by_code_space() {
        let map = CMap::parse(
            b"begincodespacerange <00> <80> <8140> <9ffc> endcodespacerange
              begincidrange <20> <7e> 1 <8140> <817e> 633 endcidrange /WMode 1 def",
            &mut LetterStore::default(),
        );
        assert_eq!(map.next_code(b"\x41\x81"), (0x41, 1));
        assert_eq!(map.next_code(b"\x81\x41"), (0x8141, 2));
        assert_eq!(map.next_code(b"\xff\x41"), (0xff, 1));
        assert_eq!(map.cid(0x8141), Some(634));
        assert!(map.vertical);
    }
}
