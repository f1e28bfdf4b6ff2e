//! What the type of a whole document says: the size and leading of running text, the sizes that
//! headings are set in.

use std::collections::BTreeMap;

use crate::document::model::{Document, Page};

/// Type this much larger than running text is a heading's.
const HEADING_SIZE_RATIO: f32 = 1.08;
/// A heading's size is at least this many points larger.
const HEADING_SIZE_STEP: f32 = 0.8;
/// Sizes nearer than this ratio are one.
const SAME_SIZE_RATIO: f32 = 1.05;
/// Lines with more letters are not looked at for sizes of headings.
const HEADING_LETTERS_MAX: usize = 150;
/// Different sizes of headings that are told apart.
const HEADING_SIZES_MAX: usize = 5;

/// The type of a document.
#[derive(Debug, Clone)]
pub(super) struct Typography {
    /// Size of most letters, in points.
    pub(super) body_size: f32,
    /// Most letters are bold: bold type marks nothing then.
    pub(super) body_bold: bool,
    /// Most letters are italic.
    pub(super) body_italic: bool,
    /// Most letters are equally wide: such type is no listing then.
    pub(super) body_monospaced: bool,
    /// Distance of baselines in running text, in sizes.
    pub(super) leading_em: f32,
    /// Sizes of headings, from the largest down.
    heading_sizes: Vec<f32>,
}

#[derive(Debug, Default)]
struct Counts {
    letters: usize,
    bold: usize,
    italic: usize,
    monospaced: usize,
    /// Letters by size in half points.
    sizes: BTreeMap<u32, usize>,
    /// Letters of short lines by size in tenths of points.
    short_sizes: BTreeMap<u32, usize>,
    /// Pairs of lines by their distance in twentieths of the size.
    leadings: BTreeMap<u32, usize>,
}

impl Typography {
    /// Counts letters and lines of a document.
    pub(super) fn of(document: &Document) -> Self {
        let mut counts = Counts::default();
        for page in &document.pages {
            counts.count(page, document);
        }
        let most = |counts: &BTreeMap<u32, usize>| {
            counts.iter().max_by_key(|(_, count)| **count).map(|(key, _)| *key as f32)
        };
        let body_size = most(&counts.sizes).map_or(10.0, |halves| halves / 2.0);
        Self {
            body_size,
            body_bold: counts.bold * 2 > counts.letters,
            body_italic: counts.italic * 2 > counts.letters,
            body_monospaced: counts.monospaced * 2 > counts.letters,
            leading_em: most(&counts.leadings).map_or(1.2, |steps| steps / 20.0),
            heading_sizes: heading_sizes(&counts.short_sizes, body_size),
        }
    }

    /// Whether type of this size is larger than running text.
    pub(super) fn is_large(&self, size: f32) -> bool {
        size >= self.body_size * HEADING_SIZE_RATIO && size >= self.body_size + HEADING_SIZE_STEP
    }

    /// Level of a heading of this size; text of running size stands below all larger ones.
    pub(super) fn heading_level(&self, size: f32) -> u8 {
        let larger = self.heading_sizes.iter().filter(|other| **other > size * SAME_SIZE_RATIO);
        u8::try_from(larger.count()).unwrap_or(5) + 1
    }
}

impl Counts {
    fn count(&mut self, page: &Page, document: &Document) {
        for word in &page.words {
            let letters = page.word_text(word).chars().filter(|letter| letter.is_alphabetic());
            let letters = letters.count();
            let font = document.fonts.get(word.font as usize);
            self.letters += letters;
            self.bold += if word.style.bold { letters } else { 0 };
            self.italic += if word.style.italic { letters } else { 0 };
            self.monospaced += if font.is_some_and(|font| font.monospaced) { letters } else { 0 };
            *self.sizes.entry((word.size * 2.0).round() as u32).or_default() += letters;
        }
        let mut above: Option<(f32, f32)> = None;
        for line in &page.lines {
            let words = page.line_words(line);
            let Some(first) = words.first() else { continue };
            let letters = (line.span.end - line.span.start) as usize;
            let has_letters = page.slice(line.span).chars().any(char::is_alphabetic);
            if letters <= HEADING_LETTERS_MAX && has_letters && first.angle == 0 {
                *self.short_sizes.entry((first.size * 10.0).round() as u32).or_default() += letters;
            }
            if let Some((baseline, size)) = above {
                let step = (line.baseline - baseline) / size.max(0.1);
                if (size - first.size).abs() < 0.3 && (0.8..=3.0).contains(&step) {
                    *self.leadings.entry((step * 20.0).round() as u32).or_default() += letters;
                }
            }
            above = Some((line.baseline, first.size));
        }
    }
}

fn heading_sizes(short_sizes: &BTreeMap<u32, usize>, body_size: f32) -> Vec<f32> {
    let mut sizes: Vec<f32> = Vec::new();
    for tenths in short_sizes.keys().rev() {
        let size = *tenths as f32 / 10.0;
        let is_large = size >= body_size * HEADING_SIZE_RATIO;
        let is_new = sizes.last().is_none_or(|last| *last > size * SAME_SIZE_RATIO);
        if is_large && is_new && sizes.len() < HEADING_SIZES_MAX {
            sizes.push(size);
        }
    }
    sizes
}
