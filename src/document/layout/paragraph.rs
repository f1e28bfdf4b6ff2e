//! Groups lines into paragraphs and joins their text.

use super::line::Line;
use super::list::{self, Marker};
use super::margin::Margins;
use super::row::Token;
use super::typography::Typography;
use crate::document::block::Text;

/// Largest distance of lines of one paragraph, as a multiple of the usual one.
const STEP_RATIO: f32 = 1.22;
/// Largest distance of lines in type of another size than running text, in sizes.
const STEP_EM: f32 = 1.5;
/// Smallest indent that begins a paragraph, in sizes.
const INDENT_EM: f32 = 0.8;
/// More room at the end of a line, in sizes, means that the line was ended on purpose.
const ROOM_EM: f32 = 2.5;
/// A first line with as many letters is running text.
const PROSE_LETTERS_MIN: usize = 40;
/// Lines of one middle no farther apart than this, in sizes, are centred.
const CENTRED_EM: f32 = 0.6;

/// Lines of one paragraph, heading or list entry, in reading order; never empty.
#[derive(Debug, Clone, Default)]
pub(super) struct Group<'a> {
    pub(super) lines: Vec<Line<'a>>,
    /// Right edge of the text around.
    right: Option<f32>,
}

/// Groups lines that follow each other.
pub(super) fn groups<'a>(
    lines: Vec<Line<'a>>,
    typography: &Typography,
    margins: &Margins,
) -> Vec<Group<'a>> {
    let mut groups: Vec<Group<'a>> = Vec::new();
    for line in lines {
        match groups.last_mut() {
            Some(group) if group.takes(&line, typography) => group.lines.push(line),
            _ => {
                let right = margins.right(line.x0);
                groups.push(Group { lines: vec![line], right });
            }
        }
    }
    groups
}

impl Group<'_> {
    /// The marker of a list entry that the group begins with.
    pub(super) fn marker(&self) -> Option<Marker<'_>> {
        marker_of(self.lines.first()?)
    }

    fn takes(&self, next: &Line<'_>, typography: &Typography) -> bool {
        let (Some(first), Some(last)) = (self.lines.first(), self.lines.last()) else {
            return true;
        };
        let size = last.size.max(next.size);
        let step = next.baseline - last.baseline;
        let same_type = (last.size - next.size).abs() <= 0.06 * size
            && last.bold == next.bold
            && last.right_to_left == next.right_to_left
            && last.monospaced == next.monospaced;
        let overlaps = last.monospaced || next.x1.min(last.x1) > next.x0.max(last.x0);
        if !same_type || !overlaps || step < 0.5 * size || step > self.step_max(size, typography) {
            return false;
        }
        if marker_of(next).is_some_and(|marker| {
            marker == Marker::Bullet || self.marker().is_some() || ends_sentence(last)
        }) {
            return false;
        }
        if last.monospaced {
            return true;
        }
        let ends_early = self.room_after(last, next) > ROOM_EM * next.size;
        let changes = ends_early && last.italic != next.italic;
        !changes && self.fits(first, last, next)
    }

    fn step_max(&self, size: f32, typography: &Typography) -> f32 {
        if let [first, second, ..] = self.lines.as_slice() {
            return (second.baseline - first.baseline) * STEP_RATIO;
        }
        if (size - typography.body_size).abs() <= 0.1 * typography.body_size {
            size * (typography.leading_em * STEP_RATIO).max(STEP_EM * 0.9)
        } else {
            size * STEP_EM
        }
    }

    /// Whether the edges of a line say that it goes on with the group.
    fn fits(&self, first: &Line<'_>, last: &Line<'_>, next: &Line<'_>) -> bool {
        let indent = INDENT_EM * next.size;
        let edge = |line: &Line<'_>| if line.right_to_left { -line.x1 } else { line.x0 };
        let is_centred = (next.middle() - last.middle()).abs() <= CENTRED_EM * next.size;
        let (start, second) = (edge(first), self.lines.get(1).map(edge));
        // The left edge of the body: where its second line begins.
        let body = second.unwrap_or(edge(next));
        let is_indented = edge(next) > body + indent;
        // Lines of a list entry begin below the first word after its marker.
        let after_marker = first.tokens.get(1).map(|token| token.bbox.x0);
        let is_below = |place: f32| (place - next.x0).abs() <= 0.5 * next.size;
        let is_entry = first.tokens.first().is_some_and(|token| token.text.chars().count() <= 4)
            && after_marker.is_some_and(is_below);
        let hangs =
            second.is_none() && edge(next) > start + indent && self.marker().is_none() && !is_entry;
        if (is_indented || hangs || edge(next) < body - indent) && !is_centred {
            return false;
        }
        // A line that stops early ends its paragraph when its sentence ends too; short lines one
        // below the other are addresses and the like.
        let is_prose = self.lines.len() > 1 || last.letters() >= PROSE_LETTERS_MIN;
        !(is_prose && ends_sentence(last) && self.room_after(last, next) > ROOM_EM * next.size)
    }

    /// Room that the first word of the next line would have left at the end of a line.
    fn room_after(&self, last: &Line<'_>, next: &Line<'_>) -> f32 {
        let Some(word) = next.tokens.first() else {
            return 0.0;
        };
        let lines = || self.lines.iter().chain([next]);
        let room = if last.right_to_left {
            last.x0 - lines().map(|line| line.x0).fold(f32::MAX, f32::min)
        } else {
            let own = lines().map(|line| line.x1).fold(f32::MIN, f32::max);
            self.right.map_or(own, |right| right.max(own)) - last.x1
        };
        room - (word.bbox.x1 - word.bbox.x0)
    }

    /// The text, its lines joined; a marker of a list entry is left out.
    pub(super) fn text(&self, typography: &Typography) -> Text {
        let mut text = Text::default();
        let mut last: Option<(&Token<'_>, &Line<'_>)> = None;
        let skipped = usize::from(self.marker().is_some());
        for (at, line) in self.lines.iter().enumerate() {
            for token in line.tokens.iter().skip(if at == 0 { skipped } else { 0 }) {
                if let Some((before, above)) = last {
                    let same_line = std::ptr::eq(above, line);
                    let blank = match same_line {
                        true if token.touches(before) => "",
                        true => " ",
                        false => self.line_end(&mut text, above, line, before, token),
                    };
                    // A blank is part of the run only between words of the same style.
                    let bold = before.style.bold && token.style.bold && !typography.body_bold;
                    let italic =
                        before.style.italic && token.style.italic && !typography.body_italic;
                    text.push(blank, bold, italic);
                }
                let bold = token.style.bold && !typography.body_bold;
                text.push(token.text, bold, token.style.italic && !typography.body_italic);
                last = Some((token, line));
            }
        }
        text
    }

    /// What stands between two lines; a hyphen that parts a word is taken off the text.
    fn line_end(
        &self,
        text: &mut Text,
        above: &Line<'_>,
        line: &Line<'_>,
        before: &Token<'_>,
        token: &Token<'_>,
    ) -> &'static str {
        if let Some(last) = text.spans.last_mut() {
            if last.text.ends_with('\u{ad}') {
                last.text.pop();
                return "";
            }
            if parts_a_word(before.text, token.text) {
                last.text.pop();
                return "";
            }
        }
        let is_full = self.room_after(above, line) <= ROOM_EM * line.size;
        match (before.text.chars().next_back(), token.text.chars().next()) {
            (Some(end), Some(start)) if is_ideograph(end) && is_ideograph(start) && is_full => "",
            _ if is_full => " ",
            _ => "\n",
        }
    }
}

/// Letters of scripts that put no blanks between words: Chinese and Japanese.
fn is_ideograph(letter: char) -> bool {
    matches!(letter, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}')
}

fn marker_of<'a>(line: &'a Line<'_>) -> Option<Marker<'a>> {
    let (first, second) = (line.tokens.first()?, line.tokens.get(1)?);
    if second.touches(first) {
        return None;
    }
    list::marker(first.text)
}

fn ends_sentence(line: &Line<'_>) -> bool {
    line.tokens.last().is_some_and(|token| {
        let text = token.text.trim_end_matches(['"', '\'', ')', '”', '’', '»']);
        text.ends_with(['.', '!', '?', ':', '。', '！', '？', '।', '؟', '۔'])
    })
}

/// Whether a hyphen at a line end only parts a word: small letters on both sides, and no other
/// hyphen in the word.
fn parts_a_word(before: &str, after: &str) -> bool {
    let Some(stem) = before.strip_suffix(['-', '\u{2010}']) else {
        return false;
    };
    let letters = stem.chars().rev().take_while(|letter| letter.is_alphabetic());
    let small = stem.chars().next_back().is_some_and(char::is_lowercase);
    letters.count() >= 2
        && small
        && !stem.contains('-')
        && after.chars().next().is_some_and(char::is_lowercase)
}
