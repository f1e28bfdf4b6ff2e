//! Lines of a page in the order of drawing, as the flow of text takes them.

use super::row::Token;
use super::tables::Placed;
use crate::document::model::{Direction, Font, Page};

/// Lines on one baseline no farther apart than this, in sizes, are one: labels and their text
/// are often drawn one after the other.
const SAME_LINE_GAP_EM: f32 = 2.5;
/// Baselines closer than this share of the type size are one.
const SAME_BASELINE_EM: f32 = 0.2;

/// Words on one baseline, in reading order; never empty.
#[derive(Debug, Clone)]
pub(super) struct Line<'a> {
    pub(super) tokens: Vec<Token<'a>>,
    pub(super) x0: f32,
    pub(super) x1: f32,
    pub(super) baseline: f32,
    /// Size of most of its letters.
    pub(super) size: f32,
    /// All its letters are bold.
    pub(super) bold: bool,
    /// All its letters are italic.
    pub(super) italic: bool,
    /// All its letters are equally wide.
    pub(super) monospaced: bool,
    pub(super) right_to_left: bool,
}

impl<'a> Line<'a> {
    fn new(tokens: Vec<Token<'a>>, right_to_left: bool) -> Option<Self> {
        let first = tokens.first()?;
        let mut line = Self {
            x0: first.bbox.x0,
            x1: first.bbox.x1,
            baseline: first.baseline,
            size: first.size,
            bold: true,
            italic: true,
            monospaced: true,
            right_to_left,
            tokens: Vec::new(),
        };
        // Signs are often set in another font than the words they mark.
        let is_word = |token: &Token<'_>| token.text.chars().any(char::is_alphanumeric);
        let has_letters = tokens.iter().any(is_word);
        let mut most = 0;
        for token in &tokens {
            line.x0 = line.x0.min(token.bbox.x0);
            line.x1 = line.x1.max(token.bbox.x1);
            line.monospaced &= token.monospaced;
            if !has_letters || is_word(token) {
                line.bold &= token.style.bold;
                line.italic &= token.style.italic;
            }
            if token.text.len() > most {
                most = token.text.len();
                line.size = token.size;
                line.baseline = token.baseline;
            }
        }
        line.tokens = tokens;
        Some(line)
    }

    /// Place of its first word in the order of drawing.
    pub(super) fn order(&self) -> usize {
        self.tokens.first().map_or(0, |token| token.order)
    }

    /// Middle across the page.
    pub(super) fn middle(&self) -> f32 {
        f32::midpoint(self.x0, self.x1)
    }

    /// Letters, blanks left out.
    pub(super) fn letters(&self) -> usize {
        self.tokens.iter().map(|token| token.text.chars().count()).sum()
    }

    /// Its words, parted by blanks.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        let mut last: Option<&Token<'_>> = None;
        for token in &self.tokens {
            if last.is_some_and(|last| !token.touches(last)) {
                text.push(' ');
            }
            text.push_str(token.text);
            last = Some(token);
        }
        text
    }
}

/// The upright lines of a page in the order of drawing; hidden words only where nothing else is.
pub(super) fn lines<'a>(page: &'a Page, fonts: &[Font]) -> Vec<Line<'a>> {
    let all_hidden = page.words.iter().all(|word| word.hidden);
    let mut lines: Vec<Line<'a>> = Vec::new();
    for line in &page.lines {
        let start = line.words_start as usize;
        let words = page.line_words(line).iter().enumerate();
        let seen = words.filter(|(_, word)| {
            word.angle == 0
                && word.direction != Direction::TopToBottom
                && (all_hidden || !word.hidden)
                && word.size > 0.0
                && word.bbox.x0.is_finite()
                && word.baseline.is_finite()
        });
        let made = seen.map(|(at, word)| Token {
            text: page.word_text(word),
            span: word.span,
            bbox: word.bbox,
            baseline: word.baseline,
            size: word.size,
            style: word.style,
            monospaced: fonts.get(word.font as usize).is_some_and(|font| font.monospaced),
            order: start + at,
            right_to_left: word.direction == Direction::RightToLeft,
        });
        let tokens = made.filter(|token| !token.text.trim().is_empty()).collect();
        let right_to_left = line.direction == Direction::RightToLeft;
        lines.extend(Line::new(tokens, right_to_left));
    }
    lines
}

/// The lines without the words that tables took, parts of one line drawn one by one joined.
pub(super) fn without<'a>(lines: Vec<Line<'a>>, found: &[Placed]) -> Vec<Line<'a>> {
    let mut taken: Vec<usize> = found.iter().flat_map(|placed| &placed.orders).copied().collect();
    taken.sort_unstable();
    let mut kept: Vec<Line<'a>> = Vec::new();
    for line in lines {
        let right_to_left = line.right_to_left;
        let is_free = |token: &Token<'_>| taken.binary_search(&token.order).is_err();
        let tokens: Vec<Token<'a>> = line.tokens.into_iter().filter(is_free).collect();
        let Some(line) = Line::new(tokens, right_to_left) else {
            continue;
        };
        match kept.last_mut() {
            Some(last) if goes_on(last, &line) => {
                let mut tokens = std::mem::take(&mut last.tokens);
                tokens.extend(line.tokens);
                if let Some(joined) = Line::new(tokens, right_to_left) {
                    *last = joined;
                }
            }
            _ => kept.push(line),
        }
    }
    kept
}

fn goes_on(last: &Line<'_>, next: &Line<'_>) -> bool {
    let size = last.size.min(next.size);
    let gap = if next.right_to_left { last.x0 - next.x1 } else { next.x0 - last.x1 };
    last.right_to_left == next.right_to_left
        && (last.baseline - next.baseline).abs() <= SAME_BASELINE_EM * size
        && gap > -0.3 * size
        && gap <= SAME_LINE_GAP_EM * size
}
