//! Ids and addresses of the electronic world: IBAN, BIC, VAT numbers, phones, e-mail, URLs.

/// Letters and digits of a text, upper case.
fn compact(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase()
}

fn shaped_as_iban(code: &str) -> bool {
    let mut letters = code.chars();
    let head = letters.by_ref().take(2).all(|c| c.is_ascii_uppercase());
    head && letters.by_ref().take(2).all(|c| c.is_ascii_digit()) && (15..=34).contains(&code.len())
}

/// Whether the check digits of an IBAN are right (ISO 13616, modulo 97).
pub(crate) fn iban_checks(code: &str) -> bool {
    let (Some(head), Some(tail)) = (code.get(..4), code.get(4..)) else { return false };
    let mut remainder = 0_u32;
    for letter in tail.chars().chain(head.chars()) {
        let Some(value) = letter.to_digit(36) else { return false };
        remainder = if value > 9 { remainder * 100 + value } else { remainder * 10 + value } % 97;
    }
    remainder == 1
}

/// The IBAN at the beginning of some words, its blanks removed, and how many words it took.
pub(crate) fn leading_iban(words: &[&str]) -> Option<(String, usize)> {
    let mut code = String::new();
    let mut shaped: Option<(String, usize)> = None;
    for (index, word) in words.iter().take(9).enumerate() {
        let plain = word.trim_matches(|c: char| ",;.:()".contains(c));
        let part = compact(plain);
        if part.is_empty() || part.len() != plain.chars().filter(|c| *c != '-').count() {
            break;
        }
        code.push_str(&part);
        if code.len() > 34 || (index == 0 && !shaped_as_iban(&format!("{code:0<15}"))) {
            break;
        }
        if shaped_as_iban(&code) {
            if iban_checks(&code) {
                return Some((code, index + 1));
            }
            let digits = code.chars().filter(char::is_ascii_digit).count();
            let grouped = index == 0 || part.chars().any(|c| c.is_ascii_digit());
            if digits * 2 > code.len() && grouped {
                shaped = Some((code.clone(), index + 1));
            }
        }
    }
    shaped
}

/// Whether a word is a bank identifier code (ISO 9362).
pub(crate) fn is_bic(word: &str) -> bool {
    (word.len() == 8 || word.len() == 11)
        && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        && word.chars().take(6).all(|c| c.is_ascii_uppercase())
}

/// Countries whose VAT numbers begin with their code, and the count of letters after it.
const VAT: &[(&str, usize, usize)] = &[
    ("AT", 9, 9),
    ("BE", 10, 10),
    ("BG", 9, 10),
    ("CHE", 9, 12),
    ("CY", 9, 9),
    ("CZ", 8, 10),
    ("DE", 9, 9),
    ("DK", 8, 8),
    ("EE", 9, 9),
    ("EL", 9, 9),
    ("ES", 9, 9),
    ("FI", 8, 8),
    ("FR", 11, 11),
    ("GB", 9, 12),
    ("HR", 11, 11),
    ("HU", 8, 8),
    ("IE", 8, 9),
    ("IT", 11, 11),
    ("LT", 9, 12),
    ("LU", 8, 8),
    ("LV", 11, 11),
    ("MT", 8, 8),
    ("NL", 12, 12),
    ("NO", 9, 12),
    ("PL", 10, 10),
    ("PT", 9, 9),
    ("RO", 2, 10),
    ("SE", 12, 12),
    ("SI", 8, 8),
    ("SK", 10, 10),
];

/// The VAT number with a country code at the beginning of some words, as printed.
pub(crate) fn leading_vat(words: &[&str]) -> Option<(String, usize)> {
    let first = words.first()?.trim_start_matches('(');
    let (country, least, most) = VAT.iter().find(|(country, ..)| first.starts_with(country))?;
    let mut code = String::new();
    for (index, word) in words.iter().take(5).enumerate() {
        let plain = word.trim_matches(|c: char| ",;:()".contains(c)).trim_end_matches('.');
        code.push_str(&compact(plain));
        let tail = code.get(country.len()..).unwrap_or_default();
        let digits = tail.chars().filter(char::is_ascii_digit).count();
        let next_is_digits = words.get(index + 1).is_some_and(|next| {
            next.chars().all(|c| c.is_ascii_digit()) && tail.len() + next.len() <= *most
        });
        if tail.len() >= *least
            && tail.len() <= *most
            && digits + 2 >= tail.len()
            && !next_is_digits
        {
            let printed: Vec<&str> = words.iter().take(index + 1).copied().collect();
            let printed = printed.join(" ");
            return Some((
                printed.trim_matches(|c: char| ",;:()".contains(c)).to_owned(),
                index + 1,
            ));
        }
        if tail.len() > *most {
            break;
        }
    }
    None
}

/// An e-mail address inside a word.
pub(crate) fn email(word: &str) -> Option<&str> {
    let word = word.trim_matches(|c: char| "<>()[],;:\"'|".contains(c)).trim_end_matches('.');
    let word = word.strip_prefix("mailto:").unwrap_or(word);
    let (user, host) = word.split_once('@')?;
    let good = |c: char| c.is_alphanumeric() || "._%+-".contains(c);
    (!user.is_empty()
        && host.contains('.')
        && user.chars().all(good)
        && host.chars().all(|c| c.is_alphanumeric() || ".-".contains(c)))
    .then_some(word)
}

/// A web address inside a word.
pub(crate) fn url(word: &str) -> Option<&str> {
    let word = word.trim_matches(|c: char| "<>()[],;:\"'|".contains(c)).trim_end_matches('.');
    let lower = word.to_ascii_lowercase();
    let starts = ["http://", "https://", "www."].iter().any(|p| lower.starts_with(p));
    (starts && lower.contains('.') && !lower.contains('@')).then_some(word)
}

/// A phone number at the beginning of some words, as printed.
pub(crate) fn leading_phone(words: &[&str]) -> Option<(String, usize)> {
    let mut digits = 0;
    let mut used = 0;
    for word in words.iter().take(8) {
        let plain = word.trim_end_matches([',', ';', '|']);
        let is_part = !plain.is_empty()
            && plain.chars().all(|c| c.is_ascii_digit() || "+()-./–·".contains(c))
            && (plain.chars().any(|c| c.is_ascii_digit())
                || (used > 0 && plain == "/")
                || plain == "-");
        if !is_part {
            break;
        }
        digits += plain.chars().filter(char::is_ascii_digit).count();
        used += 1;
        if plain.len() < word.len() {
            break;
        }
    }
    let printed = words.get(..used)?.join(" ");
    let printed = printed.trim_end_matches([',', ';', '|', '.', '-', '/', ' ']).to_owned();
    let looks = printed.contains(['+', '(', '-', '/', ' ', '.']) || printed.starts_with('0');
    ((7..=16).contains(&digits) && looks && !is_date_like(&printed)).then_some((printed, used))
}

fn is_date_like(text: &str) -> bool {
    let parts: Vec<&str> = text.split(['/', '.', '-']).collect();
    parts.len() == 3
        && parts.iter().all(|p| p.len() <= 4)
        && parts.iter().any(|p| p.len() == 4)
        && parts.iter().map(|p| p.len()).sum::<usize>() <= 8
}

/// How much a text looks like an id: 0 for none, 1 for a fine one.
pub(crate) fn id_fitness(text: &str) -> f32 {
    let text = text.trim();
    let count = text.chars().count();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let words = text.split_whitespace().count();
    if count == 0 || count > 40 || words > 6 {
        return 0.0;
    }
    let odd = text.chars().filter(|c| !c.is_alphanumeric() && !" -_/.#&*:+()".contains(*c)).count();
    if odd > 0 {
        return 0.2;
    }
    let lower = text.chars().filter(|c| c.is_lowercase()).count();
    if digits == 0 {
        let caps = text.chars().all(|c| c.is_ascii_uppercase() || "-/".contains(c));
        return if caps && (3..=12).contains(&count) && words == 1 { 0.75 } else { 0.25 };
    }
    if lower > digits {
        return 0.45;
    }
    if words > 4 { 0.6 } else { 1.0 }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{email, iban_checks, id_fitness, leading_iban, leading_phone, leading_vat};

    fn words(text: &str) -> Vec<&str> {
        text.split_whitespace().collect()
    }

    #[test]
    fn ibans_are_joined_and_checked() {
        let (code, used) = leading_iban(&words("GB29 NWBK 6016 1331 9268 19 BIC")).unwrap();
        assert_eq!((code.as_str(), used), ("GB29NWBK60161331926819", 6));
        assert!(iban_checks(&code));
        assert!(!iban_checks("GB29NWBK60161331926818"));
        assert_eq!(leading_iban(&words("Invoice 22")), None);
    }

    #[test]
    fn vat_numbers_keep_their_printed_form() {
        assert_eq!(leading_vat(&words("DE 232 446 240 Blz")).unwrap().0, "DE 232 446 240");
        assert_eq!(leading_vat(&words("NL810433941B01")).unwrap().0, "NL810433941B01");
        assert_eq!(leading_vat(&words("DELIVERY 12")), None);
    }

    #[test]
    fn phones_and_mails_are_told_from_dates() {
        assert_eq!(leading_phone(&words("(963) 555-0171 x")).unwrap().0, "(963) 555-0171");
        assert_eq!(leading_phone(&words("31-12-2024")), None);
        assert_eq!(email("<a.b@c.example>,"), Some("a.b@c.example"));
    }

    #[test]
    fn ids_have_digits() {
        assert!(id_fitness("INV-2022-2052") > 0.9);
        assert!(id_fitness("Thank you") < 0.3);
    }
}
