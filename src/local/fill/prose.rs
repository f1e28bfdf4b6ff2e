//! Values out of sentences: a field's name is found among the words, its value follows; a box
//! is ticked when its name is said and not denied.

use std::ops::Range;

use super::Work;
use super::terms::{Kind, Term, gathered};
use super::tick;
use crate::base::limits;
use crate::form::Role;
use crate::local::text::canonical;

/// A word of the instructions.
#[derive(Debug, Clone)]
struct Word {
    text: String,
    span: Range<usize>,
    /// A sentence ends after it.
    ends: bool,
}

/// A field's name among the words.
#[derive(Debug, Clone)]
struct Mention {
    field: usize,
    words: Range<usize>,
    /// How much of the name was said, and how long it is.
    weight: f32,
}

/// Words between a name and its value.
const LINKS: &[&str] = &[
    "is",
    "was",
    "are",
    "were",
    "will",
    "be",
    "=",
    "should",
    "to",
    "of",
    "has",
    "have",
    "the",
    "a",
    "an",
    "as",
    "set",
    "put",
    "use",
    "enter",
    "write",
    "named",
    "called",
    "ist",
    "lautet",
    "war",
    "est",
    "es",
    "on",
    "at",
    "in",
    "by",
    "number",
    "no",
    "no.",
    "for",
    "starting",
    "and",
    "from",
    "dated",
    "s",
    "am",
    "currently",
    "been",
    "with",
];
/// Words that deny what follows.
const DENIALS: &[&str] = &[
    "not", "no", "never", "without", "nobody", "none", "neither", "nor", "don't", "doesn't",
    "didn't", "isn't", "wasn't", "hasn't", "haven't", "kein", "keine", "nicht", "ohne", "niemand",
    "pas", "sans", "aucun", "sin", "non", "leave", "skip", "denies", "empty", "blank",
];
/// Words that end a clause.
const BREAKS: &[&str] = &["and", "but", "who", "which", "while", "whose", "und", "et", "y"];

/// Reads stretches of prose.
pub(super) fn read(work: &mut Work<'_>, text: &str, prose: &[Range<usize>]) {
    for range in prose {
        let words = words(text, range);
        if words.len().saturating_mul(work.fields.len()) > limits::FORM_PROSE_PAIRS_MAX {
            work.warnings.push("the sentences are too many for so many fields".to_owned());
            continue;
        }
        let mentions = mentions(work, &words);
        ticks(work, &words, &mentions);
        answers(work, &words);
        options(work, &words);
        texts(work, text, &words, &mentions);
        introductions(work, text, &words);
    }
}

fn words(text: &str, range: &Range<usize>) -> Vec<Word> {
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
fn terms_of(words: &[Word]) -> (Vec<(Term, Range<usize>)>, Vec<usize>) {
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
fn mentions(work: &Work<'_>, words: &[Word]) -> Vec<Mention> {
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
fn said(
    name: &[Term],
    terms: &[(Term, Range<usize>)],
    start: usize,
    longest: usize,
) -> Option<(usize, f32)> {
    let has = |at: usize, term: &Term| {
        terms.get(at).is_some_and(|(t, _)| super::terms::likeness(&t.word, &term.word) > 0.8)
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

fn is_denied(words: &[Word], at: usize) -> bool {
    let from = at.saturating_sub(4);
    let before = words.get(from..at).unwrap_or_default();
    let clause = before.iter().rev().take_while(|word| !word.ends && !word.text.ends_with(','));
    clause.into_iter().any(|word| {
        let plain =
            word.text.trim_matches(|c: char| !c.is_alphanumeric() && c != '\'').to_lowercase();
        DENIALS.contains(&plain.as_str())
    })
}

/// Ticks the boxes whose names are said.
fn ticks(work: &mut Work<'_>, words: &[Word], mentions: &[Mention]) {
    for mention in mentions.iter().filter(|mention| mention.weight >= 1.0) {
        let Some(field) = work.fields.get(mention.field).filter(|f| f.is_checkbox) else {
            continue;
        };
        // A bare yes or no answers the question beside it, not any question.
        if !work.is_open(mention.field) || tick::truth(&field.label.own).is_some() {
            continue;
        }
        // Words that name a text field too are read as that.
        let is_elsewhere = mentions.iter().any(|other| {
            other.words.contains(&mention.words.start)
                && other.weight > mention.weight
                && work.fields.get(other.field).is_some_and(|f| !f.is_checkbox)
        });
        if is_elsewhere {
            continue;
        }
        if is_answered(work, mention.field) {
            continue;
        }
        let denied = is_denied(words, mention.words.start);
        let said_no =
            words.get(mention.words.end).is_some_and(|w| tick::truth(&w.text) == Some(false));
        let value = !(denied || said_no);
        let source = span(words, &mention.words);
        if value || work.fields.get(mention.field).is_some_and(|f| f.group.is_none()) {
            work.values.insert(mention.field, (value.to_string(), source));
        }
    }
}

/// Whether another button of the same field is on already.
fn is_answered(work: &Work<'_>, field: usize) -> bool {
    let Some(own) = work.fields.get(field).filter(|f| f.role == Role::Check { exclusive: true })
    else {
        return false;
    };
    work.values.iter().any(|(other, (value, _))| {
        value == "true" && work.fields.get(*other).is_some_and(|f| f.is_same_field(own))
    })
}

/// Answers yes-or-no questions that are named in a sentence.
fn answers(work: &mut Work<'_>, words: &[Word]) {
    let (terms, owners) = terms_of(words);
    for question in tick::questions(work.fields) {
        let Some((yes, no)) = question.yes_and_no(work.fields) else { continue };
        let Some(asked) = work.asked.get(yes).filter(|_| work.is_open(yes) && work.is_open(no))
        else {
            continue;
        };
        let name: Vec<Term> = asked
            .question()
            .iter()
            .filter(|term| !super::asked::is_faint(&term.word))
            .cloned()
            .collect();
        if name.is_empty() {
            continue;
        }
        let found = (0..terms.len()).find_map(|start| {
            let (end, weight) = said(&name, &terms, start, name.len() + 1)?;
            (weight >= 1.0).then_some((start, end))
        });
        let Some((start, end)) = found else { continue };
        let owner = |at: usize| terms.get(at).and_then(|(_, r)| owners.get(r.start)).copied();
        let (Some(first), Some(last)) = (owner(start), owner(end - 1)) else { continue };
        let is_yes = !is_denied(words, first)
            && words.get(last + 1).is_none_or(|w| tick::truth(&w.text) != Some(false));
        let source = span(words, &(first..last + 1));
        work.values.insert(yes, (is_yes.to_string(), source.clone()));
        work.values.insert(no, ((!is_yes).to_string(), source));
    }
}

/// Chooses options of lists that are said outright and belong to one list only.
fn options(work: &mut Work<'_>, words: &[Word]) {
    for field in 0..work.fields.len() {
        let Some(Role::Choice { options, .. }) = work.fields.get(field).map(|f| &f.role) else {
            continue;
        };
        if !work.is_open(field) {
            continue;
        }
        let mut said: Vec<(String, Range<usize>)> = Vec::new();
        for option in options.iter().filter(|option| option.chars().count() >= 4) {
            let wanted: Vec<String> = option.split_whitespace().map(plain).collect();
            let start = (0..words.len()).find(|start| {
                let here = words.get(*start..start + wanted.len()).unwrap_or_default();
                !here.is_empty() && here.iter().map(|w| plain(&w.text)).eq(wanted.iter().cloned())
            });
            if let Some(start) = start.filter(|start| !is_denied(words, *start)) {
                said.push((option.clone(), start..start + wanted.len()));
            }
        }
        if let [(option, range)] = said.as_slice() {
            let source = span(words, range);
            work.put(field, option, source);
        }
    }
}

fn span(words: &[Word], range: &Range<usize>) -> Range<usize> {
    let slice = words.get(range.clone()).unwrap_or_default();
    let (first, last) = (slice.first(), slice.last());
    first.map_or(0, |w| w.span.start)..last.map_or(0, |w| w.span.end)
}

/// Fills text fields with what follows their names.
fn texts(work: &mut Work<'_>, text: &str, words: &[Word], mentions: &[Mention]) {
    let mut taken: Vec<Range<usize>> = Vec::new();
    for mention in mentions {
        let Some(field) = work.fields.get(mention.field) else { continue };
        if field.is_checkbox || !work.is_open(mention.field) {
            continue;
        }
        let overlaps =
            |range: &Range<usize>| taken.iter().any(|t| t.start < range.end && range.start < t.end);
        if overlaps(&mention.words) {
            continue;
        }
        let stops: Vec<usize> = mentions
            .iter()
            .filter(|m| m.weight >= 1.0 && m.words.start >= mention.words.end)
            .map(|m| m.words.start)
            .collect();
        let Some((value, range)) = value_after(work, text, words, mention, &stops) else {
            continue;
        };
        if is_denied(words, mention.words.start) || overlaps(&range) {
            continue;
        }
        let source = span(words, &(mention.words.start..range.end));
        if work.put(mention.field, &value, source) {
            taken.push(mention.words.start..range.end);
        }
    }
}

fn plain(word: &str) -> String {
    word.trim_matches(|c: char| matches!(c, ',' | ';' | ':' | '"' | '(' | ')' | '.')).to_lowercase()
}

/// Where the value after a name begins, and how it is tied to the name.
struct Start {
    at: usize,
    has_colon: bool,
    /// A word such as `is` or a colon stands between.
    is_linked: bool,
}

fn start_after(words: &[Word], name: &Range<usize>) -> Option<Start> {
    let last = words.get(name.end.checked_sub(1)?)?;
    let mut has_colon = last.text.ends_with([':', '=']);
    if last.ends && !has_colon {
        return None;
    }
    let mut at = name.end;
    // A unit or a hint in brackets belongs to the name.
    while let Some(word) = words.get(at).filter(|w| !has_colon && w.text.starts_with('(')) {
        let core = word.text.trim_end_matches([':', ',']);
        if !core.ends_with(')') || core.chars().any(|c| c.is_ascii_digit()) {
            break;
        }
        has_colon = word.text.ends_with(':');
        at += 1;
    }
    let is_link =
        |at: usize| words.get(at).is_some_and(|word| LINKS.contains(&plain(&word.text).as_str()));
    while !has_colon && is_link(at) {
        at += 1;
    }
    Some(Start { at, has_colon, is_linked: has_colon || at > name.end })
}

/// Where a value ends: at another name, a new clause, or the end of the sentence.
fn end_of(words: &[Word], start: &Start, kind: Option<Kind>, stops: &[usize]) -> usize {
    let mut end = start.at;
    while let Some(word) = words.get(end) {
        let is_first = end == start.at;
        let is_break = !start.has_colon && BREAKS.contains(&plain(&word.text).as_str());
        if !is_first && (stops.contains(&end) || is_break) {
            break;
        }
        end += 1;
        let next = words.get(end).map(|next| next.text.as_str()).unwrap_or_default();
        let goes_on = match kind {
            Some(Kind::Address) => true,
            Some(Kind::Money | Kind::Date) => next.starts_with(|c: char| c.is_ascii_digit()),
            // After a colon a value may hold commas: a family name first, a list.
            _ => start.has_colon,
        };
        if word.ends || (word.text.ends_with(',') && !goes_on) {
            break;
        }
    }
    end
}

/// Kinds whose values hold digits or an at sign.
fn is_typed(kind: Option<Kind>) -> bool {
    use Kind::{Date, Ein, Email, Iban, Id, Money, Number, Phone, Ssn, Time, Zip};
    let typed = [Date, Phone, Email, Zip, Ssn, Ein, Iban, Id, Money, Time, Number];
    kind.is_some_and(|kind| typed.contains(&kind))
}

/// The value after a name: what fits its kind, up to the end of the clause.
fn value_after(
    work: &Work<'_>,
    text: &str,
    words: &[Word],
    mention: &Mention,
    stops: &[usize],
) -> Option<(String, Range<usize>)> {
    let (field, asked) = (work.fields.get(mention.field)?, work.asked.get(mention.field)?);
    let start = start_after(words, &mention.words)?;
    let end = end_of(words, &start, asked.kind, stops);
    let slice = words.get(start.at..end)?;
    let (first, last) = (slice.first()?, slice.last()?);
    let value = text.get(first.span.start..last.span.end)?.trim_end_matches([',', ';']);
    let value = if last.ends { value.trim_end_matches(['.', '!']) } else { value };
    let value = value.trim_matches(['"', '“', '”']);
    let is_choice = matches!(field.role, Role::Choice { .. });
    if value.is_empty() || (!asked.fits(field, value) && !is_choice) {
        return None;
    }
    let is_typed = is_typed(asked.kind);
    let has_mark = value.chars().any(|c| c.is_ascii_digit() || c == '@');
    if is_typed && asked.kind != Some(Kind::Date) && !has_mark {
        return None;
    }
    let is_name = value.starts_with(char::is_uppercase);
    if mention.weight < 1.0 && !is_name {
        return None;
    }
    // Without a link only a typed value or a name follows directly.
    let begins = is_name || value.starts_with(|c: char| c.is_ascii_digit());
    (start.is_linked || is_typed || begins).then(|| (value.to_owned(), start.at..end))
}

/// `I am Ann Lee`, `My name is …`, `… lives at …`: values whose fields are not named.
fn introductions(work: &mut Work<'_>, text: &str, words: &[Word]) {
    for at in 0..words.len() {
        let said =
            |offset: usize| words.get(at + offset).map(|w| plain(&w.text)).unwrap_or_default();
        let (first, second) = (said(0), said(1));
        let kind = match (first.as_str(), second.as_str()) {
            ("i", "am") | ("i'm", _) | ("ich", "bin") => {
                Some((Kind::Name, 2 - usize::from(first == "i'm")))
            }
            ("live" | "lives" | "living" | "resides" | "reside", "at") => Some((Kind::Address, 2)),
            _ => None,
        };
        let Some((kind, skip)) = kind else { continue };
        let open = (0..work.fields.len()).find(|field| {
            work.is_open(*field)
                && work.asked.get(*field).is_some_and(|a| a.kind == Some(kind))
                && work.fields.get(*field).is_some_and(|f| !f.is_checkbox)
        });
        let Some(field) = open else { continue };
        let from = at + skip;
        let mut end = from;
        while let Some(word) = words.get(end) {
            let is_name = word.text.starts_with(char::is_uppercase);
            if kind == Kind::Name && !is_name {
                break;
            }
            end += 1;
            if word.ends || (kind == Kind::Name && word.text.ends_with(',')) {
                break;
            }
        }
        let range = from..end;
        let source = span(words, &range);
        let value = text.get(source.clone()).unwrap_or_default();
        let value = value.trim_end_matches(['.', ',', ';']).to_owned();
        if !value.is_empty() {
            work.put(field, &value, source);
        }
    }
}
