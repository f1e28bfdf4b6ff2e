//! The concepts of business documents: what a field means, how documents print its label
//! in nine languages, and what kind of value it takes.
//!
//! Data only; reads its own files. Must not know pages or schemas.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::text::{canonical, key};

/// What kind of value a concept or leaf takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Text,
    Title,
    Id,
    Date,
    DateTime,
    Time,
    Money,
    Number,
    Percent,
    Year,
    Party,
    Person,
    GivenName,
    FamilyName,
    Bank,
    Address,
    City,
    Postcode,
    State,
    Country,
    Place,
    Email,
    Phone,
    Url,
    Iban,
    Bic,
    Vat,
    Ssn,
    Ein,
    Currency,
    Period,
    Boolean,
    Jurisdiction,
    Term,
    TermYears,
    TermMonths,
    NoticeDays,
    Parties,
}

impl Kind {
    fn named(name: &str) -> Self {
        match name {
            "title" => Self::Title,
            "id" => Self::Id,
            "date" => Self::Date,
            "datetime" => Self::DateTime,
            "time" => Self::Time,
            "money" => Self::Money,
            "number" => Self::Number,
            "percent" => Self::Percent,
            "year" => Self::Year,
            "party" => Self::Party,
            "person" | "name" => Self::Person,
            "given" => Self::GivenName,
            "family" => Self::FamilyName,
            "bank" => Self::Bank,
            "address" => Self::Address,
            "city" => Self::City,
            "postcode" => Self::Postcode,
            "state" => Self::State,
            "country" => Self::Country,
            "place" => Self::Place,
            "email" => Self::Email,
            "phone" => Self::Phone,
            "url" => Self::Url,
            "iban" => Self::Iban,
            "bic" => Self::Bic,
            "vat" => Self::Vat,
            "ssn" => Self::Ssn,
            "ein" => Self::Ein,
            "currency" => Self::Currency,
            "period" => Self::Period,
            "jurisdiction" => Self::Jurisdiction,
            "term" => Self::Term,
            "termyears" => Self::TermYears,
            "termmonths" => Self::TermMonths,
            "noticedays" => Self::NoticeDays,
            "parties" => Self::Parties,
            _ => Self::Text,
        }
    }

    /// Whether its values are numbers.
    pub(crate) fn is_numeric(self) -> bool {
        matches!(
            self,
            Self::Money
                | Self::Number
                | Self::Percent
                | Self::Year
                | Self::TermYears
                | Self::TermMonths
                | Self::NoticeDays
        )
    }
}

/// A meaning that fields of many documents share.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Concept {
    /// Its stable English name in snake case.
    pub(crate) name: &'static str,
    /// The kind of its values.
    pub(crate) kind: Kind,
    /// Canonical words of printed labels, each with its weight, 0 to 1.
    pub(crate) labels: Vec<(Vec<String>, f32)>,
    /// Canonical words of names and descriptions in schemas.
    pub(crate) names: Vec<Vec<String>>,
}

/// A set of concepts with its indexes.
#[derive(Debug, Default)]
pub(crate) struct Lexicon {
    /// All concepts.
    pub(crate) concepts: Vec<Concept>,
    /// Concepts by the key of a printed label, with weights.
    pub(crate) by_label: HashMap<String, Vec<(usize, f32)>>,
    /// Concepts by the key of a schema's name, printed labels included, best first.
    by_name: HashMap<String, Vec<(usize, f32)>>,
}

impl Lexicon {
    /// Concepts of single fields.
    pub(crate) fn fields() -> &'static Self {
        static FIELDS: OnceLock<Lexicon> = OnceLock::new();
        FIELDS.get_or_init(|| Self::read(include_str!("fields.txt")))
    }

    /// Concepts of table columns.
    pub(crate) fn columns() -> &'static Self {
        static COLUMNS: OnceLock<Lexicon> = OnceLock::new();
        COLUMNS.get_or_init(|| Self::read(include_str!("columns.txt")))
    }

    fn read(text: &'static str) -> Self {
        let mut lexicon = Self::default();
        for line in text.lines() {
            if let Some((name, kind)) = line.strip_prefix('[').and_then(|l| l.split_once("] ")) {
                lexicon.concepts.push(Concept {
                    name,
                    kind: Kind::named(kind),
                    labels: Vec::new(),
                    names: Vec::new(),
                });
            } else if let Some((what, phrases)) = line.split_once(": ")
                && let Some(concept) = lexicon.concepts.last_mut()
            {
                let words = phrases.split("; ").map(canonical).filter(|w| !w.is_empty());
                match what {
                    "label" => concept.labels.extend(words.map(|w| (w, 1.0))),
                    "weak" => concept.labels.extend(words.map(|w| (w, 0.6))),
                    _ => concept.names.extend(words),
                }
            }
        }
        lexicon.index();
        lexicon
    }

    fn index(&mut self) {
        for (index, concept) in self.concepts.iter().enumerate() {
            for (words, weight) in &concept.labels {
                add(&mut self.by_label, key(words), index, *weight);
                add(&mut self.by_name, key(words), index, 0.8 * weight);
            }
            for words in &concept.names {
                add(&mut self.by_name, key(words), index, 0.95);
            }
            add(&mut self.by_name, key(&canonical(&concept.name.replace('_', " "))), index, 1.0);
        }
        for list in self.by_name.values_mut() {
            list.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        }
    }

    /// Concepts whose schema names or labels have these words, best first, with a weight.
    pub(crate) fn named(&self, words: &[String]) -> &[(usize, f32)] {
        self.by_name.get(&key(words)).map(Vec::as_slice).unwrap_or_default()
    }

    /// The concept whose names share most words with a description, when it is clear enough.
    pub(crate) fn described(&self, words: &[String]) -> Option<(usize, f32)> {
        let mut best: Option<(usize, f32)> = None;
        for (index, concept) in self.concepts.iter().enumerate() {
            let own = canonical(&concept.name.replace('_', " "));
            let phrases = concept.names.iter().chain(concept.labels.iter().map(|(w, _)| w));
            for phrase in phrases.chain(std::iter::once(&own)) {
                let shared = phrase.iter().filter(|w| words.contains(w)).count();
                if shared == 0 {
                    continue;
                }
                let score = 2.0 * shared as f32 / (phrase.len() + words.len()) as f32
                    + if shared == phrase.len() { 0.05 * shared as f32 } else { 0.0 };
                if best.is_none_or(|(_, s)| score > s + 1e-4) {
                    best = Some((index, score));
                }
            }
        }
        best.filter(|(_, score)| *score >= 0.62)
    }

    /// A concept by its own name.
    pub(crate) fn index_of(&self, name: &str) -> Option<usize> {
        self.concepts.iter().position(|concept| concept.name == name)
    }
}

fn add(index: &mut HashMap<String, Vec<(usize, f32)>>, key: String, concept: usize, weight: f32) {
    let list = index.entry(key).or_default();
    match list.iter_mut().find(|(known, _)| *known == concept) {
        Some((_, known)) => *known = known.max(weight),
        None => list.push((concept, weight)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use super::Lexicon;
    use crate::local::text::canonical;

    fn concept(name: &str) -> &'static str {
        let lexicon = Lexicon::fields();
        let found = lexicon.named(&canonical(name));
        found.first().map_or("", |(index, _)| lexicon.concepts[*index].name)
    }

    #[test]
    fn names_in_many_languages_find_their_concept() {
        assert_eq!(concept("Rechnungsnummer"), "invoice_number");
        assert_eq!(concept("date facture"), "issue_date");
        assert_eq!(concept("payment due"), "due_date");
        assert_eq!(concept("amount payable"), "total");
        assert_eq!(concept("vendor"), "seller_name");
    }

    #[test]
    fn descriptions_find_their_concept() {
        let lexicon = Lexicon::fields();
        let found = lexicon.described(&canonical("Date by which payment must be made")).unwrap();
        assert_eq!(lexicon.concepts[found.0].name, "due_date");
    }
}
