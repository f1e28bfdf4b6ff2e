//! Text fields: the value that follows a name, or is said without one.

use std::ops::Range;

use super::super::Work;
use super::super::terms::Kind;
use super::words::{Mention, Word, is_denied, plain, span};
use crate::form::Role;

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

/// Words that end a clause.
const BREAKS: &[&str] = &["and", "but", "who", "which", "while", "whose", "und", "et", "y"];

/// Fills text fields with what follows their names.
pub(super) fn texts(work: &mut Work<'_>, text: &str, words: &[Word], mentions: &[Mention]) {
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
pub(super) fn introductions(work: &mut Work<'_>, text: &str, words: &[Word]) {
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
