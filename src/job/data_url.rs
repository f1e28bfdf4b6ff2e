//! Data URLs: their head, and base64 in the shapes that clients send.
//!
//! Owns how a data URL is split and decoded (RFC 2397, RFC 4648). It must not know where
//! documents are kept.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A data URL that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DataUrlError {
    /// It does not begin with `data:` or has no comma.
    #[error("a document's url must be a data URL: data:<type>;base64,<data>")]
    NotADataUrl,
    /// A character that base64 does not have.
    #[error("the document is not valid base64: character {0:?} does not belong there")]
    BadCharacter(char),
    /// One character alone in the last group.
    #[error("the document is not valid base64: its last group is cut short")]
    CutShort,
    /// Percent-encoding that does not hold.
    #[error("the document's data URL has a broken %-escape")]
    BadEscape,
}

/// Whether text is the head of a base64 data URL, comma included.
#[must_use]
pub fn is_base64_head(head: &str) -> bool {
    head.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"))
        && head.len() >= 12
        && head.get(head.len() - 8..).is_some_and(|end| end.eq_ignore_ascii_case(";base64,"))
}

/// The media type named in the head of a data URL; empty when none is named.
#[must_use]
pub fn media_type(url_or_head: &str) -> &str {
    url_or_head.get(5..).and_then(|rest| rest.split([';', ',']).next()).unwrap_or_default().trim()
}

/// Decodes a whole data URL, base64 or percent-encoded.
///
/// # Errors
/// When it is no data URL or its data do not decode.
pub fn decode(url: &str) -> Result<Vec<u8>, DataUrlError> {
    let is_data = url.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"));
    let comma = url.find(',').filter(|_| is_data).ok_or(DataUrlError::NotADataUrl)?;
    let (head, data) = url.split_at_checked(comma + 1).ok_or(DataUrlError::NotADataUrl)?;
    if !is_base64_head(head) {
        return decode_percent(data.as_bytes());
    }
    if let Ok(bytes) = STANDARD.decode(data) {
        return Ok(bytes);
    }
    let mut bytes = Vec::with_capacity(data.len() / 4 * 3);
    let mut decoder = LenientDecoder::default();
    decoder.push(data.as_bytes(), &mut bytes)?;
    decoder.finish(&mut bytes)?;
    Ok(bytes)
}

fn decode_percent(data: &[u8]) -> Result<Vec<u8>, DataUrlError> {
    let mut bytes = Vec::with_capacity(data.len());
    let mut rest = data.iter();
    while let Some(&byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || {
            rest.next()
                .and_then(|&digit| char::from(digit).to_digit(16))
                .and_then(|value| u8::try_from(value).ok())
                .ok_or(DataUrlError::BadEscape)
        };
        bytes.push(digit()? << 4 | digit()?);
    }
    Ok(bytes)
}

/// The base64 text of bytes, with padding.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The data URL of bytes.
#[must_use]
pub fn of(media_type: &str, bytes: &[u8]) -> String {
    format!("data:{media_type};base64,{}", encode(bytes))
}

/// Decodes canonical base64 (standard alphabet, padded, zero trailing bits) or says no.
#[must_use]
pub fn decode_canonical(text: &[u8]) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Decodes base64 piece by piece and forgives what real encoders do: line breaks and
/// blanks, the URL-safe alphabet, missing padding.
#[derive(Debug, Default)]
pub struct LenientDecoder {
    bits: u32,
    count: u8,
    padded: bool,
}

impl LenientDecoder {
    /// Decodes the next piece of text behind the earlier ones.
    ///
    /// # Errors
    /// When a character is not base64, or data follow the padding.
    pub fn push(&mut self, text: &[u8], out: &mut Vec<u8>) -> Result<(), DataUrlError> {
        for &byte in text {
            let value = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'+' | b'-' => 62,
                b'/' | b'_' => 63,
                b' ' | b'\t' | b'\r' | b'\n' => continue,
                b'=' => {
                    self.padded = true;
                    continue;
                }
                _ => return Err(DataUrlError::BadCharacter(char::from(byte))),
            };
            if self.padded {
                return Err(DataUrlError::BadCharacter('='));
            }
            self.bits = self.bits << 6 | u32::from(value);
            self.count += 1;
            if self.count == 4 {
                let [_, a, b, c] = self.bits.to_be_bytes();
                out.extend_from_slice(&[a, b, c]);
                *self = Self::default();
            }
        }
        Ok(())
    }

    /// Ends the text and gives out the last bytes.
    ///
    /// # Errors
    /// When one character stands alone in the last group.
    pub fn finish(self, out: &mut Vec<u8>) -> Result<(), DataUrlError> {
        match self.count {
            0 => Ok(()),
            1 => Err(DataUrlError::CutShort),
            count => {
                let [_, a, b, _] = (self.bits << (6 * (4 - u32::from(count)))).to_be_bytes();
                out.push(a);
                if count == 3 {
                    out.push(b);
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_shape_of_base64_decodes_to_the_same_bytes() {
        for url in [
            "data:text/plain;base64,aGVsbG8/Pz4+",
            "data:text/plain;base64,aGVsbG8_Pz4-",
            "data:text/plain;base64,aGVs\r\nbG8/ Pz4+",
            "DATA:text/plain;charset=utf-8;BASE64,aGVsbG8/Pz4+",
            "data:,hello%3f%3F>>",
        ] {
            assert_eq!(decode(url).unwrap(), b"hello??>>", "{url}");
        }
        assert_eq!(decode("data:;base64,YQ").unwrap(), b"a");
        assert_eq!(decode("data:;base64,").unwrap(), b"");
    }

    #[test]
    fn what_is_not_base64_is_named() {
        assert_eq!(decode("data:;base64,a*bc"), Err(DataUrlError::BadCharacter('*')));
        assert_eq!(decode("data:;base64,YWJjZ"), Err(DataUrlError::CutShort));
        assert_eq!(decode("data:;base64,YQ==YQ=="), Err(DataUrlError::BadCharacter('=')));
        assert_eq!(decode("data:,%zz"), Err(DataUrlError::BadEscape));
        assert_eq!(decode("https://x/y"), Err(DataUrlError::NotADataUrl));
        assert_eq!(decode("data:no-comma"), Err(DataUrlError::NotADataUrl));
    }

    #[test]
    fn the_media_type_is_read_from_the_head() {
        assert_eq!(media_type("data:application/pdf;base64,xx"), "application/pdf");
        assert_eq!(media_type("data:,x"), "");
    }
}
