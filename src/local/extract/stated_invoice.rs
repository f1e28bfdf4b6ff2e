//! Answers out of the structured invoice inside a document; the page shows where they stand.

use std::ops::Range;

use super::assemble::{Answer, Answers};
use super::candidate::Reader;
use super::leaf::{Leaf, List, Plan};
use super::read::Reading;
use super::{Source, write};
use crate::local::einvoice::{Invoice, Said};
use crate::local::lexicon::Lexicon;
use crate::local::text::fold;
use crate::local::value::{date, number};

/// How sure such values are.
const LIKELIHOOD: f32 = 0.98;
/// Columns that a list must share with the invoice's lines.
const COLUMNS_MIN: usize = 2;
/// Longest value in words that is looked for on the pages.
const WORDS_MAX: usize = 10;

impl Reader<'_> {
    /// Puts what an invoice says in the place of what the pages seem to say.
    pub(super) fn believe(&self, plan: &Plan<'_>, invoice: &Invoice, answers: &mut Answers) {
        for leaf in &plan.leaves {
            let concept = leaf.concept.and_then(|c| Lexicon::fields().concepts.get(c));
            let said = concept.and_then(|c| invoice.field(c.name));
            if let Some(answer) = said.and_then(|said| self.told(leaf, said, invoice)) {
                answers.insert(leaf.pointer.clone(), answer);
            }
        }
        for list in &plan.lists {
            self.believe_lines(list, invoice, answers);
        }
    }

    fn believe_lines(&self, list: &List<'_>, invoice: &Invoice, answers: &mut Answers) {
        let lexicon = Lexicon::columns();
        let name = |column: &Leaf<'_>| {
            column.concept.and_then(|c| lexicon.concepts.get(c)).map_or("", |c| c.name)
        };
        let known = |column: &&Leaf<'_>| {
            invoice
                .lines
                .iter()
                .any(|line| line.iter().any(|(concept, _)| *concept == name(column)))
        };
        if list.is_plain || list.columns.iter().filter(known).count() < COLUMNS_MIN {
            return;
        }
        let prefix = format!("{}/", list.pointer);
        answers.retain(|pointer, _| !pointer.starts_with(&prefix));
        for (index, line) in invoice.lines.iter().enumerate() {
            for column in &list.columns {
                let said = line.iter().find(|(concept, _)| *concept == name(column));
                let answer = said.and_then(|(_, said)| self.told(column, said, invoice));
                if let Some(answer) = answer {
                    answers.insert(format!("{prefix}{index}{}", column.pointer), answer);
                }
            }
        }
    }

    fn told(&self, leaf: &Leaf<'_>, said: &Said, invoice: &Invoice) -> Option<Answer> {
        let number = said.text.parse::<f64>().ok();
        let reading = Reading { text: said.text.clone(), number, tokens: 0..0, fitness: 1.0 };
        let value = write::to_json(leaf, &reading)?;
        let element = said.path.rsplit('/').next().unwrap_or_default();
        let reason = format!("the file “{}” inside the document says so ({element})", invoice.file);
        let on_page = self
            .place_of(&said.text, number.filter(|_| leaf.kind.is_numeric()))
            .and_then(|tokens| super::source(self.view, tokens, reason.clone()));
        // What no page shows comes from the document as a whole.
        let whole = Source { page: 1, bbox: [0.0, 0.0, 1.0, 1.0], text: said.text.clone(), reason };
        Some(Answer { value, likelihood: LIKELIHOOD, source: on_page.or(Some(whole)) })
    }

    /// Where a value stands on the pages.
    fn place_of(&self, text: &str, number: Option<f64>) -> Option<Range<usize>> {
        let compact =
            |text: &str| -> String { fold(text).chars().filter(|c| c.is_alphanumeric()).collect() };
        let wanted = compact(text);
        let is_day = text.len() == 10 && text.as_bytes().get(4) == Some(&b'-');
        self.view.cells.iter().find_map(|cell| {
            let words: Vec<&str> = self
                .view
                .tokens
                .get(cell.tokens.clone())?
                .iter()
                .map(|token| token.text.as_str())
                .collect();
            (0..words.len()).find_map(|at| {
                let rest = words.get(at..)?;
                let start = cell.tokens.start + at;
                if let Some(number) = number {
                    let read = number::parse(rest.first()?, self.habits.decimal)?;
                    return ((read.value - number).abs() < 0.005).then_some(start..start + 1);
                }
                if is_day {
                    let (day, used) = date::leading(rest, self.habits.order)?;
                    return (day.iso() == text).then_some(start..start + used);
                }
                let mut joined = String::new();
                rest.iter().take(WORDS_MAX).enumerate().find_map(|(count, word)| {
                    joined.push_str(&compact(word));
                    (joined == wanted).then_some(start..start + count + 1)
                })
            })
        })
    }
}
