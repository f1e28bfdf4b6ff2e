//! Boxes: what means yes and no, which option a value names, which boxes answer a question.

use std::collections::BTreeMap;

use super::asked::Asked;
use super::terms::{Term, likeness, terms};
use crate::form::{Field, Role};
use crate::local::text::fold;

/// An option must be this like a value to be chosen.
const OPTION_MIN: f32 = 0.72;

const YES: &[&str] = &[
    "yes",
    "y",
    "true",
    "x",
    "on",
    "checked",
    "check",
    "ticked",
    "tick",
    "selected",
    "agree",
    "agreed",
    "ok",
    "ja",
    "oui",
    "si",
    "sim",
    "tak",
    "vrai",
    "wahr",
    "✓",
    "✔",
    "☑",
    "☒",
    "1",
    "angekreuzt",
    "coche",
    "cochee",
    "marked",
];
const NO: &[&str] = &[
    "no",
    "n",
    "false",
    "off",
    "unchecked",
    "none",
    "nein",
    "non",
    "nee",
    "nao",
    "nie",
    "nej",
    "faux",
    "falsch",
    "☐",
    "0",
    "not",
    "untick",
    "uncheck",
    "nothing",
    "never",
];

/// Whether a value says yes or no.
pub(super) fn truth(value: &str) -> Option<bool> {
    let folded = fold(value);
    let word = folded.trim().trim_matches(['.', '!', '"', '\'', '(', ')', '[', ']']).trim();
    let first = word.split([',', ';', ' ']).next().unwrap_or(word);
    let is_short = word.split_whitespace().count() <= 4;
    let has = |list: &[&str], word: &str| list.contains(&word);
    if has(YES, word) || (is_short && first != "1" && first.len() > 1 && has(YES, first)) {
        return Some(true);
    }
    if has(NO, word) || (is_short && first.len() > 1 && first != "nothing" && first == "no") {
        return Some(false);
    }
    None
}

/// The option that a value names, if one does clearly.
pub(super) fn nearest_option<'o>(options: &'o [String], value: &str) -> Option<&'o String> {
    let folded = fold(value.trim());
    if let Some(exact) = options.iter().find(|option| fold(option.trim()) == folded) {
        return Some(exact);
    }
    let mut scored: Vec<(f32, &String)> = options
        .iter()
        .filter(|option| option.chars().any(char::is_alphanumeric))
        .map(|option| (option_likeness(option, value), option))
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    match scored.as_slice() {
        [(best, option), rest @ ..] if *best >= OPTION_MIN => {
            rest.first().is_none_or(|(next, _)| best - next > 0.05).then_some(*option)
        }
        _ => {
            // A yes may be written in another language or letter than the option.
            let truth = truth(value)?;
            options.iter().find(|option| self::truth(option) == Some(truth))
        }
    }
}

/// How like an option a value is, 0 to 1.
pub(super) fn option_likeness(option: &str, value: &str) -> f32 {
    let (o, v) = (fold(option), fold(value));
    if o.trim() == v.trim() {
        return 1.0;
    }
    let (option, value) = (terms(option), terms(value));
    let best = |term: &Term, among: &[Term]| {
        among.iter().map(|other| likeness(&term.word, &other.word)).fold(0.0, f32::max)
    };
    let share = |of: &[Term], among: &[Term]| {
        of.iter().map(|term| best(term, among)).sum::<f32>() / of.len().max(1) as f32
    };
    let (there, back) = (share(&value, &option), share(&option, &value));
    if there + back <= 0.0 {
        return 0.0;
    }
    let mean = 2.0 * there * back / (there + back);
    // One letter stands for an option that begins with it: F for female.
    let initial = v.trim().chars().count() == 1 && o.trim().starts_with(v.trim());
    if initial { mean.max(0.8) } else { mean }
}

/// The boxes that answer one question.
#[derive(Debug)]
pub(super) struct Question {
    boxes: Vec<usize>,
    is_exclusive: bool,
}

/// Finds the questions of a form.
pub(super) fn questions(fields: &[Field]) -> Vec<Question> {
    let mut groups: BTreeMap<(u32, usize), Vec<usize>> = BTreeMap::new();
    let mut by_section: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, field) in fields.iter().enumerate().filter(|(_, field)| field.is_checkbox) {
        if let Some(group) = field.group {
            groups.entry((field.page, group)).or_default().push(index);
        }
        if !field.label.section.is_empty() {
            by_section.entry(field.label.section.clone()).or_default().push(index);
        }
    }
    let mut questions: Vec<Question> = groups
        .into_values()
        .map(|boxes| {
            let is_radio = boxes.iter().any(|index| {
                let field = fields.get(*index);
                field.is_some_and(|f| f.role == Role::Check { exclusive: true })
            });
            Question { is_exclusive: is_radio, boxes }
        })
        .collect();
    // All boxes below a heading may be its options, whatever rows they stand in.
    for boxes in by_section.into_values() {
        if boxes.len() > 1 && !questions.iter().any(|question| question.boxes == boxes) {
            questions.push(Question { is_exclusive: false, boxes });
        }
    }
    questions
}

impl Question {
    /// Its boxes for yes and for no, when it has these two.
    pub(super) fn yes_and_no(&self, fields: &[Field]) -> Option<(usize, usize)> {
        let says = |wanted: bool| {
            let own = |index: &&usize| {
                fields.get(**index).is_some_and(|f| truth(&f.label.own) == Some(wanted))
            };
            self.boxes.iter().find(own).copied()
        };
        Some((says(true)?, says(false)?)).filter(|_| self.boxes.len() <= 3)
    }

    /// The boxes that a fact ticks, with a score; `None` when it is no answer.
    pub(super) fn answer(
        &self,
        asked: &[Asked],
        fields: &[Field],
        words: &[Term],
        value: &str,
    ) -> Option<(Vec<(usize, bool)>, f32)> {
        let asks = self.boxes.iter().filter_map(|index| asked.get(*index));
        let question = asks.map(|asked| asked.asked_by(words)).fold(0.0, f32::max);
        let own = |index: &usize| fields.get(*index).map_or("", |f| f.label.own.as_str());
        let options: Vec<(usize, &str)> = self.boxes.iter().map(|i| (*i, own(i))).collect();
        let choose = |part: &str| {
            let exact = options.iter().map(|(i, option)| (*i, option_likeness(option, part)));
            let best = exact.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|b| b.1 >= OPTION_MIN);
            best.or_else(|| {
                let wanted = truth(part)?;
                let yes = options.iter().find(|(_, option)| truth(option) == Some(wanted));
                yes.map(|(index, _)| (*index, 1.0))
            })
        };
        let parts: Vec<Option<(usize, f32)>> =
            parts_of_list(value).into_iter().map(choose).collect();
        let listed: Option<Vec<(usize, f32)>> = parts.into_iter().collect();
        let is_sure = |listed: &&Vec<(usize, f32)>| listed.iter().all(|(_, l)| *l > 0.9);
        let chosen = match (listed.as_ref().filter(is_sure), choose(value)) {
            (Some(sure), _) => sure.clone(),
            (None, Some(whole)) => vec![whole],
            (None, None) => listed?,
        };
        let likeness =
            chosen.iter().map(|(_, likeness)| likeness).sum::<f32>() / chosen.len().max(1) as f32;
        // Without its question a value must name its option outright, and not be a mere yes.
        let is_named = likeness >= 0.95 && truth(value).is_none();
        let enough = if is_named { 0.3 } else { 0.5 };
        if chosen.is_empty() || question < enough {
            return None;
        }
        let is_on = |index: &usize| chosen.iter().any(|(chosen, _)| chosen == index);
        let yes_or_no = truth(value).is_some() || self.is_exclusive;
        let boxes: Vec<(usize, bool)> = match yes_or_no && chosen.len() == 1 {
            true => self.boxes.iter().map(|index| (*index, is_on(index))).collect(),
            false => chosen.iter().map(|(index, _)| (*index, true)).collect(),
        };
        Some((boxes, 0.5 * question.min(1.0) + 0.5 * likeness))
    }
}

/// The parts of `a, b and c`.
fn parts_of_list(value: &str) -> Vec<&str> {
    value
        .split([',', ';', '/', '+', '&'])
        .flat_map(|part| part.split(" and "))
        .flat_map(|part| part.split(" und "))
        .flat_map(|part| part.split(" et "))
        .flat_map(|part| part.split(" y "))
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{nearest_option, truth};

    #[test]
    fn yes_and_no_in_many_words() {
        for yes in ["yes", "Yes.", "X", "ja", "true", "Oui", "yes, please"] {
            assert_eq!(truth(yes), Some(true), "{yes}");
        }
        for no in ["no", "Nein", "false", "No, never"] {
            assert_eq!(truth(no), Some(false), "{no}");
        }
        for text in ["Norway", "Yesterday", "12", "none of the above options here"] {
            assert_eq!(truth(text), None, "{text}");
        }
    }

    #[test]
    fn the_nearest_option_is_chosen_when_it_is_clear() {
        let options = ["Full-time", "Part-time", "Master's degree"].map(str::to_owned);
        assert_eq!(nearest_option(&options, "full time"), options.first());
        assert_eq!(nearest_option(&options, "masters degree"), options.last());
        assert_eq!(nearest_option(&options, "seasonal"), None);
    }
}
