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
/// Different sizes of headings that are told apart: those with the most lines.
const HEADING_SIZES_MAX: usize = 4;
/// Lines with as many letters are running text.
const RUNNING_LETTERS_MIN: usize = 35;
/// Share of all letters, as its inverse, that running text must have to set the size.
const RUNNING_SHARE: usize = 12;

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
    /// Letters of running text, and these by size in half points.
    running: usize,
    running_sizes: BTreeMap<u32, usize>,
    /// Short lines by size in tenths of points.
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
        // The cells of tables are often smaller than the text around them.
        let is_running = counts.running * RUNNING_SHARE > counts.letters;
        let sizes = if is_running { &counts.running_sizes } else { &counts.sizes };
        let body_size = most(sizes).map_or(10.0, |halves| halves / 2.0);
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
            let text = page.slice(line.span);
            let letters = text.chars().filter(|letter| letter.is_alphabetic()).count();
            if letters >= RUNNING_LETTERS_MIN {
                self.running += letters;
                *self.running_sizes.entry((first.size * 2.0).round() as u32).or_default() +=
                    letters;
            }
            if (2..=HEADING_LETTERS_MAX).contains(&letters) && first.angle == 0 {
                *self.short_sizes.entry((first.size * 10.0).round() as u32).or_default() += 1;
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

/// The sizes of most lines in large type, from the largest down; sizes that nearly agree are one.
fn heading_sizes(short_sizes: &BTreeMap<u32, usize>, body_size: f32) -> Vec<f32> {
    let mut sizes: Vec<(f32, usize)> = Vec::new();
    for (tenths, lines) in short_sizes.iter().rev() {
        let size = *tenths as f32 / 10.0;
        if size < body_size * HEADING_SIZE_RATIO {
            break;
        }
        match sizes.last_mut() {
            Some((last, count)) if *last <= size * SAME_SIZE_RATIO => *count += lines,
            _ => sizes.push((size, *lines)),
        }
    }
    sizes.sort_by(|a, b| b.1.cmp(&a.1).then(b.0.total_cmp(&a.0)));
    sizes.truncate(HEADING_SIZES_MAX);
    let mut sizes: Vec<f32> = sizes.into_iter().map(|(size, _)| size).collect();
    sizes.sort_by(|a, b| b.total_cmp(a));
    sizes
}
