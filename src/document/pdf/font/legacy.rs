//! Predefined CMaps by name: how their codes are cut and what they read as (ISO 32000-1, 9.7.5.2).
//!
//! The codes of these maps are those of national character sets or of Unicode, so the letters
//! come from the character set itself; only widths need CIDs, and those are guessed well
//! enough: printable ASCII has a known place in each collection.

use encoding_rs::{BIG5, EUC_JP, EUC_KR, Encoding, GB18030, SHIFT_JIS};

/// How the codes of a predefined CMap are read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Charset {
    /// UTF-16 in big-endian order (also UCS-2).
    Utf16,
    Utf8,
    Utf32,
    /// A multi-byte character set of ASCII and two-byte codes.
    MultiByte(&'static Encoding),
    /// Two bytes of seven bits, as in ISO 2022.
    SevenBit(&'static Encoding),
}

/// A predefined CMap other than Identity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Predefined {
    charset: Charset,
    /// CID of the blank: printable ASCII follows it.
    space_cid: u32,
}

/// Finds a predefined CMap; the `-H` or `-V` at its end does not matter here.
pub(super) fn find(name: &str) -> Option<Predefined> {
    let name = name.strip_suffix("-H").or_else(|| name.strip_suffix("-V")).unwrap_or(name);
    let charset = match name {
        _ if name.ends_with("UCS2") || name.ends_with("UTF16") => Charset::Utf16,
        _ if name.ends_with("UTF8") => Charset::Utf8,
        _ if name.ends_with("UTF32") => Charset::Utf32,
        "GB-EUC" | "GBpc-EUC" | "GBK-EUC" | "GBKp-EUC" | "GBK2K" => Charset::MultiByte(GB18030),
        "B5pc" | "ETen-B5" | "ETenms-B5" | "HKscs-B5" => Charset::MultiByte(BIG5),
        "EUC" => Charset::MultiByte(EUC_JP),
        "KSC-EUC" | "KSCms-UHC" | "KSCms-UHC-HW" | "KSCpc-EUC" => Charset::MultiByte(EUC_KR),
        "KSC" => Charset::SevenBit(EUC_KR),
        "GB" => Charset::SevenBit(GB18030),
        "H" | "V" | "Add" | "Ext" | "78" | "NWP" => Charset::SevenBit(EUC_JP),
        _ if name.contains("RKSJ") => Charset::MultiByte(SHIFT_JIS),
        _ => return None,
    };
    let space_cid = match name {
        "90ms-RKSJ" | "Add-RKSJ" | "Ext-RKSJ" | "EUC" => 231,
        "GBK-EUC" | "GBK2K" | "GB-EUC" => 814,
        "ETen-B5" => 13_648,
        "KSC-EUC" | "KSCms-UHC-HW" => 8_094,
        _ => 1,
    };
    Some(Predefined { charset, space_cid })
}

impl Predefined {
    /// Takes the next code off `bytes`: its letter, if any, and its length.
    pub(super) fn next_letter(self, bytes: &[u8]) -> (Option<char>, usize) {
        let at = |index: usize| bytes.get(index).copied().unwrap_or(0);
        let first = at(0);
        let (letter, length) = match self.charset {
            Charset::Utf16 => utf_16(bytes),
            Charset::Utf8 => {
                let length = match first {
                    0xc0..=0xdf => 2,
                    0xe0..=0xef => 3,
                    0xf0..=0xff => 4,
                    _ => 1,
                };
                let code = bytes.get(..length).and_then(|code| std::str::from_utf8(code).ok());
                (code.and_then(|text| text.chars().next()), length)
            }
            Charset::Utf32 => (char::from_u32(u32::from_be_bytes([first, at(1), at(2), at(3)])), 4),
            Charset::SevenBit(encoding) => (decode(encoding, &[first | 0x80, at(1) | 0x80]), 2),
            Charset::MultiByte(encoding) => {
                let is_single =
                    first < 0x81 || encoding == SHIFT_JIS && matches!(first, 0xa0..=0xdf | 0xfd..);
                let length = if is_single { 1 } else { 2 };
                (decode(encoding, bytes.get(..length).unwrap_or(bytes)), length)
            }
        };
        (letter.filter(|letter| *letter != '\0'), length.min(bytes.len()).max(1))
    }

    /// The CID whose width a letter has, where that is known.
    pub(super) fn cid_of(self, letter: char) -> Option<u32> {
        (' '..='~').contains(&letter).then(|| self.space_cid + (letter as u32 - 32))
    }
}

fn utf_16(bytes: &[u8]) -> (Option<char>, usize) {
    let unit = |index: usize| match bytes.get(index..index + 2) {
        Some([high, low]) => u16::from_be_bytes([*high, *low]),
        _ => 0,
    };
    let first = unit(0);
    let units = [first, unit(2)];
    let length = if (0xd800..0xdc00).contains(&first) { 4 } else { 2 };
    let letter = char::decode_utf16(units).next().and_then(Result::ok);
    (letter, length)
}

fn decode(encoding: &'static Encoding, code: &[u8]) -> Option<char> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(code)?;
    text.chars().next()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::find;

    #[test]
    fn codes_are_cut_and_read_by_their_character_set() {
        let next = |name: &str, bytes: &[u8]| find(name).unwrap().next_letter(bytes);
        assert_eq!(next("90ms-RKSJ-H", b"\x93\xfaA"), (Some('日'), 2));
        assert_eq!(next("90ms-RKSJ-V", b"A\x93"), (Some('A'), 1));
        assert_eq!(next("GBK-EUC-H", b"\xd6\xd0"), (Some('中'), 2));
        assert_eq!(next("ETen-B5-V", b"\xa4\xa4"), (Some('中'), 2));
        assert_eq!(next("KSCms-UHC-H", b"\xc7\xd1"), (Some('한'), 2));
        assert_eq!(next("UniJIS-UTF16-H", b"\x65\xe5"), (Some('日'), 2));
        assert_eq!(next("H", b"\x46\x7c"), (Some('日'), 2));
        assert_eq!(find("Identity-H"), None);
    }

    #[test]
    fn a_code_cut_off_at_the_end_takes_what_is_there() {
        assert_eq!(find("UniGB-UCS2-H").unwrap().next_letter(b"\x4e").1, 1);
    }
}
