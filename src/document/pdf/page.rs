//! One page: from its node in the tree to the page of the model.

use std::ops::ControlFlow;

use lopdf::Object;

use super::content::{Bounds, Drawing, Interpreter, Shared, Stop};
use super::matrix::Matrix;
use super::objects::Objects;
use super::page_tree::PageNode;
use super::picture::Placed;
use super::text;
use crate::document::geometry::Rect;
use crate::document::model::Page;

/// Fewer letters than this on a page that is mostly a picture make it a scan.
const SCAN_LETTERS_MAX: usize = 40;

/// Share of the page that a picture covers at least when nothing else stands on it.
const SCAN_SHARE_WITHOUT_TEXT: f32 = 0.05;

/// User space to page space, and the size of the page as shown.
pub(crate) fn geometry(node: &PageNode<'_>) -> (Matrix, f32, f32) {
    let [x0, y0, x1, y1] = node.view;
    let (width, height) = ((x1 - x0) as f32, (y1 - y0) as f32);
    match node.rotation {
        90 => (Matrix::from_array([0.0, 1.0, 1.0, 0.0, -y0, -x0]), height, width),
        180 => (Matrix::from_array([-1.0, 0.0, 0.0, 1.0, x1, -y0]), width, height),
        270 => (Matrix::from_array([0.0, -1.0, -1.0, 0.0, y1, x1]), height, width),
        _ => (Matrix::from_array([1.0, 0.0, 0.0, -1.0, -x0, y1]), width, height),
    }
}

/// A page, and what its caller must know of how it was read.
pub(super) struct PageRead {
    pub(super) page: Page,
    pub(super) glyphs: usize,
    /// A limit cut it off.
    pub(super) was_cut: bool,
    /// The pictures of a page whose text must be read from them.
    pub(super) scan: Option<Vec<Placed>>,
}

/// Reads a page.
pub(super) fn read<'a>(
    objects: &Objects<'a>,
    shared: &mut Shared<'a>,
    node: &PageNode<'a>,
    number: u32,
    bounds: Bounds,
    checkpoint: &dyn Fn() -> ControlFlow<()>,
) -> Result<PageRead, Stop> {
    let (to_page, width, height) = geometry(node);
    let content = content(objects, node);
    let view = Rect::new(0.0, 0.0, width, height);
    let interpreter = Interpreter::new(objects, shared, view, bounds, checkpoint);
    let mut drawing = interpreter.page(&content, node.resources, to_page)?;
    let built = text::build(&mut drawing, &shared.fonts, &view);
    let glyphs = drawing.glyphs.len();
    let is_scan = is_scan(&drawing, &view, &built.text);
    // An invisible layer holds what somebody's OCR has read.
    let has_layer = built.words.iter().any(|word| word.hidden);
    let Drawing { rules, fills, rings, images, was_cut, placed, .. } = drawing;
    let scan = (is_scan && !has_layer).then_some(placed);
    let page = Page {
        number,
        width,
        height,
        rotation: node.rotation,
        text: built.text,
        words: built.words,
        lines: built.lines,
        rules,
        fills,
        rings,
        images,
        is_scan,
        unmapped_glyphs: built.unmapped_glyphs,
        ..Page::default()
    };
    Ok(PageRead { page, glyphs, was_cut, scan })
}

/// Bytes of a page's content streams as they are stored.
pub(super) fn content_bytes<'a>(objects: &Objects<'a>, node: &PageNode<'a>) -> usize {
    let bytes = |object: &Object| match object {
        Object::Stream(stream) => stream.content.len(),
        _ => 0,
    };
    match objects.get(node.dict, b"Contents") {
        Some(Object::Array(items)) => items.iter().map(|item| bytes(objects.resolve(item))).sum(),
        Some(object) => bytes(object),
        None => 0,
    }
}

/// The content streams of a page, joined by line ends.
fn content<'a>(objects: &Objects<'a>, node: &PageNode<'a>) -> Vec<u8> {
    let mut content = Vec::new();
    match objects.get(node.dict, b"Contents") {
        Some(Object::Stream(stream)) => content = objects.decode(stream).into_owned(),
        Some(Object::Array(items)) => {
            for item in items {
                if let Object::Stream(stream) = objects.resolve(item) {
                    content.extend_from_slice(&objects.decode(stream));
                    content.push(b'\n');
                }
            }
        }
        _ => {}
    }
    content
}

fn is_scan(drawing: &Drawing, view: &Rect, text: &str) -> bool {
    let covered: f32 = drawing.images.iter().map(|image| image.bbox.area()).sum();
    let letters = text.chars().filter(|letter| !letter.is_whitespace()).take(SCAN_LETTERS_MAX);
    match letters.count() {
        0 => covered > view.area() * SCAN_SHARE_WITHOUT_TEXT,
        letters => covered > view.area() * 0.5 && letters < SCAN_LETTERS_MAX,
    }
}
