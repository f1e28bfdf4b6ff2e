//! Right-to-left lines: from the order on the page to the order of reading.
//!
//! Producers draw such lines in either order, so glyphs are put in order by place first and
//! then turned: the inverse of the reordering of UAX 9, with two levels, which is what lines of
//! Arabic and Hebrew with numbers and foreign words need.

use unicode_bidi::{BidiClass, bidi_class};

/// Letters of Hebrew, Arabic and their kin.
pub(super) fn is_right_to_left(letter: char) -> bool {
    if letter < '\u{590}' {
        return false;
    }
    matches!(letter as u32, 0x590..=0x8ff | 0xfb1d..=0xfdff | 0xfe70..=0xfefc | 0x10800..=0x10fff
        | 0x1e800..=0x1efff)
        && matches!(bidi_class(letter), BidiClass::R | BidiClass::AL)
}

/// A mark that sits on another letter.
pub(super) fn is_mark(letter: char) -> bool {
    bidi_class(letter) == BidiClass::NSM
}

/// The mirror image of a bracket.
pub(super) fn mirrored(letter: char) -> char {
    match letter {
        '(' => ')',
        ')' => '(',
        '[' => ']',
        ']' => '[',
        '{' => '}',
        '}' => '{',
        '<' => '>',
        '>' => '<',
        '«' => '»',
        '»' => '«',
        other => other,
    }
}

/// Order of reading of letters that are given from left to right: indices into `letters`,
/// with the level (odd is right to left) of each letter.
///
/// Blanks are letters here.
pub(super) fn reading_order(letters: &[char]) -> (Vec<usize>, Vec<u8>) {
    let classes: Vec<BidiClass> = letters.iter().map(|letter| bidi_class(*letter)).collect();
    let is_rtl = |class: &BidiClass| matches!(class, BidiClass::R | BidiClass::AL);
    let right = classes.iter().filter(|class| is_rtl(class)).count();
    let left = classes.iter().filter(|class| **class == BidiClass::L).count();
    let base: u8 = u8::from(right >= left);
    let mut levels: Vec<Option<u8>> =
        classes.iter().map(|class| strong_level(*class, base)).collect();
    resolve_separators(&classes, &mut levels);
    let levels = resolve_neutrals(&levels, base);
    let mut order: Vec<usize> = (0..letters.len()).collect();
    let top = levels.iter().copied().max().unwrap_or(0);
    for level in (1..=top).rev() {
        reverse_runs(&mut order, &levels, level);
    }
    (order, levels)
}

fn strong_level(class: BidiClass, base: u8) -> Option<u8> {
    match class {
        BidiClass::R | BidiClass::AL => Some(1),
        BidiClass::L => Some(base * 2),
        BidiClass::EN | BidiClass::AN => Some(2),
        _ => None,
    }
}

/// A separator between two digits, and a sign beside one, belongs to the number.
fn resolve_separators(classes: &[BidiClass], levels: &mut [Option<u8>]) {
    let is_digit = |class: Option<&BidiClass>| matches!(class, Some(BidiClass::EN | BidiClass::AN));
    for index in 0..classes.len() {
        let before = index.checked_sub(1).and_then(|at| classes.get(at));
        let (class, after) = (classes.get(index), classes.get(index + 1));
        let joins = match class {
            Some(BidiClass::CS | BidiClass::ES) => is_digit(before) && is_digit(after),
            Some(BidiClass::ET) => is_digit(before) || is_digit(after),
            _ => false,
        };
        if joins && let Some(level) = levels.get_mut(index) {
            *level = Some(2);
        }
    }
}

/// Neutral letters between two of the same level take it, others that of the line.
fn resolve_neutrals(levels: &[Option<u8>], base: u8) -> Vec<u8> {
    let mut resolved = Vec::with_capacity(levels.len());
    let mut before = base;
    let mut index = 0;
    while let Some(level) = levels.get(index) {
        if let Some(level) = level {
            before = *level;
            resolved.push(*level);
            index += 1;
            continue;
        }
        let rest = levels.get(index..).unwrap_or_default();
        let length = rest.iter().position(Option::is_some).unwrap_or(rest.len());
        let after = rest.get(length).copied().flatten().unwrap_or(base);
        let level = if before == after { before } else { base };
        resolved.extend(std::iter::repeat_n(level, length));
        index += length;
    }
    resolved
}

fn reverse_runs(order: &mut [usize], levels: &[u8], level: u8) {
    let at_least = |place: usize, order: &[usize]| {
        order.get(place).and_then(|index| levels.get(*index)).is_some_and(|found| *found >= level)
    };
    let mut start = 0;
    while start < order.len() {
        if !at_least(start, order) {
            start += 1;
            continue;
        }
        let mut end = start;
        while end < order.len() && at_least(end, order) {
            end += 1;
        }
        if let Some(run) = order.get_mut(start..end) {
            run.reverse();
        }
        start = end;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]
    use super::reading_order;

    fn read(visual: &str) -> String {
        let letters: Vec<char> = visual.chars().collect();
        reading_order(&letters).0.into_iter().map(|index| letters[index]).collect()
    }

    #[test]
    fn a_hebrew_line_is_turned() {
        assert_eq!(read("םלוע םולש"), "שלום עולם");
    }

    #[test]
    fn numbers_and_foreign_words_keep_their_order() {
        assert_eq!(read("ב 12.5 א"), "א 12.5 ב");
        assert_eq!(read("ב New York אאאאאאאא"), "אאאאאאאא New York ב");
    }

    #[test]
    fn a_hebrew_word_in_a_latin_line_is_turned_alone() {
        assert_eq!(read("see the word גבא here"), "see the word אבג here");
    }
}
