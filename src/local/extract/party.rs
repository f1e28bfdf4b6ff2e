//! Who writes and who is written to: names and addresses by their place on the page.
//!
//! Lines that stand over each other are a stack. A stack with an address is a party; the
//! label above it, its place, and what else it holds tell which one.

use std::ops::Range;

use super::candidate::{Candidate, Reader};
use super::leaf::{Leaf, Plan};
use super::read::{Reading, clean};
use super::stack::StackLine;
use super::write;
use crate::local::kind::normal;
use crate::local::value::{code, name, place};

/// Titles of orders: who writes one buys.
const ORDER_TITLES: &[&str] = &[
    "purchase order",
    "bestellung",
    "bon de commande",
    "orden de compra",
    "pedido de compra",
    "ordine d acquisto",
    "ordine di acquisto",
    "inkooporder",
    "nota de encomenda",
    "zamowienie",
    "inkopsorder",
    "order",
];
/// How much an address at the head is the writer's when a label names the other one.
const HEAD_WRITER: f32 = 0.45;
/// Letters larger than this, in points, may be a title.
const TITLE_SIZE: f32 = 12.5;

/// A party as its stack shows it.
#[derive(Debug, Clone, Default)]
struct Party {
    name: Option<(String, Range<usize>)>,
    address: Option<(String, Range<usize>)>,
    city: Option<(String, Range<usize>)>,
    postcode: Option<(String, Range<usize>)>,
    country: Option<(String, Range<usize>)>,
    /// How much it is the writer (above zero) or the one written to (below).
    writer: f32,
    /// A label says so.
    is_labelled: bool,
}

impl Party {
    /// Without an address of its own it has that of the same name elsewhere on the page.
    fn with_address_of(&self, others: &[Self]) -> Self {
        let name = |party: &Self| party.name.as_ref().map(|(name, _)| normal(name));
        let same = others.iter().find(|other| other.address.is_some() && name(other) == name(self));
        match same {
            Some(same) if self.address.is_none() && self.name.is_some() => Self {
                name: self.name.clone(),
                writer: self.writer,
                is_labelled: self.is_labelled,
                ..same.clone()
            },
            _ => self.clone(),
        }
    }
}

impl Reader<'_> {
    /// Candidates for names and addresses of the two parties of a business document.
    pub(crate) fn parties(&self, plan: &Plan<'_>) -> Vec<Candidate> {
        let wants: Vec<(usize, &Leaf<'_>, &str)> = plan
            .leaves
            .iter()
            .enumerate()
            .filter_map(|(index, leaf)| {
                let name = self.lexicon.concepts.get(leaf.concept?)?.name;
                let name = self.as_party(name)?;
                Some((index, leaf, name))
            })
            .collect();
        if wants.is_empty() {
            return Vec::new();
        }
        let mut parties = self.party_stacks();
        let named = |p: &Party| p.name.as_ref().map(|(name, _)| normal(name));
        let addressed = parties.iter().find(|p| p.is_labelled && p.writer < -0.5).map(named);
        if let Some(addressed) = addressed {
            // A label names the one written to: who else stands at the head writes.
            let others = parties.iter_mut().filter(|p| !p.is_labelled && p.writer < 0.0);
            let others = others.filter(|p| p.name.as_ref().map(|(n, _)| normal(n)) != addressed);
            others.for_each(|p| p.writer = HEAD_WRITER);
        }
        if self.is_order() {
            // Who writes an order buys.
            parties.iter_mut().filter(|p| !p.is_labelled).for_each(|p| p.writer = -p.writer);
        }
        let pick = |sign: f32| {
            let best =
                parties.iter().max_by(|a, b| (a.writer * sign).total_cmp(&(b.writer * sign)));
            best.filter(|p| p.writer * sign > 0.0).map(|best| best.with_address_of(&parties))
        };
        let (writer, reader) = (pick(1.0), pick(-1.0));
        let mut found = Vec::new();
        for (index, leaf, concept) in wants {
            let is_writer = concept.starts_with("seller_");
            let party = if is_writer { writer.as_ref() } else { reader.as_ref() };
            let Some(party) = party else { continue };
            let what = match concept.split_once('_').map(|(_, what)| what) {
                Some("name") => &party.name,
                Some("address") => &party.address,
                Some("city") => &party.city,
                Some("postcode") => &party.postcode,
                Some("country") => &party.country,
                _ => continue,
            };
            let Some((text, tokens)) = what else { continue };
            let reading =
                Reading { text: text.clone(), number: None, tokens: tokens.clone(), fitness: 1.0 };
            let Some(value) = write::to_json(leaf, &reading) else { continue };
            found.push(Candidate {
                leaf: index,
                value,
                score: (0.56 + 0.3 * party.writer.abs()).min(0.86),
                tokens: tokens.clone(),
                label: None,
                reason: match is_writer {
                    true => "where the writer of a document stands".to_owned(),
                    false => "where the one written to stands".to_owned(),
                },
                shares: concept != "seller_name" && concept != "buyer_name",
            });
        }
        found
    }

    /// The party of a business document that a concept means: the one that writes or the
    /// one that is written to. Who writes a statement is the bank.
    fn as_party(&self, name: &'static str) -> Option<&'static str> {
        let shows = |names: &[&str]| {
            let labels = self.labels.mentions.iter();
            labels.flat_map(|label| self.meanings(label)).any(|name| names.contains(&name))
        };
        match name {
            "shipper" if shows(&["delivery_note_number", "packages"]) => Some("seller_name"),
            "bank_name" if shows(&["closing_balance", "opening_balance"]) => Some("seller_name"),
            "employer_name" if shows(&["net_pay", "gross_pay"]) => Some("seller_name"),
            "insurer" if shows(&["policy_number"]) => Some("seller_name"),
            _ => (name.starts_with("seller_") || name.starts_with("buyer_")).then_some(name),
        }
    }

    /// Whether the document is headed as an order.
    fn is_order(&self) -> bool {
        let rows = self.view.sheets.first().map_or(0..0, |s| s.rows.start..s.rows.end.min(14));
        let mut heads = rows.flat_map(|row| self.view.row_cells(row));
        heads.any(|cell| {
            let line = normal(&cell.text);
            let title = line.trim_end_matches(|c: char| c.is_ascii_digit() || c == ' ');
            cell.size > TITLE_SIZE && ORDER_TITLES.contains(&title)
        })
    }

    fn party_stacks(&self) -> Vec<Party> {
        let Some(sheet) = self.view.sheets.first() else { return Vec::new() };
        let cells = sheet
            .rows
            .clone()
            .filter_map(|row| self.view.rows.get(row))
            .flat_map(|row| row.cells.clone());
        let mut parties = Vec::new();
        let mut seen: Vec<usize> = Vec::new();
        for cell in cells {
            if seen.contains(&cell) {
                continue;
            }
            let lines = self.stack(cell, &mut seen);
            let one = lines.first().and_then(|line| self.one_liner(line));
            parties.extend(one);
            parties.extend(self.party(&lines));
        }
        parties
    }

    /// `Name · Street 1 · 12345 City` in one line, as letters carry above the address.
    fn one_liner(&self, line: &StackLine) -> Option<Party> {
        let cell = self.view.cells.get(line.cell)?;
        let words = self.view.tokens.get(line.tokens.clone())?;
        let is_mark = |text: &str| {
            matches!(text, "-" | "–" | "—" | "·" | "•" | "|" | "*" | "/" | "∙" | "○" | "●")
        };
        let mut parts: Vec<Range<usize>> = Vec::new();
        let mut start = line.tokens.start;
        for (offset, word) in words.iter().enumerate() {
            let at = line.tokens.start + offset;
            if is_mark(&word.text) {
                parts.push(start..at);
                start = at + 1;
            } else if word.text.ends_with(',') {
                parts.push(start..at + 1);
                start = at + 1;
            }
        }
        parts.push(start..line.tokens.end);
        parts.retain(|part| !part.is_empty());
        let place =
            parts.iter().position(|p| place::locality(&self.view.text(p.clone())).is_some());
        let place = place.filter(|at| (1..=3).contains(at))?;
        let first = parts.first()?.clone();
        let title = clean(&self.view.text(first.clone()));
        let top = self.height_of(line.cell);
        if name::fitness(&title) < 0.5 || !(0.0..0.36).contains(&top) || cell.tokens.len() > 24 {
            return None;
        }
        let mut party = Party { name: Some((title, first)), writer: 0.75, ..Party::default() };
        self.locate(&mut party, parts.get(1..=place)?);
        Some(party)
    }

    /// Fills address, city and the like from lines that end with a place.
    fn locate(&self, party: &mut Party, lines: &[Range<usize>]) {
        let texts: Vec<String> = lines.iter().map(|l| clean(&self.view.text(l.clone()))).collect();
        let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return };
        let whole = first.start..last.end;
        let joined: Vec<&str> = texts.iter().map(|t| t.trim_end_matches(',')).collect();
        party.address = Some((joined.join(", "), whole));
        for (line, text) in lines.iter().zip(&texts) {
            if let Some(found) = place::locality(text) {
                let at = |value: Option<String>| value.map(|v| (v, line.clone()));
                party.city = at(found.city);
                party.postcode = at(found.postcode);
                party.country = at(found.country);
            }
            if place::country_code(text).is_some() {
                party.country = Some((text.clone(), line.clone()));
            }
        }
    }

    /// A party from the lines of a stack.
    fn party(&self, lines: &[StackLine]) -> Option<Party> {
        let is_label = |line: &StackLine| self.labels.is_bare(self.view, line.cell);
        // A street without a number, at the very top, is rather a name such as `Mill Lane Books`.
        let is_name = |(at, line): (usize, &StackLine)| {
            let may_be_street = place::fitness(&line.text) >= 0.6
                && !name::has_legal_form(&line.text)
                && (at > 0 || line.text.contains(|c: char| c.is_ascii_digit()));
            !is_label(line)
                && (line.is_addressing || self.labels.first_in(line.cell).is_none())
                && name::fitness(&line.text) >= 0.55
                && place::locality(&line.text).is_none()
                && !may_be_street
                && !is_title(&line.text)
                && !self.is_before_colon(line.cell)
        };
        let named = lines.iter().enumerate().position(is_name)?;
        // A stamp or a name of a person may stand above the company's.
        let formed = (named..lines.len().min(named + 3)).find(|at| {
            lines.get(*at).is_some_and(|l| name::has_legal_form(&l.text) && !is_label(l))
        });
        let line = lines.get(named)?;
        let named = match formed {
            Some(at) if !name::has_legal_form(&line.text) && self.height_of(line.cell) < 0.2 => at,
            _ => named,
        };
        let rest = lines.get(named + 1..)?;
        // A registration number may stand between a name and its address.
        let skipped = usize::from(rest.first().is_some_and(|line| is_registration(&line.text)));
        let count = rest.iter().skip(skipped).take_while(|line| self.is_part(line)).count();
        let body = rest.get(skipped..skipped + count)?;
        let count = skipped + count;
        // A number or a date alone is no address.
        let has_word = |text: &str| {
            text.split(|c: char| !c.is_alphabetic()).any(|word| word.chars().count() > 2)
        };
        let may_be_address =
            |line: &StackLine| place::fitness(&line.text) >= 0.45 && has_word(&line.text);
        let first_address = body.iter().position(may_be_address);
        // Abroad the country alone may tell that these lines are an address.
        let has_country = |line: &StackLine| place::country_code(&line.text).is_some();
        let has_place = body.iter().any(|line| place::locality(&line.text).is_some())
            || body.len() >= 2 && body.iter().any(has_country);
        let line = lines.get(named)?;
        let top = self.height_of(line.cell);
        let is_head = top < 0.2;
        let is_addressed = has_place || (is_head && first_address.is_some());
        if !is_addressed {
            return self.letterhead(lines, named);
        }
        let mut party =
            Party { name: Some((line.text.clone(), line.tokens.clone())), ..Party::default() };
        let address: Vec<Range<usize>> =
            body.iter().skip(first_address.unwrap_or(0)).map(|l| l.tokens.clone()).collect();
        self.locate(&mut party, &address);
        (party.writer, party.is_labelled) = self.role(lines, named, count, top);
        (party.writer != 0.0).then_some(party)
    }

    /// A name alone at the head of the page; above a customer's labelled address, the customer's.
    fn letterhead(&self, lines: &[StackLine], named: usize) -> Option<Party> {
        let line = lines.get(named)?;
        let name = Some((line.text.clone(), line.tokens.clone()));
        if lines.get(named + 1).is_some_and(|below| self.is_address_of_reader(below.cell)) {
            return Some(Party { name, writer: -0.5, ..Party::default() });
        }
        let cell = self.view.cells.get(line.cell)?;
        let top = self.height_of(line.cell);
        let is_lone = top < 0.12 && named == 0;
        let has_form = name::has_legal_form(&line.text);
        let is_foot = top > 0.85 && has_form;
        if !(is_lone || has_form && top < 0.3 || is_foot) || line.text.chars().count() > 60 {
            return None;
        }
        let size = if cell.size > 12.0 { 0.15 } else { 0.0 };
        let form = if has_form { 0.25 } else { 0.0 };
        let writer = 0.2 + size + form - top.min(0.3) * 0.3;
        Some(Party { name, writer, ..Party::default() })
    }

    /// Whether a line goes on with a name and address.
    fn is_part(&self, line: &StackLine) -> bool {
        let is_reach = line.text.split_whitespace().any(|w| code::email(w).is_some())
            || code::leading_phone(&line.text.split_whitespace().collect::<Vec<_>>()).is_some();
        // A street may be called after something that labels are, too.
        let is_label = self.labels.first_in(line.cell).is_some() && !place::is_street(&line.text);
        !is_label && !line.text.contains(':') && !is_reach
    }
}

/// Whether a line is a title such as `INVOICE` and no name.
fn is_title(text: &str) -> bool {
    let plain = crate::local::kind::normal(text);
    let words = plain.split(' ').count();
    words <= 3 && crate::local::kind::is_title_phrase(&plain)
}

/// Whether a line is a number of a company's register, such as `(CO. REG: 860671-D)`.
fn is_registration(text: &str) -> bool {
    let lower = text.to_lowercase();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let named = ["reg", "rfg", "co. no", "company no", "hrb", "siret", "gst", "abn"];
    digits >= 4
        && text.split_whitespace().count() <= 6
        && (text.starts_with('(') || named.iter().any(|word| lower.contains(word)))
        && place::locality(text).is_none()
}
