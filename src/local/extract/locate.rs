//! Finds where a value stands that somebody else read out of the document.
//!
//! The other engine names values without places. A value that stands nowhere is likely
//! made up, so finding it is evidence, too. Must not know schemas.

use std::ops::Range;

use serde_json::Value;

use super::Source;
use crate::document::Document;
use crate::local::page::View;
use crate::local::text::fold;
use crate::local::value::{Habits, date, number};

/// Letters of a value that may stand inside a longer word.
const INSIDE_LETTERS_MIN: usize = 6;
/// Share of the letters of a long value that must be found when it stands in parts.
const PARTS_SHARE_MIN: f32 = 0.7;

/// Where a value stands.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spot {
    /// Words, in the order of the value; all on one page.
    ranges: Vec<Range<usize>>,
    reason: &'static str,
}

impl Spot {
    /// The first of its words.
    pub(crate) fn start(&self) -> usize {
        self.ranges.first().map_or(0, |range| range.start)
    }
}

/// The words of a document, ready to be searched.
pub(crate) struct Locator {
    view: View,
    habits: Habits,
    /// Letters and digits of all words, folded; a page ends with a letter no word has.
    letters: String,
    /// Where each word begins in them.
    starts: Vec<usize>,
    numbers: Vec<(f64, Range<usize>)>,
    dates: Vec<(String, Range<usize>)>,
}

impl Locator {
    pub(crate) fn new(document: &Document) -> Self {
        let view = View::new(document);
        let habits = Habits::of(&document.text());
        let (letters, starts) = letters(&view);
        let (numbers, dates) = (numbers(&view, habits), dates(&view, habits));
        Self { view, habits, letters, starts, numbers, dates }
    }

    /// How the document writes numbers and dates.
    pub(crate) fn habits(&self) -> Habits {
        self.habits
    }

    /// Where a value stands, nearest to a word that is known to belong to it.
    pub(crate) fn find(&self, value: &Value, near: Option<usize>) -> Option<Spot> {
        match value {
            Value::Number(number) => self.number(number.as_f64()?, near),
            Value::String(text) => {
                let as_date = || self.date(text, near);
                self.text(text, near).or_else(as_date).or_else(|| self.in_parts(text, near))
            }
            _ => None,
        }
    }

    /// The spot as it stands in answers.
    pub(crate) fn source(&self, spot: &Spot) -> Option<Source> {
        let mut ranges = spot.ranges.iter();
        let whole = super::source(&self.view, ranges.next()?.clone(), spot.reason.to_owned())?;
        Some(ranges.fold(whole, |whole, range| {
            match super::source(&self.view, range.clone(), String::new()) {
                Some(part) if part.page == whole.page => joined(whole, &part),
                _ => whole,
            }
        }))
    }

    fn number(&self, wanted: f64, near: Option<usize>) -> Option<Spot> {
        let same = |found: f64| (found - wanted).abs() <= 1e-6 * wanted.abs().max(1.0);
        let all = self.numbers.iter().filter(|(found, _)| same(*found));
        let nearest = all.min_by_key(|(_, range)| (distance(range.start, near), range.len()))?;
        let reason = "read by the model; the same number stands here";
        Some(Spot { ranges: vec![nearest.1.clone()], reason })
    }

    fn date(&self, text: &str, near: Option<usize>) -> Option<Spot> {
        let day = text.get(..10)?;
        let all = self.dates.iter().filter(|(found, _)| found == day);
        let nearest = all.min_by_key(|(_, range)| distance(range.start, near))?;
        let reason = "read by the model; the same date stands here";
        Some(Spot { ranges: vec![nearest.1.clone()], reason })
    }

    fn text(&self, text: &str, near: Option<usize>) -> Option<Spot> {
        let range = self.words(text, near)?;
        let reason = "read by the model; stands here word for word";
        Some(Spot { ranges: vec![range], reason })
    }

    /// A value of several lines stands in a column, between words of other columns.
    fn in_parts(&self, text: &str, near: Option<usize>) -> Option<Spot> {
        let parts: Vec<&str> = text.split(['\n', ',', ';']).map(str::trim).collect();
        let letters = |part: &str| part.chars().filter(|c| c.is_alphanumeric()).count();
        let all: usize = parts.iter().map(|part| letters(part)).sum();
        let (mut ranges, mut found, mut at) = (Vec::new(), 0, near);
        for part in parts.iter().filter(|part| letters(part) > 1) {
            if let Some(range) = self.words(part, at) {
                at = Some(range.start);
                found += letters(part);
                ranges.push(range);
            }
        }
        let is_enough = ranges.len() > 1 && found as f32 >= PARTS_SHARE_MIN * all as f32;
        let reason = "read by the model; its parts stand here";
        is_enough.then_some(Spot { ranges, reason })
    }

    /// The words whose letters are those of a text.
    fn words(&self, text: &str, near: Option<usize>) -> Option<Range<usize>> {
        let wanted = squeezed(text);
        if wanted.is_empty() {
            return None;
        }
        let mut best: Option<(bool, usize, Range<usize>)> = None;
        for (start, _) in self.letters.match_indices(&wanted) {
            let end = start + wanted.len();
            let first = self.starts.partition_point(|at| *at <= start).saturating_sub(1);
            let behind = self.starts.partition_point(|at| *at < end);
            let begins = self.starts.get(first) == Some(&start);
            // The end of a page has a letter of its own between two words.
            let ends = self.starts.get(behind).is_none_or(|at| *at - end <= 1);
            let is_inside = !(begins && ends);
            if is_inside && wanted.chars().count() < INSIDE_LETTERS_MIN {
                continue;
            }
            let rank = (is_inside, distance(first, near), first..behind);
            if best.as_ref().is_none_or(|best| (rank.0, rank.1) < (best.0, best.1)) {
                best = Some(rank);
            }
        }
        best.map(|(_, _, range)| range)
    }
}

/// Words behind are nearer than words before: what belongs together is read onwards.
fn distance(word: usize, near: Option<usize>) -> usize {
    near.map_or(word, |near| if word >= near { word - near } else { 3 * (near - word) })
}

fn joined(whole: Source, part: &Source) -> Source {
    let ends = |b: [f32; 4]| {
        let [left, top, width, height] = b;
        (left, top, left + width, top + height)
    };
    let (a, b) = (ends(whole.bbox), ends(part.bbox));
    let (left, top) = (a.0.min(b.0), a.1.min(b.1));
    let bbox = [left, top, a.2.max(b.2) - left, a.3.max(b.3) - top];
    Source { bbox, text: format!("{} {}", whole.text, part.text), ..whole }
}

/// Letters and digits of a text, folded.
pub(crate) fn squeezed(text: &str) -> String {
    fold(text).chars().filter(|letter| letter.is_alphanumeric()).collect()
}

fn letters(view: &View) -> (String, Vec<usize>) {
    let (mut letters, mut starts) = (String::new(), Vec::with_capacity(view.tokens.len()));
    let mut page = 0;
    for cell in &view.cells {
        if cell.page != page {
            page = cell.page;
            letters.push('\u{1}');
        }
        for token in view.tokens.get(cell.tokens.clone()).unwrap_or_default() {
            starts.push(letters.len());
            letters.push_str(&squeezed(&token.text));
        }
    }
    (letters, starts)
}

fn numbers(view: &View, habits: Habits) -> Vec<(f64, Range<usize>)> {
    let has_digit = |text: &str| text.chars().any(|c| c.is_ascii_digit());
    let mut found = Vec::new();
    for cell in &view.cells {
        for start in cell.tokens.clone() {
            for end in start + 1..(start + 3).min(cell.tokens.end) + 1 {
                let range = start..end.min(cell.tokens.end);
                let text = view.text(range.clone());
                if range.len() < end - start || !has_digit(&text) {
                    continue;
                }
                let Some(amount) = number::parse(&text, habits.decimal) else { continue };
                found.push((amount.value, range.clone()));
                if amount.has_percent {
                    found.push((amount.value / 100.0, range));
                }
            }
        }
    }
    found
}

fn dates(view: &View, habits: Habits) -> Vec<(String, Range<usize>)> {
    let words: Vec<&str> = view.tokens.iter().map(|token| token.text.as_str()).collect();
    let mut found = Vec::new();
    for cell in &view.cells {
        for start in cell.tokens.clone() {
            let here = words.get(start..cell.tokens.end).unwrap_or_default();
            if let Some((day, used)) = date::leading(here, habits.order) {
                found.push((day.iso(), start..start + used));
            }
        }
    }
    found
}
