//! Tables as HTML, pipe tables, YAML and JSON.

use std::fmt::Write as _;

use crate::document::block::{Cell, Table};

/// An HTML table with `rowspan` and `colspan`, one row a line; head rows stand in `thead`.
#[must_use]
pub fn html(table: &Table) -> String {
    let mut written = String::from("<table>\n");
    let mut cells = table.cells.iter().peekable();
    // For each column, the first row that no cell written so far covers.
    let mut free_from = vec![0_usize; table.columns];
    for row in 0..table.rows {
        let is_head = row < table.header_rows;
        if row == 0 {
            written.push_str(if is_head { "<thead>\n" } else { "<tbody>\n" });
        } else if row == table.header_rows {
            written.push_str("</thead>\n<tbody>\n");
        }
        written.push_str("<tr>");
        for column in 0..table.columns {
            if let Some(cell) = cells.next_if(|cell| (cell.row, cell.column) == (row, column)) {
                let covered = free_from.iter_mut().skip(column).take(cell.column_span);
                covered.for_each(|free| *free = row + cell.row_span);
                push_html_cell(&mut written, cell, is_head);
            } else if free_from.get(column).is_none_or(|&free| free <= row) {
                written.push_str("<td></td>");
            }
        }
        written.push_str("</tr>\n");
    }
    if table.rows > 0 {
        let all_head = table.header_rows >= table.rows;
        written.push_str(if all_head { "</thead>\n" } else { "</tbody>\n" });
    }
    written.push_str("</table>");
    written
}

fn push_html_cell(written: &mut String, cell: &Cell, is_head: bool) {
    let name = if is_head { "th" } else { "td" };
    written.push('<');
    written.push_str(name);
    for (attribute, span) in [("rowspan", cell.row_span), ("colspan", cell.column_span)] {
        if span > 1 {
            // Writing to a string cannot fail.
            let _ = write!(written, " {attribute}=\"{span}\"");
        }
    }
    written.push('>');
    for letter in cell.text.chars() {
        match letter {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '\n' => written.push_str("<br>"),
            other => written.push(other),
        }
    }
    written.push_str("</");
    written.push_str(name);
    written.push('>');
}

/// A pipe table of GitHub's kind; its first row is the head, for these tables always have one. A
/// table that goes on from the page before has an empty one.
#[must_use]
pub(super) fn markdown(table: &Table) -> String {
    let mut written = String::new();
    let rule = format!("|{}\n", " --- |".repeat(table.columns));
    let goes_on = !table.heads_before.is_empty();
    if goes_on {
        written.push('|');
        written.push_str(&" |".repeat(table.columns));
        written.push('\n');
        written.push_str(&rule);
    }
    for (at, row) in table.grid().into_iter().enumerate() {
        written.push('|');
        for cell in row {
            written.push(' ');
            push_pipe_cell(&mut written, cell);
            written.push_str(if cell.is_empty() { "|" } else { " |" });
        }
        written.push('\n');
        if at == 0 && !goes_on {
            written.push_str(&rule);
        }
    }
    written.truncate(written.trim_end_matches('\n').len());
    written
}

fn push_pipe_cell(written: &mut String, text: &str) {
    for letter in text.chars() {
        match letter {
            '|' => written.push_str("\\|"),
            '\n' => written.push_str("<br>"),
            other => written.push(other),
        }
    }
}

/// An array with one object a row, keyed by the column heads; without heads an array of arrays.
#[must_use]
pub fn json(table: &Table) -> String {
    let mut written = String::from("[");
    for (at, row) in records(table).into_iter().enumerate() {
        written.push_str(if at > 0 { ",\n  " } else { "\n  " });
        let keyed = row.first().is_some_and(|(key, _)| key.is_some());
        written.push(if keyed { '{' } else { '[' });
        for (at, (key, value)) in row.into_iter().enumerate() {
            if at > 0 {
                written.push_str(", ");
            }
            if let Some(key) = key {
                written.push_str(&quoted(&key));
                written.push_str(": ");
            }
            written.push_str(&quoted(&value));
        }
        written.push(if keyed { '}' } else { ']' });
    }
    written.push_str("\n]");
    written
}

/// A list with one mapping a row, keyed by the column heads; without heads a list of lists. All
/// scalars are double-quoted, for which the rules of JSON and YAML are the same.
#[must_use]
pub fn yaml(table: &Table) -> String {
    let mut written = String::new();
    for row in records(table) {
        for (at, (key, value)) in row.into_iter().enumerate() {
            written.push_str(if at > 0 { "  " } else { "- " });
            match key {
                Some(key) => {
                    written.push_str(&quoted(&key));
                    written.push_str(": ");
                }
                None => written.push_str("- "),
            }
            written.push_str(&quoted(&value));
            written.push('\n');
        }
    }
    written.truncate(written.trim_end_matches('\n').len());
    if written.is_empty() { "[]".to_owned() } else { written }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The rows below the heads, each value with its key when the table has heads.
fn records(table: &Table) -> Vec<Vec<(Option<String>, String)>> {
    let keys = keys(table);
    let body = table.grid().into_iter().skip(if table.header_rows < table.rows {
        table.header_rows
    } else {
        0
    });
    let keyed = |row: Vec<&str>| {
        let values = row.into_iter().enumerate();
        values.map(|(at, value)| (keys.get(at).cloned(), value.to_owned())).collect()
    };
    body.map(keyed).collect()
}

/// One key a column: its heads, made different by a number where two are the same. Empty when the
/// table has no heads.
fn keys(table: &Table) -> Vec<String> {
    let mut keys = table.heads();
    keys.truncate(table.columns);
    let mut seen = std::collections::HashMap::new();
    for (at, key) in keys.iter_mut().enumerate() {
        if key.is_empty() {
            *key = format!("column {}", at + 1);
        }
        let times = seen.entry(key.clone()).or_insert(0_usize);
        *times += 1;
        if *times > 1 {
            *key = format!("{key} ({times})");
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::block::TableBuilder;

    fn sample() -> Table {
        let mut builder = TableBuilder::default();
        for row in [
            &[("Item", 2, 1), ("Price", 1, 2)][..],
            &[("net", 1, 1), ("gross", 1, 1)],
            &[("a|b\n<c>", 1, 1), ("1", 1, 1), ("", 1, 1)],
        ] {
            builder.next_row();
            for (text, row_span, column_span) in row {
                builder.cell((*text).to_owned(), *row_span, *column_span);
            }
        }
        builder.finish(2)
    }

    #[test]
    fn html_shows_spans() {
        assert_eq!(
            html(&sample()),
            "<table>\n<thead>\n\
             <tr><th rowspan=\"2\">Item</th><th colspan=\"2\">Price</th></tr>\n\
             <tr><th>net</th><th>gross</th></tr>\n</thead>\n<tbody>\n\
             <tr><td>a|b<br>&lt;c&gt;</td><td>1</td><td></td></tr>\n</tbody>\n</table>"
        );
    }

    #[test]
    fn pipe_tables_escape_bars_and_line_ends() {
        assert_eq!(
            markdown(&sample()),
            "| Item | Price | |\n| --- | --- | --- |\n| | net | gross |\n\
             | a\\|b<br><c> | 1 | |"
        );
    }

    #[test]
    fn records_are_keyed_by_all_head_rows() {
        assert_eq!(
            json(&sample()),
            "[\n  {\"Item\": \"a|b\\n<c>\", \"Price / net\": \"1\", \"Price / gross\": \"\"}\n]"
        );
        assert_eq!(
            yaml(&sample()),
            "- \"Item\": \"a|b\\n<c>\"\n  \"Price / net\": \"1\"\n  \"Price / gross\": \"\""
        );
    }

    #[test]
    fn a_table_without_heads_is_rows() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let table = Table::from_rows(vec![row(["a", "b"]), row(["c", "d"])], 0);
        assert_eq!(json(&table), "[\n  [\"a\", \"b\"],\n  [\"c\", \"d\"]\n]");
        assert_eq!(yaml(&table), "- - \"a\"\n  - \"b\"\n- - \"c\"\n  - \"d\"");
    }

    #[test]
    fn a_table_that_goes_on_is_keyed_by_the_heads_before() {
        let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
        let mut table = Table::from_rows(vec![row(["North", "188"])], 0);
        table.heads_before = row(["Quay", "Ships"]);
        assert_eq!(json(&table), "[\n  {\"Quay\": \"North\", \"Ships\": \"188\"}\n]");
        assert_eq!(markdown(&table), "| | |\n| --- | --- |\n| North | 188 |");
    }

    #[test]
    fn equal_heads_get_different_keys() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let table = Table::from_rows(vec![row(["x", "x", ""]), row(["1", "2", "3"])], 1);
        assert_eq!(keys(&table), ["x", "x (2)", "column 3"]);
    }
}
