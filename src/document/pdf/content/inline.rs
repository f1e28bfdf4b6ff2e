//! Where the data of an inline picture ends (ISO 32000-2, 8.9.7).
//!
//! The data may hold any bytes, the letters `EI` too, so its length comes from what the picture
//! says of itself: its `Length`, its size when no filter packs it, or the end that its first
//! filter marks. Only where none of these leads to an `EI` is the end guessed by what follows.

use super::super::filter;
use super::super::lexer::{Token, is_white};

/// Most entries that are kept of one picture's dictionary.
const ENTRIES_MAX: usize = 64;

/// The entries of an inline picture, keys and values one after the other.
#[derive(Default)]
pub(super) struct Entries<'c>(Vec<Token<'c>>);

/// The colour space of an inline picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ColorSpace<'c> {
    Components(usize),
    /// One of the resources.
    Named(&'c [u8]),
}

impl<'c> Entries<'c> {
    pub(super) fn push(&mut self, token: Token<'c>) {
        if self.0.len() < ENTRIES_MAX {
            self.0.push(token);
        }
    }

    /// The value of a key, or the first one of its array.
    fn value(&self, short: &[u8], long: &[u8]) -> Option<&Token<'c>> {
        let keys = [short, long];
        let is_key = |token: &Token<'_>| matches!(token, Token::Name(name) if keys.contains(name));
        let at = self.0.iter().position(is_key)? + 1;
        match self.0.get(at)? {
            Token::ArrayOpen => self.0.get(at + 1),
            value => Some(value),
        }
    }

    pub(super) fn number(&self, short: &[u8], long: &[u8]) -> Option<u32> {
        match self.value(short, long)? {
            Token::Number(value) if *value >= 0.0 => Some(*value as u32),
            _ => None,
        }
    }

    fn name(&self, short: &[u8], long: &[u8]) -> Option<&'c [u8]> {
        match self.value(short, long)? {
            Token::Name(name) => Some(name),
            _ => None,
        }
    }

    /// The colour space; `None` when there is none.
    pub(super) fn color_space(&self) -> Option<ColorSpace<'c>> {
        Some(match self.name(b"CS", b"ColorSpace")? {
            b"G" | b"DeviceGray" | b"I" | b"Indexed" => ColorSpace::Components(1),
            b"RGB" | b"DeviceRGB" => ColorSpace::Components(3),
            b"CMYK" | b"DeviceCMYK" => ColorSpace::Components(4),
            name => ColorSpace::Named(name),
        })
    }

    /// Bytes of a picture that is not packed: whole rows of samples.
    fn plain_length(&self, components: Option<usize>) -> Option<usize> {
        let is_mask = matches!(self.value(b"IM", b"ImageMask"), Some(Token::Keyword(b"true")));
        let bits = if is_mask {
            1
        } else {
            components?.checked_mul(self.number(b"BPC", b"BitsPerComponent")? as usize)?
        };
        let row = (self.number(b"W", b"Width")? as usize).checked_mul(bits)?.div_ceil(8);
        row.checked_mul(self.number(b"H", b"Height")? as usize)
    }

    /// Bytes of `data` that are the picture, where that can be told.
    fn length(&self, data: &[u8], components: Option<usize>, budget: &mut usize) -> Option<usize> {
        match self.name(b"F", b"Filter") {
            None => self.plain_length(components),
            Some(b"Fl" | b"FlateDecode") => filter::deflated_length(data, budget),
            Some(b"LZW" | b"LZWDecode") => filter::lzw_length(data),
            Some(b"A85" | b"ASCII85Decode") => after(data, b"~>"),
            Some(b"AHx" | b"ASCIIHexDecode") => after(data, b">"),
            Some(b"RL" | b"RunLengthDecode") => run_length(data),
            Some(b"DCT" | b"DCTDecode") => jpeg_length(data),
            _ => None,
        }
    }

    /// Bytes from behind `ID` up to behind `EI`. Where no end is found only `ID` itself is
    /// passed, for the picture is then damaged and content may follow at once.
    ///
    /// `budget` falls by the bytes that were looked at; without it no end is found.
    pub(super) fn end_of_data(
        &self,
        data: &[u8],
        components: Option<usize>,
        budget: &mut usize,
    ) -> usize {
        if *budget == 0 {
            return 0;
        }
        let end = self.known_end(data, components, budget).unwrap_or_else(|| guessed_end(data));
        *budget = budget.saturating_sub(if end > 0 { end } else { data.len() });
        end
    }

    fn known_end(
        &self,
        data: &[u8],
        components: Option<usize>,
        budget: &mut usize,
    ) -> Option<usize> {
        // One white byte stands after `ID`; some programs write none, or a line end of two.
        let white = data.iter().take(2).take_while(|byte| is_white(**byte)).count();
        let mut starts = [1, 0, 2].into_iter().filter(|start| *start <= white);
        let said = self.number(b"L", b"Length").map(|length| length as usize);
        starts.find_map(|start| {
            let data = data.get(start..)?;
            let end = said.and_then(|length| behind_end(data, length));
            let end = end.or_else(|| behind_end(data, self.length(data, components, budget)?));
            Some(start + end?)
        })
    }
}

/// One past the first place of `end`.
fn after(data: &[u8], end: &[u8]) -> Option<usize> {
    memchr::memmem::find(data, end).map(|at| at + end.len())
}

/// Length of run-length data up to its end mark.
fn run_length(data: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match *data.get(at)? {
            128 => return Some(at + 1),
            copied @ 0..128 => at += usize::from(copied) + 2,
            129.. => at += 2,
        }
    }
}

/// Length of a JPEG picture: its segments up to the end mark (ITU-T T.81, B.1.1).
fn jpeg_length(data: &[u8]) -> Option<usize> {
    const END: u8 = 0xd9;
    const SCAN: u8 = 0xda;
    let mut at = 0;
    loop {
        at += memchr::memchr(0xff, data.get(at..)?)? + 1;
        let marker = *data.get(at)?;
        match marker {
            END => return Some(at + 1),
            // Stuffed bytes, fill bytes, restarts and marks without a segment.
            0 | 0xff | 1 | 0xd0..=0xd8 => {}
            // After the head of a scan comes its data, in which only marks count.
            SCAN | 2..=0xfe => {
                let length = [*data.get(at + 1)?, *data.get(at + 2)?];
                at += 1 + usize::from(u16::from_be_bytes(length));
            }
        }
    }
}

/// One past the `EI` that stands at `length`, white space before it.
fn behind_end(data: &[u8], length: usize) -> Option<usize> {
    let rest = data.get(length..)?;
    let white = rest.iter().take_while(|byte| is_white(**byte)).count();
    let behind = rest.get(white..)?.strip_prefix(b"EI")?;
    let is_end = behind.first().is_none_or(|byte| !byte.is_ascii_alphanumeric());
    is_end.then_some(data.len() - behind.len())
}

/// Bytes that must look like content for an `EI` before them to be the end.
const CONTENT_BYTES: usize = 20;

/// One past the first `EI` that white space parts off and text follows; 0 when there is none.
fn guessed_end(data: &[u8]) -> usize {
    let is_text = |byte: &u8| is_white(*byte) && *byte != 0 || (0x20..0x7f).contains(byte);
    for at in memchr::memmem::find_iter(data, b"EI") {
        let before = at.checked_sub(1).and_then(|index| data.get(index));
        let follows = data.get(at + 2..).unwrap_or_default();
        let is_apart = before.is_none_or(|byte| is_white(*byte))
            && follows.first().is_none_or(|b| is_white(*b));
        if is_apart && follows.iter().take(CONTENT_BYTES).all(is_text) {
            return at + 2;
        }
    }
    0
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::super::lexer::Lexer;
    use super::{ColorSpace, Entries, guessed_end, jpeg_length, run_length};

    /// What is left behind the end of the picture with these entries and this data.
    fn left(entries: &str, data: &[u8]) -> Vec<u8> {
        let mut read = Entries::default();
        Lexer::new(entries.as_bytes()).for_each(|token| read.push(token));
        let components = match read.color_space() {
            Some(ColorSpace::Components(count)) => Some(count),
            Some(ColorSpace::Named(_)) => Some(2),
            None => None,
        };
        let data = [b" ", data].concat();
        data[read.end_of_data(&data, components, &mut (1 << 20))..].to_vec()
    }

    /// Samples that look like an end and content after it.
    const TRAP: &[u8] = b"\x01\x02 EI Q BT (no) Tj ET q 1 w\n";

    #[test]
    fn a_plain_picture_ends_where_its_size_says() {
        let data = [TRAP, b"\nEI (yes)"].concat();
        let length = TRAP.len();
        for entries in [
            format!("/W {length} /H 1 /BPC 8 /CS /G"),
            format!("/Width {} /Height 1 /BitsPerComponent 1 /ImageMask true", length * 8 - 7),
            format!("/W {} /H {} /BPC 4 /CS [/I /RGB 1 <000000ffffff>]", 4, length / 2),
            format!("/W 1 /H {} /BPC 8 /CS /Cs1", length / 2),
            format!("/W 1 /H 1 /F /CCF /L {length}"),
        ] {
            assert_eq!(left(&entries, &data), b" (yes)", "{entries}");
        }
    }

    #[test]
    fn a_packed_picture_ends_where_its_filter_ends() {
        let mut deflater = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::none());
        deflater.write_all(TRAP).expect("a vector takes all");
        let deflated = deflater.finish().expect("a vector takes all");
        let runs = [&[TRAP.len() as u8 - 1], TRAP, &[128]].concat();
        let head = (TRAP.len() as u16 + 2).to_be_bytes();
        let jpeg = [b"\xff\xd8\xff\xfe", head.as_slice(), TRAP, b"\xff\xda\0\x02a\xff\0b\xff\xd9"];
        for (filter, data) in [
            ("/Fl", deflated),
            ("[/RL]", runs),
            ("/DCT", jpeg.concat()),
            ("[/A85 /Fl]", b"87cURDZ EI Q BT (no) Tj ET 1 1 1 w ~>".to_vec()),
            ("/AHx", b"12 EI Q BT no Tj ET 1 1 1 1 w w w >".to_vec()),
        ] {
            let data = [data.as_slice(), b"\nEI\nQ"].concat();
            assert_eq!(left(&format!("/W 9 /H 9 /F {filter}"), &data), b"\nQ", "{filter}");
        }
    }

    #[test]
    fn an_end_that_no_length_leads_to_is_guessed_by_what_follows() {
        assert_eq!(guessed_end(b" \x01\x02 EI \xff\x90\x03\n EI Q\nBT"), 14);
        assert_eq!(left("/W 100 /H 100 /BPC 8 /CS /G", b"short EI Q"), b" Q");
        assert_eq!(left("/F /Fl", b"no zlib EI Q"), b" Q");
    }

    #[test]
    fn a_picture_without_end_hides_nothing() {
        assert_eq!(left("/W 4 /H 4 /BPC 8 /CS /G", b"BT (x) Tj ET"), b" BT (x) Tj ET");
        let no_budget = Entries::default().end_of_data(b" \n EI Q", None, &mut 0);
        assert_eq!(no_budget, 0);
        assert_eq!((run_length(&[5, 1]), jpeg_length(b"\xff\xd8\xff\xfe\xff\xff")), (None, None));
    }
}
