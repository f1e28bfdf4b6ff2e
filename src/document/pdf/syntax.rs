//! Reads single objects from bytes, forgiving what lopdf's parser does not.

use lopdf::{Dictionary, Object, Stream, StringFormat};

use super::lexer::{Lexer, Token, decode_hex, decode_literal, decode_name};

/// Arrays and dictionaries inside each other.
const NESTING_MAX: usize = 64;

/// Reads the next object, a stream included when it is one.
pub(super) fn object(lexer: &mut Lexer<'_>) -> Option<Object> {
    let first = lexer.next()?;
    let object = value(lexer, first, 0)?;
    let Object::Dictionary(dict) = object else { return Some(object) };
    let mut ahead = lexer.clone();
    if ahead.next() != Some(Token::Keyword(b"stream")) {
        return Some(Object::Dictionary(dict));
    }
    let rest = ahead.rest();
    let rest = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")).unwrap_or(rest);
    let length = stream_length(&dict, rest);
    let content = rest.get(..length).unwrap_or_default().to_vec();
    lexer.set_offset(ahead.offset() + length);
    Some(Object::Stream(Stream::new(dict, content)))
}

/// The length that the dictionary gives when `endstream` follows there, else up to `endstream`,
/// else up to the end of the object or file.
fn stream_length(dict: &Dictionary, rest: &[u8]) -> usize {
    if let Ok(Object::Integer(length)) = dict.get(b"Length")
        && let Ok(length) = usize::try_from(*length)
        && Lexer::new(rest.get(length..).unwrap_or_default()).next()
            == Some(Token::Keyword(b"endstream"))
    {
        return length;
    }
    let end = memchr::memmem::find(rest, b"endstream")
        .or_else(|| memchr::memmem::find(rest, b"endobj"))
        .unwrap_or(rest.len());
    let data = rest.get(..end).unwrap_or_default();
    data.strip_suffix(b"\r\n")
        .or_else(|| data.strip_suffix(b"\n"))
        .or_else(|| data.strip_suffix(b"\r"))
        .unwrap_or(data)
        .len()
}

fn value(lexer: &mut Lexer<'_>, token: Token<'_>, depth: usize) -> Option<Object> {
    Some(match token {
        Token::Number(number) => match reference(lexer, number) {
            Some(id) => Object::Reference(id),
            None if number.fract() == 0.0 && number.abs() < 1e15 => Object::Integer(number as i64),
            None => Object::Real(number as f32),
        },
        Token::Name(raw) => Object::Name(decode_name(raw).into_owned()),
        Token::Literal { raw, .. } => {
            let mut bytes = Vec::with_capacity(raw.len());
            decode_literal(raw, &mut bytes);
            Object::String(bytes, StringFormat::Literal)
        }
        Token::Hex(raw) => {
            let mut bytes = Vec::with_capacity(raw.len() / 2);
            decode_hex(raw, &mut bytes);
            Object::String(bytes, StringFormat::Hexadecimal)
        }
        Token::Keyword(b"true") => Object::Boolean(true),
        Token::Keyword(b"false") => Object::Boolean(false),
        Token::Keyword(b"null") => Object::Null,
        Token::ArrayOpen if depth < NESTING_MAX => Object::Array(array(lexer, depth + 1)),
        Token::DictOpen if depth < NESTING_MAX => Object::Dictionary(dictionary(lexer, depth + 1)),
        _ => return None,
    })
}

/// `12 0 R`, whose first number was read.
fn reference(lexer: &mut Lexer<'_>, number: f64) -> Option<(u32, u16)> {
    if number.fract() != 0.0 || !(0.0..=f64::from(u32::MAX)).contains(&number) {
        return None;
    }
    let mut ahead = lexer.clone();
    let Some(Token::Number(generation)) = ahead.next() else { return None };
    if generation.fract() != 0.0
        || !(0.0..=65_535.0).contains(&generation)
        || ahead.next() != Some(Token::Keyword(b"R"))
    {
        return None;
    }
    lexer.set_offset(ahead.offset());
    Some((number as u32, generation as u16))
}

fn is_end_of_object(token: &Token<'_>) -> bool {
    matches!(token, Token::Keyword(b"endobj" | b"stream" | b"endstream" | b"obj"))
}

fn array(lexer: &mut Lexer<'_>, depth: usize) -> Vec<Object> {
    let mut items = Vec::new();
    loop {
        let before = lexer.offset();
        match lexer.next() {
            None | Some(Token::ArrayClose) => return items,
            Some(token) if is_end_of_object(&token) || token == Token::DictClose => {
                lexer.set_offset(before);
                return items;
            }
            Some(token) => items.extend(value(lexer, token, depth)),
        }
    }
}

fn dictionary(lexer: &mut Lexer<'_>, depth: usize) -> Dictionary {
    let mut dict = Dictionary::new();
    loop {
        let before = lexer.offset();
        match lexer.next() {
            None | Some(Token::DictClose) => return dict,
            Some(token) if is_end_of_object(&token) => {
                lexer.set_offset(before);
                return dict;
            }
            Some(Token::Name(key)) => {
                let before = lexer.offset();
                match lexer.next() {
                    None => return dict,
                    Some(Token::DictClose) => return dict,
                    Some(token) if is_end_of_object(&token) => {
                        lexer.set_offset(before);
                        return dict;
                    }
                    Some(token) => {
                        if let Some(object) = value(lexer, token, depth) {
                            dict.set(decode_name(key).into_owned(), object);
                        }
                    }
                }
            }
            Some(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{Lexer, Object, object};

    fn read(bytes: &[u8]) -> Object {
        object(&mut Lexer::new(bytes)).unwrap()
    }

    #[test]
    fn one_bad_number_does_not_cost_the_dictionary() {
        let read = read(b"<< /Type /Page /MediaBox [0 0 1e30 x 5] /Parent 2 0 R >>");
        let dict = read.as_dict().unwrap();
        assert_eq!(dict.get(b"Parent").unwrap().as_reference().unwrap(), (2, 0));
        assert_eq!(dict.get(b"MediaBox").unwrap().as_array().unwrap().len(), 4);
    }

    #[test]
    fn a_stream_ends_at_endstream_when_its_length_is_wrong() {
        for length in ["3", "-1", "99", "7 0 R"] {
            let bytes = format!("<< /Length {length} >> stream\nabcdef\nendstream endobj");
            assert_eq!(read(bytes.as_bytes()).as_stream().unwrap().content, b"abcdef");
        }
        assert_eq!(read(b"<<>> stream\nabc").as_stream().unwrap().content, b"abc");
    }

    #[test]
    fn unclosed_values_end_with_their_object() {
        assert_eq!(read(b"<< /A [1 2 endobj").as_dict().unwrap().len(), 1);
        let deep = [b"[".repeat(100_000), b"]".repeat(10)].concat();
        assert!(read(&deep).as_array().is_ok());
    }
}
