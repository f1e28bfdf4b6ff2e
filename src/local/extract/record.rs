//! Reads the rows of a table into the records of a list.

use std::ops::Range;

use serde_json::Value;

use super::assemble::{Answer, Answers};
use super::candidate::Reader;
use super::leaf::{Leaf, List};
use super::table::{Header, headers};
use super::{read, write};
use crate::base::limits;
use crate::local::lexicon::{Kind, Lexicon};

/// Rows in sequence that may hold no record before a table is over.
const STRANGE_ROWS_MAX: usize = 3;
/// What a value from a table is worth when its column is sure.
const TABLE_LIKELIHOOD: f32 = 0.93;

/// Concepts whose rows close a table or stand inside it without being a record.
const SUMS: &[&str] = &[
    "subtotal",
    "total",
    "tax_amount",
    "discount",
    "shipping",
    "closing_balance",
    "opening_balance",
    "total_deposits",
    "total_withdrawals",
    "gross_pay",
    "net_pay",
    "total_deductions",
    "total_premium",
    "total_hours",
    "total_weight",
];

/// A value, the words it stands in and how sure it is.
type Found = (Value, Vec<Range<usize>>, f32);

/// One record: by column its value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Record {
    pub(crate) values: Vec<Option<Found>>,
}

impl Record {
    fn filled(&self) -> usize {
        self.values.iter().flatten().count()
    }
}

/// A list read from the document's tables.
#[derive(Debug, Clone, Default)]
pub(crate) struct Records {
    pub(crate) rows: Vec<Record>,
    pub(crate) score: f32,
    /// The words that the records take up.
    pub(crate) tokens: Vec<Range<usize>>,
    /// The header they were read from.
    pub(crate) header: Option<Header>,
}

impl Reader<'_> {
    /// The records of a list, from the tables whose headers fit it best.
    pub(crate) fn records(&self, list: &List<'_>) -> Records {
        let all = headers(self.view, list);
        let mut best = Records::default();
        for header in &all {
            if best.score > 0.0 && header.score < 0.75 * best.score {
                continue;
            }
            let same: Vec<&Header> =
                all.iter().filter(|h| h.row >= header.row && is_like(h, header)).collect();
            let read = self.read_tables(list, &same);
            let filled: usize = read.rows.iter().map(Record::filled).sum();
            let worth = header.score * (1.0 + (filled as f32).min(60.0) / 60.0);
            if !read.rows.is_empty() && worth > best.score {
                best = Records { score: worth, header: Some(header.clone()), ..read };
            }
        }
        best
    }

    /// The values of a list of single values.
    pub(crate) fn plain(&self, list: &List<'_>) -> Records {
        let Some(column) = list.columns.first() else { return Records::default() };
        if column.kind != Kind::Parties {
            return Records::default();
        }
        let rows = self.party_names().into_iter().map(|(name, tokens)| Record {
            values: vec![Some((Value::String(name), vec![tokens], 0.75))],
        });
        Records { rows: rows.collect(), ..Records::default() }
    }

    fn read_tables(&self, list: &List<'_>, headers: &[&Header]) -> Records {
        let mut records = Records::default();
        let mut done = 0;
        for (index, header) in headers.iter().enumerate() {
            if header.body < done {
                continue;
            }
            let until = headers.get(index + 1).map_or(self.view.rows.len(), |next| next.row);
            done = self.read_table(list, header, until, &mut records);
        }
        records
    }

    /// Reads the rows below a header; gives the row where it stopped.
    fn read_table(
        &self,
        list: &List<'_>,
        header: &Header,
        until: usize,
        records: &mut Records,
    ) -> usize {
        let (mut strange, mut row) = (0, header.body);
        let first_here = records.rows.len();
        let first_row = header.body;
        let mut pending: Vec<usize> = Vec::new();
        let mut last_bottom: Option<(usize, f32)> = None;
        while row < until && records.rows.len() < limits::RECORD_ROWS_MAX {
            let Some(found) = self.view.rows.get(row) else { break };
            let size = self.view.row_cells(row).first().map_or(8.0, |c| c.size);
            let gap = last_bottom
                .filter(|(page, _)| *page == found.page)
                .map_or(0.0, |(_, bottom)| found.bbox.y0 - bottom);
            let record = self.record(list, header, row);
            let is_sum = self.is_sum(row);
            let anchors = self.anchors(list, &record);
            let is_short = 2 * self.view.row_cells(row).len() <= header.heads.len();
            if is_sum && (is_short || anchors < self.anchor_columns(list, header)) {
                if records.rows.len() > first_here && self.closes(row) {
                    break;
                }
            } else if anchors >= self.anchors_needed(list, header) && gap < 8.0 * size {
                pending.clear();
                records.tokens.extend(self.row_tokens(row));
                records.rows.push(record);
                strange = 0;
                last_bottom = Some((found.page, found.bbox.y1));
            } else if gap < 1.2 * size && self.continues(list, &record) && strange == 0 {
                let goes_on = !is_sum && self.is_wrapped(row, first_row);
                if let Some(last) = records.rows.last_mut().filter(|_| goes_on) {
                    append(list, last, record);
                }
                if goes_on || records.rows.len() > first_here {
                    records.tokens.extend(self.row_tokens(row).filter(|_| !is_sum));
                }
                last_bottom = Some((found.page, found.bbox.y1));
            } else if records.rows.len() > first_here {
                strange += 1;
                if strange > STRANGE_ROWS_MAX && last_bottom.is_some_and(|(p, _)| p == found.page) {
                    break;
                }
            } else {
                strange += 1;
                if strange > STRANGE_ROWS_MAX {
                    break;
                }
            }
            row += 1;
        }
        row
    }

    /// Whether a row of text goes on with the cell above it: in the same letters, begun at
    /// the same place, and not a note such as `GTIN: 4012…`.
    fn is_wrapped(&self, row: usize, first_row: usize) -> bool {
        let Some(cell) = self.view.row_cells(row).first() else { return false };
        let above = (first_row..row).rev().take(3).flat_map(|row| self.view.row_cells(row));
        let Some(upper) = above.min_by(|a, b| {
            let off = |c: &crate::local::page::Cell| (c.bbox.x0 - cell.bbox.x0).abs();
            off(a).total_cmp(&off(b))
        }) else {
            return true;
        };
        let is_note = cell.text.contains(": ") || cell.text.ends_with(':');
        let same_letters = (upper.size - cell.size).abs() < 0.6 && upper.bold == cell.bold;
        same_letters && !is_note
    }

    fn row_tokens(&self, row: usize) -> Option<Range<usize>> {
        let cells = self.view.row_cells(row);
        Some(cells.first()?.tokens.start..cells.last()?.tokens.end)
    }

    /// The words of a row by head.
    fn by_head(&self, header: &Header, row: usize) -> Vec<Option<Range<usize>>> {
        let mut parts: Vec<Option<Range<usize>>> = vec![None; header.heads.len()];
        let mut put = |head: usize, tokens: Range<usize>| {
            if let Some(place) = parts.get_mut(head) {
                *place = Some(match place.take() {
                    Some(known) => known.start.min(tokens.start)..known.end.max(tokens.end),
                    None => tokens,
                });
            }
        };
        let cells = self.view.row_cells(row);
        let spans: Vec<(f32, f32)> = cells.iter().map(|c| (c.bbox.x0, c.bbox.x1)).collect();
        let places = header.align(&spans);
        for (cell, whole) in cells.iter().zip(places) {
            let under: Vec<usize> = header
                .heads
                .iter()
                .enumerate()
                .filter(|(_, h)| {
                    let overlap = cell.bbox.x1.min(h.x1) - cell.bbox.x0.max(h.x0);
                    overlap > 0.4 * (h.x1 - h.x0)
                })
                .map(|(index, _)| index)
                .collect();
            if under.len() < 2 || cell.tokens.len() < 2 {
                put(whole, cell.tokens.clone());
                continue;
            }
            // One cell under several heads: its words go each to its own.
            let mut last = 0;
            for index in cell.tokens.clone() {
                let Some(token) = self.view.tokens.get(index) else { continue };
                let head = header.head_at(token.bbox.x0, token.bbox.x1).unwrap_or(whole);
                last = head.max(last);
                put(last, index..index + 1);
            }
        }
        parts
    }

    fn record(&self, list: &List<'_>, header: &Header, row: usize) -> Record {
        let parts = self.by_head(header, row);
        let part = |head: Option<usize>| parts.get(head?)?.clone();
        let mut values = Vec::with_capacity(list.columns.len());
        for (index, column) in list.columns.iter().enumerate() {
            let head = header.head_of.get(index).copied().flatten();
            let direct = part(head).and_then(|tokens| self.cell_value(column, tokens));
            let value = direct.or_else(|| self.signed(header, column, &parts));
            values.push(value);
        }
        Record { values }
    }

    fn cell_value(&self, column: &Leaf<'_>, tokens: Range<usize>) -> Option<Found> {
        let reading = read::read(self.view, column.kind, tokens.clone(), self.habits)
            .or_else(|| read::partial_date(self.view, column.kind, tokens, self.habits))?;
        let value = write::to_json(column, &reading)?;
        Some((value, vec![reading.tokens], TABLE_LIKELIHOOD * reading.fitness.max(0.6)))
    }

    /// A signed amount from a pair of columns for money out and money in.
    fn signed(
        &self,
        header: &Header,
        column: &Leaf<'_>,
        parts: &[Option<Range<usize>>],
    ) -> Option<Found> {
        let lexicon = Lexicon::columns();
        let name = lexicon.concepts.get(column.concept?)?.name;
        if !matches!(name, "transaction_amount" | "amount") || !column.kind.is_numeric() {
            return None;
        }
        let side = |wanted: &str| {
            let concept = lexicon.index_of(wanted)?;
            let is = |h: &super::table::Head| h.concepts.iter().any(|(c, _)| *c == concept);
            let head = header.heads.iter().position(is)?;
            let tokens = parts.get(head)?.clone()?;
            let reading = read::read(self.view, Kind::Money, tokens, self.habits)?;
            reading.number.filter(|n| *n != 0.0).map(|n| (n, reading))
        };
        let (number, mut reading) = match (side("debit"), side("credit")) {
            (Some((number, reading)), None) => (-number.abs(), reading),
            (None, Some((number, reading))) => (number.abs(), reading),
            _ => return None,
        };
        reading.number = Some(number);
        let value = write::to_json(column, &reading)?;
        Some((value, vec![reading.tokens], TABLE_LIKELIHOOD))
    }

    /// Columns whose values show that a row is a record: numbers, dates, ids.
    fn anchors(&self, list: &List<'_>, record: &Record) -> usize {
        let pairs = list.columns.iter().zip(&record.values);
        pairs.filter(|(column, value)| value.is_some() && is_anchor(column.kind)).count()
    }

    fn anchor_columns(&self, list: &List<'_>, header: &Header) -> usize {
        let pairs = list.columns.iter().zip(&header.head_of);
        pairs.filter(|(column, head)| head.is_some() && is_anchor(column.kind)).count()
    }

    fn anchors_needed(&self, list: &List<'_>, header: &Header) -> usize {
        match self.anchor_columns(list, header) {
            0 => 0,
            1 | 2 => 1,
            many => many.div_ceil(2),
        }
    }

    /// Whether a row only goes on with the texts of the record above it.
    fn continues(&self, list: &List<'_>, record: &Record) -> bool {
        record.filled() > 0 && self.anchors(list, record) == 0
    }

    pub(crate) fn is_sum(&self, row: usize) -> bool {
        self.view.rows.get(row).is_some_and(|found| self.has_sum(found.cells.clone()))
    }

    /// Whether one of the first of these cells is labelled as a sum.
    pub(crate) fn has_sum(&self, cells: impl IntoIterator<Item = usize>) -> bool {
        let labels = cells.into_iter().take(3).filter_map(|cell| self.labels.first_in(cell));
        labels.flat_map(|label| self.meanings(label)).any(|name| SUMS.contains(&name))
    }

    /// Whether a sum row ends its table: what comes first or in between does not.
    fn closes(&self, row: usize) -> bool {
        let text = self.view.row_cells(row).first().map(|c| c.text.to_lowercase());
        let text = text.unwrap_or_default();
        !["carr", "über", "uebertrag", "brought", "report", "suma y sigue"]
            .iter()
            .any(|word| text.contains(word))
    }
}

fn is_anchor(kind: Kind) -> bool {
    kind.is_numeric() || matches!(kind, Kind::Date | Kind::DateTime | Kind::Time)
}

fn is_like(other: &Header, header: &Header) -> bool {
    let names = |h: &Header| -> Vec<bool> { h.head_of.iter().map(Option::is_some).collect() };
    names(other) == names(header) && other.score > 0.8 * header.score
}

/// Adds the texts of a row to the record above it.
fn append(list: &List<'_>, record: &mut Record, more: Record) {
    for ((column, known), extra) in list.columns.iter().zip(&mut record.values).zip(more.values) {
        let Some((Value::String(extra), tokens, likelihood)) = extra else { continue };
        match known {
            Some((Value::String(text), ranges, _)) if is_text(column) => {
                text.push(' ');
                text.push_str(&extra);
                ranges.extend(tokens);
            }
            None if is_text(column) => {
                *known = Some((Value::String(extra), tokens, likelihood));
            }
            _ => {}
        }
    }
}

fn is_text(column: &Leaf<'_>) -> bool {
    matches!(column.kind, Kind::Text | Kind::Title) && column.node.options.is_empty()
}

/// Writes the records of a list as answers.
pub(crate) fn answer(
    reader: &Reader<'_>,
    list: &List<'_>,
    records: Records,
    answers: &mut Answers,
) {
    for (index, record) in records.rows.into_iter().enumerate() {
        for (column, value) in list.columns.iter().zip(record.values) {
            let Some((value, ranges, likelihood)) = value else { continue };
            let Some(first) = ranges.first() else { continue };
            let name = column.name_words.join(" ");
            let reason = format!("row {} of a table, column “{name}”", index + 1);
            let source = super::source(reader.view, first.clone(), reason);
            let pointer = format!("{}/{index}{}", list.pointer, column.pointer);
            answers.insert(pointer, Answer { value, likelihood, source });
        }
    }
}
