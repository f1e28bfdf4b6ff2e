//! Running text, told apart from tables before these are searched: stacks of full lines drawn
//! one below the other.
//!
//! Cells with wrapped text are such stacks too. They betray themselves by the order of drawing:
//! a table is drawn row by row, so what comes before a cell stands beside it, while columns of
//! prose are drawn from their top to their bottom.

use super::line::Line;
use crate::document::formats::looks_numeric;

/// Fewest lines of a stack.
const STACK_LINES_MIN: usize = 4;
/// A stack this high is prose whatever stands beside it.
const STACK_LINES_CERTAIN: usize = 14;
/// Fewest letters of a full line.
const LINE_LETTERS_MIN: usize = 18;
/// Widest gap between words of a full line, in sizes.
const WORD_GAP_EM: f32 = 1.2;
/// Largest distance of baselines in a stack, in sizes.
const LEADING_EM_MAX: f32 = 2.2;

/// Which lines are prose.
pub(super) fn mark(lines: &[Line<'_>]) -> Vec<bool> {
    let mut marks = vec![false; lines.len()];
    let mut start = 0;
    while start < lines.len() {
        let end = stack_end(lines, start);
        if end - start >= STACK_LINES_MIN && !is_cell(lines, start, end) {
            marks.iter_mut().take(end).skip(start).for_each(|mark| *mark = true);
        }
        start = end;
    }
    marks
}

/// One past the last line of the stack that begins here.
fn stack_end(lines: &[Line<'_>], start: usize) -> usize {
    let mut end = start + 1;
    if !lines.get(start).is_some_and(is_full) {
        return end;
    }
    while let (Some(above), Some(line)) = (lines.get(end - 1), lines.get(end)) {
        let step = line.baseline - above.baseline;
        let size = above.size.max(line.size);
        let follows = step > 0.6 * size
            && step <= LEADING_EM_MAX * size
            && (above.size - line.size).abs() <= 0.06 * size
            && (line.x0 - above.x0).abs() <= 3.0 * size
            && line.x1.min(above.x1) > line.x0.max(above.x0);
        // The last line of a paragraph is short.
        if !follows || !is_full(line) && !is_running(line) {
            break;
        }
        end += 1;
    }
    end
}

fn is_full(line: &Line<'_>) -> bool {
    line.letters() >= LINE_LETTERS_MIN && is_running(line)
}

/// Words at the distance of words, and not mostly numbers.
fn is_running(line: &Line<'_>) -> bool {
    let pairs = line.tokens.iter().zip(line.tokens.iter().skip(1));
    let gaps = pairs.filter(|(a, b)| b.bbox.x0 - a.bbox.x1 > WORD_GAP_EM * line.size).count();
    let numbers = line.tokens.iter().filter(|token| looks_numeric(token.text)).count();
    gaps == 0 && numbers * 2 <= line.tokens.len()
}

/// Whether a stack is a cell: what was drawn before or after it stands beside it.
fn is_cell(lines: &[Line<'_>], start: usize, end: usize) -> bool {
    if end - start >= STACK_LINES_CERTAIN {
        return false;
    }
    // Short lines at the ends of the stack belong to it; the last line of a cell may have the
    // next cell behind it on its baseline.
    let above = |at: usize| {
        let pair = at.checked_sub(1).and_then(|before| lines.get(before)).zip(lines.get(at));
        pair.is_some_and(|(line, below)| is_next(line, below))
    };
    let mut top = start;
    while start - top < STACK_LINES_MIN && above(top) {
        top -= 1;
    }
    let bottom = if above(end) { end } else { end - 1 };
    let (Some(first), Some(last)) = (lines.get(top), lines.get(bottom)) else {
        return false;
    };
    let beside = |line: &Line<'_>| {
        line.baseline >= first.baseline - 0.5 * first.size
            && line.baseline <= last.baseline + 0.5 * last.size
    };
    let before = top.checked_sub(1).and_then(|at| lines.get(at));
    before.is_some_and(beside) || lines.get(end).filter(|_| bottom < end).is_some_and(beside)
}

/// Whether a line stands right below another one, at its left edge.
fn is_next(line: &Line<'_>, below: &Line<'_>) -> bool {
    let step = below.baseline - line.baseline;
    step > 0.6 * line.size
        && step <= LEADING_EM_MAX * line.size
        && (line.size - below.size).abs() <= 0.06 * line.size
        && (line.x0 - below.x0).abs() <= line.size
}
