//! From bytes to text: which character encoding a text is in.
//!
//! In this order: a byte order mark; a declared encoding that is not a superset of ASCII; UTF-8
//! if the bytes are valid; the declared encoding; UTF-16 without a mark (a zero in every second
//! byte); windows-1252, which never fails. The encodings are those of the WHATWG Encoding
//! Standard.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Bytes looked at to tell UTF-16 without a byte order mark.
const UTF_16_PROBE_BYTES: usize = 1024;

/// A decoded text.
#[derive(Debug, PartialEq)]
pub(crate) struct Decoded {
    /// The text, without a byte order mark, with `\n` as the only line end and no NUL.
    pub(crate) text: String,
    /// The encoding's standard name.
    pub(crate) encoding: &'static str,
    /// Whether some bytes had no meaning in it and were replaced by U+FFFD.
    pub(crate) replaced: bool,
}

/// Decodes `bytes`; `declared` is the label a header or a meta element gave.
pub(crate) fn decode(bytes: &[u8], declared: Option<&str>) -> Decoded {
    let encoding = choose(bytes, declared);
    let (text, encoding, replaced) = encoding.decode(bytes);
    Decoded { text: clean(&text), encoding: encoding.name(), replaced }
}

fn choose(bytes: &[u8], declared: Option<&str>) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    let declared = declared.and_then(|label| Encoding::for_label(label.trim().as_bytes()));
    if let Some(encoding) = declared
        && !encoding.is_ascii_compatible()
        // A page that can be read far enough to find "utf-16" in it is not in UTF-16.
        && !(is_utf_16(encoding) && without_marks(bytes).is_none())
    {
        return encoding;
    }
    if let Some(encoding) = without_marks(bytes) {
        return encoding;
    }
    if std::str::from_utf8(bytes).is_ok() {
        return UTF_8;
    }
    match declared {
        Some(encoding) if !is_utf_16(encoding) && encoding != UTF_8 => encoding,
        Some(encoding) if encoding == UTF_8 && mostly_utf_8(bytes) => UTF_8,
        _ if mostly_utf_8(bytes) => UTF_8,
        _ => WINDOWS_1252,
    }
}

fn is_utf_16(encoding: &'static Encoding) -> bool {
    encoding == UTF_16BE || encoding == UTF_16LE
}

/// UTF-16 of mostly Latin text has a zero in nearly every second byte.
fn without_marks(bytes: &[u8]) -> Option<&'static Encoding> {
    let probe = bytes.get(..UTF_16_PROBE_BYTES.min(bytes.len()))?;
    let pairs = probe.len() / 2;
    if pairs < 2 {
        return None;
    }
    let zeros = |offset: usize| {
        let every_second = probe.iter().skip(offset).step_by(2);
        every_second.filter(|&&byte| byte == 0).count()
    };
    let (high_first, low_first) = (zeros(0), zeros(1));
    if high_first * 10 >= pairs * 7 && low_first * 10 <= pairs {
        Some(UTF_16BE)
    } else if low_first * 10 >= pairs * 7 && high_first * 10 <= pairs {
        Some(UTF_16LE)
    } else {
        None
    }
}

/// Whether broken sequences are rare beside good ones: a UTF-8 text that was cut or damaged.
fn mostly_utf_8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        let letters = chunk.valid().chars();
        good += letters.filter(|letter| !letter.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good > bad * 4
}

/// One line end, no NUL: both would be noise to everything that reads the text.
fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\0' => {}
            '\r' => {
                letters.next_if_eq(&'\n');
                cleaned.push('\n');
            }
            other => cleaned.push(other),
        }
    }
    cleaned
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
    use super::*;

    #[test]
    fn a_mark_wins_over_the_declared_encoding() {
        let decoded = decode(b"\xff\xfeH\0i\0", Some("utf-8"));
        assert_eq!((decoded.text.as_str(), decoded.encoding), ("Hi", "UTF-16LE"));
    }

    #[test]
    fn utf_16_without_a_mark_is_seen() {
        let bytes: Vec<u8> = "Invoice 42".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(&bytes, None).text, "Invoice 42");
    }

    #[test]
    fn valid_utf_8_wins_over_a_wrong_label() {
        assert_eq!(decode("Grüße".as_bytes(), Some("iso-8859-1")).text, "Grüße");
    }

    #[test]
    fn the_label_decides_when_the_bytes_are_not_utf_8() {
        let decoded = decode(b"\x93\xfa\x96{", Some("Shift_JIS"));
        assert_eq!((decoded.text.as_str(), decoded.replaced), ("日本", false));
    }

    #[test]
    fn iso_2022_jp_is_valid_utf_8_but_its_label_is_believed() {
        assert_eq!(decode(b"\x1b$BF|K\\\x1b(B", Some("iso-2022-jp")).text, "日本");
    }

    #[test]
    fn without_any_hint_it_is_windows_1252() {
        let decoded = decode(b"caf\xe9 \x80 5", None);
        assert_eq!(decoded.text, "café € 5");
        assert_eq!(decoded.encoding, "windows-1252");
    }

    #[test]
    fn a_cut_utf_8_text_stays_utf_8() {
        let decoded = decode(b"\xc3\xa9\xc3\xa8\xc3\xa9\xc3\xa8\xc3\xa9\xc3", None);
        assert_eq!(decoded.encoding, "UTF-8");
        assert!(decoded.replaced);
    }

    #[test]
    fn line_ends_become_one_kind() {
        assert_eq!(decode(b"a\r\nb\rc\nd\0", None).text, "a\nb\nc\nd");
    }
}
