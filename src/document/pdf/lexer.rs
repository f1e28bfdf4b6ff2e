//! Cuts content streams, CMaps and Type 1 font headers into tokens, without allocating.
//!
//! One pass over the bytes that never fails: bytes that make no token are skipped
//! (ISO 32000-1, 7.2 and 7.3). Strings and names are given raw and decoded when used.

/// A token of PDF syntax, borrowed from the bytes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Token<'a> {
    Number(f64),
    /// Without the slash, `#` escapes not decoded.
    Name(&'a [u8]),
    /// A literal string without its parentheses; `plain` when it holds no escape.
    Literal {
        raw: &'a [u8],
        plain: bool,
    },
    /// A hexadecimal string without its brackets.
    Hex(&'a [u8]),
    ArrayOpen,
    ArrayClose,
    DictOpen,
    DictClose,
    Keyword(&'a [u8]),
}

/// Reads tokens from bytes.
#[derive(Debug, Clone)]
pub(super) struct Lexer<'a> {
    bytes: &'a [u8],
    position: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Regular,
    White,
    Delimiter,
}

/// The class of each byte: the lexer asks for it once for each byte of a page.
const CLASSES: [Class; 256] = {
    let mut classes = [Class::Regular; 256];
    let mut rest = classes.as_mut_slice();
    let mut byte = 0_u8;
    while let [class, tail @ ..] = rest {
        *class = match byte {
            b'\0' | b'\t' | b'\n' | 0x0c | b'\r' | b' ' => Class::White,
            b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%' => Class::Delimiter,
            _ => Class::Regular,
        };
        byte = byte.wrapping_add(1);
        rest = tail;
    }
    classes
};

fn class(byte: u8) -> Class {
    CLASSES.get(usize::from(byte)).copied().unwrap_or(Class::Regular)
}

/// White space of PDF syntax.
pub(super) fn is_white(byte: u8) -> bool {
    class(byte) == Class::White
}

impl<'a> Lexer<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, position: 0 }
    }

    pub(super) fn offset(&self) -> usize {
        self.position
    }

    pub(super) fn set_offset(&mut self, position: usize) {
        self.position = position.min(self.bytes.len());
    }

    pub(super) fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.position..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.position).copied()
    }

    fn skip_white(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                let rest = self.rest();
                self.position += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            } else if is_white(byte) {
                self.position += 1;
            } else {
                break;
            }
        }
    }

    fn take_regular(&mut self) -> &'a [u8] {
        let rest = self.rest();
        let length =
            rest.iter().position(|&byte| class(byte) != Class::Regular).unwrap_or(rest.len());
        self.position += length;
        rest.get(..length).unwrap_or_default()
    }

    /// A literal string whose opening parenthesis was passed.
    fn literal(&mut self) -> Token<'a> {
        let rest = self.rest();
        let (mut depth, mut plain, mut index) = (1_usize, true, 0_usize);
        while let Some(&byte) = rest.get(index) {
            match byte {
                b'(' => depth += 1,
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                }
                b'\\' => {
                    plain = false;
                    index += 1;
                }
                b'\r' => plain = false,
                _ => {}
            }
            index += 1;
        }
        let end = index.min(rest.len());
        self.position += (end + 1).min(rest.len());
        Token::Literal { raw: rest.get(..end).unwrap_or_default(), plain }
    }

    /// A hexadecimal string whose opening bracket was passed.
    fn hex(&mut self) -> Token<'a> {
        let rest = self.rest();
        let end = memchr::memchr(b'>', rest).unwrap_or(rest.len());
        self.position += (end + 1).min(rest.len());
        Token::Hex(rest.get(..end).unwrap_or_default())
    }

    fn take(&mut self, length: usize, token: Token<'a>) -> Option<Token<'a>> {
        self.position += length;
        Some(token)
    }
}

impl<'a> Iterator for Lexer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            self.skip_white();
            let byte = self.peek()?;
            match byte {
                b'0'..=b'9' | b'+' | b'-' | b'.' => {
                    let word = self.take_regular();
                    return Some(match number(word) {
                        Some(value) => Token::Number(value),
                        None => Token::Keyword(word),
                    });
                }
                b'/' => {
                    self.position += 1;
                    return Some(Token::Name(self.take_regular()));
                }
                b'(' => {
                    self.position += 1;
                    return Some(self.literal());
                }
                b'<' if self.bytes.get(self.position + 1) == Some(&b'<') => {
                    return self.take(2, Token::DictOpen);
                }
                b'<' => {
                    self.position += 1;
                    return Some(self.hex());
                }
                b'>' if self.bytes.get(self.position + 1) == Some(&b'>') => {
                    return self.take(2, Token::DictClose);
                }
                b'[' => return self.take(1, Token::ArrayOpen),
                b']' => return self.take(1, Token::ArrayClose),
                b'{' | b'}' => {
                    let brace = self.rest().get(..1).unwrap_or_default();
                    return self.take(1, Token::Keyword(brace));
                }
                b')' | b'>' => self.position += 1,
                _ => return Some(Token::Keyword(self.take_regular())),
            }
        }
    }
}

/// Reads a number as lenient readers do: `--5` is -5, `5-3` is 5, `1.2.3` is 1.2.
///
/// Words that hold no digit or go on in letters are no numbers, but `1e30` is.
pub(super) fn number(word: &[u8]) -> Option<f64> {
    let (mut value, mut scale, mut negative) = (0.0_f64, 0.0_f64, false);
    let mut digits = 0_usize;
    for (index, &byte) in word.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                digits += 1;
                if scale == 0.0 {
                    value = value * 10.0 + f64::from(byte - b'0');
                } else {
                    value += f64::from(byte - b'0') * scale;
                    scale *= 0.1;
                }
            }
            b'.' if scale == 0.0 => scale = 0.1,
            b'-' if digits == 0 && scale == 0.0 => negative = true,
            b'+' if index == 0 => {}
            b'.' | b'-' => break,
            b'e' | b'E' if digits > 0 => {
                let exponent = std::str::from_utf8(word.get(index + 1..)?).ok()?;
                value *= 10_f64.powi(exponent.parse::<i32>().ok()?.clamp(-300, 300));
                break;
            }
            _ => return None,
        }
    }
    let lone_sign = digits == 0 && scale == 0.0 && word.len() > 1;
    if digits == 0 && (lone_sign || word.is_empty()) {
        return None;
    }
    Some(if negative { -value } else { value })
}

/// Appends the bytes of a literal string, its escapes decoded (ISO 32000-1, 7.3.4.2).
pub(super) fn decode_literal(raw: &[u8], out: &mut Vec<u8>) {
    let mut bytes = raw.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => match bytes.next() {
                Some(b'n') => out.push(b'\n'),
                Some(b'r') => out.push(b'\r'),
                Some(b't') => out.push(b'\t'),
                Some(b'b') => out.push(8),
                Some(b'f') => out.push(12),
                Some(b'\n') | None => {}
                Some(b'\r') => {
                    bytes.next_if_eq(&b'\n');
                }
                Some(digit @ b'0'..=b'7') => {
                    let mut value = u32::from(digit - b'0');
                    for _ in 0..2 {
                        match bytes.next_if(|next| (b'0'..=b'7').contains(next)) {
                            Some(next) => value = value * 8 + u32::from(next - b'0'),
                            None => break,
                        }
                    }
                    out.push((value & 0xff) as u8);
                }
                Some(other) => out.push(other),
            },
            b'\r' => {
                bytes.next_if_eq(&b'\n');
                out.push(b'\n');
            }
            other => out.push(other),
        }
    }
}

/// Appends the bytes of a hexadecimal string; a missing last digit is 0.
pub(super) fn decode_hex(raw: &[u8], out: &mut Vec<u8>) {
    let mut high = None;
    for &byte in raw {
        let Some(digit) = (byte as char).to_digit(16) else { continue };
        match high.take() {
            None => high = Some(digit),
            Some(first) => out.push((first * 16 + digit) as u8),
        }
    }
    if let Some(first) = high {
        out.push((first * 16) as u8);
    }
}

/// Decodes the `#xx` escapes of a name.
pub(super) fn decode_name(raw: &[u8]) -> std::borrow::Cow<'_, [u8]> {
    if !raw.contains(&b'#') {
        return raw.into();
    }
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((&byte, tail)) = rest.split_first() {
        let digit = |at: usize| tail.get(at).and_then(|&b| (b as char).to_digit(16));
        if byte == b'#'
            && let (Some(high), Some(low)) = (digit(0), digit(1))
        {
            out.push((high * 16 + low) as u8);
            rest = tail.get(2..).unwrap_or_default();
        } else {
            out.push(byte);
            rest = tail;
        }
    }
    out.into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Lexer, Token, decode_hex, decode_literal, decode_name, number};

    fn tokens(bytes: &[u8]) -> Vec<Token<'_>> {
        Lexer::new(bytes).collect()
    }

    #[test]
    fn an_operator_with_operands() {
        assert_eq!(
            tokens(b"/F1 12.5 Tf[(a)-250<0a>]TJ"),
            [
                Token::Name(b"F1"),
                Token::Number(12.5),
                Token::Keyword(b"Tf"),
                Token::ArrayOpen,
                Token::Literal { raw: b"a", plain: true },
                Token::Number(-250.0),
                Token::Hex(b"0a"),
                Token::ArrayClose,
                Token::Keyword(b"TJ"),
            ]
        );
    }

    #[test]
    fn stray_closers_and_comments_are_passed_over() {
        assert_eq!(tokens(b") % (x)\n > q"), [Token::Keyword(b"q")]);
    }

    #[test]
    fn a_string_without_end_takes_the_rest() {
        assert_eq!(tokens(b"(ab(c)"), [Token::Literal { raw: b"ab(c)", plain: true }]);
        assert_eq!(tokens(b"(ab\\"), [Token::Literal { raw: b"ab\\", plain: false }]);
    }

    #[test]
    fn odd_numbers_are_read_as_others_read_them() {
        let read = |text: &str| number(text.as_bytes());
        assert_eq!(read("--5"), Some(-5.0));
        assert_eq!(read("5-3"), Some(5.0));
        assert_eq!(read("-.5"), Some(-0.5));
        assert_eq!(read("1e3"), Some(1000.0));
        assert_eq!(read("."), Some(0.0));
        assert_eq!(read("12abc"), None);
    }

    #[test]
    fn escapes_are_decoded() {
        let mut out = Vec::new();
        decode_literal(b"a\\(\\101\\7\\\r\nz\\q", &mut out);
        assert_eq!(out, b"a(A\x07zq");
        out.clear();
        decode_hex(b"4 14", &mut out);
        assert_eq!(out, b"A@");
        assert_eq!(*decode_name(b"A#20B#"), *b"A B#");
    }
}
