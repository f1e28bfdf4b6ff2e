//! Reads a line: the recognition model gives each step along the line the chance of each
//! letter, and the best letters of all steps are put together.
//!
//! Connectionist temporal classification, best path (A. Graves et al., ICML 2006, section
//! 3.2): a letter that is best in steps in a row stands once, and class 0 parts repeated
//! letters. The steps also say where each letter stands, which gives the boxes of words.

use rten::{Model, RunOptions, Value};

use super::super::super::picture::raster::Raster;

/// Rows of a line as the model sees it.
pub(super) const HEIGHT: usize = 48;
/// Columns of the shortest picture; shorter lines are filled up with gray on the right.
const WIDTH_MIN: usize = 160;
/// Widths are multiples of this, the columns of one step.
const WIDTH_STEP: usize = 8;
/// Steps without a letter on both sides of a word's letters that still belong to them.
const LETTER_STEPS: f32 = 0.75;

/// The letters of the classes.
pub(super) struct Dictionary(Vec<String>);

impl Dictionary {
    /// From the model's own list, one letter on each line: class 1 is the first one, and the
    /// class behind the last is the blank.
    pub(super) fn new(list: &str) -> Self {
        let mut letters: Vec<String> = list.split('\n').map(str::to_owned).collect();
        letters.push(" ".to_owned());
        Self(letters)
    }

    fn letter(&self, class: usize) -> Option<&str> {
        self.0.get(class.checked_sub(1)?).map(String::as_str)
    }
}

/// What stands in a line.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Text {
    pub(super) words: Vec<TextWord>,
    /// Mean over its letters, from 0 to 1.
    pub(super) confidence: f32,
}

/// A word and where it stands, from 0 at the beginning of the line to 1 at its end.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct TextWord {
    pub(super) letters: String,
    pub(super) start: f32,
    pub(super) end: f32,
    pub(super) confidence: f32,
}

/// Reads a straightened line of [`HEIGHT`] rows.
pub(super) fn read(
    model: &Model,
    dictionary: &Dictionary,
    line: &Raster,
    run: &RunOptions,
) -> Result<Text, String> {
    let width = line.width().next_multiple_of(WIDTH_STEP).max(WIDTH_MIN);
    let mut plane = vec![0.0_f32; HEIGHT * width];
    for (y, row) in plane.chunks_mut(width).enumerate() {
        for (target, &pixel) in row.iter_mut().zip(line.row(y)) {
            *target = f32::from(pixel) / 127.5 - 1.0;
        }
    }
    let input = Value::from_shape(&[1, 3, HEIGHT, width], plane.repeat(3));
    let input = input.map_err(|error| error.to_string())?;
    let output = model.run_one(input.into(), Some(run.clone())).map_err(|e| e.to_string())?;
    let (shape, chances) = output.into_shape_vec::<f32, 3>().map_err(|e| e.to_string())?;
    let [_, steps, classes] = shape;
    if steps == 0 || classes < 2 {
        return Err(format!("the recognition model gave {shape:?}"));
    }
    // Steps of the filling are no part of the line.
    let steps_of_line = steps as f32 * line.width() as f32 / width as f32;
    Ok(best_path(&chances, classes, steps_of_line, dictionary))
}

/// The best letters of all steps.
fn best_path(chances: &[f32], classes: usize, steps: f32, dictionary: &Dictionary) -> Text {
    let best =
        |step: &[f32]| {
            let start = (0, f32::NEG_INFINITY);
            step.iter().enumerate().fold(start, |best, (class, &chance)| {
                if chance > best.1 { (class, chance) } else { best }
            })
        };
    let mut writer = Writer::default();
    let mut last = 0;
    for (step, (class, chance)) in chances.chunks(classes).map(best).enumerate() {
        if class != 0 {
            match dictionary.letter(class) {
                Some(letter) if class != last => writer.letter(letter, step as f32, chance),
                _ => writer.go_on(step as f32),
            }
        }
        last = class;
    }
    writer.finish(steps)
}

#[derive(Default)]
struct Writer {
    words: Vec<TextWord>,
    /// Sum of the chances of the letters of the last word, and their number.
    sums: Vec<(f32, u32)>,
    /// A word is being written.
    in_word: bool,
}

impl Writer {
    fn letter(&mut self, letter: &str, step: f32, chance: f32) {
        if letter.trim().is_empty() {
            self.in_word = false;
            return;
        }
        if !self.in_word {
            self.words.push(TextWord { start: step, ..TextWord::default() });
            self.sums.push((0.0, 0));
            self.in_word = true;
        }
        if let (Some(word), Some(sum)) = (self.words.last_mut(), self.sums.last_mut()) {
            word.letters.push_str(letter);
            word.end = step;
            *sum = (sum.0 + chance, sum.1 + 1);
        }
    }

    /// The letter of the step before goes on.
    fn go_on(&mut self, step: f32) {
        if let (true, Some(word)) = (self.in_word, self.words.last_mut()) {
            word.end = step;
        }
    }

    /// Steps become places; words end before the next one begins.
    fn finish(mut self, steps: f32) -> Text {
        let (sum, count) =
            self.sums.iter().fold((0.0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
        let starts: Vec<f32> = self.words.iter().skip(1).map(|word| word.start).collect();
        let mut reached = 0.0_f32;
        for (index, (word, sum)) in self.words.iter_mut().zip(&self.sums).enumerate() {
            word.confidence = sum.0 / sum.1.max(1) as f32;
            let next = starts.get(index).copied().unwrap_or(steps);
            let between = (word.end + 1.0 + next) / 2.0;
            let start = (word.start - LETTER_STEPS + 0.5).max(reached);
            let end = (word.end + LETTER_STEPS + 0.5).min(between.max(word.end + 0.5)).min(steps);
            reached = end;
            word.start = (start / steps).clamp(0.0, 1.0);
            word.end = (end / steps).clamp(word.start, 1.0);
        }
        Text { words: self.words, confidence: sum / count.max(1) as f32 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Chances of a path of classes, each of them with 0.9.
    fn path(classes: &[usize]) -> Vec<f32> {
        let step = |class: &usize| {
            let mut chances = vec![0.01; 5];
            chances[*class] = 0.9;
            chances
        };
        classes.iter().flat_map(step).collect()
    }

    #[test]
    fn repeated_steps_are_one_letter_and_blanks_part_words() {
        // Classes: 0 none, 1 a, 2 b, 3 c, 4 the blank.
        let dictionary = Dictionary::new("a\nb\nc");
        let steps = [0, 1, 1, 0, 1, 2, 4, 4, 3, 0];
        let text = best_path(&path(&steps), 5, 10.0, &dictionary);
        let words: Vec<&str> = text.words.iter().map(|word| word.letters.as_str()).collect();
        assert_eq!(words, ["aab", "c"]);
        assert!((text.confidence - 0.9).abs() < 1e-3);
        let [first, second] = text.words.as_slice() else { panic!("{text:?}") };
        assert!(first.start > 0.0 && first.start < 0.15, "{first:?}");
        assert!(first.end > 0.55 && first.end <= second.start, "{text:?}");
        assert!(second.end > 0.85 && second.end <= 1.0, "{second:?}");
    }

    #[test]
    fn an_empty_line_has_no_words() {
        let text = best_path(&path(&[0, 4, 0]), 5, 3.0, &Dictionary::new("a\nb\nc"));
        assert_eq!(text, Text::default());
    }
}
