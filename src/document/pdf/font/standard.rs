//! Widths of the standard fonts and their kin, for files that give none.

use super::encoding;
use super::standard_widths::{
    HELVETICA, HELVETICA_BOLD, SYMBOL, TIMES_BOLD, TIMES_BOLD_ITALIC, TIMES_ITALIC, TIMES_ROMAN,
    ZAPF_DINGBATS,
};

/// Width in em of a code or letter of the standard font that `name` is or resembles.
pub(crate) fn width(name: &str, code: u8, letter: Option<char>) -> f32 {
    let lower = name.to_ascii_lowercase();
    let has = |word: &str| lower.contains(word);
    if has("courier") || has("mono") || has("consol") {
        return 0.6;
    }
    let index = |value: u32| value.checked_sub(32).map(|index| index as usize);
    let by_code = |table: &[u16; 224]| index(u32::from(code)).and_then(|at| table.get(at)).copied();
    let width = if std::ptr::eq(encoding::built_in(name), encoding::built_in("Symbol")) {
        by_code(&SYMBOL)
    } else if has("dingbats") {
        by_code(&ZAPF_DINGBATS)
    } else {
        let bold = has("bold") || has("black") || has("heavy");
        let italic = has("italic") || has("oblique");
        let serif = has("times") || has("roman") || has("serif") && !has("sans") || has("georgia");
        let table = match (serif, bold, italic) {
            (false, false, _) => &HELVETICA,
            (false, true, _) => &HELVETICA_BOLD,
            (true, false, false) => &TIMES_ROMAN,
            (true, true, false) => &TIMES_BOLD,
            (true, false, true) => &TIMES_ITALIC,
            (true, true, true) => &TIMES_BOLD_ITALIC,
        };
        letter.and_then(|letter| index(letter as u32)).and_then(|at| table.get(at)).copied()
    };
    width.filter(|width| *width > 0).map_or(0.5, |width| f32::from(width) / 1000.0)
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
