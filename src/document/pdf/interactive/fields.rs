//! Form fields: the field tree with what its nodes inherit (ISO 32000-1, 12.7.3).

use std::collections::HashSet;

use lopdf::{Dictionary, Object};

use super::super::font::encoding::text_string;
use super::super::objects::{Objects, as_dict};
use super::{Places, address};
use crate::base::limits::{DOCUMENT_FIELDS_MAX, DOCUMENT_TREE_DEPTH_MAX};
use crate::document::model::{FieldKind, FormField};

const READ_ONLY: i64 = 1;
const REQUIRED: i64 = 1 << 1;
const RADIO: i64 = 1 << 15;
const PUSH_BUTTON: i64 = 1 << 16;

/// What a node hands down to its kids.
#[derive(Clone, Default)]
struct Inherited<'a> {
    name: String,
    kind: Option<&'a [u8]>,
    flags: Option<i64>,
    value: Option<&'a Object>,
    options: Option<&'a [Object]>,
}

struct Walk<'a, 'b> {
    objects: &'b Objects<'a>,
    places: &'b Places,
    seen: HashSet<usize>,
    fields: Vec<FormField>,
}

/// Reads the fields of the form; widgets outside the tree count when the tree has none.
pub(super) fn read<'a>(
    objects: &Objects<'a>,
    widgets: &[&'a Object],
    places: &Places,
) -> Vec<FormField> {
    let mut walk = Walk { objects, places, seen: HashSet::new(), fields: Vec::new() };
    let form = objects.catalog().and_then(|catalog| objects.dict(catalog, b"AcroForm"));
    for root in form.and_then(|form| objects.array(form, b"Fields")).unwrap_or_default() {
        walk.node(root, &Inherited::default(), 0);
    }
    if walk.fields.is_empty() {
        for widget in widgets {
            walk.node(widget, &Inherited::default(), 0);
        }
    }
    walk.fields
}

impl<'a> Walk<'a, '_> {
    fn node(&mut self, object: &'a Object, inherited: &Inherited<'a>, depth: usize) {
        let objects = self.objects;
        let Some(dict) = as_dict(objects.resolve(object)) else { return };
        if depth > DOCUMENT_TREE_DEPTH_MAX
            || self.fields.len() >= DOCUMENT_FIELDS_MAX
            || !self.seen.insert(address(dict))
        {
            return;
        }
        let own = Inherited {
            name: full_name(&inherited.name, objects.string(dict, b"T")),
            kind: objects.name(dict, b"FT").or(inherited.kind),
            flags: objects.integer(dict, b"Ff").or(inherited.flags),
            value: objects.get(dict, b"V").or(inherited.value),
            options: objects.array(dict, b"Opt").or(inherited.options),
        };
        let kids = objects.array(dict, b"Kids").unwrap_or_default();
        let has_named_kid = kids.iter().any(|kid| {
            as_dict(objects.resolve(kid)).is_some_and(|kid| objects.get(kid, b"T").is_some())
        });
        if has_named_kid {
            for kid in kids {
                self.node(kid, &own, depth + 1);
            }
        } else if let Some(kind) = own.kind.and_then(|kind| field_kind(kind, own.flags)) {
            self.field(dict, kids, kind, own);
        }
    }

    fn field(
        &mut self,
        dict: &'a Dictionary,
        kids: &'a [Object],
        kind: FieldKind,
        own: Inherited<'a>,
    ) {
        let objects = self.objects;
        let widgets: Vec<&Dictionary> = std::iter::once(dict)
            .chain(kids.iter().filter_map(|kid| as_dict(objects.resolve(kid))))
            .collect();
        let place = widgets.iter().find_map(|widget| self.places.get(&address(widget)));
        let flags = own.flags.unwrap_or(0);
        let options = match kind {
            FieldKind::CheckBox | FieldKind::RadioButton => states(objects, &widgets),
            _ => {
                own.options.unwrap_or_default().iter().filter_map(|o| option(objects, o)).collect()
            }
        };
        self.fields.push(FormField {
            name: own.name,
            kind,
            values: own.value.map(|value| values(objects, value)).unwrap_or_default(),
            options,
            label: objects.string(dict, b"TU").map(text_string),
            page: place.map(|(page, _)| *page),
            bbox: place.map(|(_, bbox)| *bbox),
            read_only: flags & READ_ONLY != 0,
            required: flags & REQUIRED != 0,
        });
    }
}

fn full_name(parent: &str, partial: Option<&[u8]>) -> String {
    match partial.map(text_string) {
        Some(partial) if parent.is_empty() => partial,
        Some(partial) => format!("{parent}.{partial}"),
        None => parent.to_owned(),
    }
}

fn field_kind(kind: &[u8], flags: Option<i64>) -> Option<FieldKind> {
    let has = |flag| flags.unwrap_or(0) & flag != 0;
    match kind {
        b"Tx" => Some(FieldKind::Text),
        b"Ch" => Some(FieldKind::Choice),
        b"Sig" => Some(FieldKind::Signature),
        b"Btn" if has(PUSH_BUTTON) => Some(FieldKind::PushButton),
        b"Btn" if has(RADIO) => Some(FieldKind::RadioButton),
        b"Btn" => Some(FieldKind::CheckBox),
        _ => None,
    }
}

fn values<'a>(objects: &Objects<'a>, value: &'a Object) -> Vec<String> {
    match value {
        Object::String(bytes, _) => vec![text_string(bytes)],
        Object::Name(name) => vec![String::from_utf8_lossy(name).into_owned()],
        Object::Stream(stream) => vec![text_string(&objects.decode(stream))],
        Object::Integer(number) => vec![number.to_string()],
        Object::Real(number) => vec![number.to_string()],
        Object::Array(items) => items
            .iter()
            .filter_map(|item| match objects.resolve(item) {
                Object::String(bytes, _) => Some(text_string(bytes)),
                Object::Name(name) => Some(String::from_utf8_lossy(name).into_owned()),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The export value of an option: a string, or the first of a pair.
fn option<'a>(objects: &Objects<'a>, option: &'a Object) -> Option<String> {
    match objects.resolve(option) {
        Object::String(bytes, _) => Some(text_string(bytes)),
        Object::Array(pair) => match objects.resolve(pair.first()?) {
            Object::String(bytes, _) => Some(text_string(bytes)),
            _ => None,
        },
        _ => None,
    }
}

/// States of a button that are not off, by the names of its appearances.
fn states(objects: &Objects<'_>, widgets: &[&Dictionary]) -> Vec<String> {
    let mut states = Vec::new();
    for widget in widgets {
        let Some(appearances) = appearances(objects, widget) else { continue };
        for (name, _) in appearances.iter().filter(|(name, _)| name.as_slice() != b"Off") {
            let name = String::from_utf8_lossy(name).into_owned();
            if !states.contains(&name) {
                states.push(name);
            }
        }
    }
    states
}

fn appearances<'o>(objects: &'o Objects<'_>, widget: &'o Dictionary) -> Option<&'o Dictionary> {
    let follow = |object: &'o Object| match object {
        Object::Reference(id) => objects.by_id(*id).and_then(as_dict),
        other => as_dict(other),
    };
    follow(follow(widget.get(b"AP").ok()?)?.get(b"N").ok()?)
}
