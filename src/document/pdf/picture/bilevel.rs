//! Pictures of black and white: fax (ITU-T T.4 and T.6) and JBIG2 (ITU-T T.88).

use hayro_ccitt::{DecodeSettings, DecoderContext, EncodingMode};
use hayro_jbig2::{Globals, Page};
use lopdf::{Dictionary, Object};

use super::super::objects::Objects;
use crate::base::limits;
use crate::document::picture::check_size;

/// Pixels as samples of one bit: 0 is black.
#[derive(Debug)]
pub(super) struct Bits {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) samples: Vec<u8>,
}

/// Undoes `CCITTFaxDecode`; `size` is what the picture itself says.
pub(super) fn fax<'a>(
    objects: &Objects<'a>,
    bytes: &[u8],
    parameters: Option<&'a Dictionary>,
    size: (usize, usize),
) -> Option<Bits> {
    let integer = |key: &[u8]| objects.integer(parameters?, key);
    let switch = |key: &[u8], default: bool| match parameters.map(|dict| objects.get(dict, key)) {
        Some(Some(Object::Boolean(value))) => *value,
        _ => default,
    };
    let k = integer(b"K").unwrap_or(0);
    let width = usize::try_from(integer(b"Columns").unwrap_or(1728)).ok()?;
    let height = integer(b"Rows").and_then(|rows| usize::try_from(rows).ok()).unwrap_or(0);
    let height = if height == 0 { size.1 } else { height };
    check_size(width, height.max(1)).ok()?;
    let settings = DecodeSettings {
        columns: width as u32,
        rows: height as u32,
        end_of_block: switch(b"EndOfBlock", true),
        end_of_line: switch(b"EndOfLine", false),
        rows_are_byte_aligned: switch(b"EncodedByteAlign", false),
        encoding: match k {
            ..0 => EncodingMode::Group4,
            0 => EncodingMode::Group3_1D,
            1.. => EncodingMode::Group3_2D,
        },
        strict: false,
    };
    let mut rows = Rows { width, rows_max: height, samples: Vec::new(), rows: 0 };
    // What came before an error is kept.
    let _ = hayro_ccitt::decode(bytes, &mut rows, &mut DecoderContext::new(settings));
    let mut samples = rows.samples;
    // Rows that are missing are white.
    samples.resize(width * height, 1);
    if switch(b"BlackIs1", false) {
        samples.iter_mut().for_each(|sample| *sample = 1 - *sample);
    }
    (rows.rows > 0).then_some(Bits { width, height, samples })
}

struct Rows {
    width: usize,
    rows_max: usize,
    samples: Vec<u8>,
    rows: usize,
}

impl hayro_ccitt::Decoder for Rows {
    fn push_row(&mut self, changes: &[u32]) {
        if self.rows >= self.rows_max {
            return;
        }
        self.rows += 1;
        let start = self.samples.len();
        self.samples.resize(start + self.width, 1);
        let row = self.samples.get_mut(start..).unwrap_or_default();
        for pair in changes.chunks(2) {
            let from = pair.first().map_or(self.width, |&at| at as usize);
            let to = pair.get(1).map_or(self.width, |&at| at as usize);
            if let Some(black) = row.get_mut(from..to.min(self.width)) {
                black.fill(0);
            }
        }
    }
}

/// Undoes `JBIG2Decode`.
pub(super) fn jbig2<'a>(
    objects: &Objects<'a>,
    bytes: &[u8],
    parameters: Option<&'a Dictionary>,
) -> Option<Bits> {
    let settings = hayro_jbig2::DecodeSettings::default();
    let shared = parameters.and_then(|dict| objects.stream(dict, b"JBIG2Globals"));
    let shared = shared.and_then(|stream| Globals::new(&objects.decode(stream), &settings).ok());
    let page = Page::new_embedded(bytes, shared.as_ref(), &settings).ok()?;
    let (width, height) = (page.width() as usize, page.height() as usize);
    check_size(width, height).ok()?;
    let mut pixels = Pixels { samples: Vec::with_capacity(width * height) };
    // What came before an error is kept.
    let _ = page.decode(&mut pixels);
    let mut samples = pixels.samples;
    samples.resize(width * height, 1);
    Some(Bits { width, height, samples })
}

struct Pixels {
    samples: Vec<u8>,
}

impl hayro_jbig2::Decoder for Pixels {
    fn push_pixel(&mut self, black: bool) {
        if self.samples.len() < limits::PICTURE_PIXELS_MAX {
            self.samples.push(u8::from(!black));
        }
    }

    fn push_pixel_chunk(&mut self, black: bool, chunk_count: u32) {
        let wanted = self.samples.len().saturating_add(chunk_count as usize * 8);
        self.samples.resize(wanted.min(limits::PICTURE_PIXELS_MAX), u8::from(!black));
    }

    fn next_line(&mut self) {}
}
