//! Splitting by a model: each page gets a name, and pages in a row make a subdocument.
//!
//! Pages are labelled one by one, so that a long document can be asked about in portions;
//! of each page as much is shown as fits, its head first.

use serde_json::{Map, Value, json};

use super::classify::{listed, named};
use super::pages::{self, Piece};
use super::shape::{self, Wire};
use super::talk::Talk;
use super::{Answered, Asking, Model, ModelError, Tokens, Vote, chat};
use crate::document::Document;
use crate::local::{Category, Partition, Segment, Subdocument};

const QUESTION: &str = "The document is a file in which several subdocuments may follow each \
    other. Say for every page, in order, to which of these kinds it belongs, and whether a new \
    subdocument begins on it (true also when one of the same kind follows).";

/// Bytes of a page that are shown at least, and at most.
const PAGE_BYTES_MIN: usize = 400;
const PAGE_BYTES_MAX: usize = 3_000;
/// How sure one voice is.
const ONE_VOICE: f32 = 0.8;

/// What is said of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Label {
    kind: usize,
    begins: bool,
    key: Option<String>,
}

impl Model {
    /// The subdocuments, in the order of their pages.
    ///
    /// # Errors
    /// Why no answer came.
    pub fn split(
        &self,
        document: &Document,
        wanted: &[Subdocument<'_>],
        asking: &Asking<'_>,
    ) -> Result<Answered<Vec<Segment>>, ModelError> {
        let kinds: Vec<Category<'_>> = wanted.iter().map(|w| w.category).collect();
        let question = question(wanted, &kinds);
        let wire = wire(wanted, &kinds);
        let prompt = chat(&question, asking.hints, "", &wire).bytes();
        let room = pages::room_bytes(self.settings.context_tokens(), prompt);
        let heads = heads(document, room);
        let portions = pages::portions(&heads, room);
        let cast = |talk: &Talk<'_>, temperature: f32| {
            let mut labels = Vec::new();
            let (mut tokens, mut is_prompt_cut) = (Tokens::default(), false);
            for portion in &portions {
                let text = pages::fenced(portion);
                let mut chat = chat(&question, asking.hints, &text, &wire);
                chat.temperature = temperature;
                let said = talk.ask(chat, &|answer| faults(&kinds, portion, answer))?;
                tokens += said.tokens;
                is_prompt_cut |= said.is_prompt_cut;
                labels.extend(read(&kinds, portion, &said.value)?);
            }
            Ok(Vote { value: labels, tokens, is_prompt_cut })
        };
        let votes = self.votes(asking, &cast)?;
        let mut tokens = Tokens::default();
        votes.iter().for_each(|vote| tokens += vote.tokens);
        let votes: Vec<Vec<Label>> = votes.into_iter().map(|vote| vote.value).collect();
        let numbers: Vec<u32> = heads.iter().map(|piece| piece.page).collect();
        let (elected, shares) = elected(&votes);
        let answer = segments(wanted, &numbers, &elected, &shares);
        let single = |labels: &Vec<Label>| segments(wanted, &numbers, labels, &[]);
        let votes = if votes.len() > 1 { votes.iter().map(single).collect() } else { Vec::new() };
        Ok(Answered { answer, votes, tokens })
    }
}

fn question(wanted: &[Subdocument<'_>], kinds: &[Category<'_>]) -> String {
    let mut question = format!("{QUESTION}\n\n{}", listed(kinds));
    for one in wanted {
        if let Some(key) = one.partition_key {
            let name = json!(one.category.name);
            question.push_str(&format!("\nFor pages of {name} also give as key: the {key}."));
        }
    }
    question
}

fn wire(wanted: &[Subdocument<'_>], kinds: &[Category<'_>]) -> Wire {
    let names: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
    let mut page = Map::from_iter([
        ("page".to_owned(), json!({"type": "integer"})),
        ("kind".to_owned(), json!({"type": "string", "enum": names})),
        ("begins".to_owned(), json!({"type": "boolean"})),
    ]);
    if wanted.iter().any(|one| one.partition_key.is_some()) {
        page.insert("key".to_owned(), json!({"type": ["string", "null"]}));
    }
    let pages = json!({"type": "array", "items": shape::closed(page)});
    Wire { schema: shape::closed(Map::from_iter([("pages".to_owned(), pages)])), is_strict: true }
}

/// The head of every page.
fn heads(document: &Document, room: usize) -> Vec<Piece> {
    let each = room / document.pages.len().max(1);
    let most = each.clamp(PAGE_BYTES_MIN, PAGE_BYTES_MAX);
    let head = |page: &crate::document::Page| Piece {
        page: page.number,
        text: pages::parts(&page.text, most).first().copied().unwrap_or_default().to_owned(),
    };
    document.pages.iter().map(head).collect()
}

/// The label of each page of a portion, where the answer has one.
fn said<'a>(
    kinds: &'a [Category<'_>],
    answer: &'a Value,
) -> impl Iterator<Item = (u32, Label)> + 'a {
    let list = answer.get("pages").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|entry| {
        let page = entry.get("page")?.as_u64().and_then(|n| u32::try_from(n).ok())?;
        let kind = named(kinds, entry.get("kind")?.as_str()?)?;
        let begins = entry.get("begins").and_then(Value::as_bool).unwrap_or(false);
        let key = entry.get("key").and_then(Value::as_str).map(str::trim);
        let key = key.filter(|key| !key.is_empty()).map(str::to_owned);
        Some((page, Label { kind, begins, key }))
    })
}

fn faults(kinds: &[Category<'_>], portion: &[Piece], answer: &Value) -> Vec<String> {
    let known: Vec<u32> = said(kinds, answer).map(|(page, _)| page).collect();
    let missing: Vec<String> = portion
        .iter()
        .filter(|piece| !known.contains(&piece.page))
        .map(|piece| piece.page.to_string())
        .collect();
    match missing.is_empty() {
        true => Vec::new(),
        false => vec![format!("pages {} have no entry with a kind given", missing.join(", "))],
    }
}

/// A label for every page of a portion. A page nobody spoke of goes on as the one before.
fn read(
    kinds: &[Category<'_>],
    portion: &[Piece],
    answer: &Value,
) -> Result<Vec<Label>, ModelError> {
    let labels: Vec<(u32, Label)> = said(kinds, answer).collect();
    let mut last = labels.first().map(|(_, label)| label.clone()).ok_or_else(|| {
        ModelError::InvalidAnswer("it names a kind for none of the pages".to_owned())
    })?;
    let mut read = Vec::with_capacity(portion.len());
    for piece in portion {
        last = match labels.iter().find(|(page, _)| *page == piece.page) {
            Some((_, label)) => label.clone(),
            None => Label { begins: false, ..last },
        };
        read.push(last.clone());
    }
    Ok(read)
}

/// For each page what most votes say, and the share of the votes behind its kind.
fn elected(votes: &[Vec<Label>]) -> (Vec<Label>, Vec<f32>) {
    let pages = votes.first().map_or(0, Vec::len);
    let elect = |page: usize| {
        let all: Vec<&Label> = votes.iter().filter_map(|vote| vote.get(page)).collect();
        let support = |label: &Label| all.iter().filter(|other| other.kind == label.kind).count();
        let best = all.iter().rev().max_by_key(|label| support(label))?;
        let share = support(best) as f32 / all.len() as f32;
        let begins = all.iter().filter(|label| label.begins).count() * 2 > all.len();
        let keys = |key: &Option<String>| all.iter().filter(|other| other.key == *key).count();
        let key = all.iter().rev().max_by_key(|label| keys(&label.key))?.key.clone();
        Some((Label { kind: best.kind, begins, key }, share))
    };
    (0..pages).filter_map(elect).unzip()
}

/// Pages in a row of one kind, until a new one begins.
fn segments(
    wanted: &[Subdocument<'_>],
    numbers: &[u32],
    labels: &[Label],
    shares: &[f32],
) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    for (index, (number, label)) in numbers.iter().zip(labels).enumerate() {
        let likelihood = ONE_VOICE * shares.get(index).copied().unwrap_or(1.0);
        match segments.last_mut() {
            Some(last) if last.subdocument == label.kind && !label.begins => {
                last.pages.push(*number);
                last.likelihood = last.likelihood.min(likelihood);
            }
            _ => segments.push(Segment {
                subdocument: label.kind,
                pages: vec![*number],
                likelihood,
                partitions: Vec::new(),
            }),
        }
        let has_key = wanted.get(label.kind).is_some_and(|w| w.partition_key.is_some());
        if let (Some(segment), true) = (segments.last_mut(), has_key) {
            part(segment, *number, label.key.as_deref());
        }
    }
    segments
}

/// Puts a page into the partition of its key; a page without one goes on with the last.
fn part(segment: &mut Segment, number: u32, key: Option<&str>) {
    match (segment.partitions.last_mut(), key) {
        (Some(last), None) => last.pages.push(number),
        (Some(last), Some(key)) if last.key == key => last.pages.push(number),
        (None, None) => {}
        (_, Some(key)) => {
            // Pages before the first key belong to it.
            let first = segment.partitions.is_empty();
            let pages = if first { segment.pages.clone() } else { vec![number] };
            segment.partitions.push(Partition { key: key.to_owned(), pages });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds() -> [Category<'static>; 2] {
        ["Invoice", "Receipt"].map(|name| Category { name, description: "" })
    }

    fn portion(pages: u32) -> Vec<Piece> {
        (1..=pages).map(|page| Piece { page, text: String::new() }).collect()
    }

    #[test]
    fn labels_become_segments_with_parts() {
        let answer = json!({"pages": [
            {"page": 1, "kind": "invoice", "begins": true, "key": null},
            {"page": 2, "kind": "Invoice", "begins": false, "key": "A"},
            {"page": 3, "kind": "Invoice", "begins": false, "key": "B"},
            {"page": 5, "kind": "Receipt", "begins": true, "key": null},
            {"page": 6, "kind": "Receipt", "begins": true}]});
        let kinds = kinds();
        let portion = portion(6);
        assert_eq!(faults(&kinds, &portion, &answer).len(), 1);
        let labels = read(&kinds, &portion, &answer).unwrap();
        let wanted = kinds.map(|category| Subdocument { category, partition_key: Some("number") });
        let segments = segments(&wanted, &[1, 2, 3, 4, 5, 6], &labels, &[]);
        let pages: Vec<&[u32]> = segments.iter().map(|s| s.pages.as_slice()).collect();
        assert_eq!(pages, [&[1, 2, 3, 4][..], &[5], &[6]]);
        let part = |key: &str, pages: &[u32]| Partition { key: key.into(), pages: pages.into() };
        assert_eq!(segments[0].partitions, [part("A", &[1, 2]), part("B", &[3, 4])]);
        assert!(read(&kinds, &portion, &json!({"pages": []})).is_err());
    }

    #[test]
    fn pages_are_voted_on_one_by_one() {
        let label = |kind, begins| Label { kind, begins, key: None };
        let votes = [
            vec![label(0, true), label(1, true)],
            vec![label(0, true), label(0, false)],
            vec![label(1, true), label(1, true)],
        ];
        let (labels, shares) = elected(&votes);
        assert_eq!(labels, [label(0, true), label(1, true)]);
        assert!(shares.iter().all(|share| (share - 0.667).abs() < 0.01));
    }
}
