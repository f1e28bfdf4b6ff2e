//! Styles and numbering of Word documents: which paragraph style is a heading of which level, and
//! what stands before the next entry of a list.

use std::collections::HashMap;

use super::xml::{Step, walk};
use crate::document::error::DocumentError;

/// Longest chain of styles based on each other that is followed.
const STYLE_CHAIN_MAX: usize = 16;

#[derive(Debug, Default)]
struct ParagraphStyle {
    based_on: Option<String>,
    heading: Option<u8>,
    list: Option<String>,
    list_level: usize,
}

/// The paragraph styles, by their ids.
#[derive(Debug, Default)]
pub(crate) struct Styles {
    by_id: HashMap<String, ParagraphStyle>,
}

impl Styles {
    /// Reads `word/styles.xml`.
    pub(crate) fn read(source: &str) -> Result<Self, DocumentError> {
        let mut styles = Self::default();
        let mut open = String::new();
        walk(source, |step| {
            let Step::Open(element) = step else {
                return;
            };
            if element.name == "style" {
                open = element.attribute("styleId").unwrap_or_default();
                styles.by_id.insert(open.clone(), ParagraphStyle::default());
                return;
            }
            let Some(style) = styles.by_id.get_mut(&open) else {
                return;
            };
            let value = element.attribute("val").unwrap_or_default();
            match element.name {
                "name" => style.heading = heading_of_name(&value).or(style.heading),
                "basedOn" => style.based_on = Some(value),
                "outlineLvl" => {
                    let level = value.parse::<u8>().ok().filter(|level| *level <= 8);
                    style.heading = style.heading.or(level.map(|level| level + 1));
                }
                "numId" => style.list = Some(value).filter(|list| list != "0"),
                "ilvl" => style.list_level = value.parse().unwrap_or(0),
                _ => {}
            }
        })?;
        Ok(styles)
    }

    /// The level of the heading that paragraphs of this style are.
    pub(crate) fn heading_level(&self, id: &str) -> Option<u8> {
        self.chain(id).find_map(|style| style.heading)
    }

    /// The list and level of paragraphs of this style.
    pub(crate) fn list(&self, id: &str) -> Option<(String, usize)> {
        self.chain(id).find_map(|style| Some((style.list.clone()?, style.list_level)))
    }

    fn chain(&self, id: &str) -> impl Iterator<Item = &ParagraphStyle> {
        let first = self.by_id.get(id);
        let next = |style: &&ParagraphStyle| self.by_id.get(style.based_on.as_deref()?);
        std::iter::successors(first, next).take(STYLE_CHAIN_MAX)
    }
}

/// Word's built-in names: `Title`, `heading 1` to `heading 9`.
fn heading_of_name(name: &str) -> Option<u8> {
    let name = name.to_ascii_lowercase();
    if name == "title" {
        return Some(1);
    }
    name.strip_prefix("heading ")?.trim().parse().ok()
}

#[derive(Debug, Clone)]
struct Level {
    format: String,
    text: String,
    start: u32,
}

/// The lists and how far each has counted.
#[derive(Debug, Default)]
pub(crate) struct Numbering {
    /// Levels of each abstract list.
    levels: HashMap<String, Vec<Level>>,
    /// The abstract list behind each list.
    lists: HashMap<String, String>,
    /// The last number of each level, by abstract list.
    counters: HashMap<String, Vec<Option<u32>>>,
}

/// Levels a list may have.
const LEVELS: usize = 9;

impl Numbering {
    /// Reads `word/numbering.xml`.
    pub(crate) fn read(source: &str) -> Result<Self, DocumentError> {
        let mut numbering = Self::default();
        let (mut open_abstract, mut open_list) = (String::new(), String::new());
        walk(source, |step| {
            let Step::Open(element) = step else {
                return;
            };
            let value = element.attribute("val").unwrap_or_default();
            match element.name {
                "abstractNum" => {
                    open_abstract = element.attribute("abstractNumId").unwrap_or_default();
                    numbering.levels.insert(open_abstract.clone(), Vec::new());
                }
                "num" => open_list = element.attribute("numId").unwrap_or_default(),
                "abstractNumId" => {
                    numbering.lists.insert(open_list.clone(), value);
                }
                "lvl" => {
                    if let Some(levels) = numbering.levels.get_mut(&open_abstract)
                        && levels.len() < LEVELS
                    {
                        let text = String::new();
                        levels.push(Level { format: "decimal".to_owned(), text, start: 1 });
                    }
                }
                "numFmt" | "lvlText" | "start" => {
                    let levels = numbering.levels.get_mut(&open_abstract);
                    if let Some(level) = levels.and_then(|levels| levels.last_mut()) {
                        match element.name {
                            "numFmt" => level.format = value,
                            "lvlText" => level.text = value,
                            _ => level.start = value.parse().unwrap_or(1),
                        }
                    }
                }
                _ => {}
            }
        })?;
        Ok(numbering)
    }

    /// The label of the next entry at this level: `Some(None)` for a bullet, `None` when there
    /// is no such list.
    pub(crate) fn next(&mut self, list: &str, level: usize) -> Option<Option<String>> {
        let of = self.lists.get(list)?;
        let levels = self.levels.get(of)?;
        let found = levels.get(level)?;
        if matches!(found.format.as_str(), "bullet" | "none") {
            return Some(None);
        }
        let counters = self.counters.entry(of.clone()).or_insert_with(|| vec![None; LEVELS]);
        if let Some(counter) = counters.get_mut(level) {
            *counter = Some(counter.map_or(found.start, |last| last.saturating_add(1)));
        }
        counters.iter_mut().skip(level + 1).for_each(|below| *below = None);
        let mut label = found.text.clone();
        for (at, level) in levels.iter().enumerate() {
            let number = counters.get(at).copied().flatten().unwrap_or(level.start);
            label = label.replace(&format!("%{}", at + 1), &written(number, &level.format));
        }
        Some(Some(label).filter(|label| !label.is_empty()))
    }
}

fn written(number: u32, format: &str) -> String {
    match format {
        "lowerLetter" => letters(number),
        "upperLetter" => letters(number).to_uppercase(),
        "lowerRoman" => roman(number),
        "upperRoman" => roman(number).to_uppercase(),
        _ => number.to_string(),
    }
}

/// a to z, then aa to zz and so on, as Word counts.
fn letters(number: u32) -> String {
    let index = number.saturating_sub(1);
    let letter = u8::try_from(index % 26).map_or('a', |offset| char::from(b'a' + offset));
    let times = usize::try_from(index / 26 + 1).unwrap_or(1).min(16);
    std::iter::repeat_n(letter, times).collect()
}

fn roman(number: u32) -> String {
    const SIGNS: [(u32, &str); 13] = [
        (1000, "m"),
        (900, "cm"),
        (500, "d"),
        (400, "cd"),
        (100, "c"),
        (90, "xc"),
        (50, "l"),
        (40, "xl"),
        (10, "x"),
        (9, "ix"),
        (5, "v"),
        (4, "iv"),
        (1, "i"),
    ];
    let mut left = number.min(5_000);
    let mut written = String::new();
    for (value, sign) in SIGNS {
        while left >= value {
            written.push_str(sign);
            left -= value;
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_word_does() {
        assert_eq!([letters(1), letters(26), letters(27)], ["a", "z", "aa"]);
        assert_eq!([roman(4), roman(1990)], ["iv", "mcmxc"]);
    }

    #[test]
    fn styles_in_a_ring_end() {
        let source = "<s><style styleId='a'><basedOn val='b'/></style>\
                      <style styleId='b'><basedOn val='a'/></style></s>";
        assert_eq!(Styles::read(source).map(|styles| styles.heading_level("a")), Ok(None));
    }

    #[test]
    fn a_higher_level_starts_the_lower_ones_anew() {
        let source = "<n><abstractNum abstractNumId='1'>\
            <lvl><numFmt val='decimal'/><lvlText val='%1'/></lvl>\
            <lvl><numFmt val='lowerRoman'/><lvlText val='%1.%2)'/></lvl></abstractNum>\
            <num numId='3'><abstractNumId val='1'/></num></n>";
        let mut numbering = Numbering::read(source).unwrap_or_default();
        let mut next = |level| numbering.next("3", level).flatten().unwrap_or_default();
        let labels = [next(0), next(1), next(1), next(0), next(1)];
        assert_eq!(labels, ["1", "1.i)", "1.ii)", "2", "2.i)"]);
    }
}
