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

/// So many bold lines in a row are no headings but bold text.
const BOLD_RUN_MAX: usize = 2;

/// What a group's type says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Large,
    Bold,
    Text,
}

/// For each group the level of the heading that it is, if it is one.
pub(super) fn levels(groups: &[Group<'_>], typography: &Typography) -> Vec<Option<u8>> {
    let mut kinds: Vec<Kind> = groups.iter().map(|group| kind(group, typography)).collect();
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
    if typography.is_large(size) && letters <= LARGE_LETTERS_MAX && lines.len() <= LARGE_LINES_MAX {
        return Kind::Large;
    }
    let is_bold = lines.iter().all(|line| line.bold) && !typography.body_bold;
    let ends_open =
        last.tokens.last().is_some_and(|token| !token.text.ends_with(['.', ',', ';', ':', '!']));
    let is_heading = is_bold
        && ends_open
        && size >= typography.body_size * 0.95
        && letters <= BOLD_LETTERS_MAX
        && lines.len() <= BOLD_LINES_MAX;
    if is_heading { Kind::Bold } else { Kind::Text }
}
