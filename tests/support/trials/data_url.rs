//! Data URLs: any text, and any bytes as base64.
//!
//! What decodes must come back from its canonical form, take no more room than the text it
//! came as, and be what a plain reading of RFC 2397 and RFC 4648 gives; pieces do not matter.

use docspool::job::data_url::{self, LenientDecoder};

/// Any bytes; whether they are a data URL.
pub(crate) fn run(bytes: &[u8]) -> bool {
    base64(bytes);
    let Ok(url) = std::str::from_utf8(bytes) else { return false };
    let media_type = data_url::media_type(url);
    assert!(!media_type.contains([';', ',']), "{media_type:?} is one part of a head");
    let decoded = data_url::decode(url);
    if let Ok(decoded) = &decoded {
        assert!(decoded.len() <= bytes.len(), "a document larger than its text");
        let again = data_url::of(media_type, decoded);
        assert_eq!(data_url::decode(&again).as_ref(), Ok(decoded), "the canonical form");
    }
    let plain = url.split_once(',').filter(|(head, _)| {
        head.is_char_boundary(5.min(head.len())) && head.to_ascii_lowercase().starts_with("data:")
    });
    let expected = plain.and_then(|(head, data)| {
        let is_base64 = head.to_ascii_lowercase().ends_with(";base64");
        if is_base64 { plain_base64(data.as_bytes()) } else { plain_percent(data.as_bytes()) }
    });
    assert_eq!(decoded.ok(), expected, "a plain reading of {url:?}");
    plain.is_some()
}

fn base64(text: &[u8]) {
    let expected = plain_base64(text);
    if let Some(decoded) = data_url::decode_canonical(text) {
        assert_eq!(data_url::encode(&decoded).as_bytes(), text, "one form is canonical");
        assert_eq!(expected.as_ref(), Some(&decoded));
    }
    for pieces in super::cuts(text).into_iter().chain([vec![text]]) {
        let (mut decoder, mut decoded) = (LenientDecoder::default(), Vec::new());
        let pushed = pieces.iter().try_for_each(|piece| decoder.push(piece, &mut decoded));
        let whole = pushed.and_then(|()| decoder.finish(&mut decoded));
        assert_eq!(whole.ok().map(|()| decoded), expected, "in pieces");
    }
}

/// Base64 read all at once: blanks do not count, padding only ends it.
fn plain_base64(text: &[u8]) -> Option<Vec<u8>> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut letters: Vec<u8> =
        text.iter().copied().filter(|byte| !b" \t\r\n".contains(byte)).collect();
    while letters.last() == Some(&b'=') {
        letters.pop();
    }
    let values: Option<Vec<u8>> = letters
        .into_iter()
        .map(|letter| match letter {
            b'-' => Some(62),
            b'_' => Some(63),
            _ => ALPHABET.iter().position(|known| *known == letter).map(|value| value as u8),
        })
        .collect();
    let bits: Vec<bool> =
        values?.iter().flat_map(|value| (0..6).rev().map(move |n| value >> n & 1 == 1)).collect();
    // One letter alone is no byte.
    if bits.len() % 24 == 6 {
        return None;
    }
    let whole = bits.chunks_exact(8);
    Some(whole.map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | u8::from(*bit))).collect())
}

fn plain_percent(text: &[u8]) -> Option<Vec<u8>> {
    let mut parts = text.split(|byte| *byte == b'%');
    let mut decoded = parts.next().unwrap_or_default().to_vec();
    for part in parts {
        let digits = part.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
        decoded.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        decoded.extend_from_slice(&part[2..]);
    }
    Some(decoded)
}

/// The shapes that clients send.
pub(crate) fn seeds() -> Vec<(String, Vec<u8>)> {
    let seeds = [
        ("plain", "data:application/pdf;base64,JVBERi0xLjcK"),
        ("padded", "data:text/plain;charset=utf-8;base64,YQ=="),
        ("url_safe", "DATA:;BASE64,aGVsbG8_Pz4-"),
        ("wrapped", "data:image/png;base64,aGVs\r\nbG8/ Pz4+\tYWI"),
        ("percent", "data:text/html,%3Cp%3ehello%20%E2%82%AC"),
        ("empty", "data:,"),
        ("base64", "AAECAwQFBgcICQoLDA0ODw+/"),
    ];
    seeds.into_iter().map(|(name, url)| (name.to_owned(), url.as_bytes().to_vec())).collect()
}
