//! Right edges of running text: where lines that begin at the same place end.

use super::line::Line;

/// Lines with fewer letters say nothing of the edge.
const LETTERS_MIN: usize = 25;
/// Lines that begin no farther apart than this, in points, have one left edge.
const SAME_EDGE: f32 = 6.0;

/// Left edges of the long lines of a page with the right edge of the text there.
#[derive(Debug, Default)]
pub(super) struct Margins {
    edges: Vec<(f32, f32)>,
}

impl Margins {
    /// Measures the lines of a page.
    pub(super) fn of(lines: &[Line<'_>]) -> Self {
        let long = lines.iter().filter(|line| line.letters() >= LETTERS_MIN);
        let mut ends: Vec<(f32, f32)> = long.map(|line| (line.x0, line.x1)).collect();
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut edges = Vec::new();
        let mut rest = ends.as_mut_slice();
        while let Some((left, _)) = rest.first().copied() {
            let end = rest.partition_point(|(x0, _)| x0 - left <= SAME_EDGE).max(1);
            let (near, after) = rest.split_at_mut(end);
            // Not the farthest: titles and notes run over the columns below them.
            near.sort_by(|a, b| a.1.total_cmp(&b.1));
            edges.extend(near.get(near.len() * 7 / 10).map(|(_, right)| (left, *right)));
            rest = after;
        }
        Self { edges }
    }

    /// The right edge of the text that begins at this place, if anything says so.
    pub(super) fn right(&self, x0: f32) -> Option<f32> {
        let at = self.edges.partition_point(|(left, _)| *left < x0 - SAME_EDGE);
        self.edges.get(at).filter(|(left, _)| *left <= x0 + SAME_EDGE).map(|(_, right)| *right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_is_known_where_lines_begin() {
        let margins = Margins { edges: vec![(72.0, 290.0), (310.0, 520.0)] };
        assert_eq!(margins.right(74.0), Some(290.0));
        assert_eq!(margins.right(305.0), Some(520.0));
        assert_eq!(margins.right(200.0), None);
    }
}
