//! PowerPoint presentations (Office Open XML, ECMA-376 part 1): one page a slide, its title as a
//! heading, text boxes in drawing order, tables with merged cells.

use super::Flow;
use super::archive::Archive;
use super::builder::{FlowBuilder, Kind, Style};
use super::ooxml;
use super::xml::{Element, Step, walk};
use crate::base::limits;
use crate::document::block::Block;
use crate::document::error::DocumentError;
use crate::document::model::WarningKind;

/// Reads a presentation.
pub(crate) fn read(bytes: &[u8]) -> Result<Flow, DocumentError> {
    let mut archive = Archive::open(bytes)?;
    let mut flow = Flow { metadata: ooxml::metadata(&mut archive)?, ..Flow::default() };
    for path in slides(&mut archive)? {
        let Some(source) = archive.read_xml(&path)? else {
            flow.warn(WarningKind::Damaged, format!("the slide {path} is missing"));
            continue;
        };
        let mut reader = Reader::default();
        let fault = walk(&source, |step| reader.step(step))?;
        flow.warn_if_truncated(reader.builder.truncated());
        let mut page = reader.builder.finish().into_iter().next().unwrap_or_default();
        page.name = page.blocks.iter().find_map(|block| match block {
            Block::Heading { text, .. } => Some(text.to_plain()),
            _ => None,
        });
        flow.pages.push(page);
        if let Some(fault) = fault {
            flow.warn(WarningKind::Damaged, format!("the slide {path} is damaged: {fault}"));
        }
    }
    Ok(flow)
}

/// The paths of the slides in the order of the show.
fn slides(archive: &mut Archive<'_>) -> Result<Vec<String>, DocumentError> {
    let presentation = archive.need_xml("ppt/presentation.xml")?;
    let targets = ooxml::relationships(archive, "ppt", "presentation.xml")?;
    let mut paths = Vec::new();
    walk(&presentation, |step| {
        if let Step::Open(element) = step
            && element.name == "sldId"
            && paths.len() < limits::DOCUMENT_PAGES_MAX
        {
            // Both `id` and `r:id` are there; the relationship's is the one with a target.
            paths.extend(element.values_of("id").find_map(|id| targets.get(&id).cloned()));
        }
    })?;
    Ok(paths)
}

#[derive(Default)]
struct Reader {
    builder: FlowBuilder,
    style: Style,
    in_text: bool,
    /// What the shape's place holder is for: `title`, `body`, or nothing for a text box.
    holder: Option<String>,
    /// Inside an old twin of new drawing features.
    skipped: u32,
}

impl Reader {
    fn step(&mut self, step: Step<'_>) {
        match step {
            Step::Open(element) if self.skipped > 0 || element.name == "Fallback" => {
                let _ = element;
                self.skipped += 1;
            }
            Step::Close(_) if self.skipped > 0 => self.skipped -= 1,
            _ if self.skipped > 0 => {}
            Step::Open(element) => self.open(element),
            Step::Text(text) if self.in_text => self.builder.push(text, self.style),
            Step::Text(_) => {}
            Step::Close(name) => self.close(name),
        }
    }

    fn open(&mut self, element: &Element<'_>) {
        match element.name {
            "sp" => self.holder = None,
            "ph" => {
                let kind = element.attribute("type").unwrap_or_else(|| "body".to_owned());
                self.holder = Some(kind);
            }
            "p" => self.open_paragraph(0),
            "pPr" => {
                let level = element.attribute("lvl").and_then(|level| level.parse().ok());
                self.open_paragraph(level.unwrap_or(0));
            }
            "r" => self.style = Style::default(),
            "rPr" => {
                self.style = Style { bold: element.is_on("b"), italic: element.is_on("i") };
            }
            "t" => self.in_text = true,
            "br" => self.builder.push("\n", self.style),
            "tbl" => self.builder.open_table(),
            "tblPr" if element.is_on("firstRow") => self.builder.mark_first_row_as_head(),
            "tr" => self.builder.open_row(),
            "tc" => self.open_cell(element),
            _ => {}
        }
    }

    fn open_paragraph(&mut self, depth: u8) {
        let kind = match self.holder.as_deref() {
            _ if self.builder.in_table() => Kind::Paragraph,
            Some("title" | "ctrTitle") => Kind::Heading(1),
            Some("body" | "obj") => Kind::ListItem { depth, label: None },
            _ => Kind::Paragraph,
        };
        self.builder.set_kind(kind);
    }

    /// Covered cells are written out in the file; the ones covered from the left carry nothing.
    fn open_cell(&mut self, element: &Element<'_>) {
        let span = |name| element.number(name).unwrap_or(1);
        if element.is_on("hMerge") || element.is_on("vMerge") {
            self.builder.close_cell();
        } else {
            self.builder.open_cell_spanning(span("rowSpan"), span("gridSpan"), false);
        }
    }

    fn close(&mut self, name: &str) {
        match name {
            "p" => self.builder.end_paragraph(),
            "t" => self.in_text = false,
            "tc" => self.builder.close_cell(),
            "tbl" => self.builder.close_table(),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
    use super::super::archive::tests::container;
    use super::*;
    use crate::document::block::Text;

    #[test]
    fn slides_come_in_the_order_of_the_show() {
        let slide = |title: &str| {
            format!(
                "<p:sld><p:sp><p:nvPr><p:ph type='title'/></p:nvPr><a:p><a:r><a:t>{title}</a:t>\
                 </a:r></a:p></p:sp><p:sp><p:ph idx='1'/><a:p><a:pPr lvl='1'/><a:r><a:t>point\
                 </a:t></a:r></a:p></p:sp><a:tbl><a:tblPr firstRow='1'/><a:tr>\
                 <a:tc gridSpan='2'><a:p><a:r><a:t>h</a:t></a:r></a:p></a:tc><a:tc hMerge='1'/>\
                 </a:tr><a:tr><a:tc><a:p><a:r><a:t>1</a:t></a:r></a:p></a:tc>\
                 <a:tc><a:p><a:r><a:t>2</a:t></a:r></a:p></a:tc></a:tr></a:tbl></p:sld>"
            )
        };
        let flow = read(&container(&[
            (
                "ppt/presentation.xml",
                b"<p><sldId id='256' r:id='r2'/><sldId id='257' r:id='r1'/></p>",
            ),
            (
                "ppt/_rels/presentation.xml.rels",
                b"<R><R Id='r1' Target='slides/a.xml'/><R Id='r2' Target='/ppt/slides/b.xml'/></R>",
            ),
            ("ppt/slides/a.xml", slide("second").as_bytes()),
            ("ppt/slides/b.xml", slide("first").as_bytes()),
        ]))
        .unwrap();
        assert_eq!(flow.pages[0].name.as_deref(), Some("first"));
        assert_eq!(flow.pages[1].name.as_deref(), Some("second"));
        let blocks = &flow.pages[0].blocks;
        let item = Block::ListItem { depth: 1, label: None, text: Text::plain("point") };
        assert_eq!(blocks[1], item);
        let Block::Table(table) = &blocks[2] else { panic!("{blocks:?}") };
        assert_eq!(table.grid(), [["h", ""], ["1", "2"]]);
        assert_eq!(table.header_rows, 1);
    }
}
