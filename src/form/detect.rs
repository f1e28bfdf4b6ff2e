//! The fields of a form: interactive ones with what the pages print about them, and those
//! that a template gives.

use super::Given;
use super::acroform::{self, AcroField, Kind, READ_ONLY, Widget};
use super::field::{Field, Label, Role, Target};
use super::file::PdfFile;
use super::key::{Keys, telling};
use super::label::{self, Labels, Spot};
use super::phrase::PageText;
use crate::document::pdf::font::encoding::text_string;
use crate::document::pdf::page_tree;
use crate::document::{Document, Page, Rect};
use lopdf::Object;

/// Reads the interactive fields of a file.
pub(super) fn interactive(file: &PdfFile) -> Vec<AcroField> {
    let objects = file.objects();
    let pages = page_tree::pages(&objects, usize::MAX);
    acroform::read(&objects, &pages)
}

/// Whether a person can see a field and enter something.
pub(super) fn takes_values(field: &AcroField) -> bool {
    field.kind != Kind::Push && field.widgets.iter().any(is_seen)
}

fn is_seen(widget: &Widget) -> bool {
    !widget.is_hidden && widget.bbox.width() > 1.0 && widget.bbox.height() > 1.0
}

/// One field for each widget, with labels, in reading order.
pub(super) fn fields_of(document: &Document, acro: &[AcroField]) -> Vec<Field> {
    let mut fields = Vec::new();
    for (index, page) in document.pages.iter().enumerate() {
        let mut shown: Vec<(usize, &AcroField, &Widget)> = acro
            .iter()
            .enumerate()
            .filter(|(_, field)| field.kind != Kind::Push)
            .flat_map(|(at, field)| field.widgets.iter().map(move |widget| (at, field, widget)))
            .filter(|(_, _, widget)| widget.page == index && is_seen(widget))
            .collect();
        shown.sort_by(|a, b| reading_order(&a.2.bbox, &b.2.bbox));
        let spots: Vec<Spot> =
            shown.iter().map(|(at, field, widget)| spot(page, *at, field, widget)).collect();
        let labels = labels_of(document, page, &spots);
        for (place, (_, field, widget)) in shown.iter().enumerate() {
            let label = labels.labels.get(place).cloned().unwrap_or_default();
            let group = labels.groups.get(place).copied().flatten();
            fields.push(field_of(page, field, widget, label, group));
        }
    }
    name_all(&mut fields);
    fields
}

/// From top to bottom, fields of one line from left to right.
pub(super) fn reading_order(a: &Rect, b: &Rect) -> std::cmp::Ordering {
    let line = |r: &Rect| ((r.y0 + r.y1) / 2.0 / 8.0).round() as i32;
    line(a).cmp(&line(b)).then(a.x0.total_cmp(&b.x0))
}

fn spot(page: &Page, at: usize, field: &AcroField, widget: &Widget) -> Spot {
    let b = widget.bbox;
    let rule_at = |y: f32| {
        page.rules.iter().any(|rule| {
            let r = &rule.bbox;
            rule.is_horizontal()
                && (r.y0 - y).abs() < 4.0
                && r.x0 < b.x0 + b.width() * 0.3
                && r.x1 > b.x1 - b.width() * 0.3
        })
    };
    let is_check = matches!(field.kind, Kind::Check | Kind::Radio);
    let is_line = !is_check && rule_at(b.y1) && !rule_at(b.y0);
    let is_group = field.kind == Kind::Radio || (is_check && field.widgets.len() > 1);
    Spot { bbox: b, is_check, is_line, caption: None, group: is_group.then_some(at) }
}

fn labels_of(document: &Document, page: &Page, spots: &[Spot]) -> Labels {
    let mut separators: Vec<Rect> = spots.iter().map(|spot| spot.bbox).collect();
    separators.extend(page.rules.iter().filter(|rule| !rule.is_horizontal()).map(|r| r.bbox));
    let text = PageText::read(document, page, &separators);
    label::find(spots, &text.phrases)
}

fn field_of(
    page: &Page,
    field: &AcroField,
    widget: &Widget,
    mut label: Label,
    group: Option<usize>,
) -> Field {
    let is_checkbox = matches!(field.kind, Kind::Check | Kind::Radio);
    let own_tip = if widget.tooltip.is_empty() { &field.tooltip } else { &widget.tooltip };
    label.tooltip.clone_from(own_tip);
    label.name = telling(&field.name);
    let state = widget.on_state.as_deref();
    if is_checkbox && field.widgets.len() > 1 {
        let option = state.map(|state| option_label(field, state)).unwrap_or_default();
        if label.own.is_empty() {
            label.own = option;
        }
        if label.group.is_empty() {
            label.group =
                if field.tooltip.is_empty() { label.name.clone() } else { field.tooltip.clone() };
        }
    }
    let value = field.value.as_ref().and_then(|value| match (value, is_checkbox) {
        (Object::Name(name), true) => (Some(name.as_slice()) == state).then(|| "true".to_owned()),
        (Object::String(bytes, _), false) => Some(shown_value(field, bytes)),
        _ => None,
    });
    Field {
        key: String::new(),
        description: String::new(),
        is_checkbox,
        page: page.number,
        bbox: widget.bbox,
        page_size: (page.width, page.height),
        label,
        role: role_of(field),
        value: value.filter(|value| !value.is_empty()),
        read_only: field.has(READ_ONLY),
        group,
        target: Target::Interactive { field: field.id, widget: widget.id },
    }
}

fn shown_value(field: &AcroField, value: &[u8]) -> String {
    let choice = field.choices.iter().find(|choice| choice.export == value);
    choice.map_or_else(|| text_string(value), |choice| choice.shown.clone())
}

/// What a state of a button means: the option it stands for, where the form lists options by
/// number, or its own name.
fn option_label(field: &AcroField, state: &[u8]) -> String {
    let name = String::from_utf8_lossy(state).into_owned();
    let listed = name.parse::<usize>().ok().and_then(|at| field.choices.get(at));
    match listed {
        Some(choice) => choice.shown.clone(),
        None if name.parse::<i64>().is_ok() || name == "On" => String::new(),
        None => name,
    }
}

fn role_of(field: &AcroField) -> Role {
    match field.kind {
        Kind::Check => Role::Check { exclusive: field.widgets.len() > 1 },
        Kind::Radio => Role::Check { exclusive: true },
        Kind::Choice => Role::Choice {
            options: field.choices.iter().map(|choice| choice.shown.clone()).collect(),
            editable: field.is_editable(),
        },
        Kind::Signature | Kind::Push => Role::Signature,
        Kind::Text => Role::Text {
            multiline: field.is_multiline(),
            letters_max: field.letters_max,
            comb: field.is_comb(),
            format: field.format.clone(),
        },
    }
}

/// Gives every field its key and description.
pub(super) fn name_all(fields: &mut [Field]) {
    let mut keys = Keys::default();
    for field in fields {
        let Label { own, group, section, tooltip, name, .. } = &field.label;
        let joined = |first: &str, second: &str| match (first.is_empty(), second.is_empty()) {
            (false, false) => format!("{} {second}", first.trim_end_matches([':', ' '])),
            _ => format!("{first}{second}"),
        };
        let (grouped, in_section) = (joined(group, own), joined(section, own));
        let all = joined(section, &grouped);
        let texts: Vec<&str> = match field.is_checkbox {
            true => vec![&grouped, &all, tooltip, name],
            false if own.is_empty() => vec![tooltip, name, section],
            false => vec![own, &grouped, &in_section, &all],
        };
        field.key = keys.take(&texts);
        let said = if group.is_empty() || own.is_empty() {
            joined(group, own)
        } else {
            format!("{}: {own}", group.trim_end_matches([':', ' ']))
        };
        let said = said.trim_end_matches([':', ' ']).to_owned();
        let fallback = if tooltip.is_empty() { name } else { tooltip };
        field.description = if said.is_empty() { fallback.clone() } else { said };
    }
}

/// The fields that a template gives, found again in the form where they are there.
pub(super) fn given(document: &Document, found: &[Field], given: &[Given]) -> Vec<Field> {
    let mut free: Vec<bool> = vec![true; found.len()];
    let mut fields = Vec::new();
    for wanted in given {
        let Some(page) = document.pages.get((wanted.page as usize).wrapping_sub(1)) else {
            continue;
        };
        let [left, top, width, height] = wanted.bbox;
        let (x0, y0) = (left * page.width, top * page.height);
        let bbox = Rect::new(x0, y0, x0 + width * page.width, y0 + height * page.height);
        let same = found.iter().enumerate().filter(|(index, field)| {
            field.page == wanted.page
                && field.is_checkbox == wanted.is_checkbox
                && free.get(*index).copied().unwrap_or(false)
        });
        let best = same
            .map(|(index, field)| (index, closeness(&field.bbox, &bbox)))
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .filter(|(_, closeness)| *closeness > 0.4);
        let twin = best.and_then(|(index, _)| found.get(index));
        if let Some((index, _)) = best
            && let Some(place) = free.get_mut(index)
        {
            *place = false;
        }
        fields.push(as_given(page, bbox, wanted, twin));
    }
    fields
}

fn as_given(page: &Page, bbox: Rect, wanted: &Given, twin: Option<&Field>) -> Field {
    let mut label = twin.map(|twin| twin.label.clone()).unwrap_or_default();
    if !wanted.description.trim().is_empty() {
        label.tooltip.clone_from(&wanted.description);
    }
    label.name = telling(&wanted.key);
    let is_interactive = twin.is_some_and(|t| matches!(t.target, Target::Interactive { .. }));
    let line = match wanted.is_checkbox {
        true => Role::Check { exclusive: false },
        false => Role::line(),
    };
    Field {
        key: wanted.key.clone(),
        description: wanted.description.clone(),
        is_checkbox: wanted.is_checkbox,
        page: page.number,
        // A blank is filled where the template says; a widget has its own place.
        bbox: twin.filter(|_| is_interactive).map_or(bbox, |twin| twin.bbox),
        page_size: (page.width, page.height),
        label,
        role: twin.map_or(line, |twin| twin.role.clone()),
        value: twin.and_then(|twin| twin.value.clone()),
        read_only: twin.is_some_and(|twin| twin.read_only),
        group: twin.and_then(|twin| twin.group),
        target: twin.map_or(Target::Drawn, |twin| twin.target.clone()),
    }
}

/// How much two boxes are the same: shared area over joined area, or nearness of small ones.
fn closeness(a: &Rect, b: &Rect) -> f32 {
    let shared = a.intersection(b).map_or(0.0, |shared| shared.area());
    let joined = a.area() + b.area() - shared;
    let overlap = if joined > 0.0 { shared / joined } else { 0.0 };
    let dx = ((a.x0 + a.x1) - (b.x0 + b.x1)).abs() / 2.0;
    let dy = ((a.y0 + a.y1) - (b.y0 + b.y1)).abs() / 2.0;
    let near = dx < 6.0 && dy < 6.0;
    let wide = (a.width() - b.width()).abs() < 0.35 * a.width().max(b.width());
    overlap.max(if near && wide { 0.6 } else { 0.0 })
}
