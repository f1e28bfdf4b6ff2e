//! Boxes, questions and lists whose answers are said.

use std::ops::Range;

use super::super::terms::Term;
use super::super::{Work, asked, tick};
use super::words::{Mention, Word, is_denied, plain, said, span, terms_of};
use crate::form::Role;

/// Ticks the boxes whose names are said.
pub(super) fn ticks(work: &mut Work<'_>, words: &[Word], mentions: &[Mention]) {
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
pub(super) fn answers(work: &mut Work<'_>, words: &[Word]) {
    let (terms, owners) = terms_of(words);
    for question in tick::questions(work.fields) {
        let Some((yes, no)) = question.yes_and_no(work.fields) else { continue };
        let Some(asked) = work.asked.get(yes).filter(|_| work.is_open(yes) && work.is_open(no))
        else {
            continue;
        };
        let name: Vec<Term> =
            asked.question().iter().filter(|term| !asked::is_faint(&term.word)).cloned().collect();
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
pub(super) fn options(work: &mut Work<'_>, words: &[Word]) {
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
