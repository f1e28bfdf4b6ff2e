//! Glyph names to letters: the Adobe Glyph List and the rules for names made up by programs.

use std::sync::LazyLock;

/// Adobe's glyph list with the names of ZapfDingbats, sorted by name; `#` lines are its licence.
static LIST: &str = include_str!("glyph_list.txt");

static ENTRIES: LazyLock<Vec<(&'static str, &'static str)>> = LazyLock::new(|| {
    LIST.lines().filter(|line| !line.starts_with('#')).filter_map(|l| l.split_once(';')).collect()
});

/// Whether a name is one of ZapfDingbats (`a1` to `a206`), which other fonts use for codes.
fn is_dingbat_name(name: &str) -> bool {
    name.strip_prefix('a').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
        && name.len() > 1
}

/// Appends the letters of a glyph name; false when the name says nothing.
///
/// Names of ZapfDingbats count in dingbat fonts only.
///
/// Follows the AGL specification: a suffix after a full stop is dropped, parts joined by `_`
/// are ligatures, `uniXXXX` and `uXXXXXX` are code points.
pub(super) fn push_letters(name: &[u8], in_dingbats: bool, out: &mut String) -> bool {
    let Ok(name) = std::str::from_utf8(name) else { return false };
    let base = match name.find('.') {
        Some(0) | None => name,
        Some(at) => name.get(..at).unwrap_or(name),
    };
    if is_dingbat_name(base) && !in_dingbats {
        return false;
    }
    let before = out.len();
    for part in base.split('_') {
        push_part(part, out);
    }
    out.len() > before
}

fn push_part(part: &str, out: &mut String) {
    if let Ok(index) = ENTRIES.binary_search_by(|(name, _)| name.as_bytes().cmp(part.as_bytes())) {
        let codes = ENTRIES.get(index).map_or("", |(_, codes)| codes);
        out.extend(codes.split(' ').filter_map(hex_letter));
    } else if let Some(digits) = part.strip_prefix("uni").filter(|d| d.len() >= 4) {
        for at in (0..digits.len() / 4 * 4).step_by(4) {
            out.extend(digits.get(at..at + 4).and_then(hex_letter));
        }
    } else if let Some(digits) = part.strip_prefix('u').filter(|d| (4..=6).contains(&d.len())) {
        out.extend(hex_letter(digits));
    }
}

fn hex_letter(digits: &str) -> Option<char> {
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).filter(|letter| *letter != '\0')
}

/// The code that a made-up name stands for: `G41` and `g0041` in hexadecimal, `c65`, `C065`
/// and `a65` in decimal.
pub(super) fn code_of_made_up_name(name: &[u8]) -> Option<char> {
    let (kind, digits) = name.split_first()?;
    let digits = std::str::from_utf8(digits).ok()?;
    let code = match (kind, digits.len()) {
        (b'G', 2) | (b'g', 4) => u32::from_str_radix(digits, 16).ok()?,
        (b'c' | b'C' | b'a', 1..=3) => digits.parse().ok()?,
        _ => return None,
    };
    char::from_u32(code).filter(|letter| !letter.is_control())
}

#[cfg(test)]
mod tests {
    use super::{code_of_made_up_name, push_letters};

    fn letters(name: &str) -> Option<String> {
        let mut out = String::new();
        push_letters(name.as_bytes(), true, &mut out).then_some(out)
    }

    #[test]
    fn numbered_names_are_dingbats_in_dingbat_fonts_only() {
        assert!(!push_letters(b"a10", false, &mut String::new()));
        assert_eq!(code_of_made_up_name(b"a192"), Some('À'));
    }

    #[test]
    fn names_follow_the_glyph_list() {
        assert_eq!(letters("A").as_deref(), Some("A"));
        assert_eq!(letters("Aacute.sc").as_deref(), Some("Á"));
        assert_eq!(letters("f_f_i").as_deref(), Some("ffi"));
        assert_eq!(letters("uni20AC0308").as_deref(), Some("\u{20ac}\u{308}"));
        assert_eq!(letters("u1F600").as_deref(), Some("😀"));
        assert_eq!(letters("a10").as_deref(), Some("✡"));
        assert_eq!(letters(".notdef"), None);
        assert_eq!(letters("g17"), None);
    }

    #[test]
    fn made_up_names_stand_for_codes() {
        assert_eq!(code_of_made_up_name(b"G41"), Some('A'));
        assert_eq!(code_of_made_up_name(b"c065"), Some('A'));
        assert_eq!(code_of_made_up_name(b"glyph"), None);
    }
}
