//! Extraction: a document and a schema in, a valid instance with its evidence out.
//!
//! The order of work: labels are found, candidates gathered from labels, positions, prose
//! and types, judged by arithmetic, assigned to leaves one by one; lists are read from
//! tables; then the instance is put together so that it always fits the schema.

pub(crate) mod adopt;
mod assemble;
mod assign;
mod boxed;
pub(crate) mod candidate;
mod career;
pub(crate) mod leaf;
pub(crate) mod locate;
mod lone;
mod named;
mod party;
mod prose;
mod rates;
mod read;
pub(crate) mod record;
mod role;
mod section;
mod slip;
mod stack;
mod stated_invoice;
mod strategy;
mod sums;
mod table;
mod write;

use serde_json::{Value, json};

use self::assemble::{Answer, Answers};
use self::candidate::{Candidate, Reader};
use self::leaf::Plan;
use self::record::Records;
use self::strategy::{Route, Strategy};
use super::einvoice;
use super::label::Labels;
use super::lexicon::Lexicon;
use super::page::View;
use super::schema::{Schema, SchemaError};
use crate::document::Document;

/// Readings of one document at most.
const VOICES_MAX: usize = 16;

/// What was extracted, each tree shaped like the data.
#[derive(Debug, Clone, PartialEq)]
pub struct Extraction {
    /// An instance of the schema.
    pub data: Value,
    /// How sure each value is, 0 to 1.
    pub likelihoods: Value,
    /// Where each value was found: page, box, matched text and reason, or null.
    pub sources: Value,
    /// What is missing or had to be left out.
    pub warnings: Vec<String>,
}

/// Where a value was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// Page, from 1.
    pub page: u32,
    /// Left, top, width and height as fractions of the page, origin at the top left.
    pub bbox: [f32; 4],
    /// The words it was read from.
    pub text: String,
    /// Why these words were taken.
    pub reason: String,
}

impl Source {
    /// The source as it stands in answers.
    pub(crate) fn to_json(&self) -> Value {
        let [left, top, width, height] =
            self.bbox.map(|f| (f64::from(f) * 10_000.0).round() / 10_000.0);
        json!({
            "page": self.page,
            "bbox": {"left": left, "top": top, "width": width, "height": height, "page": self.page},
            "text": self.text,
            "reason": self.reason,
        })
    }
}

/// Extracts what a schema asks for.
///
/// # Errors
/// [`SchemaError`] when the schema cannot be used or exceeds its budget.
pub fn extract(document: &Document, schema: &Value) -> Result<Extraction, SchemaError> {
    let schema = Schema::compile(schema)?;
    let view = View::new(document);
    Ok(extract_view(document, &view, &schema))
}

/// Extracts with several readings that trust the ways to a value differently, and votes
/// field by field. Gives the outcome of the vote and the readings.
///
/// # Errors
/// [`SchemaError`] when the schema cannot be used or exceeds its budget.
pub fn extract_by_vote(
    document: &Document,
    schema: &Value,
    voices: usize,
) -> Result<(Extraction, Vec<Extraction>), SchemaError> {
    let schema = Schema::compile(schema)?;
    let view = View::new(document);
    let plan = Plan::of(&schema);
    let labels = Labels::find(&view, Lexicon::fields(), &plan.keys());
    let mut reader = Reader::new(&view, &labels);
    let readings: Vec<Answers> = (0..voices.clamp(1, VOICES_MAX))
        .map(|index| {
            reader.strategy = Strategy::numbered(index);
            answers_of(document, &reader, &plan)
        })
        .collect();
    let outcome = assembled(&schema, &strategy::vote(&plan, &readings));
    Ok((outcome, readings.iter().map(|answers| assembled(&schema, answers)).collect()))
}

/// The values of a small schema in a part of a document; nothing when the schema is bad.
pub(crate) fn scalars(view: &View, schema: &Value) -> Value {
    Schema::compile(schema)
        .map_or(Value::Null, |schema| extract_view(&Document::default(), view, &schema).data)
}

fn extract_view(document: &Document, view: &View, schema: &Schema) -> Extraction {
    let plan = Plan::of(schema);
    let labels = Labels::find(view, Lexicon::fields(), &plan.keys());
    let reader = Reader::new(view, &labels);
    assembled(schema, &answers_of(document, &reader, &plan))
}

fn answers_of(document: &Document, reader: &Reader<'_>, plan: &Plan<'_>) -> Answers {
    let found = reader.find(plan);
    let mut answers = Answers::new();
    for (list, records) in plan.lists.iter().zip(found.lists) {
        record::answer(reader, list, records, &mut answers);
    }
    for (leaf, candidate) in plan.leaves.iter().zip(found.scalars) {
        if let Some(candidate) = candidate {
            answers.insert(leaf.pointer.clone(), answer(reader.view, candidate));
        }
    }
    if let Some(invoice) = einvoice::find(document) {
        reader.believe(plan, &invoice, &mut answers);
    }
    answers
}

fn assembled(schema: &Schema, answers: &Answers) -> Extraction {
    let assembly = assemble::assemble(schema, answers);
    Extraction {
        data: assembly.data,
        likelihoods: assembly.likelihoods,
        sources: assembly.sources,
        warnings: assembly.warnings,
    }
}

/// What was found for a plan, in its order.
pub(crate) struct Found {
    pub(crate) scalars: Vec<Option<Candidate>>,
    pub(crate) lists: Vec<Records>,
}

impl Reader<'_> {
    /// Finds what a plan asks for.
    pub(crate) fn find(&self, plan: &Plan<'_>) -> Found {
        let lists: Vec<Records> = plan
            .lists
            .iter()
            .map(|list| {
                let mut records = if list.is_plain { self.plain(list) } else { self.records(list) };
                if records.rows.is_empty() {
                    records = self.in_sections(list);
                }
                if records.rows.is_empty() && !list.is_plain {
                    records = self.slip(list);
                }
                self.check_rows(list, &mut records);
                records
            })
            .collect();
        let is_free = |c: &Candidate| {
            !lists.iter().flat_map(|l| &l.tokens).any(|t| t.contains(&c.tokens.start))
        };
        let mut candidates: Vec<Candidate> =
            self.labelled(plan).into_iter().filter(is_free).collect();
        let mut add = |route: Route, more: Vec<Candidate>| {
            let weighed = more.into_iter().map(|candidate| {
                let score = self.strategy.weigh(route, candidate.score);
                Candidate { score, ..candidate }
            });
            candidates.extend(weighed);
        };
        add(Route::Party, self.parties(plan));
        add(Route::Form, self.lone(plan));
        add(Route::Sentence, self.stated(plan));
        add(Route::Inline, self.taxed(plan));
        add(Route::Form, self.curriculum(plan));
        let mut scalars = assign::assign(candidates.clone(), plan.leaves.len());
        self.check_sums(plan, &candidates, &mut scalars, &lists);
        Found { scalars, lists }
    }
}

fn answer(view: &View, candidate: Candidate) -> Answer {
    let source = source(view, candidate.tokens, candidate.reason);
    Answer { value: candidate.value, likelihood: candidate.score, source }
}

/// Page, box and text of some words.
fn source(view: &View, tokens: std::ops::Range<usize>, reason: String) -> Option<Source> {
    let cell = view.cells.get(view.cell_of(tokens.start)?)?;
    let sheet = view.sheets.get(cell.page)?;
    let (width, height) = (sheet.width.max(1.0), sheet.height.max(1.0));
    let bbox = view.bbox(tokens.clone());
    let boxed = [bbox.x0 / width, bbox.y0 / height, bbox.width() / width, bbox.height() / height];
    Some(Source { page: sheet.number, bbox: boxed, text: view.text(tokens), reason })
}

#[cfg(test)]
mod property_tests;
