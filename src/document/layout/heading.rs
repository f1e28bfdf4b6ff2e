//! Headings, told by the size and weight of their type.

use super::line::Line;
use super::list::Marker;
use super::paragraph::Group;
use super::typography::Typography;

/// More letters than this are no heading.
const LARGE_LETTERS_MAX: usize = 200;
const BOLD_LETTERS_MAX: usize = 100;
/// More lines than this are no heading.
const LARGE_LINES_MAX: usize = 4;
const BOLD_LINES_MAX: usize = 2;

/// A sentence is a heading only in type this much larger than running text.
const SENTENCE_SIZE_RATIO: f32 = 1.3;
/// Largest distance of an italic heading from its text, in sizes.
const HEADING_STEP_EM: f32 = 2.2;
/// So many bold lines in a row are no headings but bold text.
const BOLD_RUN_MAX: usize = 2;

/// What a group's type says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Large,
    Bold,
    Italic,
    Text,
}

/// For each group the level of the heading that it is, if it is one.
pub(super) fn levels(groups: &[Group<'_>], typography: &Typography) -> Vec<Option<u8>> {
    let mut kinds: Vec<Kind> = groups.iter().map(|group| kind(group, typography)).collect();
    let below = groups.iter().skip(1).map(Some).chain([None]);
    for ((kind, group), below) in kinds.iter_mut().zip(groups).zip(below) {
        if *kind == Kind::Italic && !below.is_some_and(|below| heads(group, below)) {
            *kind = Kind::Text;
        }
    }
    for run in kinds.chunk_by_mut(|a, b| a == b) {
        if run.first() == Some(&Kind::Bold) && run.len() > BOLD_RUN_MAX {
            run.fill(Kind::Text);
        }
    }
    let level = |(kind, group): (Kind, &Group<'_>)| {
        let size = group.lines.first().filter(|_| kind != Kind::Text)?.size;
        Some(typography.heading_level(size).min(6))
    };
    kinds.into_iter().zip(groups).map(level).collect()
}

fn kind(group: &Group<'_>, typography: &Typography) -> Kind {
    let lines = &group.lines;
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else {
        return Kind::Text;
    };
    let letters: usize = lines.iter().map(Line::letters).sum();
    let words = lines.iter().flat_map(|line| &line.tokens);
    let alphabetic = words.flat_map(|token| token.text.chars()).filter(|c| c.is_alphabetic());
    if alphabetic.count() < 2 || group.marker() == Some(Marker::Bullet) {
        return Kind::Text;
    }
    let size = first.size;
    let ends_open =
        last.tokens.last().is_some_and(|token| !token.text.ends_with(['.', ',', ';', ':', '!']));
    // A sentence in slightly larger type is a sentence.
    let is_large = typography.is_large(size)
        && (ends_open || size >= typography.body_size * SENTENCE_SIZE_RATIO);
    if is_large && letters <= LARGE_LETTERS_MAX && lines.len() <= LARGE_LINES_MAX {
        return Kind::Large;
    }
    let is_bold = lines.iter().all(|line| line.bold) && !typography.body_bold;
    if !ends_open || size < typography.body_size * 0.95 || letters > BOLD_LETTERS_MAX {
        return Kind::Text;
    }
    let is_italic = lines.len() == 1 && first.italic && !typography.body_italic;
    match is_bold && lines.len() <= BOLD_LINES_MAX {
        true => Kind::Bold,
        false if is_italic => Kind::Italic,
        false => Kind::Text,
    }
}

/// Whether a group stands right above running text, at its left edge.
fn heads(group: &Group<'_>, below: &Group<'_>) -> bool {
    let (Some(last), [first, _, ..]) = (group.lines.last(), below.lines.as_slice()) else {
        return false;
    };
    let step = first.baseline - last.baseline;
    step > 0.0
        && step <= HEADING_STEP_EM * first.size
        && (last.x0 - first.x0).abs() <= 2.0 * first.size
        && !first.italic
        && last.letters() * 2 < first.letters() * 3
}
