//! Places of lines in a picture: rectangles that may be turned.

use super::super::super::geometry::Rect;
use super::super::super::picture::raster::Raster;

/// A region this much taller than wide holds letters on their side or above each other.
const TALL: f32 = 1.5;
/// A crop is sampled twice each way where pixels are lost by more than this.
const DENSE: f32 = 1.4;

/// A rectangle in pixels, turned by any angle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Region {
    /// Its middle.
    pub(super) middle: (f32, f32),
    /// Unit vector along its lines of text.
    pub(super) along: (f32, f32),
    /// Size along the text.
    pub(super) width: f32,
    /// Size across it.
    pub(super) height: f32,
}

impl Region {
    /// The smallest rectangle around points (H. Freeman and R. Shapira, 1975: one side lies on
    /// a side of their hull), read from left to right. Points nearly as well held by an
    /// upright rectangle get that one: the hull of a short word says little of its slope.
    pub(super) fn around(points: &[(f32, f32)]) -> Option<Self> {
        let hull = hull(points);
        let upright = bounding(&hull, (1.0, 0.0))?;
        let mut best = upright;
        for (start, end) in hull.iter().zip(hull.iter().cycle().skip(1)) {
            let (x, y) = (end.0 - start.0, end.1 - start.1);
            let length = x.hypot(y);
            if length > 0.0
                && let Some(found) = bounding(&hull, (x / length, y / length))
                && found.width * found.height < best.width * best.height
            {
                best = found;
            }
        }
        let best = best.left_to_right();
        let area = |region: &Self| (region.width + 1.0) * (region.height + 1.0);
        let is_short = upright.width < upright.height * 3.0 && upright.height < upright.width * 3.0;
        let gain_min = if is_short { 0.6 } else { 0.95 };
        Some(if area(&best) > area(&upright) * gain_min { upright } else { best })
    }

    /// The same rectangle with its text running to the right, or down where it is upright.
    fn left_to_right(self) -> Self {
        // Of the two axes the flatter one runs along the text.
        let (x, y) = self.along;
        let turned = if x.abs() >= y.abs() {
            self
        } else {
            Self { along: (-y, x), width: self.height, height: self.width, ..self }
        };
        let (x, y) = turned.along;
        Self { along: if x < 0.0 { (-x, -y) } else { (x, y) }, ..turned }
    }

    /// Unit vector across the text, downwards for letters.
    fn down(&self) -> (f32, f32) {
        (-self.along.1, self.along.0)
    }

    pub(super) fn is_vertical(&self) -> bool {
        self.height >= self.width * TALL
    }

    /// The same place, read downwards: its letters lie on their right sides.
    pub(super) fn lying_on_right_side(&self) -> Self {
        Self { along: self.down(), width: self.height, height: self.width, ..*self }
    }

    /// The same place read the other way round.
    pub(super) fn upside_down(&self) -> Self {
        Self { along: (-self.along.0, -self.along.1), ..*self }
    }

    /// Larger by `by` on every side.
    pub(super) fn grown(&self, by: f32) -> Self {
        Self { width: self.width + 2.0 * by, height: self.height + 2.0 * by, ..*self }
    }

    /// The same place in a picture scaled by `(x, y)`.
    pub(super) fn scaled(&self, x: f32, y: f32) -> Self {
        let along = (self.along.0 * x, self.along.1 * y);
        let down = (self.down().0 * x, self.down().1 * y);
        let length = along.0.hypot(along.1).max(f32::MIN_POSITIVE);
        Self {
            middle: (self.middle.0 * x, self.middle.1 * y),
            along: (along.0 / length, along.1 / length),
            width: self.width * length,
            height: self.height * down.0.hypot(down.1),
        }
    }

    /// The place `along` its text (0 is its beginning, 1 its end) and `across` it.
    fn place(&self, along: f32, across: f32) -> (f32, f32) {
        let (right, below) = ((along - 0.5) * self.width, (across - 0.5) * self.height);
        let down = self.down();
        (
            self.middle.0 + self.along.0 * right + down.0 * below,
            self.middle.1 + self.along.1 * right + down.1 * below,
        )
    }

    /// The box of a part of its text, from 0 to 1 each. The slope of lines that are almost
    /// straight does not make it higher.
    pub(super) fn part(&self, start: f32, end: f32) -> Rect {
        let ((xa, ya), (xb, yb)) = (self.place(start, 0.5), self.place(end, 0.5));
        let (x, y) = (self.along.1.abs(), self.along.0.abs());
        let (half_x, half_y) = match y > 0.95 {
            true => (0.0, self.height / 2.0),
            false => (x * self.height / 2.0, y * self.height / 2.0),
        };
        let (left, right) = (xa.min(xb) - half_x, xa.max(xb) + half_x);
        if y > 0.95 {
            let middle = (ya + yb) / 2.0;
            return Rect::new(left, middle - half_y, right, middle + half_y);
        }
        Rect::new(left, ya.min(yb) - half_y, right, ya.max(yb) + half_y)
    }

    /// Whether a place is inside.
    pub(super) fn holds(&self, x: f32, y: f32) -> bool {
        let (x, y) = (x - self.middle.0, y - self.middle.1);
        let down = self.down();
        (x * self.along.0 + y * self.along.1).abs() <= self.width / 2.0
            && (x * down.0 + y * down.1).abs() <= self.height / 2.0
    }

    /// The box that holds it: `(left, top, right, bottom)`.
    pub(super) fn bounds(&self) -> (f32, f32, f32, f32) {
        let half_x = (self.along.0.abs() * self.width + self.along.1.abs() * self.height) / 2.0;
        let half_y = (self.along.1.abs() * self.width + self.along.0.abs() * self.height) / 2.0;
        let (x, y) = self.middle;
        (x - half_x, y - half_y, x + half_x, y + half_y)
    }

    /// Its pixels, straightened, `height` rows of them.
    pub(super) fn cut(&self, picture: &Raster, height: usize) -> Raster {
        let width = (self.width * height as f32 / self.height.max(1.0)).round().max(1.0);
        let width = (width as usize).clamp(1, height * WIDTH_OF_HEIGHT_MAX);
        let mut crop = Raster::white(width, height);
        let is_dense = self.height > height as f32 * DENSE;
        let offsets: &[f32] = if is_dense { &[-0.25, 0.25] } else { &[0.0] };
        let count = (offsets.len() * offsets.len()) as f32;
        for y in 0..height {
            for (x, target) in crop.row_mut(y).iter_mut().enumerate() {
                let mut sum = 0.0;
                for dy in offsets {
                    for dx in offsets {
                        let along = (x as f32 + 0.5 + dx) / width as f32;
                        let across = (y as f32 + 0.5 + dy) / height as f32;
                        let (x, y) = self.place(along, across);
                        sum += picture.sample(x - 0.5, y - 0.5);
                    }
                }
                *target = (sum / count).round() as u8;
            }
        }
        crop
    }
}

/// Longest line that is read, in its heights; longer ones are pressed together.
const WIDTH_OF_HEIGHT_MAX: usize = 64;

/// The rectangle around points whose text runs along a unit vector.
fn bounding(points: &[(f32, f32)], along: (f32, f32)) -> Option<Region> {
    let down = (-along.1, along.0);
    let extent = |axis: (f32, f32)| {
        let places = points.iter().map(|(x, y)| x * axis.0 + y * axis.1);
        places.fold(None, |extent: Option<(f32, f32)>, place| {
            let (low, high) = extent.unwrap_or((place, place));
            Some((low.min(place), high.max(place)))
        })
    };
    let ((left, right), (top, bottom)) = (extent(along)?, extent(down)?);
    let (a, b) = ((left + right) / 2.0, (top + bottom) / 2.0);
    Some(Region {
        middle: (along.0 * a + down.0 * b, along.1 * a + down.1 * b),
        along,
        width: right - left,
        height: bottom - top,
    })
}

/// The convex hull (A. M. Andrew's monotone chain, 1979).
fn hull(points: &[(f32, f32)]) -> Vec<(f32, f32)> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    sorted.dedup();
    if sorted.len() < 3 {
        return sorted;
    }
    let half = |points: &mut dyn Iterator<Item = (f32, f32)>| {
        let mut chain: Vec<(f32, f32)> = Vec::new();
        for point in points {
            while let [.., a, b] = chain.as_slice()
                && (b.0 - a.0) * (point.1 - a.1) - (b.1 - a.1) * (point.0 - a.0) <= 0.0
            {
                chain.pop();
            }
            chain.push(point);
        }
        chain.pop();
        chain
    };
    let mut hull = half(&mut sorted.iter().copied());
    hull.extend(half(&mut sorted.iter().rev().copied()));
    hull
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn near(left: f32, right: f32) -> bool {
        (left - right).abs() < 0.01
    }

    #[test]
    fn a_turned_rectangle_is_found_again() {
        let turned = Region { middle: (50.0, 40.0), along: (0.8, 0.6), width: 60.0, height: 8.0 };
        let corners = [(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.4, 0.5)];
        let points = corners.map(|(along, across)| turned.place(along, across));
        let found = Region::around(&points).unwrap();
        assert!(near(found.width, 60.0) && near(found.height, 8.0), "{found:?}");
        assert!(near(found.along.0, 0.8) && near(found.along.1, 0.6), "{found:?}");
        assert!(found.holds(50.0, 40.0) && !found.holds(50.0, 50.0));
    }

    #[test]
    fn a_short_word_stands_upright() {
        let points = [(0.0, 4.0), (4.0, 0.0), (9.0, 5.0), (5.0, 9.0), (1.0, 8.0), (8.0, 1.0)];
        assert_eq!(Region::around(&points).unwrap().along, (1.0, 0.0));
        assert_eq!(Region::around(&[]), None);
        assert!(Region::around(&[(1.0, 1.0)]).is_some());
    }

    #[test]
    fn a_crop_is_straight_and_starts_at_the_beginning() {
        let mut picture = Raster::white(40, 40);
        for y in 10..30 {
            picture.row_mut(y)[20..24].fill(if y < 20 { 0 } else { 100 });
        }
        let tall = Region { middle: (22.0, 20.0), along: (1.0, 0.0), width: 4.0, height: 20.0 };
        assert!(tall.is_vertical());
        let crop = tall.lying_on_right_side().cut(&picture, 4);
        assert_eq!((crop.width(), crop.height()), (20, 4));
        assert!(crop.row(2)[3] < 20 && crop.row(2)[16] > 80);
        let other = tall.lying_on_right_side().upside_down().cut(&picture, 4);
        assert!(other.row(2)[3] > 80 && other.row(2)[16] < 20);
    }

    #[test]
    fn parts_of_a_line_have_their_boxes() {
        let line = Region { middle: (50.0, 10.0), along: (1.0, 0.0), width: 100.0, height: 20.0 };
        assert_eq!(line.part(0.25, 0.5), Rect { x0: 25.0, y0: 0.0, x1: 50.0, y1: 20.0 });
    }
}
