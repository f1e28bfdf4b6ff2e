//! Blocks as Markdown for reading by people and models.
//!
//! Marks are escaped only where a reader would take text for a block (a line that begins with
//! `#`, bars in cells): this Markdown is for reading, and a text full of backslashes reads badly.

use super::TableFormat;
use crate::document::block::{Block, Table, Text};

/// Deepest list that is shown.
const LIST_DEPTH_MAX: u8 = 8;

/// Markdown of some blocks, parted by blank lines; items of one list follow each other closely.
#[must_use]
pub fn markdown(blocks: &[Block], tables: TableFormat) -> String {
    let mut written = String::new();
    // Deepest nesting the next list item may have: one more than the item before it.
    let mut room = 0_u8;
    for block in blocks {
        let is_item = matches!(block, Block::ListItem { .. });
        if !written.is_empty() {
            written.push_str(if is_item && room > 0 { "\n" } else { "\n\n" });
        }
        match block {
            Block::Heading { level, text } => {
                written.extend(std::iter::repeat_n('#', usize::from(*level)));
                written.push(' ');
                written.push_str(text.to_plain().trim());
            }
            Block::Paragraph(text) | Block::Furniture(text) => push_paragraph(&mut written, text),
            Block::ListItem { depth, label, text } => {
                let depth = (*depth).min(room).min(LIST_DEPTH_MAX);
                push_item(&mut written, depth, label.as_deref(), text);
                room = depth + 1;
            }
            Block::Table(table) => push_table(&mut written, table, tables),
            Block::Preformatted(source) => push_fenced(&mut written, "", source),
        }
        if !is_item {
            room = 0;
        }
    }
    written
}

fn push_paragraph(written: &mut String, text: &Text) {
    let marked = emphasised(text);
    for (at, line) in marked.split('\n').enumerate() {
        if at > 0 {
            written.push('\n');
        }
        let is_heading = line.trim_start_matches('#').starts_with(' ') && line.starts_with('#');
        if is_heading || line.starts_with('|') {
            written.push('\\');
        }
        written.push_str(line);
    }
}

fn push_item(written: &mut String, depth: u8, label: Option<&str>, text: &Text) {
    let indent = " ".repeat(usize::from(depth) * 4);
    written.push_str(&indent);
    let is_number = |label: &str| {
        let digits = label.strip_suffix(['.', ')']).unwrap_or_default();
        !digits.is_empty() && digits.len() <= 9 && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    match label {
        None => written.push_str("- "),
        Some(label) if is_number(label) => {
            written.push_str(label);
            written.push(' ');
        }
        Some(label) => {
            written.push_str("- ");
            written.push_str(label);
            written.push(' ');
        }
    }
    let below = format!("\n{indent}  ");
    written.push_str(&emphasised(text).replace('\n', &below));
}

fn push_table(written: &mut String, table: &Table, format: TableFormat) {
    let source = super::table(table, format);
    match format {
        TableFormat::Html | TableFormat::Markdown => written.push_str(&source),
        TableFormat::Yaml => push_fenced(written, "yaml", &source),
        TableFormat::Json => push_fenced(written, "json", &source),
    }
}

/// Fences a listing, with more backticks than it holds itself.
fn push_fenced(written: &mut String, language: &str, source: &str) {
    let (mut longest, mut run) = (0, 0);
    for letter in source.chars() {
        run = if letter == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(3.max(longest + 1));
    written.push_str(&fence);
    written.push_str(language);
    written.push('\n');
    written.push_str(source.trim_end_matches('\n'));
    written.push('\n');
    written.push_str(&fence);
}

/// The text with `**bold**` and `*italic*`; marks hug the letters, as CommonMark wants it.
fn emphasised(text: &Text) -> String {
    let mut written = String::new();
    for span in &text.spans {
        let mark = match (span.bold, span.italic) {
            (false, false) => "",
            (true, false) => "**",
            (false, true) => "*",
            (true, true) => "***",
        };
        let core = span.text.trim();
        let has_letters = core.chars().any(char::is_alphanumeric);
        if mark.is_empty() || !has_letters || core.contains(['*', '\n']) {
            written.push_str(&span.text);
            continue;
        }
        let start = span.text.len() - span.text.trim_start().len();
        let (lead, rest) = span.text.split_at(start);
        let (core, tail) = rest.split_at(core.len());
        for part in [lead, mark, core, mark, tail] {
            written.push_str(part);
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(depth: u8, label: Option<&str>, text: &str) -> Block {
        Block::ListItem { depth, label: label.map(str::to_owned), text: Text::plain(text) }
    }

    #[test]
    fn blocks_are_parted_and_items_are_not() {
        let blocks = [
            Block::Heading { level: 2, text: Text::plain("Top") },
            item(3, None, "a"),
            item(1, Some("2."), "b\nc"),
            item(0, Some("b)"), "d"),
            Block::Paragraph(Text::plain("# no heading\nend")),
            Block::Preformatted("a ``` b\n".into()),
        ];
        assert_eq!(
            markdown(&blocks, TableFormat::Markdown),
            "## Top\n\n- a\n    2. b\n      c\n- b) d\n\n\\# no heading\nend\n\n\
             ````\na ``` b\n````"
        );
    }

    #[test]
    fn emphasis_hugs_its_letters() {
        let mut text = Text::plain("a ");
        text.push("bold ", true, false);
        text.push("both", true, true);
        text.push(" — ", false, true);
        assert_eq!(emphasised(&text), "a **bold** ***both*** — ");
    }

    #[test]
    fn tables_take_the_asked_format() {
        let rows = [["h", "i"], ["1", "2"]].map(|row| row.map(str::to_owned).to_vec()).to_vec();
        let blocks = [Block::Table(Table::from_rows(rows, 1))];
        assert_eq!(
            markdown(&blocks, TableFormat::Yaml),
            "```yaml\n- \"h\": \"1\"\n  \"i\": \"2\"\n```"
        );
        assert!(markdown(&blocks, TableFormat::Html).starts_with("<table>"));
    }
}
