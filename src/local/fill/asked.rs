//! What each field asks for, in terms that can be met with the labels of facts.

use std::collections::HashMap;

use super::terms::{Kind, Term, likeness, terms};
use crate::form::{Field, Role};

/// What a field is called.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    /// Each of its names, the printed one first.
    pub(super) names: Vec<Vec<Term>>,
    /// What stands around it: question, heading.
    pub(super) context: Vec<Term>,
    /// The question alone.
    question: Vec<Term>,
    /// The kind of its value, as its name tells.
    pub(super) kind: Option<Kind>,
    /// All kinds its printed name tells, in order.
    pub(super) kinds: Vec<Kind>,
    /// How much each term says: rare ones more.
    pub(super) weights: HashMap<String, f32>,
}

/// Words of labels that say little.
const FAINT: &[&str] = &[
    "no",
    "please",
    "enter",
    "if",
    "any",
    "applicable",
    "type",
    "print",
    "or",
    "and",
    "to",
    "for",
    "with",
    "as",
    "at",
    "be",
    "optional",
    "required",
    "form",
    "und",
    "et",
    "y",
    "e",
    "i",
    "here",
    "provide",
    "list",
    "have",
    "has",
    "had",
    "ever",
    "been",
    "do",
    "does",
    "did",
    "were",
    "there",
    "following",
    "what",
    "which",
    "would",
    "like",
    "following",
    "will",
    "are",
    "you",
    "my",
    "their",
    "his",
    "her",
    "information",
    "info",
];

/// A label with its hint counts as a name up to this many terms.
const HINTED_TERMS_MAX: usize = 6;
/// Weight of words that say little, and of words that no field has.
const FAINT_WEIGHT: f32 = 0.3;
const UNKNOWN_WEIGHT: f32 = 0.7;

/// Whether a word of a label says little.
pub(super) fn is_faint(word: &str) -> bool {
    FAINT.contains(&word)
}

/// Reads what the fields ask for.
pub(super) fn of(fields: &[Field]) -> Vec<Asked> {
    let mut all: Vec<Asked> = fields.iter().map(read).collect();
    let mut counts: HashMap<String, f32> = HashMap::new();
    for asked in &all {
        let mut words: Vec<&str> =
            asked.names.iter().flatten().chain(&asked.context).map(|t| t.word.as_str()).collect();
        words.sort_unstable();
        words.dedup();
        for word in words {
            *counts.entry(word.to_owned()).or_default() += 1.0;
        }
    }
    let weight = |word: &str| {
        let rare = counts.get(word).map_or(UNKNOWN_WEIGHT, |n| 1.0 / (1.0 + 0.25 * n.ln()));
        if FAINT.contains(&word) { rare * FAINT_WEIGHT } else { rare }
    };
    for asked in &mut all {
        let words = asked.names.iter().flatten().chain(&asked.context);
        asked.weights = words.map(|term| (term.word.clone(), weight(&term.word))).collect();
    }
    all
}

fn read(field: &Field) -> Asked {
    let label = &field.label;
    let is_grouped = field.is_checkbox && !label.group.is_empty();
    let mut names: Vec<Vec<Term>> = Vec::new();
    // All buttons of a field share its tooltip and name; only their own words tell them apart.
    let is_one_of_many = field.role == Role::Check { exclusive: true } && !label.own.is_empty();
    let shared = if is_one_of_many { [""; 2] } else { [&*label.tooltip, &*label.name] };
    for text in [&*label.own, &*label.also].into_iter().chain(shared) {
        let mut words = terms(without_hints(text));
        // The one who signs is named after `I`.
        if matches!(words.as_slice(), [only] if only.word == "i") {
            words = terms("name");
        }
        if !words.is_empty() && !names.contains(&words) {
            names.push(words);
        }
    }
    // Who copies a label copies its hint too.
    let whole = terms(without_number(&label.own));
    if whole.len() <= HINTED_TERMS_MAX && !whole.is_empty() && !names.contains(&whole) {
        names.push(whole);
    }
    let question = terms(without_hints(&label.group));
    let mut context = terms(without_hints(&label.section));
    context.extend(question.iter().cloned());
    if is_grouped {
        // The box is called by its question and its option together.
        let mut whole = question.clone();
        whole.extend(terms(without_hints(&label.own)));
        names.push(whole);
    }
    let kinds: Vec<Kind> = names
        .iter()
        .find_map(|name| {
            let kinds: Vec<Kind> = name.iter().filter_map(|term| term.kind).collect();
            (!kinds.is_empty()).then_some(kinds)
        })
        .unwrap_or_default();
    let strong = |kind: &&Kind| !matches!(kind, Kind::Word | Kind::Choice | Kind::Text);
    let kind = kinds.iter().rev().find(strong).or(kinds.last()).copied();
    Asked { names, context, question, kind, kinds, weights: HashMap::new() }
}

/// A label without what stands in brackets, unless that is all of it.
fn without_hints(label: &str) -> &str {
    let label = without_number(label);
    let label = first_sentence(label);
    let head = label.split(['(', '[']).next().unwrap_or(label).trim();
    if head.chars().any(char::is_alphabetic) { head } else { label }
}

/// A label without the explanations that follow it.
fn first_sentence(label: &str) -> &str {
    let stop = label.match_indices(". ").map(|(at, _)| at).find(|at| {
        let head = label.get(..*at).unwrap_or_default();
        let word = head.rsplit(' ').next().unwrap_or_default();
        let rest = label.get(at + 2..).unwrap_or_default();
        word.chars().count() > 3 && head.contains(' ') && rest.starts_with(char::is_uppercase)
    });
    stop.and_then(|stop| label.get(..stop)).unwrap_or(label)
}

/// A label without the number that lists it, such as `3.`, `12a` or `(b)`.
fn without_number(label: &str) -> &str {
    let label = label.trim();
    let Some((first, rest)) = label.split_once(char::is_whitespace) else { return label };
    let core = first.trim_matches(['(', ')', '.', ':', '[', ']']);
    let digits = core.chars().filter(char::is_ascii_digit).count();
    let letters = core.chars().filter(|c| c.is_ascii_lowercase()).count();
    let is_marked = first.len() > core.len();
    let is_number = !core.is_empty()
        && digits + letters == core.chars().count()
        && letters <= 1
        && digits <= 2
        && (digits > 0 || is_marked);
    let goes_on = rest.chars().filter(|c| c.is_alphabetic()).count() > 1;
    if is_number && goes_on { rest.trim() } else { label }
}

impl Asked {
    /// The question that this box belongs to.
    pub(super) fn question(&self) -> &[Term] {
        &self.question
    }

    pub(super) fn is_signature(&self) -> bool {
        let first = self.names.first();
        first.is_some_and(|name| {
            name.iter().any(|term| term.kind == Some(Kind::Signature))
                && !name.iter().any(|term| matches!(term.kind, Some(Kind::Date | Kind::Name)))
        })
    }

    fn weight(&self, word: &str) -> f32 {
        let known = self.weights.get(word).copied();
        known.unwrap_or(if FAINT.contains(&word) {
            UNKNOWN_WEIGHT * FAINT_WEIGHT
        } else {
            UNKNOWN_WEIGHT
        })
    }

    /// How well words name this field, 0 to 1: the harmonic mean of how much of them it
    /// understands and how much of its name they say.
    pub(super) fn named_by(&self, words: &[Term]) -> f32 {
        self.names.iter().map(|name| self.agreement(words, name)).fold(0.0, f32::max)
    }

    /// How well words name the question that this box belongs to.
    pub(super) fn asked_by(&self, words: &[Term]) -> f32 {
        let by = |name: &[Term]| {
            if name.is_empty() { 0.0 } else { self.agreement(words, name) }
        };
        by(&self.question).max(by(&self.context))
    }

    fn agreement(&self, words: &[Term], name: &[Term]) -> f32 {
        let best = |word: &str, among: &[Term]| {
            among.iter().map(|term| likeness(word, &term.word)).fold(0.0, f32::max)
        };
        let (mut understood, mut said) = (0.0, 0.0);
        for term in words {
            let weight = self.weight(&term.word);
            let own = best(&term.word, name);
            let around = 0.85 * best(&term.word, &self.context);
            understood += weight * own.max(around);
            said += weight;
        }
        let (mut matched, mut whole) = (0.0, 0.0);
        for term in name {
            let weight = self.weight(&term.word);
            matched += weight * best(&term.word, words);
            whole += weight;
        }
        if said <= 0.0 || whole <= 0.0 || matched <= 0.0 {
            return 0.0;
        }
        let (understood, matched) = (understood / said, matched / whole);
        // Saying the heading too is better than not saying it.
        let context: Vec<f32> = self.context.iter().map(|t| best(&t.word, words)).collect();
        let share = context.iter().sum::<f32>() / context.len().max(1) as f32;
        2.0 * understood * matched / (understood + matched) + 0.04 * share
    }

    /// Whether a value could be of the kind that is asked for.
    pub(super) fn fits(&self, field: &Field, value: &str) -> bool {
        let digits = value.chars().filter(char::is_ascii_digit).count();
        let letters = value.chars().filter(|c| c.is_alphabetic()).count();
        match (self.kind, &field.role) {
            (_, Role::Choice { options, editable }) => {
                *editable || super::tick::nearest_option(options, value).is_some()
            }
            (Some(Kind::Email), _) => value.contains('@'),
            (Some(Kind::Phone), _) => digits >= 5 && letters <= 12 && !value.contains('@'),
            (Some(Kind::Date), _) => digits >= 1 || letters >= 3 && value.len() < 20,
            (Some(Kind::Zip), _) => (3..=10).contains(&digits) || letters + digits <= 10,
            (Some(Kind::Ssn | Kind::Ein | Kind::Iban), _) => digits >= 3,
            (Some(Kind::Money | Kind::Number), _) => digits >= 1 || letters < 12,
            (Some(Kind::Name | Kind::Given | Kind::Family), _) => {
                letters >= 1 && digits <= letters && !value.contains('@')
            }
            (Some(Kind::State), _) => digits == 0,
            _ => true,
        }
    }
}
