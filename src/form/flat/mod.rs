//! Blanks of forms without interactive fields: what a person sees as a place to write.
//!
//! Boxes, lines, leaders and marks are looked for on their own ([`boxes`], [`lines`],
//! [`marks`]); here they are put together, labelled and named. The rules follow what drawn
//! forms have in common (Adobe's and Apple's form detection look for the same signs, as does
//! the training data of CommonForms, Barrow 2025): a blank is empty, has room to write, and
//! words that ask for something beside it.

mod boxes;
mod lines;
mod marks;
mod segments;

use super::detect::{name_all, reading_order};
use super::field::{Field, Role, Target};
use super::label::{self, Spot};
use super::phrase::{PageText, Phrase};
use crate::document::{Document, Page, Rect};
use segments::Segments;

/// Blanks higher than this take several lines, in points.
const MANY_LINES_HEIGHT: f32 = 30.0;
/// Shared area over which two blanks are one, as a share of the smaller.
const SAME_SHARE: f32 = 0.4;
/// A page with fewer sure blanks than this has no unsure ones.
const SURE_MIN: usize = 3;

/// A blank of a page.
#[derive(Debug, Clone, PartialEq)]
struct Blank {
    bbox: Rect,
    shape: Shape,
    /// The phrase inside its box that names it.
    caption: Option<usize>,
}

/// What a blank looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// A box to be ticked.
    Tick,
    /// A line to write on.
    Line,
    /// A box to write in.
    Box,
    /// A row of cells, one for each letter.
    Comb(usize),
    /// Nothing is drawn; words that end in a colon ask.
    Open,
}

/// What is known of a page while blanks are looked for.
struct Sheet<'a> {
    page: &'a Page,
    text: &'a PageText,
    segments: &'a Segments,
}

impl Sheet<'_> {
    fn phrases(&self) -> &[Phrase] {
        &self.text.phrases
    }

    /// Phrases whose middle is inside a box, with their index.
    fn inside(&self, b: &Rect) -> Vec<(usize, &Phrase)> {
        let is_inside = |p: &Rect| {
            let (x, y) = (f32::midpoint(p.x0, p.x1), f32::midpoint(p.y0, p.y1));
            x > b.x0 && x < b.x1 && y > b.y0 && y < b.y1
        };
        self.phrases().iter().enumerate().filter(|(_, phrase)| is_inside(&phrase.bbox)).collect()
    }
}

/// Finds the blanks of a document.
pub(super) fn fields(document: &Document) -> Vec<Field> {
    let mut fields = Vec::new();
    for page in &document.pages {
        let segments = Segments::of(page);
        let separators: Vec<Rect> = segments.walls();
        let text = PageText::read(document, page, &separators);
        let sheet = Sheet { page, text: &text, segments: &segments };
        let blanks = blanks(&sheet);
        fields.extend(labelled(&sheet, &blanks));
    }
    name_all(&mut fields);
    fields
}

/// The blanks of a page in reading order, the surer ones first where two are the same place.
fn blanks(sheet: &Sheet<'_>) -> Vec<Blank> {
    let cells = boxes::cells(sheet.segments);
    let mut found = marks::find(sheet);
    found.extend(boxes::find(sheet, &cells));
    found.extend(lines::leaders(sheet));
    found.extend(lines::rules(sheet, &cells));
    let mut kept: Vec<Blank> = Vec::new();
    for blank in found {
        if !kept.iter().any(|other| are_same(&blank, other)) {
            kept.push(blank);
        }
    }
    if kept.len() >= SURE_MIN {
        for blank in lines::rows(sheet, &cells).into_iter().chain(lines::open(sheet, &kept)) {
            if !kept.iter().any(|other| are_same(&blank, other)) {
                kept.push(blank);
            }
        }
    }
    kept.sort_by(|a, b| reading_order(&a.bbox, &b.bbox));
    kept
}

fn are_same(a: &Blank, b: &Blank) -> bool {
    let shared = a.bbox.intersection(&b.bbox).map_or(0.0, |shared| shared.area());
    shared > SAME_SHARE * a.bbox.area().min(b.bbox.area()).max(0.1)
}

fn labelled(sheet: &Sheet<'_>, blanks: &[Blank]) -> Vec<Field> {
    let spots: Vec<Spot> = blanks
        .iter()
        .map(|blank| Spot {
            bbox: blank.bbox,
            is_check: blank.shape == Shape::Tick,
            is_line: blank.shape == Shape::Line,
            caption: blank.caption,
            group: None,
        })
        .collect();
    let labels = label::find(&spots, sheet.phrases());
    let (width, height) = (sheet.page.width, sheet.page.height);
    let named = blanks.iter().zip(labels.labels).zip(labels.groups);
    let field = |((blank, label), group): ((&Blank, _), _)| Field {
        key: String::new(),
        description: String::new(),
        is_checkbox: blank.shape == Shape::Tick,
        page: sheet.page.number,
        bbox: blank.bbox,
        page_size: (width, height),
        label,
        role: role(blank),
        value: None,
        read_only: false,
        group,
        target: Target::Drawn,
    };
    named.map(field).filter(is_asked_for).collect()
}

/// A blank that nothing names is a decoration, unless it is a box to be ticked.
fn is_asked_for(field: &Field) -> bool {
    let label = &field.label;
    field.is_checkbox || !label.own.is_empty() || !label.also.is_empty()
}

fn role(blank: &Blank) -> Role {
    match blank.shape {
        Shape::Tick => Role::Check { exclusive: false },
        Shape::Comb(cells) => {
            Role::Text { multiline: false, letters_max: Some(cells), comb: true, format: None }
        }
        _ => Role::Text {
            multiline: blank.bbox.height() > MANY_LINES_HEIGHT,
            letters_max: None,
            comb: false,
            format: None,
        },
    }
}
