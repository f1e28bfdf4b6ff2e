//! Candidates: every place where the value of a leaf may stand, with how sure that is.

use std::ops::Range;

use serde_json::Value;

use super::leaf::{Leaf, Plan};
use super::read::{self, Reading};
use super::strategy::{Route, Strategy};
use super::write;
use crate::local::label::{Labels, Mention, Owner, after_enumerator};
use crate::local::lexicon::{Kind, Lexicon};
use crate::local::page::{Cell, View};
use crate::local::value::{Habits, date, place};

/// What a label is worth that a leaf's name may mean besides its first meaning.
const OTHER_MEANING: f32 = 0.72;
/// Part of a letter's height that a value beside a label must share with it.
const SHARED_HEIGHT: f32 = 0.25;

/// What the engine knows of a document while it extracts.
pub(crate) struct Reader<'a> {
    pub(crate) view: &'a View,
    pub(crate) labels: &'a Labels,
    pub(crate) habits: Habits,
    pub(crate) lexicon: &'static Lexicon,
    pub(crate) strategy: Strategy,
}

/// A value a leaf may take.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Candidate {
    /// Index of the leaf.
    pub(crate) leaf: usize,
    /// The value as the leaf wants it.
    pub(crate) value: Value,
    /// How sure it is, 0 to 1.
    pub(crate) score: f32,
    /// The words it was read from.
    pub(crate) tokens: Range<usize>,
    /// The words of its label.
    pub(crate) label: Option<Range<usize>>,
    /// Why it was found, for people.
    pub(crate) reason: String,
    /// Its words may serve other leaves too (a currency beside an amount).
    pub(crate) shares: bool,
}

/// Where a value stands to its label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    Inline,
    Right,
    Below,
}

impl Relation {
    fn route(self) -> Route {
        match self {
            Self::Inline => Route::Inline,
            Self::Right => Route::Right,
            Self::Below => Route::Below,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Inline => "after",
            Self::Right => "right of",
            Self::Below => "below",
        }
    }
}

/// A stretch of words where the value of a label may stand.
pub(crate) struct Region {
    pub(crate) tokens: Range<usize>,
    pub(crate) relation: Relation,
    pub(crate) weight: f32,
}

impl<'a> Reader<'a> {
    /// The names of the concepts that a label may mean.
    pub(super) fn meanings(&self, label: &Mention) -> impl Iterator<Item = &'static str> {
        label.owners.iter().filter_map(|(owner, _)| match owner {
            Owner::Concept(concept) => self.lexicon.concepts.get(*concept).map(|c| c.name),
            Owner::Leaf(_) => None,
        })
    }

    /// A reader for a view and its labels.
    pub(crate) fn new(view: &'a View, labels: &'a Labels) -> Self {
        let text = view.text(0..view.tokens.len());
        let (habits, lexicon) = (Habits::of(&text), Lexicon::fields());
        Self { view, labels, habits, lexicon, strategy: Strategy::numbered(0) }
    }

    /// All candidates that labels give.
    pub(crate) fn labelled(&self, plan: &Plan<'_>) -> Vec<Candidate> {
        let mut found = Vec::new();
        for mention in &self.labels.mentions {
            let wanted = self.wanted(plan, mention);
            if wanted.is_empty() {
                continue;
            }
            for (index, weight) in wanted {
                let Some(leaf) = plan.leaves.get(index) else { continue };
                let weight = weight * mention.coverage.powf(0.7);
                self.by_label(index, leaf, mention, weight, &mut found);
            }
        }
        found
    }

    /// The leaves a label speaks of, each with its best weight.
    fn wanted(&self, plan: &Plan<'_>, mention: &Mention) -> Vec<(usize, f32)> {
        let mut wanted: Vec<(usize, f32)> = Vec::new();
        for (owner, weight) in &mention.owners {
            for (index, leaf) in plan.leaves.iter().enumerate() {
                let factor = match owner {
                    Owner::Leaf(own) => f32::from(*own == index),
                    Owner::Concept(concept) => {
                        let is_sure =
                            leaf.concept == Some(*concept) || self.is_half(leaf, *concept);
                        match is_sure {
                            true => 1.0,
                            false if leaf.others.contains(concept) => OTHER_MEANING,
                            false => 0.0,
                        }
                    }
                };
                if factor == 0.0 {
                    continue;
                }
                let weight = factor * weight;
                match wanted.iter_mut().find(|(known, _)| *known == index) {
                    Some((_, best)) => *best = best.max(weight),
                    None => wanted.push((index, weight)),
                }
            }
        }
        wanted
    }

    /// A leaf for one end of a period is served by the label of the whole period.
    fn is_half(&self, leaf: &Leaf<'_>, concept: usize) -> bool {
        self.lexicon.concepts.get(concept).is_some_and(|c| c.kind == Kind::Period)
            && period_half(self.lexicon, leaf).is_some()
    }

    fn by_label(
        &self,
        index: usize,
        leaf: &Leaf<'_>,
        mention: &Mention,
        weight: f32,
        found: &mut Vec<Candidate>,
    ) {
        let half = period_half(self.lexicon, leaf);
        for region in self.regions(mention, leaf.kind) {
            let reading = match half {
                Some(is_end) => {
                    self.half(&region.tokens, is_end).or_else(|| self.read(leaf, &region))
                }
                None => self.read(leaf, &region),
            };
            let Some(reading) = reading else { continue };
            let Some(value) = write::to_json(leaf, &reading) else { continue };
            let label = self.view.text(mention.tokens.clone());
            found.push(Candidate {
                leaf: index,
                value,
                score: self
                    .strategy
                    .weigh(region.relation.route(), weight * region.weight * reading.fitness),
                tokens: reading.tokens,
                label: Some(mention.tokens.clone()),
                reason: format!(
                    "{} the label “{}”",
                    region.relation.words(),
                    label.trim_end_matches(':')
                ),
                shares: matches!(
                    leaf.kind,
                    Kind::GivenName
                        | Kind::FamilyName
                        | Kind::City
                        | Kind::Postcode
                        | Kind::State
                        | Kind::Country
                ),
            });
        }
    }

    fn read(&self, leaf: &Leaf<'_>, region: &Region) -> Option<Reading> {
        let mut reading = read::read(self.view, leaf.kind, region.tokens.clone(), self.habits)?;
        if leaf.kind == Kind::Address {
            reading = self.address_block(reading);
        }
        Some(reading)
    }

    /// One end of a period in a stretch of words.
    fn half(&self, tokens: &Range<usize>, is_end: bool) -> Option<Reading> {
        let words: Vec<&str> =
            self.view.tokens.get(tokens.clone())?.iter().map(|t| t.text.as_str()).collect();
        let dates = dates_in(&words, self.habits);
        let [(first, a, n), (second, b, m), ..] = dates.as_slice() else { return None };
        let (text, at, used) = if is_end { (second, b, m) } else { (first, a, n) };
        let start = tokens.start + at;
        Some(Reading {
            text: text.clone(),
            number: None,
            tokens: start..start + used,
            fitness: 1.0,
        })
    }

    /// The places where the value of a label may stand.
    pub(crate) fn regions(&self, mention: &Mention, kind: Kind) -> Vec<Region> {
        let mut regions = Vec::new();
        let Some(cell) = self.view.cells.get(mention.cell) else { return regions };
        if let Some(framed) = self.framed(mention, kind) {
            return framed;
        }
        let rest = self.view.text(mention.rest.clone());
        let has_rest = rest.chars().any(char::is_alphanumeric);
        let after_colon =
            self.view.text(mention.tokens.clone()).ends_with(':') || rest.starts_with(':');
        let complete = mention.coverage >= 0.99;
        if has_rest {
            let weight = if after_colon {
                1.0
            } else if complete {
                0.93
            } else {
                0.75
            };
            let (tokens, relation) = (mention.rest.clone(), Relation::Inline);
            regions.push(Region { tokens, relation, weight });
        }
        let is_last = mention.rest.end == cell.tokens.end;
        let has_number = rest.chars().any(|c| c.is_ascii_digit());
        let is_answered = has_rest && after_colon && !rest_is_unit(&rest);
        if is_last && (kind.is_numeric() || !is_answered) {
            let factor = if has_rest && !kind.is_numeric() && complete { 0.5 } else { 1.0 };
            let factor = if has_number && !kind.is_numeric() { factor * 0.6 } else { factor };
            self.right_of(mention.cell, factor, &mut regions);
            let factor = factor * if after_colon { 0.9 } else { 1.0 };
            self.below(mention, factor, &mut regions);
        } else if !is_last && !has_rest {
            self.below(mention, 0.9, &mut regions);
        }
        regions
    }

    /// Whether a cell is the numbered label of a box of a form, such as `4 Tax withheld`.
    pub(super) fn is_numbered(&self, cell: usize) -> bool {
        self.labels.first_in(cell).is_some()
            && self
                .view
                .cells
                .get(cell)
                .is_some_and(|c| after_enumerator(self.view, &c.tokens) > c.tokens.start)
    }

    fn right_of(&self, index: usize, factor: f32, regions: &mut Vec<Region>) {
        let Some(cell) = self.view.cells.get(index) else { return };
        let Some(row) = self.view.rows.get(cell.row) else { return };
        let width = self.view.sheets.get(cell.page).map_or(600.0, |s| s.width.max(1.0));
        let mut weight = 0.94 * factor;
        for next in (index + 1..row.cells.end).take(3) {
            let Some(other) = self.view.cells.get(next) else { return };
            let is_noise = other.text.len() <= 3
                && !other.text.chars().any(|c| c.is_ascii_digit())
                && other.text.chars().all(|c| !c.is_alphanumeric() || c.is_uppercase());
            if self.labels.is_bare(self.view, next) || self.is_numbered(next) {
                return;
            }
            let gap = (other.bbox.x0 - cell.bbox.x1).max(0.0) / width;
            let (tokens, relation) = (other.tokens.clone(), Relation::Right);
            regions.push(Region { tokens, relation, weight: weight * (1.0 - 0.25 * gap) });
            if !is_noise {
                weight *= 0.72;
            }
        }
        if row.cells.end == index + 1 {
            self.beside(index, factor, regions);
        }
    }

    /// A value that stands right of the last label of a row, a little higher or lower.
    fn beside(&self, index: usize, factor: f32, regions: &mut Vec<Region>) {
        let Some(label) = self.view.cells.get(index) else { return };
        let near = [label.row.checked_sub(1), label.row.checked_add(1)];
        for row in near.into_iter().flatten() {
            let Some(bounds) = self.view.rows.get(row).filter(|r| r.page == label.page) else {
                continue;
            };
            for (offset, other) in self.view.row_cells(row).iter().enumerate() {
                let next = bounds.cells.start + offset;
                let shared = other.bbox.y1.min(label.bbox.y1) - other.bbox.y0.max(label.bbox.y0);
                let is_beside =
                    other.bbox.x0 > label.bbox.x1 && shared > SHARED_HEIGHT * label.bbox.height();
                if is_beside && self.labels.first_in(next).is_none() {
                    let (tokens, relation) = (other.tokens.clone(), Relation::Right);
                    regions.push(Region { tokens, relation, weight: 0.85 * factor });
                    return;
                }
            }
        }
    }

    fn below(&self, mention: &Mention, factor: f32, regions: &mut Vec<Region>) {
        let Some(whole) = self.view.cells.get(mention.cell) else { return };
        // Of a cell with several labels each stands over its own value.
        let is_alone =
            mention.tokens.start <= whole.tokens.start + 1 && mention.rest.end == whole.tokens.end;
        let bbox = if is_alone { whole.bbox } else { self.view.bbox(mention.tokens.clone()) };
        let cell = &Cell { bbox, ..whole.clone() };
        let Some(sheet) = self.view.sheets.get(cell.page) else { return };
        let reach = (3.4 * cell.size).max(30.0);
        let right_limit = self
            .view
            .row_cells(cell.row)
            .iter()
            .map(|c| c.bbox.x0)
            .filter(|x| *x > cell.bbox.x1)
            .fold(f32::MAX, f32::min);
        let next =
            self.view.tokens.get(mention.rest.end).filter(|_| mention.rest.end < whole.tokens.end);
        let right_limit = next.map_or(right_limit, |token| right_limit.min(token.bbox.x0));
        let mut weight = 0.9 * factor;
        let mut taken = 0;
        for row in cell.row + 1..sheet.rows.end {
            let Some(first) = self.view.rows.get(row) else { break };
            if first.bbox.y0 - cell.bbox.y1 > reach || taken >= 3 {
                break;
            }
            for (offset, other) in self.view.row_cells(row).iter().enumerate() {
                let next = first.cells.start + offset;
                if !stands_below(cell, other, right_limit) {
                    continue;
                }
                if self.labels.is_bare(self.view, next) || self.is_numbered(next) {
                    weight *= 0.7;
                    continue;
                }
                let (tokens, relation) = (other.tokens.clone(), Relation::Below);
                regions.push(Region { tokens, relation, weight });
                weight *= 0.8;
                taken += 1;
            }
        }
    }

    /// Widens an address to the lines that go on with it.
    pub(crate) fn address_block(&self, reading: Reading) -> Reading {
        let Some(mut at) = self.view.cell_of(reading.tokens.start) else { return reading };
        let mut parts = vec![reading.text.clone()];
        let mut end = reading.tokens.end;
        if place::locality(&reading.text).is_some() && reading.text.contains(',') {
            return reading;
        }
        while let Some(next) = self.next_line(at) {
            let Some(cell) = self.view.cells.get(next) else { break };
            let text = read::clean(&cell.text);
            if self.labels.first_in(next).is_some()
                || place::fitness(&text) < 0.45
                || parts.len() >= 5
            {
                break;
            }
            parts.push(text);
            end = cell.tokens.end;
            at = next;
            if place::country_code(&cell.text).is_some() {
                break;
            }
        }
        let text = parts.iter().map(|p| p.trim_end_matches(',')).collect::<Vec<_>>().join(", ");
        Reading { text, tokens: reading.tokens.start..end, ..reading }
    }

    /// The cell of the next line of the same block: below, aligned, without a wide gap.
    pub(crate) fn next_line(&self, index: usize) -> Option<usize> {
        let cell = self.view.cells.get(index)?;
        let sheet = self.view.sheets.get(cell.page)?;
        for row in cell.row + 1..sheet.rows.end {
            let found = self.view.rows.get(row)?;
            if found.bbox.y0 - cell.bbox.y1 > 1.1 * cell.size.max(6.0) {
                return None;
            }
            for (offset, other) in self.view.row_cells(row).iter().enumerate() {
                let centre = |c: &Cell| f32::midpoint(c.bbox.x0, c.bbox.x1);
                let aligned = (other.bbox.x0 - cell.bbox.x0).abs() < 4.0
                    || (centre(other) - centre(cell)).abs() < 6.0
                    || (other.bbox.x1 - cell.bbox.x1).abs() < 2.0;
                if aligned && other.bbox.y0 - cell.bbox.y1 < 1.1 * cell.size.max(6.0) {
                    return Some(found.cells.start + offset);
                }
            }
        }
        None
    }
}

fn rest_is_unit(rest: &str) -> bool {
    let rest = rest.trim_matches(|c: char| ":()[] ".contains(c));
    rest.len() <= 3 || crate::local::value::number::currency(rest).is_some()
}

fn stands_below(label: &Cell, other: &Cell, right_limit: f32) -> bool {
    let overlap = label.bbox.x1.min(other.bbox.x1) - label.bbox.x0.max(other.bbox.x0);
    let left = (other.bbox.x0 - label.bbox.x0).abs() < 14.0;
    let right = (other.bbox.x1 - label.bbox.x1).abs() < 6.0;
    (overlap > 1.0 || left || right)
        && other.bbox.x0 < right_limit - 1.0
        && other.bbox.x0 > label.bbox.x0 - 40.0
        || right
}

/// Whether a leaf is the begin (`false`) or the end (`true`) of a period.
pub(crate) fn period_half(lexicon: &Lexicon, leaf: &Leaf<'_>) -> Option<bool> {
    let name = lexicon.concepts.get(leaf.concept?)?.name;
    match name {
        "period_start" | "start_date" | "effective_date" => Some(false),
        "period_end" | "end_date" | "expiration_date" => Some(true),
        _ => None,
    }
}

/// The dates in some words, with where they begin and how many words they take. A date that
/// lacks its year, as the first of a period may, takes the next one's.
pub(crate) fn dates_in(words: &[&str], habits: Habits) -> Vec<(String, usize, usize)> {
    let mut found: Vec<(String, usize, usize)> = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let rest = words.get(at..).unwrap_or_default();
        if let Some((date, used)) = date::leading(rest, habits.order) {
            found.push((date.iso(), at, used));
            at += used;
            continue;
        }
        let glued = rest.first().and_then(|w| split_glued(w, habits));
        if let Some((first, second)) = glued {
            found.push((first, at, 1));
            found.push((second, at, 1));
        }
        at += 1;
    }
    found
}

/// `01.05.14-31.05.14` in one word.
fn split_glued(word: &str, habits: Habits) -> Option<(String, String)> {
    let (left, right) = word.split_once(['-', '–'])?;
    let read = |w: &str| date::leading(&[w], habits.order).map(|(d, _)| d.iso());
    Some((read(left)?, read(right)?))
}
