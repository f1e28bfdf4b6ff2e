//! Extraction: a document and a schema in, a valid instance with its evidence out.
//!
//! The order of work: labels are found, candidates gathered from labels, positions, prose
//! and types, judged by arithmetic, assigned to leaves one by one; lists are read from
//! tables; then the instance is put together so that it always fits the schema.

mod assemble;
mod assign;
mod candidate;
mod leaf;
mod read;
mod record;
mod table;

use serde_json::{Value, json};

use self::assemble::{Answer, Answers};
use self::candidate::{Candidate, Reader};
use self::leaf::Plan;
use super::label::Labels;
use super::lexicon::Lexicon;
use super::page::View;
use super::schema::{Schema, SchemaError};
use super::value::Habits;
use crate::document::Document;

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

fn extract_view(_document: &Document, view: &View, schema: &Schema) -> Extraction {
    let plan = Plan::of(schema);
    let lexicon = Lexicon::fields();
    let labels = Labels::find(view, lexicon, &plan.keys());
    let text = view.text(0..view.tokens.len());
    let reader = Reader { view, labels: &labels, habits: Habits::of(&text), lexicon };
    let mut answers = Answers::new();
    let mut taken: Vec<std::ops::Range<usize>> = Vec::new();
    for list in plan.lists.iter().filter(|list| !list.is_plain) {
        let records = reader.records(list);
        taken.extend(records.tokens.iter().cloned());
        record::answer(&reader, list, records, &mut answers);
    }
    let candidates = reader.labelled(&plan);
    let is_free = |c: &Candidate| !taken.iter().any(|t| t.contains(&c.tokens.start));
    let candidates = candidates.into_iter().filter(is_free).collect();
    let chosen = assign::assign(candidates, plan.leaves.len());
    for (leaf, candidate) in plan.leaves.iter().zip(chosen) {
        if let Some(candidate) = candidate {
            answers.insert(leaf.pointer.clone(), answer(view, candidate));
        }
    }
    let assembly = assemble::assemble(schema, &answers);
    Extraction {
        data: assembly.data,
        likelihoods: assembly.likelihoods,
        sources: assembly.sources,
        warnings: assembly.warnings,
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
