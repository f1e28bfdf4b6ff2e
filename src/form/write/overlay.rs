//! What is drawn on top of a page: text in blanks, ticks in boxes, marked boxes.
//!
//! Drawn in the page as shown (origin at the lower left of the visible part, upright), so
//! rotation and crop box are the business of one matrix. Must not know interactive fields.

use std::collections::BTreeSet;

use lopdf::{Dictionary, Object, ObjectId};

use super::super::field::{Field, Role};
use super::super::file::PdfFile;
use super::Operators;
use super::colour::Colour;
use super::font::{Face, Fonts};
use super::layout::{self, Room};
use crate::document::Rect;
use crate::document::pdf::page;
use crate::document::pdf::page_tree;

/// Size of text on flat forms before it is fitted, in points.
const TEXT_SIZE: f32 = 10.5;
/// Blanks higher than this take several lines, in points.
const MANY_LINES_HEIGHT: f32 = 30.0;

/// Drawings for one page.
#[derive(Debug, Default)]
pub(in crate::form) struct Overlay {
    pub(in crate::form) content: Operators,
    faces: BTreeSet<Face>,
}

impl Overlay {
    /// Draws the value of a flat field.
    pub(in crate::form) fn write(
        &mut self,
        fonts: &mut Fonts,
        field: &Field,
        value: &str,
        colour: Colour,
        warnings: &mut Vec<String>,
    ) {
        if field.is_checkbox {
            if value == "true" {
                self.cross(field, colour);
            }
            return;
        }
        let face = Fonts::face(Face::Standard("Helvetica"), value);
        let missing: String = fonts.missing(face, value).into_iter().collect();
        if !missing.is_empty() {
            warnings.push(format!("{}: no font has the letters {missing}", field.key));
        }
        let (width, height) = (field.bbox.width(), field.bbox.height());
        let room = Room { width, height, padding: 2.0, alignment: 0 };
        let measure = |text: &str| fonts.measure(face, text);
        let cells = match &field.role {
            Role::Text { comb: true, letters_max: Some(cells), .. } => Some(*cells),
            _ => None,
        };
        let mut placed = if let Some(cells) = cells {
            layout::comb(value, &measure, room, TEXT_SIZE, cells)
        } else if height > MANY_LINES_HEIGHT || value.contains('\n') {
            layout::many_lines(value, &measure, Room { padding: 3.0, ..room }, TEXT_SIZE)
        } else {
            let size = TEXT_SIZE.min((height * 0.8).max(layout::SIZE_MIN));
            let mut line = layout::one_line(value, &measure, room, size);
            // What stands on a line stands low: descenders just touch it.
            let low = (0.24 * line.size).max(height * 0.16);
            line.lines.iter_mut().for_each(|l| l.y = l.y.min(low));
            line
        };
        if placed.overflows {
            warnings.push(format!("{}: the value is longer than its blank", field.key));
        }
        let (_, page_height) = field.page_size;
        let (x, y) = (field.bbox.x0, page_height - field.bbox.y1);
        placed.lines.iter_mut().for_each(|line| (line.x, line.y) = (line.x + x, line.y + y));
        self.lines(fonts, face, placed.size, &placed.lines, colour);
    }

    /// Writes lines whose places are those of the page as shown, y upwards.
    fn lines(
        &mut self,
        fonts: &mut Fonts,
        face: Face,
        size: f32,
        lines: &[layout::PlacedLine],
        colour: Colour,
    ) {
        self.faces.insert(face);
        self.content.raw("BT").fill_colour(colour).font(face.resource(), size);
        for line in lines {
            self.content.op(&[1.0, 0.0, 0.0, 1.0, line.x, line.y], "Tm");
            self.content.show(&fonts.encode(face, &line.text));
        }
        self.content.raw("ET");
    }

    /// One line at a place of the page as shown, y upwards.
    pub(in crate::form) fn label(
        &mut self,
        fonts: &mut Fonts,
        (x, y): (f32, f32),
        size: f32,
        text: &str,
        colour: Colour,
    ) {
        let face = Fonts::face(Face::Standard("Helvetica"), text);
        let line = layout::PlacedLine { text: text.to_owned(), x, y };
        self.lines(fonts, face, size, &[line], colour);
    }

    fn cross(&mut self, field: &Field, colour: Colour) {
        let Rect { x0, x1, y0, y1 } = field.bbox;
        let (top, bottom) = (field.page_size.1 - y0, field.page_size.1 - y1);
        let side = (x1 - x0).min(top - bottom);
        let inset = side * 0.18;
        let (cx, cy, half) = ((x0 + x1) / 2.0, (top + bottom) / 2.0, side / 2.0 - inset);
        self.content.raw("q").stroke_colour(colour).op(&[(side * 0.14).max(1.0)], "w").raw("1 J");
        self.content.op(&[cx - half, cy - half], "m").op(&[cx + half, cy + half], "l");
        self.content.op(&[cx - half, cy + half], "m").op(&[cx + half, cy - half], "l");
        self.content.raw("S").raw("Q");
    }

    /// Puts the drawings on the page of that number.
    pub(in crate::form) fn place(self, file: &mut PdfFile, fonts: &mut Fonts, number: u32) {
        if self.content.is_empty() {
            return;
        }
        let Some((page, matrix)) = page_and_matrix(file, number) else { return };
        let faces: Vec<Face> = self.faces.iter().copied().collect();
        let mut resources = Dictionary::new();
        resources.set("Font", fonts.resources(file, &faces));
        let mut form = Dictionary::new();
        form.set("Type", Object::Name(b"XObject".to_vec()));
        form.set("Subtype", Object::Name(b"Form".to_vec()));
        form.set("BBox", numbers(&[-10_000.0, -10_000.0, 10_000.0, 10_000.0]));
        form.set("Resources", resources);
        let form = file.add_stream(form, self.content.into_bytes());
        draw_on_page(file, page, &[(form, matrix)]);
    }
}

/// The object of a page, and the matrix from the page as shown (y upwards) to its user space.
fn page_and_matrix(file: &PdfFile, number: u32) -> Option<(ObjectId, [f32; 6])> {
    let objects = file.objects();
    let pages = page_tree::pages(&objects, usize::MAX);
    let node = pages.get(usize::try_from(number.checked_sub(1)?).ok()?)?;
    let (to_page, _, height) = page::geometry(node);
    let inverse = to_page.inverse()?;
    // First flip y, then go back to user space.
    let origin = inverse.apply(0.0, f64::from(height));
    let right = inverse.apply(1.0, f64::from(height));
    let up = inverse.apply(0.0, f64::from(height) - 1.0);
    let matrix = [
        right.0 - origin.0,
        right.1 - origin.1,
        up.0 - origin.0,
        up.1 - origin.1,
        origin.0,
        origin.1,
    ];
    Some((node.id?, matrix.map(|value| value as f32)))
}

pub(super) fn numbers(values: &[f32]) -> Object {
    Object::Array(values.iter().map(|value| Object::Real(*value)).collect())
}

/// Draws forms on a page, each through a matrix, after everything that is there.
pub(super) fn draw_on_page(file: &mut PdfFile, page: ObjectId, forms: &[(ObjectId, [f32; 6])]) {
    let Some(names) = add_to_resources(file, page, forms) else { return };
    let mut after = Operators::default();
    // Closes the state that the first stream opens, so that the page's own state is no matter.
    after.raw("Q");
    for (name, (_, matrix)) in names.iter().zip(forms) {
        after.raw("q").op(matrix, "cm").raw(&format!("/{name} Do")).raw("Q");
    }
    let before = file.add_stream(Dictionary::new(), b"q\n".to_vec());
    let after = file.add_stream(Dictionary::new(), after.into_bytes());
    let old = file.dict(page).and_then(|dict| dict.get(b"Contents").ok()).cloned();
    let mut contents = vec![Object::Reference(before)];
    if let Some(old) = old {
        match file.follow(&old).1 {
            Object::Array(items) => contents.extend(items),
            Object::Stream(_) => contents.push(old),
            _ => {}
        }
    }
    contents.push(Object::Reference(after));
    if let Some(page) = file.dict_mut(page) {
        page.set("Contents", Object::Array(contents));
    }
}

/// Names the forms in resources of the page's own, which keep what it inherited.
fn add_to_resources(
    file: &mut PdfFile,
    page: ObjectId,
    forms: &[(ObjectId, [f32; 6])],
) -> Option<Vec<String>> {
    let mut resources = {
        let objects = file.objects();
        let pages = page_tree::pages(&objects, usize::MAX);
        let node = pages.iter().find(|node| node.id == Some(page))?;
        node.resources.cloned().unwrap_or_default()
    };
    let mut drawn = match resources.get(b"XObject").map(|drawn| file.follow(drawn).1) {
        Ok(Object::Dictionary(drawn)) => drawn,
        _ => Dictionary::new(),
    };
    let mut names = Vec::new();
    let mut number = 0;
    for (form, _) in forms {
        let name = loop {
            number += 1;
            let name = format!("DsForm{number}");
            if !drawn.has(name.as_bytes()) {
                break name;
            }
        };
        drawn.set(name.as_str(), Object::Reference(*form));
        names.push(name);
    }
    resources.set("XObject", drawn);
    file.dict_mut(page)?.set("Resources", resources);
    Some(names)
}
