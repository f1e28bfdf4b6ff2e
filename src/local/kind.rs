//! What kind of document a page looks like: titles, phrases and layout that kinds of
//! documents share, in nine languages.
//!
//! Owns the lexicon of kinds and the evidence per page. Must not know the categories that
//! are asked for.

use std::sync::OnceLock;

use super::page::{Cell, View};
use super::text::{canonical, fold};

/// What a title is worth against a phrase in running text.
const TITLE_WEIGHT: f32 = 3.0;
/// What a phrase in the text is worth.
const SIGN_WEIGHT: f32 = 0.42;
/// Sum of the phrases of one page at most.
const SIGNS_MAX: f32 = 3.0;

/// A kind of document.
#[derive(Debug, Clone, Default)]
pub(crate) struct Kind {
    /// Its stable English name in snake case.
    pub(crate) name: &'static str,
    /// Canonical words of names that categories have.
    pub(crate) names: Vec<Vec<String>>,
    /// Canonical words that describe it.
    pub(crate) about: Vec<String>,
    /// Phrases that head such documents, folded.
    pub(crate) titles: Vec<String>,
    signs: Vec<String>,
    against: Vec<String>,
}

/// All kinds.
pub(crate) fn kinds() -> &'static [Kind] {
    static KINDS: OnceLock<Vec<Kind>> = OnceLock::new();
    KINDS.get_or_init(|| read(include_str!("lexicon/kinds.txt")))
}

fn read(text: &'static str) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            kinds.push(Kind { name, ..Kind::default() });
        } else if let Some((what, phrases)) = line.split_once(": ")
            && let Some(kind) = kinds.last_mut()
        {
            let plain = phrases.split("; ").map(normal);
            match what {
                "name" => kind.names.extend(phrases.split("; ").map(canonical)),
                "about" => kind.about.extend(canonical(phrases)),
                "title" => kind.titles.extend(plain),
                "sign" => kind.signs.extend(plain),
                "against" => kind.against.extend(plain),
                _ => {}
            }
        }
    }
    kinds
}

/// A text folded, its words parted by one blank.
pub(crate) fn normal(text: &str) -> String {
    let folded = fold(text);
    let words = folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// Whether a normal text holds a phrase as whole words.
pub(crate) fn holds(text: &str, phrase: &str) -> bool {
    text.match_indices(phrase).any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        let after = text.get(at + phrase.len()..).unwrap_or_default();
        (before.is_empty() || before.ends_with(' ')) && (after.is_empty() || after.starts_with(' '))
    })
}

/// A phrase that speaks for something.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sign {
    /// The phrase as the document shows it, folded.
    pub(crate) phrase: String,
    /// Page, from 1.
    pub(crate) page: u32,
    /// What it is worth.
    pub(crate) weight: f32,
    /// It heads the page.
    pub(crate) is_title: bool,
}

/// A line that may be a title.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Headline {
    /// Its words, normal.
    pub(crate) text: String,
    /// How prominent it is, 0 to 1.
    pub(crate) prominence: f32,
    /// Its top as a fraction of the page.
    pub(crate) top: f32,
}

/// What a page shows.
#[derive(Debug, Clone, Default)]
pub(crate) struct PageEvidence {
    /// Page, from 1.
    pub(crate) page: u32,
    /// By kind: how much speaks for it.
    pub(crate) scores: Vec<f32>,
    /// By kind: what speaks for it.
    pub(crate) signs: Vec<Vec<Sign>>,
    /// Lines that may be titles.
    pub(crate) headlines: Vec<Headline>,
    /// The text of the page, normal.
    pub(crate) text: String,
}

/// Looks at one page.
pub(crate) fn page_evidence(view: &View, index: usize) -> PageEvidence {
    let Some(sheet) = view.sheets.get(index) else { return PageEvidence::default() };
    let cells: Vec<&Cell> = sheet.rows.clone().flat_map(|row| view.row_cells(row).iter()).collect();
    let usual = usual_size(&cells);
    let headlines: Vec<Headline> =
        cells.iter().filter_map(|cell| headline(cell, usual, sheet.height)).collect();
    let lines: Vec<String> = cells.iter().map(|cell| normal(&cell.text)).collect();
    let text = lines.join(" ");
    let mut evidence = PageEvidence { page: sheet.number, headlines, text, ..Default::default() };
    for kind in kinds() {
        let signs = signs(kind, &evidence);
        let titles = signs.iter().filter(|s| s.is_title).map(|s| s.weight);
        let rest: f32 = signs.iter().filter(|s| !s.is_title).map(|s| s.weight).sum();
        let against = kind.against.iter().filter(|p| holds(&evidence.text, p)).count();
        let score = titles.fold(0.0, f32::max) + rest.min(SIGNS_MAX) - 0.5 * against as f32;
        evidence.scores.push(score.max(0.0));
        evidence.signs.push(signs);
    }
    evidence
}

fn usual_size(cells: &[&Cell]) -> f32 {
    let mut sizes: Vec<f32> =
        cells.iter().flat_map(|c| std::iter::repeat_n(c.size, c.tokens.len())).collect();
    sizes.sort_by(f32::total_cmp);
    sizes.get(sizes.len() / 2).copied().unwrap_or(10.0).max(1.0)
}

fn headline(cell: &Cell, usual: f32, height: f32) -> Option<Headline> {
    if cell.tokens.len() > 14 {
        return None;
    }
    let text = normal(&cell.text);
    let top = cell.bbox.y0 / height.max(1.0);
    let large = ((cell.size / usual - 1.0) * 0.9).clamp(0.0, 0.6);
    let capitals =
        cell.text.chars().any(char::is_alphabetic) && !cell.text.chars().any(char::is_lowercase);
    let prominence = 0.12
        + large
        + if cell.bold { 0.14 } else { 0.0 }
        + if capitals { 0.1 } else { 0.0 }
        + if top < 0.2 {
            0.2
        } else if top < 0.4 {
            0.1
        } else {
            0.0
        };
    (!text.is_empty()).then_some(Headline { text, prominence: prominence.min(1.0), top })
}

fn signs(kind: &Kind, evidence: &PageEvidence) -> Vec<Sign> {
    let mut found = Vec::new();
    let page = evidence.page;
    for title in &kind.titles {
        let weights = evidence.headlines.iter().map(|line| title_weight(title, line));
        let weight = weights.fold(0.0, f32::max);
        if weight > 0.2 {
            found.push(Sign { phrase: title.clone(), page, weight, is_title: true });
        }
    }
    for sign in &kind.signs {
        if holds(&evidence.text, sign) {
            let long = sign.split(' ').count().min(3) as f32;
            let weight = SIGN_WEIGHT * (0.5 + 0.35 * long);
            found.push(Sign { phrase: sign.clone(), page, weight, is_title: false });
        }
    }
    found.sort_by(|a, b| b.weight.total_cmp(&a.weight));
    found
}

/// What a phrase in a line is worth as a title.
pub(crate) fn title_weight(title: &str, line: &Headline) -> f32 {
    if !holds(&line.text, title) {
        return 0.0;
    }
    let (own, all) = (title.split(' ').count() as f32, line.text.split(' ').count() as f32);
    let starts = if line.text.starts_with(title) { 1.0 } else { 0.75 };
    TITLE_WEIGHT * line.prominence * (0.35 + 0.65 * (own / all).sqrt()) * starts + 0.1 * (own - 1.0)
}

/// Whether a normal text is a title that some kind of document bears.
pub(crate) fn is_title_phrase(text: &str) -> bool {
    kinds().iter().any(|kind| kind.titles.iter().any(|title| title == text))
}
