//! The chunked transfer coding (RFC 9112, section 7.1), decoded strictly.
//!
//! Owns the framing of chunks, in both directions. It must not know sockets, nor limits
//! of whole bodies. Everything a lenient reader could take for something else is an
//! error: signs, blanks, `0x`, bare CR or LF, control bytes in extensions and trailers.

use std::io::Write;

use crate::base::limits::{CHUNK_EXTENSION_BYTES_MAX, TRAILER_BYTES_MAX};

/// The bytes are not the chunked coding; the text names the rule they break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChunkError(pub(crate) &'static str);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// In the size of a chunk, with so many digits read.
    Size(u8),
    /// In the extensions after a size.
    Extension,
    /// After the CR that ends a size line.
    SizeLineFeed,
    /// In the data of a chunk.
    Data,
    /// After the data, where a CR is due.
    DataEnd,
    /// After that CR.
    DataLineFeed,
    /// At the start of a trailer line.
    TrailerStart,
    /// In a trailer line.
    Trailer,
    /// After the CR that ends a trailer line.
    TrailerLineFeed,
    /// After the CR of the empty last line.
    LastLineFeed,
    /// After the last byte.
    Done,
}

/// Takes the coding off a body, piece by piece as it arrives.
#[derive(Debug)]
pub(crate) struct ChunkDecoder {
    state: State,
    /// Bytes left of the chunk; while its size is read, the value so far.
    left: u64,
    extension_bytes: usize,
    trailer_bytes: usize,
}

impl ChunkDecoder {
    /// A decoder at the start of a body.
    pub(crate) const fn new() -> Self {
        Self { state: State::Size(0), left: 0, extension_bytes: 0, trailer_bytes: 0 }
    }

    /// Whether the last byte of the body has been seen.
    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Decodes from the front of `input`, appends the data to `output`, and returns how
    /// many bytes of `input` it used: all of them, unless the body ended within it.
    pub(crate) fn decode(
        &mut self,
        input: &[u8],
        output: &mut Vec<u8>,
    ) -> Result<usize, ChunkError> {
        let mut rest = input;
        while self.state != State::Done {
            if self.state == State::Data {
                let take = rest.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
                let (data, after) = rest.split_at(take);
                output.extend_from_slice(data);
                rest = after;
                self.left -= take as u64;
                if self.left == 0 {
                    self.state = State::DataEnd;
                }
            }
            let Some((&byte, after)) = rest.split_first() else { break };
            if self.state != State::Data {
                self.state = self.step(byte)?;
                rest = after;
            }
        }
        Ok(input.len() - rest.len())
    }

    /// The state after one byte of framing.
    fn step(&mut self, byte: u8) -> Result<State, ChunkError> {
        match (self.state, byte) {
            (State::Size(digits), _) if byte.is_ascii_hexdigit() => self.digit(digits, byte),
            (State::Size(0), _) => Err(ChunkError("a chunk has no size")),
            (State::Size(_) | State::Extension, b'\r') => Ok(State::SizeLineFeed),
            (State::Size(_), b';') => Ok(State::Extension),
            (State::Size(_), _) => Err(ChunkError("a chunk size is not hexadecimal")),
            (State::Extension, _) => self.extension(byte),
            (State::SizeLineFeed, b'\n') if self.left == 0 => Ok(State::TrailerStart),
            (State::SizeLineFeed, b'\n') => Ok(State::Data),
            (State::DataEnd, b'\r') => Ok(State::DataLineFeed),
            (State::DataLineFeed, b'\n') => Ok(State::Size(0)),
            (State::TrailerStart, b'\r') => Ok(State::LastLineFeed),
            (State::TrailerStart, b' ' | b'\t' | b':') => {
                Err(ChunkError("a trailer line has no name"))
            }
            (State::TrailerStart | State::Trailer, _) => self.trailer(byte),
            (State::TrailerLineFeed, b'\n') => Ok(State::TrailerStart),
            (State::LastLineFeed, b'\n') => Ok(State::Done),
            (State::DataEnd | State::DataLineFeed, _) => {
                Err(ChunkError("a chunk is longer than its size"))
            }
            _ => Err(ChunkError("a line of a chunk does not end in CR LF")),
        }
    }

    fn digit(&mut self, digits: u8, byte: u8) -> Result<State, ChunkError> {
        if digits == 0 {
            self.left = 0;
        }
        // Sixteen digits fill 64 bits; more could only be zeros in front.
        if digits == 16 {
            return Err(ChunkError("a chunk size has too many digits"));
        }
        let value = char::from(byte).to_digit(16).unwrap_or(0);
        self.left = self.left << 4 | u64::from(value);
        Ok(State::Size(digits + 1))
    }

    fn extension(&mut self, byte: u8) -> Result<State, ChunkError> {
        self.extension_bytes += 1;
        if self.extension_bytes > CHUNK_EXTENSION_BYTES_MAX {
            return Err(ChunkError("the chunk extensions are too long"));
        }
        if is_text(byte) {
            Ok(State::Extension)
        } else {
            Err(ChunkError("a chunk extension holds a control byte"))
        }
    }

    fn trailer(&mut self, byte: u8) -> Result<State, ChunkError> {
        self.trailer_bytes += 1;
        if self.trailer_bytes > TRAILER_BYTES_MAX {
            return Err(ChunkError("the trailer section is too long"));
        }
        match byte {
            b'\r' => Ok(State::TrailerLineFeed),
            _ if is_text(byte) => Ok(State::Trailer),
            _ => Err(ChunkError("a trailer line holds a control byte")),
        }
    }
}

/// Printable ASCII, blank and tab.
const fn is_text(byte: u8) -> bool {
    matches!(byte, b'\t' | b' '..=b'~')
}

/// Appends `data` as one chunk; nothing when there is no data, because an empty chunk
/// would end the body.
pub(crate) fn push_chunk(output: &mut Vec<u8>, data: &[u8]) {
    if data.is_empty() {
        return;
    }
    // Writing to a vector cannot fail.
    let _ = write!(output, "{:x}\r\n", data.len());
    output.extend_from_slice(data);
    output.extend_from_slice(b"\r\n");
}

/// The chunk that ends a body without trailers.
pub(crate) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
    use super::*;
    use proptest::prelude::*;

    /// Decodes `input` in pieces of `step` bytes; the rest after the body, and the data.
    fn decode(input: &[u8], step: usize) -> Result<(bool, Vec<u8>, Vec<u8>), ChunkError> {
        let mut decoder = ChunkDecoder::new();
        let mut output = Vec::new();
        let mut used = 0;
        for piece in input.chunks(step) {
            used += decoder.decode(piece, &mut output)?;
            if decoder.is_done() {
                break;
            }
        }
        Ok((decoder.is_done(), output, input[used..].to_vec()))
    }

    #[test]
    fn whole_bodies_are_decoded_however_they_are_cut() {
        let cases: [(&str, &str, &str); 9] = [
            ("0\r\n\r\n", "", ""),
            ("5\r\nhello\r\n0\r\n\r\n", "hello", ""),
            ("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nGET /", "hello world", "GET /"),
            ("00005\r\nhello\r\n000\r\n\r\n", "hello", ""),
            ("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789", ""),
            ("5;a=b;c=\"d e\"\r\nhello\r\n0;x\r\n\r\n", "hello", ""),
            ("5\r\nhello\r\n0\r\nX-Sum: 1\r\nY:\r\n\r\nrest", "hello", "rest"),
            ("2\r\n\r\n\r\n0\r\n\r\n", "\r\n", ""),
            ("5\r\n0\r\n\r\n\r\n0\r\n\r\n", "0\r\n\r\n", ""),
        ];
        for (input, data, rest) in cases {
            for step in [1, 2, 3, 7, 1000] {
                let (done, output, left) = decode(input.as_bytes(), step).unwrap();
                assert!(done, "{input:?}");
                assert_eq!(output, data.as_bytes(), "{input:?}");
                if step == 1 || step == 1000 {
                    assert_eq!(left, rest.as_bytes(), "{input:?}");
                }
            }
        }
    }

    #[test]
    fn everything_else_is_an_error() {
        for input in [
            "\r\n",
            "+5\r\nhello\r\n",
            "-5\r\n",
            "0x5\r\nhello\r\n",
            " 5\r\nhello\r\n",
            "5 \r\nhello\r\n",
            "5\t\r\nhello",
            "5 ;a\r\nhello",
            "5\nhello\n0\n\n",
            "5\r\r\nhello",
            "5\rhello",
            "5\r\nhello!\r\n",
            "5\r\nhello\n0\r\n\r\n",
            "5\r\nhello\r0\r\n\r\n",
            "g\r\n",
            "5_0\r\n",
            "10000000000000000\r\n",
            "00000000000000005\r\nhello",
            "5;a\nb\r\nhello",
            "5;a\u{0}b\r\nhello",
            "5;a\u{7f}\r\n",
            "5;\u{e9}\r\n",
            "0\r\n\n",
            "0\r\n: x\r\n\r\n",
            "0\r\n x\r\n\r\n",
            "0\r\nA: b\n\r\n",
            "0\r\n\r\r\n",
            "0\r\nA: \u{1}\r\n\r\n",
            "0\n\r\n",
            ";a\r\n",
            "\0",
        ] {
            for step in [1, 1000] {
                assert!(decode(input.as_bytes(), step).is_err(), "{input:?}");
            }
        }
        let long = format!("5;{}\r\n", "a".repeat(CHUNK_EXTENSION_BYTES_MAX + 1));
        assert!(decode(long.as_bytes(), 100).is_err());
        let long = format!("0\r\nA: {}\r\n\r\n", "a".repeat(TRAILER_BYTES_MAX));
        assert!(decode(long.as_bytes(), 100).is_err());
        let extension = format!("1;{}\r\na\r\n", "e".repeat(100)).repeat(50);
        assert!(decode(extension.as_bytes(), 100).is_err(), "extensions have one budget");
    }

    #[test]
    fn the_largest_size_is_no_overflow() {
        let mut decoder = ChunkDecoder::new();
        let mut output = Vec::new();
        assert_eq!(decoder.decode(b"ffffffffffffffff\r\nabc", &mut output), Ok(21));
        assert!(!decoder.is_done());
        assert_eq!(output, b"abc");
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes_to_the_same(
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..8),
            step in 1_usize..50,
        ) {
            let mut coded = Vec::new();
            for piece in &pieces {
                push_chunk(&mut coded, piece);
            }
            coded.extend_from_slice(LAST_CHUNK);
            let (done, output, _) = decode(&coded, step).unwrap();
            prop_assert!(done);
            prop_assert_eq!(output, pieces.concat());
        }

        #[test]
        fn arbitrary_bytes_neither_panic_nor_depend_on_how_they_are_cut(
            input in prop::collection::vec(
                prop_oneof![prop::sample::select(b"\r\n03;".as_slice()), any::<u8>()],
                0..60,
            ),
            step in 1_usize..20,
        ) {
            let whole = decode(&input, input.len().max(1)).map(|(done, data, _)| (done, data));
            let cut = decode(&input, step).map(|(done, data, _)| (done, data));
            prop_assert_eq!(whole, cut);
        }
    }
}
