//! A picture in memory: one byte of light for each pixel, and what OCR does with it.
//!
//! Gray is enough for reading: the recognisers are made for any colours but need none, and a
//! third of the memory is left.

/// A gray picture, row by row from the top left; 0 is black, 255 white.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raster {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

/// A quarter turn or two, clockwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// 90 degrees clockwise.
    Right,
    /// 180 degrees.
    Half,
    /// 270 degrees clockwise.
    Left,
}

impl Turn {
    /// Clockwise degrees: 90, 180 or 270.
    #[must_use]
    pub fn degrees(self) -> u16 {
        match self {
            Self::Right => 90,
            Self::Half => 180,
            Self::Left => 270,
        }
    }
}

impl Raster {
    /// A picture of these pixels; `None` when their number is not `width` times `height`.
    #[must_use]
    pub fn new(width: usize, height: usize, pixels: Vec<u8>) -> Option<Self> {
        (width.checked_mul(height)? == pixels.len()).then_some(Self { width, height, pixels })
    }

    /// A white picture.
    #[must_use]
    pub fn white(width: usize, height: usize) -> Self {
        Self { width, height, pixels: vec![255; width * height] }
    }

    /// Pixels in a row.
    #[must_use]
    pub fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height
    }

    /// All pixels, row by row.
    #[must_use]
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// A row of pixels; empty below the picture.
    #[must_use]
    pub fn row(&self, y: usize) -> &[u8] {
        let start = y.saturating_mul(self.width);
        self.pixels.get(start..start.saturating_add(self.width)).unwrap_or_default()
    }

    /// A row of pixels to be written; empty below the picture.
    pub fn row_mut(&mut self, y: usize) -> &mut [u8] {
        let start = y.saturating_mul(self.width);
        self.pixels.get_mut(start..start.saturating_add(self.width)).unwrap_or_default()
    }

    /// The light at a place between pixels (pixel centres at whole numbers), by bilinear
    /// interpolation; beyond the edge the nearest pixel counts.
    #[must_use]
    pub fn sample(&self, x: f32, y: f32) -> f32 {
        let x = x.clamp(0.0, (self.width.max(1) - 1) as f32);
        let y = y.clamp(0.0, (self.height.max(1) - 1) as f32);
        let (left, top) = (x as usize, y as usize);
        let (part_x, part_y) = (x - left as f32, y - top as f32);
        let right = (left + 1).min(self.width.max(1) - 1);
        let (upper, lower) = (self.row(top), self.row((top + 1).min(self.height.max(1) - 1)));
        let at = |row: &[u8], column: usize| row.get(column).map_or(255.0, |&p| f32::from(p));
        let mix = |row: &[u8]| at(row, left) * (1.0 - part_x) + at(row, right) * part_x;
        mix(upper) * (1.0 - part_y) + mix(lower) * part_y
    }

    /// Like [`Self::sample`], but white beyond the edge.
    fn sample_or_white(&self, x: f32, y: f32) -> f32 {
        let inside = (-0.5..=self.width as f32 - 0.5).contains(&x)
            && (-0.5..=self.height as f32 - 0.5).contains(&y);
        if inside { self.sample(x, y) } else { 255.0 }
    }

    /// The picture turned by quarters.
    #[must_use]
    pub fn turned(&self, turn: Turn) -> Self {
        if turn == Turn::Half {
            let pixels = self.pixels.iter().rev().copied().collect();
            return Self { pixels, ..*self };
        }
        let (width, height) = (self.height, self.width);
        let mut turned = Self::white(width, height);
        for y in 0..self.height {
            let column = if turn == Turn::Right { width - 1 - y } else { y };
            for (x, &pixel) in self.row(y).iter().enumerate() {
                let row = if turn == Turn::Right { x } else { height - 1 - x };
                if let Some(target) = turned.pixels.get_mut(row * width + column) {
                    *target = pixel;
                }
            }
        }
        turned
    }

    /// The picture mirrored left to right.
    #[must_use]
    pub fn mirrored(mut self) -> Self {
        for row in self.pixels.chunks_mut(self.width.max(1)) {
            row.reverse();
        }
        self
    }

    /// The picture turned about its middle by a small angle, clockwise degrees; the size
    /// stays and corners that come in are white.
    #[must_use]
    pub fn rotated(&self, degrees: f32) -> Self {
        let (sin, cos) = degrees.to_radians().sin_cos();
        let (middle_x, middle_y) = ((self.width as f32) / 2.0, (self.height as f32) / 2.0);
        let mut rotated = Self::white(self.width, self.height);
        for y in 0..self.height {
            let from_middle_y = y as f32 + 0.5 - middle_y;
            for (x, target) in rotated.row_mut(y).iter_mut().enumerate() {
                let from_middle_x = x as f32 + 0.5 - middle_x;
                // Where the pixel comes from: the turn undone.
                let source_x = cos * from_middle_x + sin * from_middle_y + middle_x - 0.5;
                let source_y = cos * from_middle_y - sin * from_middle_x + middle_y - 0.5;
                *target = self.sample_or_white(source_x, source_y).round() as u8;
            }
        }
        rotated
    }

    /// The picture at another size: means over areas where it shrinks, bilinear where it grows.
    #[must_use]
    pub fn resized(&self, width: usize, height: usize) -> Self {
        if (width, height) == (self.width, self.height) || self.pixels.is_empty() {
            return self.clone();
        }
        if width * 2 <= self.width || height * 2 <= self.height {
            let (by_x, by_y) = (self.width / width.max(1), self.height / height.max(1));
            return self.shrunk(by_x.max(1), by_y.max(1)).resized(width, height);
        }
        let (step_x, step_y) =
            (self.width as f32 / width.max(1) as f32, self.height as f32 / height.max(1) as f32);
        let mut resized = Self::white(width, height);
        for y in 0..height {
            let source_y = (y as f32 + 0.5) * step_y - 0.5;
            for (x, target) in resized.row_mut(y).iter_mut().enumerate() {
                let source_x = (x as f32 + 0.5) * step_x - 0.5;
                *target = self.sample(source_x, source_y).round() as u8;
            }
        }
        resized
    }

    /// Each `by_x` times `by_y` pixels become their mean; what is left over at the right and
    /// bottom makes smaller groups.
    #[must_use]
    pub fn shrunk(&self, by_x: usize, by_y: usize) -> Self {
        let (by_x, by_y) = (by_x.max(1), by_y.max(1));
        if (by_x, by_y) == (1, 1) {
            return self.clone();
        }
        let (width, height) = (self.width.div_ceil(by_x), self.height.div_ceil(by_y));
        let mut shrunk = Self::white(width, height);
        let mut sums = vec![0_u32; width];
        for y in 0..height {
            sums.fill(0);
            let rows = (y * by_y..((y + 1) * by_y).min(self.height)).map(|y| self.row(y));
            let count_y = rows.len() as u32;
            for row in rows {
                for (sum, group) in sums.iter_mut().zip(row.chunks(by_x)) {
                    *sum += group.iter().map(|&pixel| u32::from(pixel)).sum::<u32>();
                }
            }
            for (x, (target, sum)) in shrunk.row_mut(y).iter_mut().zip(&sums).enumerate() {
                let count_x = by_x.min(self.width - x * by_x) as u32;
                *target = (sum / (count_x * count_y).max(1)) as u8;
            }
        }
        shrunk
    }
}

/// The light of a colour, as weighted for video (ITU-R BT.601).
#[must_use]
pub fn light(red: u8, green: u8, blue: u8) -> u8 {
    let sum = 299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue);
    ((sum + 500) / 1000) as u8
}

/// The light of a colour on white paper.
#[must_use]
pub fn on_white(light: u8, alpha: u8) -> u8 {
    let (light, alpha) = (u32::from(light), u32::from(alpha));
    ((light * alpha + 255 * (255 - alpha) + 127) / 255) as u8
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn small() -> Raster {
        Raster::new(3, 2, vec![1, 2, 3, 4, 5, 6]).unwrap()
    }

    #[test]
    fn quarter_turns_are_clockwise_and_come_round() {
        let turned = small().turned(Turn::Right);
        assert_eq!((turned.width(), turned.pixels()), (2, [4, 1, 5, 2, 6, 3].as_slice()));
        assert_eq!(turned.turned(Turn::Left), small());
        assert_eq!(small().turned(Turn::Half).pixels(), [6, 5, 4, 3, 2, 1]);
        assert_eq!(turned.turned(Turn::Right), small().turned(Turn::Half));
    }

    #[test]
    fn shrinking_takes_means() {
        assert_eq!(small().shrunk(2, 2).pixels(), [3, 4]);
        let wide = Raster::new(8, 1, vec![0, 0, 0, 0, 200, 200, 200, 200]).unwrap();
        assert_eq!(wide.resized(2, 1).pixels(), [0, 200]);
    }

    #[test]
    fn a_small_turn_keeps_the_middle() {
        let mut spot = Raster::white(101, 101);
        spot.row_mut(50)[50] = 0;
        assert!(spot.rotated(3.0).row(50)[50] < 100);
        // Clockwise: what is right of the middle goes down.
        let mut right = Raster::white(101, 101);
        right.row_mut(50)[90] = 0;
        let turned = right.rotated(10.0);
        let darkest = (0..101).min_by_key(|&y| turned.row(y)[89]).unwrap();
        assert!(darkest > 53, "{darkest}");
    }

    #[test]
    fn sizes_must_fit() {
        assert_eq!(Raster::new(2, 2, vec![0; 5]), None);
    }
}
