//! Several readings of one document: each trusts the ways to a value differently.
//!
//! A deterministic engine has one opinion; what it is sure of should survive a change of
//! its weights. The readings are fixed, so equal requests have equal answers. The vote
//! over them is per field (compare self-consistency, Wang et al. 2022, arXiv 2203.11171).

use std::collections::BTreeSet;

use super::assemble::{Answer, Answers};
use super::leaf::{List, Plan};

/// A way to a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// Behind its label in one cell.
    Inline,
    /// Right of its label.
    Right,
    /// Below its label.
    Below,
    /// By the place of parties on a page.
    Party,
    /// By its own form.
    Form,
    /// In a sentence.
    Sentence,
}

/// Which way is trusted how much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Strategy {
    inline: f32,
    right: f32,
    below: f32,
    party: f32,
    form: f32,
    sentence: f32,
}

/// The usual weights.
const USUAL: Strategy =
    Strategy { inline: 1.0, right: 1.0, below: 1.0, party: 1.0, form: 1.0, sentence: 1.0 };

/// Readings that differ on purpose, after the usual one.
const OTHERS: [Strategy; 7] = [
    Strategy { right: 0.82, below: 1.12, ..USUAL },
    Strategy { right: 1.1, below: 0.72, ..USUAL },
    Strategy { party: 0.7, form: 0.75, sentence: 0.8, ..USUAL },
    Strategy { inline: 0.88, party: 1.2, ..USUAL },
    Strategy { inline: 0.8, right: 0.8, below: 0.8, form: 1.2, sentence: 1.15, ..USUAL },
    Strategy { inline: 0.9, right: 0.9, below: 0.75, party: 0.85, form: 0.8, sentence: 0.85 },
    Strategy { inline: 1.1, right: 1.05, below: 1.05, party: 0.9, form: 1.1, sentence: 1.1 },
];

impl Strategy {
    /// The reading of a number, 0 being the usual one.
    pub(crate) fn numbered(index: usize) -> Self {
        match index.checked_sub(1) {
            None => USUAL,
            Some(other) => OTHERS.get(other % OTHERS.len()).copied().unwrap_or(USUAL),
        }
    }

    /// What a candidate of a route is worth in this reading.
    pub(crate) fn weigh(&self, route: Route, score: f32) -> f32 {
        let factor = match route {
            Route::Inline => self.inline,
            Route::Right => self.right,
            Route::Below => self.below,
            Route::Party => self.party,
            Route::Form => self.form,
            Route::Sentence => self.sentence,
        };
        (score * factor).min(1.0)
    }
}

/// The answers that most readings give, field by field. What all readings say keeps its
/// likelihood; what fewer say is likelier wrong.
pub(crate) fn vote(plan: &Plan<'_>, readings: &[Answers]) -> Answers {
    let counts: Vec<(&List<'_>, usize)> =
        plan.lists.iter().map(|list| (list, usual_rows(list, readings))).collect();
    let speaks = |reading: &Answers, pointer: &str| {
        counts.iter().all(|(list, count)| {
            !pointer.starts_with(&format!("{}/", list.pointer)) || rows(list, reading) == *count
        })
    };
    let pointers: BTreeSet<&String> = readings.iter().flat_map(|r| r.keys()).collect();
    let mut voted = Answers::new();
    for pointer in pointers {
        let voices: Vec<Option<&Answer>> = readings
            .iter()
            .filter(|reading| speaks(reading, pointer))
            .map(|reading| reading.get(pointer))
            .collect();
        let Some((answer, share)) = most(&voices) else { continue };
        let likelihood = answer.likelihood * (0.35 + 0.65 * share);
        voted.insert(pointer.clone(), Answer { likelihood, ..answer.clone() });
    }
    voted
}

/// The value most voices name, by its surest answer, and the share of voices that name it;
/// nothing when most voices name none. The first of equals wins.
fn most<'a>(voices: &[Option<&'a Answer>]) -> Option<(&'a Answer, f32)> {
    let mut counts: Vec<(Option<&Answer>, usize)> = Vec::new();
    for voice in voices {
        let same = |known: &Option<&Answer>| known.map(|a| &a.value) == voice.map(|a| &a.value);
        match counts.iter_mut().find(|(known, _)| same(known)) {
            Some((known, count)) => {
                *count += 1;
                if voice.is_some_and(|v| known.is_some_and(|k| v.likelihood > k.likelihood)) {
                    *known = *voice;
                }
            }
            None => counts.push((*voice, 1)),
        }
    }
    let best = counts.iter().rev().max_by_key(|(_, count)| *count)?;
    let answer = best.0?;
    Some((answer, best.1 as f32 / voices.len().max(1) as f32))
}

/// Rows of a list in one reading.
fn rows(list: &List<'_>, reading: &Answers) -> usize {
    let prefix = format!("{}/", list.pointer);
    let indexes = reading.keys().filter_map(|pointer| {
        pointer.strip_prefix(&prefix)?.split('/').next()?.parse::<usize>().ok()
    });
    indexes.max().map_or(0, |last| last + 1)
}

/// The count of rows that most readings have.
fn usual_rows(list: &List<'_>, readings: &[Answers]) -> usize {
    let all: Vec<usize> = readings.iter().map(|reading| rows(list, reading)).collect();
    let votes = |count: usize| all.iter().filter(|other| **other == count).count();
    all.iter().copied().rev().max_by_key(|count| votes(*count)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use serde_json::json;

    use super::{Route, Strategy, most};
    use crate::local::extract::assemble::Answer;

    fn answer(value: &str, likelihood: f32) -> Answer {
        Answer { value: json!(value), likelihood, source: None }
    }

    #[test]
    fn most_voices_win_and_the_first_of_equals() {
        let (a, b) = (answer("a", 0.5), answer("b", 0.9));
        let (won, share) = most(&[Some(&a), Some(&b), Some(&a)]).unwrap();
        assert_eq!((&won.value, (share * 3.0).round()), (&json!("a"), 2.0));
        assert_eq!(most(&[Some(&a), Some(&b)]).unwrap().0.value, json!("a"));
        assert!(most(&[None, Some(&a), None]).is_none());
    }

    #[test]
    fn readings_differ_and_stay_within_one() {
        let all: Vec<Strategy> = (0..8).map(Strategy::numbered).collect();
        for (index, one) in all.iter().enumerate() {
            assert!(all.iter().skip(index + 1).all(|other| other != one));
            assert!(one.weigh(Route::Inline, 0.99) <= 1.0);
        }
        assert_eq!(Strategy::numbered(1), Strategy::numbered(8));
    }
}
