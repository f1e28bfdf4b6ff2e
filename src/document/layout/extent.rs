//! How far an unruled table reaches among the rows around it.

use super::row::Row;
use super::wrap::TableLine;

/// Largest distance of the lines of a head, in sizes.
const HEAD_STEP_EM: f32 = 1.7;
/// Rows with a single chunk at both ends belong to the text around, unless they are close and
/// stand away from the left edge as the wrapped lines of a cell do.
pub(super) fn trimmed<'r, 'a>(run: &'r [Row<'a>]) -> &'r [Row<'a>] {
    let has_columns = |row: &Row<'a>| row.chunks.len() >= 2;
    let (Some(first), Some(last)) =
        (run.iter().position(has_columns), run.iter().rposition(has_columns))
    else {
        return &[];
    };
    let inner = run.get(first..=last).unwrap_or_default();
    let starts = inner.iter().filter_map(|row| row.chunks.first()).map(|chunk| chunk.x0);
    let left = starts.fold(f32::MAX, f32::min);
    let is_wrapped = |row: &Row<'a>, step: f32| {
        let x0 = row.chunks.first().map_or(left, |chunk| chunk.x0);
        x0 > left + 2.0 * row.size && step <= HEAD_STEP_EM * row.size
    };
    let below = run.get(last..).unwrap_or_default();
    let wrapped = below.iter().zip(below.iter().skip(1));
    let wrapped = wrapped.take_while(|(a, b)| is_wrapped(b, b.baseline - a.baseline)).count();
    let above = run.get(..=first).unwrap_or_default();
    let heads = above.iter().zip(above.iter().skip(1)).rev();
    let heads = heads.take_while(|(a, b)| is_wrapped(a, b.baseline - a.baseline)).count();
    run.get(first - heads..=last + wrapped).unwrap_or_default()
}

/// The rows that are the table itself: without labels and sums that stand above and below it,
/// which fill hardly any of its columns.
pub(super) fn core(run: &[Row<'_>], edges: &[f32]) -> (usize, usize) {
    let columns = edges.len() - 1;
    let lines: Vec<TableLine<'_>> = run.iter().map(|row| TableLine::new(row, edges)).collect();
    let wide = (columns * 6).div_ceil(10).max(2);
    let is_wide = |line: &TableLine<'_>| line.filled() >= wide;
    let (Some(first), Some(last)) =
        (lines.iter().position(is_wide), lines.iter().rposition(is_wide))
    else {
        return (0, run.len());
    };
    if columns < 3 {
        return (0, run.len());
    }
    // Lines of heads over several columns stand close above, beside an empty first column.
    let above = lines.get(..=first).unwrap_or_default();
    let heads = above.iter().zip(above.iter().skip(1)).rev().take_while(|(line, below)| {
        !line.is_filled(0) && below.baseline - line.baseline <= HEAD_STEP_EM * below.size
    });
    let start = first - heads.count();
    let is_known = |column: usize| lines.iter().any(|line| is_wide(line) && line.is_filled(column));
    let known: Vec<bool> = (0..columns).map(is_known).collect();
    let is_figures = |column: usize| {
        let body = lines.iter().filter(|line| is_wide(line) && line.is_filled(column));
        let numeric = body.clone().filter(|line| line.is_numeric(column)).count();
        numeric * 2 > body.count()
    };
    let figures: Vec<bool> = (0..columns).map(is_figures).collect();
    let mut end = last + 1;
    while let (Some(above), Some(line)) = (lines.get(end - 1), lines.get(end)) {
        let step = line.baseline - above.baseline;
        let is_wrapped =
            line.filled() == 1 && !line.is_filled(0) && step <= HEAD_STEP_EM * line.size;
        let filled = || (0..columns).filter(|at| line.is_filled(*at));
        // Sums below a table fill columns of text with figures.
        let agrees = |at: usize| line.is_numeric(at) == figures.get(at).copied().unwrap_or(false);
        let fits = filled().all(|at| known.get(at) == Some(&true))
            && (line.filled() > 2 || columns < 4 || filled().skip(1).all(agrees));
        let is_row = line.filled() >= 2 && fits && (line.is_filled(0) || columns == 3);
        if !is_wrapped && !is_row {
            break;
        }
        end += 1;
    }
    (start, end)
}
