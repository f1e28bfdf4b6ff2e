//! Layout: from the words and lines of a page to blocks in reading order.
//!
//! Two passes keep memory flat in pages. [`Layout::new`] looks over the whole document for what
//! only the whole can tell: the size and leading of running text, the sizes of headings, lines
//! that repeat from page to page. [`Layout::page`] then makes the blocks of one page:
//!
//! 1. running heads and feet are set apart ([`furniture`]);
//! 2. drawn lines that cross make grids ([`ruled`], the "lattice" method of Tabula and
//!    pdfplumber), and the words in them cells ([`cells`]);
//! 3. of the rest, stacks of full lines are prose ([`prose`]); what is left is searched for
//!    columns by the empty lanes between them ([`aligned`], the "stream" method);
//! 4. the lines that no table took become paragraphs, headings and list entries
//!    ([`paragraph`], [`heading`], [`list`]).
//!
//! Blocks stand in the order of drawing, which is the reading order of nearly all files: two
//! columns come out one after the other without a cut of the page. It knows pages as the model
//! gives them, not how a format draws.

mod aligned;
mod cells;
mod columns;
mod drawn;
mod extent;
mod flow;
mod furniture;
mod heading;
mod heads;
mod line;
mod list;
mod margin;
mod paragraph;
mod parting;
mod prose;
mod row;
mod ruled;
mod tables;
mod typography;
mod wrap;

use std::borrow::Cow;

use self::furniture::Furniture;
use self::typography::Typography;
use super::block::Block;
use super::model::{Document, Page};
use super::render::{self, TableFormat};

/// What the whole document says about its pages.
struct Layout<'a> {
    document: &'a Document,
    typography: Typography,
    furniture: Furniture,
}

impl<'a> Layout<'a> {
    fn new(document: &'a Document) -> Self {
        let typography = Typography::of(document);
        let furniture = Furniture::of(document);
        Self { document, typography, furniture }
    }

    /// The blocks of a page, in reading order.
    fn page(&self, page: &'a Page) -> Cow<'a, [Block]> {
        if page.words.is_empty() {
            return Cow::Borrowed(&page.flow);
        }
        let lines = line::lines(page, &self.document.fonts);
        let (lines, furniture) = self.furniture.part(lines, page);
        let found = tables::find(page, &lines);
        let lines = line::without(lines, &found);
        Cow::Owned(flow::blocks(lines, found, furniture, &self.typography))
    }

    /// The blocks of all pages, page by page; tables that go on know their heads.
    fn pages(&self) -> impl Iterator<Item = Cow<'a, [Block]>> {
        let mut heads: Vec<String> = Vec::new();
        self.document.pages.iter().map(move |page| {
            let mut blocks = self.page(page);
            if let Cow::Owned(blocks) = &mut blocks {
                continue_table(blocks, &heads);
            }
            let mut text = blocks.iter().rev().filter(|block| !is_furniture(block));
            heads = match text.next() {
                Some(Block::Table(table)) => table.heads(),
                _ => Vec::new(),
            };
            blocks
        })
    }
}

/// Gives a table without heads at the top of a page those of the table that ended the page
/// before, when it has as many columns.
fn continue_table(blocks: &mut [Block], heads: &[String]) {
    let first = blocks.iter_mut().find(|block| !is_furniture(block));
    if let Some(Block::Table(table)) = first
        && table.header_rows == 0
        && table.columns == heads.len()
    {
        table.heads_before = heads.to_vec();
    }
}

fn is_furniture(block: &Block) -> bool {
    matches!(block, Block::Furniture(_))
}

impl Document {
    /// The blocks of each page, in reading order.
    #[must_use]
    pub fn blocks(&self) -> Vec<Cow<'_, [Block]>> {
        Layout::new(self).pages().collect()
    }

    /// Each page as Markdown, its tables in the given format.
    #[must_use]
    pub fn markdown(&self, tables: TableFormat) -> Vec<String> {
        Layout::new(self).pages().map(|blocks| render::markdown(&blocks, tables)).collect()
    }
}
