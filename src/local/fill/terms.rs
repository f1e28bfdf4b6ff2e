//! Words of labels as forms mean them: phrases such as `date of birth` and `DOB` become one
//! term with a kind, everything else its canonical word.
//!
//! Must not know fields or instructions.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

use crate::local::text::{canonical, trigram_similarity};

/// A word of a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) word: String,
    pub(super) kind: Option<Kind>,
}

/// What kind of value a term asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Name,
    Given,
    Family,
    Initial,
    Date,
    Time,
    Phone,
    Email,
    Url,
    Street,
    Unit,
    Address,
    City,
    State,
    Zip,
    Place,
    Country,
    Ssn,
    Ein,
    Id,
    Iban,
    Bic,
    Money,
    Number,
    Choice,
    Signature,
    Text,
    Word,
}

impl Kind {
    fn named(name: &str) -> Self {
        match name {
            "name" => Self::Name,
            "given" => Self::Given,
            "family" => Self::Family,
            "initial" => Self::Initial,
            "date" => Self::Date,
            "time" => Self::Time,
            "phone" => Self::Phone,
            "email" => Self::Email,
            "url" => Self::Url,
            "street" => Self::Street,
            "unit" => Self::Unit,
            "address" => Self::Address,
            "city" => Self::City,
            "state" => Self::State,
            "zip" => Self::Zip,
            "place" => Self::Place,
            "country" => Self::Country,
            "ssn" => Self::Ssn,
            "ein" => Self::Ein,
            "id" => Self::Id,
            "iban" => Self::Iban,
            "bic" => Self::Bic,
            "money" => Self::Money,
            "number" => Self::Number,
            "choice" => Self::Choice,
            "signature" => Self::Signature,
            "text" => Self::Text,
            _ => Self::Word,
        }
    }
}

/// Concepts by the canonical words of a phrase, joined by blanks.
struct Phrases {
    by_words: HashMap<String, (&'static str, Kind)>,
    longest: usize,
}

fn phrases() -> &'static Phrases {
    static PHRASES: OnceLock<Phrases> = OnceLock::new();
    PHRASES.get_or_init(|| {
        let mut found = Phrases { by_words: HashMap::new(), longest: 1 };
        for line in include_str!("terms.txt").lines().filter(|line| !line.starts_with('#')) {
            let Some((head, phrases)) = line.split_once("]: ") else { continue };
            let Some((concept, kind)) = head.split_once(" [") else { continue };
            for phrase in phrases.split("; ") {
                let words = canonical(phrase);
                if words.is_empty() {
                    continue;
                }
                found.longest = found.longest.max(words.len());
                found.by_words.entry(words.join(" ")).or_insert((concept, Kind::named(kind)));
            }
        }
        found
    })
}

/// The terms of a label.
pub(super) fn terms(text: &str) -> Vec<Term> {
    let words: Vec<String> = canonical(text);
    gathered(&words).into_iter().map(|(term, _)| term).collect()
}

/// Terms of canonical words, each with the words it was made of.
pub(super) fn gathered(words: &[String]) -> Vec<(Term, Range<usize>)> {
    let phrases = phrases();
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let known = (1..=phrases.longest.min(words.len() - at)).rev().find_map(|length| {
            let key = words.get(at..at + length)?.join(" ");
            phrases.by_words.get(&key).map(|known| (*known, length))
        });
        let (term, length) = match known {
            Some(((concept, kind), length)) => {
                (Term { word: concept.to_owned(), kind: Some(kind) }, length)
            }
            None => {
                let word = words.get(at).cloned().unwrap_or_default();
                (Term { word, kind: None }, 1)
            }
        };
        found.push((term, at..at + length));
        at += length;
    }
    found
}

/// How alike two terms are, 0 to 1.
pub(super) fn likeness(a: &str, b: &str) -> f32 {
    if a == b {
        return 1.0;
    }
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    if short.chars().count() < 4 || short.chars().any(|c| c.is_ascii_digit()) {
        return 0.0;
    }
    if long.starts_with(short) {
        return 0.85;
    }
    let alike = trigram_similarity(a, b);
    if alike > 0.6 { alike * 0.9 } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::terms;

    fn words(text: &str) -> Vec<String> {
        terms(text).into_iter().map(|term| term.word).collect()
    }

    #[test]
    fn phrases_of_many_languages_become_one_term() {
        for label in ["Date of birth", "DOB", "D.O.B.:", "Geburtsdatum", "Date de naissance"] {
            assert_eq!(words(label), ["birthdate"], "{label}");
        }
        assert_eq!(words("Emergency contact phone"), ["emergency", "contact", "phone"]);
        assert_eq!(words("Street and house no."), ["street", "and", "house", "no"]);
    }
}
