//! Keys of fields: short names in snake case, unique in their form and the same every time.

use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Longest key before its number, in letters.
const KEY_LETTERS_MAX: usize = 48;
/// What a field without any label is called.
const NAMELESS: &str = "field";

/// Gives out keys.
#[derive(Debug, Default)]
pub(super) struct Keys {
    counts: HashMap<String, usize>,
}

impl Keys {
    /// A key from the first of these texts that gives one nobody has; when all are taken, the
    /// first one with a number.
    pub(super) fn take(&mut self, texts: &[&str]) -> String {
        let slugs: Vec<String> =
            texts.iter().map(|text| slug(text)).filter(|slug| !slug.is_empty()).collect();
        let free = slugs.iter().find(|slug| !self.counts.contains_key(*slug));
        if let Some(free) = free {
            self.counts.insert(free.clone(), 1);
            return free.clone();
        }
        let base = slugs.first().map_or(NAMELESS, String::as_str).to_owned();
        loop {
            let count = self.counts.entry(base.clone()).or_insert(0);
            *count += 1;
            let key = if *count == 1 { base.clone() } else { format!("{base}_{count}") };
            if *count == 1 || !self.counts.contains_key(&key) {
                if key != base {
                    self.counts.insert(key.clone(), 1);
                }
                return key;
            }
        }
    }
}

/// Words that programs name fields with and that say nothing.
const EMPTY_WORDS: &[&str] = &[
    "text",
    "textfield",
    "textbox",
    "field",
    "check",
    "box",
    "checkbox",
    "cb",
    "radio",
    "button",
    "group",
    "undefined",
    "untitled",
    "fill",
    "choice",
    "combo",
    "list",
    "dropdown",
    "input",
    "f",
    "c",
    "t",
    "tf",
    "topmostsubform",
    "topmost",
    "form",
    "page",
    "subform",
    "table",
    "row",
    "cell",
    "toggle",
    "area",
    "bodyrow",
    "item",
];

/// The words of a field's name, when they are words; empty for names such as `f1_02[0]`.
pub(super) fn telling(name: &str) -> String {
    let mut kept: Vec<String> = Vec::new();
    for part in name.split('.') {
        let part = part.split('[').next().unwrap_or(part);
        let mut words = String::new();
        let mut previous = ' ';
        for letter in part.chars() {
            let is_hump = letter.is_uppercase() && previous.is_lowercase();
            let is_edge = letter.is_ascii_digit() != previous.is_ascii_digit();
            if is_hump || is_edge {
                words.push(' ');
            }
            words.push(if letter.is_alphanumeric() { letter } else { ' ' });
            previous = letter;
        }
        let words: Vec<&str> = words.split_whitespace().collect();
        let says = |word: &&str| {
            word.chars().any(char::is_alphabetic)
                && !EMPTY_WORDS.contains(&word.to_lowercase().as_str())
        };
        if words.iter().any(says) {
            kept.extend(words.into_iter().map(str::to_owned));
        }
    }
    kept.join(" ")
}

/// A text in snake case, cut at a word.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    let mut letters = 0;
    let plain: String = text.nfkd().filter(|c| !is_combining_mark(*c)).collect();
    for word in plain.replace('ß', "ss").split(|c: char| !c.is_alphanumeric()) {
        let length = word.chars().count();
        if length == 0 {
            continue;
        }
        if letters > 0 && letters + length + 1 > KEY_LETTERS_MAX {
            break;
        }
        if letters > 0 {
            slug.push('_');
        }
        slug.extend(word.chars().take(KEY_LETTERS_MAX).flat_map(char::to_lowercase));
        letters += length + 1;
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::{Keys, telling};

    #[test]
    fn names_that_programs_make_say_nothing() {
        assert_eq!(telling("topmostSubform[0].Page1[0].f1_02[0]"), "");
        assert_eq!(telling("undefined_2"), "");
        assert_eq!(telling("users1_birthdate"), "users 1 birthdate");
        assert_eq!(telling("applicant.homeAddress"), "applicant home Address");
    }

    #[test]
    fn keys_are_in_snake_case_and_unique() {
        let mut keys = Keys::default();
        assert_eq!(keys.take(&["First name (as in passport):"]), "first_name_as_in_passport");
        assert_eq!(keys.take(&["Straße / Nr."]), "strasse_nr");
        assert_eq!(keys.take(&["City", "Old address City"]), "city");
        assert_eq!(keys.take(&["City", "New address City"]), "new_address_city");
        assert_eq!(keys.take(&["City"]), "city_2");
        assert_eq!(keys.take(&["", "..."]), "field");
        assert_eq!(keys.take(&[]), "field_2");
    }
}
