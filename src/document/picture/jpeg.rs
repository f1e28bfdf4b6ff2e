//! JPEG (ITU-T T.81), as a file and as the data of a picture in a PDF.

use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::raster::{Raster, light};
use super::{PictureError, each};
use crate::base::limits;

/// A decoded JPEG.
#[derive(Debug)]
pub struct Jpeg {
    /// Its light.
    pub raster: Raster,
    /// Components that the file stores for each pixel.
    pub components: usize,
    /// The EXIF block, if any.
    pub exif: Option<Vec<u8>>,
    /// Pixels an inch, where the file says.
    pub dpi: Option<f32>,
}

/// Decodes a JPEG to its light. Inks of printing (CMYK) are stored upside down by the programs
/// that write such files, 255 for no ink; `inks_inverted` says so.
///
/// # Errors
/// [`PictureError::TooLarge`] before anything is decoded, [`PictureError::Damaged`] when
/// nothing can be decoded; a file that ends early gives what there is.
pub fn decode(bytes: &[u8], inks_inverted: bool) -> Result<Jpeg, PictureError> {
    let damaged = |error: zune_jpeg::errors::DecodeErrors| PictureError::Damaged(error.to_string());
    let side_max = limits::PICTURE_SIDE_MAX;
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(side_max)
        .set_max_height(side_max);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(damaged)?;
    let info = decoder.info().ok_or_else(|| PictureError::Damaged("no frame".to_owned()))?;
    let (width, height) = (usize::from(info.width), usize::from(info.height));
    super::check_size(width, height)?;
    let stored = decoder.input_colorspace().unwrap_or(ColorSpace::YCbCr);
    let wanted = match stored {
        ColorSpace::CMYK | ColorSpace::YCCK | ColorSpace::RGB => stored,
        _ => ColorSpace::Luma,
    };
    decoder.set_options(options.jpeg_set_out_colorspace(wanted));
    let samples = decoder.decode().map_err(damaged)?;
    let pixels = match wanted {
        ColorSpace::RGB => each::<3>(&samples, |[r, g, b]| light(r, g, b)),
        ColorSpace::CMYK => {
            each::<4>(&samples, |[c, m, y, k]| of_inks(light(c, m, y), k, inks_inverted))
        }
        ColorSpace::YCCK => each::<4>(&samples, |[y, _, _, k]| of_inks(y, k, inks_inverted)),
        _ => samples,
    };
    let dpi = match info.pixel_density {
        1 => Some(f32::from(info.x_density)),
        2 => Some(f32::from(info.x_density) * 2.54),
        _ => None,
    };
    let exif = decoder.exif().cloned();
    let raster = Raster::new(width, height, pixels);
    let raster = raster.ok_or_else(|| PictureError::Damaged("rows are missing".to_owned()))?;
    Ok(Jpeg { raster, components: usize::from(info.components), exif, dpi })
}

/// Light of the coloured inks, as one value, and of black.
fn of_inks(colours: u8, black: u8, inverted: bool) -> u8 {
    let [colours, black] = [colours, black].map(|v| u32::from(if inverted { v } else { 255 - v }));
    ((colours * black + 127) / 255) as u8
}
