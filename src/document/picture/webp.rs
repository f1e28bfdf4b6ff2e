//! WebP (RFC 9649).

use std::io::Cursor;

use image_webp::WebPDecoder;

use super::raster::{Raster, light, on_white};
use super::{Frame, PictureError, check_size, each, exif};
use crate::base::limits;

/// Decodes the picture of a file; of a moving one, the first.
pub(super) fn decode(bytes: &[u8]) -> Result<Frame, PictureError> {
    let damaged = |error: image_webp::DecodingError| PictureError::Damaged(error.to_string());
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    let (width, height) = (width as usize, height as usize);
    check_size(width, height)?;
    decoder.set_memory_limit(limits::PICTURE_BYTES_MAX);
    let size = decoder.output_buffer_size();
    let mut samples = vec![0; size.ok_or(PictureError::TooLarge { width, height })?];
    decoder.read_image(&mut samples).map_err(damaged)?;
    let pixels = if decoder.has_alpha() {
        each::<4>(&samples, |[r, g, b, alpha]| on_white(light(r, g, b), alpha))
    } else {
        each::<3>(&samples, |[r, g, b]| light(r, g, b))
    };
    let raster = Raster::new(width, height, pixels);
    let raster = raster.ok_or_else(|| PictureError::Damaged("rows are missing".to_owned()))?;
    let block = decoder.exif_metadata().ok().flatten();
    let orientation = block.as_deref().map_or(1, exif::orientation);
    Ok(Frame { raster: exif::upright(raster, orientation), dpi: None })
}
