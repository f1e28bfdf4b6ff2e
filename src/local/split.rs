//! Splitting: which pages of a file belong together, and to which subdocument.
//!
//! A walk over the pages by dynamic programming: each page costs what its evidence for its
//! category lacks, each seam what speaks against it.

use serde_json::{Value, json};

use super::category::{Category, Meaning};
use super::extract;
use super::kind::{PageEvidence, page_evidence};
use super::page::View;
use super::seam::{PageSigns, page_signs, seam};
use crate::document::Document;

/// What the category for the rest scores on a page that says nothing.
const REST_SCORE: f32 = 0.55;
/// How sharply scores tell categories apart.
const SHARPNESS: f32 = 1.3;

/// A subdocument that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subdocument<'a> {
    /// Its name and description.
    pub category: Category<'a>,
    /// What tells its parts from each other, such as `invoice number`.
    pub partition_key: Option<&'a str>,
}

/// Pages in sequence that are one subdocument.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// Index among the subdocuments asked for.
    pub subdocument: usize,
    /// Pages, from 1.
    pub pages: Vec<u32>,
    /// How sure name and limits are, 0 to 1.
    pub likelihood: f32,
    /// Parts by the value of the partition key.
    pub partitions: Vec<Partition>,
}

/// Pages of a segment with one value of its partition key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Partition {
    /// The value.
    pub key: String,
    /// Pages, from 1.
    pub pages: Vec<u32>,
}

/// Divides a document into subdocuments: in order, every page in exactly one.
#[must_use]
pub fn split(document: &Document, wanted: &[Subdocument<'_>]) -> Vec<Segment> {
    if wanted.is_empty() || document.pages.is_empty() {
        return Vec::new();
    }
    let view = View::new(document);
    let pages: Vec<PageEvidence> =
        (0..view.sheets.len()).map(|index| page_evidence(&view, index)).collect();
    let signs: Vec<PageSigns> =
        pages.iter().enumerate().map(|(i, e)| page_signs(document, i, e)).collect();
    let seams: Vec<f32> = signs
        .windows(2)
        .map(|pair| match pair {
            [before, page] => seam(before, page),
            _ => 1.0,
        })
        .collect();
    let meanings: Vec<Meaning> = wanted.iter().map(|w| Meaning::of(&w.category)).collect();
    let chances: Vec<Vec<f32>> = pages.iter().map(|page| chances(&meanings, page)).collect();
    let path = walk(&chances, &seams);
    let mut segments = gather(document, &path, &chances, &seams);
    for segment in &mut segments {
        let key = wanted.get(segment.subdocument).and_then(|w| w.partition_key);
        if let Some(key) = key {
            segment.partitions = partitions(document, &segment.pages, key);
        }
    }
    segments
}

/// By category: how likely a page is of it; they sum to 1.
fn chances(meanings: &[Meaning], page: &PageEvidence) -> Vec<f32> {
    let mut scores: Vec<f32> = meanings.iter().map(|m| m.score(page).0).collect();
    let best = scores.iter().copied().fold(0.0, f32::max);
    let strange =
        page.scores.iter().enumerate().filter(|(kind, _)| {
            !meanings.iter().any(|m| m.kinds.get(*kind).is_some_and(|w| *w > 0.3))
        });
    let strange = strange.map(|(_, score)| *score).fold(0.0, f32::max);
    for (score, meaning) in scores.iter_mut().zip(meanings) {
        if meaning.is_rest {
            *score = REST_SCORE + 0.7 * (strange - best - 0.5).max(0.0);
        }
    }
    let top = scores.iter().copied().fold(0.0, f32::max);
    let odds: Vec<f32> = scores.iter().map(|s| (SHARPNESS * (s - top)).exp()).collect();
    let sum: f32 = odds.iter().sum();
    odds.iter().map(|o| o / sum.max(1e-6)).collect()
}

/// The likeliest category and kind of beginning for each page (Viterbi).
fn walk(chances: &[Vec<f32>], seams: &[f32]) -> Vec<(usize, bool)> {
    let log = |p: f32| p.clamp(1e-4, 1.0).ln();
    let first = chances.first().map(Vec::as_slice).unwrap_or_default();
    let mut scores: Vec<f32> = first.iter().map(|p| log(*p)).collect();
    // By page and category: the category before, and whether a document begins.
    let mut back: Vec<Vec<(usize, bool)>> = vec![scores.iter().map(|_| (0, true)).collect()];
    for (chance, seam) in chances.iter().skip(1).zip(seams) {
        let best = (0..scores.len()).max_by(|a, b| {
            let score = |i: &usize| scores.get(*i).copied().unwrap_or(f32::MIN);
            score(a).total_cmp(&score(b)).then(b.cmp(a))
        });
        let best = best.unwrap_or(0);
        let fresh = scores.get(best).copied().unwrap_or(0.0) + log(*seam);
        let mut next = Vec::with_capacity(scores.len());
        let mut steps = Vec::with_capacity(scores.len());
        for (category, score) in scores.iter().enumerate() {
            // A page that goes on need not look like a beginning.
            let p = log(chance.get(category).copied().unwrap_or(0.0));
            let stays = score + log(1.0 - seam) + 0.6 * p;
            let begins = fresh + p;
            next.push(stays.max(begins));
            steps.push(if begins > stays { (best, true) } else { (category, false) });
        }
        scores = next;
        back.push(steps);
    }
    let mut at = (0..scores.len())
        .max_by(|a, b| {
            let score = |i: &usize| scores.get(*i).copied().unwrap_or(f32::MIN);
            score(a).total_cmp(&score(b)).then(b.cmp(a))
        })
        .unwrap_or(0);
    let mut path = Vec::with_capacity(back.len());
    for steps in back.iter().rev() {
        let (before, begins) = steps.get(at).copied().unwrap_or((0, true));
        path.push((at, begins));
        at = before;
    }
    path.reverse();
    path
}

fn gather(
    document: &Document,
    path: &[(usize, bool)],
    chances: &[Vec<f32>],
    seams: &[f32],
) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    for (index, (category, begins)) in path.iter().enumerate() {
        let number = document.pages.get(index).map_or(0, |page| page.number);
        let chance = chances.get(index).and_then(|c| c.get(*category)).copied().unwrap_or(0.0);
        let seam = index.checked_sub(1).and_then(|i| seams.get(i)).copied();
        match segments.last_mut() {
            Some(last) if !begins => {
                last.pages.push(number);
                last.likelihood *= (1.0 - seam.unwrap_or(0.0)).max(0.5).powf(0.3);
            }
            _ => {
                let sure = seam.map_or(1.0, |s| s.max(0.3).powf(0.3));
                let (subdocument, pages) = (*category, vec![number]);
                let likelihood = (0.3 + 0.7 * chance) * sure;
                segments.push(Segment { subdocument, pages, likelihood, partitions: Vec::new() });
            }
        }
    }
    segments
}

/// Groups pages in sequence by the value of a key; pages without one go with those before.
fn partitions(document: &Document, pages: &[u32], key: &str) -> Vec<Partition> {
    let schema = json!({"type": "object", "properties": {key: {"type": ["string", "null"]}}});
    let mut parts: Vec<Partition> = Vec::new();
    let mut waiting: Vec<u32> = Vec::new();
    for (index, page) in document.pages.iter().enumerate() {
        if !pages.contains(&page.number) {
            continue;
        }
        let view = View::of_pages(document, index..index + 1);
        let data = extract::scalars(&view, &schema);
        let value = data.get(key).and_then(Value::as_str).map(str::to_owned);
        match (value, parts.last_mut()) {
            (Some(value), Some(last)) if last.key == value => last.pages.push(page.number),
            (Some(value), _) => {
                let mut all = std::mem::take(&mut waiting);
                all.push(page.number);
                parts.push(Partition { key: value, pages: all });
            }
            (None, Some(last)) => last.pages.push(page.number),
            (None, None) => waiting.push(page.number),
        }
    }
    parts
}
