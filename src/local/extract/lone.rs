//! Values that need no label: what their own form, or their place in the document, tells.

use std::ops::Range;

use serde_json::Value;

use super::candidate::{Candidate, Reader, dates_in};
use super::leaf::{Leaf, Plan};
use super::read::{self, Reading};
use super::write;
use crate::local::kind::normal;
use crate::local::lexicon::Kind;
use crate::local::value::{code, date, number, place};

/// Words that tell how something was paid, and the common name of that.
const PAYMENTS: &[(&str, &str)] = &[
    ("mastercard", "card"),
    ("visa", "card"),
    ("amex", "card"),
    ("card", "card"),
    ("karte", "card"),
    ("carte", "card"),
    ("tarjeta", "card"),
    ("carta", "card"),
    ("girocard", "card"),
    ("pin", "card"),
    ("cartao", "card"),
    ("karta", "card"),
    ("kort", "card"),
    ("cash", "cash"),
    ("bar", "cash"),
    ("barzahlung", "cash"),
    ("especes", "cash"),
    ("efectivo", "cash"),
    ("contanti", "cash"),
    ("contant", "cash"),
    ("dinheiro", "cash"),
    ("gotowka", "cash"),
    ("kontant", "cash"),
    ("virement", "transfer"),
    ("uberweisung", "transfer"),
    ("transferencia", "transfer"),
    ("bonifico", "transfer"),
];

impl Reader<'_> {
    /// Candidates that no label points at.
    pub(crate) fn lone(&self, plan: &Plan<'_>) -> Vec<Candidate> {
        let mut found = Vec::new();
        for (index, leaf) in plan.leaves.iter().enumerate() {
            let concept = leaf.concept.and_then(|c| self.lexicon.concepts.get(c));
            let name = concept.map_or("", |c| c.name);
            let mut put = |text: String, tokens: Range<usize>, score: f32, reason: &str| {
                let number = text.parse().ok();
                let reading = Reading { text, number, tokens, fitness: 1.0 };
                let value = write::to_json(leaf, &reading);
                found.extend(value.map(|value| self.free(index, value, &reading, score, reason)));
            };
            match (leaf.kind, name) {
                (Kind::Currency, _) => {
                    if let Some((code, tokens)) = self.currency() {
                        put(code.to_owned(), tokens, 0.8, "the currency of most amounts");
                    }
                }
                (Kind::Email, _) => {
                    for (text, tokens) in self.words(code::email).into_iter().take(2) {
                        put(text, tokens, 0.6, "it has the form of an e-mail address");
                    }
                }
                (Kind::Url, _) => {
                    for (text, tokens) in self.words(code::url).into_iter().take(2) {
                        put(text, tokens, 0.6, "it has the form of a web address");
                    }
                }
                (Kind::Iban, _) => {
                    if let Some((text, tokens)) = self.run(code::leading_iban)
                        && code::iban_checks(&text)
                    {
                        put(text, tokens, 0.75, "it has the check digits of an IBAN");
                    }
                }
                (Kind::Vat, "seller_vat_id") => {
                    if let Some((text, tokens)) = self.run(code::leading_vat) {
                        put(text, tokens, 0.55, "it has the form of a VAT number");
                    }
                }
                (Kind::Title, _) => {
                    if let Some((text, tokens)) = self.title() {
                        put(text, tokens, 0.8, "the title of the document");
                    }
                }
                (Kind::Year, "tax_year") => {
                    if let Some((text, tokens)) = self.form_year() {
                        put(text, tokens, 0.7, "the year of the form");
                    }
                }
                (Kind::Date, "issue_date" | "purchase_date" | "statement_date" | "date") => {
                    if let Some((text, tokens)) = self.first_date() {
                        put(text, tokens, 0.5, "the first date of the document");
                    }
                }
                (Kind::Time, "time") => {
                    if let Some((text, tokens)) = self.run(clock) {
                        put(text, tokens, 0.6, "it has the form of a clock time");
                    }
                }
                (_, "payment_method") => {
                    found.extend(self.payment(index, leaf));
                }
                _ => {}
            }
        }
        found
    }

    fn free(
        &self,
        leaf: usize,
        value: Value,
        reading: &Reading,
        score: f32,
        reason: &str,
    ) -> Candidate {
        Candidate {
            leaf,
            value,
            score,
            tokens: reading.tokens.clone(),
            label: None,
            reason: reason.to_owned(),
            shares: true,
        }
    }

    /// Words of a form, from the first page on.
    fn words(&self, read: fn(&str) -> Option<&str>) -> Vec<(String, Range<usize>)> {
        let tokens = self.view.tokens.iter().enumerate();
        let found = tokens.filter_map(|(at, t)| Some((read(&t.text)?.to_owned(), at..at + 1)));
        found.take(4).collect()
    }

    /// The first run of words of a form.
    fn run(
        &self,
        read: impl Fn(&[&str]) -> Option<(String, usize)>,
    ) -> Option<(String, Range<usize>)> {
        self.view.cells.iter().find_map(|cell| {
            let words = self.view.tokens.get(cell.tokens.clone())?;
            let words: Vec<&str> = words.iter().map(|t| t.text.as_str()).collect();
            (0..words.len()).find_map(|at| {
                let (text, used) = read(words.get(at..)?)?;
                let start = cell.tokens.start + at;
                Some((text, start..start + used))
            })
        })
    }

    /// The currency that most amounts of the document carry.
    fn currency(&self) -> Option<(&'static str, Range<usize>)> {
        let mut votes: Vec<(&'static str, usize, usize)> = Vec::new();
        for (at, token) in self.view.tokens.iter().enumerate() {
            let text = token.text.as_str();
            let has_digit = text.chars().any(|c| c.is_ascii_digit());
            let Some(code) = number::glued_currency(text) else { continue };
            let letters = text.chars().filter(|c| c.is_alphabetic()).count();
            let is_word = letters > 0 && !has_digit;
            let beside = [at.checked_sub(1), Some(at + 1)].into_iter().flatten().any(|i| {
                self.view
                    .tokens
                    .get(i)
                    .is_some_and(|t| number::parse(&t.text, self.habits.decimal).is_some())
            });
            // `kr`, `RM` or `rs` alone are words; beside an amount they are money.
            let weight = match () {
                () if !is_word => 3,
                () if beside => 3,
                () if letters == 3 && text.chars().all(|c| c.is_ascii_uppercase()) => 2,
                () => 0,
            };
            if weight == 0 {
                continue;
            }
            match votes.iter_mut().find(|(known, ..)| *known == code) {
                Some((_, count, _)) => *count += weight,
                None => votes.push((code, weight, at)),
            }
        }
        let best = votes.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.2.cmp(&a.2)))?;
        Some((best.0, best.2..best.2 + 1))
    }

    /// The most prominent line at the head of the first page.
    fn title(&self) -> Option<(String, Range<usize>)> {
        let sheet = self.view.sheets.first()?;
        let cells = sheet.rows.clone().take(40).flat_map(|row| self.view.row_cells(row));
        let scored = cells.filter_map(|cell| {
            let letters = cell.text.chars().filter(|c| c.is_alphabetic()).count();
            if letters < 4 || cell.tokens.len() > 12 || cell.text.ends_with([':', ',', ';']) {
                return None;
            }
            let top = cell.bbox.y0 / sheet.height.max(1.0);
            let capitals = !cell.text.chars().any(char::is_lowercase);
            let known = title_words(&normal(&cell.text));
            let score = 0.1 * cell.size
                + if cell.bold { 0.5 } else { 0.0 }
                + if capitals { 0.4 } else { 0.0 }
                + if known { 1.6 } else { 0.0 }
                - 1.2 * top;
            Some((score, cell))
        });
        let best = scored.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.row.cmp(&a.1.row)))?;
        Some((read::clean(&best.1.text), best.1.tokens.clone()))
    }

    /// A lone year in the largest letters, or beside the name of a form.
    fn form_year(&self) -> Option<(String, Range<usize>)> {
        let years = self.view.tokens.iter().enumerate().filter(|(_, token)| {
            let year = token.text.parse::<u32>().ok().filter(|_| token.text.len() == 4);
            year.is_some_and(|y| (1950..2100).contains(&y))
        });
        let best = years.max_by(|a, b| a.1.size.total_cmp(&b.1.size).then(b.0.cmp(&a.0)))?;
        Some((best.1.text.clone(), best.0..best.0 + 1))
    }

    fn first_date(&self) -> Option<(String, Range<usize>)> {
        self.view.cells.iter().find_map(|cell| {
            let words = self.view.tokens.get(cell.tokens.clone())?;
            let words: Vec<&str> = words.iter().map(|t| t.text.as_str()).collect();
            let (text, at, used) = dates_in(&words, self.habits).into_iter().next()?;
            let start = cell.tokens.start + at;
            Some((text, start..start + used))
        })
    }

    /// How something was paid: a word for a means of payment that begins a line with an
    /// amount, or stands alone.
    fn payment(&self, index: usize, leaf: &Leaf<'_>) -> Option<Candidate> {
        let mut best: Option<(f32, Range<usize>, &str, String)> = None;
        for row in &self.view.rows {
            let first = self.view.cells.get(row.cells.start)?;
            let last = self.view.cells.get(row.cells.end.saturating_sub(1))?;
            let has_amount = last.text.chars().any(|c| c.is_ascii_digit());
            let plain = normal(&first.text);
            for (offset, word) in plain.split(' ').take(4).enumerate() {
                let Some((_, means)) = PAYMENTS.iter().find(|(known, _)| *known == word) else {
                    continue;
                };
                let score = 0.72 - 0.08 * offset as f32 - if has_amount { 0.0 } else { 0.15 }
                    + if *means == "card" { 0.03 } else { 0.0 };
                if best.as_ref().is_none_or(|(known, ..)| score > *known) {
                    let at = first.tokens.start;
                    best = Some((score, at..at + 1, means, first.text.clone()));
                }
            }
        }
        let (score, tokens, means, printed) = best?;
        let text = match leaf.node.options.is_empty() {
            true => printed.split_whitespace().next().unwrap_or(means).to_owned(),
            false => means.to_owned(),
        };
        let reading = Reading { text, number: None, tokens, fitness: 1.0 };
        let value = write::to_json(leaf, &reading)?;
        Some(self.free(index, value, &reading, score, "a word for a means of payment"))
    }
}

fn clock(words: &[&str]) -> Option<(String, usize)> {
    date::leading_time(words)
}

/// Whether a line speaks of a kind of document.
fn title_words(line: &str) -> bool {
    const WORDS: &[&str] = &[
        "agreement",
        "contract",
        "lease",
        "vertrag",
        "contrat",
        "contrato",
        "contratto",
        "policy",
        "overeenkomst",
        "certificate",
        "report",
        "statement",
        "invoice",
        "rechnung",
        "facture",
        "order",
        "amendment",
        "vereinbarung",
        "avtal",
        "umowa",
        "letter",
        "application",
    ];
    line.split(' ')
        .any(|word| WORDS.iter().any(|w| word == *w || (w.len() > 6 && word.ends_with(w))))
        && place::locality(line).is_none()
}
