//! Word documents (Office Open XML, ECMA-376 part 1): paragraphs with their outline level, lists,
//! tables with merged cells, page breaks, foot notes, running heads.

use super::Flow;
use super::archive::Archive;
use super::builder::{FlowBuilder, Kind, Style};
use super::docx_styles::{Numbering, Styles};
use super::ooxml;
use super::xml::{Element, Step, walk};
use crate::document::block::{Block, Text};
use crate::document::error::DocumentError;
use crate::document::model::WarningKind;

/// Reads a Word document.
pub(crate) fn read(bytes: &[u8]) -> Result<Flow, DocumentError> {
    let mut archive = Archive::open(bytes)?;
    let body = archive.need_xml("word/document.xml")?;
    let styles = Styles::read(&archive.read_xml("word/styles.xml")?.unwrap_or_default())?;
    let numbering = archive.read_xml("word/numbering.xml")?.unwrap_or_default();
    let mut reader = Reader::new(&styles, Numbering::read(&numbering)?);
    let fault = walk(&body, |step| reader.step(step))?;
    for notes in ["word/footnotes.xml", "word/endnotes.xml"] {
        if let Some(source) = archive.read_xml(notes)? {
            reader.builder.end_paragraph();
            walk(&source, |step| reader.step(step))?;
        }
    }
    let truncated = reader.builder.truncated();
    let mut flow = Flow::of(reader.builder.finish());
    add_furniture(&mut archive, &styles, &mut flow)?;
    flow.metadata = ooxml::metadata(&mut archive)?;
    flow.warn_if_truncated(truncated);
    if let Some(fault) = fault {
        flow.warn(WarningKind::Damaged, format!("the document's XML is damaged: {fault}"));
    }
    Ok(flow)
}

/// Puts the running heads before the first page's text and the running feet after the last's.
fn add_furniture(
    archive: &mut Archive<'_>,
    styles: &Styles,
    flow: &mut Flow,
) -> Result<(), DocumentError> {
    let mut read = |kind: &str| -> Result<Vec<Block>, DocumentError> {
        let mut blocks: Vec<Block> = Vec::new();
        for number in 1..=9 {
            let Some(source) = archive.read_xml(&format!("word/{kind}{number}.xml"))? else {
                break;
            };
            let mut reader = Reader::new(styles, Numbering::default());
            walk(&source, |step| reader.step(step))?;
            let pages = reader.builder.finish();
            for block in pages.into_iter().flat_map(|page| page.blocks).map(furniture) {
                if !blocks.contains(&block) {
                    blocks.push(block);
                }
            }
        }
        Ok(blocks)
    };
    let (heads, feet) = (read("header")?, read("footer")?);
    if let Some(first) = flow.pages.first_mut() {
        first.blocks.splice(0..0, heads);
    }
    if let Some(last) = flow.pages.last_mut() {
        last.blocks.extend(feet);
    }
    Ok(())
}

fn furniture(block: Block) -> Block {
    match block {
        Block::Paragraph(text) | Block::Heading { text, .. } => Block::Furniture(text),
        Block::Table(table) => {
            let texts = table.cells.iter().map(|cell| cell.text.as_str());
            let texts: Vec<&str> = texts.filter(|text| !text.is_empty()).collect();
            Block::Furniture(Text::plain(texts.join("\t")))
        }
        other => other,
    }
}

struct Reader<'a> {
    builder: FlowBuilder,
    styles: &'a Styles,
    numbering: Numbering,
    style: Style,
    /// Inside `w:rPr` of a run (not of a paragraph mark).
    in_run: bool,
    in_text: bool,
    /// Depth inside an element whose contents do not count.
    skipped: u32,
    /// Something was written since the page began.
    page_written: bool,
    numbered: Option<(String, usize)>,
    level: Option<usize>,
}

impl<'a> Reader<'a> {
    fn new(styles: &'a Styles, numbering: Numbering) -> Self {
        Self {
            builder: FlowBuilder::default(),
            styles,
            numbering,
            style: Style::default(),
            in_run: false,
            in_text: false,
            skipped: 0,
            page_written: false,
            numbered: None,
            level: None,
        }
    }

    fn step(&mut self, step: Step<'_>) {
        match step {
            Step::Open(element) if self.skipped > 0 || skips(element.name) => {
                let _ = element;
                self.skipped += 1;
            }
            Step::Close(_) if self.skipped > 0 => self.skipped -= 1,
            _ if self.skipped > 0 => {}
            Step::Open(element) => self.open(element),
            Step::Text(text) if self.in_text => self.write(text),
            Step::Text(_) => {}
            Step::Close(name) => self.close(name),
        }
    }

    fn write(&mut self, text: &str) {
        self.builder.push(text, self.style);
        self.page_written |= !text.trim().is_empty();
    }

    fn break_page(&mut self) {
        if self.page_written && !self.builder.in_table() {
            self.builder.end_page();
            self.page_written = false;
        }
    }

    fn open(&mut self, element: &Element<'_>) {
        match element.name {
            "p" => {
                self.builder.end_paragraph();
                (self.numbered, self.level) = (None, None);
            }
            "pageBreakBefore" if element.switch() => self.break_page(),
            "lastRenderedPageBreak" => self.break_page(),
            "pStyle" | "outlineLvl" | "ilvl" | "numId" => self.paragraph_property(element),
            "r" => (self.in_run, self.style) = (true, Style::default()),
            "b" if self.in_run => self.style.bold = element.switch(),
            "i" if self.in_run => self.style.italic = element.switch(),
            "t" => self.in_text = true,
            "tab" if self.in_run => self.write("\t"),
            "noBreakHyphen" => self.write("-"),
            "br" if element.attribute("type").as_deref() == Some("page") => self.break_page(),
            "br" | "cr" => self.write("\n"),
            _ => self.open_table_part(element),
        }
    }

    fn open_table_part(&mut self, element: &Element<'_>) {
        match element.name {
            "tbl" => self.builder.open_table(),
            "tr" => self.builder.open_row(),
            "tc" => self.builder.open_cell_spanning(1, 1, false),
            "gridSpan" => self.builder.span_columns(element.number("val").unwrap_or(1)),
            "vMerge" if element.attribute("val").as_deref() != Some("restart") => {
                self.builder.continue_cell_above();
            }
            "tblHeader" if element.switch() => self.builder.mark_row_as_head(),
            "tblLook" if element.is_on("firstRow") => self.builder.mark_first_row_as_head(),
            _ => {}
        }
    }

    fn paragraph_property(&mut self, element: &Element<'_>) {
        let value = element.attribute("val").unwrap_or_default();
        match element.name {
            "pStyle" => {
                if let Some(level) = self.styles.heading_level(&value) {
                    self.builder.set_kind(Kind::Heading(level));
                }
                if let Some((list, level)) = self.styles.list(&value) {
                    (self.numbered, self.level) = (Some((list, level)), Some(level));
                }
            }
            "outlineLvl" => {
                if let Ok(level @ 0..=8) = value.parse::<u8>() {
                    self.builder.set_kind(Kind::Heading(level + 1));
                }
            }
            "ilvl" => self.level = value.parse().ok(),
            _ if value == "0" => self.numbered = None,
            _ => self.numbered = Some((value, 0)),
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "pPr" => self.number_paragraph(),
            "p" => {
                self.builder.end_paragraph();
                (self.numbered, self.level) = (None, None);
            }
            "r" => self.in_run = false,
            "t" => self.in_text = false,
            "tc" => self.builder.close_cell(),
            "tbl" => self.builder.close_table(),
            _ => {}
        }
    }

    /// Gives the paragraph its place in a list; a numbered heading gets its number as text.
    fn number_paragraph(&mut self) {
        let Some((list, _)) = &self.numbered else {
            return;
        };
        let level = self.level.unwrap_or(0);
        let Some(label) = self.numbering.next(list, level) else {
            return;
        };
        match self.builder.kind() {
            Kind::Heading(_) => {
                if let Some(label) = label {
                    self.builder.push(&format!("{label} "), Style::default());
                }
            }
            _ => {
                let depth = u8::try_from(level).unwrap_or(u8::MAX);
                self.builder.set_kind(Kind::ListItem { depth, label });
            }
        }
    }
}

/// Elements whose text is not the document's: what was moved away, doubles for old readers,
/// drawings' own properties. Deleted text and field codes are no `w:t` and need no rule.
fn skips(name: &str) -> bool {
    matches!(name, "moveFrom" | "Fallback" | "pict" | "rPrChange" | "pPrChange" | "tcPrChange")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
    use super::super::archive::tests::container;
    use super::*;

    fn document(body: &str, more: &[(&str, &[u8])]) -> Flow {
        let body = format!("<w:document><w:body>{body}</w:body></w:document>");
        let mut entries = vec![("word/document.xml", body.as_bytes())];
        entries.extend_from_slice(more);
        read(&container(&entries)).unwrap()
    }

    #[test]
    fn headings_lists_and_breaks_are_read() {
        let styles = b"<w:styles><w:style w:styleId='H1'><w:name w:val='heading 1'/></w:style>\
            <w:style w:styleId='Mine'><w:basedOn w:val='H1'/></w:style></w:styles>";
        let numbering = b"<w:numbering><w:abstractNum w:abstractNumId='5'>\
            <w:lvl w:ilvl='0'><w:start w:val='2'/><w:numFmt w:val='decimal'/>\
            <w:lvlText w:val='%1.'/></w:lvl>\
            <w:lvl w:ilvl='1'><w:numFmt w:val='bullet'/></w:lvl></w:abstractNum>\
            <w:num w:numId='7'><w:abstractNumId w:val='5'/></w:num></w:numbering>";
        let item = |level: u8, text: &str| {
            format!(
                "<w:p><w:pPr><w:numPr><w:ilvl w:val='{level}'/><w:numId w:val='7'/></w:numPr>\
                 </w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"
            )
        };
        let body = format!(
            "<w:p><w:pPr><w:pStyle w:val='Mine'/></w:pPr><w:r><w:t>Top</w:t></w:r></w:p>{}{}{}\
             <w:p><w:r><w:t xml:space='preserve'>plain </w:t></w:r>\
             <w:r><w:rPr><w:b/></w:rPr><w:t>bold</w:t></w:r><w:r><w:br w:type='page'/>\
             <w:lastRenderedPageBreak/><w:t>next</w:t></w:r></w:p>",
            item(0, "a"),
            item(1, "b"),
            item(0, "c"),
        );
        let flow =
            document(&body, &[("word/styles.xml", styles), ("word/numbering.xml", numbering)]);
        assert_eq!(flow.pages.len(), 2);
        let blocks = &flow.pages[0].blocks;
        let item = |depth, label: Option<&str>, text: &str| Block::ListItem {
            depth,
            label: label.map(str::to_owned),
            text: Text::plain(text),
        };
        assert_eq!(blocks[0], Block::Heading { level: 1, text: Text::plain("Top") });
        assert_eq!(
            blocks[1..4],
            [item(0, Some("2."), "a"), item(1, None, "b"), item(0, Some("3."), "c")]
        );
        let Block::Paragraph(text) = &blocks[4] else { panic!("{blocks:?}") };
        assert!(!text.spans[0].bold && text.spans[1].bold);
        assert_eq!(flow.pages[1].blocks, [Block::Paragraph(Text::plain("next"))]);
    }

    #[test]
    fn merged_cells_span() {
        let cell = |properties: &str, text: &str| {
            format!(
                "<w:tc><w:tcPr>{properties}</w:tcPr><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>"
            )
        };
        let body = format!(
            "<w:tbl><w:tblPr><w:tblLook w:firstRow='1'/></w:tblPr>\
             <w:tr>{}{}</w:tr><w:tr>{}{}{}</w:tr><w:tr>{}{}{}</w:tr></w:tbl>",
            cell("", "h1"),
            cell("<w:gridSpan w:val='2'/>", "h2"),
            cell("<w:vMerge w:val='restart'/>", "tall"),
            cell("", "1"),
            cell("", "2"),
            cell("<w:vMerge/>", ""),
            cell("", "3"),
            cell("", "4"),
        );
        let flow = document(&body, &[]);
        let Block::Table(table) = &flow.pages[0].blocks[0] else { panic!("{flow:?}") };
        assert_eq!(table.grid(), [["h1", "h2", ""], ["tall", "1", "2"], ["", "3", "4"]]);
        assert_eq!((table.header_rows, table.cells[2].row_span), (1, 2));
        assert_eq!(table.cells[1].column_span, 2);
    }

    #[test]
    fn running_heads_are_furniture() {
        let head = b"<w:hdr><w:p><w:r><w:t>ACME</w:t></w:r></w:p></w:hdr>";
        let body = "<w:p><w:r><w:t>text</w:t></w:r></w:p>";
        let flow = document(body, &[("word/header1.xml", head)]);
        assert_eq!(flow.pages[0].blocks[0], Block::Furniture(Text::plain("ACME")));
    }

    #[test]
    fn damage_is_a_warning_not_a_failure() {
        let flow = document("<w:p><w:r><w:t>kept</w:t></w:r></w:q>", &[]);
        assert_eq!(flow.pages[0].blocks, [Block::Paragraph(Text::plain("kept"))]);
        assert_eq!(flow.warnings[0].kind, WarningKind::Damaged);
    }
}
