//! The drawn boxes of a page: which lines stand around a word.
//!
//! Forms print a small caption and its value into one box; the box says more about what
//! belongs together than any distance. Must not know words or labels.

use crate::document::{Page, Rect};

/// How far a line may be off and still touch, in points.
const SLACK: f32 = 2.0;

/// The drawn lines of a page.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Frames {
    uprights: Vec<Rect>,
    levels: Vec<Rect>,
}

impl Frames {
    /// The lines of a page.
    pub(crate) fn of(page: &Page) -> Self {
        let (levels, uprights): (Vec<_>, Vec<_>) =
            page.rules.iter().partition(|rule| rule.is_horizontal());
        let boxes = |rules: Vec<&crate::document::Rule>| rules.iter().map(|r| r.bbox).collect();
        Self { uprights: boxes(uprights), levels: boxes(levels) }
    }

    /// The smallest box of lines around some words, when there are lines on all four sides.
    pub(crate) fn around(&self, words: &Rect) -> Option<Rect> {
        let (x, y) = (f32::midpoint(words.x0, words.x1), f32::midpoint(words.y0, words.y1));
        let beside = |r: &&Rect| r.y0 - SLACK <= y && y <= r.y1 + SLACK;
        let across = |r: &&Rect| r.x0 - SLACK <= x && x <= r.x1 + SLACK;
        let left = self.uprights.iter().filter(beside).map(|r| r.x1);
        let left = left.filter(|at| *at <= words.x0 + SLACK).reduce(f32::max)?;
        let right = self.uprights.iter().filter(beside).map(|r| r.x0);
        let right = right.filter(|at| *at >= words.x1 - SLACK).reduce(f32::min)?;
        let top = self.levels.iter().filter(across).map(|r| r.y1);
        let top = top.filter(|at| *at <= y).reduce(f32::max)?;
        let bottom = self.levels.iter().filter(across).map(|r| r.y0);
        let bottom = bottom.filter(|at| *at >= y).reduce(f32::min)?;
        Some(Rect::new(left, top, right, bottom))
    }
}

/// Whether the middle of some words is inside a box.
pub(crate) fn holds(frame: &Rect, words: &Rect) -> bool {
    let (x, y) = (f32::midpoint(words.x0, words.x1), f32::midpoint(words.y0, words.y1));
    frame.x0 <= x && x <= frame.x1 && frame.y0 <= y && y <= frame.y1
}

#[cfg(test)]
mod tests {
    use super::{Frames, holds};
    use crate::document::{Page, Rect, Rule};

    #[test]
    fn the_nearest_lines_on_four_sides_are_the_box() {
        let rule = |x0, y0, x1, y1| Rule { bbox: Rect::new(x0, y0, x1, y1), filled: false };
        let rules = vec![
            rule(10.0, 10.0, 200.0, 10.5),
            rule(10.0, 40.0, 200.0, 40.5),
            rule(10.0, 10.0, 10.5, 40.0),
            rule(100.0, 10.0, 100.5, 40.0),
            rule(200.0, 10.0, 200.5, 40.0),
        ];
        let frames = Frames::of(&Page { rules, ..Page::default() });
        let caption = Rect::new(14.0, 12.0, 60.0, 20.0);
        let frame = frames.around(&caption);
        assert_eq!(frame, Some(Rect::new(10.5, 10.5, 100.0, 40.0)));
        assert!(frame.is_some_and(|f| holds(&f, &Rect::new(70.0, 28.0, 98.0, 38.0))));
        assert_eq!(frames.around(&Rect::new(14.0, 50.0, 60.0, 58.0)), None);
    }
}
