//! Making values part of the pages: what the widgets show is drawn, the fields go.

use std::collections::BTreeMap;

use lopdf::{Object, ObjectId};

use super::super::acroform::AcroField;
use super::Writer;
use super::overlay::draw_on_page;
use crate::document::pdf::page_tree;

impl Writer {
    /// Draws every visible widget on its page and removes all of them.
    pub(super) fn flatten(&mut self, fields: &[AcroField]) {
        let pages: Vec<Option<ObjectId>> = {
            let objects = self.file.objects();
            page_tree::pages(&objects, usize::MAX).iter().map(|node| node.id).collect()
        };
        let mut drawn: BTreeMap<usize, Vec<(ObjectId, [f32; 6])>> = BTreeMap::new();
        let mut gone: BTreeMap<usize, Vec<ObjectId>> = BTreeMap::new();
        for widget in fields.iter().flat_map(|field| &field.widgets) {
            gone.entry(widget.page).or_default().push(widget.id);
            if !widget.is_hidden
                && let Some(drawing) = self.drawing(widget.id)
            {
                drawn.entry(widget.page).or_default().push(drawing);
            }
        }
        for (page, drawings) in drawn {
            if let Some(id) = pages.get(page).copied().flatten() {
                draw_on_page(&mut self.file, id, &drawings);
            }
        }
        for (page, widgets) in gone {
            if let Some(id) = pages.get(page).copied().flatten() {
                self.remove_annotations(id, &widgets);
            }
        }
        if let Some(catalog) = self.file.catalog_id().and_then(|id| self.file.dict_mut(id)) {
            catalog.remove(b"AcroForm");
        }
    }

    /// The form that shows a widget, and the matrix that puts it in its place
    /// (ISO 32000-1, 12.5.5, algorithm 8.1).
    fn drawing(&self, widget: ObjectId) -> Option<(ObjectId, [f32; 6])> {
        let objects = self.file.objects();
        let dict = self.file.dict(widget)?;
        let normal = objects.dict(dict, b"AP")?.get(b"N").ok()?;
        let (form, normal) = self.file.follow(normal);
        let form = match &normal {
            Object::Stream(_) => form?,
            Object::Dictionary(states) => {
                let state = objects.name(dict, b"AS")?;
                self.file.follow(states.get(state).ok()?).0?
            }
            _ => return None,
        };
        let stream = self.file.dict(form)?;
        let bounds = objects.numbers::<4>(stream, b"BBox")?;
        let own = objects.numbers::<6>(stream, b"Matrix");
        let own = crate::document::pdf::matrix::Matrix::from_array(
            own.unwrap_or([1.0, 0.0, 0.0, 1.0, 0.0, 0.0]),
        );
        let [x0, y0, x1, y1] = own.bounds(bounds);
        let [left, bottom, right, top] = objects.numbers::<4>(dict, b"Rect")?;
        let (left, right) = (left.min(right), left.max(right));
        let (bottom, top) = (bottom.min(top), bottom.max(top));
        let scale = |to: f64, from: f64| if from.abs() < 1e-6 { 1.0 } else { to / from };
        let (sx, sy) = (scale(right - left, x1 - x0), scale(top - bottom, y1 - y0));
        let matrix = [sx, 0.0, 0.0, sy, left - x0 * sx, bottom - y0 * sy];
        Some((form, matrix.map(|value| value as f32)))
    }

    fn remove_annotations(&mut self, page: ObjectId, widgets: &[ObjectId]) {
        let Some(list) = self.file.dict(page).and_then(|dict| dict.get(b"Annots").ok()) else {
            return;
        };
        let Object::Array(items) = self.file.follow(list).1 else { return };
        let is_gone = |item: &Object| item.as_reference().is_ok_and(|id| widgets.contains(&id));
        let left: Vec<Object> = items.into_iter().filter(|item| !is_gone(item)).collect();
        if let Some(dict) = self.file.dict_mut(page) {
            match left.is_empty() {
                true => drop(dict.remove(b"Annots")),
                false => dict.set("Annots", Object::Array(left)),
            }
        }
    }
}
