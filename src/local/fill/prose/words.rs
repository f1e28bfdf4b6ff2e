//! Words of the instructions, and the fields whose names are among them.

use std::ops::Range;

use super::super::Work;
use super::super::terms::{self, Kind, Term, gathered};
use crate::local::text::canonical;

/// A word of the instructions.
#[derive(Debug, Clone)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) span: Range<usize>,
    /// A sentence ends after it.
    pub(super) ends: bool,
}

/// A field's name among the words.
#[derive(Debug, Clone)]
pub(super) struct Mention {
    pub(super) field: usize,
    pub(super) words: Range<usize>,
    /// How much of the name was said, and how long it is.
    pub(super) weight: f32,
}

/// Words that deny what follows.
const DENIALS: &[&str] = &[
    "not", "no", "never", "without", "nobody", "none", "neither", "nor", "don't", "doesn't",
    "didn't", "isn't", "wasn't", "hasn't", "haven't", "kein", "keine", "nicht", "ohne", "niemand",
    "pas", "sans", "aucun", "sin", "non", "leave", "skip", "denies", "empty", "blank",
];

pub(super) fn words(text: &str, range: &Range<usize>) -> Vec<Word> {
    let mut found: Vec<Word> = Vec::new();
    let body = text.get(range.clone()).unwrap_or_default();
    for word in body.split_whitespace() {
        let start = word.as_ptr() as usize - text.as_ptr() as usize;
        found.push(Word {
            text: word.to_owned(),
            span: start..start + word.len(),
            ends: word.ends_with(['!', '?', ';']),
        });
    }
    let next_is_capital: Vec<bool> = found
        .iter()
        .skip(1)
        .map(|word| word.text.starts_with(char::is_uppercase))
        .chain([true])
        .collect();
    for (word, next) in found.iter_mut().zip(next_is_capital) {
        let stem = word.text.trim_end_matches('.');
        let is_short = stem.chars().count() <= 1
            || ["dr", "mr", "mrs", "ms", "st", "jr", "sr", "no", "nr", "prof", "apt", "ave"]
                .contains(&stem.to_lowercase().as_str());
        word.ends |= word.text.ends_with('.') && next && !is_short;
    }
    found
}

/// The terms of words; their ranges count canonical words, of which the second list says to
/// which word each belongs.
pub(super) fn terms_of(words: &[Word]) -> (Vec<(Term, Range<usize>)>, Vec<usize>) {
    let mut canonical_words: Vec<String> = Vec::new();
    let mut owners: Vec<usize> = Vec::new();
    for (index, word) in words.iter().enumerate() {
        for part in canonical(&word.text) {
            canonical_words.push(part);
            owners.push(index);
        }
    }
    (gathered(&canonical_words), owners)
}

/// Names of fields among the words; a longer name wins over a shorter one at the same place.
pub(super) fn mentions(work: &Work<'_>, words: &[Word]) -> Vec<Mention> {
    let (terms, owners) = terms_of(words);
    let mut found: Vec<Mention> = Vec::new();
    for (field, asked) in work.asked.iter().enumerate() {
        if !work.can_take(field) {
            continue;
        }
        for name in &asked.names {
            for start in 0..terms.len() {
                let longest = name.len() + 1;
                let Some((end, weight)) = said(name, &terms, start, longest) else { continue };
                let first = terms.get(start).map(|(_, r)| r.start);
                let last = terms.get(end - 1).map(|(_, r)| r.end - 1);
                let (Some(first), Some(last)) =
                    (first.and_then(|at| owners.get(at)), last.and_then(|at| owners.get(at)))
                else {
                    continue;
                };
                // A name does not run over the end of a sentence.
                let crosses = words.get(*first..*last).unwrap_or_default().iter().any(|w| w.ends);
                if !crosses {
                    found.push(Mention { field, words: *first..last + 1, weight });
                }
            }
        }
    }
    found.sort_by(|a, b| b.weight.total_cmp(&a.weight).then(a.field.cmp(&b.field)));
    found
}

/// Whether a name is said from a term on: its end, and how much was said.
pub(super) fn said(
    name: &[Term],
    terms: &[(Term, Range<usize>)],
    start: usize,
    longest: usize,
) -> Option<(usize, f32)> {
    let has = |at: usize, term: &Term| {
        terms.get(at).is_some_and(|(t, _)| terms::likeness(&t.word, &term.word) > 0.8)
    };
    if !name.iter().any(|term| has(start, term)) {
        return None;
    }
    for length in name.len()..=longest {
        let covered = name.iter().filter(|term| (start..start + length).any(|at| has(at, term)));
        if covered.count() == name.len() && start + length <= terms.len() {
            return Some((start + length, name.len() as f32));
        }
    }
    // `The patient is Ann` names the patient's name.
    let rest: Vec<&Term> = name.iter().filter(|term| !has(start, term)).collect();
    let is_name =
        matches!(rest.as_slice(), [one] if one.kind == Some(Kind::Name) || one.word == "name");
    is_name.then_some((start + 1, 0.6))
}

pub(super) fn is_denied(words: &[Word], at: usize) -> bool {
    let from = at.saturating_sub(4);
    let before = words.get(from..at).unwrap_or_default();
    let clause = before.iter().rev().take_while(|word| !word.ends && !word.text.ends_with(','));
    clause.into_iter().any(|word| {
        let plain =
            word.text.trim_matches(|c: char| !c.is_alphanumeric() && c != '\'').to_lowercase();
        DENIALS.contains(&plain.as_str())
    })
}

pub(super) fn span(words: &[Word], range: &Range<usize>) -> Range<usize> {
    let slice = words.get(range.clone()).unwrap_or_default();
    let (first, last) = (slice.first(), slice.last());
    first.map_or(0, |w| w.span.start)..last.map_or(0, |w| w.span.end)
}

pub(super) fn plain(word: &str) -> String {
    word.trim_matches(|c: char| matches!(c, ',' | ';' | ':' | '"' | '(' | ')' | '.')).to_lowercase()
}
