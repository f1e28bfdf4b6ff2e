//! Lines of taxes: a rate in percent inside the label, the amount behind it, as in
//! `plus 19 % VAT   227.04`.

use super::candidate::{Candidate, Reader};
use super::leaf::{Leaf, Plan};
use super::read::{self, Reading};
use super::write;
use crate::local::lexicon::Kind;
use crate::local::value::number;

/// What a value from such a line is worth.
const LINE_SCORE: f32 = 0.78;

impl Reader<'_> {
    /// Candidates from lines that name a tax with its rate.
    pub(crate) fn taxed(&self, plan: &Plan<'_>) -> Vec<Candidate> {
        let wanted = |name: &'static str| {
            plan.leaves.iter().enumerate().filter(move |(_, leaf)| self.is_called(leaf, name))
        };
        let mut found = Vec::new();
        if wanted("tax_rate").chain(wanted("tax_amount")).next().is_none() {
            return found;
        }
        for (index, cell) in self.view.cells.iter().enumerate() {
            let words = self.labels.words.get(cell.tokens.clone()).unwrap_or_default();
            let is_tax =
                words.iter().flatten().any(|w| matches!(w.as_str(), "vat" | "tax" | "gst"));
            let is_long = cell.tokens.len() > 9;
            if !is_tax || is_long || !cell.text.contains('%') {
                continue;
            }
            let rate = read::read(self.view, Kind::Percent, cell.tokens.clone(), self.habits);
            let rate = rate.filter(|r| r.number.is_some_and(|n| (0.0..=40.0).contains(&n)));
            let Some(rate) = rate else { continue };
            for (leaf, wanted) in wanted("tax_rate") {
                found.extend(self.of_line(leaf, wanted, &rate));
            }
            let Some(amount) = self.amount_behind(index) else { continue };
            for (leaf, wanted) in wanted("tax_amount") {
                found.extend(self.of_line(leaf, wanted, &amount));
            }
        }
        found
    }

    fn is_called(&self, leaf: &Leaf<'_>, name: &str) -> bool {
        leaf.concept.and_then(|c| self.lexicon.concepts.get(c)).is_some_and(|c| c.name == name)
    }

    fn of_line(&self, leaf: usize, wanted: &Leaf<'_>, reading: &Reading) -> Option<Candidate> {
        Some(Candidate {
            leaf,
            value: write::to_json(wanted, reading)?,
            score: LINE_SCORE * reading.fitness,
            tokens: reading.tokens.clone(),
            label: None,
            reason: "a line names the tax with its rate".to_owned(),
            shares: false,
        })
    }

    /// The last amount of money right of a cell.
    fn amount_behind(&self, index: usize) -> Option<Reading> {
        let row = self.view.cells.get(index)?.row;
        let last =
            self.view.rows.get(row)?.cells.end.checked_sub(1).filter(|last| *last > index)?;
        let cell = self.view.cells.get(last)?;
        let has_percent = cell.text.contains('%');
        let read = read::read(self.view, Kind::Money, cell.tokens.clone(), self.habits)?;
        let decimals = number::parse(&read.text, self.habits.decimal)?.decimals;
        Some(read).filter(|_| !has_percent && decimals == 2)
    }
}
