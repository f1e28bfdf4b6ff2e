//! Headings, told by the size and weight of their type.

use super::line::Line;
use super::typography::Typography;

/// More letters than this are no heading.
const LARGE_LETTERS_MAX: usize = 200;
const BOLD_LETTERS_MAX: usize = 100;
/// More lines than this are no heading.
const LARGE_LINES_MAX: usize = 4;
const BOLD_LINES_MAX: usize = 2;

/// The level of the heading that these lines are, if they are one.
pub(super) fn level(lines: &[Line<'_>], typography: &Typography) -> Option<u8> {
    let first = lines.first()?;
    let letters: usize = lines.iter().map(Line::letters).sum();
    let words = lines.iter().flat_map(|line| &line.tokens);
    let alphabetic = words.flat_map(|token| token.text.chars()).filter(|c| c.is_alphabetic());
    if alphabetic.count() < 2 {
        return None;
    }
    let size = first.size;
    if typography.is_large(size) && letters <= LARGE_LETTERS_MAX && lines.len() <= LARGE_LINES_MAX {
        return Some(typography.heading_level(size).min(6));
    }
    let is_bold = lines.iter().all(|line| line.bold) && !typography.body_bold;
    let ends_open = lines
        .last()?
        .tokens
        .last()
        .is_some_and(|token| !token.text.ends_with(['.', ',', ';', ':', '!']));
    let is_heading = is_bold
        && ends_open
        && size >= typography.body_size * 0.95
        && letters <= BOLD_LETTERS_MAX
        && lines.len() <= BOLD_LINES_MAX;
    is_heading.then(|| typography.heading_level(size).min(6))
}
