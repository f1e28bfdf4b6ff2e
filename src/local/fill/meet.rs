//! Which fact belongs to which field: the best pairs first, each used once.

use super::Work;
use super::terms::{Kind, Term, terms};
use super::tick::{self, Question};
use crate::form::Role;

/// A pair must be this good to be taken.
const PAIR_MIN: f32 = 0.56;
/// What a value of the wrong kind costs.
const MISFIT: f32 = 0.3;

/// A fact and what would take it.
struct Pair {
    fact: usize,
    taker: Taker,
    score: f32,
}

enum Taker {
    Field(usize),
    Boxes(Vec<(usize, bool)>),
}

impl Work<'_> {
    /// Meets every fact with the field or the boxes it belongs to.
    pub(super) fn meet_all(&mut self) {
        let words: Vec<Vec<Term>> = self.facts.iter().map(|fact| terms(&fact.label)).collect();
        let questions = tick::questions(self.fields);
        let mut pairs = Vec::new();
        for (fact, words) in words.iter().enumerate() {
            pairs.extend(self.pairs_of(fact, words));
            pairs.extend(self.boxes_of(fact, words, &questions));
        }
        // Equal pairs keep the order of the instructions and of the form.
        pairs.sort_by(|a, b| b.score.total_cmp(&a.score));
        for pair in pairs {
            if self.used.get(pair.fact).copied().unwrap_or(true) {
                continue;
            }
            self.take(pair);
        }
        self.repeat_everywhere(&words);
    }

    fn take(&mut self, pair: Pair) {
        let Some(fact) = self.facts.get(pair.fact).cloned() else { return };
        match pair.taker {
            Taker::Field(field) => {
                if self.is_open(field) && self.put(field, &fact.value, fact.span) {
                    self.use_up(pair.fact);
                }
            }
            Taker::Boxes(boxes) => {
                if !boxes.iter().all(|(field, _)| self.is_open(*field)) {
                    return;
                }
                for (field, is_on) in boxes {
                    self.values.insert(field, (is_on.to_string(), fact.span.clone()));
                }
                self.use_up(pair.fact);
            }
        }
    }

    fn pairs_of(&self, fact: usize, words: &[Term]) -> Vec<Pair> {
        let Some(stated) = self.facts.get(fact) else { return Vec::new() };
        let mut found = Vec::new();
        for (index, (field, asked)) in self.fields.iter().zip(&self.asked).enumerate() {
            if field.is_checkbox || !self.can_take(index) {
                continue;
            }
            let mut score = asked.named_by(words);
            if field.key.eq_ignore_ascii_case(stated.label.trim()) {
                score = score.max(1.05);
            }
            if !asked.fits(field, &stated.value) {
                score -= MISFIT;
            }
            // An answer to a question is no text, unless nothing else is there.
            if tick::truth(&stated.value).is_some() && asked.kind.is_some() {
                score -= 0.1;
            }
            if score >= PAIR_MIN {
                found.push(Pair { fact, taker: Taker::Field(index), score });
            }
        }
        found
    }

    fn boxes_of(&self, fact: usize, words: &[Term], questions: &[Question]) -> Vec<Pair> {
        let Some(stated) = self.facts.get(fact) else { return Vec::new() };
        let mut found = Vec::new();
        let truth = tick::truth(&stated.value);
        for question in questions {
            if let Some((boxes, score)) =
                question.answer(&self.asked, self.fields, words, &stated.value)
            {
                found.push(Pair { fact, taker: Taker::Boxes(boxes), score });
            }
        }
        if let Some(truth) = truth {
            for (index, (field, asked)) in self.fields.iter().zip(&self.asked).enumerate() {
                // A box that is called yes or no is ticked by its question only.
                let is_answer = tick::truth(&field.label.own).is_some();
                let score = asked.named_by(words);
                if field.is_checkbox && !is_answer && score >= PAIR_MIN && self.can_take(index) {
                    found.push(Pair { fact, taker: Taker::Boxes(vec![(index, truth)]), score });
                }
            }
        }
        found
    }

    /// What is the same all over a form, such as a case number, stands wherever it is asked.
    fn repeat_everywhere(&mut self, words: &[Vec<Term>]) {
        for (fact, words) in words.iter().enumerate() {
            let is_constant =
                words.iter().any(|term| term.kind == Some(Kind::Id) && term.word == "casenumber");
            let Some(stated) = self.facts.get(fact).cloned() else { continue };
            if !is_constant || !self.used.get(fact).copied().unwrap_or(false) {
                continue;
            }
            let open: Vec<usize> = (0..self.fields.len())
                .filter(|index| {
                    let is_text = self
                        .fields
                        .get(*index)
                        .is_some_and(|f| matches!(f.role, Role::Text { .. }) && !f.is_checkbox);
                    let names = self.asked.get(*index).map(|a| a.names.iter().flatten());
                    let asks = names.is_some_and(|mut n| n.any(|term| term.word == "casenumber"));
                    is_text && asks && self.is_open(*index)
                })
                .collect();
            for field in open {
                self.put(field, &stated.value, stated.span.clone());
            }
        }
    }
}
