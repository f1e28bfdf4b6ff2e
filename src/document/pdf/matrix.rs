//! Affine maps of the plane, written as in PDF: `[a b c d e f]`, row vectors.

/// `x' = a·x + c·y + e`, `y' = b·x + d·y + f`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Matrix {
    pub(crate) a: f64,
    pub(crate) b: f64,
    pub(crate) c: f64,
    pub(crate) d: f64,
    pub(crate) e: f64,
    pub(crate) f: f64,
}

/// No coordinate of interest is larger; keeps sums finite.
const COORDINATE_MAX: f64 = 1e9;

impl Matrix {
    pub(crate) const IDENTITY: Self = Self { a: 1.0, b: 0.0, c: 0.0, d: 1.0, e: 0.0, f: 0.0 };

    pub(crate) fn from_array(values: [f64; 6]) -> Self {
        let [a, b, c, d, e, f] = values.map(clamp);
        Self { a, b, c, d, e, f }
    }

    /// The map that applies `self` first and `next` after it.
    pub(crate) fn then(&self, next: &Self) -> Self {
        Self {
            a: clamp(self.a * next.a + self.b * next.c),
            b: clamp(self.a * next.b + self.b * next.d),
            c: clamp(self.c * next.a + self.d * next.c),
            d: clamp(self.c * next.b + self.d * next.d),
            e: clamp(self.e * next.a + self.f * next.c + next.e),
            f: clamp(self.e * next.b + self.f * next.d + next.f),
        }
    }

    /// Moves the origin by `(x, y)` in the map's own source space.
    pub(crate) fn translated(&self, x: f64, y: f64) -> Self {
        let (e, f) = self.apply(x, y);
        Self { e: clamp(e), f: clamp(f), ..*self }
    }

    pub(crate) fn apply(&self, x: f64, y: f64) -> (f64, f64) {
        (self.a * x + self.c * y + self.e, self.b * x + self.d * y + self.f)
    }

    /// The map that undoes this one; `None` for one that loses an axis.
    pub(crate) fn inverse(&self) -> Option<Self> {
        let determinant = self.a * self.d - self.b * self.c;
        if determinant.abs() < 1e-12 {
            return None;
        }
        let (a, b) = (self.d / determinant, -self.b / determinant);
        let (c, d) = (-self.c / determinant, self.a / determinant);
        let (e, f) = (-(self.e * a + self.f * c), -(self.e * b + self.f * d));
        Some(Self::from_array([a, b, c, d, e, f]))
    }

    /// Length of a unit step along x after the map.
    pub(crate) fn x_scale(&self) -> f64 {
        self.a.hypot(self.b)
    }

    /// Length of a unit step along y after the map.
    pub(crate) fn y_scale(&self) -> f64 {
        self.c.hypot(self.d)
    }

    /// The bounds of a rectangle after the map: `[x0, y0, x1, y1]`.
    pub(crate) fn bounds(&self, rect: [f64; 4]) -> [f64; 4] {
        let [x0, y0, x1, y1] = rect;
        let corners = [(x0, y0), (x1, y0), (x0, y1), (x1, y1)].map(|(x, y)| self.apply(x, y));
        corners.iter().fold([f64::MAX, f64::MAX, f64::MIN, f64::MIN], |bounds, &(x, y)| {
            [bounds[0].min(x), bounds[1].min(y), bounds[2].max(x), bounds[3].max(y)]
        })
    }
}

fn clamp(value: f64) -> f64 {
    if value.is_finite() { value.clamp(-COORDINATE_MAX, COORDINATE_MAX) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::Matrix;

    #[test]
    fn maps_apply_in_order() {
        let scale = Matrix::from_array([2.0, 0.0, 0.0, 3.0, 0.0, 0.0]);
        let both = scale.then(&Matrix::from_array([1.0, 0.0, 0.0, 1.0, 10.0, 20.0]));
        assert_eq!(both.apply(1.0, 1.0), (12.0, 23.0));
    }

    #[test]
    fn numbers_out_of_range_stay_finite() {
        let huge = Matrix::from_array([1e300, 0.0, 0.0, f64::NAN, 0.0, f64::INFINITY]);
        let (x, y) = huge.then(&huge).apply(1.0, 1.0);
        assert!(x.is_finite() && y.is_finite());
    }
}
