//! Runs the content of a page and collects what it draws: glyphs, rules, fills and pictures.
//!
//! An interpreter of our own over the raw bytes: no allocation for an operator, recovery after
//! bad bytes, and a bound on everything (ISO 32000-1, 7.8, 8 and 9). It knows nothing of words.

mod image;
mod inline;
mod layers;
mod marked;
mod operator;
mod path;
mod state;
mod text;
mod xobject;

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::rc::Rc;

use lopdf::Dictionary;

use super::font::FontTable;
use super::glyph::{Glyph, Run};
use super::lexer::{Lexer, Token};
use super::matrix::Matrix;
use super::objects::Objects;
use super::picture::Placed;
use crate::base::limits::{
    DOCUMENT_CONTENT_OPERANDS_MAX, DOCUMENT_PAGE_FORMS_MAX, DOCUMENT_PAGE_INLINE_BYTES_MAX,
};
use crate::document::geometry::Rect;
use crate::document::model::{Image, Rule};
pub(super) use layers::Layers;
use marked::MarkedContent;
use state::{Frame, Paint};

/// Everything one page draws.
#[derive(Default)]
pub(super) struct Drawing {
    pub(super) glyphs: Vec<Glyph>,
    pub(super) runs: Vec<Run>,
    pub(super) rules: Vec<Rule>,
    pub(super) fills: Vec<Rect>,
    pub(super) rings: Vec<Rect>,
    pub(super) images: Vec<Image>,
    /// The same pictures, those of streams, as they are needed to draw them.
    pub(super) placed: Vec<Placed>,
    /// A limit cut the page off.
    pub(super) was_cut: bool,
}

impl Drawing {
    /// The index of a run; the last one is used again when it is the same.
    fn push_run(&mut self, run: Run) -> u32 {
        if self.runs.last() != Some(&run) {
            self.runs.push(run);
        }
        self.runs.len() as u32 - 1
    }
}

/// Why the run of a page ends early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// A limit of the page was reached; what was drawn stays.
    Limit,
    /// The caller wants no more.
    Cancelled,
}

/// What pages share: fonts, layers and decoded forms.
pub(super) struct Shared<'a> {
    pub(super) fonts: FontTable,
    pub(super) layers: Layers,
    /// Decoded content of forms by the address of their stream.
    forms: HashMap<usize, Rc<[u8]>>,
    forms_bytes: usize,
    marker: std::marker::PhantomData<&'a ()>,
}

impl<'a> Shared<'a> {
    pub(super) fn new(objects: &Objects<'a>) -> Self {
        Self {
            fonts: FontTable::default(),
            layers: Layers::read(objects),
            forms: HashMap::new(),
            forms_bytes: 0,
            marker: std::marker::PhantomData,
        }
    }
}

/// Bounds of one page.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) operators_max: usize,
    pub(super) glyphs_max: usize,
}

/// Runs content for one page.
pub(super) struct Interpreter<'a, 'b> {
    objects: &'b Objects<'a>,
    shared: &'b mut Shared<'a>,
    checkpoint: &'b dyn Fn() -> ControlFlow<()>,
    page: Rect,
    drawing: Drawing,
    /// Paint of each fill of the drawing.
    fill_paints: Vec<Paint>,
    marked: MarkedContent,
    operators_left: usize,
    glyphs_left: usize,
    forms_left: usize,
    inline_bytes_left: usize,
    /// Addresses of the forms being drawn, against rings.
    active_forms: Vec<usize>,
    string: Vec<u8>,
}

/// Operators between two looks at the progress hook.
const CHECKPOINT_OPERATORS: usize = 1 << 16;

impl<'a, 'b> Interpreter<'a, 'b> {
    pub(super) fn new(
        objects: &'b Objects<'a>,
        shared: &'b mut Shared<'a>,
        page: Rect,
        bounds: Bounds,
        checkpoint: &'b dyn Fn() -> ControlFlow<()>,
    ) -> Self {
        Self {
            objects,
            shared,
            checkpoint,
            page,
            drawing: Drawing::default(),
            fill_paints: Vec::new(),
            marked: MarkedContent::default(),
            operators_left: bounds.operators_max,
            glyphs_left: bounds.glyphs_max,
            forms_left: DOCUMENT_PAGE_FORMS_MAX,
            inline_bytes_left: DOCUMENT_PAGE_INLINE_BYTES_MAX,
            active_forms: Vec::new(),
            string: Vec::new(),
        }
    }

    /// Runs a page's content; `to_page` maps its user space to page space.
    pub(super) fn page(
        mut self,
        content: &[u8],
        resources: Option<&'a Dictionary>,
        to_page: Matrix,
    ) -> Result<Drawing, Stop> {
        let mut frame = Frame::new(resources, to_page);
        match self.run(content, &mut frame) {
            Ok(()) => {}
            Err(Stop::Limit) => self.drawing.was_cut = true,
            Err(Stop::Cancelled) => return Err(Stop::Cancelled),
        }
        self.marked.close_all(&mut self.drawing, &mut self.shared.fonts.store);
        Ok(self.drawing)
    }

    fn run(&mut self, content: &[u8], frame: &mut Frame<'a>) -> Result<(), Stop> {
        let mut lexer = Lexer::new(content);
        let mut operands: Vec<Token<'_>> = Vec::with_capacity(64);
        while let Some(token) = lexer.next() {
            let Token::Keyword(word) = token else {
                if operands.len() < DOCUMENT_CONTENT_OPERANDS_MAX {
                    operands.push(token);
                }
                continue;
            };
            if matches!(word, b"true" | b"false" | b"null") {
                operands.push(Token::Number(0.0));
                continue;
            }
            self.operators_left = self.operators_left.checked_sub(1).ok_or(Stop::Limit)?;
            if self.operators_left.is_multiple_of(CHECKPOINT_OPERATORS)
                && (self.checkpoint)().is_break()
            {
                return Err(Stop::Cancelled);
            }
            self.operator(word, &operands, &mut lexer, frame)?;
            operands.clear();
        }
        Ok(())
    }
}
