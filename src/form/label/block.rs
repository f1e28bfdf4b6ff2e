//! Phrases and the lines of one label, joined.

use super::Spot;
use crate::document::Rect;
use crate::form::phrase::Phrase;

/// A phrase, or the lines of one label joined.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) text: String,
    pub(super) bbox: Rect,
    /// Box of its first line.
    pub(super) first: Rect,
    pub(super) size: f32,
    pub(super) is_bold: bool,
    /// The phrases it is made of.
    pub(super) phrases: Vec<usize>,
}

pub(super) fn blocks(phrases: &[Phrase], spots: &[Spot]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for (index, phrase) in phrases.iter().enumerate() {
        let follows = |block: &&mut Block| continues(block, phrase, spots);
        match blocks.iter_mut().rev().take(12).find(follows) {
            Some(block) => {
                block.text.push(' ');
                block.text.push_str(&phrase.text);
                block.bbox = block.bbox.union(&phrase.bbox);
                block.phrases.push(index);
            }
            None => blocks.push(Block {
                text: phrase.text.clone(),
                bbox: phrase.bbox,
                first: phrase.bbox,
                size: phrase.size,
                is_bold: phrase.is_bold,
                phrases: vec![index],
            }),
        }
    }
    blocks
}

/// Whether a phrase is the next line of a label that began above it.
fn continues(block: &Block, phrase: &Phrase, spots: &[Spot]) -> bool {
    let step = phrase.bbox.y1 - block.bbox.y1;
    // A line that begins small or in brackets goes on with the one above.
    let runs_on = phrase.text.starts_with(|c: char| c.is_lowercase() || c == '(');
    let same_style = (block.size - phrase.size).abs() < if runs_on { 1.6 } else { 0.3 }
        && (block.is_bold == phrase.is_bold || runs_on);
    let near = step > phrase.size * 0.6 && step < phrase.size * 1.45;
    let indent = phrase.bbox.x0 - block.first.x0;
    let aligned = indent.abs() < 2.5
        || (runs_on && (-3.0..32.0).contains(&indent) && phrase.bbox.x0 < block.bbox.x1)
        || ((block.bbox.x0 + block.bbox.x1) - (phrase.bbox.x0 + phrase.bbox.x1)).abs() < 4.0;
    if !(same_style && near && aligned) || block.text.ends_with(':') {
        return false;
    }
    // A line that has a field of its own beside it is a label of its own, and so is one that
    // a field parts from the line above.
    !spots.iter().any(|spot| {
        let b = &spot.bbox;
        let beside = b.y0 < phrase.bbox.y1 - 1.0 && b.y1 > phrase.bbox.y0 + 1.0;
        let left = beside
            && (-2.0..super::sides::TICK_MAX).contains(&(phrase.bbox.x0 - b.x1))
            && spot.is_check;
        // A high field stands beside all lines of its label.
        let beside_both = b.y0 < block.bbox.y1 - 1.0 && b.y1 > phrase.bbox.y1 - phrase.size * 0.5;
        let right = !beside_both
            && beside
            && (-2.0..60.0).contains(&(b.x0 - phrase.bbox.x1))
            && !spot.is_check;
        let between = b.y0 + b.y1 > block.bbox.y1 + block.bbox.y0
            && (b.y0 + b.y1) / 2.0 < phrase.bbox.y0
            && b.x0 < phrase.bbox.x1
            && b.x1 > phrase.bbox.x0;
        left || right || between
    })
}
