//! Facts that running text states: who agreed with whom, when, for how long, under which law.

use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};

use super::candidate::{Candidate, Reader, dates_in};
use super::leaf::{Leaf, Plan};
use super::read::{self, Reading};
use super::write;
use crate::local::lexicon::Kind;
use crate::local::text::fold;
use crate::local::value::{date, duration, number, place};

/// Words of a document that are read as running text at most.
pub(crate) const WORDS_MAX: usize = 40_000;
/// Words looked at after a phrase.
const REACH: usize = 12;

/// The words of a document in reading order as one folded text.
pub(crate) struct Prose {
    text: String,
    /// Where each word begins in `text`.
    starts: Vec<usize>,
}

impl Prose {
    pub(crate) fn of(reader: &Reader<'_>) -> Self {
        let (mut text, mut starts) = (String::new(), Vec::new());
        for token in reader.view.tokens.iter().take(WORDS_MAX) {
            starts.push(text.len());
            text.push_str(&fold(&token.text));
            text.push(' ');
        }
        Self { text, starts }
    }

    /// The word that begins at or after an offset.
    fn word_at(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start < offset)
    }

    /// First words after each place where a pattern matches.
    pub(crate) fn after(&self, pattern: &Regex) -> Vec<usize> {
        pattern.find_iter(&self.text).map(|found| self.word_at(found.end())).collect()
    }
}

/// Phrases before values, each with what it is worth.
#[derive(Default)]
pub(crate) struct Phrases {
    begin: Vec<(Regex, f32)>,
    end: Vec<(Regex, f32)>,
    law: Vec<(Regex, f32)>,
    term: Vec<(Regex, f32)>,
    pub(crate) between: Vec<(Regex, f32)>,
    place: Vec<(Regex, f32)>,
}

/// The phrases of the lexicon.
pub(crate) fn phrases() -> &'static Phrases {
    static PHRASES: OnceLock<Phrases> = OnceLock::new();
    PHRASES.get_or_init(|| {
        let mut phrases = Phrases::default();
        for line in include_str!("../lexicon/phrases.txt").lines() {
            let mut parts = line.splitn(3, ' ');
            let (what, weight, text) = (parts.next(), parts.next(), parts.next());
            let list = match what.unwrap_or_default() {
                "begin" => &mut phrases.begin,
                "end" => &mut phrases.end,
                "law" => &mut phrases.law,
                "term" => &mut phrases.term,
                "between" => &mut phrases.between,
                "place" => &mut phrases.place,
                _ => continue,
            };
            let weight = weight.and_then(|w| w.parse().ok());
            let made = text.and_then(|t| RegexBuilder::new(t).size_limit(1 << 20).build().ok());
            list.extend(made.zip(weight));
        }
        phrases
    })
}

impl Reader<'_> {
    /// Candidates from running text.
    pub(crate) fn stated(&self, plan: &Plan<'_>) -> Vec<Candidate> {
        let mut found = Vec::new();
        if !plan.leaves.iter().any(|leaf| self.is_stated(leaf)) {
            return found;
        }
        let prose = Prose::of(self);
        for (index, leaf) in plan.leaves.iter().enumerate() {
            let (reason, readings) = self.statements(&prose, leaf);
            for (reading, score) in readings {
                let Some(value) = write::to_json(leaf, &reading) else { continue };
                found.push(Candidate {
                    leaf: index,
                    value,
                    score,
                    tokens: reading.tokens,
                    label: None,
                    reason: reason.to_owned(),
                    shares: true,
                });
            }
        }
        found
    }

    /// Whether a leaf is of the kind that contracts state in sentences.
    fn is_stated(&self, leaf: &Leaf<'_>) -> bool {
        const NAMES: &[&str] = &[
            "landlord",
            "tenant",
            "monthly_rent",
            "salary",
            "security_deposit",
            "late_fee",
            "service_address",
            "effective_date",
            "start_date",
            "end_date",
            "expiration_date",
            "agreement_type",
        ];
        matches!(
            leaf.kind,
            Kind::Jurisdiction | Kind::Term | Kind::TermYears | Kind::TermMonths | Kind::NoticeDays
        ) || NAMES.contains(&self.name_of(leaf))
    }

    /// What sentences state for a leaf, and how one would say so.
    fn statements(&self, prose: &Prose, leaf: &Leaf<'_>) -> (&'static str, Vec<(Reading, f32)>) {
        let phrases = phrases();
        match (leaf.kind, self.name_of(leaf)) {
            (Kind::Date, "effective_date" | "start_date") => {
                ("a sentence states when it begins", self.dates_after(prose, &phrases.begin))
            }
            (Kind::Date, "end_date" | "expiration_date") => {
                ("a sentence states when it ends", self.dates_after(prose, &phrases.end))
            }
            (Kind::Jurisdiction, _) => {
                ("a sentence states the governing law", self.laws(prose, phrases))
            }
            (Kind::Term | Kind::TermYears | Kind::TermMonths | Kind::NoticeDays, _) => {
                ("a sentence states how long it lasts", self.terms(prose, phrases, leaf.kind))
            }
            (Kind::Party | Kind::Person, _) => {
                ("a sentence gives this party its role", self.by_role(leaf))
            }
            (Kind::Money, _) if self.is_stated(leaf) => {
                ("a sentence states the amount", self.amounts_after(leaf))
            }
            (Kind::Address, "service_address") => {
                let places = phrases.place.iter().flat_map(|(p, _)| prose.after(p));
                let read = places.filter_map(|at| Some((self.sentence_address(at)?, 0.8)));
                ("a sentence states where it is", read.collect())
            }
            _ => ("", Vec::new()),
        }
    }

    fn name_of(&self, leaf: &Leaf<'_>) -> &'static str {
        leaf.concept.and_then(|c| self.lexicon.concepts.get(c)).map_or("", |c| c.name)
    }

    /// Some words from one on.
    pub(crate) fn words_from(&self, at: usize, count: usize) -> Vec<&str> {
        let end = (at + count).min(self.view.tokens.len());
        let tokens = self.view.tokens.get(at..end).unwrap_or_default();
        tokens.iter().map(|t| t.text.as_str()).collect()
    }

    fn dates_after(&self, prose: &Prose, phrases: &[(Regex, f32)]) -> Vec<(Reading, f32)> {
        let mut found = Vec::new();
        for (pattern, weight) in phrases {
            for at in prose.after(pattern) {
                let words = self.words_from(at, REACH);
                let direct = date::leading(&words, self.habits.order).map(|(d, n)| (d.iso(), 0, n));
                let near = || {
                    let all =
                        dates_in(words.get(..5.min(words.len())).unwrap_or_default(), self.habits);
                    all.into_iter().next().filter(|_| *weight > 0.7)
                };
                let Some((text, skip, used)) = direct.or_else(near) else { continue };
                let start = at + skip;
                let early = 1.0 - 0.15 * (at as f32 / self.view.tokens.len().max(1) as f32);
                let tokens = start..start + used;
                let fitness = early;
                found.push((Reading { text, number: None, tokens, fitness }, weight * early));
            }
        }
        found
    }

    fn laws(&self, prose: &Prose, phrases: &Phrases) -> Vec<(Reading, f32)> {
        let mut found = Vec::new();
        for (pattern, weight) in &phrases.law {
            for at in prose.after(pattern) {
                let words = self.words_from(at, 6);
                let clean =
                    |w: &str| w.trim_matches([',', '.', ';', ')', '(', '"', '”']).to_owned();
                let state = place::us_state_name(&words).map(|(name, n)| (name.to_owned(), n, 1.0));
                let country = || {
                    (1..=3).rev().find_map(|n| {
                        let text = words.get(..n)?.join(" ");
                        let text = clean(&text);
                        place::country_code(&text).map(|_| (text, n, 0.95))
                    })
                };
                let named = || {
                    let is_name = |w: &&&str| w.starts_with(|c: char| c.is_uppercase());
                    let n = words.iter().take(3).take_while(is_name).count();
                    let n = words
                        .iter()
                        .take(n)
                        .position(|w| w.ends_with(['.', ',', ';']))
                        .map_or(n, |p| p + 1);
                    let text = clean(&words.get(..n)?.join(" "));
                    (n > 0 && text.len() > 3).then_some((text, n, 0.7))
                };
                let Some((text, used, fit)) = state.or_else(country).or_else(named) else {
                    continue;
                };
                let reading = Reading { text, number: None, tokens: at..at + used, fitness: fit };
                let before = self.words_from(at.saturating_sub(18), 18).join(" ").to_lowercase();
                let rules =
                    ["govern", "constru", "accordance", "interpret", "subject to", "unterl"];
                let boost = if rules.iter().any(|r| before.contains(r)) { 1.3 } else { 1.0 };
                found.push((reading, (weight * fit * boost).min(0.95)));
            }
        }
        found
    }

    /// Lengths of time such as `two (2) years`.
    fn terms(&self, prose: &Prose, phrases: &Phrases, kind: Kind) -> Vec<(Reading, f32)> {
        let mut found = Vec::new();
        for (pattern, weight) in &phrases.term {
            for at in prose.after(pattern) {
                let Some((count, unit, skip, used)) = duration::leading(&self.words_from(at, 9))
                else {
                    continue;
                };
                let around = self.words_from(at.saturating_sub(10), 28).join(" ").to_lowercase();
                let is_notice = around.contains("notice");
                let fits = match kind {
                    Kind::TermYears => unit == "years",
                    Kind::TermMonths => unit == "months" || unit == "years",
                    Kind::NoticeDays => is_notice && unit != "years",
                    _ => unit != "days",
                };
                let number = match (kind, unit) {
                    (Kind::TermMonths, "years") => count * 12.0,
                    (Kind::NoticeDays, "months") => count * 30.0,
                    _ => count,
                };
                if !fits || (is_notice && kind != Kind::NoticeDays && *weight < 0.6) {
                    continue;
                }
                let single = unit.trim_end_matches('s');
                let text = format!("{count} {}", if count == 1.0 { single } else { unit });
                let start = at + skip;
                let score = weight * if unit == "years" { 1.0 } else { 0.9 }
                    - 0.06 * (at as f32 / self.view.tokens.len().max(1) as f32);
                let tokens = start..start + used;
                found.push((Reading { text, number: Some(number), tokens, fitness: 1.0 }, score));
            }
        }
        found
    }

    /// Amounts of money that follow a leaf's own words within a sentence.
    fn amounts_after(&self, leaf: &Leaf<'_>) -> Vec<(Reading, f32)> {
        let concept = leaf.concept.and_then(|c| self.lexicon.concepts.get(c));
        let labels = concept.map(|c| c.labels.as_slice()).unwrap_or_default();
        let mut found = Vec::new();
        for (words, weight) in labels.iter().chain(&leaf.labels).filter(|(w, _)| w.len() <= 4) {
            for at in 0..self.labels.words.len().min(WORDS_MAX) {
                let Some(end) = self.phrase_ends(at, words) else { continue };
                for skip in 0..7 {
                    let next = self.words_from(end + skip, 2);
                    let stops = next.first().is_none_or(|w| w.ends_with('.') && !w.contains('$'));
                    let amount = (1..=next.len()).rev().find_map(|n| {
                        let text = next.get(..n)?.join(" ");
                        let text = text.trim_end_matches(['.', ',', ';', ')']);
                        let amount = number::parse(text, self.habits.decimal)?;
                        (amount.has_currency).then_some((amount.value, n))
                    });
                    if let Some((value, used)) = amount {
                        let tokens = end + skip..end + skip + used;
                        let score =
                            (0.86 - 0.03 * skip as f32) * weight + 0.02 * words.len() as f32;
                        let text = self.view.text(tokens.clone());
                        let fitness = 1.0;
                        let number = Some(value);
                        found.push((Reading { text, number, tokens, fitness }, score));
                        break;
                    }
                    if stops {
                        break;
                    }
                }
            }
        }
        found
    }

    /// Where a phrase of canonical words that begins at a word ends.
    fn phrase_ends(&self, at: usize, phrase: &[String]) -> Option<usize> {
        let mut left = phrase.iter();
        let mut next = left.next();
        for index in at..(at + 6).min(self.labels.words.len()) {
            let words = self.labels.words.get(index)?;
            if words.is_empty() && index > at {
                continue;
            }
            if words.is_empty() {
                return None;
            }
            for word in words {
                if Some(word) != next {
                    return None;
                }
                next = left.next();
            }
            if next.is_none() {
                return Some(index + 1);
            }
        }
        None
    }

    /// An address within a sentence: up to the full stop that ends it.
    fn sentence_address(&self, at: usize) -> Option<Reading> {
        let words = self.words_from(at, 16);
        let end = words.iter().position(|w| w.ends_with('.') && w.len() > 3)? + 1;
        let text = read::clean(words.get(..end)?.join(" ").trim_end_matches('.'));
        (place::fitness(&text) > 0.45 && text.chars().any(|c| c.is_ascii_digit()))
            .then_some(Reading { text, number: None, tokens: at..at + end, fitness: 1.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::phrases;

    #[test]
    fn every_phrase_of_the_lexicon_is_a_pattern() {
        let lines = include_str!("../lexicon/phrases.txt").lines();
        let written = lines.filter(|line| !line.starts_with('#')).count();
        let p = phrases();
        let read = [&p.begin, &p.end, &p.law, &p.term, &p.between, &p.place];
        assert_eq!(read.iter().map(|list| list.len()).sum::<usize>(), written);
        assert!(p.begin.iter().all(|(pattern, _)| !pattern.is_match("")));
    }
}
