//! Drawn lines in a picture: the ruling of tables and the boxes of forms.
//!
//! Runs of ink along a row of pixels that are too long for letters, rows of them that lie on
//! each other being one line (run-length smoothing of K. Wong, R. Casey and F. Wahl, "Document
//! analysis system", 1982, the other way round). What is thick is a shade and no line.

use super::super::geometry::Rect;
use super::super::model::Rule;
use super::super::picture::raster::{Raster, Turn};
use super::skew::ink_limit;
use crate::base::limits;

/// Shortest line, in points: wider than any letter of running text.
const LENGTH_MIN_POINTS: f32 = 28.0;
/// Thickest line, in points.
const THICKNESS_MAX_POINTS: f32 = 3.5;
/// Pixels that grain may take out of a line.
const HOLE_MAX_PX: usize = 2;
/// Pixels that a line may wander up or down between two rows of it.
const ROWS_APART_MAX_PX: usize = 1;

/// Finds the drawn lines of a straight picture, `points` being the size of its pixels.
pub(super) fn rules(picture: &Raster, points: (f32, f32)) -> Vec<Rule> {
    let limit = ink_limit(picture);
    let place = |run: &Band, (along, across): (f32, f32)| {
        Rect::new(
            run.from as f32 * along,
            run.top as f32 * across,
            run.to as f32 * along,
            (run.bottom + 1) as f32 * across,
        )
    };
    let mut rules: Vec<Rule> = bands(picture, limit, points)
        .iter()
        .map(|band| Rule { bbox: place(band, points), filled: true })
        .collect();
    // Lines that run down lie flat in the turned picture: its rows are columns, read upwards.
    let turned = picture.turned(Turn::Right);
    let height = picture.height() as f32 * points.1;
    rules.extend(bands(&turned, limit, (points.1, points.0)).iter().map(|band| {
        let flat = place(band, (points.1, points.0));
        let bbox = Rect::new(flat.y0, height - flat.x1, flat.y1, height - flat.x0);
        Rule { bbox, filled: true }
    }));
    rules.truncate(limits::DOCUMENT_PAGE_RULES_MAX);
    rules
}

/// Runs on rows that lie on each other.
#[derive(Debug, Clone, Copy)]
struct Band {
    from: usize,
    to: usize,
    top: usize,
    bottom: usize,
}

fn bands(picture: &Raster, limit: u8, (along, across): (f32, f32)) -> Vec<Band> {
    let length_min = ((LENGTH_MIN_POINTS / along.max(1e-3)) as usize).max(8);
    let thickness_max = ((THICKNESS_MAX_POINTS / across.max(1e-3)).ceil() as usize).max(2);
    let (mut open, mut done): (Vec<Band>, Vec<Band>) = (Vec::new(), Vec::new());
    for y in 0..picture.height() {
        for (from, to) in runs(picture.row(y), limit, length_min) {
            let is_near = |band: &&mut Band| {
                band.from < to && from < band.to && y - band.bottom <= 1 + ROWS_APART_MAX_PX
            };
            match open.iter_mut().find(is_near) {
                Some(band) => {
                    band.from = band.from.min(from);
                    band.to = band.to.max(to);
                    band.bottom = y;
                }
                None => open.push(Band { from, to, top: y, bottom: y }),
            }
        }
        let (still, ended): (Vec<Band>, Vec<Band>) =
            open.into_iter().partition(|band| y - band.bottom <= ROWS_APART_MAX_PX);
        open = still;
        done.extend(ended);
    }
    done.extend(open);
    done.retain(|band| band.bottom - band.top < thickness_max);
    done
}

/// Runs of ink of at least a length, small holes closed: `(first, one past the last)`.
fn runs(row: &[u8], limit: u8, length_min: usize) -> Vec<(usize, usize)> {
    let mut runs = Vec::new();
    let mut run: Option<(usize, usize)> = None;
    for (x, &pixel) in row.iter().enumerate() {
        if pixel >= limit {
            continue;
        }
        run = match run {
            Some((from, to)) if x - to <= HOLE_MAX_PX => Some((from, x + 1)),
            before => {
                runs.extend(before);
                Some((x, x + 1))
            }
        };
    }
    runs.extend(run);
    runs.retain(|(from, to)| to - from >= length_min);
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_a_box_are_found_and_letters_and_shades_are_not() {
        let mut page = Raster::white(300, 200);
        for y in 40..140 {
            page.row_mut(y)[50] = 0;
            page.row_mut(y)[51] = 0;
            page.row_mut(y)[250] = 10;
        }
        page.row_mut(40)[50..251].fill(0);
        page.row_mut(140)[50..251].fill(0);
        // Grain takes a pixel out.
        page.row_mut(140)[100] = 255;
        // Letters, and a shade.
        for x in (60..240).step_by(6) {
            page.row_mut(90)[x..x + 3].fill(0);
        }
        for y in 160..190 {
            page.row_mut(y)[20..200].fill(0);
        }
        let rules = rules(&page, (0.5, 0.5));
        let flat: Vec<Rect> =
            rules.iter().filter(|rule| rule.is_horizontal()).map(|rule| rule.bbox).collect();
        let down: Vec<Rect> =
            rules.iter().filter(|rule| !rule.is_horizontal()).map(|rule| rule.bbox).collect();
        assert_eq!(flat, [Rect::new(25.0, 20.0, 125.5, 20.5), Rect::new(25.0, 70.0, 125.5, 70.5)]);
        assert_eq!(down.len(), 2, "{down:?}");
        assert!(down.iter().all(|rule| rule.y0 == 20.0 && rule.y1 == 70.5), "{down:?}");
        assert!(down.iter().any(|rule| rule.x0 == 25.0 && rule.x1 == 26.0), "{down:?}");
    }
}
