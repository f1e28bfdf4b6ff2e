//! Plain text and Markdown. A form feed begins a new page.

use super::builder::{FlowBuilder, FlowPage, Kind, Style};
use crate::document::block::{Block, Table};

/// Pages of a plain text: paragraphs are parted by blank lines.
pub(crate) fn text(source: &str) -> Vec<FlowPage> {
    pages(source, |page, builder| {
        for line in page.split('\n') {
            if line.trim().is_empty() {
                builder.end_paragraph();
            } else {
                push_line(builder, line);
            }
        }
    })
}

/// Pages of a Markdown text: headings, fenced and indented code, lists, pipe tables and
/// paragraphs as CommonMark and GitHub's tables have them; inline marks stay as they are.
pub(crate) fn markdown(source: &str) -> Vec<FlowPage> {
    pages(source, |page, builder| {
        let lines: Vec<&str> = page.split('\n').collect();
        let mut rest = lines.as_slice();
        while let Some((line, after)) = rest.split_first() {
            rest = markdown_line(line, after, builder);
        }
    })
}

fn pages(source: &str, read: impl Fn(&str, &mut FlowBuilder)) -> Vec<FlowPage> {
    let mut pages = Vec::new();
    let source = source.strip_suffix('\x0c').unwrap_or(source);
    for page in source.split('\x0c') {
        let mut builder = FlowBuilder::default();
        read(page, &mut builder);
        let mut made = builder.finish();
        if let Some(first) = made.first_mut() {
            first.text = Some(page.trim_matches('\n').to_owned());
        }
        pages.append(&mut made);
    }
    pages
}

fn push_line(builder: &mut FlowBuilder, line: &str) {
    if !builder.is_paragraph_empty() {
        builder.push("\n", Style::default());
    }
    builder.push(line.trim_end(), Style::default());
}

/// Reads the block that begins at `line`; gives the lines after it.
fn markdown_line<'a>(line: &str, after: &'a [&'a str], builder: &mut FlowBuilder) -> &'a [&'a str] {
    let trimmed = line.trim();
    if trimmed.is_empty() {
        builder.end_paragraph();
        return after;
    }
    if let Some(fence) = fence(trimmed) {
        return fenced(fence, after, builder);
    }
    if let Some((level, text)) = heading(trimmed) {
        builder.end_paragraph();
        builder.set_kind(Kind::Heading(level));
        builder.push(text, Style::default());
        builder.end_paragraph();
        return after;
    }
    if trimmed.contains('|')
        && let Some((next, below)) = after.split_first()
        && is_delimiter_row(next)
    {
        return pipe_table(trimmed, below, builder);
    }
    if let Some((depth, label, text)) = list_item(line) {
        builder.end_paragraph();
        builder.set_kind(Kind::ListItem { depth, label });
        builder.push(text, Style::default());
        return after;
    }
    let underline = after.first().map_or("", |next| next.trim());
    if let Some(level) = setext_level(underline)
        && builder.is_paragraph_empty()
    {
        builder.set_kind(Kind::Heading(level));
        builder.push(trimmed, Style::default());
        builder.end_paragraph();
        return after.get(1..).unwrap_or_default();
    }
    push_line(builder, line);
    after
}

fn setext_level(line: &str) -> Option<u8> {
    let of = |mark| line.len() >= 3 && line.chars().all(|letter| letter == mark);
    if of('=') {
        Some(1)
    } else if of('-') {
        Some(2)
    } else {
        None
    }
}

fn fence(line: &str) -> Option<&str> {
    ["```", "~~~"].into_iter().find(|fence| line.starts_with(fence))
}

fn fenced<'a>(fence: &str, after: &'a [&'a str], builder: &mut FlowBuilder) -> &'a [&'a str] {
    builder.end_paragraph();
    let closing = after.iter().position(|line| line.trim_start().starts_with(fence));
    let (code, rest) = after.split_at(closing.unwrap_or(after.len()));
    builder.put(Block::Preformatted(code.join("\n")));
    rest.get(1..).unwrap_or_default()
}

fn heading(line: &str) -> Option<(u8, &str)> {
    let text = line.trim_start_matches('#');
    let level = u8::try_from(line.len() - text.len()).ok()?;
    let is_heading = (1..=6).contains(&level) && text.starts_with([' ', '\t']);
    is_heading.then(|| (level, text.trim().trim_end_matches('#').trim_end()))
}

fn list_item(line: &str) -> Option<(u8, Option<String>, &str)> {
    let text = line.trim_start();
    let indent = line.len() - text.len();
    let depth = u8::try_from(indent / 2).unwrap_or(u8::MAX).min(8);
    if let Some(rest) = text.strip_prefix(['-', '*', '+'])
        && rest.starts_with(' ')
    {
        return Some((depth, None, rest.trim()));
    }
    let digits = text.len() - text.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
    let (number, rest) = text.split_at(digits);
    let rest = rest.strip_prefix(['.', ')'])?;
    let is_item = (1..=9).contains(&digits) && rest.starts_with(' ');
    is_item.then(|| (depth, Some(format!("{number}.")), rest.trim()))
}

fn is_delimiter_row(line: &str) -> bool {
    let line = line.trim();
    line.contains('-')
        && line.contains(['|', ':'])
        && line.chars().all(|letter| matches!(letter, '-' | ':' | '|' | ' ' | '\t'))
}

fn pipe_table<'a>(head: &str, below: &'a [&'a str], builder: &mut FlowBuilder) -> &'a [&'a str] {
    builder.end_paragraph();
    let end = below.iter().position(|line| !line.contains('|')).unwrap_or(below.len());
    let (body, rest) = below.split_at(end);
    let mut rows = vec![pipe_cells(head)];
    rows.extend(body.iter().map(|line| pipe_cells(line)));
    builder.put(Block::Table(Table::from_rows(rows, 1)));
    rest
}

fn pipe_cells(line: &str) -> Vec<String> {
    let line = line.trim();
    let line = line.strip_prefix('|').unwrap_or(line);
    let mut cells = vec![String::new()];
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if letters.next_if_eq(&'|').is_some() => push(&mut cells, '|'),
            '|' => cells.push(String::new()),
            other => push(&mut cells, other),
        }
    }
    if line.ends_with('|') && cells.len() > 1 {
        cells.pop();
    }
    for cell in &mut cells {
        *cell = cell.trim().replace("<br>", "\n");
    }
    cells
}

fn push(cells: &mut [String], letter: char) {
    if let Some(cell) = cells.last_mut() {
        cell.push(letter);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
    use super::*;
    use crate::document::block::Text;

    #[test]
    fn form_feeds_part_pages_and_blank_lines_paragraphs() {
        let pages = text("one\nstill one\n\ntwo\n\x0cnext page\n\x0c");
        assert_eq!(pages.len(), 2);
        assert_eq!(
            pages[0].blocks,
            [Block::Paragraph(Text::plain("one\nstill one")), Block::Paragraph(Text::plain("two"))]
        );
        assert_eq!(pages[0].text.as_deref(), Some("one\nstill one\n\ntwo"));
        assert_eq!(pages[1].text.as_deref(), Some("next page"));
    }

    #[test]
    fn markdown_is_read_block_by_block() {
        let source = "Title\n=====\n\n## Part #\ntext\nmore\n\n- a\n  - b\n3) c\n\n\
                      | h1 | h2 |\n|---|:-:|\n| x \\| y | 2 |\n\n```rust\n# no heading\n```\nend";
        let blocks = &markdown(source)[0].blocks;
        let heading = |level, text: &str| Block::Heading { level, text: Text::plain(text) };
        let item = |depth, label: Option<&str>, text: &str| Block::ListItem {
            depth,
            label: label.map(str::to_owned),
            text: Text::plain(text),
        };
        assert_eq!(
            blocks[..6],
            [
                heading(1, "Title"),
                heading(2, "Part"),
                Block::Paragraph(Text::plain("text\nmore")),
                item(0, None, "a"),
                item(1, None, "b"),
                item(0, Some("3."), "c"),
            ]
        );
        let Block::Table(table) = &blocks[6] else { panic!("no table: {blocks:?}") };
        assert_eq!(table.grid(), [["h1", "h2"], ["x | y", "2"]]);
        assert_eq!(table.header_rows, 1);
        assert_eq!(blocks[7], Block::Preformatted("# no heading".into()));
        assert_eq!(blocks[8], Block::Paragraph(Text::plain("end")));
    }
}
