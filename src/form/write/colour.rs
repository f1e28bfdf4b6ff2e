//! Colours of what is written.

/// A colour in red, green and blue, each from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Colour(pub [f32; 3]);

impl Colour {
    /// What is written on flat forms when nothing else is said: the blue of a ball pen.
    pub const DARK_BLUE: Self = Self([0.0, 0.0, 0.502]);

    /// Reads `#rrggbb` or `#rgb`.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let digits: Vec<u32> = text
            .trim()
            .strip_prefix('#')?
            .chars()
            .map(|digit| digit.to_digit(16))
            .collect::<Option<_>>()?;
        let part = |high: u32, low: u32| (high * 16 + low) as f32 / 255.0;
        match *digits.as_slice() {
            [r, g, b] => Some(Self([part(r, r), part(g, g), part(b, b)])),
            [r1, r2, g1, g2, b1, b2] => Some(Self([part(r1, r2), part(g1, g2), part(b1, b2)])),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Colour;

    #[test]
    fn colours_are_read_in_both_lengths() {
        assert_eq!(Colour::read("#f00"), Some(Colour([1.0, 0.0, 0.0])));
        assert_eq!(Colour::read(" #0000ff "), Some(Colour([0.0, 0.0, 1.0])));
        assert_eq!(Colour::read("blue"), None);
        assert_eq!(Colour::read("#12"), None);
    }
}
