//! Sums as evidence: net, tax and the like must make the total; lines must make the net.
//!
//! What adds up is surer. What does not is tried again with the next best candidate of one
//! of its parts before it is called unsure.

use serde_json::Value;

use super::candidate::{Candidate, Reader};
use super::leaf::{Leaf, List, Plan};
use super::record::Records;

/// Largest difference of sums that is rounding.
const ROUNDING: f64 = 0.021;
/// What a part of a sum that holds is worth at least.
const HOLDS: f32 = 0.97;
/// Factor for the parts of a sum that does not hold.
const BREAKS: f32 = 0.86;
/// Part of a row's amount that rounding of its price may make up.
const ROW_ROUNDING: f64 = 0.001;
/// Factor for the numbers of a row whose product does not hold; discounts exist.
const ROW_BREAKS: f32 = 0.85;
/// Candidates below this are not tried.
const TRIED: f32 = 0.3;

/// The parts of an invoice's sum, as indexes of leaves.
#[derive(Debug, Clone, Copy, Default)]
struct Parts {
    net: Option<usize>,
    tax: Option<usize>,
    gross: Option<usize>,
    discount: Option<usize>,
    freight: Option<usize>,
}

impl Reader<'_> {
    /// Checks the sums of what was chosen, and mends one part where that makes it add up.
    pub(super) fn check_sums(
        &self,
        plan: &Plan<'_>,
        all: &[Candidate],
        chosen: &mut [Option<Candidate>],
        lists: &[Records],
    ) {
        let find = |name: &str| {
            plan.leaves.iter().position(|leaf| self.means(leaf, name) && leaf.kind.is_numeric())
        };
        let parts = Parts {
            net: find("subtotal"),
            tax: find("tax_amount"),
            gross: find("total"),
            discount: find("discount"),
            freight: find("shipping"),
        };
        let lines = self.lines_sum(plan, lists);
        if adds_up(parts, chosen) == Some(false) {
            self.mend(parts, all, chosen, lines);
        }
        let holds = adds_up(parts, chosen);
        let factor_of = |score: f32| match holds {
            Some(true) => score.max(HOLDS),
            Some(false) => score * BREAKS,
            None => score,
        };
        for at in [parts.net, parts.tax, parts.gross].into_iter().flatten() {
            if let Some(Some(candidate)) = chosen.get_mut(at) {
                candidate.score = factor_of(candidate.score);
            }
        }
        if let (Some(lines), Some(at)) = (lines, parts.net.or(parts.gross))
            && let Some(Some(candidate)) = chosen.get_mut(at)
            && candidate.value.as_f64().is_some_and(|n| (n - lines).abs() < ROUNDING)
        {
            candidate.score = candidate.score.max(HOLDS);
        }
    }

    /// Quantity times price makes the amount: rows where it does are surer, others less.
    pub(super) fn check_rows(&self, list: &List<'_>, records: &mut Records) {
        let columns = crate::local::lexicon::Lexicon::columns();
        let find = |name: &str| {
            list.columns.iter().position(|leaf| {
                let concept = leaf.concept.and_then(|c| columns.concepts.get(c));
                concept.is_some_and(|c| c.name == name)
            })
        };
        let (Some(price), Some(amount)) = (find("unit_price"), find("amount")) else { return };
        let Some(quantity) = find("quantity") else { return };
        for row in &mut records.rows {
            let number = |at: usize| row.values.get(at)?.as_ref()?.0.as_f64();
            let (Some(q), Some(p), Some(a)) = (number(quantity), number(price), number(amount))
            else {
                continue;
            };
            let holds = (q * p - a).abs() <= ROUNDING.max(a.abs() * ROW_ROUNDING);
            for at in [quantity, price, amount] {
                if let Some(Some((_, _, likelihood))) = row.values.get_mut(at) {
                    *likelihood =
                        if holds { likelihood.max(HOLDS) } else { *likelihood * ROW_BREAKS };
                }
            }
        }
    }

    fn means(&self, leaf: &Leaf<'_>, name: &str) -> bool {
        leaf.concept.and_then(|c| self.lexicon.concepts.get(c)).is_some_and(|c| c.name == name)
    }

    /// The sum of the amounts of the first list that has some.
    fn lines_sum(&self, plan: &Plan<'_>, lists: &[Records]) -> Option<f64> {
        let columns = crate::local::lexicon::Lexicon::columns();
        plan.lists.iter().zip(lists).find_map(|(list, records)| {
            let is_amount = |leaf: &Leaf<'_>| {
                leaf.concept
                    .and_then(|c| columns.concepts.get(c))
                    .is_some_and(|c| c.name == "amount")
            };
            let at = list.columns.iter().position(is_amount)?;
            let values = records.rows.iter().filter_map(|row| row.values.get(at)?.as_ref());
            let numbers: Vec<f64> = values.filter_map(|(value, ..)| value.as_f64()).collect();
            (!numbers.is_empty()).then(|| numbers.iter().sum())
        })
    }

    fn mend(
        &self,
        parts: Parts,
        all: &[Candidate],
        chosen: &mut [Option<Candidate>],
        lines: Option<f64>,
    ) {
        let mut best: Option<(f32, usize, Candidate)> = None;
        for at in [parts.gross, parts.tax, parts.net].into_iter().flatten() {
            let Some(kept) = chosen.get(at).cloned() else { continue };
            // Lines that make the net leave no doubt about it.
            let is_sure = Some(at) == parts.net
                && lines.is_some_and(|sum| near(kept.as_ref().map(|c| &c.value), sum));
            if is_sure {
                continue;
            }
            for other in all.iter().filter(|c| c.leaf == at && c.score > TRIED) {
                if let Some(place) = chosen.get_mut(at) {
                    *place = Some(other.clone());
                }
                let is_better = best.as_ref().is_none_or(|(score, ..)| other.score > *score);
                if is_better && adds_up(parts, chosen) == Some(true) {
                    best = Some((other.score, at, other.clone()));
                }
            }
            if let Some(place) = chosen.get_mut(at) {
                *place = kept;
            }
        }
        if let Some((_, at, candidate)) = best
            && let Some(place) = chosen.get_mut(at)
        {
            *place = Some(candidate);
        }
    }
}

fn near(value: Option<&Value>, number: f64) -> bool {
    value.and_then(Value::as_f64).is_some_and(|n| (n - number).abs() < ROUNDING)
}

/// Whether net, tax and the like make the total; nothing when a part is missing.
fn adds_up(parts: Parts, chosen: &[Option<Candidate>]) -> Option<bool> {
    let value = |at: Option<usize>| chosen.get(at?)?.as_ref()?.value.as_f64();
    let (net, tax, gross) = (value(parts.net)?, value(parts.tax)?, value(parts.gross)?);
    let discount = value(parts.discount).map_or(0.0, f64::abs);
    let freight = value(parts.freight).unwrap_or(0.0);
    // Discount and freight may be in the net already.
    let ways = [
        net + tax,
        net - discount + freight + tax,
        net + freight + tax,
        net - discount + tax,
        // Tax is part of the price.
        net,
    ];
    Some(ways.iter().any(|sum| (sum - gross).abs() < ROUNDING))
}
