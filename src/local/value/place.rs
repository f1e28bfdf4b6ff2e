//! Addresses and their parts: street, postcode, city, state, country.

use super::super::text::fold;

/// Codes of the states of the USA.
const US_STATES: &[&str] = &[
    "AL", "AK", "AZ", "AR", "CA", "CO", "CT", "DE", "FL", "GA", "HI", "ID", "IL", "IN", "IA", "KS",
    "KY", "LA", "ME", "MD", "MA", "MI", "MN", "MS", "MO", "MT", "NE", "NV", "NH", "NJ", "NM", "NY",
    "NC", "ND", "OH", "OK", "OR", "PA", "RI", "SC", "SD", "TN", "TX", "UT", "VT", "VA", "WA", "WV",
    "WI", "WY", "DC", "PR",
];

/// Names of the states of the USA.
const US_STATE_NAMES: &[&str] = &[
    "Alabama",
    "Alaska",
    "Arizona",
    "Arkansas",
    "California",
    "Colorado",
    "Connecticut",
    "Delaware",
    "Florida",
    "Georgia",
    "Hawaii",
    "Idaho",
    "Illinois",
    "Indiana",
    "Iowa",
    "Kansas",
    "Kentucky",
    "Louisiana",
    "Maine",
    "Maryland",
    "Massachusetts",
    "Michigan",
    "Minnesota",
    "Mississippi",
    "Missouri",
    "Montana",
    "Nebraska",
    "Nevada",
    "New Hampshire",
    "New Jersey",
    "New Mexico",
    "New York",
    "North Carolina",
    "North Dakota",
    "Ohio",
    "Oklahoma",
    "Oregon",
    "Pennsylvania",
    "Rhode Island",
    "South Carolina",
    "South Dakota",
    "Tennessee",
    "Texas",
    "Utah",
    "Vermont",
    "Virginia",
    "Washington",
    "West Virginia",
    "Wisconsin",
    "Wyoming",
    "District of Columbia",
    "Puerto Rico",
];

/// Countries by name and ISO 3166 code, the names folded.
const COUNTRIES: &[(&str, &str)] = &[
    ("germany", "DE"),
    ("deutschland", "DE"),
    ("allemagne", "DE"),
    ("austria", "AT"),
    ("osterreich", "AT"),
    ("switzerland", "CH"),
    ("schweiz", "CH"),
    ("suisse", "CH"),
    ("france", "FR"),
    ("frankreich", "FR"),
    ("spain", "ES"),
    ("espana", "ES"),
    ("italy", "IT"),
    ("italia", "IT"),
    ("netherlands", "NL"),
    ("nederland", "NL"),
    ("the netherlands", "NL"),
    ("belgium", "BE"),
    ("belgie", "BE"),
    ("belgique", "BE"),
    ("luxembourg", "LU"),
    ("portugal", "PT"),
    ("poland", "PL"),
    ("polska", "PL"),
    ("sweden", "SE"),
    ("sverige", "SE"),
    ("denmark", "DK"),
    ("danmark", "DK"),
    ("norway", "NO"),
    ("norge", "NO"),
    ("finland", "FI"),
    ("united kingdom", "GB"),
    ("great britain", "GB"),
    ("england", "GB"),
    ("scotland", "GB"),
    ("uk", "GB"),
    ("ireland", "IE"),
    ("united states", "US"),
    ("usa", "US"),
    ("united states of america", "US"),
    ("u.s.a.", "US"),
    ("canada", "CA"),
    ("mexico", "MX"),
    ("brazil", "BR"),
    ("brasil", "BR"),
    ("india", "IN"),
    ("china", "CN"),
    ("hong kong", "HK"),
    ("japan", "JP"),
    ("singapore", "SG"),
    ("malaysia", "MY"),
    ("australia", "AU"),
    ("new zealand", "NZ"),
    ("south africa", "ZA"),
    ("czech republic", "CZ"),
    ("israel", "IL"),
    ("cayman islands", "KY"),
    ("bermuda", "BM"),
    ("south korea", "KR"),
    ("taiwan", "TW"),
];

/// The state of the USA that a text begins with, and how many words name it.
pub(crate) fn us_state_name(words: &[&str]) -> Option<(&'static str, usize)> {
    (1..=3).rev().find_map(|used| {
        let text = words.get(..used)?.join(" ");
        let text = text.trim_end_matches([',', '.', ';']);
        US_STATE_NAMES.iter().find(|name| **name == text).map(|name| (*name, used))
    })
}

/// Whether a word is the code of a state of the USA.
pub(crate) fn is_us_state(word: &str) -> bool {
    US_STATES.contains(&word)
}

/// The ISO code of a country's name.
pub(crate) fn country_code(name: &str) -> Option<&'static str> {
    let folded = fold(name.trim().trim_end_matches('.'));
    COUNTRIES.iter().find(|(name, _)| *name == folded).map(|(_, code)| *code)
}

/// What can be told apart in the last lines of an address.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Locality {
    pub(crate) postcode: Option<String>,
    pub(crate) city: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) country: Option<String>,
}

fn is_digits(word: &str, least: usize, most: usize) -> bool {
    (least..=most).contains(&word.len()) && word.chars().all(|c| c.is_ascii_digit())
}

fn is_british(out: &str, inward: &str) -> bool {
    let inward: Vec<char> = inward.chars().collect();
    let [digit, a, b] = inward.as_slice() else { return false };
    digit.is_ascii_digit()
        && a.is_ascii_uppercase()
        && b.is_ascii_uppercase()
        && (2..=4).contains(&out.len())
        && out.starts_with(|c: char| c.is_ascii_uppercase())
        && out.chars().any(|c| c.is_ascii_digit())
}

/// Reads `80331 München`, `Boise, ID 83702`, `Bristol BS1 6QH`, `3526 KM Utrecht` and the like.
pub(crate) fn locality(line: &str) -> Option<Locality> {
    let words: Vec<&str> =
        line.split_whitespace().map(|w| w.trim_matches(|c| ",;·|".contains(c))).collect();
    let words: Vec<&str> = words.into_iter().filter(|w| !w.is_empty()).collect();
    let name = |from: usize, to: usize| -> Option<String> {
        let part = words.get(from..to)?.join(" ");
        let good = part.chars().any(char::is_alphabetic)
            && !part.chars().any(|c| c.is_ascii_digit() || ":@".contains(c));
        let is_name = part.chars().next().is_some_and(|c| !c.is_lowercase());
        (good && is_name && part.chars().count() <= 40).then_some(part)
    };
    let all = words.len();
    for (index, word) in words.iter().enumerate() {
        let next = words.get(index + 1).copied().unwrap_or_default();
        if is_us_state(word) && (is_digits(next, 5, 5) || is_zip_plus(next)) {
            // Without a city before it, `DE 10369` is a German postcode and not Delaware.
            if let Some(city) = name(city_start(&words, index), index) {
                let (state, postcode) = (Some((*word).to_owned()), Some(next.to_owned()));
                return Some(Locality { postcode, city: Some(city), state, country: None });
            }
        }
        if is_british(word, next) {
            let city = name(city_start(&words, index), index);
            return Some(Locality {
                postcode: Some(format!("{word} {next}")),
                city,
                ..Locality::default()
            });
        }
    }
    continental(&words, all, &name)
}

fn is_zip_plus(word: &str) -> bool {
    word.split_once('-').is_some_and(|(a, b)| is_digits(a, 5, 5) && is_digits(b, 4, 4))
}

/// A city's name begins after the last word with a digit or a comma-like break.
fn city_start(words: &[&str], end: usize) -> usize {
    let head = words.get(..end).unwrap_or_default();
    head.iter().rposition(|w| w.chars().any(|c| c.is_ascii_digit())).map_or(0, |at| at + 1)
}

fn continental(
    words: &[&str],
    all: usize,
    name: &dyn Fn(usize, usize) -> Option<String>,
) -> Option<Locality> {
    for (index, word) in words.iter().enumerate() {
        let (country, code) = match word.split_once('-') {
            Some((c, digits)) if c.len() <= 2 && is_digits(digits, 4, 5) => (Some(c), digits),
            _ => (None, *word),
        };
        let prefix = index
            .checked_sub(1)
            .and_then(|i| words.get(i))
            .copied()
            .filter(|w| w.len() == 2 && w.chars().all(|c| c.is_ascii_uppercase()));
        let country = country.or(prefix).filter(|c| c.chars().all(char::is_alphabetic));
        let plain = is_digits(code, 4, 6);
        let portuguese = code.split_once('-').is_some_and(|(a, b)| {
            (is_digits(a, 4, 4) && is_digits(b, 3, 3))
                || (is_digits(a, 5, 5) && is_digits(b, 3, 3))
                || (is_digits(a, 2, 2) && is_digits(b, 3, 3))
        });
        if !plain && !portuguese {
            continue;
        }
        let next = words.get(index + 1).copied().unwrap_or_default();
        let dutch =
            code.len() == 4 && next.len() == 2 && next.chars().all(|c| c.is_ascii_uppercase());
        let swedish = code.len() == 3 && is_digits(next, 2, 2);
        let after = index + 1 + usize::from(dutch || swedish);
        let postcode = if dutch { format!("{code} {next}") } else { code.to_owned() };
        let starts_line = index == 0 || (index == 1 && country.is_some());
        let city = name(after, all).or_else(|| (!starts_line).then(|| name(0, index)).flatten());
        if city.is_none() {
            continue;
        }
        let state = None;
        let country = country.map(str::to_owned);
        return Some(Locality { postcode: Some(postcode), city, state, country });
    }
    None
}

/// Words of streets and buildings, folded.
const STREETS: &str = "\
    strasse str. straat weg allee platz gasse rue avenue ave boulevard bd via viale piazza \
    calle plaza rua street st road rd lane drive dr blvd suite unit floor jalan jln taman \
    lot plot no. ul. gatan vagen laan kade court way place square park box polígono poligono \
    hwy parkway po kawasan lorong bandar seksyen bangunan wisma level tingkat";

/// Ends of words that are streets, folded.
const STREET_ENDS: [&str; 8] =
    ["strasse", "straat", "str.", "weg", "gatan", "gasse", "allee", "platz"];

fn names_street(line: &str) -> bool {
    fold(line).split(|c: char| c.is_whitespace() || c == ',').any(|word| {
        STREETS.split(' ').any(|street| street == word)
            || (word.len() > 6 && STREET_ENDS.iter().any(|end| word.ends_with(end)))
    })
}

/// Whether a line is a street with the number of a house.
pub(crate) fn is_street(line: &str) -> bool {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut ends = words.first().into_iter().chain(words.last());
    let is_numbered = ends.any(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    (2..=5).contains(&words.len()) && is_numbered && names_street(line)
}

/// How much a line looks like part of a postal address, 0 to 1.
pub(crate) fn fitness(line: &str) -> f32 {
    if line.contains('@') || line.contains("www.") || line.contains("http") {
        return 0.0;
    }
    if locality(line).is_some() || country_code(line).is_some() {
        return 1.0;
    }
    let named = names_street(line);
    let has_number = line.chars().any(|c| c.is_ascii_digit());
    match (named, has_number) {
        (true, true) => 0.95,
        (true, false) => 0.7,
        (false, true) => 0.5,
        (false, false) => 0.2,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{fitness, is_street, locality};

    fn parts(line: &str) -> (String, String) {
        let found = locality(line).unwrap();
        (found.postcode.unwrap_or_default(), found.city.unwrap_or_default())
    }

    #[test]
    fn postcodes_and_cities_are_parted() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(parts("DE 10369 Berlin"), pair("10369", "Berlin"));
        assert_eq!(parts("D-63571 Gelnhausen"), pair("63571", "Gelnhausen"));
        assert_eq!(parts("Boise, ID 83702"), pair("83702", "Boise"));
        assert_eq!(parts("Bristol BS1 6QH"), pair("BS1 6QH", "Bristol"));
        assert_eq!(parts("3526 KM Utrecht"), pair("3526 KM", "Utrecht"));
        assert_eq!(parts("Pune 411019"), pair("411019", "Pune"));
        assert_eq!(locality("Invoice"), None);
    }

    #[test]
    fn streets_look_like_addresses() {
        assert!(fitness("77 Pine Hollow Rd Suite 210") > 0.9);
        assert!(fitness("Industriestraße 88") > 0.9);
        assert!(fitness("Thank you") < 0.3);
        assert!(is_street("Rechnungsstraße 12") && is_street("2 Mill Street"));
        assert!(!is_street("Mill Street Bakery") && !is_street("12 pieces"));
    }
}
