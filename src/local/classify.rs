//! Classification: which of the given categories a document belongs to, and why.

use super::category::{Category, Meaning};
use super::kind::{PageEvidence, Sign, kinds, page_evidence};
use super::page::View;
use crate::document::Document;

/// Below this no category is believed when there is one for the rest.
const BELIEF: f32 = 0.75;
/// Phrases named in the reasoning.
const PHRASES_NAMED: usize = 4;

/// The category of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Classification {
    /// Index of the category among the given ones.
    pub category: usize,
    /// Why, in a sentence that quotes the evidence.
    pub reasoning: String,
    /// How sure it is, 0 to 1.
    pub likelihood: f32,
}

/// Classifies a document by its first pages; `None` when there are no categories.
#[must_use]
pub fn classify(
    document: &Document,
    categories: &[Category<'_>],
    first_pages: Option<usize>,
) -> Option<Classification> {
    let count = document.pages.len().min(first_pages.unwrap_or(usize::MAX).max(1));
    let view = View::of_pages(document, 0..count);
    let pages: Vec<PageEvidence> =
        (0..view.sheets.len()).map(|index| page_evidence(&view, index)).collect();
    let meanings: Vec<Meaning> = categories.iter().map(Meaning::of).collect();
    decide(categories, &meanings, &pages)
}

fn decide(
    categories: &[Category<'_>],
    meanings: &[Meaning],
    pages: &[PageEvidence],
) -> Option<Classification> {
    let mut scored: Vec<(usize, f32, Vec<Sign>)> = meanings
        .iter()
        .enumerate()
        .filter(|(_, meaning)| !meaning.is_rest)
        .map(|(index, meaning)| {
            let (score, signs) = document_score(pages, |page| meaning.score(page));
            (index, score, signs)
        })
        .collect();
    scored.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let rest = meanings.iter().position(|meaning| meaning.is_rest);
    let (stranger, strange) = best_stranger(meanings, pages);
    let best = scored.first();
    let first = best.map_or(0.0, |(_, score, _)| *score);
    let second = scored.get(1).map_or(0.0, |(_, score, _)| *score);
    if let Some(rest) = rest
        && (first < BELIEF || strange > 1.2 * first + 0.3)
    {
        let name = categories.get(rest)?.name;
        let like = if strange > BELIEF {
            format!("it looks like a {}", stranger.replace('_', " "))
        } else {
            "nothing in it speaks clearly for another category".to_owned()
        };
        let margin = (strange.max(BELIEF) - first).max(0.0);
        return Some(Classification {
            category: rest,
            reasoning: format!("“{name}” is chosen because {like}."),
            likelihood: (0.55 + 0.15 * margin).min(0.95),
        });
    }
    let (index, _, signs) = best.or_else(|| scored.first())?;
    let name = categories.get(*index)?.name;
    Some(Classification {
        category: *index,
        reasoning: reasoning(name, signs),
        likelihood: likelihood(first, second),
    })
}

/// The first page says most; of the others the one that says most counts a little.
fn document_score(
    pages: &[PageEvidence],
    score: impl Fn(&PageEvidence) -> (f32, Vec<Sign>),
) -> (f32, Vec<Sign>) {
    let mut all = pages.iter().take(12).map(score);
    let (first, mut signs) = all.next().unwrap_or_default();
    let mut other: f32 = 0.0;
    for (score, more) in all {
        if score > other {
            other = score;
            signs.extend(more.into_iter().take(1));
        }
    }
    (first + 0.25 * other, signs)
}

/// The kind that speaks loudest among those no category means.
fn best_stranger(meanings: &[Meaning], pages: &[PageEvidence]) -> (&'static str, f32) {
    let mut best = ("", 0.0);
    for (index, kind) in kinds().iter().enumerate() {
        let is_meant = meanings.iter().any(|m| m.kinds.get(index).is_some_and(|w| *w > 0.3));
        if is_meant {
            continue;
        }
        let score =
            |page: &PageEvidence| (page.scores.get(index).copied().unwrap_or(0.0), Vec::new());
        let (score, _) = document_score(pages, score);
        if score > best.1 {
            best = (kind.name, score);
        }
    }
    best
}

fn reasoning(name: &str, signs: &[Sign]) -> String {
    if signs.is_empty() {
        return format!("“{name}” fits best, though no phrase of the document says so clearly.");
    }
    let mut named: Vec<&Sign> = Vec::new();
    for sign in signs {
        if named.len() < PHRASES_NAMED && !named.iter().any(|known| known.phrase == sign.phrase) {
            named.push(sign);
        }
    }
    let quoted: Vec<String> = named
        .iter()
        .map(|sign| {
            let place = if sign.is_title { "as a title" } else { "in the text" };
            format!("“{}” {place} on page {}", sign.phrase, sign.page)
        })
        .collect();
    format!("“{name}” is chosen because of {}.", quoted.join(", "))
}

fn likelihood(first: f32, second: f32) -> f32 {
    if first <= 0.0 {
        return 0.2;
    }
    let margin = (first - second) / first;
    let strength = (first / 4.0).min(1.0);
    (0.3 + 0.45 * margin + 0.24 * strength).clamp(0.05, 0.99)
}
