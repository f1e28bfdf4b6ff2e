//! Values that share a drawn box with their caption, as in the forms of tax offices.

use super::candidate::{Reader, Region, Relation};
use crate::document::Rect;
use crate::local::frame::holds;
use crate::local::label::Mention;
use crate::local::lexicon::Kind;
use crate::local::page::Cell;

/// A box wider or taller than these parts of the page is no box of one value.
const WIDTH_MAX: f32 = 0.75;
const HEIGHT_MAX: f32 = 0.2;
/// A box lower than this many letter heights holds a caption and nothing else.
const HEIGHT_MIN: f32 = 1.75;

impl Reader<'_> {
    /// The places in the box of a label where its value may stand; `None` when the label has
    /// no box of its own. An empty list says that the box is there and empty.
    pub(super) fn framed(&self, mention: &Mention, kind: Kind) -> Option<Vec<Region>> {
        let label = self.view.cells.get(mention.cell)?;
        let sheet = self.view.sheets.get(label.page)?;
        let frame = sheet.frames.around(&label.bbox)?;
        if frame.width() > WIDTH_MAX * sheet.width
            || frame.height() > HEIGHT_MAX * sheet.height
            || frame.height() < HEIGHT_MIN * label.bbox.height().max(label.size)
        {
            return None;
        }
        let is_caption = |at: &usize| self.labels.first_in(*at).is_some_and(|m| m.coverage > 0.6);
        let (captions, inside): (Vec<usize>, Vec<usize>) =
            self.inside(&frame, label, sheet.rows.end).into_iter().partition(is_caption);
        let is_beside = |at: &usize| self.view.cells.get(*at).is_some_and(|c| c.row == label.row);
        if !captions.iter().all(is_beside) {
            return None;
        }
        let row = self
            .view
            .cells
            .get(mention.cell)
            .map_or(0..0, |c| self.view.rows.get(c.row).map_or(0..0, |row| row.cells.clone()));
        let shares = row
            .filter(|at| *at != mention.cell && is_caption(at))
            .any(|at| self.view.cells.get(at).is_some_and(|c| holds(&frame, &c.bbox)));
        let rest = self.view.text(mention.rest.clone());
        let has_rest = rest.chars().any(|c| c.is_ascii_digit());
        if inside.is_empty() && !has_rest {
            return self.is_numbered(mention.cell).then(Vec::new);
        }
        if let Some(region) = self.by_order(mention, &captions, &inside) {
            return Some(vec![region]);
        }
        let mut regions = Vec::new();
        if has_rest || (inside.is_empty() && !rest.is_empty()) {
            let (tokens, relation) = (mention.rest.clone(), Relation::Inline);
            regions.push(Region { tokens, relation, weight: 0.9 });
        }
        let own = self.view.bbox(mention.tokens.clone());
        let mut weight = 0.96;
        for index in inside {
            let Some(cell) = self.view.cells.get(index) else { continue };
            if self.goes_on(label, cell) {
                continue;
            }
            let same_row = cell.row == label.row;
            let side = self.side(mention, shares, &own, cell);
            let (tokens, relation) =
                (cell.tokens.clone(), if same_row { Relation::Right } else { Relation::Below });
            regions.push(Region { tokens, relation, weight: weight * side });
            if !kind.is_numeric() {
                weight *= 0.86;
            }
        }
        Some(regions)
    }

    /// Of as many values as captions in a box, the one in the caption's place.
    fn by_order(&self, mention: &Mention, captions: &[usize], inside: &[usize]) -> Option<Region> {
        let cells = |at: usize| at == mention.cell || captions.contains(&at);
        let all: Vec<&Mention> = self.labels.mentions.iter().filter(|m| cells(m.cell)).collect();
        let place = all.iter().position(|m| m.tokens == mention.tokens)?;
        let is_row = |pair: &[usize]| match pair {
            [a, b] => {
                self.view.cells.get(*a).map(|c| c.row) == self.view.cells.get(*b).map(|c| c.row)
            }
            _ => true,
        };
        if all.len() < 2 || inside.len() != all.len() || !inside.windows(2).all(is_row) {
            return None;
        }
        let tokens = self.view.cells.get(*inside.get(place)?)?.tokens.clone();
        Some(Region { tokens, relation: Relation::Below, weight: 0.93 })
    }

    /// The cells of a box besides its caption, from top to bottom.
    fn inside(&self, frame: &Rect, label: &Cell, last_row: usize) -> Vec<usize> {
        let mut found = Vec::new();
        for row in label.row..last_row {
            let Some(bounds) = self.view.rows.get(row) else { break };
            if bounds.bbox.y0 > frame.y1 {
                break;
            }
            for (offset, cell) in self.view.row_cells(row).iter().enumerate() {
                let is_other = cell.tokens != label.tokens
                    && !(cell.row == label.row && cell.bbox.x0 < label.bbox.x0);
                let has_words = cell.text.chars().any(char::is_alphanumeric);
                if is_other && has_words && holds(frame, &cell.bbox) {
                    found.push(bounds.cells.start + offset);
                }
            }
        }
        found
    }

    /// Whether a line of a box goes on with the caption above it: small letters, no digits.
    fn goes_on(&self, label: &Cell, cell: &Cell) -> bool {
        let begins_small = cell.text.chars().next().is_some_and(char::is_lowercase);
        begins_small
            && cell.size <= label.size + 0.6
            && !cell.text.chars().any(|c| c.is_ascii_digit())
            && cell.row <= label.row + 3
    }

    /// Of a box with two captions side by side each stands over its own value.
    fn side(&self, mention: &Mention, shares: bool, own: &Rect, cell: &Cell) -> f32 {
        let shares =
            shares || self.labels.mentions.iter().filter(|m| m.cell == mention.cell).count() > 1;
        let overlap = own.x1.min(cell.bbox.x1) - own.x0.max(cell.bbox.x0);
        if shares && overlap <= 0.0 && cell.row > 0 { 0.6 } else { 1.0 }
    }
}
