//! PNG (W3C Portable Network Graphics Specification, third edition).

use std::io::Cursor;

use png::{ColorType, Decoder, Limits, Transformations, Unit};

use super::raster::{Raster, light, on_white};
use super::{Frame, PictureError, check_size, each, exif};
use crate::base::limits;

/// Inches of a metre.
const INCHES_PER_METRE: f32 = 39.37;

/// Decodes the picture of a file; of a moving one, the first.
pub(super) fn decode(bytes: &[u8]) -> Result<Frame, PictureError> {
    let damaged = |error: png::DecodingError| PictureError::Damaged(error.to_string());
    let limits = Limits { bytes: limits::PICTURE_BYTES_MAX };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(Transformations::normalize_to_color8());
    decoder.ignore_checksums(true);
    let header = decoder.read_header_info().map_err(damaged)?;
    check_size(header.width as usize, header.height as usize)?;
    let mut reader = decoder.read_info().map_err(damaged)?;
    let size = reader.output_buffer_size();
    let size = size.filter(|size| *size <= limits::PICTURE_BYTES_MAX);
    let mut samples = vec![255; size.ok_or(PictureError::TooLarge { width: 0, height: 0 })?];
    let output = match reader.next_frame(&mut samples) {
        Ok(output) => (output.width, output.height, output.color_type),
        // What is missing at the end stays white.
        Err(png::DecodingError::IoError(_)) => {
            (reader.info().width, reader.info().height, reader.output_color_type().0)
        }
        Err(error) => return Err(damaged(error)),
    };
    let (width, height, colour) = output;
    let pixels = match colour {
        ColorType::Grayscale | ColorType::Indexed => samples,
        ColorType::GrayscaleAlpha => each::<2>(&samples, |[gray, alpha]| on_white(gray, alpha)),
        ColorType::Rgb => each::<3>(&samples, |[r, g, b]| light(r, g, b)),
        ColorType::Rgba => each::<4>(&samples, |[r, g, b, alpha]| on_white(light(r, g, b), alpha)),
    };
    let raster = Raster::new(width as usize, height as usize, pixels);
    let raster = raster.ok_or_else(|| PictureError::Damaged("rows are missing".to_owned()))?;
    let info = reader.info();
    let dpi = info.pixel_dims.filter(|dims| dims.unit == Unit::Meter);
    let dpi = dpi.map(|dims| dims.xppu as f32 / INCHES_PER_METRE);
    let orientation = info.exif_metadata.as_deref().map_or(1, exif::orientation);
    Ok(Frame { raster: exif::upright(raster, orientation), dpi })
}
