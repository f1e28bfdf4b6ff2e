//! The pictures of a page drawn into one raster, for OCR.
//!
//! Owns pixels of pictures only: text, lines and shades that a page draws are not rendered.
//! [`decode`] gives the light and the cover of one picture, this module places it by its
//! matrix. Clipping paths are not followed; scans have none.

mod bilevel;
mod colour;
mod decode;

use std::ops::ControlFlow;

use lopdf::{Object, ObjectId};

use super::matrix::Matrix;
use super::objects::Objects;
use crate::base::limits;
use crate::document::picture::raster::Raster;
use decode::Picture;

/// A picture that a page draws.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed {
    /// Its stream.
    pub(super) id: ObjectId,
    /// The unit square of the picture to page space.
    pub(super) to_page: Matrix,
    /// What a stencil lets through is white.
    pub(super) is_white: bool,
}

/// Pixels an inch of the raster.
const DPI_MIN: f64 = 100.0;
const DPI_MAX: f64 = 300.0;
/// Points of an inch.
const POINTS: f64 = 72.0;
/// Pictures with a smaller share of the page do not set its resolution.
const SHARE_MIN: f64 = 0.02;

/// Draws the pictures of a page of this size in points; `None` when none can be decoded.
pub(super) fn draw(
    objects: &Objects<'_>,
    placed: &[Placed],
    (width, height): (f32, f32),
    checkpoint: &dyn Fn() -> ControlFlow<()>,
) -> Option<Raster> {
    let (width, height) = (f64::from(width), f64::from(height));
    let scale = resolution(objects, placed, width * height)? / POINTS;
    let fits = (limits::OCR_PIXELS_MAX as f64 / (width * height).max(1.0)).sqrt();
    let scale = scale.min(fits);
    let side = |points: f64| ((points * scale).round() as usize).max(1);
    let mut page = Raster::white(side(width), side(height));
    let mut pixels_left = limits::PICTURE_PAGE_PIXELS_MAX;
    let mut last: Option<(ObjectId, bool, Picture)> = None;
    let mut is_drawn = false;
    for one in placed {
        if checkpoint().is_break() {
            return None;
        }
        let is_last =
            |(id, white, _): &(ObjectId, bool, Picture)| (*id, *white) == (one.id, one.is_white);
        if !last.as_ref().is_some_and(is_last) {
            let Some(Object::Stream(stream)) = objects.by_id(one.id) else { continue };
            let picture = decode::decode(objects, stream, one.is_white, pixels_left);
            let Some(picture) = picture else { continue };
            pixels_left = pixels_left.saturating_sub(picture.pixels());
            last = Some((one.id, one.is_white, picture));
        }
        if let Some((_, _, picture)) = &last {
            let to_pixels = Matrix::from_array([scale, 0.0, 0.0, scale, 0.0, 0.0]);
            place(&mut page, picture, &one.to_page.then(&to_pixels));
            is_drawn = true;
        }
    }
    is_drawn.then_some(page)
}

/// Pixels an inch at which the largest pictures lose nothing.
fn resolution(objects: &Objects<'_>, placed: &[Placed], page_area: f64) -> Option<f64> {
    let of_one = |one: &Placed| {
        let Some(Object::Stream(stream)) = objects.by_id(one.id) else { return None };
        let width = objects.integer(&stream.dict, b"Width")?.max(1) as f64;
        let (across, down) = (one.to_page.x_scale(), one.to_page.y_scale());
        (across > 0.0).then(|| (width / across * POINTS, across * down / page_area.max(1.0)))
    };
    let known: Vec<(f64, f64)> = placed.iter().filter_map(of_one).collect();
    let all = known.iter().map(|(dpi, _)| *dpi).reduce(f64::max)?;
    let large = known.iter().filter(|(_, share)| *share >= SHARE_MIN).map(|(dpi, _)| *dpi);
    Some(large.reduce(f64::max).unwrap_or(all).clamp(DPI_MIN, DPI_MAX))
}

/// Places a picture: each pixel of the page inside it looks up where it came from.
fn place(page: &mut Raster, picture: &Picture, to_pixels: &Matrix) {
    let determinant = to_pixels.a * to_pixels.d - to_pixels.b * to_pixels.c;
    if determinant.abs() < 1e-9 {
        return;
    }
    let by = |length: usize, extent: f64| ((length as f64 / extent.max(1.0)) as usize).max(1);
    let light = &picture.light;
    let light = light
        .shrunk(by(light.width(), to_pixels.x_scale()), by(light.height(), to_pixels.y_scale()));
    let cover = picture.cover.as_ref().map(|cover| {
        cover
            .shrunk(by(cover.width(), to_pixels.x_scale()), by(cover.height(), to_pixels.y_scale()))
    });
    let [x0, y0, x1, y1] = to_pixels.bounds([0.0, 0.0, 1.0, 1.0]);
    let rows = y0.max(0.0) as usize..(y1.ceil().max(0.0) as usize).min(page.height());
    let columns = x0.max(0.0) as usize..(x1.ceil().max(0.0) as usize).min(page.width());
    for y in rows {
        let row = page.row_mut(y).get_mut(columns.clone()).unwrap_or_default();
        for (x, target) in columns.clone().zip(row) {
            let (dx, dy) = (x as f64 + 0.5 - to_pixels.e, y as f64 + 0.5 - to_pixels.f);
            let u = (to_pixels.d * dx - to_pixels.c * dy) / determinant;
            let v = 1.0 - (to_pixels.a * dy - to_pixels.b * dx) / determinant;
            if !(0.0..=1.0).contains(&u) || !(0.0..=1.0).contains(&v) {
                continue;
            }
            let look = |raster: &Raster| {
                let (x, y) = (u * raster.width() as f64, v * raster.height() as f64);
                raster.sample(x as f32 - 0.5, y as f32 - 0.5)
            };
            let ink = look(&light);
            *target = match &cover {
                None => ink.round() as u8,
                Some(cover) => {
                    let share = look(cover) / 255.0;
                    (ink * share + f32::from(*target) * (1.0 - share)).round() as u8
                }
            };
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn picture() -> Picture {
        // Dark at the top left, light elsewhere.
        let light = Raster::new(2, 2, vec![0, 200, 200, 200]).unwrap();
        Picture { light, cover: None }
    }

    #[test]
    fn the_first_row_of_a_picture_is_at_the_top_of_its_square() {
        let mut page = Raster::white(40, 40);
        // Page space runs downwards: an upright picture has its unit square flipped.
        place(&mut page, &picture(), &Matrix::from_array([20.0, 0.0, 0.0, -20.0, 10.0, 30.0]));
        assert_eq!((page.row(12)[12], page.row(12)[28], page.row(28)[12]), (0, 200, 200));
        assert_eq!((page.row(5)[12], page.row(12)[35]), (255, 255));
    }

    #[test]
    fn a_turned_picture_is_turned() {
        let mut page = Raster::white(40, 40);
        // A quarter clockwise: the top left goes to the top right.
        place(&mut page, &picture(), &Matrix::from_array([0.0, 20.0, 20.0, 0.0, 10.0, 10.0]));
        assert_eq!((page.row(12)[28], page.row(12)[12]), (0, 200));
    }

    #[test]
    fn what_is_not_covered_shows_the_page() {
        let cover = Some(Raster::new(1, 1, vec![0]).unwrap());
        let mut page = Raster::white(40, 40);
        let hidden = Picture { cover, ..picture() };
        place(&mut page, &hidden, &Matrix::from_array([40.0, 0.0, 0.0, -40.0, 0.0, 40.0]));
        assert_eq!(page, Raster::white(40, 40));
    }
}
