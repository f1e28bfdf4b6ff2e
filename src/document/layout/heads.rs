//! How many of a table's first rows are its column heads.

use super::cells::Draft;
use crate::document::formats::looks_numeric;

/// Most rows of heads.
const HEAD_ROWS_MAX: usize = 4;

/// Counts the rows of heads: bold ones above others, or else those without figures above columns
/// of figures; 0 when neither says so.
pub(super) fn count(drafts: &[Draft], rows: usize, columns: usize) -> usize {
    let is_bold = rows_that(drafts, rows, |draft| draft.is_bold);
    let bold = is_bold.iter().take_while(|is_bold| **is_bold).count();
    if (1..=HEAD_ROWS_MAX).contains(&bold) && bold < rows {
        return bold;
    }
    let is_text = rows_that(drafts, rows, |draft| !is_figure(&draft.cell.text));
    let text = is_text.iter().take_while(|is_text| **is_text).count();
    let is_head = (1..=HEAD_ROWS_MAX).contains(&text)
        && text < rows
        && has_figures(drafts, text, rows, columns);
    if is_head { text } else { 0 }
}

/// Of each row, whether all its cells with text are such; no for a row without text.
fn rows_that(drafts: &[Draft], rows: usize, is_such: impl Fn(&Draft) -> bool) -> Vec<bool> {
    let mut all = vec![None; rows];
    for draft in drafts.iter().filter(|draft| !draft.cell.text.is_empty()) {
        if let Some(row) = all.get_mut(draft.cell.row) {
            *row = Some(row.unwrap_or(true) && is_such(draft));
        }
    }
    all.into_iter().map(|row| row.unwrap_or(false)).collect()
}

/// A number that is no year, for years are heads.
fn is_figure(text: &str) -> bool {
    let is_year = text.len() == 4 && text.starts_with(['1', '2']) && text.parse::<u16>().is_ok();
    looks_numeric(text) && !is_year
}

/// Whether some column below the heads holds figures for the most part.
fn has_figures(drafts: &[Draft], head_rows: usize, rows: usize, columns: usize) -> bool {
    let mut figures = vec![0_usize; columns];
    let body = drafts.iter().filter(|draft| draft.cell.row >= head_rows);
    for draft in body.filter(|draft| looks_numeric(&draft.cell.text)) {
        if let Some(count) = figures.get_mut(draft.cell.column) {
            *count += 1;
        }
    }
    figures.iter().any(|count| *count * 2 >= rows - head_rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::block::Cell;

    fn drafts(rows: &[&[&str]], bold_rows: usize) -> Vec<Draft> {
        let cells = rows.iter().enumerate().flat_map(|(row, texts)| {
            texts.iter().enumerate().map(move |(column, text)| Draft {
                cell: Cell { row, column, row_span: 1, column_span: 1, text: (*text).to_owned() },
                is_bold: row < bold_rows,
            })
        });
        cells.collect()
    }

    #[test]
    fn figures_stand_below_heads() {
        let years: &[&[&str]] = &[&["", "1996", "2004"], &["Austria", "59", "54"]];
        assert_eq!(count(&drafts(years, 0), 2, 3), 1);
        let plain: &[&[&str]] = &[&["a", "b"], &["c", "d"]];
        assert_eq!(count(&drafts(plain, 0), 2, 2), 0);
        let figures: &[&[&str]] = &[&["a", "3"], &["c", "4"]];
        assert_eq!(count(&drafts(figures, 0), 2, 2), 0);
    }

    #[test]
    fn bold_rows_above_others_are_heads() {
        let plain: &[&[&str]] = &[&["a", "b"], &["c", "d"], &["e", "f"]];
        assert_eq!(count(&drafts(plain, 2), 3, 2), 2);
        assert_eq!(count(&drafts(plain, 3), 3, 2), 0);
    }
}
