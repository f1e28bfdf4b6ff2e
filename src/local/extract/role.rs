//! Which of two parties a name is: the label above it, or its place, tells.

use super::candidate::Reader;
use super::stack::StackLine;

/// Rows above an address in which the label of its role may stand.
const LABEL_ROWS: usize = 6;
/// How far above an address that label may stand, in letter heights.
const LABEL_REACH: f32 = 9.0;

impl Reader<'_> {
    /// Above zero for the writer of the document, below for the one written to.
    pub(super) fn role(
        &self,
        lines: &[StackLine],
        named: usize,
        count: usize,
        top: f32,
    ) -> (f32, bool) {
        let before = lines.get(..named).unwrap_or_default().iter().rev().map(|line| line.cell);
        let above = before.into_iter().find(|cell| self.role_of_label(*cell).is_some());
        let above = above.or_else(|| self.label_above(lines.first()?.cell));
        if let Some(role) = above.and_then(|cell| self.role_of_label(cell)) {
            return (role, true);
        }
        let after = lines.get(named + 1 + count..).unwrap_or_default();
        let has_reach = after.iter().any(|line| {
            line.text.contains('@')
                || line.text.contains("www.")
                || self.labels.first_in(line.cell).is_some()
        });
        let sheet_width = self.view.sheets.first().map_or(600.0, |s| s.width.max(1.0));
        let left = lines.first().and_then(|l| self.view.cells.get(l.cell));
        let left = left.map_or(0.0, |c| c.bbox.x0 / sheet_width);
        let reach = if has_reach { 0.15 } else { 0.0 };
        let role = match () {
            () if sheet_width < 420.0 && top < 0.25 => 0.9,
            () if top < 0.1 => 0.65 + reach,
            () if top > 0.8 => 0.5,
            () if top < 0.4 && left < 0.4 => -0.55 + reach,
            () if top < 0.4 => {
                if has_reach {
                    0.4
                } else {
                    -0.35
                }
            }
            () => 0.0,
        };
        (role, false)
    }

    /// The label of a role above a cell; numbers with labels of their own may stand between.
    fn label_above(&self, cell: usize) -> Option<usize> {
        let found = self.view.cells.get(cell)?;
        let rows = self.view.sheets.get(found.page)?.rows.clone();
        for row in (rows.start..found.row).rev().take(LABEL_ROWS) {
            let bounds = self.view.rows.get(row)?;
            if found.bbox.y0 - bounds.bbox.y1 > LABEL_REACH * found.size {
                return None;
            }
            for (offset, other) in self.view.row_cells(row).iter().enumerate() {
                let index = bounds.cells.start + offset;
                if (other.bbox.x0 - found.bbox.x0).abs() > 16.0 {
                    continue;
                }
                if self.labels.is_bare(self.view, index) && self.role_of_label(index).is_some() {
                    return Some(index);
                }
                let is_labelled = self.labels.first_in(index).is_some()
                    || other.text.contains(':')
                    || self.is_before_colon(index);
                if !is_labelled {
                    return None;
                }
            }
        }
        None
    }

    pub(super) fn is_address_of_reader(&self, cell: usize) -> bool {
        let is_address = |name| matches!(name, "service_address" | "buyer_address");
        self.labels.first_in(cell).is_some_and(|label| self.meanings(label).any(is_address))
    }

    fn role_of_label(&self, cell: usize) -> Option<f32> {
        self.meanings(self.labels.first_in(cell)?).find_map(|name| match name {
            "seller_name" | "seller_address" | "shipper" => Some(1.0),
            "buyer_name" | "buyer_address" => Some(-1.0),
            "ship_to" | "shipping_address" => Some(-0.3),
            _ => None,
        })
    }
}
