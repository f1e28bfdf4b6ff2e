//! Categories that users name and describe, joined to the kinds of documents known here.
//!
//! Must not know how a document is divided.

use super::kind::{Kind, PageEvidence, Sign, holds, kinds, normal, title_weight};
use super::text::{canonical, identifier_words};

/// A category as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Category<'a> {
    /// Its name, as answers must give it.
    pub name: &'a str,
    /// What belongs to it; may be empty.
    pub description: &'a str,
}

/// A category with what it means.
#[derive(Debug, Clone)]
pub(crate) struct Meaning {
    /// It takes what belongs to no other category.
    pub(crate) is_rest: bool,
    /// By kind: how much the category means it, from -1 to 1.
    pub(crate) kinds: Vec<f32>,
    /// The name as a phrase, when it says something.
    phrase: Option<String>,
    /// The name is the code of a form, such as `Form 1040` or `Schedule B`.
    is_code: bool,
    /// Words of name and description, canonical.
    words: Vec<String>,
}

const REST_NAMES: &[&str] = &[
    "other",
    "others",
    "none",
    "misc",
    "miscellaneous",
    "unknown",
    "unclassified",
    "else",
    "sonstige",
    "sonstiges",
    "andere",
    "anderes",
    "autre",
    "autres",
    "divers",
    "otro",
    "otros",
    "otra",
    "otras",
    "altro",
    "altri",
    "varie",
    "overig",
    "overige",
    "anders",
    "outro",
    "outros",
    "inne",
    "ovrigt",
    "annat",
    "uncategorized",
    "undefined",
    "keine",
    "default",
];

const REST_PHRASES: &[&str] = &[
    "none of the above",
    "anything else",
    "everything else",
    "any other",
    "all other",
    "does not fit",
    "not fit",
    "not covered",
    "other document",
    "other documents",
    "fallback",
    "alles andere",
    "keine der",
    "keines der",
    "aucune des",
    "aucun des",
    "ninguno de",
    "ninguna de",
    "nessuno dei",
    "nessuna delle",
    "geen van",
    "nenhum dos",
];

const NEGATIONS: &[&str] = &[
    "not",
    "no",
    "without",
    "except",
    "excluding",
    "nicht",
    "kein",
    "keine",
    "ohne",
    "ausser",
    "pas",
    "sauf",
    "sans",
    "excepto",
    "sin",
    "non",
    "tranne",
    "senza",
    "niet",
    "geen",
    "zonder",
];

impl Meaning {
    /// Reads what a category means.
    pub(crate) fn of(category: &Category<'_>) -> Self {
        let name = canonical(&identifier_words(category.name));
        let (plain, negated) = part_negated(category.description);
        let about = canonical(&plain);
        let against = canonical(&negated);
        let is_opaque = name.iter().all(|w| {
            w.len() < 3
                || ["type", "class", "category", "kind", "cat", "label"].contains(&w.as_str())
        });
        let named = normal(&identifier_words(category.name));
        let words = named.split(' ').count();
        let described = normal(category.description);
        let is_rest = (words <= 4 && named.split(' ').any(|w| REST_NAMES.contains(&w)))
            || REST_PHRASES.iter().any(|p| described.starts_with(p));
        let matched = |kind: &Kind| {
            let by_name = if is_opaque { 0.0 } else { name_match(kind, &name) };
            let by_text = description_match(kind, &about);
            let minus = if against.is_empty() { 0.0 } else { description_match(kind, &against) };
            let own = by_name.max(0.82 * by_text) + if by_name > 0.5 { 0.1 * by_text } else { 0.0 };
            (own - 0.7 * if minus > 0.6 { minus } else { 0.0 }).clamp(-1.0, 1.1)
        };
        let raw: Vec<f32> = kinds().iter().map(matched).collect();
        let best = raw.iter().copied().fold(0.0, f32::max);
        // What matches far worse than the best match is a chance likeness.
        let kept =
            raw.iter().map(|m| if *m < 0.0 || *m >= (0.62 * best).max(0.3) { *m } else { 0.0 });
        let kinds = if is_rest { vec![0.0; raw.len()] } else { kept.collect() };
        let mut words: Vec<String> = name.iter().chain(&about).cloned().collect();
        words.sort_unstable();
        words.dedup();
        let phrase = (!is_opaque && !named.is_empty()).then_some(named);
        let is_code = phrase.as_deref().is_some_and(is_code);
        Self { is_rest, kinds, phrase, is_code, words }
    }

    /// How much a page speaks for the category, and what does.
    pub(crate) fn score(&self, page: &PageEvidence) -> (f32, Vec<Sign>) {
        if self.is_rest {
            return (0.0, Vec::new());
        }
        let weighted = self.kinds.iter().zip(&page.scores).zip(&page.signs);
        let best = weighted
            .map(|((meaning, score), signs)| (meaning * score, signs))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let (mut score, mut signs) = match best {
            Some((score, signs)) if score > 0.0 => (score, signs.clone()),
            _ => (0.0, Vec::new()),
        };
        match self.own_title(page) {
            Some(sign) => {
                score += sign.weight;
                signs.insert(0, sign);
            }
            // A form that is named by its code bears the code.
            None if self.is_code => score *= 0.3,
            None => {}
        }
        (score + self.lexical(page), signs)
    }

    /// The category's own name as a title of the page.
    fn own_title(&self, page: &PageEvidence) -> Option<Sign> {
        let phrase = self.phrase.as_ref()?;
        let weights = page.headlines.iter().map(|line| title_weight(phrase, line));
        let weight = weights.fold(0.0, f32::max);
        let in_text = match self.is_code {
            true => code_weight(&page.text, phrase),
            false if holds(&page.text, phrase) => 0.3,
            false => 0.0,
        };
        let weight = if self.is_code && in_text > 0.0 { weight + in_text } else { weight };
        let weight = weight.max(in_text) * 0.9;
        (weight > 0.2).then(|| Sign {
            phrase: phrase.clone(),
            page: page.page,
            weight,
            is_title: true,
        })
    }

    /// Words of name and description that stand on the page.
    fn lexical(&self, page: &PageEvidence) -> f32 {
        let long: Vec<&String> = self.words.iter().filter(|w| w.len() > 4).collect();
        if long.is_empty() {
            return 0.0;
        }
        let found = long.iter().filter(|w| holds(&page.text, w)).count();
        0.5 * found as f32 / (long.len() as f32).max(3.0)
    }
}

/// Whether a name ends in a code: a word with a digit, or a letter or two after a word.
fn is_code(name: &str) -> bool {
    let words: Vec<&str> = name.split(' ').collect();
    let lettered = ["form", "schedule", "annex", "appendix", "formular", "anlage", "modelo"];
    words.len() <= 4
        && (words.iter().any(|w| w.chars().any(|c| c.is_ascii_digit()))
            || (words.len() == 2
                && words.first().is_some_and(|w| lettered.contains(w))
                && words.last().is_some_and(|w| w.len() <= 2)))
}

/// What a form's code in a text is worth: early and often is best. A longer code that
/// begins alike (`Form 1040-V` for `Form 1040`) is another form.
fn code_weight(text: &str, phrase: &str) -> f32 {
    let is_own = |at: usize| {
        let after = text.get(at + phrase.len()..).unwrap_or_default();
        let before = text.get(..at).unwrap_or_default();
        let next = after.trim_start().split(' ').next().unwrap_or_default();
        let is_edge = after.is_empty() || after.starts_with(' ');
        let is_longer = next.len() == 1 && next.chars().all(char::is_alphabetic);
        is_edge && !is_longer && (before.is_empty() || before.ends_with(' '))
    };
    let places: Vec<usize> =
        text.match_indices(phrase).map(|(at, _)| at).filter(|at| is_own(*at)).collect();
    let Some(first) = places.first() else { return 0.0 };
    let early = (1.0 - *first as f32 / 400.0).clamp(0.0, 1.0);
    2.0 * early + 0.2 * places.len().min(6) as f32
}

/// A description without what it excludes, and what it excludes.
fn part_negated(text: &str) -> (String, String) {
    let (mut plain, mut negated) = (String::new(), String::new());
    for clause in text.split_inclusive([',', ';', '.', '(', ')']) {
        let words: Vec<&str> = clause.split_whitespace().collect();
        let at = words.iter().position(|w| NEGATIONS.contains(&normal(w).as_str()));
        let (head, tail) = words.split_at(at.unwrap_or(words.len()));
        for (part, into) in [(head, &mut plain), (tail, &mut negated)] {
            into.push_str(&part.join(" "));
            into.push(' ');
        }
    }
    (plain, negated)
}

/// How well the words of a name fit a kind's names, 0 to 1.
fn name_match(kind: &Kind, name: &[String]) -> f32 {
    let own = canonical(&kind.name.replace('_', " "));
    let all = kind.names.iter().chain(std::iter::once(&own));
    let likeness = all.map(|words| {
        let shared = words.iter().filter(|w| name.contains(w)).count();
        if shared == 0 {
            return 0.0;
        }
        let dice = 2.0 * shared as f32 / (words.len() + name.len()) as f32;
        if shared == words.len() && shared == name.len() { 1.0 } else { 0.9 * dice }
    });
    likeness.fold(0.0, f32::max)
}

/// How well a description fits a kind, 0 to 1.
fn description_match(kind: &Kind, words: &[String]) -> f32 {
    if words.is_empty() {
        return 0.0;
    }
    let phrase = kind.names.iter().filter(|p| p.iter().all(|w| words.contains(w)));
    let phrase = phrase.map(|p| if p.len() > 1 { 0.85 } else { 0.6 }).fold(0.0, f32::max);
    let mut shared: Vec<&String> = kind.about.iter().filter(|w| words.contains(w)).collect();
    shared.sort_unstable();
    shared.dedup();
    let bag = (shared.len() as f32 / 4.0).min(1.0) * 0.9;
    (phrase.max(bag) + 0.1 * shared.len().min(3) as f32 / 3.0).min(1.0)
}
