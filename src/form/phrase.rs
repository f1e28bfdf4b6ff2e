//! What a page prints, as runs of words that belong together, and the blanks people draw
//! with letters: underscores, dots, brackets.
//!
//! Must not know fields.

use crate::document::pdf::font::standard;
use crate::document::{Document, Page, Rect, Word};

/// A run of words on one line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Phrase {
    pub(super) text: String,
    pub(super) bbox: Rect,
    /// y of its baseline.
    pub(super) baseline: f32,
    pub(super) size: f32,
    pub(super) is_bold: bool,
}

/// The text of a page, ready for a form.
#[derive(Debug, Default)]
pub(super) struct PageText {
    /// In reading order: by line, from left to right.
    pub(super) phrases: Vec<Phrase>,
    /// Runs of underscores or dots, in reading order.
    pub(super) leaders: Vec<Rect>,
    /// Boxes that are letters of a font, such as `☐` or `[ ]`.
    pub(super) glyph_boxes: Vec<Rect>,
}

/// A piece of a word.
struct Piece {
    kind: PieceKind,
    text: String,
    bbox: Rect,
    baseline: f32,
    size: f32,
    is_bold: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PieceKind {
    Text,
    Leader,
    Box,
}

/// A gap wider than this many font sizes parts two phrases.
const GAP_MAX: f32 = 0.95;
/// Dots in a row that make a leader.
const DOTS_MIN: usize = 4;
/// Underscores in a row that make a blank.
const UNDERSCORES_MIN: usize = 2;
/// Letters that are empty boxes or circles.
const BOX_LETTERS: &str = "☐□❏❑❒❐▢◻⬜○◯⚪\u{f06f}\u{f0a8}\u{f071}\u{f072}\u{f0a1}";

impl PageText {
    /// Reads a page. Words on both sides of a separator, such as a ruling line or a field, are
    /// in two phrases.
    pub(super) fn read(document: &Document, page: &Page, separators: &[Rect]) -> Self {
        let mut pieces: Vec<Piece> = Vec::new();
        for word in page.words.iter().filter(|word| word.angle == 0) {
            let is_dingbat = is_dingbat(document, word);
            for (text, word) in unfolded(page.word_text(word), word) {
                split(text, &word, is_dingbat, &mut pieces);
            }
        }
        join_brackets(&mut pieces);
        let mut found = Self::default();
        for line in lines(pieces) {
            found.add_line(line, separators);
        }
        found
    }

    fn add_line(&mut self, line: Vec<Piece>, separators: &[Rect]) {
        let mut open: Option<Phrase> = None;
        for piece in line {
            match piece.kind {
                PieceKind::Leader | PieceKind::Box => {
                    self.phrases.extend(open.take());
                    let list = match piece.kind {
                        PieceKind::Leader => &mut self.leaders,
                        _ => &mut self.glyph_boxes,
                    };
                    // Leaders that touch are one blank.
                    match list.last_mut() {
                        Some(last)
                            if piece.kind == PieceKind::Leader
                                && piece.bbox.x0 - last.x1 < piece.size * 0.5
                                && piece.bbox.x0 >= last.x1 - piece.size
                                && (piece.bbox.y1 - last.y1).abs() < piece.size * 0.4 =>
                        {
                            *last = last.union(&piece.bbox);
                        }
                        _ => list.push(piece.bbox),
                    }
                }
                PieceKind::Text => match &mut open {
                    Some(phrase) if belongs(phrase, &piece, separators) => {
                        if piece.bbox.x0 - phrase.bbox.x1 > piece.size * 0.12 {
                            phrase.text.push(' ');
                        }
                        phrase.text.push_str(&piece.text);
                        phrase.bbox = phrase.bbox.union(&piece.bbox);
                        phrase.size = phrase.size.max(piece.size);
                        phrase.is_bold &= piece.is_bold;
                    }
                    _ => {
                        self.phrases.extend(open.take());
                        open = Some(Phrase {
                            text: piece.text,
                            bbox: piece.bbox,
                            baseline: piece.baseline,
                            size: piece.size,
                            is_bold: piece.is_bold,
                        });
                    }
                },
            }
        }
        self.phrases.extend(open);
    }
}

fn belongs(phrase: &Phrase, piece: &Piece, separators: &[Rect]) -> bool {
    let gap = Rect {
        x0: phrase.bbox.x1,
        x1: piece.bbox.x0,
        y0: phrase.bbox.y0.max(piece.bbox.y0),
        y1: phrase.bbox.y1.min(piece.bbox.y1),
    };
    let width = gap.x1 - gap.x0;
    let size = phrase.size.max(piece.size);
    // A change to much smaller or larger letters after a gap begins something else.
    let jump = phrase.size.max(piece.size) / phrase.size.min(piece.size).max(0.1);
    if width > size * GAP_MAX || (jump > 1.6 && width > size * 0.5) {
        return false;
    }
    let middle = (gap.y0 + gap.y1) / 2.0;
    !separators.iter().any(|s| {
        let centre = (s.x0 + s.x1) / 2.0;
        width > -1.0
            && s.y0 <= middle
            && middle <= s.y1
            && centre >= gap.x0 - 1.5
            && centre <= gap.x1 + 1.5
    })
}

/// Groups pieces by baseline, from top to bottom, each line from left to right.
fn lines(mut pieces: Vec<Piece>) -> Vec<Vec<Piece>> {
    pieces.sort_by(|a, b| a.baseline.total_cmp(&b.baseline));
    let mut lines: Vec<Vec<Piece>> = Vec::new();
    for piece in pieces {
        match lines.last_mut().filter(|line| {
            line.first().is_some_and(|f| {
                piece.baseline - f.baseline <= 0.3 * f.size.min(piece.size).max(4.0)
            })
        }) {
            Some(line) => line.push(piece),
            None => lines.push(vec![piece]),
        }
    }
    for line in &mut lines {
        line.sort_by(|a, b| a.bbox.x0.total_cmp(&b.bbox.x0));
    }
    lines
}

fn is_dingbat(document: &Document, word: &Word) -> bool {
    let font = document.fonts.get(word.font as usize);
    font.is_some_and(|font| {
        let name = font.name.to_ascii_lowercase();
        name.contains("dingbat") || name.contains("wingding") || name.contains("webding")
    })
}

/// A word with blanks inside, as replacement texts of tagged files have them, as the words it
/// stands for: the first and the last keep their ends, what is between is spread evenly.
fn unfolded<'t>(text: &'t str, word: &Word) -> Vec<(&'t str, Word)> {
    let parts: Vec<&str> = text.split_whitespace().collect();
    // Blanks in front push the words to the right end of their box.
    let is_pushed = text.starts_with(char::is_whitespace);
    if parts.len() < 2 && !is_pushed {
        return vec![(text, *word)];
    }
    let width = |part: &str| -> f32 {
        let em: f32 = part.chars().map(|c| standard::width("Helvetica", b' ', Some(c))).sum();
        em * word.size
    };
    let b = word.bbox;
    let whole: f32 = parts.iter().map(|part| width(part)).sum();
    let gaps = parts.len().saturating_sub(1) as f32;
    let spread = (b.width() - whole).max(0.0) / gaps.max(1.0);
    let gap = if is_pushed { spread.min(word.size * 0.3) } else { spread };
    let mut x = if is_pushed { (b.x1 - whole - gaps * gap).max(b.x0) } else { b.x0 };
    let mut found = Vec::new();
    for part in parts {
        let end = (x + width(part)).min(b.x1);
        found.push((part, Word { bbox: Rect { x0: x, x1: end.max(x), ..b }, ..*word }));
        x = end + gap;
    }
    found
}

/// Cuts a word into text, leaders and boxes.
fn split(text: &str, word: &Word, is_dingbat: bool, pieces: &mut Vec<Piece>) {
    let width = |letters: &str| -> f32 {
        letters.chars().map(|c| standard::width("Helvetica", b' ', Some(c))).sum()
    };
    let whole = width(text).max(0.01);
    let scale = word.bbox.width() / whole;
    let mut x = word.bbox.x0;
    for (kind, part) in parts(text, is_dingbat) {
        let next = x + width(part) * scale;
        let bbox = Rect { x0: x, x1: next, ..word.bbox };
        x = next;
        pieces.push(Piece {
            kind,
            text: part.to_owned(),
            bbox,
            baseline: word.baseline,
            size: word.size,
            is_bold: word.style.bold,
        });
    }
}

fn parts(text: &str, is_dingbat: bool) -> Vec<(PieceKind, &str)> {
    let is_box = |c: char| BOX_LETTERS.contains(c);
    if is_dingbat && text.chars().count() == 1 && text.chars().all(|c| "oqrpn¨m¡lA".contains(c)) {
        return vec![(PieceKind::Box, text)];
    }
    let mut found = Vec::new();
    let mut plain = 0;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let run = |letter: char| rest.chars().take_while(|c| *c == letter).count();
        let (underscores, dots, ellipses) = (run('_'), run('.'), run('…'));
        let (kind, length) = if underscores >= UNDERSCORES_MIN {
            (PieceKind::Leader, underscores)
        } else if dots >= DOTS_MIN {
            (PieceKind::Leader, dots)
        } else if ellipses >= 2 {
            (PieceKind::Leader, ellipses * '…'.len_utf8())
        } else if let Some(first) = rest.chars().next().filter(|c| is_box(*c)) {
            (PieceKind::Box, first.len_utf8())
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        };
        found.extend(text.get(plain..at).filter(|t| !t.is_empty()).map(|t| (PieceKind::Text, t)));
        found.extend(text.get(at..at + length).map(|t| (kind, t)));
        at += length;
        plain = at;
    }
    found.extend(text.get(plain..).filter(|t| !t.is_empty()).map(|t| (PieceKind::Text, t)));
    found
}

/// `[ ]` and `( )` are boxes, whether they are one word or two.
fn join_brackets(pieces: &mut Vec<Piece>) {
    let mut joined: Vec<Piece> = Vec::with_capacity(pieces.len());
    for mut piece in pieces.drain(..) {
        if matches!(piece.text.as_str(), "[]" | "()") {
            piece.kind = PieceKind::Box;
        }
        if let Some(last) = joined.last_mut()
            && matches!((last.text.as_str(), piece.text.as_str()), ("[", "]") | ("(", ")"))
            && (last.baseline - piece.baseline).abs() < 1.0
            && (0.0..piece.size * 2.5).contains(&(piece.bbox.x0 - last.bbox.x1))
        {
            last.kind = PieceKind::Box;
            last.bbox = last.bbox.union(&piece.bbox);
            continue;
        }
        joined.push(piece);
    }
    *pieces = joined;
}

#[cfg(test)]
mod tests {
    use super::{PieceKind, parts};

    #[test]
    fn words_part_at_leaders_and_boxes() {
        use PieceKind::{Box, Leader, Text};
        assert_eq!(parts("Name:____", false), [(Text, "Name:"), (Leader, "____")]);
        assert_eq!(parts("☐Yes", false), [(Box, "☐"), (Text, "Yes")]);
        assert_eq!(parts("and...so", false), [(Text, "and...so")]);
        assert_eq!(parts("......", false), [(Leader, "......")]);
        assert_eq!(parts("o", true), [(Box, "o")]);
    }
}
