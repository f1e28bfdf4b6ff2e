//! Writes lines of glyphs as text and notes where each word stands.

use unicode_normalization::UnicodeNormalization;

use super::super::content::Drawing;
use super::super::font::{FontTable, Letters, PdfFont};
use super::super::glyph::{Glyph, Run};
use super::PageText;
use super::accents::joined;
use super::bidi::{is_mark, is_right_to_left, mirrored, reading_order};
use super::lines::{LineRange, offset};
use crate::document::geometry::Rect;
use crate::document::model::{Direction, Line, TextSpan, Word};

/// A gap this wide, in em, parts words of a font whose blank is not known.
const GAP_UNKNOWN_BLANK: f32 = 0.15;
/// The same in mean widths of a glyph, for condensed fonts.
const GAP_UNKNOWN_BLANK_WIDTHS: f32 = 0.3;
/// A wider blank, in em, says nothing about the gaps of a font (it stands for something else).
const BLANK_MAX: f32 = 0.7;
/// No narrower gap, in em, parts words.
const GAP_MIN: f32 = 0.08;
/// A wider gap, in em, always parts words.
const GAP_MAX: f32 = 0.2;
/// A run of fewer gaps does not make spaced letters.
const SPACED_GAPS_MIN: u32 = 3;

/// Builds the text of a page.
pub(super) struct TextWriter<'a> {
    drawing: &'a Drawing,
    fonts: &'a FontTable,
    /// The narrowest gap between letters of each run with letter spacing.
    base_gaps: Vec<f32>,
    out: PageText,
    /// The word being written.
    word: Option<Word>,
    line_start: usize,
}

impl<'a> TextWriter<'a> {
    pub(super) fn new(drawing: &'a Drawing, fonts: &'a FontTable) -> Self {
        let mut out = PageText::default();
        out.text.reserve(drawing.glyphs.len() + drawing.glyphs.len() / 8);
        let base_gaps = base_gaps(drawing);
        Self { drawing, fonts, base_gaps, out, word: None, line_start: 0 }
    }

    pub(super) fn finish(self) -> PageText {
        self.out
    }

    fn run(&self, glyph: &Glyph) -> Option<&'a Run> {
        self.drawing.runs.get(glyph.run as usize)
    }

    /// Writes a line.
    pub(super) fn line(&mut self, range: &LineRange) {
        let drawing = self.drawing;
        let Some(glyphs) = drawing.glyphs.get(range.start..range.end) else { return };
        let words_start = self.out.words.len();
        if !self.out.text.is_empty() && !self.out.text.ends_with('\n') {
            self.out.text.push('\n');
        }
        self.line_start = self.out.text.len();
        if range.right_to_left {
            self.right_to_left(glyphs);
        } else if range.out_of_order {
            let mut sorted = glyphs.to_vec();
            if let Some(run) = glyphs.first().and_then(|glyph| self.run(glyph)) {
                let place = |glyph: &Glyph| glyph.x * run.along.0 + glyph.y * run.along.1;
                sorted.sort_by(|left, right| place(left).total_cmp(&place(right)));
            }
            self.left_to_right(&sorted);
        } else {
            self.left_to_right(glyphs);
        }
        self.end_word();
        self.end_line(words_start, range.right_to_left);
    }

    fn left_to_right(&mut self, glyphs: &[Glyph]) {
        let mut last: Option<(&Glyph, &Run)> = None;
        let mut blank = false;
        let mut glyphs = glyphs.iter().peekable();
        while let Some(glyph) = glyphs.next() {
            let Some(run) = self.run(glyph) else { continue };
            if glyph.is_blank() {
                blank = true;
                continue;
            }
            if let Some((last_glyph, _)) = last
                && !blank
                && let Some(letter) = joined(glyph, last_glyph, run.along)
            {
                self.replace_last_letter(letter);
                continue;
            }
            if blank || last.is_some_and(|last| self.is_gap(last, (glyph, run))) {
                self.blank();
            }
            // An accent comes before its letter in TeX.
            let next = glyphs.peek().copied();
            if let Some(letter) = next.and_then(|base| joined(glyph, base, run.along)) {
                glyphs.next();
                let base = next.unwrap_or(glyph);
                self.glyph(base, run, Letters::one(letter));
                (blank, last) = (false, Some((base, run)));
                continue;
            }
            self.glyph(glyph, run, glyph.letters);
            (blank, last) = (false, Some((glyph, run)));
        }
    }

    /// Puts a letter in place of the last one of the word being written.
    fn replace_last_letter(&mut self, letter: char) {
        if self.word.is_some() {
            self.out.text.pop();
            self.out.text.push(letter);
        }
    }

    /// Whether the space between two glyphs of a line parts words.
    fn is_gap(&self, last: (&Glyph, &Run), next: (&Glyph, &Run)) -> bool {
        let Some(offset) = offset(last, next) else { return true };
        let em = last.1.em.min(next.1.em);
        let gap = offset.gap - self.letter_spacing(last);
        gap > em * self.gap_limit(last.1) || gap < -offset.size
    }

    /// Letter spacing that is part of a word: as far as all letters of the run are that far apart.
    ///
    /// Programs also set letter spacing to make a gap between words, and take it back by kerning
    /// between letters that belong together.
    fn letter_spacing(&self, (glyph, run): (&Glyph, &Run)) -> f32 {
        if run.spacing <= 0.0 {
            return run.spacing;
        }
        self.base_gaps.get(glyph.run as usize).map_or(0.0, |gap| gap.min(run.spacing).max(0.0))
    }

    /// The narrowest gap that parts words, in em.
    fn gap_limit(&self, run: &Run) -> f32 {
        let Some(font) = self.fonts.fonts.get(run.font as usize) else { return GAP_UNKNOWN_BLANK };
        if font.space_width > 0.0 && font.space_width <= BLANK_MAX {
            (font.space_width * 0.5).clamp(GAP_MIN, GAP_MAX)
        } else if font.mean_width > 0.0 {
            (font.mean_width * GAP_UNKNOWN_BLANK_WIDTHS).clamp(GAP_MIN, GAP_UNKNOWN_BLANK)
        } else {
            GAP_UNKNOWN_BLANK
        }
    }

    /// Writes a line with right-to-left letters: by place, then in the order of reading.
    fn right_to_left(&mut self, glyphs: &'a [Glyph]) {
        let Some((first, _)) = glyphs.first().and_then(|g| Some((self.run(g)?, g))) else { return };
        let along = first.along;
        let place = |glyph: &Glyph| glyph.x * along.0 + glyph.y * along.1;
        let mut clusters = clusters_with_marks(glyphs, first.size, place);
        clusters.sort_by(|left, right| left.0.total_cmp(&right.0));
        // Blanks between clusters, as letters of their own.
        let mut items: Vec<Option<&Vec<&Glyph>>> = Vec::new();
        let mut letters: Vec<char> = Vec::new();
        let mut last: Option<(&'a Glyph, &'a Run)> = None;
        let mut blank = false;
        for (_, cluster) in &clusters {
            let Some(&glyph) = cluster.first() else { continue };
            let Some(run) = self.run(glyph) else { continue };
            if glyph.is_blank() {
                blank = true;
                continue;
            }
            if blank || last.is_some_and(|last| self.is_gap(last, (glyph, run))) {
                items.push(None);
                letters.push(' ');
            }
            items.push(Some(cluster));
            letters.push(self.first_letter(glyph.letters));
            (blank, last) = (false, Some((glyph, run)));
        }
        let (order, levels) = reading_order(&letters);
        for index in order {
            match items.get(index).copied().flatten() {
                None => self.blank(),
                Some(cluster) => {
                    let is_turned = levels.get(index).is_some_and(|level| level % 2 == 1);
                    for glyph in cluster {
                        let Some(run) = self.run(glyph) else { continue };
                        let letters = match glyph.letters.as_char() {
                            Some(letter) if is_turned => Letters::one(mirrored(letter)),
                            _ => glyph.letters,
                        };
                        self.glyph(glyph, run, letters);
                    }
                }
            }
        }
    }

    fn first_letter(&self, letters: Letters) -> char {
        letters
            .as_char()
            .or_else(|| self.fonts.store.several(letters).chars().next())
            .unwrap_or('\u{fffd}')
    }

    /// Ends the word and writes a blank.
    fn blank(&mut self) {
        self.end_word();
        if self.out.text.len() > self.line_start && !self.out.text.ends_with(' ') {
            self.out.text.push(' ');
        }
    }

    /// Adds a glyph to the word.
    fn glyph(&mut self, glyph: &Glyph, run: &Run, letters: Letters) {
        let font = self.fonts.fonts.get(run.font as usize);
        let bbox = glyph_box(glyph, run, font);
        let start = self.out.text.len();
        self.push_letters(letters);
        if self.out.text.len() == start {
            return;
        }
        match &mut self.word {
            Some(word) => word.bbox = word.bbox.union(&bbox),
            None => {
                self.word = Some(Word {
                    span: TextSpan { start: start as u32, end: 0 },
                    bbox,
                    baseline: if run.along.0.abs() > 0.7 { glyph.y } else { glyph.x },
                    size: run.size,
                    font: run.font,
                    angle: angle(run),
                    direction: direction(run, letters),
                    style: font.map(|font| font.info.style).unwrap_or_default(),
                    hidden: run.hidden,
                    confidence: None,
                });
            }
        }
    }

    fn push_letters(&mut self, letters: Letters) {
        match letters.as_char() {
            Some('\u{fffd}') => {
                self.out.unmapped_glyphs += 1;
                self.out.text.push('\u{fffd}');
            }
            Some(letter) if letter.is_control() => {}
            // Arabic letters in their shapes, and ligatures of them, as plain letters.
            Some(letter @ '\u{fb1d}'..='\u{fefc}') if is_right_to_left(letter) => {
                self.out.text.extend(std::iter::once(letter).nfkc());
            }
            Some(letter) => self.out.text.push(letter),
            None => self.out.text.push_str(self.fonts.store.several(letters)),
        }
    }

    fn end_word(&mut self) {
        if let Some(mut word) = self.word.take() {
            word.span.end = self.out.text.len() as u32;
            self.out.words.push(word);
        }
    }

    fn end_line(&mut self, words_start: usize, right_to_left: bool) {
        let end = self.out.text.trim_end_matches(' ').len();
        self.out.text.truncate(end.max(self.line_start));
        let words = self.out.words.get(words_start..).unwrap_or_default();
        let Some(first) = words.first() else { return };
        let bbox = words.iter().fold(first.bbox, |bounds, word| bounds.union(&word.bbox));
        let direction = match first.direction {
            Direction::TopToBottom => Direction::TopToBottom,
            _ if right_to_left => Direction::RightToLeft,
            other => other,
        };
        self.out.lines.push(Line {
            span: TextSpan { start: self.line_start as u32, end: self.out.text.len() as u32 },
            words_start: words_start as u32,
            words_end: self.out.words.len() as u32,
            bbox,
            baseline: first.baseline,
            angle: first.angle,
            direction,
        });
    }
}

/// The narrowest gap inside each run, 0 for runs of a few letters; empty when no run is spaced.
fn base_gaps(drawing: &Drawing) -> Vec<f32> {
    if !drawing.runs.iter().any(|run| run.spacing > 0.0) {
        return Vec::new();
    }
    let mut gaps = vec![(f32::INFINITY, 0_u32); drawing.runs.len()];
    for pair in drawing.glyphs.windows(2) {
        let [first, second] = pair else { continue };
        let at = first.run as usize;
        if first.run == second.run
            && !first.is_blank()
            && !second.is_blank()
            && let (Some(run), Some((least, count))) = (drawing.runs.get(at), gaps.get_mut(at))
            && run.spacing > 0.0
            && let Some(offset) = offset((first, run), (second, run))
            && offset.advance > 0.0
            && offset.shift.abs() < offset.size
        {
            *least = least.min(offset.gap);
            *count += 1;
        }
    }
    let spaced = |(least, count)| if count < SPACED_GAPS_MIN { 0.0 } else { least };
    gaps.into_iter().map(spaced).collect()
}

/// How much nearer, in sizes, a letter must be for a mark to go to it against the order of
/// drawing.
const MARK_NEARER_EM: f32 = 0.6;

/// Letters with the marks that sit on them.
///
/// Shaping puts a mark behind its letter in the order of reading. So where a line is drawn from
/// left to right, which is against that order, a mark belongs to the letter drawn next, and else
/// to the one before; the place decides only where it says clearly otherwise. Blanks take none.
fn clusters_with_marks<'a>(
    glyphs: &'a [Glyph],
    size: f32,
    place: impl Fn(&Glyph) -> f32,
) -> Vec<(f32, Vec<&'a Glyph>)> {
    let is_mark = |glyph: &Glyph| glyph.letters.as_char().is_some_and(is_mark);
    let is_letter = |glyph: &&Glyph| !is_mark(glyph) && !glyph.is_blank();
    let letters: Vec<&Glyph> = glyphs.iter().filter(is_letter).collect();
    let pairs = letters.iter().zip(letters.iter().skip(1));
    let rightwards = pairs.filter(|(first, second)| place(second) > place(first)).count();
    let prefers_next = rightwards * 2 >= letters.len();
    let distance = |mark: &Glyph, letter: Option<&&'a Glyph>| {
        let middle = |glyph: &Glyph| place(glyph) + glyph.advance / 2.0;
        letter.map_or(f32::INFINITY, |letter| (middle(letter) - middle(mark)).abs())
    };
    let mut clusters: Vec<(f32, Vec<&'a Glyph>)> = Vec::new();
    let mut waiting: Vec<&'a Glyph> = Vec::new();
    // The cluster of the last letter, blanks passed over.
    let mut before: Option<usize> = None;
    for glyph in glyphs {
        if is_mark(glyph) {
            waiting.push(glyph);
            continue;
        }
        if glyph.is_blank() {
            clusters.push((place(glyph), vec![glyph]));
            continue;
        }
        let mut own = vec![glyph];
        for mark in waiting.drain(..) {
            let last = before.and_then(|at| clusters.get_mut(at)).map(|(_, cluster)| cluster);
            let to_last = distance(mark, last.as_ref().and_then(|cluster| cluster.first()));
            let to_next = distance(mark, Some(&glyph));
            let lead = if prefers_next { 1.0 } else { -1.0 } * MARK_NEARER_EM * size;
            match last {
                Some(last) if to_last + lead < to_next => last.push(mark),
                _ => own.push(mark),
            }
        }
        before = Some(clusters.len());
        clusters.push((place(glyph), own));
    }
    match before.and_then(|at| clusters.get_mut(at)) {
        Some((_, last)) => last.append(&mut waiting),
        None => clusters.extend(waiting.iter().map(|mark| (place(mark), vec![*mark]))),
    }
    clusters
}

fn direction(run: &Run, letters: Letters) -> Direction {
    if run.vertical {
        Direction::TopToBottom
    } else if letters.as_char().is_some_and(is_right_to_left) {
        Direction::RightToLeft
    } else {
        Direction::LeftToRight
    }
}

/// Clockwise degrees of the letters' baseline; vertical writing stands upright.
fn angle(run: &Run) -> i16 {
    let along = if run.vertical { (-run.up.1, run.up.0) } else { run.along };
    if along.1.abs() < 1e-3 && along.0 > 0.0 {
        return 0;
    }
    along.1.atan2(along.0).to_degrees().round() as i16
}

fn glyph_box(glyph: &Glyph, run: &Run, font: Option<&PdfFont>) -> Rect {
    let (ascent, descent) = font.map_or((0.8, -0.2), |font| (font.ascent, font.descent));
    let (top, bottom) = if run.vertical {
        // The origin is in the middle of the column.
        (0.5, -0.5)
    } else {
        (ascent, descent)
    };
    let up = if run.vertical { (-run.along.1, run.along.0) } else { run.up };
    let (end_x, end_y) =
        (glyph.x + run.along.0 * glyph.advance, glyph.y + run.along.1 * glyph.advance);
    let corner =
        |x: f32, y: f32, height: f32| (x + up.0 * height * run.size, y + up.1 * height * run.size);
    let (ax, ay) = corner(glyph.x, glyph.y, top);
    let (bx, by) = corner(glyph.x, glyph.y, bottom);
    let (cx, cy) = corner(end_x, end_y, top);
    let (dx, dy) = corner(end_x, end_y, bottom);
    Rect::new(ax, ay, dx, dy).union(&Rect::new(bx, by, cx, cy))
}
