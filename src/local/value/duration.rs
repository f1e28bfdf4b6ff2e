//! Lengths of time such as `two (2) years`.

use super::super::text::fold;

/// A count, its unit in the plural, the words before it and the words it takes.
pub(crate) fn leading(words: &[&str]) -> Option<(f64, &'static str, usize, usize)> {
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

#[cfg(test)]
mod tests {
    use super::leading;

    #[test]
    fn counts_come_as_words_and_digits() {
        assert_eq!(leading(&["two", "(2)", "years", "from"]), Some((2.0, "years", 0, 3)));
        assert_eq!(leading(&["18", "months"]), Some((18.0, "months", 0, 2)));
        assert_eq!(leading(&["the", "laws"]), None);
    }
}
