//! Finds lines: the detection model gives each pixel the chance to be in the core of a line,
//! and the cores are grown to whole lines.
//!
//! M. Liao et al., "Real-time Scene Text Detection with Differentiable Binarization", AAAI
//! 2020 (arXiv 1911.08947), section 3.5: the map is cut at a fixed value, connected pixels are
//! a core, and the core is offset by `area * ratio / perimeter`, which undoes the shrinking
//! that the model was taught (B. R. Vatti's clipping there; of a rectangle the offset is a
//! rectangle).

use rten::{Model, RunOptions, Value};

use super::super::super::picture::raster::Raster;
use super::region::Region;
use crate::base::limits;

/// Sides of the picture must be multiples of this for the model.
const STEP_PX: usize = 32;
/// Longest side that is looked at first: enough for type of 8 points on A4 paper.
const LONG_SIDE_PX: usize = 1024;
/// Longest side that is looked at when the type is smaller.
const LONG_SIDE_MAX_PX: usize = 1600;
/// Lines lower than this, grown, are small.
const FINE_SIDE_PX: f32 = 11.0;
/// Shortest side; smaller pictures are made larger.
const SHORT_SIDE_MIN_PX: usize = 320;
/// Chance from which a pixel is of a core.
const CORE_MIN: f32 = 0.3;
/// Mean chance inside a region from which it is a line.
const LINE_MIN: f32 = 0.5;
/// How much a core is offset.
const OFFSET_RATIO: f32 = 1.6;
/// Cores of fewer pixels across are specks.
const CORE_SIDE_MIN_PX: f32 = 3.0;

/// Finds the lines of a picture: at a size that shows ordinary type, and at a larger one when
/// what was found is small.
pub(super) fn find(
    model: &Model,
    picture: &Raster,
    run: &RunOptions,
) -> Result<Vec<Region>, String> {
    let first = look(model, picture, run, LONG_SIDE_PX)?;
    let is_reduced = picture.width().max(picture.height()) > LONG_SIDE_PX;
    let found = match is_reduced && first.is_fine {
        true => look(model, picture, run, LONG_SIDE_MAX_PX)?,
        false => first,
    };
    Ok(found.regions)
}

/// What was found at one size.
struct Look {
    /// In pixels of the picture.
    regions: Vec<Region>,
    /// Some of the lines are so small that others may have been missed.
    is_fine: bool,
}

fn look(
    model: &Model,
    picture: &Raster,
    run: &RunOptions,
    long_side_max: usize,
) -> Result<Look, String> {
    let (width, height) = model_size(picture.width(), picture.height(), long_side_max);
    let small = picture.resized(width, height);
    let plane: Vec<f32> = small.pixels().iter().map(|&p| f32::from(p) / 127.5 - 1.0).collect();
    let input = Value::from_shape(&[1, 3, height, width], plane.repeat(3));
    let input = input.map_err(|error| error.to_string())?;
    let output = model.run_one(input.into(), Some(run.clone())).map_err(|e| e.to_string())?;
    let (shape, chances) = output.into_shape_vec::<f32, 4>().map_err(|error| error.to_string())?;
    if shape != [1, 1, height, width] {
        return Err(format!("the detection model gave a map of {shape:?}"));
    }
    let map = Map { width, height, chances };
    let (regions, specks) = map.regions();
    let (scale_x, scale_y) =
        (picture.width() as f32 / width as f32, picture.height() as f32 / height as f32);
    Ok(Look {
        is_fine: is_fine(&regions, specks),
        regions: regions.into_iter().map(|region| region.scaled(scale_x, scale_y)).collect(),
    })
}

/// Whether a tenth of the lines is smaller than the model sees well, or lost as specks.
fn is_fine(regions: &[Region], specks: usize) -> bool {
    let mut sides: Vec<f32> =
        regions.iter().map(|region| region.width.min(region.height)).collect();
    sides.sort_by(f32::total_cmp);
    let low = sides.get(sides.len() / 10).copied();
    low.is_some_and(|low| low < FINE_SIDE_PX) || specks * 10 > regions.len()
}

/// The size at which the model sees a picture.
fn model_size(width: usize, height: usize, long_side_max: usize) -> (usize, usize) {
    let (long, short) = (width.max(height).max(1) as f32, width.min(height).max(1) as f32);
    let wanted = (SHORT_SIDE_MIN_PX as f32 / short).max(1.0);
    let scale = wanted.min(long_side_max as f32 / long);
    let side = |length: usize| {
        let steps = (length as f32 * scale / STEP_PX as f32).round() as usize;
        steps.max(1) * STEP_PX
    };
    (side(width), side(height))
}

/// The chance of each pixel to be in the core of a line.
struct Map {
    width: usize,
    height: usize,
    chances: Vec<f32>,
}

impl Map {
    fn chance(&self, x: usize, y: usize) -> f32 {
        if x >= self.width {
            return 0.0;
        }
        self.chances.get(y * self.width + x).copied().unwrap_or(0.0)
    }

    /// The lines, cores grown, and how many cores were too small to be one.
    fn regions(&self) -> (Vec<Region>, usize) {
        let mut is_left = self.cores();
        let (mut regions, mut specks) = (Vec::new(), 0);
        for start in 0..is_left.len() {
            if is_left.get(start) != Some(&true) {
                continue;
            }
            let outline = take_core(&mut is_left, self.width, start);
            let Some(core) = Region::around(&outline) else { continue };
            if core.width.min(core.height) < CORE_SIDE_MIN_PX {
                specks += usize::from(core.width.max(core.height) > 2.0 * CORE_SIDE_MIN_PX);
                continue;
            }
            if self.mean(&core) < LINE_MIN {
                continue;
            }
            let perimeter = 2.0 * (core.width + core.height);
            let grown = core.grown(core.width * core.height * OFFSET_RATIO / perimeter);
            if regions.len() < limits::OCR_LINES_MAX {
                regions.push(grown);
            }
        }
        (regions, specks)
    }

    /// Pixels of cores, thickened to the right and below by one as the model's authors do.
    fn cores(&self) -> Vec<bool> {
        let mut cores = vec![false; self.chances.len()];
        for (index, &chance) in self.chances.iter().enumerate() {
            if chance > CORE_MIN {
                let x = index % self.width;
                let right = usize::from(x + 1 < self.width);
                for near in [index, index + right, index + self.width, index + self.width + right] {
                    if let Some(core) = cores.get_mut(near) {
                        *core = true;
                    }
                }
            }
        }
        cores
    }

    /// Mean chance inside a region.
    fn mean(&self, region: &Region) -> f32 {
        let (left, top, right, bottom) = region.bounds();
        let columns = left.max(0.0) as usize..=right.max(0.0).min(self.width as f32) as usize;
        let rows = top.max(0.0) as usize..=bottom.max(0.0).min(self.height as f32) as usize;
        let (mut sum, mut count) = (0.0, 0_u32);
        for y in rows {
            for x in columns.clone() {
                if x < self.width && y < self.height && region.holds(x as f32, y as f32) {
                    sum += self.chance(x, y);
                    count += 1;
                }
            }
        }
        sum / count.max(1) as f32
    }
}

/// Takes the pixels connected to `start` (also across corners) away and gives the ends of
/// their rows.
fn take_core(is_left: &mut [bool], width: usize, start: usize) -> Vec<(f32, f32)> {
    let mut ends: std::collections::BTreeMap<usize, (usize, usize)> =
        std::collections::BTreeMap::new();
    let mut waiting = vec![start];
    if let Some(first) = is_left.get_mut(start) {
        *first = false;
    }
    while let Some(index) = waiting.pop() {
        let (x, y) = (index % width, index / width);
        let row = ends.entry(y).or_insert((x, x));
        *row = (row.0.min(x), row.1.max(x));
        for near_y in y.saturating_sub(1)..=y + 1 {
            for near_x in x.saturating_sub(1)..=(x + 1).min(width - 1) {
                let near = near_y * width + near_x;
                if let Some(left @ true) = is_left.get_mut(near) {
                    *left = false;
                    waiting.push(near);
                }
            }
        }
    }
    let points = ends
        .into_iter()
        .flat_map(|(y, (from, to))| [(from as f32, y as f32), (to as f32, y as f32)]);
    points.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(boxes: &[(usize, usize, usize, usize)]) -> Map {
        let (width, height) = (96, 64);
        let mut chances = vec![0.0; width * height];
        for &(x0, y0, x1, y1) in boxes {
            for y in y0..y1 {
                chances[y * width + x0..y * width + x1].fill(0.9);
            }
        }
        Map { width, height, chances }
    }

    #[test]
    fn cores_become_lines() {
        let (mut regions, specks) = map(&[(10, 10, 50, 16), (10, 40, 30, 46)]).regions();
        regions.sort_by(|a, b| a.middle.1.total_cmp(&b.middle.1));
        assert_eq!((regions.len(), specks), (2, 0));
        let first = regions[0];
        // 40 by 6, thickened by one, less one between the middles of pixels: offset by
        // 40 * 6 * 1.6 / 92 = 4.2.
        assert!((first.width - 48.3).abs() < 0.2 && (first.height - 14.3).abs() < 0.2, "{first:?}");
        assert!((first.middle.0 - 30.0).abs() < 0.6 && (first.middle.1 - 13.0).abs() < 0.6);
    }

    #[test]
    fn specks_and_doubtful_places_are_none() {
        assert_eq!(map(&[(10, 10, 12, 12)]).regions().0, []);
        let mut doubtful = map(&[(10, 10, 50, 20)]);
        doubtful.chances.iter_mut().for_each(|chance| *chance *= 0.4);
        assert_eq!(doubtful.regions().0, []);
    }

    #[test]
    fn the_model_sees_multiples_of_its_step() {
        assert_eq!(model_size(1240, 1754, 1600), (1120, 1600));
        assert_eq!(model_size(100, 30, 1600), (1056, 320));
        assert_eq!(model_size(1, 100_000, 1600), (32, 1600));
    }

    #[test]
    fn small_type_asks_for_a_closer_look() {
        let (large, _) = map(&[(10, 10, 50, 18)]).regions();
        let (small, _) = map(&[(10, 10, 50, 13)]).regions();
        assert!(!is_fine(&large, 0) && is_fine(&small, 0) && is_fine(&large, 1));
    }
}
