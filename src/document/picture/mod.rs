//! Pictures as documents: PNG, JPEG, TIFF and WebP, one page for each picture in the file.
//!
//! Owns pixels and how files hold them; what stands written in them is the business of
//! [`super::ocr`]. Sizes are checked before anything is decoded.

pub mod exif;
pub mod jpeg;
mod png;
pub mod raster;
mod tiff;
mod webp;

use super::error::DocumentError;
use super::geometry::Rect;
use super::model::{Document, Image, Page, Warning, WarningKind};
use super::ocr;
use super::options::{LoadOptions, PageProgress};
use super::sniff::Format;
use crate::base::limits;
use raster::Raster;
use std::ops::ControlFlow;

/// Why a picture was not decoded.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PictureError {
    /// It has more pixels than are decoded.
    #[error("a picture of {width} by {height} pixels is larger than is read")]
    TooLarge {
        /// Pixels in a row.
        width: usize,
        /// Rows.
        height: usize,
    },
    /// Its bytes make no picture.
    #[error("the picture is damaged: {0}")]
    Damaged(String),
    /// It is packed in a way that is not undone.
    #[error("the picture is packed in a way that is not read: {0}")]
    Unsupported(String),
}

/// A picture of a file.
#[derive(Debug)]
struct Frame {
    raster: Raster,
    /// Pixels an inch, where the file says.
    dpi: Option<f32>,
}

/// Points of the long side of a page whose picture does not say how large it is: A4.
const LONG_SIDE_POINTS: f32 = 842.0;
/// Pixels an inch outside these are a default that a program wrote, or a mistake.
const DPI_MIN: f32 = 90.0;
const DPI_MAX: f32 = 2400.0;

/// Refuses a size over the limits.
pub fn check_size(width: usize, height: usize) -> Result<(), PictureError> {
    let pixels = width.saturating_mul(height);
    let fits = pixels <= limits::PICTURE_PIXELS_MAX
        && width.max(height) <= limits::PICTURE_SIDE_MAX
        && pixels > 0;
    if fits { Ok(()) } else { Err(PictureError::TooLarge { width, height }) }
}

/// Makes one byte of each group of samples.
fn each<const N: usize>(samples: &[u8], gray: impl Fn([u8; N]) -> u8) -> Vec<u8> {
    samples.as_chunks::<N>().0.iter().map(|group| gray(*group)).collect()
}

/// Reads a file of pictures.
pub(super) fn load(
    bytes: &[u8],
    format: Format,
    options: &LoadOptions<'_>,
) -> Result<Document, DocumentError> {
    let mut document = Document { format, ..Document::default() };
    let mut add = |frame: Result<Frame, PictureError>, pages_total: u32| {
        let number = document.pages.len() as u32 + 1;
        let progress = |pages_done| match options.progress {
            Some(report) => report(PageProgress { pages_done, pages_total }),
            None => ControlFlow::Continue(()),
        };
        let page = match frame {
            Ok(frame) => {
                read_page(&mut document, frame, number, options, &|| progress(number - 1))?
            }
            Err(error) => {
                document.warnings.push(Warning {
                    kind: WarningKind::Damaged,
                    page: Some(number),
                    message: error.to_string(),
                });
                Page { number, is_scan: true, ..Page::default() }
            }
        };
        document.pages.push(page);
        if progress(number).is_break() { Err(DocumentError::Cancelled) } else { Ok(()) }
    };
    match format {
        Format::Png => add(Ok(png::decode(bytes).map_err(refusal)?), 1)?,
        Format::Webp => add(Ok(webp::decode(bytes).map_err(refusal)?), 1)?,
        Format::Tiff => tiff::decode(bytes, options.limits.pages_max, &mut add)?,
        _ => {
            let jpeg = jpeg::decode(bytes, true).map_err(refusal)?;
            let orientation = jpeg.exif.as_deref().map_or(1, exif::orientation);
            let raster = exif::upright(jpeg.raster, orientation);
            add(Ok(Frame { raster, dpi: jpeg.dpi }), 1)?;
        }
    }
    ocr::add_font(&mut document);
    Ok(document)
}

/// The error of a file whose only picture is not read.
fn refusal(error: PictureError) -> DocumentError {
    match error {
        PictureError::TooLarge { .. } => DocumentError::LimitExceeded {
            limit: "PICTURE_PIXELS_MAX",
            value: limits::PICTURE_PIXELS_MAX as u64,
        },
        other => DocumentError::Damaged { detail: other.to_string() },
    }
}

/// Makes a page of a picture and reads what stands on it.
fn read_page(
    document: &mut Document,
    frame: Frame,
    number: u32,
    options: &LoadOptions<'_>,
    checkpoint: &dyn Fn() -> ControlFlow<()>,
) -> Result<Page, DocumentError> {
    let (width_px, height_px) = (frame.raster.width(), frame.raster.height());
    let known = frame.dpi.filter(|dpi| (DPI_MIN..=DPI_MAX).contains(dpi));
    let dpi = known.unwrap_or(width_px.max(height_px) as f32 * 72.0 / LONG_SIDE_POINTS);
    let points = |pixels: usize| pixels as f32 * 72.0 / dpi;
    let (width, height) = (points(width_px), points(height_px));
    let image = Image {
        bbox: Rect::new(0.0, 0.0, width, height),
        width_px: width_px as u32,
        height_px: height_px as u32,
    };
    let mut page =
        Page { number, width, height, images: vec![image], is_scan: true, ..Page::default() };
    let raster = ocr::fit(frame.raster);
    ocr::read_page(&mut page, document, &raster, options.ocr, checkpoint)?;
    Ok(page)
}
