//! Lines that stand over each other, as the parts of an address do.

use std::ops::Range;

use super::candidate::Reader;
use super::read::clean;
use crate::local::value::{name, place};

/// How far postcode and city may stand below the street, in letter heights.
const PLACE_GAP: f32 = 2.6;

/// A line of a stack: its words and text.
#[derive(Debug, Clone)]
pub(super) struct StackLine {
    pub(super) cell: usize,
    pub(super) tokens: Range<usize>,
    pub(super) text: String,
    /// `Attn:` and the like stood before it, which is no label of something else.
    pub(super) is_addressing: bool,
}

impl Reader<'_> {
    /// The lines that stand below a cell, itself first.
    pub(super) fn stack(&self, first: usize, seen: &mut Vec<usize>) -> Vec<StackLine> {
        let mut lines = Vec::new();
        let mut at = Some(first);
        while let Some(index) = at.filter(|index| !seen.contains(index) && lines.len() < 12) {
            let Some(cell) = self.view.cells.get(index) else { break };
            seen.push(index);
            let whole = clean(&cell.text);
            let text = clean(name::without_address(&whole));
            let skipped = whole.split(' ').count().saturating_sub(text.split(' ').count());
            let tokens = cell.tokens.start + skipped.min(cell.tokens.len().saturating_sub(1))
                ..cell.tokens.end;
            lines.push(StackLine { cell: index, tokens, text, is_addressing: skipped > 0 });
            at = self.next_line(index).or_else(|| self.place_below(index));
        }
        lines
    }

    /// A street, or a line with postcode and city, that stands a little apart below a line and is
    /// the next one there.
    fn place_below(&self, index: usize) -> Option<usize> {
        let cell = self.view.cells.get(index)?;
        let rows = self.view.sheets.get(cell.page)?.rows.clone();
        for row in (cell.row + 1..rows.end).take(3) {
            let bounds = self.view.rows.get(row)?;
            if bounds.bbox.y0 - cell.bbox.y1 > PLACE_GAP * cell.size {
                return None;
            }
            let mut cells = self.view.row_cells(row).iter().enumerate();
            let below = cells.find(|(_, other)| (other.bbox.x0 - cell.bbox.x0).abs() < 4.0);
            let Some((offset, other)) = below else { continue };
            let is_place = place::locality(&other.text).is_some() || place::is_street(&other.text);
            return is_place.then_some(bounds.cells.start + offset);
        }
        None
    }

    /// Whether a cell is a label whose colon stands apart, or a page number.
    pub(super) fn is_before_colon(&self, cell: usize) -> bool {
        let row = self.view.cells.get(cell).map(|c| c.row);
        let next = self.view.cells.get(cell + 1).filter(|next| Some(next.row) == row);
        let text = self.view.cells.get(cell).map(|c| c.text.to_lowercase()).unwrap_or_default();
        let is_page = ["page ", "seite ", "pagina ", "página ", "pag. "];
        next.is_some_and(|next| next.text.starts_with(':'))
            || is_page.iter().any(|word| text.starts_with(word))
    }

    pub(super) fn height_of(&self, cell: usize) -> f32 {
        let cell = self.view.cells.get(cell);
        let sheet = cell.and_then(|c| self.view.sheets.get(c.page));
        let (Some(cell), Some(sheet)) = (cell, sheet) else { return 1.0 };
        cell.bbox.y0 / sheet.height.max(1.0)
    }
}
