//! How far the lines of a page are from straight.
//!
//! Projection profiles: ink is summed along lines of a tried slope; along the lines of the
//! text the sums are uneven, along any other slope they blur (W. Postl, "Detection of linear
//! oblique structures and skew scan in digitized documents", ICPR 1986). Only the lower edge
//! of the ink is summed, which sits on baselines (H. S. Baird, "The skew angle of printed
//! documents", SPSE 1987). Sideways text is found by the same sums across.

use super::super::picture::raster::Raster;

/// Pixels of the long side that are enough to tell a tenth of a degree.
const LONG_SIDE_PX: usize = 1000;
/// Slopes looked at, in degrees to both sides.
const SLOPE_MAX: f32 = 6.0;
/// Steps of the first and of the second search, in degrees.
const STEP_COARSE: f32 = 0.5;
const STEP_FINE: f32 = 0.1;
/// The sums must become this much more uneven for a slope to be believed.
const GAIN_MIN: f64 = 1.05;
/// Fewer edges than this tell nothing.
const EDGES_MIN: usize = 200;
/// Edges looked at; of more, every n-th.
const EDGES_MAX: usize = 60_000;

/// Clockwise degrees from straight to the lines of the page; 0 when none can be told.
pub(super) fn slope(picture: &Raster) -> f32 {
    let by = picture.width().max(picture.height()).div_ceil(LONG_SIDE_PX);
    let small = picture.shrunk(by, by);
    let edges = lower_edges(&small);
    if edges.len() < EDGES_MIN {
        return 0.0;
    }
    let reach = (small.width() as f32).hypot(small.height() as f32);
    let uneven = |degrees: f32, across: bool| unevenness(&edges, degrees, across, reach);
    let steps = (SLOPE_MAX / STEP_COARSE) as i32;
    let coarse = (-steps..=steps).map(|step| step as f32 * STEP_COARSE);
    let tried = coarse.flat_map(|degrees| [(degrees, false), (degrees, true)]);
    let Some((near, across)) = best(tried, uneven) else { return 0.0 };
    let steps = (STEP_COARSE / STEP_FINE) as i32;
    let fine = (-steps..=steps).map(|step| (near + step as f32 * STEP_FINE, across));
    let Some((found, _)) = best(fine, uneven) else { return 0.0 };
    if uneven(found, across) > uneven(0.0, across) * GAIN_MIN { found } else { 0.0 }
}

fn best(
    tried: impl Iterator<Item = (f32, bool)>,
    uneven: impl Fn(f32, bool) -> f64,
) -> Option<(f32, bool)> {
    let scored = tried.map(|(degrees, across)| (uneven(degrees, across), degrees, across));
    let best = scored.max_by(|left, right| left.0.total_cmp(&right.0));
    best.map(|(_, degrees, across)| (degrees, across))
}

/// Sum of the squares of the ink on lines of a slope; `across` looks at lines that run down.
fn unevenness(edges: &[(f32, f32)], degrees: f32, across: bool, reach: f32) -> f64 {
    let (sin, cos) = degrees.to_radians().sin_cos();
    let mut sums = vec![0_u32; reach as usize * 2 + 2];
    for &(x, y) in edges {
        let place = if across { x * cos + y * sin } else { y * cos - x * sin };
        if let Some(sum) = sums.get_mut((place + reach) as usize) {
            *sum += 1;
        }
    }
    sums.iter().map(|&sum| f64::from(sum) * f64::from(sum)).sum()
}

/// Places where ink has paper below it, measured from the middle.
fn lower_edges(picture: &Raster) -> Vec<(f32, f32)> {
    let limit = ink_limit(picture);
    let (middle_x, middle_y) = (picture.width() as f32 / 2.0, picture.height() as f32 / 2.0);
    let mut edges = Vec::new();
    for y in 0..picture.height().saturating_sub(1) {
        for (x, (&here, &below)) in picture.row(y).iter().zip(picture.row(y + 1)).enumerate() {
            if here < limit && below >= limit {
                edges.push((x as f32 - middle_x, y as f32 - middle_y));
            }
        }
    }
    let step = edges.len().div_ceil(EDGES_MAX).max(1);
    edges.into_iter().step_by(step).collect()
}

/// The light that best parts ink from paper (N. Otsu, "A threshold selection method from
/// gray-level histograms", 1979).
pub(super) fn ink_limit(picture: &Raster) -> u8 {
    let mut counts = [0_u64; 256];
    for &pixel in picture.pixels() {
        if let Some(count) = counts.get_mut(usize::from(pixel)) {
            *count += 1;
        }
    }
    let weighted = |part: &[u64], from: usize| -> f64 {
        (from..).zip(part).map(|(light, &count)| light as f64 * count as f64).sum()
    };
    let total = picture.pixels().len() as f64;
    let all = weighted(&counts, 0);
    let (mut dark, mut dark_sum) = (0.0, 0.0);
    let (mut limit, mut most) = (128, 0.0);
    for (light, &count) in (0_u8..=255).zip(&counts) {
        dark += count as f64;
        dark_sum += f64::from(light) * count as f64;
        if dark > 0.0 && dark < total {
            let apart = dark_sum / dark - (all - dark_sum) / (total - dark);
            let between = dark * (total - dark) * apart * apart;
            if between > most {
                (limit, most) = (light.saturating_add(1), between);
            }
        }
    }
    limit
}

#[cfg(test)]
mod tests {
    use super::super::super::picture::raster::Turn;
    use super::*;

    /// Rows of short strokes, like lines of words.
    fn lines() -> Raster {
        let mut page = Raster::white(800, 1000);
        for line in 0..20 {
            for y in 0..12 {
                let row = page.row_mut(100 + line * 40 + y);
                for (x, pixel) in row.iter_mut().enumerate().skip(80).take(640) {
                    if (x / 7 + line) % 3 != 0 && (x + y * 3) % 5 != 0 {
                        *pixel = 20;
                    }
                }
            }
        }
        page
    }

    #[test]
    fn the_slope_of_lines_is_found() {
        for degrees in [-4.0, -0.6, 0.0, 1.3] {
            let found = slope(&lines().rotated(degrees));
            assert!((found - degrees).abs() <= 0.2, "{degrees} {found}");
        }
    }

    #[test]
    fn lines_that_run_down_have_a_slope_too() {
        let found = slope(&lines().turned(Turn::Right).rotated(2.0));
        assert!((found - 2.0).abs() <= 0.2, "{found}");
    }

    #[test]
    fn an_empty_page_is_straight() {
        assert_eq!(slope(&Raster::white(300, 300)), 0.0);
    }
}
