//! Running heads and feet: lines near the edge of the page that say the same, but for numbers,
//! at the same place of several pages.

use std::collections::HashMap;

use super::line::Line;
use crate::document::model::{Document, Page};

/// Share of the page's height at its top and bottom in which they stand.
const ZONE_SHARE: f32 = 0.15;
/// Largest difference of their baselines from page to page, in points.
const BASELINE_SLACK: f32 = 4.0;
/// Longer lines are not compared.
const LETTERS_MAX: usize = 160;
/// Pages on which a line must stand, or all pages of a document that has fewer.
const PAGES_MIN: usize = 3;
/// Room between them and the text, in sizes.
const ROOM_EM: f32 = 1.5;
/// Lines of one zone of one page that are looked at.
const ZONE_LINES_MAX: usize = 24;

/// The lines that repeat: where each was seen first, and on how many pages.
#[derive(Debug, Default)]
pub(super) struct Furniture {
    seen: HashMap<String, (f32, usize)>,
    pages_min: usize,
}

/// Running heads and feet of one page.
#[derive(Debug, Default)]
pub(super) struct Parted<'a> {
    pub(super) head: Vec<Line<'a>>,
    pub(super) foot: Vec<Line<'a>>,
}

impl Furniture {
    /// Looks for lines that repeat.
    pub(super) fn of(document: &Document) -> Self {
        let mut furniture =
            Self { seen: HashMap::new(), pages_min: PAGES_MIN.min(document.pages.len()).max(2) };
        if document.pages.len() < 2 {
            return furniture;
        }
        for page in &document.pages {
            let mut looked_at = [0_usize; 2];
            for line in &page.lines {
                let Some(is_foot) = zone(page, line.baseline).filter(|_| line.angle == 0) else {
                    continue;
                };
                let [head, foot] = &mut looked_at;
                let count = if is_foot { foot } else { head };
                *count += 1;
                if *count <= ZONE_LINES_MAX {
                    furniture.see(page.slice(line.span), line.baseline);
                }
            }
        }
        furniture
    }

    fn see(&mut self, text: &str, baseline: f32) {
        let Some(key) = key(text) else { return };
        let (first, pages) = self.seen.entry(key).or_insert((baseline, 0));
        if (*first - baseline).abs() <= BASELINE_SLACK {
            *pages += 1;
        }
    }

    fn repeats(&self, line: &Line<'_>) -> bool {
        let seen = key(&line.text()).and_then(|key| self.seen.get(&key));
        seen.is_some_and(|(first, pages)| {
            *pages >= self.pages_min && (first - line.baseline).abs() <= BASELINE_SLACK
        })
    }

    /// Sets the running heads and feet of a page apart.
    pub(super) fn part<'a>(
        &self,
        lines: Vec<Line<'a>>,
        page: &Page,
    ) -> (Vec<Line<'a>>, Parted<'a>) {
        let mut parted = Parted::default();
        if self.seen.is_empty() {
            return (lines, parted);
        }
        let zones: Vec<Option<bool>> = lines
            .iter()
            .map(|line| zone(page, line.baseline).filter(|_| self.repeats(line)))
            .collect();
        let (top, bottom) = room(&lines, &zones);
        let mut rest = Vec::with_capacity(lines.len());
        for (line, zone) in lines.into_iter().zip(zones) {
            match zone {
                Some(false) if line.baseline <= top => parted.head.push(line),
                Some(true) if line.baseline >= bottom => parted.foot.push(line),
                _ => rest.push(line),
            }
        }
        (rest, parted)
    }
}

/// Where heads end and feet begin: with room to the nearest other line. Lines that repeat but
/// stand close to the text, as the head of a table on each page does, belong to the text.
fn room(lines: &[Line<'_>], zones: &[Option<bool>]) -> (f32, f32) {
    let (mut top, mut bottom) = (f32::MAX, f32::MIN);
    let mut repeated = Vec::new();
    for (line, zone) in lines.iter().zip(zones) {
        if zone.is_some() {
            repeated.push(line);
        } else {
            top = top.min(line.baseline - ROOM_EM * line.size);
            bottom = bottom.max(line.baseline + ROOM_EM * line.size);
        }
    }
    repeated.sort_by(|a, b| a.baseline.total_cmp(&b.baseline));
    for line in repeated.iter().rev().filter(|line| line.baseline < bottom) {
        if line.baseline > top {
            top = top.min(line.baseline - ROOM_EM * line.size);
        }
    }
    for line in repeated.iter().filter(|line| line.baseline > top) {
        if line.baseline < bottom {
            bottom = bottom.max(line.baseline + ROOM_EM * line.size);
        }
    }
    (top, bottom)
}

/// Whether a baseline is near the top (`false`) or the bottom (`true`) of the page.
fn zone(page: &Page, baseline: f32) -> Option<bool> {
    if baseline <= page.height * ZONE_SHARE {
        Some(false)
    } else if baseline >= page.height * (1.0 - ZONE_SHARE) {
        Some(true)
    } else {
        None
    }
}

/// The text without blanks and with all numbers alike.
fn key(text: &str) -> Option<String> {
    if text.len() > LETTERS_MAX {
        return None;
    }
    let mut key = String::with_capacity(text.len());
    for letter in text.chars().filter(|letter| !letter.is_whitespace()) {
        if !letter.is_ascii_digit() {
            key.push(letter);
        } else if !key.ends_with('0') {
            key.push('0');
        }
    }
    (!key.is_empty()).then_some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_blanks_make_no_difference() {
        assert_eq!(key("Page 9 of 12"), key("Page 10 of 12"));
        assert_ne!(key("Page 9 of 12"), key("Pages 9 of 12"));
        assert_eq!(key("  "), None);
    }
}
