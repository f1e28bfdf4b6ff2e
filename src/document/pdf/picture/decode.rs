//! One picture of a PDF: its filters undone, its samples as light, its masks as cover
//! (ISO 32000-1, 8.9).

use hayro_jpeg2000::{ColorSpace, DecodeSettings, DecoderContext, Image};
use lopdf::{Dictionary, Object, Stream};

use super::super::filter;
use super::super::objects::Objects;
use super::bilevel::{self, Bits};
use super::colour::{Space, decode_array};
use crate::document::picture::raster::{Raster, light};
use crate::document::picture::{check_size, jpeg};

/// A picture in light and cover.
#[derive(Debug)]
pub(super) struct Picture {
    pub(super) light: Raster,
    /// 255 where it covers the page, 0 where it lets it through; all of it without.
    pub(super) cover: Option<Raster>,
}

impl Picture {
    pub(super) fn pixels(&self) -> usize {
        self.light.pixels().len()
    }
}

/// Decodes a picture of at most `pixels_max` pixels.
pub(super) fn decode<'a>(
    objects: &Objects<'a>,
    stream: &'a Stream,
    is_white: bool,
    pixels_max: usize,
) -> Option<Picture> {
    let dict = &stream.dict;
    let (width, height) = size(objects, dict)?;
    if width.saturating_mul(height) > pixels_max {
        return None;
    }
    if is_stencil(objects, dict) {
        let cover = cover(objects, stream)?;
        let ink = Raster::new(1, 1, vec![if is_white { 255 } else { 0 }])?;
        return Some(Picture { light: ink, cover: Some(cover) });
    }
    let light = samples(objects, stream)?;
    let soft = objects.stream(dict, b"SMask").and_then(|mask| samples(objects, mask));
    let hard = || objects.stream(dict, b"Mask").and_then(|mask| cover(objects, mask));
    Some(Picture { light, cover: soft.or_else(hard) })
}

fn size<'a>(objects: &Objects<'a>, dict: &'a Dictionary) -> Option<(usize, usize)> {
    let side = |key: &[u8]| usize::try_from(objects.integer(dict, key)?).ok();
    let (width, height) = (side(b"Width")?, side(b"Height")?);
    check_size(width, height).ok()?;
    Some((width, height))
}

fn is_stencil<'a>(objects: &Objects<'a>, dict: &'a Dictionary) -> bool {
    matches!(objects.get(dict, b"ImageMask"), Some(Object::Boolean(true)))
}

/// What a stencil covers: samples of 0 paint, unless `Decode` turns that round.
fn cover<'a>(objects: &Objects<'a>, stream: &'a Stream) -> Option<Raster> {
    let bits = stencil_bits(objects, stream)?;
    let is_turned = decode_array(objects, &stream.dict).first().is_some_and(|(low, _)| *low > 0.5);
    let painted = u8::from(is_turned);
    let cover = bits.samples.iter().map(|&bit| if bit == painted { 255 } else { 0 }).collect();
    Raster::new(bits.width, bits.height, cover)
}

fn stencil_bits<'a>(objects: &Objects<'a>, stream: &'a Stream) -> Option<Bits> {
    let (width, height) = size(objects, &stream.dict)?;
    let bytes = objects.decode_picture(stream);
    match filter::of_picture(objects, stream) {
        Some((b"CCITTFaxDecode" | b"CCF", parameters)) => {
            bilevel::fax(objects, &bytes, parameters, (width, height))
        }
        Some((b"JBIG2Decode", parameters)) => bilevel::jbig2(objects, &bytes, parameters),
        Some(_) => None,
        None => {
            let samples = Samples { bytes: &bytes, width, height, bits: 1, components: 1 };
            Some(Bits { width, height, samples: samples.values() })
        }
    }
}

/// The light of a picture that is no stencil.
fn samples<'a>(objects: &Objects<'a>, stream: &'a Stream) -> Option<Raster> {
    let dict = &stream.dict;
    let (width, height) = size(objects, dict)?;
    let space = objects.get(dict, b"ColorSpace").and_then(|o| Space::of(objects, o, 0));
    let ranges = decode_array(objects, dict);
    let bytes = objects.decode_picture(stream);
    match filter::of_picture(objects, stream) {
        Some((b"CCITTFaxDecode" | b"CCF", parameters)) => {
            of_bits(bilevel::fax(objects, &bytes, parameters, (width, height))?, space, &ranges)
        }
        Some((b"JBIG2Decode", parameters)) => {
            of_bits(bilevel::jbig2(objects, &bytes, parameters)?, space, &ranges)
        }
        Some((b"DCTDecode" | b"DCT", _)) => {
            let is_turned = ranges.first().is_some_and(|(low, high)| low > high);
            let jpeg = jpeg::decode(&bytes, is_turned).ok()?;
            match (jpeg.components, space) {
                // Inks were turned round with the decoding.
                (4, _) => Some(jpeg.raster),
                (1, Some(space @ (Space::Indexed(_) | Space::Inks(1)))) => {
                    let table = Table::new(&space, 8, &ranges);
                    let pixels = jpeg.raster.pixels().iter().map(|&v| table.shade(v)).collect();
                    Raster::new(jpeg.raster.width(), jpeg.raster.height(), pixels)
                }
                _ if is_turned => Some(inverted(&jpeg.raster)),
                _ => Some(jpeg.raster),
            }
        }
        Some((b"JPXDecode", _)) => jpeg_2000(&bytes),
        Some(_) => None,
        None => {
            let bits = objects.integer(dict, b"BitsPerComponent").unwrap_or(8);
            let bits = usize::try_from(bits).ok().filter(|b| matches!(b, 1 | 2 | 4 | 8 | 16))?;
            let space = space.unwrap_or(Space::Gray);
            let components = space.components();
            let samples = Samples { bytes: &bytes, width, height, bits, components };
            Raster::new(width, height, samples.lights(&space, &ranges))
        }
    }
}

fn inverted(raster: &Raster) -> Raster {
    let pixels = raster.pixels().iter().map(|pixel| 255 - pixel).collect();
    let inverted = Raster::new(raster.width(), raster.height(), pixels);
    inverted.unwrap_or_else(|| raster.clone())
}

fn of_bits(bits: Bits, space: Option<Space>, ranges: &[(f64, f64)]) -> Option<Raster> {
    let table = Table::new(&space.unwrap_or(Space::Gray), 1, ranges);
    let pixels = bits.samples.iter().map(|&bit| table.shade(bit)).collect();
    Raster::new(bits.width, bits.height, pixels)
}

fn jpeg_2000(bytes: &[u8]) -> Option<Raster> {
    let image = Image::new(bytes, &DecodeSettings::default()).ok()?;
    let (width, height) = (image.width() as usize, image.height() as usize);
    check_size(width, height).ok()?;
    let space = image.color_space().clone();
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).ok()?;
    let stored = decoded.components().len();
    if stored == 0 {
        return None;
    }
    let samples = decoded.data_u8();
    let shade = |colour: &[u8]| match (space.num_channels(), colour) {
        (3, &[red, green, blue, ..]) => light(red, green, blue),
        (4, colour) if matches!(space, ColorSpace::CMYK | ColorSpace::Icc { .. }) => {
            Space::Cmyk.light(colour)
        }
        (_, [gray, ..]) => *gray,
        _ => 255,
    };
    Raster::new(width, height, samples.chunks_exact(stored).map(shade).collect())
}

/// The light of each value of a sample.
struct Table(Vec<u8>);

impl Table {
    /// For a space of one component with samples of up to 8 bits.
    fn new(space: &Space, bits: u32, ranges: &[(f64, f64)]) -> Self {
        let highest = (1_u32 << bits) - 1;
        let index_max = match space {
            Space::Indexed(_) => f64::from(highest),
            _ => 1.0,
        };
        let (low, high) = ranges.first().copied().unwrap_or((0.0, index_max));
        let to_byte = if matches!(space, Space::Indexed(_)) { 1.0 } else { 255.0 };
        let shade = |value: u32| {
            let part = f64::from(value) / f64::from(highest);
            space.light(&[((low + part * (high - low)) * to_byte).round() as u8])
        };
        Self((0..=highest).map(shade).collect())
    }

    fn shade(&self, value: u8) -> u8 {
        self.0.get(usize::from(value)).copied().unwrap_or(255)
    }
}

/// Unfiltered samples; rows begin at whole bytes.
struct Samples<'b> {
    bytes: &'b [u8],
    width: usize,
    height: usize,
    bits: usize,
    components: usize,
}

impl Samples<'_> {
    /// All values, of 16 bits the upper 8; what is missing is as high as can be.
    fn values(&self) -> Vec<u8> {
        let in_row = self.width * self.components;
        let row_bytes = (in_row * self.bits).div_ceil(8).max(1);
        let mut values = Vec::with_capacity(in_row * self.height);
        for row in self.bytes.chunks(row_bytes).take(self.height) {
            match self.bits {
                8 => values.extend(row.iter().take(in_row)),
                16 => values.extend(row.iter().step_by(2).take(in_row)),
                bits => values.extend((0..in_row).map_while(|index| {
                    let at = index * bits;
                    let byte = u16::from(*row.get(at / 8)?);
                    Some((byte << (at % 8)) as u8 >> (8 - bits))
                })),
            }
        }
        let highest = if self.bits < 8 { (1_u8 << self.bits) - 1 } else { 255 };
        values.resize(in_row * self.height, highest);
        values
    }

    fn lights(&self, space: &Space, ranges: &[(f64, f64)]) -> Vec<u8> {
        let values = self.values();
        if self.components == 1 {
            let table = Table::new(space, self.bits.min(8) as u32, ranges);
            return values.into_iter().map(|value| table.shade(value)).collect();
        }
        let highest = if self.bits < 8 { (1_u16 << self.bits) - 1 } else { 255 };
        let is_turned = ranges.first().is_some_and(|(low, high)| low > high);
        let scaled = |value: &u8| {
            let value = (u16::from(*value) * 255 / highest) as u8;
            if is_turned { 255 - value } else { value }
        };
        let mut colour = Vec::with_capacity(self.components);
        let light = |values: &[u8]| {
            colour.clear();
            colour.extend(values.iter().map(scaled));
            space.light(&colour)
        };
        values.chunks(self.components).map(light).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_begin_at_whole_bytes() {
        let bytes = [0b1010_0000, 0b0100_0000];
        let samples = Samples { bytes: &bytes, width: 3, height: 3, bits: 1, components: 1 };
        assert_eq!(samples.values(), [1, 0, 1, 0, 1, 0, 1, 1, 1]);
        assert_eq!(samples.lights(&Space::Gray, &[(1.0, 0.0)])[..3], [0, 255, 0]);
    }

    #[test]
    fn indices_and_inks_become_light() {
        let bytes = [0b0001_0000];
        let samples = Samples { bytes: &bytes, width: 2, height: 1, bits: 4, components: 1 };
        assert_eq!(samples.lights(&Space::Indexed(vec![9, 77]), &[]), [77, 9]);
        let samples = Samples { bytes: &[0, 255], width: 2, height: 1, bits: 8, components: 1 };
        assert_eq!(samples.lights(&Space::Inks(1), &[]), [255, 0]);
    }
}
