//! Names of companies and people.

use super::super::text::fold;
use super::place;

/// Legal forms that no other word is mistaken for, folded and without points.
const LEGAL_FORMS: &str = "\
    gmbh ag kg ohg ug mbh inc llc llp ltd limited corp corporation plc sas sarl srl spa bv \
    nv lda ltda ab oy pvt pty bhd sdn sl sa eg zoo oo lp na aps asa";

fn form_of(word: &str) -> String {
    fold(word).chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Whether a text carries a legal form such as `GmbH` or `Inc.`.
pub(crate) fn has_legal_form(text: &str) -> bool {
    let mut words = text.split_whitespace();
    words.next().is_some()
        && words.any(|word| LEGAL_FORMS.split(' ').any(|form| form == form_of(word)))
}

/// Words before a name that only say that it is written to.
const ADDRESSING: &[&str] =
    &["attn", "attention", "att", "fao", "c/o", "z.hd", "z. hd", "zu handen", "m/s", "messrs"];

/// A name without `Attn:` and the like before it.
pub(crate) fn without_address(text: &str) -> &str {
    let lower = text.to_ascii_lowercase();
    let found = ADDRESSING.iter().find(|word| {
        lower.strip_prefix(**word).is_some_and(|rest| rest.starts_with([':', '.', ' ']))
    });
    let rest = found.and_then(|word| text.get(word.len()..));
    rest.map_or(text, |rest| rest.trim_start_matches([':', '.', ' ']))
}

/// A name without the address that follows it in one line, behind commas.
pub(crate) fn before_address(text: &str) -> &str {
    let commas = text.match_indices(", ").map(|(at, _)| at);
    let ends = commas.chain([text.len()]).collect::<Vec<_>>();
    let is_address = |part: &str| place::is_street(part) || place::locality(part).is_some();
    let cut = ends.windows(2).find_map(|ends| match ends {
        [start, end] => text.get(start + 2..*end).is_some_and(is_address).then_some(*start),
        _ => None,
    });
    cut.and_then(|cut| text.get(..cut)).unwrap_or(text)
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
    let small = words
        .iter()
        .filter(|w| w.chars().next().is_some_and(char::is_lowercase) && w.chars().count() > 3);
    score -= 0.2 * small.count() as f32;
    if text.ends_with('.') && !has_legal_form(text) && words.len() > 4 {
        score -= 0.4;
    }
    score.clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::{before_address, fitness, has_legal_form};

    #[test]
    fn an_address_behind_a_name_is_not_part_of_it() {
        let line = "Oakmere Catering Ltd, 2 Mill Street, Norwich NR1 3PA";
        assert_eq!(before_address(line), "Oakmere Catering Ltd");
        assert_eq!(before_address("Muster AG, 80331 München"), "Muster AG");
        assert_eq!(before_address("Vance, Peter"), "Vance, Peter");
        assert_eq!(before_address("Nike, Inc."), "Nike, Inc.");
    }

    #[test]
    fn companies_are_told_from_sentences() {
        assert!(has_legal_form("Bergmann & Söhne KG"));
        assert!(!has_legal_form("KG"));
        assert!(fitness("Spreewald Feinkost eG") > 0.9);
        assert!(fitness("please pay within thirty days of this date.") < 0.4);
        assert!(fitness("info@example.org") < 0.1);
    }
}
