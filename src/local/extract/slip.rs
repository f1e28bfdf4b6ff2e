//! The items of a receipt: lines with an amount at their end, above the total, without a
//! header. Where the list's own name heads a part of the page, they are those below it: a
//! payslip has its deductions beside its earnings.

use std::ops::Range;

use serde_json::{Value, json};

use super::candidate::Reader;
use super::leaf::{Leaf, List};
use super::read::{Reading, clean};
use super::record::{Record, Records};
use super::section::OUTDENT;
use super::write;
use crate::local::lexicon::Lexicon;
use crate::local::schema::LeafType;
use crate::local::text::{canonical, identifier_words};
use crate::local::value::{date, number};

/// What an item read without a header is worth.
const SLIP_LIKELIHOOD: f32 = 0.8;
/// Items of one receipt at most.
const ITEMS_MAX: usize = 300;

/// The part of a document that items are read from.
#[derive(Debug, Clone)]
struct Part {
    rows: Range<usize>,
    /// From left to right, in points.
    span: Range<f32>,
    /// A heading says that it holds the items.
    is_headed: bool,
}

/// An item of a receipt.
#[derive(Debug, Clone)]
struct Item {
    text: String,
    tokens: Range<usize>,
    quantity: Option<f64>,
    amount: f64,
    amount_tokens: Range<usize>,
}

impl Reader<'_> {
    /// Items that stand without a header, when a list asks for such.
    pub(crate) fn slip(&self, list: &List<'_>) -> Records {
        let has = |names: &[&str]| list.columns.iter().any(|c| names.contains(&column_name(c)));
        let asks = has(&["description", "item_name", "test", "coverage"])
            && has(&["amount", "unit_price", "transaction_amount"]);
        if !asks {
            return Records::default();
        }
        let items = self.items(&self.part(list));
        let has_amount = has(&["amount", "transaction_amount"]);
        let mut records = Records::default();
        for item in items.iter().take(ITEMS_MAX) {
            let values = list.columns.iter().map(|column| {
                let number =
                    |n: f64, tokens: &Range<usize>| (n.to_string(), Some(n), tokens.clone());
                let (text, number, tokens) = match column_name(column) {
                    "description" | "item_name" => (item.text.clone(), None, item.tokens.clone()),
                    "quantity" => number(item.quantity.unwrap_or(1.0), &item.tokens),
                    "amount" | "transaction_amount" => number(item.amount, &item.amount_tokens),
                    "unit_price" if !has_amount => number(item.amount, &item.amount_tokens),
                    "unit_price" => {
                        let each = item.amount / item.quantity.unwrap_or(1.0).max(1.0);
                        number((each * 100.0).round() / 100.0, &item.amount_tokens)
                    }
                    _ => return None,
                };
                let reading = Reading { text, number, tokens: tokens.clone(), fitness: 1.0 };
                let value = match (column.leaf_type, reading.number) {
                    (LeafType::Text, Some(n)) => json!(n.to_string()),
                    _ => write::to_json(column, &reading)?,
                };
                Some((value, vec![tokens], SLIP_LIKELIHOOD)) as Option<(Value, _, _)>
            });
            records.rows.push(Record { values: values.collect() });
            records.tokens.push(item.tokens.clone());
            records.tokens.push(item.amount_tokens.clone());
        }
        records
    }

    /// What stands below a heading that is the list's own name, up to the next heading at its
    /// side; everything when there is none.
    fn part(&self, list: &List<'_>) -> Part {
        let name =
            canonical(&identifier_words(list.pointer.rsplit('/').next().unwrap_or_default()));
        let all = Part {
            rows: 0..self.view.rows.len(),
            span: f32::NEG_INFINITY..f32::INFINITY,
            is_headed: false,
        };
        let heading =
            self.view.cells.iter().find(|cell| {
                self.view.row_cells(cell.row).len() > 1 && canonical(&cell.text) == name
            });
        let Some(heading) = heading.filter(|_| !name.is_empty()) else { return all };
        // A heading has words below it, the head of a column has numbers.
        let is_heading = |left: f32| {
            (heading.row + 1..all.rows.end).find_map(|row| {
                let found = self.view.row_cells(row).iter().find(|c| c.bbox.x0 > left - OUTDENT)?;
                Some(found.text.starts_with(char::is_alphabetic))
            })
        };
        let beside = self.view.row_cells(heading.row).iter().map(|cell| cell.bbox.x0);
        let end = beside
            .filter(|left| *left > heading.bbox.x0 && is_heading(*left) == Some(true))
            .reduce(f32::min);
        let span = heading.bbox.x0 - OUTDENT..end.map_or(f32::INFINITY, |end| end - OUTDENT);
        Part { rows: heading.row + 1..all.rows.end, span, is_headed: true }
    }

    /// The indexes of a row's cells in a part.
    fn cells_in(&self, part: &Part, row: usize) -> Vec<usize> {
        let cells = self.view.rows.get(row).map_or(0..0, |row| row.cells.clone());
        let is_inside =
            |at: &usize| self.view.cells.get(*at).is_some_and(|c| part.span.contains(&c.bbox.x0));
        cells.filter(is_inside).collect()
    }

    fn items(&self, part: &Part) -> Vec<Item> {
        let mut items: Vec<Item> = Vec::new();
        let mut waiting: Option<(String, Range<usize>)> = None;
        for row in part.rows.clone() {
            let cells = self.cells_in(part, row);
            let cell = |at: Option<&usize>| at.and_then(|at| self.view.cells.get(*at));
            let (Some(first), Some(last)) = (cell(cells.first()), cell(cells.last())) else {
                continue;
            };
            let is_sum = self.has_sum(cells.iter().copied());
            if is_sum && !items.is_empty() {
                break;
            }
            let amount = self.amount_at_end(last.tokens.clone());
            let Some((amount, amount_tokens)) = amount else {
                let text = clean(&first.text);
                let is_text = cells.len() == 1 && text.chars().any(char::is_alphabetic);
                waiting = is_text.then(|| (text, first.tokens.clone()));
                continue;
            };
            let body = first.tokens.start..amount_tokens.start;
            let words: Vec<&str> = self
                .view
                .tokens
                .get(body.clone())
                .unwrap_or_default()
                .iter()
                .map(|t| t.text.as_str())
                .collect();
            let is_dated = date::leading(&words, self.habits.order).is_some();
            let labelled = cells.first().and_then(|cell| self.labels.first_in(*cell));
            let is_value = !part.is_headed && labelled.is_some_and(|m| m.coverage > 0.9);
            if is_dated || is_value || is_sum {
                waiting = None;
                continue;
            }
            let (quantity, from, to) = counted(&words);
            let text = words.get(from..to).unwrap_or_default().join(" ");
            let tokens = body.start + from..body.start + to;
            if text.chars().filter(|c| c.is_alphabetic()).count() >= 2 {
                let text = clean(&text);
                items.push(Item { text, tokens, quantity, amount, amount_tokens });
            } else if let Some((text, tokens)) = waiting.take() {
                items.push(Item { text, tokens, quantity, amount, amount_tokens });
            }
            waiting = None;
        }
        items
    }

    /// An amount with two decimals at the end of a stretch of words.
    fn amount_at_end(&self, tokens: Range<usize>) -> Option<(f64, Range<usize>)> {
        let mut end = tokens.end;
        // A letter for the tax class may follow.
        if tokens.len() > 1 && self.view.tokens.get(end - 1).is_some_and(|t| t.text.len() == 1) {
            end -= 1;
        }
        for start in (tokens.start..end).rev().take(2) {
            let text = self.view.text(start..end);
            if let Some(amount) = number::parse(&text, self.habits.decimal)
                && amount.decimals == 2
                && !amount.has_percent
            {
                return Some((amount.value, start..end));
            }
        }
        None
    }
}

/// `3 Eggs`, `2 x 1.50`, `Eggs 3 x 1.50`: the count, and where the text begins and ends.
fn counted(words: &[&str]) -> (Option<f64>, usize, usize) {
    let count = |word: &str| -> Option<f64> {
        let plain = word.trim_end_matches(['x', 'X', '*', '@']);
        plain.parse::<f64>().ok().filter(|n| *n > 0.0 && *n < 1000.0)
    };
    let is_times = |word: &str| matches!(word, "x" | "X" | "*" | "@" | "à");
    if let Some(n) = words.first().and_then(|w| count(w)) {
        let skip = 1 + usize::from(words.get(1).is_some_and(|w| is_times(w)));
        return (Some(n), skip, words.len());
    }
    let times = words.iter().position(|w| is_times(w)).filter(|at| *at > 1);
    if let Some(at) = times
        && let Some(n) = words.get(at - 1).and_then(|w| count(w))
    {
        return (Some(n), 0, at - 1);
    }
    (None, 0, words.len())
}

fn column_name(column: &Leaf<'_>) -> &'static str {
    let concept = column.concept.and_then(|c| Lexicon::columns().concepts.get(c));
    concept.map_or("", |c| c.name)
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn counts_stand_before_or_within() {
        assert_eq!(counted(&["3", "Eggs", "dozen"]), (Some(3.0), 1, 3));
        assert_eq!(counted(&["2", "x", "Milk"]), (Some(2.0), 2, 3));
        assert_eq!(counted(&["Milk", "2", "x", "1.50"]), (Some(2.0), 0, 1));
        assert_eq!(counted(&["Milk", "1L"]), (None, 0, 2));
    }
}
