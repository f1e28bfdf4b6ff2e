//! Writes blocks as plain text and Markdown, and tables in four formats.
//!
//! The same blocks always give the same bytes. It knows blocks only, not where they come from.

mod markdown;
mod table;

pub use self::markdown::markdown;
pub use self::table::{html, json, yaml};

use super::block::{Block, Table};

/// How tables are written inside Markdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TableFormat {
    /// HTML, the only one that shows spanning cells.
    #[default]
    Html,
    /// A pipe table.
    Markdown,
    /// A fenced list of records.
    Yaml,
    /// A fenced array of records.
    Json,
}

/// A table in the given format, without a fence.
#[must_use]
pub fn table(table: &Table, format: TableFormat) -> String {
    match format {
        TableFormat::Html => table::html(table),
        TableFormat::Markdown => table::markdown(table),
        TableFormat::Yaml => table::yaml(table),
        TableFormat::Json => table::json(table),
    }
}

/// Plain text: blocks parted by a blank line, cells by tabs, rows by line ends.
#[must_use]
pub fn text(blocks: &[Block]) -> String {
    let mut written = String::new();
    let mut was_item = false;
    for block in blocks {
        let is_item = matches!(block, Block::ListItem { .. });
        if !written.is_empty() {
            written.push_str(if was_item && is_item { "\n" } else { "\n\n" });
        }
        was_item = is_item;
        match block {
            Block::Heading { text, .. } | Block::Paragraph(text) | Block::Furniture(text) => {
                written.push_str(&text.to_plain());
            }
            Block::ListItem { label, text, .. } => {
                written.push_str(label.as_deref().unwrap_or("•"));
                written.push(' ');
                written.push_str(&text.to_plain());
            }
            Block::Preformatted(source) => written.push_str(source),
            Block::Table(table) => push_table(&mut written, table),
        }
    }
    written
}

fn push_table(written: &mut String, table: &Table) {
    for (at, row) in table.grid().into_iter().enumerate() {
        if at > 0 {
            written.push('\n');
        }
        let row: Vec<String> =
            row.into_iter().map(|cell| cell.replace(['\n', '\t'], " ")).collect();
        written.push_str(row.join("\t").trim_end_matches('\t'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::block::Text;

    #[test]
    fn text_has_a_line_for_each_row_and_item() {
        let item = |text: &str| Block::ListItem { depth: 0, label: None, text: Text::plain(text) };
        let rows = vec![vec!["a".to_owned(), "b\nc".to_owned()], vec!["d".to_owned()]];
        let blocks = [
            Block::Heading { level: 1, text: Text::plain("Top") },
            item("one"),
            item("two"),
            Block::Table(Table::from_rows(rows, 0)),
        ];
        assert_eq!(text(&blocks), "Top\n\n• one\n• two\n\na\tb c\nd");
    }
}
