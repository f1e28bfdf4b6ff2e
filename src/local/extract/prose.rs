//! Facts that running text states: who agreed with whom, when, for how long, under which law.

use std::ops::Range;
use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};

use super::candidate::{Candidate, Reader, dates_in};
use super::leaf::{Leaf, Plan};
use super::read::{self, Reading};
use super::write;
use crate::local::lexicon::Kind;
use crate::local::text::{canonical, fold};
use crate::local::value::{date, name, number, place};

/// Words of a document that are read as running text at most.
const WORDS_MAX: usize = 40_000;
/// Words looked at after a phrase.
const REACH: usize = 12;
/// Names in one list of parties.
const PARTIES_MAX: usize = 8;

/// The words of a document in reading order as one folded text.
pub(crate) struct Prose {
    text: String,
    /// Where each word begins in `text`.
    starts: Vec<usize>,
}

impl Prose {
    fn of(reader: &Reader<'_>) -> Self {
        let (mut text, mut starts) = (String::new(), Vec::new());
        for token in reader.view.tokens.iter().take(WORDS_MAX) {
            starts.push(text.len());
            text.push_str(&fold(&token.text));
            text.push(' ');
        }
        Self { text, starts }
    }

    /// The word that begins at or after an offset.
    fn word_at(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start < offset)
    }

    /// First words after each place where a pattern matches.
    fn after(&self, pattern: &Regex) -> Vec<usize> {
        pattern.find_iter(&self.text).map(|found| self.word_at(found.end())).collect()
    }
}

/// Phrases before values, each with what it is worth.
struct Phrases {
    begin: Vec<(Regex, f32)>,
    end: Vec<(Regex, f32)>,
    law: Vec<(Regex, f32)>,
    term: Vec<(Regex, f32)>,
    between: Regex,
    place: Regex,
}

/// One of our own patterns; `None` never, for they are tested.
fn pattern(text: &str) -> Option<Regex> {
    RegexBuilder::new(text).size_limit(1 << 20).build().ok()
}

fn weighted(list: &[(&str, f32)]) -> Vec<(Regex, f32)> {
    list.iter().filter_map(|(text, weight)| Some((pattern(text)?, *weight))).collect()
}

fn phrases() -> Option<&'static Phrases> {
    static PHRASES: OnceLock<Option<Phrases>> = OnceLock::new();
    let made = PHRASES.get_or_init(|| {
        Some(Phrases {
            begin: weighted(&[
                (r"effective (date )?(is |as of |on |from )?(the )?", 0.8),
                (r"(made|entered into|executed|dated|agreement)( and entered into)?( effective)? (as of|on|this|as of this|dated)( the)? ", 0.86),
                (r"\bas of (the )?", 0.74),
                (r"\bdated (as of )?(the )?", 0.72),
                (r"\b(begins|commences|commencing|starts|beginning|starting)( on)? (the )?", 0.86),
                (r"\b(beginnt|tritt) (am|zum) ", 0.84),
                (r"\b(prend effet|a compter du|commence) (le )?", 0.84),
                (r"\b(am|vom|le|il|el|op|on) ", 0.46),
            ]),
            end: weighted(&[
                (r"\b(ends|ending|expires|expiring|terminates|terminating|until|through|and ending)( on)? (the )?", 0.86),
                (r"\b(endet|bis zum|bis) (am |zum )?", 0.82),
                (r"\b(jusqu'au|prend fin le|se termine le) ", 0.82),
            ]),
            law: weighted(&[
                (r"\blaws? of (the )?((state|commonwealth|province|republic|country) of )?", 0.9),
                (r"\b(governed by|construed in accordance with|accordance with) (and .{0,60}? )?(the )?(internal |substantive )?(laws? of )?(the )?(state of )?", 0.7),
                (r"\brecht der (bundesrepublik )?", 0.85),
                (r"\bdroit (de la |du |de )?", 0.7),
                (r"\bley(es)? de(l| la)? ", 0.75),
                (r"\blegge (della |del )?", 0.75),
                (r"\brecht van ", 0.75),
            ]),
            term: weighted(&[
                (r"\b(initial )?term (of|is|shall be|of this agreement is|of this agreement shall be)( for)?( a)?( period of)?( approximately)? ", 0.88),
                (r"\b(for|during|until)( a| the)? (period|term|duration) of (at least )?", 0.82),
                (r"\b(remain|continue)s? in (full )?(force|effect)( and effect)? for( a period of)? ", 0.85),
                (r"\b(expire|terminate|survive)s? (on |upon |for )?(the )?(a period of )?", 0.66),
                (r"\b(laufzeit|dauer) (von|betragt) ", 0.85),
                (r"\b(duree|periode) de ", 0.8),
                (r"\b(within|after|for) ", 0.5),
            ]),
            between: pattern(
                r"\b(by and (between|among)|between|among|zwischen|entre|tussen|fra|tra)( and among)?:? ",
            )?,
            place: pattern(
                r"\b(premises|dwelling|property|apartment|house|residence|wohnung|objekt|logement|vivienda)( (is|are))?( (located|situated|known as|described as|gelegen))? (at|in|under|situe au|en|sis) ",
            )?,
        })
    });
    made.as_ref()
}

impl Reader<'_> {
    /// Candidates from running text.
    pub(crate) fn stated(&self, plan: &Plan<'_>) -> Vec<Candidate> {
        let kinds = |kind: Kind| {
            matches!(
                kind,
                Kind::Jurisdiction
                    | Kind::Term
                    | Kind::TermYears
                    | Kind::TermMonths
                    | Kind::NoticeDays
            )
        };
        let is_wanted = |leaf: &Leaf<'_>| {
            kinds(leaf.kind)
                || matches!(
                    self.name_of(leaf),
                    "landlord"
                        | "tenant"
                        | "monthly_rent"
                        | "salary"
                        | "security_deposit"
                        | "late_fee"
                        | "service_address"
                        | "effective_date"
                        | "start_date"
                        | "end_date"
                        | "expiration_date"
                        | "agreement_type"
                )
        };
        let mut found = Vec::new();
        let Some(phrases) = phrases().filter(|_| plan.leaves.iter().any(is_wanted)) else {
            return found;
        };
        let prose = Prose::of(self);
        for (index, leaf) in plan.leaves.iter().enumerate() {
            let mut put = |reading: Reading, score: f32, reason: &str| {
                let value = write::to_json(leaf, &reading);
                found.extend(value.map(|value| Candidate {
                    leaf: index,
                    value,
                    score,
                    tokens: reading.tokens,
                    label: None,
                    reason: reason.to_owned(),
                    shares: true,
                }));
            };
            match (leaf.kind, self.name_of(leaf)) {
                (Kind::Date, "effective_date" | "start_date") => {
                    for (reading, score) in self.dates_after(&prose, &phrases.begin) {
                        put(reading, score, "a sentence states when it begins");
                    }
                }
                (Kind::Date, "end_date" | "expiration_date") => {
                    for (reading, score) in self.dates_after(&prose, &phrases.end) {
                        put(reading, score, "a sentence states when it ends");
                    }
                }
                (Kind::Jurisdiction, _) => {
                    for (reading, score) in self.laws(&prose, phrases) {
                        put(reading, score, "a sentence states the governing law");
                    }
                }
                (Kind::Term | Kind::TermYears | Kind::TermMonths | Kind::NoticeDays, _) => {
                    for (reading, score) in self.terms(&prose, phrases, leaf.kind) {
                        put(reading, score, "a sentence states how long it lasts");
                    }
                }
                (Kind::Party | Kind::Person, _) => {
                    for (reading, score) in self.by_role(leaf) {
                        put(reading, score, "a sentence gives this party its role");
                    }
                }
                (Kind::Money, _) => {
                    for (reading, score) in self.amounts_after(leaf) {
                        put(reading, score, "a sentence states the amount");
                    }
                }
                (Kind::Address, "service_address") => {
                    for at in prose.after(&phrases.place) {
                        if let Some(reading) = self.sentence_address(at) {
                            put(reading, 0.8, "a sentence states where it is");
                        }
                    }
                }
                _ => {}
            }
        }
        found
    }

    fn name_of(&self, leaf: &Leaf<'_>) -> &'static str {
        leaf.concept.and_then(|c| self.lexicon.concepts.get(c)).map_or("", |c| c.name)
    }

    /// Some words from one on.
    fn words_from(&self, at: usize, count: usize) -> Vec<&str> {
        let end = (at + count).min(self.view.tokens.len());
        let tokens = self.view.tokens.get(at..end).unwrap_or_default();
        tokens.iter().map(|t| t.text.as_str()).collect()
    }

    fn dates_after(&self, prose: &Prose, phrases: &[(Regex, f32)]) -> Vec<(Reading, f32)> {
        let mut found = Vec::new();
        for (pattern, weight) in phrases {
            for at in prose.after(pattern) {
                let words = self.words_from(at, REACH);
                let direct = date::leading(&words, self.habits.order).map(|(d, n)| (d.iso(), 0, n));
                let near = || {
                    let all =
                        dates_in(words.get(..5.min(words.len())).unwrap_or_default(), self.habits);
                    all.into_iter().next().filter(|_| *weight > 0.7)
                };
                let Some((text, skip, used)) = direct.or_else(near) else { continue };
                let start = at + skip;
                let early = 1.0 - 0.15 * (at as f32 / self.view.tokens.len().max(1) as f32);
                let tokens = start..start + used;
                let fitness = early;
                found.push((Reading { text, number: None, tokens, fitness }, weight * early));
            }
        }
        found
    }

    fn laws(&self, prose: &Prose, phrases: &Phrases) -> Vec<(Reading, f32)> {
        let mut found = Vec::new();
        for (pattern, weight) in &phrases.law {
            for at in prose.after(pattern) {
                let words = self.words_from(at, 6);
                let clean =
                    |w: &str| w.trim_matches([',', '.', ';', ')', '(', '"', '”']).to_owned();
                let state = place::us_state_name(&words).map(|(name, n)| (name.to_owned(), n, 1.0));
                let country = || {
                    (1..=3).rev().find_map(|n| {
                        let text = words.get(..n)?.join(" ");
                        let text = clean(&text);
                        place::country_code(&text).map(|_| (text, n, 0.95))
                    })
                };
                let named = || {
                    let is_name = |w: &&&str| w.starts_with(|c: char| c.is_uppercase());
                    let n = words.iter().take(3).take_while(is_name).count();
                    let n = words
                        .iter()
                        .take(n)
                        .position(|w| w.ends_with(['.', ',', ';']))
                        .map_or(n, |p| p + 1);
                    let text = clean(&words.get(..n)?.join(" "));
                    (n > 0 && text.len() > 3).then_some((text, n, 0.7))
                };
                let Some((text, used, fit)) = state.or_else(country).or_else(named) else {
                    continue;
                };
                let reading = Reading { text, number: None, tokens: at..at + used, fitness: fit };
                found.push((reading, weight * fit));
            }
        }
        found
    }

    /// Lengths of time such as `two (2) years`.
    fn terms(&self, prose: &Prose, phrases: &Phrases, kind: Kind) -> Vec<(Reading, f32)> {
        let mut found = Vec::new();
        for (pattern, weight) in &phrases.term {
            for at in prose.after(pattern) {
                let Some((count, unit, skip, used)) = duration(&self.words_from(at, 9)) else {
                    continue;
                };
                let around = self.words_from(at.saturating_sub(10), 28).join(" ").to_lowercase();
                let is_notice = around.contains("notice");
                let fits = match kind {
                    Kind::TermYears => unit == "years",
                    Kind::TermMonths => unit == "months" || unit == "years",
                    Kind::NoticeDays => is_notice && unit != "years",
                    _ => unit != "days",
                };
                let number = match (kind, unit) {
                    (Kind::TermMonths, "years") => count * 12.0,
                    (Kind::NoticeDays, "months") => count * 30.0,
                    _ => count,
                };
                if !fits || (is_notice && kind != Kind::NoticeDays && *weight < 0.6) {
                    continue;
                }
                let single = unit.trim_end_matches('s');
                let text = format!("{count} {}", if count == 1.0 { single } else { unit });
                let start = at + skip;
                let score = weight * if unit == "years" { 1.0 } else { 0.9 }
                    - 0.06 * (at as f32 / self.view.tokens.len().max(1) as f32);
                let tokens = start..start + used;
                found.push((Reading { text, number: Some(number), tokens, fitness: 1.0 }, score));
            }
        }
        found
    }

    /// A name before `("Landlord")` or `(the "Tenant")`.
    fn by_role(&self, leaf: &Leaf<'_>) -> Vec<(Reading, f32)> {
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
        let Some(phrases) = phrases() else { return Vec::new() };
        let prose = Prose::of(self);
        for start in prose.after(&phrases.between) {
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
        self.signatories()
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

    /// Amounts of money that follow a leaf's own words within a sentence.
    fn amounts_after(&self, leaf: &Leaf<'_>) -> Vec<(Reading, f32)> {
        let concept = leaf.concept.and_then(|c| self.lexicon.concepts.get(c));
        let labels = concept.map(|c| c.labels.as_slice()).unwrap_or_default();
        let mut found = Vec::new();
        for (words, weight) in labels.iter().chain(&leaf.labels).filter(|(w, _)| w.len() <= 4) {
            for at in 0..self.labels.words.len().min(WORDS_MAX) {
                let Some(end) = self.phrase_ends(at, words) else { continue };
                for skip in 0..7 {
                    let next = self.words_from(end + skip, 2);
                    let stops = next.first().is_none_or(|w| w.ends_with('.') && !w.contains('$'));
                    let amount = (1..=next.len()).rev().find_map(|n| {
                        let text = next.get(..n)?.join(" ");
                        let text = text.trim_end_matches(['.', ',', ';', ')']);
                        let amount = number::parse(text, self.habits.decimal)?;
                        (amount.has_currency).then_some((amount.value, n))
                    });
                    if let Some((value, used)) = amount {
                        let tokens = end + skip..end + skip + used;
                        let score =
                            (0.86 - 0.03 * skip as f32) * weight + 0.02 * words.len() as f32;
                        let text = self.view.text(tokens.clone());
                        let fitness = 1.0;
                        let number = Some(value);
                        found.push((Reading { text, number, tokens, fitness }, score));
                        break;
                    }
                    if stops {
                        break;
                    }
                }
            }
        }
        found
    }

    /// Where a phrase of canonical words that begins at a word ends.
    fn phrase_ends(&self, at: usize, phrase: &[String]) -> Option<usize> {
        let mut left = phrase.iter();
        let mut next = left.next();
        for index in at..(at + 6).min(self.labels.words.len()) {
            let words = self.labels.words.get(index)?;
            if words.is_empty() && index > at {
                continue;
            }
            if words.is_empty() {
                return None;
            }
            for word in words {
                if Some(word) != next {
                    return None;
                }
                next = left.next();
            }
            if next.is_none() {
                return Some(index + 1);
            }
        }
        None
    }

    /// An address within a sentence: up to the full stop that ends it.
    fn sentence_address(&self, at: usize) -> Option<Reading> {
        let words = self.words_from(at, 16);
        let end = words.iter().position(|w| w.ends_with('.') && w.len() > 3)? + 1;
        let text = read::clean(words.get(..end)?.join(" ").trim_end_matches('.'));
        (place::fitness(&text) > 0.45 && text.chars().any(|c| c.is_ascii_digit()))
            .then_some(Reading { text, number: None, tokens: at..at + end, fitness: 1.0 })
    }
}

fn is_form(word: &str) -> bool {
    name::has_legal_form(&format!("x {word}"))
        || ["N.A.", "L.P.", "LP", "Co.", "L.L.C."].contains(&word)
}

/// A count, its unit in the plural, the words before and within.
fn duration(words: &[&str]) -> Option<(f64, &'static str, usize, usize)> {
    const UNITS: &[(&str, &str)] = &[
        ("year", "years"),
        ("jahr", "years"),
        ("an", "years"),
        ("ano", "years"),
        ("anno", "years"),
        ("jaar", "years"),
        ("month", "months"),
        ("monat", "months"),
        ("mois", "months"),
        ("mes", "months"),
        ("mese", "months"),
        ("maand", "months"),
        ("day", "days"),
        ("tag", "days"),
        ("jour", "days"),
        ("dia", "days"),
        ("giorn", "days"),
        ("dag", "days"),
    ];
    let unit_of = |word: &str| {
        let plain = fold(word);
        let plain = plain.trim_matches(|c: char| !c.is_alphabetic());
        UNITS
            .iter()
            .find(|(start, _)| plain.starts_with(start) && plain.len() <= start.len() + 2)
            .map(|(_, unit)| *unit)
    };
    for skip in 0..3.min(words.len()) {
        for length in 1..=4 {
            let Some(unit) = words.get(skip + length).and_then(|w| unit_of(w)) else { continue };
            let counts = words.get(skip..skip + length)?;
            let digits = counts
                .iter()
                .find_map(|w| w.trim_matches(|c: char| !c.is_ascii_digit()).parse::<f64>().ok());
            let count = digits.or_else(|| counts.iter().find_map(|w| number_word(w)))?;
            return (count > 0.0 && count < 1000.0).then_some((count, unit, skip, length + 1));
        }
    }
    None
}

fn number_word(word: &str) -> Option<f64> {
    const WORDS: &[(&str, f64)] = &[
        ("one", 1.0),
        ("two", 2.0),
        ("three", 3.0),
        ("four", 4.0),
        ("five", 5.0),
        ("six", 6.0),
        ("seven", 7.0),
        ("eight", 8.0),
        ("nine", 9.0),
        ("ten", 10.0),
        ("eleven", 11.0),
        ("twelve", 12.0),
        ("eighteen", 18.0),
        ("twenty", 20.0),
        ("twenty-four", 24.0),
        ("thirty", 30.0),
        ("thirty-six", 36.0),
        ("sixty", 60.0),
        ("ninety", 90.0),
        ("ein", 1.0),
        ("zwei", 2.0),
        ("drei", 3.0),
        ("funf", 5.0),
        ("deux", 2.0),
        ("trois", 3.0),
        ("cinq", 5.0),
        ("dos", 2.0),
        ("tres", 3.0),
        ("due", 2.0),
        ("tre", 3.0),
    ];
    let plain = fold(word);
    let plain = plain.trim_matches(|c: char| !c.is_alphanumeric());
    WORDS.iter().find(|(w, _)| *w == plain).map(|(_, n)| *n)
}
