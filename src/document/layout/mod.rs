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
#[derive(Debug)]
pub struct Layout<'a> {
    document: &'a Document,
    typography: Typography,
    furniture: Furniture,
}

impl<'a> Layout<'a> {
    /// Looks over a document.
    #[must_use]
    pub fn new(document: &'a Document) -> Self {
        let typography = Typography::of(document);
        let furniture = Furniture::of(document);
        Self { document, typography, furniture }
    }

    /// The blocks of a page of this document, in reading order.
    #[must_use]
    pub fn page(&self, page: &'a Page) -> Cow<'a, [Block]> {
        if page.words.is_empty() {
            return Cow::Borrowed(&page.flow);
        }
        let lines = line::lines(page, &self.document.fonts);
        let (lines, furniture) = self.furniture.part(lines, page);
        let found = tables::find(page, &lines);
        let lines = line::without(lines, &found);
        Cow::Owned(flow::blocks(lines, found, furniture, &self.typography))
    }
}

impl Document {
    /// The blocks of each page, in reading order.
    #[must_use]
    pub fn blocks(&self) -> Vec<Cow<'_, [Block]>> {
        let layout = Layout::new(self);
        self.pages.iter().map(|page| layout.page(page)).collect()
    }

    /// Each page as Markdown, its tables in the given format.
    #[must_use]
    pub fn markdown(&self, tables: TableFormat) -> Vec<String> {
        let layout = Layout::new(self);
        self.pages.iter().map(|page| render::markdown(&layout.page(page), tables)).collect()
    }
}
