//! Proposing subdocuments: what a file could be split into, when nobody says it.
//!
//! Splits by every kind of document that is known here and names those that were found.

use super::category::Category;
use super::kind::{Kind, kinds};
use super::split::{Subdocument, split};
use crate::document::Document;

/// Titles quoted in a description.
const TITLES_QUOTED: usize = 3;
/// The name of pages that look like nothing known.
const REST: &str = "other";

/// What tells documents of a kind from each other.
const KEYS: &[(&str, &str)] = &[
    ("invoice", "invoice number"),
    ("credit_note", "invoice number"),
    ("receipt", "receipt number"),
    ("bank_statement", "account number"),
    ("credit_card_statement", "account number"),
    ("purchase_order", "po number"),
    ("delivery_note", "delivery note number"),
    ("insurance_policy", "policy number"),
    ("payslip", "employee name"),
    ("timesheet", "employee name"),
    ("lab_report", "patient name"),
    ("resume", "full name"),
];

/// A subdocument that a file could be split into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Its name.
    pub name: String,
    /// What belongs to it.
    pub description: String,
    /// What tells its parts from each other, when the file holds several.
    pub partition_key: Option<&'static str>,
}

/// Proposes subdocuments for files like this one, in the order of its pages.
#[must_use]
pub fn propose_subdocuments(document: &Document) -> Vec<Proposal> {
    let mut wanted: Vec<Subdocument<'_>> =
        kinds().iter().map(|kind| subdocument(kind.name)).collect();
    wanted.push(subdocument(REST));
    let segments = split(document, &wanted);
    let mut found: Vec<(usize, usize)> = Vec::new();
    for segment in &segments {
        match found.iter_mut().find(|(known, _)| *known == segment.subdocument) {
            Some((_, count)) => *count += 1,
            None => found.push((segment.subdocument, 1)),
        }
    }
    let proposals = found.into_iter().map(|(index, count)| match kinds().get(index) {
        Some(kind) => proposal(kind, count > 1),
        None => Proposal {
            name: REST.to_owned(),
            description: "Everything else.".to_owned(),
            partition_key: None,
        },
    });
    proposals.collect()
}

fn subdocument(name: &'static str) -> Subdocument<'static> {
    Subdocument { category: Category { name, description: "" }, partition_key: None }
}

fn proposal(kind: &Kind, recurs: bool) -> Proposal {
    let titles: Vec<String> =
        kind.titles.iter().take(TITLES_QUOTED).map(|title| format!("“{title}”")).collect();
    let key = KEYS.iter().find(|(name, _)| *name == kind.name).map(|(_, key)| *key);
    Proposal {
        name: kind.name.to_owned(),
        description: format!("Pages headed {} or the like.", titles.join(", ")),
        partition_key: key.filter(|_| recurs),
    }
}
