//! Where one document ends and the next begins: what speaks for a seam before a page.
//!
//! Page numbers, letterheads, ids, page sizes, titles. Must not know categories.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::extract;
use super::kind::{PageEvidence, normal};
use super::page::View;
use crate::document::Document;

/// Part of the page's height where running heads and feet stand.
const MARGIN: f32 = 0.11;

/// Fields that name the document a page belongs to.
const IDS: &[&str] = &[
    "invoice_number",
    "account_number",
    "purchase_order",
    "policy_number",
    "contract_number",
    "receipt_number",
    "delivery_note_number",
    "customer_number",
    "employee_ssn",
    "patient_name",
    "buyer_name",
    "seller_name",
    "issue_date",
    "statement_period",
];

/// What a page shows of the document it belongs to.
#[derive(Debug, Clone, Default)]
pub(crate) struct PageSigns {
    /// Number printed on the page, and the count of pages where that is printed too.
    number: Option<(u32, Option<u32>)>,
    /// Words of running head and foot, without numbers.
    margins: BTreeSet<String>,
    /// Values of [`IDS`], by the same order.
    ids: Vec<Option<String>>,
    /// Width and height in points.
    size: (f32, f32),
    /// Most used font size, in tenths of points.
    body_size: i32,
    /// Strength of its best title.
    title: f32,
    /// The page goes on with what began before.
    is_continued: bool,
    /// It ends with signatures or greetings.
    is_closed: bool,
    /// Number of the first clause and of the last one.
    clauses: Option<(u32, u32)>,
    /// Nothing is on it.
    is_blank: bool,
}

/// Looks at one page.
pub(crate) fn page_signs(document: &Document, index: usize, evidence: &PageEvidence) -> PageSigns {
    let view = View::of_pages(document, index..index + 1);
    let Some(sheet) = view.sheets.first() else { return PageSigns::default() };
    let titles = evidence.signs.iter().flatten().filter(|s| s.is_title).map(|s| s.weight);
    let lines: Vec<(f32, String)> = view
        .rows
        .iter()
        .enumerate()
        .map(|(row, found)| {
            let cells: Vec<&str> = view.row_cells(row).iter().map(|c| c.text.as_str()).collect();
            (found.bbox.y0 / sheet.height.max(1.0), cells.join(" "))
        })
        .collect();
    let at_margin = |y: f32| !(MARGIN..=1.0 - MARGIN).contains(&y);
    let margins = lines.iter().filter(|(y, _)| at_margin(*y)).flat_map(|(_, line)| {
        let words = normal(line);
        words.split(' ').map(str::to_owned).collect::<Vec<_>>()
    });
    let first = lines.first().map(|(_, line)| line.as_str()).unwrap_or_default();
    PageSigns {
        number: page_number(&lines),
        margins: margins
            .filter(|w| w.len() > 2 && !w.chars().any(|c| c.is_ascii_digit()))
            .collect(),
        ids: ids(&view),
        size: (sheet.width, sheet.height),
        body_size: body_size(&view),
        title: titles.fold(0.0, f32::max),
        is_continued: is_continued(first, &evidence.text),
        is_closed: is_closed(&lines),
        clauses: clauses(&lines),
        is_blank: view.tokens.len() < 3,
    }
}

fn ids(view: &View) -> Vec<Option<String>> {
    let fields = IDS.iter().map(|name| ((*name).to_owned(), json!({"type": ["string", "null"]})));
    let fields: serde_json::Map<String, Value> = fields.collect();
    let data = extract::scalars(view, &json!({"type": "object", "properties": fields}));
    let value = |name: &&str| data.get(*name).and_then(Value::as_str).map(normal);
    IDS.iter().map(value).collect()
}

fn body_size(view: &View) -> i32 {
    let mut counts: std::collections::BTreeMap<i32, usize> = std::collections::BTreeMap::new();
    for token in &view.tokens {
        *counts.entry((token.size * 2.0).round() as i32 * 5).or_default() += token.text.len();
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map_or(0, |(size, _)| size)
}

const PAGE_WORDS: &[&str] =
    &["page", "seite", "pagina", "pag", "pg", "p", "strona", "sida", "sheet", "blatt", "folio"];
const OF_WORDS: &[&str] = &["of", "von", "de", "di", "van", "sur", "z", "av", "out"];

/// `Page 2 of 5` anywhere, `2/5`, `Page 2` or a lone `2` at the margins.
fn page_number(lines: &[(f32, String)]) -> Option<(u32, Option<u32>)> {
    let mut found: Option<(u32, Option<u32>)> = None;
    for (y, line) in lines {
        let plain = normal(line);
        let words: Vec<&str> = plain.split(' ').collect();
        let number = |at: usize| words.get(at).and_then(|w| w.parse::<u32>().ok());
        for at in 0..words.len() {
            let is_page = words.get(at).is_some_and(|w| PAGE_WORDS.contains(w));
            let Some(this) = number(at + 1).filter(|n| is_page && (1..5000).contains(n)) else {
                continue;
            };
            let is_of = words.get(at + 2).is_some_and(|w| OF_WORDS.contains(w));
            let all = if is_of { number(at + 3) } else { number(at + 2) };
            let all = all.filter(|n| *n >= this && (is_of || line.contains('/')));
            if all.is_some() {
                return Some((this, all));
            }
            if !(MARGIN..=1.0 - MARGIN).contains(y) {
                found = Some((this, None));
            }
        }
        let is_lone = words.len() == 1 && !(0.05..=0.88).contains(y);
        let slashed = words.len() == 2 && line.contains('/') && !line.contains("//");
        match (number(0), number(1)) {
            (Some(this), None) if is_lone && this < 1000 => found = found.or(Some((this, None))),
            (Some(this), Some(all)) if slashed && this <= all && all < 500 => {
                found = Some((this, Some(all)));
            }
            _ => {}
        }
    }
    found
}

fn is_continued(first_line: &str, text: &str) -> bool {
    const PHRASES: &[&str] = &[
        "continued from",
        "carried forward",
        "brought forward",
        "ubertrag",
        "fortsetzung",
        "suite de la page",
        "a reporter",
        "suma anterior",
        "riporto",
        "vervolg",
        "continuation",
    ];
    let head: String = text.chars().take(200).collect();
    let starts_small = first_line.chars().next().is_some_and(char::is_lowercase);
    starts_small || head.contains("continued") || PHRASES.iter().any(|p| head.contains(p))
}

fn is_closed(lines: &[(f32, String)]) -> bool {
    const PHRASES: &[&str] = &[
        "signature",
        "signed",
        "sincerely",
        "in witness whereof",
        "unterschrift",
        "regards",
        "mit freundlichen",
        "cordialement",
        "atentamente",
        "firma",
        "handtekening",
        "by name title",
    ];
    let tail = lines.iter().rev().take(12).map(|(_, line)| normal(line));
    tail.into_iter().any(|line| PHRASES.iter().any(|phrase| line.contains(phrase)))
}

/// Numbers of the first and last clause: lines that begin with `3.` or `3.2`.
fn clauses(lines: &[(f32, String)]) -> Option<(u32, u32)> {
    let number = |line: &String| {
        let word = line.split_whitespace().next()?;
        let (whole, rest) = word.split_once('.')?;
        let is_clause = rest.chars().all(|c| c.is_ascii_digit() || c == '.') && rest.len() <= 3;
        let follows = line.split_whitespace().nth(1)?.chars().next()?.is_alphabetic();
        whole.parse::<u32>().ok().filter(|n| is_clause && follows && *n < 100)
    };
    let all: Vec<u32> = lines.iter().filter_map(|(_, line)| number(line)).collect();
    Some((*all.first()?, *all.last()?))
}

/// How likely a new document begins with a page, from 0 to 1.
pub(crate) fn seam(before: &PageSigns, page: &PageSigns) -> f32 {
    let logit = if page.is_blank { -5.0 } else { evidence(before, page) };
    1.0 / (1.0 + (-logit).exp())
}

fn evidence(before: &PageSigns, page: &PageSigns) -> f32 {
    let mut sum = -0.2 + numbers(before, page) + ids_speak(before, page);
    let size = |p: &PageSigns| (p.size.0.round() as i32, p.size.1.round() as i32);
    let ((a, b), (c, d)) = (size(before), size(page));
    if (a - c).abs() > 3 || (b - d).abs() > 3 {
        sum += 1.6;
    }
    let shared = before.margins.intersection(&page.margins).count();
    let all = before.margins.union(&page.margins).count();
    if all > 1 {
        sum += 0.9 - 3.0 * shared as f32 / all as f32;
    }
    if before.body_size != page.body_size {
        sum += 0.7;
    }
    sum += if page.title > 1.2 {
        1.5
    } else if page.title > 0.7 {
        0.8
    } else {
        -0.7
    };
    if page.is_continued {
        sum -= 2.2;
    }
    if before.is_closed {
        sum += 0.5;
    }
    match (before.clauses, page.clauses) {
        (Some((_, last)), Some((first, _))) if first == last || first == last + 1 => sum -= 2.0,
        (Some((_, last)), Some((1, _))) if last > 1 => sum += 1.5,
        _ => {}
    }
    sum
}

fn numbers(before: &PageSigns, page: &PageSigns) -> f32 {
    match (before.number, page.number) {
        (Some((last, Some(all))), Some((1, _))) if last == all => 4.0,
        (_, Some((1, Some(_)))) => 3.0,
        (Some((last, all)), Some((this, more))) if this == last + 1 && all == more => -3.5,
        (_, Some((1, None))) => 1.6,
        (Some((last, Some(all))), _) if last == all => 2.0,
        (_, Some((this, Some(_)))) if this > 1 => -2.0,
        (Some((last, Some(all))), None) if last < all => -1.0,
        _ => 0.0,
    }
}

/// The same id on both pages speaks against a seam, another one for it.
fn ids_speak(before: &PageSigns, page: &PageSigns) -> f32 {
    let mut sum: f32 = 0.0;
    for (index, pair) in before.ids.iter().zip(&page.ids).enumerate() {
        let (Some(a), Some(b)) = pair else { continue };
        let weight = if index < 9 { 1.5 } else { 0.7 };
        sum += if a == b { -weight } else { weight };
    }
    sum.clamp(-3.0, 3.0)
}
