//! Values in the form that a field asks for: options, dates in the form's own order, letters
//! that fit in their cells.

use super::asked::Asked;
use super::terms::Kind;
use super::tick::nearest_option;
use crate::form::{Field, Role};
use crate::local::text::fold;

/// The value as it is written into a field.
///
/// # Errors
/// Why it cannot be, in words for people.
pub(super) fn shaped(field: &Field, asked: &Asked, value: &str) -> Result<String, String> {
    let value = value.trim();
    match &field.role {
        Role::Choice { options, editable } => match nearest_option(options, value) {
            Some(option) => Ok(option.clone()),
            None if *editable || options.is_empty() => Ok(value.to_owned()),
            None => Err(format!("{value:?} is none of its options")),
        },
        Role::Text { multiline, letters_max, comb, format } => {
            let mut text = match multiline {
                true => value.to_owned(),
                false => value.split_whitespace().collect::<Vec<_>>().join(" "),
            };
            let hint = [&field.label.own, &field.label.also, &field.label.tooltip];
            let hint = hint.into_iter().find_map(|label| date_pattern(label));
            let pattern = format.as_deref().and_then(script_pattern).or(hint);
            if let Some(pattern) = pattern
                && let Some(date) = Date::read(&text)
            {
                text = date.write(&pattern);
            }
            match letters_max {
                Some(most) if text.chars().count() > *most => short(&text, *most, asked.kind),
                Some(_) if *comb && is_code(asked.kind) => Ok(joined(&text)),
                _ => Ok(text),
            }
        }
        _ => Ok(value.to_owned()),
    }
}

fn is_code(kind: Option<Kind>) -> bool {
    matches!(kind, Some(Kind::Iban | Kind::Bic | Kind::Ssn | Kind::Ein))
}

/// Letters and digits alone.
fn joined(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// A text that fits in few letters without losing any that matter.
fn short(text: &str, most: usize, kind: Option<Kind>) -> Result<String, String> {
    let fits = |text: &String| text.chars().count() <= most;
    let mut tries = vec![joined(text)];
    if kind == Some(Kind::State) || most == 2 {
        tries.extend(state_code(text).map(str::to_owned));
    }
    if let Some(date) = Date::read(text) {
        tries.push(date.write("mm/dd/yyyy"));
        tries.push(date.write("mmddyyyy"));
        tries.push(date.write("mmddyy"));
    }
    if kind == Some(Kind::Initial) || (most == 1 && text.split_whitespace().count() == 1) {
        tries.extend(text.chars().next().map(String::from));
    }
    // Letters and digits alone are enough for codes, not for words.
    let is_wordy = text.split_whitespace().count() > 1
        && text.chars().filter(|c| c.is_alphabetic()).count() > 3;
    tries
        .into_iter()
        .skip(usize::from(is_wordy && !is_code(kind)))
        .find(fits)
        .ok_or_else(|| format!("{text:?} has more than the {most} letters it takes"))
}

/// Two letters of a state of the USA.
fn state_code(name: &str) -> Option<&'static str> {
    const STATES: &str = "alabama AL alaska AK arizona AZ arkansas AR california CA colorado CO \
        connecticut CT delaware DE florida FL georgia GA hawaii HI idaho ID illinois IL indiana IN \
        iowa IA kansas KS kentucky KY louisiana LA maine ME maryland MD massachusetts MA \
        michigan MI minnesota MN mississippi MS missouri MO montana MT nebraska NE nevada NV \
        newhampshire NH newjersey NJ newmexico NM newyork NY northcarolina NC northdakota ND \
        ohio OH oklahoma OK oregon OR pennsylvania PA rhodeisland RI southcarolina SC \
        southdakota SD tennessee TN texas TX utah UT vermont VT virginia VA washington WA \
        westvirginia WV wisconsin WI wyoming WY districtofcolumbia DC";
    let name: String = fold(name).chars().filter(|c| c.is_alphabetic()).collect();
    let mut words = STATES.split_whitespace();
    while let (Some(state), Some(code)) = (words.next(), words.next()) {
        if state == name {
            return Some(code);
        }
    }
    None
}

/// The pattern that a script names, such as `mm/dd/yyyy`.
fn script_pattern(script: &str) -> Option<String> {
    let call = script.strip_prefix("AFDate_FormatEx(")?;
    let pattern = call.trim_end_matches(')').trim().trim_matches(['"', '\'']);
    pattern.contains('y').then(|| pattern.to_owned())
}

/// The pattern that a label shows, such as `(MM/DD/YYYY)` or `TT.MM.JJJJ`.
fn date_pattern(label: &str) -> Option<String> {
    label.split(|c: char| c.is_whitespace() || "()[],;:".contains(c)).find_map(|word| {
        let lower = word.to_lowercase();
        let parts: Vec<&str> = lower.split(['/', '.', '-']).collect();
        let is_part = |part: &&str| {
            matches!(
                *part,
                "dd" | "d"
                    | "tt"
                    | "jj"
                    | "mm"
                    | "m"
                    | "yyyy"
                    | "yy"
                    | "jjjj"
                    | "aaaa"
                    | "aa"
                    | "gg"
                    | "rrrr"
            )
        };
        let is_pattern = (parts.len() == 3 && parts.iter().all(is_part))
            || matches!(
                lower.as_str(),
                "mmddyyyy" | "ddmmyyyy" | "yyyymmdd" | "mmddyy" | "ttmmjjjj"
            );
        if !is_pattern {
            return None;
        }
        // French days are `jj` where German years are.
        let french = lower.contains("aa");
        let day = if french { "jj" } else { "tt" };
        let english = lower
            .replace("jjjj", "yyyy")
            .replace(day, "dd")
            .replace("gg", "dd")
            .replace("aaaa", "yyyy")
            .replace("aa", "yy")
            .replace("rrrr", "yyyy")
            .replace("jj", "yy");
        english.contains('y').then_some(english)
    })
}

/// A day that is certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Date {
    year: u32,
    month: u32,
    day: u32,
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

impl Date {
    /// Reads a date that can be read in one way only: the year first, the month in letters, a
    /// day over 12, or dots between day and month.
    fn read(text: &str) -> Option<Self> {
        let folded = fold(text.trim());
        let parts: Vec<&str> =
            folded.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()).collect();
        let &[a, b, c] = parts.as_slice() else { return None };
        let month = |word: &str| {
            MONTHS.iter().zip(1..).find(|(m, _)| word.starts_with(**m)).map(|(_, n)| n)
        };
        let number = |word: &str| word.trim_end_matches(char::is_alphabetic).parse::<u32>().ok();
        let (year, month, day) = if a.len() == 4 && a.starts_with(|c: char| c.is_ascii_digit()) {
            (number(a)?, number(b).or_else(|| month(b))?, number(c)?)
        } else if let Some(month) = month(a) {
            (number(c)?, month, number(b)?)
        } else if let Some(month) = month(b) {
            (number(c)?, month, number(a)?)
        } else {
            let (x, y, year) = (number(a)?, number(b)?, number(c)?);
            match (x > 12, y > 12) {
                (true, false) => (year, y, x),
                (false, true) => (year, x, y),
                (false, false) if folded.contains('.') || x == y => (year, y, x),
                // The order of the numbers is the writer's; it stays as it is.
                _ => return None,
            }
        };
        let year = if year < 100 { year + if year > 40 { 1900 } else { 2000 } } else { year };
        let is_day = (1..=12).contains(&month) && (1..=31).contains(&day) && year < 2200;
        is_day.then_some(Self { year, month, day })
    }

    /// Writes it in a pattern of `d`, `m` and `y`.
    fn write(self, pattern: &str) -> String {
        let mut text = String::new();
        let mut rest = pattern;
        while let Some(letter) = rest.chars().next() {
            let run = rest.chars().take_while(|c| *c == letter).count();
            let part = match (letter, run) {
                ('d', 1) => self.day.to_string(),
                ('d', _) => format!("{:02}", self.day),
                ('m', 1) => self.month.to_string(),
                ('m', 2) => format!("{:02}", self.month),
                ('m', _) => {
                    let at = usize::try_from(self.month.saturating_sub(1)).unwrap_or(0);
                    let name = MONTHS.get(at).copied().unwrap_or_default();
                    name.chars()
                        .enumerate()
                        .map(|(i, c)| if i == 0 { c.to_ascii_uppercase() } else { c })
                        .collect()
                }
                ('y', 2) => format!("{:02}", self.year % 100),
                ('y', _) => format!("{:04}", self.year),
                _ => letter.to_string().repeat(run),
            };
            text.push_str(&part);
            rest = rest.get(run * letter.len_utf8()..).unwrap_or_default();
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::{Date, date_pattern, short};
    use crate::local::fill::terms::Kind;

    #[test]
    fn dates_follow_the_pattern_of_the_form() {
        let written =
            |text: &str, label: &str| Some(Date::read(text)?.write(&date_pattern(label)?));
        let iso = "1975-07-30";
        assert_eq!(written(iso, "Date of birth (MM/DD/YYYY)").as_deref(), Some("07/30/1975"));
        assert_eq!(written(iso, "Geburtsdatum TT.MM.JJJJ").as_deref(), Some("30.07.1975"));
        assert_eq!(written("July 30, 1975", "né le (JJ/MM/AAAA)").as_deref(), Some("30/07/1975"));
        assert_eq!(Date::read("03/04/2025"), None, "either order is possible");
        assert_eq!(date_pattern("Date of birth"), None);
    }

    #[test]
    fn long_values_lose_only_what_does_not_matter() {
        let short = |text: &str, most, kind| short(text, most, kind).ok();
        assert_eq!(short("123-45-6789", 9, Some(Kind::Ssn)).as_deref(), Some("123456789"));
        assert_eq!(short("Ohio", 2, Some(Kind::State)).as_deref(), Some("OH"));
        assert_eq!(short("Anjali", 1, Some(Kind::Initial)).as_deref(), Some("A"));
        assert_eq!(short("a long remark", 5, None), None);
    }
}
