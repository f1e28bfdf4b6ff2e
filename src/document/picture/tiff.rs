//! TIFF (revision 6.0) with any number of pages.

use std::io::Cursor;

use tiff::ColorType;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::Tag;

use super::raster::{Raster, light, on_white};
use super::{Frame, PictureError, check_size, each, exif};
use crate::base::limits;
use crate::document::error::DocumentError;

/// Decodes the pages of a file and hands each on, with the number of pages that are known of.
pub(super) fn decode(
    bytes: &[u8],
    pages_max: usize,
    add: &mut impl FnMut(Result<Frame, PictureError>, u32) -> Result<(), DocumentError>,
) -> Result<(), DocumentError> {
    let damaged = |error: tiff::TiffError| DocumentError::Damaged { detail: error.to_string() };
    let mut limits = Limits::default();
    limits.decoding_buffer_size = limits::PICTURE_BYTES_MAX;
    limits.intermediate_buffer_size = limits::PICTURE_BYTES_MAX;
    let total = count(bytes, pages_max);
    let mut decoder = Decoder::new(Cursor::new(bytes)).map_err(damaged)?.with_limits(limits);
    for _ in 0..total {
        add(frame(&mut decoder), total)?;
        // A damaged directory ends the file; the pages before it are there.
        if !decoder.more_images() || decoder.next_image().is_err() {
            break;
        }
    }
    Ok(())
}

fn count(bytes: &[u8], pages_max: usize) -> u32 {
    let Ok(mut decoder) = Decoder::new(Cursor::new(bytes)) else { return 1 };
    let mut count = 1;
    while count < pages_max as u32 && decoder.more_images() && decoder.next_image().is_ok() {
        count += 1;
    }
    count
}

fn frame(decoder: &mut Decoder<Cursor<&[u8]>>) -> Result<Frame, PictureError> {
    let damaged = |error: tiff::TiffError| match error {
        tiff::TiffError::UnsupportedError(kind) => PictureError::Unsupported(kind.to_string()),
        other => PictureError::Damaged(other.to_string()),
    };
    let (width, height) = decoder.dimensions().map_err(damaged)?;
    let (width, height) = (width as usize, height as usize);
    check_size(width, height)?;
    let colour = decoder.colortype().map_err(damaged)?;
    let palette = match colour {
        ColorType::Palette(_) => decoder.get_tag_u16_vec(Tag::ColorMap).map_err(damaged)?,
        _ => Vec::new(),
    };
    let samples = match decoder.read_image().map_err(damaged)? {
        DecodingResult::U8(samples) => samples,
        DecodingResult::U16(samples) => samples.iter().map(|s| (s >> 8) as u8).collect(),
        _ => return Err(PictureError::Unsupported("samples of more than 16 bits".to_owned())),
    };
    let pixels = match colour {
        ColorType::Gray(bits @ 1..8) => unpacked(&samples, width, height, bits, |value| {
            (u16::from(value) * 255 / ((1 << bits) - 1)) as u8
        }),
        ColorType::Palette(bits @ 1..=8) => {
            let shades = shades(&palette);
            let shade = |value: u8| shades.get(usize::from(value)).copied().unwrap_or(255);
            unpacked(&samples, width, height, bits, shade)
        }
        ColorType::Gray(8 | 16) => samples,
        ColorType::GrayA(8 | 16) => each::<2>(&samples, |[gray, alpha]| on_white(gray, alpha)),
        ColorType::RGB(8 | 16) => each::<3>(&samples, |[r, g, b]| light(r, g, b)),
        ColorType::RGBA(8 | 16) => each::<4>(&samples, |[r, g, b, a]| on_white(light(r, g, b), a)),
        ColorType::YCbCr(8) => each::<3>(&samples, |[y, _, _]| y),
        ColorType::CMYK(8 | 16) => each::<4>(&samples, |[c, m, y, k]| {
            (u16::from(255 - light(c, m, y)) * u16::from(255 - k) / 255) as u8
        }),
        other => return Err(PictureError::Unsupported(format!("{other:?}"))),
    };
    let raster = Raster::new(width, height, pixels);
    let raster = raster.ok_or_else(|| PictureError::Damaged("rows are missing".to_owned()))?;
    let orientation = decoder.get_tag_unsigned::<u16>(Tag::Orientation).unwrap_or(1);
    let dpi = decoder.get_tag_f32(Tag::XResolution).ok();
    let is_metric = decoder.get_tag_unsigned::<u16>(Tag::ResolutionUnit).is_ok_and(|u| u == 3);
    let dpi = dpi.map(|dpi| if is_metric { dpi * 2.54 } else { dpi });
    Ok(Frame { raster: exif::upright(raster, orientation), dpi })
}

/// The light of each entry of a colour map: all reds, all greens, all blues, of 16 bits.
fn shades(palette: &[u16]) -> Vec<u8> {
    let count = palette.len() / 3;
    let part = |index: usize| palette.get(index * count..(index + 1) * count).unwrap_or_default();
    let colours = part(0).iter().zip(part(1)).zip(part(2));
    let high = |value: u16| (value >> 8) as u8;
    colours.map(|((&r, &g), &b)| light(high(r), high(g), high(b))).collect()
}

/// Samples of fewer than 8 bits, rows beginning at whole bytes, as one byte each.
fn unpacked(
    samples: &[u8],
    width: usize,
    height: usize,
    bits: u8,
    shade: impl Fn(u8) -> u8,
) -> Vec<u8> {
    let bits = usize::from(bits);
    let row_bytes = (width * bits).div_ceil(8).max(1);
    let mut pixels = Vec::with_capacity(width * height);
    for row in samples.chunks(row_bytes).take(height) {
        for x in 0..width {
            let at = x * bits;
            let byte = row.get(at / 8).copied().unwrap_or(0);
            let value = (u16::from(byte) << (at % 8)) as u8 >> (8 - bits);
            pixels.push(shade(value));
        }
    }
    pixels
}
