//! Names of companies and people.

use super::super::text::fold;

/// Legal forms that end or mark a company's name, folded and without points.
const LEGAL_FORMS: &[&str] = &[
    "gmbh", "ag", "kg", "ohg", "ug", "eg", "ev", "gbr", "mbh", "kgaa", "se", "inc", "llc", "llp",
    "lp", "ltd", "limited", "corp", "corporation", "company", "co", "plc", "pllc", "sa", "sas",
    "sarl", "sasu", "eurl", "snc", "sci", "srl", "spa", "sl", "slu", "scoop", "bv", "nv", "vof",
    "cv", "lda", "ltda", "eireli", "sp", "zoo", "ab", "oy", "as", "aps", "pvt", "pty", "bhd",
    "sdn", "berhad", "kk", "gk", "trading", "enterprise", "enterprises", "holdings", "group",
    "associates", "partners", "bank", "trust", "university", "foundation", "restaurant",
    "store", "stores", "shop", "supermarket", "market", "hardware", "services", "industries",
];

/// The legal forms that no other word is mistaken for.
const STRONG_FORMS: &[&str] = &[
    "gmbh", "ag", "kg", "ohg", "ug", "mbh", "inc", "llc", "llp", "ltd", "limited", "corp",
    "corporation", "plc", "sas", "sarl", "srl", "spa", "bv", "nv", "lda", "ltda", "ab", "oy",
    "pvt", "pty", "bhd", "sdn", "sl", "sa", "eg", "zoo",
];

fn form_of(word: &str) -> String {
    fold(word).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Whether a text carries a legal form such as `GmbH` or `Inc.`.
pub(crate) fn has_legal_form(text: &str) -> bool {
    let mut words = text.split_whitespace();
    words.next().is_some() && words.any(|word| STRONG_FORMS.contains(&form_of(word).as_str()))
}

/// Whether a word is any legal form or trade word.
pub(crate) fn is_trade_word(word: &str) -> bool {
    LEGAL_FORMS.contains(&form_of(word).as_str())
}

/// How much a text looks like the name of a company or a person, 0 to 1.
pub(crate) fn fitness(text: &str) -> f32 {
    let text = text.trim();
    let words: Vec<&str> = text.split_whitespace().collect();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    if letters < 2 || words.len() > 10 || text.chars().count() > 90 {
        return 0.0;
    }
    if text.contains('@') || text.starts_with("www.") || text.starts_with("http") {
        return 0.0;
    }
    if text.ends_with(':') || text.contains(": ") {
        return 0.15;
    }
    let mut score: f32 = 0.8;
    if has_legal_form(text) {
        score += 0.2;
    }
    if digits > 0 {
        score -= if digits > 3 || digits * 2 > letters { 0.5 } else { 0.2 };
    }
    let small = words.iter().filter(|w| {
        w.chars().next().is_some_and(char::is_lowercase) && w.chars().count() > 3
    });
    score -= 0.2 * small.count() as f32;
    if text.ends_with('.') && !has_legal_form(text) && words.len() > 4 {
        score -= 0.4;
    }
    score.clamp(0.0, 1.0)
}

/// Titles before a person's name.
const TITLES: &[&str] = &[
    "mr", "mrs", "ms", "dr", "prof", "herr", "herrn", "frau", "m", "mme", "mlle", "sr", "sra",
    "sig", "dhr", "mevr",
];

/// A person's name as given names and surname; `Surname, Given` is turned round.
pub(crate) fn split_person(text: &str) -> Option<(String, String)> {
    if let Some((last, first)) = text.split_once(',') {
        let (first, last) = (first.trim(), last.trim());
        return (!first.is_empty() && !last.is_empty())
            .then(|| (first.to_owned(), last.to_owned()));
    }
    let words: Vec<&str> = text
        .split_whitespace()
        .filter(|w| !TITLES.contains(&w.trim_end_matches('.').to_lowercase().as_str()))
        .collect();
    let (last, first) = words.split_last()?;
    (!first.is_empty()).then(|| (first.join(" "), (*last).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{fitness, has_legal_form, split_person};

    #[test]
    fn companies_are_told_from_sentences() {
        assert!(has_legal_form("Bergmann & Söhne KG"));
        assert!(!has_legal_form("KG"));
        assert!(fitness("Spreewald Feinkost eG") > 0.9);
        assert!(fitness("please pay within thirty days of this date.") < 0.4);
        assert!(fitness("info@example.org") < 0.1);
    }

    #[test]
    fn people_have_two_names() {
        let both = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(split_person("Dr. Rosa Delgado"), both("Rosa", "Delgado"));
        assert_eq!(split_person("Feld, Jonas"), both("Jonas", "Feld"));
    }
}
