//! Reads a run of words as a value of a kind, and writes values as a leaf wants them.

use std::ops::Range;

use crate::local::lexicon::Kind;
use crate::local::page::View;
use crate::local::text::fold;
use crate::local::value::{Habits, code, date, name, number, place};

/// A value as found on a page.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reading {
    /// The value as text, in the form a schema of strings wants.
    pub(crate) text: String,
    /// The value as a number.
    pub(crate) number: Option<f64>,
    /// The words it was read from.
    pub(crate) tokens: Range<usize>,
    /// How well the words fit the kind, 0 to 1.
    pub(crate) fitness: f32,
}

/// Reads the value of a kind from some words of one cell.
pub(crate) fn read(
    view: &View,
    kind: Kind,
    tokens: Range<usize>,
    habits: Habits,
) -> Option<Reading> {
    let tokens = trimmed(view, tokens)?;
    let words: Vec<&str> =
        view.tokens.get(tokens.clone())?.iter().map(|t| t.text.as_str()).collect();
    if kind.is_numeric() {
        return numeric(&words, kind, habits, tokens.start);
    }
    let found = scanned(kind, &words, habits).or_else(|| whole(kind, &words))?;
    let Piece { text, skip, used, fitness } = found;
    let start = tokens.start + skip;
    Some(Reading { text, number: None, tokens: start..start + used, fitness })
}

/// A date without its year, such as `04/03` in a statement; the document's other dates
/// give the year.
pub(crate) fn partial_date(
    view: &View,
    kind: Kind,
    tokens: Range<usize>,
    habits: Habits,
) -> Option<Reading> {
    if kind != Kind::Date {
        return None;
    }
    let tokens = trimmed(view, tokens)?;
    let words = view.tokens.get(tokens.clone())?;
    let words: Vec<&str> = words.iter().map(|t| t.text.as_str()).collect();
    let (day, used) = date::without_year(&words, habits.order, habits.year?)?;
    let tokens = tokens.start..tokens.start + used;
    Some(Reading { text: day.iso(), number: None, tokens, fitness: 0.9 })
}

/// A text, the words skipped before it and taken by it, and how well they fit.
struct Piece {
    text: String,
    skip: usize,
    used: usize,
    fitness: f32,
}

impl Piece {
    fn of((text, skip, used): (String, usize, usize), fitness: f32) -> Self {
        Self { text, skip, used, fitness }
    }
}

/// Values with a grammar of their own, which may stand after a few other words.
fn scanned(kind: Kind, words: &[&str], habits: Habits) -> Option<Piece> {
    fn one<'a>(words: &[&'a str], read: fn(&'a str) -> Option<&'a str>) -> Option<(String, usize)> {
        read(words.first()?).map(|text| (text.to_owned(), 1))
    }
    let found = match kind {
        Kind::Date => {
            let found =
                scan(words, 5, |w| date::leading(w, habits.order).map(|(d, n)| (d.iso(), n)))?;
            let fitness = match found.1 {
                0 => 1.0,
                1..=3 => 0.85,
                _ => 0.7,
            };
            return Some(Piece::of(found, fitness));
        }
        Kind::Iban => {
            let found = scan(words, 3, code::leading_iban)?;
            let fitness = if code::iban_checks(&found.0) { 1.0 } else { 0.8 };
            return Some(Piece::of(found, fitness));
        }
        Kind::DateTime => date_time(words, habits),
        Kind::Time => scan(words, 6, date::leading_time),
        Kind::Vat => scan(words, 2, code::leading_vat),
        Kind::Bic => scan(words, 3, |w| one(w, |word| code::is_bic(word).then_some(word))),
        Kind::Email => scan(words, 6, |w| one(w, code::email)),
        Kind::Url => scan(words, 6, |w| one(w, code::url)),
        Kind::Phone => scan(words, 3, code::leading_phone),
        Kind::Ssn | Kind::Ein => scan(words, 1, |w| tax_id(w.first()?)),
        Kind::Currency => scan(words, 3, |w| one(w, number::glued_currency)),
        Kind::State => state(words).map(|(text, used)| (text, 0, used)),
        Kind::Country => country(words).map(|(text, used)| (text, 0, used)),
        Kind::Boolean => boolean(words).map(|(yes, used)| (yes.to_string(), 0, used)),
        _ => None,
    };
    found.map(|found| Piece::of(found, if kind == Kind::Currency { 0.9 } else { 1.0 }))
}

/// Values that take all words, or those from the first on.
fn whole(kind: Kind, words: &[&str]) -> Option<Piece> {
    let all = words.len();
    let (text, used, fitness) = match kind {
        Kind::Id => identifier(words)?,
        Kind::Vat => identifier(words).map(|(text, used, fit)| (text, used, fit * 0.9))?,
        Kind::City | Kind::Postcode => (locality(words, kind)?, all, 0.9),
        Kind::Party | Kind::Person | Kind::Bank | Kind::GivenName | Kind::FamilyName => {
            let line = clean(name::without_address(&clean(&words.join(" "))));
            let text = clean(name::before_address(&line));
            let kept = text.split_whitespace().count();
            let behind = line.split_whitespace().count().saturating_sub(kept);
            let fitness = name::fitness(&text);
            (fitness > 0.3).then_some((text, all.saturating_sub(behind), fitness))?
        }
        Kind::Address | Kind::Place => {
            let text = clean(&words.join(" "));
            let fitness = place::fitness(&text);
            (fitness > 0.15).then_some((text, all, fitness.max(0.5)))?
        }
        Kind::Text
        | Kind::Title
        | Kind::Period
        | Kind::Jurisdiction
        | Kind::Term
        | Kind::Parties => text(words).map(|(text, fitness)| (text, all, fitness))?,
        _ => return None,
    };
    Some(Piece { text, skip: 0, used, fitness })
}

fn state(words: &[&str]) -> Option<(String, usize)> {
    let first = words.first()?.trim_end_matches(',');
    if place::is_us_state(first) {
        return Some((first.to_owned(), 1));
    }
    place::us_state_name(words).map(|(name, used)| (name.to_owned(), used))
}

/// Drops colons, dashes and the like around words.
fn trimmed(view: &View, tokens: Range<usize>) -> Option<Range<usize>> {
    let is_noise = |i: usize| {
        view.tokens.get(i).is_none_or(|t| {
            !t.text.chars().any(|c| c.is_alphanumeric() || "$€£₹¥%☐☑☒✓✔".contains(c))
        })
    };
    let (mut start, mut end) = (tokens.start, tokens.end);
    while start < end && is_noise(start) {
        start += 1;
    }
    while end > start && is_noise(end - 1) && view.tokens.get(end - 1).is_none_or(|t| t.text != "-")
    {
        end -= 1;
    }
    (start < end).then_some(start..end)
}

/// Tries a reader at the first few words; gives the value, the words skipped and used.
fn scan<T>(
    words: &[&str],
    skips: usize,
    read: impl Fn(&[&str]) -> Option<(T, usize)>,
) -> Option<(T, usize, usize)> {
    (0..=skips.min(words.len().saturating_sub(1))).find_map(|skip| {
        let (value, used) = read(words.get(skip..)?)?;
        Some((value, skip, used))
    })
}

/// Removes punctuation and label rests around a text.
pub(crate) fn clean(text: &str) -> String {
    let text = text.trim().trim_start_matches([':', '-', '–', '•', '·', ',', ';', '*']).trim();
    text.trim_end_matches([',', ';', ':', '·', '*', '|']).trim().to_owned()
}

fn numeric(words: &[&str], kind: Kind, habits: Habits, base: usize) -> Option<Reading> {
    let count = words.len();
    for skip in 0..count.min(4) {
        for used in (1..=(count - skip).min(4)).rev() {
            let part = words.get(skip..skip + used)?.join(" ");
            let Some(amount) = number::parse(&part, habits.decimal) else { continue };
            let rest = words.get(skip + used).copied().unwrap_or_default();
            let is_percent = amount.has_percent || rest.starts_with('%');
            let fitness = match kind {
                Kind::Percent if is_percent => 1.0,
                Kind::Percent if amount.value.abs() <= 100.0 && amount.decimals <= 3 => 0.6,
                Kind::Percent => 0.0,
                _ if is_percent => 0.0,
                Kind::Year => f32::from((1900.0..=2200.0).contains(&amount.value)),
                Kind::Money if amount.has_currency || amount.decimals == 2 => 1.0,
                Kind::Money if amount.decimals == 0 && part.len() > 9 => 0.2,
                Kind::Money
                    if part.starts_with('0') && amount.decimals == 0 && amount.value > 0.0 =>
                {
                    0.2
                }
                Kind::Money => 0.72,
                _ => 0.95,
            };
            // A date, a phone or the like is no number.
            let is_other = rest.starts_with(['/', ':'])
                || date::leading(words.get(skip..)?, habits.order)
                    .is_some_and(|(_, n)| n >= 1 && used <= n && !part.contains(','));
            if fitness <= 0.0 || (is_other && kind != Kind::Year) {
                continue;
            }
            let distance = 1.0 - 0.06 * skip as f32;
            // Brackets around a rate do not make it negative.
            let is_bracketed = kind == Kind::Percent && !part.contains(['-', '−']);
            let value = if is_bracketed { amount.value.abs() } else { amount.value };
            return Some(Reading {
                text: part,
                number: Some(value),
                tokens: base + skip..base + skip + used,
                fitness: fitness * distance,
            });
        }
    }
    None
}

/// `2 Jul 2023 05:15` as `2023-07-02 05:15`; a date alone stays a date.
fn date_time(words: &[&str], habits: Habits) -> Option<(String, usize, usize)> {
    let (day, skip, used) = scan(words, 3, |w| date::leading(w, habits.order))?;
    let glued = words.get(skip).and_then(|w| w.split_once('T')).map(|(_, clock)| clock);
    if let Some((clock, _)) = glued.and_then(|clock| date::leading_time(&[clock])) {
        return Some((format!("{} {clock}", day.iso()), skip, used));
    }
    let rest: Vec<&str> = words.iter().skip(skip + used).copied().collect();
    match scan(&rest, 1, date::leading_time) {
        Some((clock, more, clocked)) => {
            Some((format!("{} {clock}", day.iso()), skip, used + more + clocked))
        }
        None => Some((day.iso(), skip, used)),
    }
}

fn tax_id(word: &str) -> Option<(String, usize)> {
    let word = word.trim_matches(|c: char| ",;:()".contains(c));
    let digits = word.chars().filter(|c| c.is_ascii_digit() || "Xx*".contains(*c)).count();
    let shaped = word.chars().all(|c| c.is_ascii_digit() || "-Xx*".contains(c));
    (shaped && (9..=10).contains(&digits) || (shaped && word.contains('-') && digits >= 8))
        .then(|| (word.to_owned(), 1))
}

/// An id: the printed words as far as they look like one.
fn identifier(words: &[&str]) -> Option<(String, usize, f32)> {
    let has_digit = |w: &str| w.chars().any(|c| c.is_ascii_digit());
    let mut used = words.len();
    if used > 1 {
        let run = words
            .iter()
            .take_while(|w| {
                has_digit(w)
                    || (w.len() <= 4
                        && w.chars().all(|c| c.is_ascii_uppercase() || "-/".contains(c)))
            })
            .count();
        used = if run > 0 { run } else { 1 };
        if run == 0 && !words.first().is_some_and(|w| has_digit(w)) {
            used = words.len();
        }
        // Words after a complete id belong to something else.
        let first_long = words
            .first()
            .is_some_and(|w| has_digit(w) && w.len() >= 6 && w.chars().any(char::is_alphabetic));
        if first_long && words.get(1).is_some_and(|w| !has_digit(w) || w.len() > 5) {
            used = 1;
        }
    }
    let text = clean(&words.get(..used)?.join(" "));
    let is_date = date::leading(words, date::DateOrder::DayFirst)
        .is_some_and(|(_, n)| n >= used && !text.contains('/'));
    let is_money = text.contains(['€', '$', '£']) || text.ends_with('%');
    let mut fitness = code::id_fitness(&text);
    if is_date {
        fitness *= 0.3;
    }
    if is_money {
        fitness *= 0.3;
    }
    (fitness > 0.22).then_some((text, used, fitness))
}

fn country(words: &[&str]) -> Option<(String, usize)> {
    (1..=words.len().min(4)).rev().find_map(|used| {
        let text = words.get(..used)?.join(" ");
        place::country_code(&text).map(|_| (clean(&text), used))
    })
}

fn locality(words: &[&str], kind: Kind) -> Option<String> {
    let found = place::locality(&words.join(" "))?;
    if kind == Kind::City { found.city } else { found.postcode }
}

fn boolean(words: &[&str]) -> Option<(bool, usize)> {
    let first = fold(words.first()?);
    let first = first.trim_matches(|c: char| ".,;:()".contains(c));
    const YES: &[&str] = &[
        "yes", "ja", "oui", "si", "sim", "tak", "true", "x", "☑", "☒", "✓", "✔", "[x]", "y",
        "checked", "vero", "vrai", "wahr", "waar",
    ];
    const NO: &[&str] =
        &["no", "nein", "non", "nee", "nao", "nie", "nej", "false", "☐", "n", "[", "[]"];
    match () {
        () if YES.contains(&first) => Some((true, 1)),
        () if NO.contains(&first) => Some((false, 1)),
        () => None,
    }
}

fn text(words: &[&str]) -> Option<(String, f32)> {
    let text = clean(&words.join(" "));
    let count = text.chars().count();
    if count == 0 || (count < 2 && !text.chars().all(char::is_alphanumeric)) {
        return None;
    }
    let fitness = if words.len() > 14 { 0.4 } else { 0.85 };
    Some((text, fitness))
}
