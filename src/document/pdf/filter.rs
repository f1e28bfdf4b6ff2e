//! Undoes the filters of streams, keeping what came out before an error.
//!
//! Own and not lopdf's because files write `/Filter` and `/DecodeParms` as references, because
//! a bad block must not cost the text before it, and because every layer is bounded.

use std::borrow::Cow;

use flate2::{Decompress, FlushDecompress, Status};
use lopdf::{Dictionary, Object, Stream};

use super::lexer::is_white;
use super::objects::{Objects, as_dict, as_name};
use super::predictor;
use crate::base::limits::DOCUMENT_STREAM_FILTERS_MAX;

/// Decodes a stream's bytes, at most `limit` of them.
pub(super) fn decode<'a>(objects: &Objects<'a>, stream: &'a Stream, limit: usize) -> Cow<'a, [u8]> {
    let mut bytes = Cow::Borrowed(stream.content.as_slice());
    let filters = one_or_many(objects, &stream.dict, [b"Filter", b"F"]);
    let parameters = one_or_many(objects, &stream.dict, [b"DecodeParms", b"DP"]);
    for (index, filter) in filters.iter().take(DOCUMENT_STREAM_FILTERS_MAX).enumerate() {
        let Some(name) = as_name(filter) else { continue };
        let parameters = parameters.get(index).and_then(|object| as_dict(object));
        match decode_one(objects, name, parameters, &bytes, limit) {
            Some(decoded) => bytes = Cow::Owned(decoded),
            None => break,
        }
    }
    bytes
}

/// The first filter for pictures of a stream and its parameters: what [`decode`] leaves alone.
pub(super) fn of_picture<'a>(
    objects: &Objects<'a>,
    stream: &'a Stream,
) -> Option<(&'a [u8], Option<&'a Dictionary>)> {
    const PICTURE_FILTERS: [&[u8]; 6] =
        [b"DCTDecode", b"DCT", b"JPXDecode", b"CCITTFaxDecode", b"CCF", b"JBIG2Decode"];
    let filters = one_or_many(objects, &stream.dict, [b"Filter", b"F"]);
    let parameters = one_or_many(objects, &stream.dict, [b"DecodeParms", b"DP"]);
    let mut names = filters.iter().map(|filter| as_name(filter)).enumerate();
    let (index, name) =
        names.find(|(_, name)| name.is_some_and(|name| PICTURE_FILTERS.contains(&name)))?;
    Some((name?, parameters.get(index).and_then(|object| as_dict(object))))
}

fn one_or_many<'a>(
    objects: &Objects<'a>,
    dict: &'a Dictionary,
    keys: [&[u8]; 2],
) -> Vec<&'a Object> {
    match keys.iter().find_map(|key| objects.get(dict, key)) {
        Some(Object::Array(items)) => items.iter().map(|item| objects.resolve(item)).collect(),
        Some(object) => vec![object],
        None => Vec::new(),
    }
}

/// `None` for filters that are not undone here (pictures, encryption).
fn decode_one<'a>(
    objects: &Objects<'a>,
    name: &[u8],
    parameters: Option<&'a Dictionary>,
    bytes: &[u8],
    limit: usize,
) -> Option<Vec<u8>> {
    let integer = |key: &[u8]| parameters.and_then(|dict| objects.integer(dict, key));
    let mut decoded = match name {
        b"FlateDecode" | b"Fl" => inflate(bytes, limit),
        b"LZWDecode" | b"LZW" => unlzw(bytes, integer(b"EarlyChange") != Some(0), limit),
        b"ASCIIHexDecode" | b"AHx" => ascii_hex(bytes),
        b"ASCII85Decode" | b"A85" => ascii_85(bytes),
        b"RunLengthDecode" | b"RL" => run_length(bytes, limit),
        _ => return None,
    };
    if matches!(name, b"FlateDecode" | b"Fl" | b"LZWDecode" | b"LZW")
        && let Some(kind @ 2..) = integer(b"Predictor")
    {
        let shape = predictor::Shape::new(
            integer(b"Colors").unwrap_or(1),
            integer(b"BitsPerComponent").unwrap_or(8),
            integer(b"Columns").unwrap_or(1),
        );
        predictor::undo(&mut decoded, kind, shape?);
    }
    Some(decoded)
}

/// Inflates zlib data, or raw deflate data behind a broken header.
pub(super) fn inflate(bytes: &[u8], limit: usize) -> Vec<u8> {
    let start = bytes.iter().position(|&byte| !is_white(byte) || byte == 0).unwrap_or(0);
    let bytes = bytes.get(start..).unwrap_or_default();
    let out = inflate_as(bytes, true, limit);
    if !out.is_empty() || bytes.len() < 8 {
        return out;
    }
    let raw = inflate_as(bytes.get(2..).unwrap_or_default(), false, limit);
    if raw.is_empty() { inflate_as(bytes, false, limit) } else { raw }
}

fn inflate_as(bytes: &[u8], zlib: bool, limit: usize) -> Vec<u8> {
    let mut state = Decompress::new(zlib);
    let mut out = Vec::with_capacity(bytes.len().saturating_mul(4).clamp(256, 1 << 20).min(limit));
    loop {
        let read = state.total_in() as usize;
        let before = (state.total_in(), out.len());
        let rest = bytes.get(read..).unwrap_or_default();
        let status = state.decompress_vec(rest, &mut out, FlushDecompress::None);
        let stuck = before == (state.total_in(), out.len()) && out.len() < out.capacity();
        if !matches!(status, Ok(Status::Ok | Status::BufError)) || stuck || out.len() >= limit {
            out.truncate(limit);
            return out;
        }
        if out.len() == out.capacity() {
            out.reserve(out.len().clamp(4096, 8 << 20));
        }
    }
}

fn unlzw(bytes: &[u8], early: bool, limit: usize) -> Vec<u8> {
    let order = weezl::BitOrder::Msb;
    let mut decoder = if early {
        weezl::decode::Decoder::with_tiff_size_switch(order, 8)
    } else {
        weezl::decode::Decoder::new(order, 8)
    };
    let (mut out, mut rest) = (Vec::new(), bytes);
    let mut chunk = vec![0; 32 << 10];
    while out.len() < limit {
        let result = decoder.decode_bytes(rest, &mut chunk);
        out.extend_from_slice(chunk.get(..result.consumed_out).unwrap_or_default());
        rest = rest.get(result.consumed_in..).unwrap_or_default();
        let idle = result.consumed_in == 0 && result.consumed_out == 0;
        if idle || !matches!(result.status, Ok(weezl::LzwStatus::Ok)) {
            break;
        }
    }
    out.truncate(limit);
    out
}

/// Bytes that zlib data at the front of `bytes` takes; `None` when it has no good end.
///
/// `budget` falls by the bytes that it decodes to, and what is left of it is the limit.
pub(super) fn deflated_length(bytes: &[u8], budget: &mut usize) -> Option<usize> {
    let mut state = Decompress::new(true);
    let mut scratch = vec![0; 32 << 10];
    loop {
        let before = (state.total_in(), state.total_out());
        let rest = bytes.get(usize::try_from(before.0).ok()?..)?;
        let status = state.decompress(rest, &mut scratch, FlushDecompress::None).ok()?;
        let decoded = usize::try_from(state.total_out() - before.1).ok()?;
        *budget = budget.saturating_sub(decoded);
        if status == Status::StreamEnd {
            return usize::try_from(state.total_in()).ok();
        }
        if *budget == 0 || before == (state.total_in(), state.total_out()) {
            return None;
        }
    }
}

/// Bytes that LZW data at the front of `bytes` takes; `None` when it has no end mark.
///
/// Only the codes' widths are followed (ISO 32000-1, 7.4.4.2), for the decoder reads ahead.
pub(super) fn lzw_length(bytes: &[u8]) -> Option<usize> {
    const CLEAR: u32 = 256;
    const END: u32 = 257;
    let (mut bits, mut width, mut entries, mut is_first) = (0_usize, 9_usize, 258_usize, true);
    loop {
        let window = bytes.get(bits / 8..)?.iter().copied().chain([0; 2]).take(3);
        let window = window.fold(0_u32, |sum, byte| sum << 8 | u32::from(byte));
        let code = window >> (24 - bits % 8 - width) & ((1 << width) - 1);
        bits += width;
        if bits > bytes.len() * 8 {
            return None;
        }
        match code {
            CLEAR => (width, entries, is_first) = (9, 258, true),
            END => return Some(bits.div_ceil(8)),
            _ => {
                entries += usize::from(!is_first);
                is_first = false;
                if entries + 1 >= 1 << width && width < 12 {
                    width += 1;
                }
            }
        }
    }
}

fn ascii_hex(bytes: &[u8]) -> Vec<u8> {
    let end = memchr::memchr(b'>', bytes).unwrap_or(bytes.len());
    let mut out = Vec::with_capacity(end / 2);
    super::lexer::decode_hex(bytes.get(..end).unwrap_or_default(), &mut out);
    out
}

fn ascii_85(bytes: &[u8]) -> Vec<u8> {
    let bytes = bytes.strip_prefix(b"<~").unwrap_or(bytes);
    let mut out = Vec::with_capacity(bytes.len() / 5 * 4);
    let (mut group, mut count) = (0_u32, 0_usize);
    for &byte in bytes {
        match byte {
            b'z' if count == 0 => out.extend_from_slice(&[0; 4]),
            b'!'..=b'u' => {
                group = group.wrapping_mul(85).wrapping_add(u32::from(byte - b'!'));
                count += 1;
                if count == 5 {
                    out.extend_from_slice(&group.to_be_bytes());
                    (group, count) = (0, 0);
                }
            }
            b'~' => break,
            _ => {}
        }
    }
    if count > 1 {
        for _ in count..5 {
            group = group.wrapping_mul(85).wrapping_add(84);
        }
        out.extend_from_slice(group.to_be_bytes().get(..count - 1).unwrap_or_default());
    }
    out
}

fn run_length(bytes: &[u8], limit: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = bytes;
    while let Some((&length, tail)) = rest.split_first() {
        if length == 128 || out.len() >= limit {
            break;
        }
        if length < 128 {
            let count = (usize::from(length) + 1).min(tail.len());
            out.extend_from_slice(tail.get(..count).unwrap_or_default());
            rest = tail.get(count..).unwrap_or_default();
        } else {
            let Some((&byte, after)) = tail.split_first() else { break };
            out.resize(out.len() + 257 - usize::from(length), byte);
            rest = after;
        }
    }
    out.truncate(limit);
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{ascii_85, ascii_hex, deflated_length, inflate, lzw_length, run_length, unlzw};
    use std::io::Write;

    fn deflated(bytes: &[u8]) -> Vec<u8> {
        let mut writer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
        writer.write_all(bytes).unwrap();
        writer.finish().unwrap()
    }

    #[test]
    fn flate_keeps_what_came_before_the_damage() {
        let text: Vec<u8> = (0..20_000_u32).flat_map(|n| (n * n).to_le_bytes()).collect();
        let mut packed = deflated(&text);
        packed.truncate(packed.len() / 2);
        let out = inflate(&packed, usize::MAX);
        assert!(out.len() > 1000 && text.starts_with(&out));
    }

    #[test]
    fn flate_without_its_checksum_or_header_is_read() {
        let packed = deflated(b"hello hello hello");
        assert_eq!(inflate(&packed[..packed.len() - 4], 100), b"hello hello hello");
        let mut headless = packed.clone();
        headless[0] = 0xff;
        assert_eq!(inflate(&headless, 100), b"hello hello hello");
    }

    #[test]
    fn packed_data_says_where_it_ends() {
        let behind = |packed: &[u8]| [packed, b" EI"].concat();
        let packed = deflated(&vec![b'a'; 100_000]);
        let length = |bytes: &[u8], mut budget: usize| deflated_length(bytes, &mut budget);
        assert_eq!(length(&behind(&packed), 1 << 20), Some(packed.len()));
        assert_eq!(length(&behind(&packed), 50_000), None);
        assert_eq!(length(&packed[..packed.len() - 1], 1 << 20), None);
        let packed = [0x80, 0x0B, 0x60, 0x50, 0x22, 0x0C, 0x0C, 0x85, 0x01];
        assert_eq!(lzw_length(&behind(&packed)), Some(packed.len()));
        assert_eq!(lzw_length(&packed[..5]), None);
        // Long enough for codes of all widths.
        let text: Vec<u8> = (0..20_000_u32).flat_map(|n| (n * n).to_le_bytes()).collect();
        let order = weezl::BitOrder::Msb;
        let packed = weezl::encode::Encoder::with_tiff_size_switch(order, 8).encode(&text).unwrap();
        assert_eq!(lzw_length(&behind(&packed)), Some(packed.len()));
    }

    #[test]
    fn a_bomb_stops_at_the_limit() {
        let packed = deflated(&vec![0; 5 << 20]);
        assert_eq!(inflate(&packed, 1000).len(), 1000);
        assert_eq!(run_length(&[129, 7].repeat(100), 50).len(), 50);
    }

    #[test]
    fn text_filters_are_undone() {
        assert_eq!(ascii_hex(b"48 65 6C6c 6F>zz"), b"Hello");
        assert_eq!(ascii_85(b"<~87cURDZ~>"), b"Hello");
        assert_eq!(run_length(&[1, b'a', b'b', 255, b'c', 128], 100), b"abcc");
        assert_eq!(
            unlzw(&[0x80, 0x0B, 0x60, 0x50, 0x22, 0x0C, 0x0C, 0x85, 0x01], true, 100),
            [45, 45, 45, 45, 45, 65, 45, 45, 45, 66]
        );
    }
}
