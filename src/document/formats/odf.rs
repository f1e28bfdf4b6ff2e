//! OpenDocument text, spreadsheets and presentations (ISO/IEC 26300): `content.xml` walked once.

use std::collections::{HashMap, HashSet};

use super::Flow;
use super::archive::Archive;
use super::builder::{FlowBuilder, Kind, Style};
use super::ooxml;
use super::sheet::Sheet;
use super::xml::{Element, Step, walk};
use crate::base::limits;
use crate::document::block::Block;
use crate::document::error::DocumentError;
use crate::document::model::WarningKind;
use crate::document::sniff::Format;

/// Times one cell or row may be repeated before it is taken for a sheet's empty rest.
const REPEATED_MAX: usize = 1_000;

/// Reads a document of one of the three kinds.
pub(crate) fn read(bytes: &[u8], format: Format) -> Result<Flow, DocumentError> {
    let mut archive = Archive::open(bytes)?;
    let content = archive.need_xml("content.xml")?;
    let mut reader = Reader { format, ..Reader::default() };
    let fault = walk(&content, |step| reader.step(step))?;
    let truncated = reader.truncated || reader.builder.truncated();
    let mut pages = reader.builder.finish();
    if format != Format::Odt && pages.len() > 1 && pages.first().is_some_and(is_nothing) {
        pages.remove(0);
    }
    let mut flow = Flow::of(pages);
    flow.metadata = ooxml::dublin_core(&archive.read_xml("meta.xml")?.unwrap_or_default())?;
    flow.warn_if_truncated(truncated);
    if let Some(fault) = fault {
        flow.warn(WarningKind::Damaged, format!("the document's XML is damaged: {fault}"));
    }
    Ok(flow)
}

fn is_nothing(page: &super::FlowPage) -> bool {
    page.blocks.is_empty() && page.name.is_none()
}

/// A sheet being read; other documents have their tables in the builder.
#[derive(Debug, Default)]
struct OpenSheet {
    cells: Sheet,
    row: u32,
    column: u32,
    row_repeated: u32,
    cell_repeated: u32,
    text: String,
}

#[derive(Debug, Default)]
struct Reader {
    format: Format,
    builder: FlowBuilder,
    style: Style,
    styles: HashMap<String, Style>,
    breaking: HashSet<String>,
    numbered: HashSet<String>,
    open_style: String,
    /// Styles of the spans around the text, from the outside in.
    spans: Vec<Style>,
    lists: Vec<(bool, u32)>,
    sheet: Option<OpenSheet>,
    paragraphs: u32,
    skipped: u32,
    in_title: bool,
    in_head_rows: bool,
    page_written: bool,
    truncated: bool,
}

impl Reader {
    fn step(&mut self, step: Step<'_>) {
        match step {
            Step::Open(element) if self.skipped > 0 || skips(element.name) => {
                let _ = element;
                self.skipped += 1;
            }
            Step::Close(_) if self.skipped > 0 => self.skipped -= 1,
            _ if self.skipped > 0 => {}
            Step::Open(element) => self.open(element),
            Step::Text(text) if self.paragraphs > 0 => self.write_collapsed(text),
            Step::Text(_) => {}
            Step::Close(name) => self.close(name),
        }
    }

    fn write_collapsed(&mut self, text: &str) {
        if let Some(sheet) = &mut self.sheet {
            sheet.text.push_str(text);
            return;
        }
        self.page_written |= !text.trim().is_empty();
        self.builder.push_collapsed(text, self.style);
    }

    fn write(&mut self, text: &str) {
        match &mut self.sheet {
            Some(sheet) => sheet.text.push_str(text),
            None => self.builder.push(text, self.style),
        }
    }

    fn break_page(&mut self) {
        if self.page_written && !self.builder.in_table() {
            self.builder.end_page();
            self.page_written = false;
        }
    }

    fn open(&mut self, element: &Element<'_>) {
        match element.name {
            "style" => self.open_style = element.attribute("name").unwrap_or_default(),
            "list-style" => self.open_style = element.attribute("name").unwrap_or_default(),
            "list-level-style-number" => {
                self.numbered.insert(self.open_style.clone());
            }
            "text-properties" => self.read_text_properties(element),
            "paragraph-properties"
                if element.attribute("break-before").as_deref() == Some("page") =>
            {
                self.breaking.insert(self.open_style.clone());
            }
            "p" | "h" => self.open_paragraph(element),
            "span" => {
                let name = element.attribute("style-name").unwrap_or_default();
                self.spans.push(self.style);
                self.style = self.styles.get(&name).copied().unwrap_or(self.style);
            }
            "s" => {
                let count = element.number("c").unwrap_or(1).min(REPEATED_MAX);
                self.write(&" ".repeat(count));
            }
            "tab" => self.write("\t"),
            "line-break" => self.write("\n"),
            "soft-page-break" => self.break_page(),
            "list" => {
                let outer = self.lists.last().is_some_and(|(numbered, _)| *numbered);
                let style = element.attribute("style-name");
                let numbered = style.map_or(outer, |name| self.numbered.contains(&name));
                self.lists.push((numbered, 0));
            }
            "list-item" => {
                if let Some((_, count)) = self.lists.last_mut() {
                    *count += 1;
                }
            }
            "page" => {
                self.page_written |= !self.builder.is_paragraph_empty();
                self.builder.end_page();
            }
            "frame" => {
                self.in_title = element.attribute("class").as_deref() == Some("title");
            }
            _ => self.open_table_part(element),
        }
    }

    fn read_text_properties(&mut self, element: &Element<'_>) {
        let bold = element.attribute("font-weight").as_deref() == Some("bold");
        let italic = element.attribute("font-style").as_deref() == Some("italic");
        if bold || italic {
            self.styles.insert(self.open_style.clone(), Style { bold, italic });
        }
    }

    fn open_paragraph(&mut self, element: &Element<'_>) {
        self.paragraphs += 1;
        if let Some(sheet) = &mut self.sheet {
            if !sheet.text.is_empty() {
                sheet.text.push('\n');
            }
            return;
        }
        self.builder.end_paragraph();
        let style = element.attribute("style-name").unwrap_or_default();
        if self.breaking.contains(&style) {
            self.break_page();
        }
        self.style = self.styles.get(&style).copied().unwrap_or_default();
        let kind = if element.name == "h" {
            let level = element.number("outline-level").unwrap_or(1);
            Kind::Heading(u8::try_from(level).unwrap_or(6))
        } else if self.in_title {
            Kind::Heading(1)
        } else if let Some((numbered, count)) = self.lists.last() {
            let depth = u8::try_from(self.lists.len() - 1).unwrap_or(u8::MAX);
            let label = numbered.then(|| format!("{count}."));
            Kind::ListItem { depth, label }
        } else {
            Kind::Paragraph
        };
        if matches!(kind, Kind::Heading(_)) {
            self.style = Style::default();
        }
        self.builder.set_kind(kind);
    }

    fn open_table_part(&mut self, element: &Element<'_>) {
        let repeated = |name| element.number(name).unwrap_or(1);
        let count = |name| u32::try_from(repeated(name)).unwrap_or(1).max(1);
        match (element.name, &mut self.sheet) {
            ("table", None) if self.format == Format::Ods => {
                self.builder.end_page();
                self.builder.name_page(element.attribute("name").unwrap_or_default());
                self.sheet = Some(OpenSheet::default());
            }
            ("table-row", Some(sheet)) => {
                sheet.column = 0;
                sheet.row_repeated = count("number-rows-repeated");
            }
            ("table-cell" | "covered-table-cell", Some(sheet)) => {
                sheet.text.clear();
                sheet.cell_repeated = count("number-columns-repeated");
                let (rows, columns) =
                    (count("number-rows-spanned"), count("number-columns-spanned"));
                if rows > 1 || columns > 1 {
                    sheet.cells.span(sheet.row, sheet.column, rows, columns);
                }
            }
            ("table", None) => self.builder.open_table(),
            ("table-header-rows", None) => self.in_head_rows = true,
            ("table-row", None) => self.builder.open_row(),
            ("table-cell", None) => {
                let (rows, columns) =
                    (repeated("number-rows-spanned"), repeated("number-columns-spanned"));
                for _ in 0..repeated("number-columns-repeated").clamp(1, REPEATED_MAX) {
                    self.builder.open_cell_spanning(rows, columns, self.in_head_rows);
                }
            }
            _ => {}
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "p" | "h" => {
                self.paragraphs = self.paragraphs.saturating_sub(1);
                if self.sheet.is_none() {
                    self.builder.end_paragraph();
                }
            }
            "span" => self.style = self.spans.pop().unwrap_or_default(),
            "list" => {
                self.lists.pop();
            }
            "frame" => self.in_title = false,
            "table-header-rows" => self.in_head_rows = false,
            _ => self.close_table_part(name),
        }
    }

    fn close_table_part(&mut self, name: &str) {
        let Some(sheet) = &mut self.sheet else {
            match name {
                "table" => self.builder.close_table(),
                "table-cell" => self.builder.close_cell(),
                _ => {}
            }
            return;
        };
        match name {
            "table-cell" | "covered-table-cell" => {
                if name == "table-cell" && !sheet.text.trim().is_empty() {
                    sheet.repeat();
                }
                sheet.column = sheet.column.saturating_add(sheet.cell_repeated);
            }
            "table-row" => sheet.row = sheet.row.saturating_add(sheet.row_repeated),
            "table" => {
                let (table, truncated) = std::mem::take(&mut sheet.cells).into_table();
                self.sheet = None;
                self.truncated |= truncated;
                if let Some(table) = table {
                    self.builder.put(Block::Table(table));
                }
            }
            _ => {}
        }
    }
}

impl OpenSheet {
    /// Puts the cell's text in all places it is repeated at.
    fn repeat(&mut self) {
        let most = u32::try_from(REPEATED_MAX).unwrap_or(u32::MAX);
        for row in 0..self.row_repeated.min(most) {
            for column in 0..self.cell_repeated.min(most) {
                if self.cells.truncated() {
                    return;
                }
                let (row, column) =
                    (self.row.saturating_add(row), self.column.saturating_add(column));
                self.cells.put(row, column, &self.text);
            }
        }
    }
}

/// Elements whose text is not the document's.
fn skips(name: &str) -> bool {
    matches!(name, "annotation" | "tracked-changes" | "notes" | "forms" | "sequence-decls")
}

const _: () = assert!(REPEATED_MAX <= limits::TABLE_CELLS_MAX);

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
    use super::super::archive::tests::container;
    use super::*;
    use crate::document::block::Text;

    fn document(content: &str, format: Format) -> Flow {
        read(&container(&[("content.xml", content.as_bytes())]), format).unwrap()
    }

    #[test]
    fn text_documents_keep_headings_lists_and_tables() {
        let flow = document(
            "<d><a><style:style style:name='B'><style:text-properties fo:font-weight='bold'/>\
             </style:style><style:style style:name='P'><style:paragraph-properties \
             fo:break-before='page'/></style:style><text:list-style style:name='L'>\
             <text:list-level-style-number/></text:list-style></a><b>\
             <text:h text:outline-level='2'>Top</text:h>\
             <text:list text:style-name='L'><text:list-item><text:p>one</text:p></text:list-item>\
             <text:list-item><text:p>two</text:p></text:list-item></text:list>\
             <text:p>a<text:s text:c='2'/>b <text:span text:style-name='B'>c</text:span></text:p>\
             <table:table><table:table-header-rows><table:table-row>\
             <table:table-cell table:number-columns-spanned='2'><text:p>h</text:p>\
             </table:table-cell><table:covered-table-cell/></table:table-row>\
             </table:table-header-rows><table:table-row><table:table-cell><text:p>1</text:p>\
             </table:table-cell><table:table-cell><text:p>2</text:p></table:table-cell>\
             </table:table-row></table:table><text:p text:style-name='P'>next</text:p></b></d>",
            Format::Odt,
        );
        assert_eq!(flow.pages.len(), 2);
        let blocks = &flow.pages[0].blocks;
        assert_eq!(blocks[0], Block::Heading { level: 2, text: Text::plain("Top") });
        let label = Some("2.".to_owned());
        let item = Block::ListItem { depth: 0, label, text: Text::plain("two") };
        assert_eq!(blocks[2], item);
        let Block::Paragraph(text) = &blocks[3] else { panic!("{blocks:?}") };
        assert_eq!(text.to_plain(), "a  b c");
        assert!(text.spans[1].bold);
        let Block::Table(table) = &blocks[4] else { panic!("{blocks:?}") };
        assert_eq!(table.grid(), [["h", ""], ["1", "2"]]);
        assert_eq!(table.header_rows, 1);
    }

    #[test]
    fn sheets_are_pages_and_repeats_are_bounded() {
        let flow = document(
            "<d><table:table table:name='One'><table:table-row><table:table-cell>\
             <text:p>Item</text:p></table:table-cell><table:table-cell \
             table:number-columns-repeated='2'><text:p>x</text:p></table:table-cell>\
             </table:table-row><table:table-row table:number-rows-repeated='1048576'>\
             <table:table-cell table:number-columns-repeated='16384'/></table:table-row>\
             </table:table><table:table table:name='Two'/></d>",
            Format::Ods,
        );
        let names: Vec<_> = flow.pages.iter().map(|page| page.name.as_deref()).collect();
        assert_eq!(names, [Some("One"), Some("Two")]);
        let Block::Table(table) = &flow.pages[0].blocks[0] else { panic!("{flow:?}") };
        assert_eq!(table.grid(), [["Item", "x", "x"]]);
    }

    #[test]
    fn slides_are_pages_with_their_titles() {
        let flow = document(
            "<d><draw:page><draw:frame presentation:class='title'><text:p>First</text:p>\
             </draw:frame><draw:frame><text:p>point</text:p></draw:frame></draw:page>\
             <draw:page><text:p>second</text:p></draw:page></d>",
            Format::Odp,
        );
        assert_eq!(flow.pages.len(), 2);
        let heading = Block::Heading { level: 1, text: Text::plain("First") };
        assert_eq!(flow.pages[0].blocks[0], heading);
        assert_eq!(flow.pages[1].blocks, [Block::Paragraph(Text::plain("second"))]);
    }
}
