//! From a picture to the text, words and lines of a page of the model.

use std::ops::ControlFlow;

use super::super::error::DocumentError;
use super::super::geometry::Rect;
use super::super::model::{
    Direction, Document, Font, FontStyle, Line, Page, TextSpan, Warning, WarningKind, Word,
};
use super::super::picture::raster::{Raster, Turn};
use super::{Ocr, OcrError, OcrLine, OcrWord, Reading, Recognizer, order, ruling, skew};
use crate::base::limits;

/// Lines that run straighter than this are left as they are, in degrees.
const SLOPE_MIN: f32 = 0.15;
/// A line's box holds its letters from top to bottom; its type size is this share of it.
const SIZE_OF_HEIGHT: f32 = 0.84;
/// The baseline stands this share of the box above its bottom.
const BASELINE_OF_HEIGHT: f32 = 0.2;
/// Heights are guessed by the letters that happen to be there: sizes as near to the usual one
/// of the page as this are that one.
const SAME_SIZE: f32 = 0.2;
/// Share of a found word that a word of the document covers when both are the same ink.
const SAME_PLACE: f32 = 0.4;
/// Font number of words that were read, until the fonts of the document are known.
const FONT_PENDING: u32 = u32::MAX;

/// Makes a picture small enough to be read.
pub(in crate::document) fn fit(picture: Raster) -> Raster {
    let pixels = picture.width() * picture.height();
    if pixels <= limits::OCR_PIXELS_MAX {
        return picture;
    }
    let by = (limits::OCR_PIXELS_MAX as f32 / pixels as f32).sqrt();
    let side = |length: usize| ((length as f32 * by) as usize).max(1);
    picture.resized(side(picture.width()), side(picture.height()))
}

/// Reads a picture that covers a page and adds what stands in it to the page.
///
/// Without an engine, or when it fails, the page stays as it is and a warning says why.
pub(in crate::document) fn read_page(
    page: &mut Page,
    document: &mut Document,
    picture: &Raster,
    ocr: Option<&Ocr>,
    checkpoint: &dyn Fn() -> ControlFlow<()>,
) -> Result<(), DocumentError> {
    let engine = ocr.map_or(Err(OcrError::NotSetUp), Ocr::recognizer);
    match engine.and_then(|engine| read_with(engine, page, picture, checkpoint)) {
        Ok(()) => Ok(()),
        Err(OcrError::Cancelled) => Err(DocumentError::Cancelled),
        Err(error) => {
            let message = format!("the page is a picture and its text was not read: {error}");
            let warning = Warning { kind: WarningKind::Scan, page: Some(page.number), message };
            if document.warnings.len() < limits::DOCUMENT_WARNINGS_MAX {
                document.warnings.push(warning);
            }
            Ok(())
        }
    }
}

fn read_with(
    engine: &dyn Recognizer,
    page: &mut Page,
    picture: &Raster,
    checkpoint: &dyn Fn() -> ControlFlow<()>,
) -> Result<(), OcrError> {
    if picture.width() == 0 || picture.height() == 0 {
        return Ok(());
    }
    let slope = skew::slope(picture);
    let straight = match slope.abs() >= SLOPE_MIN {
        true => &picture.rotated(-slope),
        false => picture,
    };
    // A page that has words of its own stays as they stand.
    let may_turn = page.words.is_empty();
    match engine.read(straight, may_turn, checkpoint)? {
        Reading::Lines(lines) => add(page, &lines, straight),
        Reading::Turn(turn) => {
            let turned = straight.turned(turn);
            if let Reading::Lines(lines) = engine.read(&turned, false, checkpoint)? {
                turn_page(page, turn);
                add(page, &lines, &turned);
            }
        }
    }
    Ok(())
}

/// Turns an empty page and what is drawn on it.
fn turn_page(page: &mut Page, turn: Turn) {
    let (width, height) = (page.width, page.height);
    let place = |x: f32, y: f32| match turn {
        Turn::Right => (height - y, x),
        Turn::Half => (width - x, height - y),
        Turn::Left => (y, width - x),
    };
    let turned = |rect: &mut Rect| {
        let ((xa, ya), (xb, yb)) = (place(rect.x0, rect.y0), place(rect.x1, rect.y1));
        *rect = Rect::new(xa, ya, xb, yb);
    };
    page.images.iter_mut().for_each(|image| turned(&mut image.bbox));
    page.rules.iter_mut().for_each(|rule| turned(&mut rule.bbox));
    page.fills.iter_mut().for_each(turned);
    page.links.iter_mut().for_each(|link| turned(&mut link.bbox));
    if turn != Turn::Half {
        (page.width, page.height) = (height, width);
    }
    page.rotation = (page.rotation + turn.degrees()) % 360;
}

/// Adds lines that were found in a picture of the whole page.
fn add(page: &mut Page, lines: &[OcrLine], picture: &Raster) {
    let scale =
        Scale { x: page.width / picture.width() as f32, y: page.height / picture.height() as f32 };
    let own: Vec<Rect> = page.words.iter().map(|word| word.bbox).collect();
    let is_own = |word: &OcrWord| {
        let place = scale.rect(&word.bbox);
        let shared = own.iter().filter_map(|own| own.intersection(&place));
        shared.map(|both| both.area()).sum::<f32>() > place.area() * SAME_PLACE
    };
    let mut found: Vec<OcrLine> = lines.to_vec();
    for line in &mut found {
        line.words.retain(|word| !word.text.is_empty() && !is_own(word));
    }
    found.retain(|line| !line.words.is_empty());
    if page.rules.is_empty() {
        page.rules = ruling::rules(picture, (scale.x, scale.y));
    }
    let usual = usual_size(&found, scale);
    for row in order::rows(&found) {
        let row = row.iter().filter_map(|&index| found.get(index));
        write_row(page, row, scale, usual);
    }
}

/// Points of a pixel.
#[derive(Debug, Clone, Copy)]
struct Scale {
    x: f32,
    y: f32,
}

impl Scale {
    fn rect(self, rect: &Rect) -> Rect {
        Rect {
            x0: rect.x0 * self.x,
            y0: rect.y0 * self.y,
            x1: rect.x1 * self.x,
            y1: rect.y1 * self.y,
        }
    }
}

fn raw_size(line: &OcrLine, scale: Scale) -> f32 {
    let bbox = scale.rect(&line.bbox);
    let height = if line.is_vertical { bbox.width() } else { bbox.height() };
    height * SIZE_OF_HEIGHT
}

/// The size of most letters, in points.
fn usual_size(lines: &[OcrLine], scale: Scale) -> f32 {
    let letters = |line: &OcrLine| line.words.iter().map(|word| word.text.len()).sum::<usize>();
    let mut sizes: Vec<(f32, usize)> =
        lines.iter().map(|line| (raw_size(line, scale), letters(line))).collect();
    sizes.sort_by(|left, right| left.0.total_cmp(&right.0));
    let half = sizes.iter().map(|(_, letters)| letters).sum::<usize>() / 2;
    let mut passed = 0;
    let middle = sizes.iter().find(|(_, letters)| {
        passed += letters;
        passed > half
    });
    rounded(middle.map_or(10.0, |(size, _)| *size))
}

/// To half points.
fn rounded(size: f32) -> f32 {
    ((size * 2.0).round() / 2.0).max(1.0)
}

fn write_row<'a>(
    page: &mut Page,
    row: impl Iterator<Item = &'a OcrLine>,
    scale: Scale,
    usual: f32,
) {
    let mut line: Option<Line> = None;
    if !page.text.is_empty() && !page.text.ends_with('\n') {
        page.text.push('\n');
    }
    let (line_start, words_start) = (page.text.len() as u32, page.words.len() as u32);
    for found in row {
        let size = raw_size(found, scale);
        let is_usual = (size - usual).abs() <= usual * SAME_SIZE;
        let size = if is_usual { usual } else { rounded(size) };
        let own = scale.rect(&found.bbox);
        let baseline = match found.is_vertical {
            true => own.x0 + own.width() * BASELINE_OF_HEIGHT,
            false => own.y1 - own.height() * BASELINE_OF_HEIGHT,
        };
        // Pieces of one row stand on one baseline.
        let baseline = match &line {
            Some(line) if !found.is_vertical && line.angle == 0 => line.baseline,
            _ => baseline,
        };
        let angle = if found.is_vertical { 90 } else { 0 };
        for word in &found.words {
            if page.text.len() > line_start as usize {
                page.text.push(' ');
            }
            let start = page.text.len() as u32;
            page.text.push_str(&word.text);
            let span = TextSpan { start, end: page.text.len() as u32 };
            let bbox = scale.rect(&word.bbox);
            page.words.push(Word {
                span,
                bbox,
                baseline,
                size,
                font: FONT_PENDING,
                angle,
                direction: Direction::LeftToRight,
                style: FontStyle::default(),
                hidden: false,
                confidence: Some(word.confidence.clamp(0.0, 1.0)),
            });
            let line = line.get_or_insert(Line { bbox, baseline, angle, ..Line::default() });
            line.bbox = line.bbox.union(&bbox);
        }
    }
    if let Some(line) = line {
        page.lines.push(Line {
            span: TextSpan { start: line_start, end: page.text.len() as u32 },
            words_start,
            words_end: page.words.len() as u32,
            ..line
        });
    }
}

/// Gives the words that were read a font of the document.
pub(in crate::document) fn add_font(document: &mut Document) {
    let number = document.fonts.len() as u32;
    let words = document.pages.iter_mut().flat_map(|page| &mut page.words);
    let mut is_used = false;
    for word in words.filter(|word| word.font == FONT_PENDING) {
        word.font = number;
        is_used = true;
    }
    if is_used {
        document.fonts.push(Font { name: "OCR".to_owned(), ..Font::default() });
    }
}
