//! Numbers, amounts of money, percentages and currencies as documents print them.

use super::super::text::fold;

/// The mark between whole and broken part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum DecimalMark {
    /// 1,234.56
    #[default]
    Point,
    /// 1.234,56
    Comma,
}

/// A number with what was printed around it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Amount {
    /// The value, sign included.
    pub(crate) value: f64,
    /// Digits after the decimal mark.
    pub(crate) decimals: usize,
    /// A currency sign or code stood beside it.
    pub(crate) has_currency: bool,
    /// A percent sign followed.
    pub(crate) has_percent: bool,
}

/// Signs and names of currencies and their ISO 4217 codes.
const CURRENCIES: &[(&str, &str)] = &[
    ("€", "EUR"),
    ("eur", "EUR"),
    ("euro", "EUR"),
    ("euros", "EUR"),
    ("us$", "USD"),
    ("usd", "USD"),
    ("$", "USD"),
    ("£", "GBP"),
    ("gbp", "GBP"),
    ("chf", "CHF"),
    ("sfr", "CHF"),
    ("fr.", "CHF"),
    ("zl", "PLN"),
    ("zł", "PLN"),
    ("pln", "PLN"),
    ("kr", "SEK"),
    ("sek", "SEK"),
    ("nok", "NOK"),
    ("dkk", "DKK"),
    ("r$", "BRL"),
    ("brl", "BRL"),
    ("₹", "INR"),
    ("rs", "INR"),
    ("rs.", "INR"),
    ("inr", "INR"),
    ("¥", "JPY"),
    ("jpy", "JPY"),
    ("cny", "CNY"),
    ("rmb", "CNY"),
    ("rm", "MYR"),
    ("myr", "MYR"),
    ("cad", "CAD"),
    ("ca$", "CAD"),
    ("aud", "AUD"),
    ("a$", "AUD"),
    ("sgd", "SGD"),
    ("s$", "SGD"),
    ("hkd", "HKD"),
    ("czk", "CZK"),
    ("kc", "CZK"),
    ("huf", "HUF"),
    ("ft", "HUF"),
    ("mxn", "MXN"),
    ("zar", "ZAR"),
    ("nzd", "NZD"),
    ("try", "TRY"),
    ("₺", "TRY"),
    ("₽", "RUB"),
    ("rub", "RUB"),
    ("₩", "KRW"),
    ("krw", "KRW"),
    ("aed", "AED"),
    ("sar", "SAR"),
    ("ils", "ILS"),
    ("₪", "ILS"),
    ("thb", "THB"),
    ("฿", "THB"),
    ("idr", "IDR"),
    ("php", "PHP"),
    ("₱", "PHP"),
    ("vnd", "VND"),
    ("₫", "VND"),
    ("ron", "RON"),
    ("bgn", "BGN"),
];

/// The ISO code of a sign, code or name of a currency.
pub(crate) fn currency(word: &str) -> Option<&'static str> {
    let plain = word.trim_matches(|c: char| "()[]:;,".contains(c));
    let lower = plain.to_lowercase();
    CURRENCIES.iter().find(|(sign, _)| *sign == lower || *sign == fold(&lower)).map(|(_, c)| *c)
}

/// A currency that sticks to a number, such as `$12` or `12€`.
pub(crate) fn glued_currency(word: &str) -> Option<&'static str> {
    if !word.chars().any(|c| c.is_ascii_digit()) {
        return currency(word);
    }
    let head: String = word
        .trim_start_matches(['-', '+', '('])
        .chars()
        .take_while(|c| !c.is_ascii_digit() && *c != '-')
        .collect();
    let tail: Vec<char> = word
        .trim_end_matches([')', '-', ',', '.', ';'])
        .chars()
        .rev()
        .take_while(|c| !c.is_ascii_digit())
        .collect();
    let tail: String = tail.into_iter().rev().collect();
    // A code such as KR3M is no amount of crowns.
    let rest = word.trim_start_matches(['-', '+', '(']).get(head.len()..).unwrap_or_default();
    let rest = rest.get(..rest.len().saturating_sub(tail.len())).unwrap_or_default();
    if rest.chars().any(char::is_alphabetic) {
        return None;
    }
    currency(head.trim_end_matches(['-', '+'])).or_else(|| currency(&tail))
}

/// Reads a whole text as one number with currency, sign or percent around it.
pub(crate) fn parse(text: &str, mark: DecimalMark) -> Option<Amount> {
    let mut rest = text.trim().trim_end_matches([';', ':', '*']).trim();
    let mut negative = false;
    if let Some(inner) = rest.strip_prefix('(').and_then(|r| r.strip_suffix(')')) {
        negative = true;
        rest = inner.trim();
    }
    let (mut has_currency, mut has_percent) = (false, false);
    loop {
        let before = rest;
        if let Some(tail) = rest.strip_prefix(['-', '−', '–']) {
            negative = !negative;
            rest = tail.trim_start();
        }
        if let Some(tail) = rest.strip_prefix('+') {
            rest = tail.trim_start();
        }
        let unit: String =
            rest.chars().take_while(|c| !c.is_ascii_digit() && !"-−+ .,".contains(*c)).collect();
        if !unit.is_empty() && currency(&unit).is_some() {
            has_currency = true;
            rest = rest.get(unit.len()..)?.trim_start_matches('.').trim_start();
        }
        if rest == before {
            break;
        }
    }
    let digits_end = rest.rfind(|c: char| c.is_ascii_digit())? + 1;
    let tail = rest.get(digits_end..)?.trim();
    let (tail, trailing_minus) = match tail.strip_prefix("-") {
        Some(more) if more.trim().is_empty() || currency(more.trim()).is_some() => {
            (more.trim(), true)
        }
        _ => (tail, false),
    };
    match tail.trim_start_matches(['.', ',']).trim() {
        "" => {}
        "%" => has_percent = true,
        "CR" | "Cr" | "H" => {}
        "DR" | "Dr" | "S" => negative = true,
        unit if currency(unit).is_some() => has_currency = true,
        _ => return None,
    }
    negative ^= trailing_minus;
    let (magnitude, decimals) = plain(rest.get(..digits_end)?, mark)?;
    let value = if negative { -magnitude } else { magnitude };
    Some(Amount { value, decimals, has_currency, has_percent })
}

/// Reads digits with group and decimal marks.
fn plain(text: &str, mark: DecimalMark) -> Option<(f64, usize)> {
    let text: String = text.chars().filter(|c| !"'’".contains(*c)).collect();
    let mut compact = String::new();
    let parts: Vec<&str> =
        text.split([' ', '\u{a0}', '\u{202f}']).filter(|p| !p.is_empty()).collect();
    for (index, part) in parts.iter().enumerate() {
        // Blanks part groups of three only.
        let digits = part.chars().take_while(char::is_ascii_digit).count();
        if index > 0 && (digits != 3 || parts.first().is_some_and(|p| p.len() > 3)) {
            return None;
        }
        compact.push_str(part);
    }
    if !compact.starts_with(|c: char| c.is_ascii_digit() || c == '.' || c == ',')
        || !compact.chars().all(|c| c.is_ascii_digit() || c == '.' || c == ',')
    {
        return None;
    }
    let last = compact.rfind(['.', ',']);
    let decimal_at = last.filter(|&at| is_decimal(&compact, at, mark));
    let whole = compact.get(..decimal_at.unwrap_or(compact.len()))?;
    if !well_grouped(whole) {
        return None;
    }
    let whole: String = whole.chars().filter(char::is_ascii_digit).collect();
    let broken = decimal_at.and_then(|at| compact.get(at + 1..)).unwrap_or_default();
    let value = format!("{}.{}", if whole.is_empty() { "0" } else { &whole }, broken);
    Some((value.trim_end_matches('.').parse().ok()?, broken.len()))
}

fn is_decimal(compact: &str, at: usize, mark: DecimalMark) -> bool {
    let sign = compact.get(at..=at).unwrap_or_default();
    let after = compact.len() - at - 1;
    let other = if sign == "." { ',' } else { '.' };
    if compact.contains(other) {
        return compact.find(other).is_some_and(|o| o < at) && compact.matches(sign).count() == 1;
    }
    if compact.matches(sign).count() > 1 {
        return false;
    }
    if after != 3 || at > 3 || compact.starts_with('0') {
        return true;
    }
    (sign == ".") == (mark == DecimalMark::Point)
}

fn well_grouped(whole: &str) -> bool {
    let groups: Vec<&str> = whole.split(['.', ',']).collect();
    let tail_ok = groups.last().is_none_or(|g| groups.len() == 1 || g.len() == 3);
    tail_ok && groups.iter().skip(1).all(|g| g.len() == 2 || g.len() == 3)
}

/// Which decimal mark the unambiguous amounts of a text use.
pub(crate) fn vote(text: &str) -> DecimalMark {
    let (mut points, mut commas) = (0_i32, 0_i32);
    for word in text.split_whitespace() {
        let core = word.trim_matches(|c: char| !c.is_ascii_digit());
        let Some(at) = core.rfind(['.', ',']) else { continue };
        if core.len() - at != 3 || !core.chars().all(|c| c.is_ascii_digit() || ".,'’".contains(c))
        {
            continue;
        }
        let head = core.get(..at).unwrap_or_default();
        let is_point = core.get(at..=at) == Some(".");
        // A date such as 12.10.22 is no amount.
        if head.matches(if is_point { '.' } else { ',' }).count() > 0 {
            continue;
        }
        *(if is_point { &mut points } else { &mut commas }) += 1;
    }
    if commas > points { DecimalMark::Comma } else { DecimalMark::Point }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{DecimalMark, glued_currency, parse, vote};

    fn value(text: &str, mark: DecimalMark) -> Option<f64> {
        parse(text, mark).map(|a| a.value)
    }

    #[test]
    fn amounts_of_the_world_are_read() {
        let (point, comma) = (DecimalMark::Point, DecimalMark::Comma);
        assert_eq!(value("$1,234.56", point), Some(1234.56));
        assert_eq!(value("1.234,56 €", comma), Some(1234.56));
        assert_eq!(value("€ -416,33", comma), Some(-416.33));
        assert_eq!(value("CHF 1'234.50", point), Some(1234.5));
        assert_eq!(value("1 234,50 kr", comma), Some(1234.5));
        assert_eq!(value("₹12,34,567.00", point), Some(1_234_567.0));
        assert_eq!(value("(12.50)", point), Some(-12.5));
        assert_eq!(value("120,00-", comma), Some(-120.0));
        assert_eq!(value("1.234", comma), Some(1234.0));
        assert_eq!(value("1.234", point), Some(1.234));
        assert_eq!(value("10/2025", point), None);
        assert_eq!(value("12 kg", point), None);
        assert!(parse("19 %", comma).unwrap().has_percent);
    }

    #[test]
    fn a_document_votes_for_its_decimal_mark() {
        assert_eq!(vote("1.194,93 € am 01.02.23 und 5,27"), DecimalMark::Comma);
        assert_eq!(vote("3,373.43 and 5.27"), DecimalMark::Point);
    }

    #[test]
    fn currencies_stick_to_numbers() {
        assert_eq!(glued_currency("$1,234.56"), Some("USD"));
        assert_eq!(glued_currency("12€"), Some("EUR"));
        assert_eq!(glued_currency("12kg"), None);
    }
}
