//! Dates, times and periods in the orders and languages of the world.

use super::super::text::fold;
use super::number::DecimalMark;

/// The order of day and month where both could be either.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum DateOrder {
    /// 31/12/2024
    #[default]
    DayFirst,
    /// 12/31/2024
    MonthFirst,
}

/// A date without a clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Date {
    pub(crate) year: i32,
    pub(crate) month: u32,
    pub(crate) day: u32,
}

impl Date {
    /// The date as ISO 8601.
    pub(crate) fn iso(self) -> String {
        format!("{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }

    fn checked(year: i32, month: u32, day: u32) -> Option<Self> {
        let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        let last = match month {
            4 | 6 | 9 | 11 => 30,
            2 => 28 + u32::from(leap),
            1..=12 => 31,
            _ => return None,
        };
        ((1..=last).contains(&day) && (1800..=2200).contains(&year)).then_some(Self {
            year,
            month,
            day,
        })
    }
}

/// The beginnings of the months' names, folded, by month, in the languages of the lexicon.
const MONTHS: [&str; 12] = [
    "jan gen ene januar janv sty",
    "feb fev fevr fevrier lut",
    "mar mrz maer mrt maa marz mars",
    "apr avr abr kwi",
    "may mai mag mei maj mayo maio",
    "jun juin giu cze",
    "jul juil lug lip",
    "aug aou ago sie",
    "sep set wrz",
    "oct okt ott out paz",
    "nov lis",
    "dec dez dic des gru",
];

/// The month a word names, from 1.
pub(crate) fn month(word: &str) -> Option<u32> {
    let word = fold(word);
    let word = word.trim_matches(|c: char| !c.is_alphabetic());
    if word.len() < 3 || word.len() > 12 || !word.chars().all(char::is_alphabetic) {
        return None;
    }
    let index = MONTHS.iter().position(|starts| {
        starts.split(' ').any(|start| word.starts_with(start) && is_month_tail(word, start))
    })?;
    u32::try_from(index + 1).ok()
}

/// The full names of the months, folded.
const MONTHS_IN_FULL: &str = "\
    january januar janvier enero gennaio januari janeiro stycznia styczen february februar \
    fevrier febrero febbraio februari fevereiro lutego luty march marz maerz mars marzo \
    maart marco marca marzec april avril abril aprile kwietnia kwiecien may mai mayo maggio \
    mei maio maja maj june juni juin junio giugno junho czerwca czerwiec july juli juillet \
    julio luglio julho lipca lipiec august aout agosto augustus augusti sierpnia sierpien \
    september septembre septiembre settembre setembro wrzesnia wrzesien october oktober \
    octobre octubre ottobre outubro pazdziernika pazdziernik november novembre noviembre \
    novembro listopada listopad december dezember decembre diciembre dicembre dezembro \
    grudnia grudzien";

/// Full names and cut ones pass; other words that begin alike do not.
fn is_month_tail(word: &str, start: &str) -> bool {
    word == start || word == "sept" || MONTHS_IN_FULL.split(' ').any(|name| name == word)
}

fn year_of(text: &str) -> Option<i32> {
    let digits = text.trim_start_matches(['\'', '’']);
    let value: i32 = digits.parse().ok()?;
    match digits.len() {
        4 => Some(value),
        2 => Some(if value < 70 { 2000 + value } else { 1900 + value }),
        _ => None,
    }
}

/// Reads the date at the beginning of some words; tells how many words it took.
pub(crate) fn leading(words: &[&str], order: DateOrder) -> Option<(Date, usize)> {
    let clean: Vec<&str> = words
        .iter()
        .take(6)
        .map(|w| w.trim_matches(|c: char| "()[],;:.\"“”".contains(c)))
        .collect();
    let first = clean.first()?;
    if let Some(date) = numeric(first, order).or_else(|| dashed_name(first)) {
        return Some((date, 1));
    }
    named(&clean)
}

/// `31/12/2024`, `2024-12-31`, `31.12.24`, `20241231`, also with a clock glued by `T`.
fn numeric(word: &str, order: DateOrder) -> Option<Date> {
    let word = word.split_once('T').map_or(word, |(day, _)| day);
    let separator = word.chars().find(|c| "/-.".contains(*c));
    let Some(separator) = separator else {
        return (word.len() == 8 && word.starts_with("20"))
            .then(|| {
                Date::checked(
                    word.get(..4)?.parse().ok()?,
                    word.get(4..6)?.parse().ok()?,
                    word.get(6..)?.parse().ok()?,
                )
            })
            .flatten();
    };
    let parts: Vec<&str> = word.split(separator).collect();
    let [a, b, c] = parts.as_slice() else { return None };
    if !parts.iter().all(|p| !p.is_empty() && p.len() <= 4 && p.chars().all(|d| d.is_ascii_digit()))
    {
        return None;
    }
    if a.len() == 4 {
        return Date::checked(a.parse().ok()?, b.parse().ok()?, c.parse().ok()?);
    }
    if a.len() > 2 || b.len() > 2 {
        return None;
    }
    let year = year_of(c)?;
    let (a, b): (u32, u32) = (a.parse().ok()?, b.parse().ok()?);
    let day_first = match (a > 12, b > 12) {
        (true, _) => true,
        (_, true) => false,
        _ => order == DateOrder::DayFirst || separator == '.',
    };
    if day_first { Date::checked(year, b, a) } else { Date::checked(year, a, b) }
}

/// `04/03`, `4.3.` or `3 Apr` at the beginning of some words, of a given year.
pub(crate) fn without_year(words: &[&str], order: DateOrder, year: i32) -> Option<(Date, usize)> {
    let clean = |at: usize| words.get(at).map(|w| w.trim_matches([',', '.', ';', '(', ')']));
    let first = clean(0)?;
    let pair = first.split_once(['/', '.', '-']);
    if let Some((a, b)) = pair {
        let (a, b) = (a.parse::<u32>().ok()?, b.parse::<u32>().ok()?);
        let day_first =
            a > 12 || (b <= 12 && (order == DateOrder::DayFirst || first.contains('.')));
        let date = if day_first { Date::checked(year, b, a) } else { Date::checked(year, a, b) };
        return date.map(|date| (date, 1));
    }
    let second = clean(1)?;
    let (day, named) = match month(first) {
        Some(number) => (day_of(second)?, number),
        None => (day_of(first)?, month(second)?),
    };
    Date::checked(year, named, day).map(|date| (date, 2))
}

/// The year that most dates of a text are of.
pub(crate) fn usual_year(text: &str, order: DateOrder) -> Option<i32> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut counts: std::collections::BTreeMap<i32, usize> = std::collections::BTreeMap::new();
    for at in 0..words.len() {
        if let Some((date, _)) = words.get(at..).and_then(|rest| leading(rest, order)) {
            *counts.entry(date.year).or_default() += 1;
        }
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(year, _)| year)
}

/// `02-Jan-2024` and `2Jan24`.
fn dashed_name(word: &str) -> Option<Date> {
    let parts: Vec<&str> = word.split(['-', '/', '.']).filter(|p| !p.is_empty()).collect();
    let [day, name, year] = parts.as_slice() else { return None };
    Date::checked(year_of(year)?, month(name)?, day.parse().ok()?)
}

fn day_of(word: &str) -> Option<u32> {
    let digits: String = word.chars().take_while(char::is_ascii_digit).collect();
    let tail = fold(word.get(digits.len()..)?);
    let ordinal = ["", ".", "st", "nd", "rd", "th", "o", "a", "er", "e", "ª", "º"];
    if !ordinal.contains(&tail.as_str()) {
        return None;
    }
    digits.parse().ok().filter(|day| (1..=31).contains(day))
}

/// `31 December 2024`, `December 31, 2024`, `the 5th day of March, 2019`, `5 de marzo de 2024`.
fn named(words: &[&str]) -> Option<(Date, usize)> {
    let skip_fill = |mut at: usize| {
        while words.get(at).is_some_and(|w| {
            ["", "de", "del", "of", "day", "the", "den", "d"].contains(&w.to_lowercase().as_str())
        }) {
            at += 1;
        }
        at
    };
    let (month_at, day, month_number) = if let Some(number) = month(words.first()?) {
        (0, day_of(words.get(1)?)?, number)
    } else {
        let day = day_of(words.first()?)?;
        let at = skip_fill(1);
        (at, day, month(words.get(at)?)?)
    };
    let year_at = skip_fill(if month_at == 0 { 2 } else { month_at + 1 });
    let year = year_of(words.get(year_at)?)
        .filter(|_| words.get(year_at).is_some_and(|w| w.len() >= 2))?;
    Some((Date::checked(year, month_number, day)?, year_at + 1))
}

/// Reads a clock such as `17:18`, `9:05 PM` or `08:01:11` at the beginning of some words.
pub(crate) fn leading_time(words: &[&str]) -> Option<(String, usize)> {
    let first = words.first()?.trim_matches(|c: char| "(),;".contains(c));
    let first = first.split_once('T').map_or(first, |(_, clock)| clock);
    let lower = first.to_lowercase();
    let (core, glued) = match (lower.strip_suffix("am"), lower.strip_suffix("pm")) {
        (Some(core), _) => (core.to_owned(), Some(false)),
        (_, Some(core)) => (core.to_owned(), Some(true)),
        _ => (lower.trim_end_matches('h').replace('h', ":"), None),
    };
    let parts: Vec<&str> = core.split([':', '.']).collect();
    if !(2..=3).contains(&parts.len()) || !(core.contains(':')) {
        return None;
    }
    let mut hour: u32 = parts.first()?.parse().ok()?;
    let minute: u32 = parts.get(1).filter(|m| m.len() == 2)?.parse().ok()?;
    let next = words.get(1).map(|w| w.to_lowercase().replace('.', ""));
    let (half, used) = match (glued, next.as_deref()) {
        (Some(half), _) => (Some(half), 1),
        (None, Some("pm")) => (Some(true), 2),
        (None, Some("am")) => (Some(false), 2),
        _ => (None, 1),
    };
    match half {
        Some(true) if hour < 12 => hour += 12,
        Some(false) if hour == 12 => hour = 0,
        _ => {}
    }
    (hour < 24 && minute < 60).then(|| (format!("{hour:02}:{minute:02}"), used))
}

/// Which order of day and month a text uses; where no date shows it, currency and language do.
pub(crate) fn vote(text: &str, decimal: DecimalMark) -> DateOrder {
    let (mut day_first, mut month_first) = (0, 0);
    let (mut day_runs, mut month_runs) = (0, 0);
    let mut before: Option<(u32, u32)> = None;
    for word in text.split_whitespace() {
        let word = word.trim_matches(|c: char| !c.is_ascii_digit());
        let parts: Vec<&str> = word.split(['/', '-']).collect();
        let [a, b, c] = parts.as_slice() else { continue };
        if a.len() > 2 || b.len() > 2 || !(c.len() == 4 || c.len() == 2) {
            continue;
        }
        if let (Ok(a), Ok(b)) = (a.parse::<u32>(), b.parse::<u32>()) {
            day_first += i32::from(a > 12 && (1..=12).contains(&b));
            month_first += i32::from(b > 12 && (1..=12).contains(&a));
            // Days run on from date to date while the month stays.
            if let Some((first, second)) = before {
                day_runs += i32::from(b == second && a == first + 1);
                month_runs += i32::from(a == first && b == second + 1);
            }
            before = Some((a, b));
        }
    }
    // One such pair may be an accident.
    day_first += if day_runs > 1 { day_runs } else { 0 };
    month_first += if month_runs > 1 { month_runs } else { 0 };
    if day_first != month_first {
        return if day_first > month_first { DateOrder::DayFirst } else { DateOrder::MonthFirst };
    }
    let american = text.contains('$') || has_us_postcode(text);
    let codes = ["RM", "GST", "VAT", "INR", "CHF", "EUR", "GBP", "RS"];
    let is_code = |word: &str| codes.contains(&word.trim_matches(|c: char| !c.is_alphabetic()));
    let foreign = text.split_whitespace().any(|w| is_code(&w.to_uppercase()))
        || ["€", "£", "₹", "R$"].iter().any(|s| text.contains(s));
    if american && !foreign && decimal == DecimalMark::Point {
        DateOrder::MonthFirst
    } else {
        DateOrder::DayFirst
    }
}

fn has_us_postcode(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.windows(2).any(|pair| {
        let [state, zip] = pair else { return false };
        let zip = zip.trim_end_matches([',', '.']);
        state.len() == 2
            && super::place::is_us_state(state)
            && zip.len() >= 5
            && zip.chars().take(5).all(|c| c.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{DateOrder, leading, leading_time, vote};
    use crate::local::value::DecimalMark;

    fn iso(text: &str, order: DateOrder) -> Option<String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        leading(&words, order).map(|(date, _)| date.iso())
    }

    #[test]
    fn dates_of_many_countries_are_read() {
        for (text, want) in [
            ("18. Januar 2025", "2025-01-18"),
            ("2 août 2021", "2021-08-02"),
            ("September 22, 2024", "2024-09-22"),
            ("5 de marzo de 2024", "2024-03-05"),
            ("02-Jan-24", "2024-01-02"),
            ("23-01-2019", "2019-01-23"),
            ("2019/1/3", "2019-01-03"),
            ("5th day of March, 2019", "2019-03-05"),
            ("12 czerwca 2023", "2023-06-12"),
        ] {
            assert_eq!(iso(text, DateOrder::DayFirst).as_deref(), Some(want), "{text}");
        }
        assert_eq!(iso("01/04/2022", DateOrder::MonthFirst).as_deref(), Some("2022-01-04"));
        assert_eq!(iso("31/02/2022", DateOrder::DayFirst), None);
        assert_eq!(iso("May 1.5", DateOrder::DayFirst), None);
    }

    #[test]
    fn a_document_shows_its_order() {
        assert_eq!(vote("02/16/2022", DecimalMark::Point), DateOrder::MonthFirst);
        assert_eq!(vote("16/02/2022 $5", DecimalMark::Point), DateOrder::DayFirst);
        assert_eq!(vote("01/04/2022 $5", DecimalMark::Point), DateOrder::MonthFirst);
    }

    #[test]
    fn clocks_are_read() {
        assert_eq!(leading_time(&["8:01:11", "PM"]), Some(("20:01".to_owned(), 2)));
        assert_eq!(leading_time(&["17:18"]), Some(("17:18".to_owned(), 1)));
        assert_eq!(leading_time(&["5.27"]), None);
    }
}
