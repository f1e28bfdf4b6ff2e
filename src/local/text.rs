//! Words as the engine compares them: folded, without accents, in one language.
//!
//! Owns folding, the splitting of identifiers and German or Dutch compounds, and the
//! similarity of words. Must not know labels, values or schemas.

use std::collections::HashMap;
use std::sync::OnceLock;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

const WORDS: &str = include_str!("lexicon/words.txt");

/// Words that carry no meaning in a label, in the languages of the lexicon.
const STOP: &[&str] = &[
    "a", "the", "of", "de", "du", "des", "la", "le", "les", "l", "d", "der", "die", "das", "den",
    "dem", "del", "della", "dello", "dei", "di", "da", "do", "dos", "el", "los", "las", "il", "lo",
    "het", "een", "van", "en", "in", "your", "our", "ihre", "ihr", "unser", "unsere", "uw", "ons",
    "votre", "notre", "su", "sua", "vostro", "vs", "this", "please", "zzgl", "plus", "dont", "att",
    "am", "is", "was", "by", "which", "that", "on",
];

/// Lower case, without accents, typographic quotes made plain.
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.nfkd().filter(|c| !is_combining_mark(*c)) {
        match letter {
            'ß' => folded.push_str("ss"),
            'œ' | 'Œ' => folded.push_str("oe"),
            'æ' | 'Æ' => folded.push_str("ae"),
            'ø' | 'Ø' => folded.push('o'),
            'ł' | 'Ł' => folded.push('l'),
            '’' | '‘' | '´' | '`' => folded.push('\''),
            '–' | '—' | '‐' | '‑' | '−' => folded.push('-'),
            '°' => folded.push('o'),
            _ => folded.extend(letter.to_lowercase()),
        }
    }
    folded
}

fn dictionary() -> &'static HashMap<&'static str, &'static str> {
    static TABLE: OnceLock<HashMap<&'static str, &'static str>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = HashMap::new();
        for line in WORDS.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.split_whitespace();
            let Some(head) = words.next() else { continue };
            table.entry(head).or_insert(head);
            for word in words {
                table.entry(word).or_insert(head);
            }
        }
        table
    })
}

fn stem(word: &str) -> &str {
    if word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") {
        return word.get(..word.len() - 1).unwrap_or(word);
    }
    word
}

fn known(word: &str) -> Option<&'static str> {
    let table = dictionary();
    table.get(word).or_else(|| table.get(stem(word))).copied()
}

/// The parts of a compound such as `rechnungsdatum`, when both are known words.
fn compound(word: &str) -> Option<[&'static str; 2]> {
    if word.len() < 6 || !word.is_ascii() {
        return None;
    }
    (2..=word.len() - 3).find_map(|cut| {
        let (tail, head) = (word.get(word.len() - cut..)?, word.get(..word.len() - cut)?);
        if head.len() < 4 || (cut == 2 && tail != "nr") {
            return None;
        }
        Some([known(head)?, known(tail)?])
    })
}

fn push_canonical(word: &str, found: &mut Vec<String>) {
    if word.is_empty() || STOP.contains(&word) {
        return;
    }
    if let Some(head) = known(word) {
        found.push(head.to_owned());
    } else if let Some(parts) = compound(word) {
        found.extend(parts.map(str::to_owned));
    } else if is_kind_of_invoice(word) {
        found.push("invoice".to_owned());
    } else {
        found.push(without_digraphs(stem(word)));
    }
}

/// `Handelsrechnung`, `Mietrechnung`: an invoice of some kind, and no reckoning.
fn is_kind_of_invoice(word: &str) -> bool {
    const RECKONINGS: [&str; 8] = ["ab", "an", "auf", "be", "ein", "um", "ver", "zu"];
    let kind = word.strip_suffix("rechnung").unwrap_or_default();
    kind.len() > 2 && !RECKONINGS.iter().any(|reckoning| kind.ends_with(reckoning))
}

/// `Empfaenger` as `Empfänger` is folded. Short words may really have two vowels.
fn without_digraphs(word: &str) -> String {
    const LONG: usize = 8;
    match word.len() >= LONG && !word.contains("eue") && !word.contains("aue") {
        true => word.replace("ae", "a").replace("oe", "o").replace("ue", "u"),
        false => word.to_owned(),
    }
}

/// The meaningful words of a text in their canonical form, in order.
pub(crate) fn canonical(text: &str) -> Vec<String> {
    let folded = fold(text);
    let mut found = Vec::new();
    let mut word = String::new();
    let mut letters = folded.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' if letters.peek() == Some(&'s') && !word.is_empty() => {
                letters.next();
            }
            '#' | '%' => {
                push_canonical(&word, &mut found);
                word.clear();
                found.push(if letter == '#' { "no" } else { "percent" }.to_owned());
            }
            '.' if !word.is_empty() && letters.peek().is_some_and(|c| c.is_alphabetic()) => {
                // Abbreviations such as "p.u." and "e.v." stay one word; so do "mwst.-nr.".
                if word.len() > 2 {
                    push_canonical(&word, &mut found);
                    word.clear();
                }
            }
            _ if letter.is_alphanumeric() => word.push(letter),
            _ => {
                push_canonical(&word, &mut found);
                word.clear();
            }
        }
    }
    push_canonical(&word, &mut found);
    // `Facturé à`, `Rechnung an`: at the end it is no article.
    if TOWARDS.contains(&word.as_str()) && !found.is_empty() {
        found.retain(|w| *w != word);
        found.push("to".to_owned());
    }
    found
}

/// Words for `to` at the end of a label.
const TOWARDS: &[&str] = &["a", "an", "aan", "till"];

/// An identifier such as `sellerVatId` or `due_date` as words with blanks between them.
pub(crate) fn identifier_words(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 8);
    let mut previous = ' ';
    let letters: Vec<char> = name.chars().collect();
    for (index, &letter) in letters.iter().enumerate() {
        let next_lower = letters.get(index + 1).is_some_and(|c| c.is_lowercase());
        let digit_edge = letter.is_ascii_digit() != previous.is_ascii_digit()
            && letter.is_alphanumeric()
            && previous.is_alphanumeric();
        let hump = letter.is_uppercase()
            && (previous.is_lowercase() || (previous.is_uppercase() && next_lower));
        if hump || digit_edge {
            words.push(' ');
        }
        words.push(if letter.is_alphanumeric() { letter } else { ' ' });
        previous = letter;
    }
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A key under which texts with the same words, in any order, meet.
pub(crate) fn key(words: &[String]) -> String {
    let mut sorted: Vec<&str> = words.iter().map(String::as_str).collect();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.join(" ")
}

/// Dice similarity of the character trigrams of two folded texts, 0 to 1.
pub(crate) fn trigram_similarity(left: &str, right: &str) -> f32 {
    let grams = |text: &str| -> Vec<[char; 3]> {
        let padded: Vec<char> = format!(" {text} ").chars().collect();
        let mut all: Vec<[char; 3]> =
            padded.windows(3).filter_map(|w| <[char; 3]>::try_from(w).ok()).collect();
        all.sort_unstable();
        all
    };
    let (left, right) = (grams(left), grams(right));
    if left.is_empty() || right.is_empty() {
        return 0.0;
    }
    let (mut shared, mut i, mut j) = (0_usize, 0, 0);
    while let (Some(a), Some(b)) = (left.get(i), right.get(j)) {
        match a.cmp(b) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                shared += 1;
                i += 1;
                j += 1;
            }
        }
    }
    2.0 * shared as f32 / (left.len() + right.len()) as f32
}

#[cfg(test)]
mod tests {
    use super::{canonical, fold, identifier_words, key, trigram_similarity};

    #[test]
    fn labels_of_many_languages_become_the_same_words() {
        for label in
            ["Rechnungs-Nr.", "Rechnungsnummer:", "N° de facture", "Nº factura", "Invoice #"]
        {
            assert_eq!(key(&canonical(label)), "invoice no", "{label}");
        }
        assert_eq!(key(&canonical("Handelsrechnung Nr.")), "invoice no");
        assert_ne!(key(&canonical("Nebenkostenabrechnung Nr.")), "invoice no");
        assert_eq!(canonical("Leistungsempfaenger"), canonical("Leistungsempfänger"));
        assert_eq!(key(&canonical("Factuurdatum")), key(&canonical("Date of invoice")));
    }

    #[test]
    fn identifiers_part_at_humps_and_digits() {
        assert_eq!(identifier_words("sellerVATId"), "seller VAT Id");
        assert_eq!(identifier_words("box_12a"), "box 12 a");
        assert_eq!(identifier_words("due-date"), "due date");
    }

    #[test]
    fn similarity_is_one_for_equal_and_small_for_strange_words() {
        assert!(trigram_similarity(&fold("Größe"), "grosse") > 0.99);
        assert!(trigram_similarity("total", "datum") < 0.2);
    }
}
