//! Names of parties in running text: after `between`, before a role in quotes, above a
//! signature.

use std::ops::Range;

use super::candidate::Reader;
use super::leaf::Leaf;
use super::prose::{Prose, WORDS_MAX, phrases};
use super::read::{self, Reading};
use crate::local::text::{canonical, fold};
use crate::local::value::name;

/// Names in one list of parties.
const PARTIES_MAX: usize = 8;

/// Words at the beginning of a document within which parties are defined.
const DEFINED_WITHIN: usize = 1_500;

/// Short names that parties of contracts get.
const ROLES: &[&str] = &[
    "company",
    "you",
    "recipient",
    "discloser",
    "disclosing party",
    "receiving party",
    "undersigned",
    "employee",
    "consultant",
    "contractor",
    "purchaser",
    "seller",
    "buyer",
    "licensor",
    "licensee",
    "supplier",
    "customer",
    "provider",
    "client",
    "investor",
    "parent",
];

impl Reader<'_> {
    /// A name before `("Landlord")` or `(the "Tenant")`.
    pub(crate) fn by_role(&self, leaf: &Leaf<'_>) -> Vec<(Reading, f32)> {
        let mut found = Vec::new();
        let concept = leaf.concept.and_then(|c| self.lexicon.concepts.get(c));
        let labels = concept.map(|c| c.labels.as_slice()).unwrap_or_default();
        for (at, token) in self.view.tokens.iter().enumerate().take(WORDS_MAX) {
            if !token.text.contains(['"', '“', '„', '«']) || at == 0 {
                continue;
            }
            let words = self.words_from(at, 3).join(" ");
            let quoted: String = words
                .trim_start_matches(['(', ' '])
                .trim_start_matches(['"', '“', '„', '«'])
                .chars()
                .take_while(|c| !"\"”“»)".contains(*c))
                .collect();
            let role = canonical(&quoted);
            let own = labels.iter().chain(&leaf.labels).any(|(words, _)| *words == role);
            if role.is_empty() || !own {
                continue;
            }
            if let Some(reading) = self.name_before(at) {
                found.push((reading, 0.82));
            }
        }
        found
    }

    /// The name that ends right before a bracket at a word.
    fn name_before(&self, at: usize) -> Option<Reading> {
        let is_fill = |text: &str| {
            let plain = text.trim_matches(['(', ',', ')']).to_lowercase();
            [
                "the",
                "hereinafter",
                "herein",
                "called",
                "referred",
                "to",
                "as",
                "a",
                "nachfolgend",
                "im",
                "folgenden",
                "ci-apres",
                "",
            ]
            .contains(&plain.as_str())
        };
        let mut end = at;
        while end > 0
            && at - end < 6
            && self.view.tokens.get(end - 1).is_some_and(|t| is_fill(&t.text))
        {
            end -= 1;
        }
        let from = end.saturating_sub(30);
        let start = (from..end).rev().find(|i| {
            let before = self.view.tokens.get(i.wrapping_sub(1)).map(|t| t.text.as_str());
            before.is_none_or(|t| {
                [
                    "between", "and", "among", "by", "und", "zwischen", "entre", "et", "y", "e",
                    "en", "with", "tussen", "och", "i", "a",
                ]
                .contains(&t.to_lowercase().as_str())
            })
        })?;
        self.name_at(start, end).map(|(text, tokens)| Reading {
            text,
            number: None,
            tokens,
            fitness: 1.0,
        })
    }

    /// The name at the beginning of some words.
    fn name_at(&self, start: usize, end: usize) -> Option<(String, Range<usize>)> {
        let mut at = start;
        while at < end {
            let text = &self.view.tokens.get(at)?.text;
            let core = text.trim_matches(['"', '“', '”', '(', ')', ',', ';']);
            let joins = ["&", "of", "de", "la", "von", "van", "der", "du", "del", "e", "y", "the"];
            let is_part = core.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit())
                || (at > start && joins.contains(&core));
            if !is_part || (text.starts_with('(') && at > start) {
                break;
            }
            at += 1;
            let next = self.view.tokens.get(at).map(|t| t.text.as_str()).unwrap_or_default();
            if text.ends_with([',', ';']) && !is_form(next) {
                break;
            }
        }
        let text = read::clean(&self.view.text(start..at));
        let text = text.trim_matches(['"', '“', '”']).to_owned();
        (at > start && name::fitness(&text) > 0.3 && text.len() > 2).then_some((text, start..at))
    }

    /// Parties named after `between`.
    pub(crate) fn party_names(&self) -> Vec<(String, Range<usize>)> {
        let prose = Prose::of(self);
        let starts = phrases().between.iter().flat_map(|(pattern, _)| prose.after(pattern));
        for start in starts.collect::<Vec<_>>() {
            let mut names = Vec::new();
            let mut at = start;
            let end = (start + 140).min(self.view.tokens.len());
            while names.len() < PARTIES_MAX {
                at = self.skip_fill(at, end);
                let Some((text, tokens)) = self.name_at(at, end) else { break };
                at = tokens.end;
                names.push((text, tokens));
                match self.next_party(at, end) {
                    Some(next) => at = next,
                    None => break,
                }
            }
            if names.len() >= 2 {
                return names;
            }
        }
        let mut names = self.defined();
        names.extend(self.signatories());
        distinct(names)
    }

    /// Names before a bracket that gives them a short name: `Yard Ltd (the “Company”)`.
    fn defined(&self) -> Vec<(String, Range<usize>)> {
        let mut names = Vec::new();
        for (at, token) in self.view.tokens.iter().enumerate().take(DEFINED_WITHIN) {
            if at == 0 || !token.text.contains(['"', '“', '„']) {
                continue;
            }
            let words = self.words_from(at, 3).join(" ");
            let alias: String = words
                .trim_start_matches(['(', '"', '“', '„'])
                .chars()
                .take_while(|c| !"\"”“)".contains(*c))
                .collect();
            let Some(reading) = self.name_before(at) else { continue };
            let (alias, name) = (fold(&alias), fold(&reading.text));
            let is_role = ROLES.contains(&alias.trim_start_matches("the "));
            let is_short = alias.len() > 2 && name.contains(alias.as_str());
            if is_short || (is_role && name::has_legal_form(&reading.text)) {
                names.push((reading.text, reading.tokens));
            }
        }
        names
    }

    fn skip_fill(&self, at: usize, end: usize) -> usize {
        let is_fill = |text: &str| {
            let plain = text.to_lowercase();
            let plain = plain.trim_end_matches([',', ':', '.', ')']);
            [
                "the", "a", "der", "die", "dem", "la", "le", "(1)", "(2)", "(i)", "(ii)", "1", "2",
                "mr", "ms", "mrs", "company", "(a)", "(b)",
            ]
            .contains(&plain)
                || plain.is_empty()
        };
        (at..end)
            .find(|i| self.view.tokens.get(*i).is_some_and(|t| !is_fill(&t.text)))
            .unwrap_or(end)
    }

    /// Where the next party's name begins: after an `and` outside brackets.
    fn next_party(&self, from: usize, end: usize) -> Option<usize> {
        let mut depth = 0_i32;
        for at in from..end.min(from + 70) {
            let text = self.view.tokens.get(at)?.text.as_str();
            depth += text.matches('(').count() as i32 - text.matches(')').count() as i32;
            let plain = text.to_lowercase();
            let is_and = ["and", "und", "et", "y", "e", "en", "och", "i"].contains(&plain.as_str());
            let next = self.view.tokens.get(at + 1).map(|t| t.text.as_str()).unwrap_or_default();
            let is_name = next.starts_with(|c: char| c.is_uppercase() || c == '(' || c == '"')
                || ["the", "der", "die", "la"].contains(&next);
            if is_and && depth <= 0 && is_name {
                return Some(at + 1);
            }
            if depth <= 0 && text.ends_with('.') && text.len() > 4 && !is_form(text) {
                return None;
            }
        }
        None
    }

    /// Names in signature blocks: lines with a legal form before `By:`.
    fn signatories(&self) -> Vec<(String, Range<usize>)> {
        let mut names: Vec<(String, Range<usize>)> = Vec::new();
        for cell in &self.view.cells {
            let text = read::clean(&cell.text);
            let is_short = cell.tokens.len() <= 8 && text.chars().count() < 60;
            let known = names.iter().any(|(n, _)| fold(n) == fold(&text));
            let names_one = is_short && name::has_legal_form(&text) && name::fitness(&text) > 0.6;
            if names_one && !known && names.len() < 4 {
                names.push((text, cell.tokens.clone()));
            }
        }
        names
    }
}

/// Each name once: what differs in marks and capitals is the same.
fn distinct(names: Vec<(String, Range<usize>)>) -> Vec<(String, Range<usize>)> {
    let bare =
        |name: &str| -> String { fold(name).chars().filter(|c| c.is_alphanumeric()).collect() };
    let mut kept: Vec<(String, Range<usize>)> = Vec::new();
    for (name, tokens) in names {
        let name = name.trim_start_matches("for and on behalf of ").to_owned();
        if !kept.iter().any(|(known, _)| bare(known) == bare(&name)) && kept.len() < PARTIES_MAX {
            kept.push((name, tokens));
        }
    }
    kept
}

fn is_form(word: &str) -> bool {
    name::has_legal_form(&format!("x {word}"))
        || ["N.A.", "L.P.", "LP", "Co.", "L.L.C."].contains(&word)
}
