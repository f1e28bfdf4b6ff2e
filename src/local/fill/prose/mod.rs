//! Values out of sentences: a field's name is found among the words, its value follows; a box
//! is ticked when its name is said and not denied.

mod boxes;
mod values;
mod words;

use std::ops::Range;

use super::Work;
use crate::base::limits;

/// Reads stretches of prose.
pub(super) fn read(work: &mut Work<'_>, text: &str, prose: &[Range<usize>]) {
    for range in prose {
        let words = words::words(text, range);
        if words.len().saturating_mul(work.fields.len()) > limits::FORM_PROSE_PAIRS_MAX {
            work.warnings.push("the sentences are too many for so many fields".to_owned());
            continue;
        }
        let mentions = words::mentions(work, &words);
        boxes::ticks(work, &words, &mentions);
        boxes::answers(work, &words);
        boxes::options(work, &words);
        values::texts(work, text, &words, &mentions);
        values::introductions(work, text, &words);
    }
}
