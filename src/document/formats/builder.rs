//! Builds pages of blocks from the stream of paragraphs, list entries and tables that every
//! structured format comes down to. It knows nothing of any one format.

use crate::base::limits;
use crate::document::block::{Block, Table, TableBuilder, Text};

/// A page of a format that has no geometry.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct FlowPage {
    /// The name of the sheet or the title of the slide.
    pub(crate) name: Option<String>,
    /// What the page says, in order.
    pub(crate) blocks: Vec<Block>,
    /// The page's plain text where it is more than the text of the blocks (CSV keeps its source).
    pub(crate) text: Option<String>,
}

/// What the paragraph being written will become.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum Kind {
    /// Running text.
    #[default]
    Paragraph,
    /// A heading of this level; anything outside 1 to 6 is brought inside.
    Heading(u8),
    /// An entry of a list.
    ListItem {
        /// Nesting, from 0.
        depth: u8,
        /// Its label, `None` for a bullet.
        label: Option<String>,
    },
    /// Text whose blanks stay.
    Preformatted,
}

/// The style of the characters that come next.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Style {
    pub(crate) bold: bool,
    pub(crate) italic: bool,
}

#[derive(Debug, Default)]
struct OpenCell {
    blocks: Vec<Block>,
    row_span: usize,
    column_span: usize,
    header: bool,
    /// It only goes on with the cell above, as Word writes cells that span rows.
    continues: bool,
}

#[derive(Debug, Default)]
struct OpenTable {
    rows: Vec<Vec<OpenCell>>,
    cell_open: bool,
    cells: usize,
    /// Rows from the top that were marked as heads.
    head_rows_marked: usize,
}

/// Takes a document apart into pages of blocks; tables may nest.
#[derive(Debug, Default)]
pub(crate) struct FlowBuilder {
    pages: Vec<FlowPage>,
    page: FlowPage,
    kind: Kind,
    text: Text,
    tables: Vec<OpenTable>,
    /// Tables opened past the nesting limit: their cells go on in the cell around them.
    too_deep: usize,
    truncated: bool,
}

impl FlowBuilder {
    /// Appends characters to the paragraph being written.
    pub(crate) fn push(&mut self, text: &str, style: Style) {
        self.text.push(text, style.bold, style.italic);
    }

    /// Appends text in which any run of white space counts as one blank, as HTML has it.
    pub(crate) fn push_collapsed(&mut self, text: &str, style: Style) {
        let mut blank = self.ends_blank();
        let mut collapsed = String::with_capacity(text.len());
        for letter in text.chars() {
            let is_blank = matches!(letter, ' ' | '\t' | '\n' | '\r' | '\x0c');
            if !is_blank {
                collapsed.push(letter);
            } else if !blank {
                collapsed.push(' ');
            }
            blank = is_blank;
        }
        self.push(&collapsed, style);
    }

    /// Whether a blank here would be seen.
    fn ends_blank(&self) -> bool {
        let last = self.text.spans.last();
        last.is_none_or(|span| span.text.ends_with([' ', '\n']))
    }

    /// Says what the paragraph being written is.
    pub(crate) fn set_kind(&mut self, kind: Kind) {
        self.kind = kind;
    }

    /// What the paragraph being written is.
    pub(crate) fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Whether nothing has been written since the last paragraph ended.
    pub(crate) fn is_paragraph_empty(&self) -> bool {
        self.text.is_blank()
    }

    /// Ends the paragraph being written; a blank one leaves nothing.
    pub(crate) fn end_paragraph(&mut self) {
        let text = std::mem::take(&mut self.text);
        let kind = std::mem::take(&mut self.kind);
        if text.is_blank() {
            return;
        }
        let block = match kind {
            Kind::Preformatted => Block::Preformatted(text.to_plain()),
            Kind::Paragraph => Block::Paragraph(trimmed(text)),
            Kind::Heading(level) => {
                Block::Heading { level: level.clamp(1, 6), text: one_line(trimmed(text)) }
            }
            Kind::ListItem { depth, label } => {
                Block::ListItem { depth, label, text: trimmed(text) }
            }
        };
        self.put(block);
    }

    /// Takes the paragraph being written away, to be given back elsewhere.
    pub(crate) fn take_paragraph(&mut self) -> Text {
        std::mem::take(&mut self.text)
    }

    /// Goes on with a paragraph that was taken away.
    pub(crate) fn restore_paragraph(&mut self, text: Text) {
        self.text = text;
    }

    /// Puts a finished block in its place: the open cell, or the page.
    pub(crate) fn put(&mut self, block: Block) {
        match self.open_cell() {
            Some(cell) => cell.blocks.push(block),
            None => self.page.blocks.push(block),
        }
    }

    fn open_cell(&mut self) -> Option<&mut OpenCell> {
        let table = self.tables.iter_mut().rev().find(|table| table.cell_open)?;
        table.rows.last_mut()?.last_mut()
    }

    /// Gives the page its name.
    pub(crate) fn name_page(&mut self, name: impl Into<String>) {
        self.page.name = Some(name.into());
    }

    /// Ends the page; inside a table a page break means nothing and is left out.
    pub(crate) fn end_page(&mut self) {
        if self.tables.is_empty() {
            self.end_paragraph();
            self.pages.push(std::mem::take(&mut self.page));
        }
    }

    /// Opens a table.
    pub(crate) fn open_table(&mut self) {
        self.end_paragraph();
        if self.tables.len() >= limits::TABLE_DEPTH_MAX {
            self.too_deep += 1;
        } else {
            self.tables.push(OpenTable::default());
        }
    }

    /// Opens the next row of the innermost table.
    pub(crate) fn open_row(&mut self) {
        self.close_cell();
        if let (0, Some(table)) = (self.too_deep, self.tables.last_mut()) {
            table.rows.push(Vec::new());
        }
    }

    /// Opens the next cell of the row.
    pub(crate) fn open_cell_spanning(&mut self, row_span: usize, column_span: usize, header: bool) {
        self.close_cell();
        let (0, Some(table)) = (self.too_deep, self.tables.last_mut()) else {
            return;
        };
        if table.cells >= limits::TABLE_CELLS_MAX {
            self.truncated = true;
            return;
        }
        if table.rows.is_empty() {
            table.rows.push(Vec::new());
        }
        if let Some(row) = table.rows.last_mut() {
            row.push(OpenCell { row_span, column_span, header, ..OpenCell::default() });
            table.cells += 1;
            table.cell_open = true;
        }
    }

    /// Lets the open cell cover more columns.
    pub(crate) fn span_columns(&mut self, columns: usize) {
        if let Some(cell) = self.innermost_cell() {
            cell.column_span = columns;
        }
    }

    /// Says that the open cell goes on with the cell above it.
    pub(crate) fn continue_cell_above(&mut self) {
        if let Some(cell) = self.innermost_cell() {
            cell.continues = true;
        }
    }

    fn innermost_cell(&mut self) -> Option<&mut OpenCell> {
        let (0, Some(table)) = (self.too_deep, self.tables.last_mut()) else {
            return None;
        };
        table.rows.last_mut().filter(|_| table.cell_open)?.last_mut()
    }

    /// Says that the row being written is a row of column heads.
    pub(crate) fn mark_row_as_head(&mut self) {
        if let (0, Some(table)) = (self.too_deep, self.tables.last_mut()) {
            table.head_rows_marked = table.rows.len();
        }
    }

    /// Says that the first row of the innermost table is its head.
    pub(crate) fn mark_first_row_as_head(&mut self) {
        if let (0, Some(table)) = (self.too_deep, self.tables.last_mut()) {
            table.head_rows_marked = table.head_rows_marked.max(1);
        }
    }

    /// Closes the open cell of the innermost table, if there is one.
    pub(crate) fn close_cell(&mut self) {
        self.end_paragraph();
        if let (0, Some(table)) = (self.too_deep, self.tables.last_mut()) {
            table.cell_open = false;
        }
    }

    /// Whether a table is open.
    pub(crate) fn in_table(&self) -> bool {
        !self.tables.is_empty()
    }

    /// Closes the innermost table. One that only arranges its contents (a single cell, column or
    /// row of prose, or tables inside) leaves its contents, not a table.
    pub(crate) fn close_table(&mut self) {
        self.close_cell();
        if self.too_deep > 0 {
            self.too_deep -= 1;
            return;
        }
        let Some(table) = self.tables.pop() else {
            return;
        };
        if arranges(&table) {
            let cells = table.rows.into_iter().flatten();
            for block in cells.flat_map(|cell| cell.blocks) {
                self.put(block);
            }
        } else {
            let finished = finish(table);
            self.put(Block::Table(finished));
        }
    }

    /// Whether cells were left out for the limit on the cells of a table.
    pub(crate) fn truncated(&self) -> bool {
        self.truncated
    }

    /// Ends everything that is open and gives the pages, at least one.
    pub(crate) fn finish(mut self) -> Vec<FlowPage> {
        while self.in_table() {
            self.close_table();
        }
        self.end_paragraph();
        let last = std::mem::take(&mut self.page);
        if self.pages.is_empty() || !last.blocks.is_empty() || last.name.is_some() {
            self.pages.push(last);
        }
        self.pages
    }
}

/// Whether a table is there for the looks: layout tables fill mail and old web pages.
fn arranges(table: &OpenTable) -> bool {
    let widest = table.rows.iter().map(Vec::len).max().unwrap_or(0);
    let cells = || table.rows.iter().flatten();
    let nested = cells().any(|cell| {
        let mut blocks = cell.blocks.iter();
        blocks.any(|block| matches!(block, Block::Table(_)))
    });
    let headings = cells().any(|cell| {
        let mut blocks = cell.blocks.iter();
        !cell.header && blocks.any(|block| matches!(block, Block::Heading { .. }))
    });
    nested || headings || widest <= 1
}

fn finish(mut table: OpenTable) -> Table {
    let marked = table.head_rows_marked;
    join_continued(&mut table.rows);
    let mut builder = TableBuilder::default();
    let mut header_rows = marked.min(table.rows.len().saturating_sub(1));
    for row in table.rows {
        if row.is_empty() {
            continue;
        }
        let is_header = row.iter().all(|cell| cell.header);
        if is_header && builder.rows() == header_rows {
            header_rows += 1;
        }
        builder.next_row();
        for cell in row.into_iter().filter(|cell| !cell.continues) {
            builder.cell(cell_text(&cell.blocks), cell.row_span, cell.column_span);
        }
    }
    builder.finish(header_rows)
}

/// Gives each cell the rows of the cells below that only go on with it: from the bottom up, the
/// continuing cells of a column are counted until one that begins there.
fn join_continued(rows: &mut [Vec<OpenCell>]) {
    let mut continued: std::collections::HashMap<usize, usize> = std::collections::HashMap::new();
    for (at, row) in rows.iter_mut().enumerate().rev() {
        let mut column = 0_usize;
        for cell in row {
            if cell.continues && at > 0 {
                *continued.entry(column).or_default() += 1;
            } else {
                cell.continues = false;
                cell.row_span += continued.remove(&column).unwrap_or(0);
            }
            column = column.saturating_add(cell.column_span);
        }
    }
}

/// A cell's text: its blocks, one under the other.
fn cell_text(blocks: &[Block]) -> String {
    let mut lines = Vec::new();
    for block in blocks {
        match block {
            Block::Paragraph(text) | Block::Furniture(text) | Block::Heading { text, .. } => {
                lines.push(text.to_plain());
            }
            Block::ListItem { label, text, .. } => {
                let label = label.as_deref().unwrap_or("•");
                lines.push(format!("{label} {}", text.to_plain()));
            }
            Block::Preformatted(text) => lines.push(text.clone()),
            Block::Table(_) => {}
        }
    }
    lines.join("\n")
}

/// Takes blanks off both ends and round line ends.
fn trimmed(mut text: Text) -> Text {
    if let Some(first) = text.spans.first_mut() {
        first.text = first.text.trim_start().to_owned();
    }
    if let Some(last) = text.spans.last_mut() {
        last.text = last.text.trim_end().to_owned();
    }
    for span in &mut text.spans {
        if span.text.contains(" \n") || span.text.contains("\n ") {
            let ends_open = span.text.ends_with(' ');
            let lines: Vec<&str> = span.text.split('\n').collect();
            let count = lines.len();
            let mut joined = String::with_capacity(span.text.len());
            for (at, line) in lines.into_iter().enumerate() {
                let line = if at > 0 { line.trim_start() } else { line };
                let line = if at + 1 < count { line.trim_end() } else { line };
                if at > 0 {
                    joined.push('\n');
                }
                joined.push_str(line);
            }
            debug_assert!(!ends_open || joined.ends_with([' ', '\n']));
            span.text = joined;
        }
    }
    text.spans.retain(|span| !span.text.is_empty());
    text
}

fn one_line(mut text: Text) -> Text {
    for span in &mut text.spans {
        if span.text.contains('\n') {
            span.text = span.text.replace('\n', " ");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
    use super::*;

    fn paragraph(builder: &mut FlowBuilder, text: &str) {
        builder.push(text, Style::default());
        builder.end_paragraph();
    }

    #[test]
    fn a_table_in_a_cell_makes_the_outer_one_a_frame() {
        let mut builder = FlowBuilder::default();
        builder.open_table();
        builder.open_row();
        builder.open_cell_spanning(1, 1, false);
        paragraph(&mut builder, "before");
        builder.open_table();
        for row in [["a", "b"], ["c", "d"]] {
            builder.open_row();
            for cell in row {
                builder.open_cell_spanning(1, 1, false);
                builder.push(cell, Style::default());
            }
        }
        builder.close_table();
        builder.close_table();
        let pages = builder.finish();
        assert_eq!(pages[0].blocks[0], Block::Paragraph(Text::plain("before")));
        let Block::Table(table) = &pages[0].blocks[1] else {
            panic!("no table in {pages:?}");
        };
        assert_eq!(table.grid(), [["a", "b"], ["c", "d"]]);
    }

    #[test]
    fn tables_nested_past_the_limit_lose_their_grid_not_their_text() {
        let mut builder = FlowBuilder::default();
        for _ in 0..limits::TABLE_DEPTH_MAX + 50 {
            builder.open_table();
            builder.open_row();
            builder.open_cell_spanning(1, 1, false);
        }
        paragraph(&mut builder, "deep");
        let pages = builder.finish();
        assert_eq!(pages[0].blocks, [Block::Paragraph(Text::plain("deep"))]);
    }

    #[test]
    fn blanks_collapse_across_styles() {
        let mut builder = FlowBuilder::default();
        let bold = Style { bold: true, italic: false };
        builder.push_collapsed("  one \n", Style::default());
        builder.push_collapsed(" two  ", bold);
        builder.push_collapsed(" three ", Style::default());
        builder.end_paragraph();
        let Block::Paragraph(text) = &builder.finish()[0].blocks[0] else {
            panic!("no paragraph");
        };
        assert_eq!(text.to_plain(), "one two three");
    }

    #[test]
    fn pages_end_where_they_are_told() {
        let mut builder = FlowBuilder::default();
        paragraph(&mut builder, "one");
        builder.name_page("x");
        builder.end_page();
        paragraph(&mut builder, "two");
        assert_eq!(builder.finish().len(), 2);
        assert_eq!(FlowBuilder::default().finish().len(), 1);
    }
}
