//! Rectangles in page space: points, origin at the top left, y downwards.

/// An axis-parallel rectangle in points, top-left origin, `x0 <= x1` and `y0 <= y1`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rect {
    /// Left edge.
    pub x0: f32,
    /// Top edge.
    pub y0: f32,
    /// Right edge.
    pub x1: f32,
    /// Bottom edge.
    pub y1: f32,
}

impl Rect {
    /// Builds a rectangle from any two opposite corners.
    #[must_use]
    pub fn new(xa: f32, ya: f32, xb: f32, yb: f32) -> Self {
        Self { x0: xa.min(xb), y0: ya.min(yb), x1: xa.max(xb), y1: ya.max(yb) }
    }

    /// Width in points.
    #[must_use]
    pub fn width(&self) -> f32 {
        self.x1 - self.x0
    }

    /// Height in points.
    #[must_use]
    pub fn height(&self) -> f32 {
        self.y1 - self.y0
    }

    /// Area in square points.
    #[must_use]
    pub fn area(&self) -> f32 {
        self.width() * self.height()
    }

    /// The smallest rectangle that holds both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self {
            x0: self.x0.min(other.x0),
            y0: self.y0.min(other.y0),
            x1: self.x1.max(other.x1),
            y1: self.y1.max(other.y1),
        }
    }

    /// The part both share, or `None` when they do not touch.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        let shared = Self {
            x0: self.x0.max(other.x0),
            y0: self.y0.max(other.y0),
            x1: self.x1.min(other.x1),
            y1: self.y1.min(other.y1),
        };
        (shared.x0 <= shared.x1 && shared.y0 <= shared.y1).then_some(shared)
    }
}

#[cfg(test)]
mod tests {
    use super::Rect;

    #[test]
    fn corners_are_put_in_order() {
        assert_eq!(Rect::new(9.0, 8.0, 1.0, 2.0), Rect { x0: 1.0, y0: 2.0, x1: 9.0, y1: 8.0 });
    }

    #[test]
    fn intersection_of_strangers_is_none() {
        let left = Rect::new(0.0, 0.0, 1.0, 1.0);
        assert_eq!(left.intersection(&Rect::new(2.0, 0.0, 3.0, 1.0)), None);
        assert_eq!(left.intersection(&Rect::new(0.5, 0.5, 3.0, 3.0)).map(|r| r.area()), Some(0.25));
    }
}
