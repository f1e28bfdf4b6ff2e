//! Interactive fields of a file: the field tree with what its nodes inherit, and the widgets
//! through which pages show them (ISO 32000-1, 12.7).
//!
//! Says which object holds what, so that values can be written. Must not know labels.

use std::collections::{HashMap, HashSet};

use lopdf::{Dictionary, Object, ObjectId};

use super::file::PdfFile;
use crate::base::limits::{DOCUMENT_TREE_DEPTH_MAX, FORM_FIELDS_MAX};
use crate::document::Rect;
use crate::document::pdf::font::encoding::text_string;
use crate::document::pdf::objects::{Objects, as_dict};
use crate::document::pdf::page;
use crate::document::pdf::page_tree::{self, PageNode};

pub(super) const READ_ONLY: i64 = 1;
const MULTILINE: i64 = 1 << 12;
const PASSWORD: i64 = 1 << 13;
const RADIO: i64 = 1 << 15;
const PUSH_BUTTON: i64 = 1 << 16;
const COMBO: i64 = 1 << 17;
const EDIT: i64 = 1 << 18;
const COMB: i64 = 1 << 24;
/// Annotation flags: hidden, or not shown.
const HIDDEN: i64 = 1 << 1 | 1 << 5;

/// What an interactive field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Check,
    Radio,
    Push,
    Choice,
    Signature,
}

/// An option of a choice or a state of a button: what is stored, and what people see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    pub(super) export: Vec<u8>,
    pub(super) shown: String,
}

/// A field that holds a value.
#[derive(Debug, Clone)]
pub(super) struct AcroField {
    pub(super) id: ObjectId,
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) flags: i64,
    pub(super) value: Option<Object>,
    pub(super) choices: Vec<Choice>,
    pub(super) tooltip: String,
    pub(super) letters_max: Option<usize>,
    pub(super) default_appearance: Option<Vec<u8>>,
    pub(super) alignment: i64,
    pub(super) format: Option<String>,
    pub(super) widgets: Vec<Widget>,
}

/// Where a page shows a field.
#[derive(Debug, Clone)]
pub(super) struct Widget {
    pub(super) id: ObjectId,
    /// Index of its page.
    pub(super) page: usize,
    pub(super) bbox: Rect,
    /// Name of its on state, for buttons.
    pub(super) on_state: Option<Vec<u8>>,
    pub(super) is_hidden: bool,
    pub(super) tooltip: String,
}

impl AcroField {
    pub(super) fn has(&self, flag: i64) -> bool {
        self.flags & flag != 0
    }

    pub(super) fn is_multiline(&self) -> bool {
        self.kind == Kind::Text && self.has(MULTILINE)
    }

    pub(super) fn is_comb(&self) -> bool {
        let plain = !self.has(MULTILINE | PASSWORD);
        self.kind == Kind::Text && self.has(COMB) && plain && self.letters_max.is_some()
    }

    pub(super) fn is_combo(&self) -> bool {
        self.kind == Kind::Choice && self.has(COMBO)
    }

    pub(super) fn is_editable(&self) -> bool {
        self.is_combo() && self.has(EDIT)
    }
}

/// What a node hands down to its kids.
#[derive(Clone, Default)]
struct Inherited<'a> {
    name: String,
    tooltip: String,
    kind: Option<&'a [u8]>,
    flags: Option<i64>,
    value: Option<&'a Object>,
    options: Option<&'a [Object]>,
    letters_max: Option<i64>,
    default_appearance: Option<&'a [u8]>,
    alignment: Option<i64>,
}

/// Where a widget stands: the index of its page and its box there.
type Places = HashMap<ObjectId, (usize, Rect)>;

struct Walk<'a, 'b> {
    objects: &'b Objects<'a>,
    places: Places,
    seen: HashSet<ObjectId>,
    fields: Vec<AcroField>,
}

/// Gives every field and widget an object of its own, so that it can be named.
pub(super) fn make_nameable(file: &mut PdfFile) {
    let mut holders: Vec<(ObjectId, &[u8])> = Vec::new();
    {
        let objects = file.objects();
        let form = objects.catalog().and_then(|catalog| {
            let direct = catalog.get(b"AcroForm").and_then(Object::as_reference).ok();
            direct.or_else(|| file.catalog_id())
        });
        // A form that stands inside the catalog has its fields as objects nearly always.
        holders.extend(form.map(|id| (id, &b"Fields"[..])));
        let pages = page_tree::pages(&objects, usize::MAX);
        holders.extend(pages.iter().filter_map(|page| Some((page.id?, &b"Annots"[..]))));
    }
    for (holder, key) in holders {
        let Some(list) = file.dict(holder).and_then(|dict| dict.get(key).ok()) else { continue };
        let (list_id, list) = file.follow(list);
        let Object::Array(items) = list else { continue };
        if !items.iter().any(|item| matches!(item, Object::Dictionary(_))) {
            continue;
        }
        let named: Vec<Object> = items
            .into_iter()
            .map(|item| match item {
                Object::Dictionary(dict) => Object::Reference(file.add(dict)),
                other => other,
            })
            .collect();
        match list_id {
            Some(id) => {
                if let Some(object) = file.object_mut(id) {
                    *object = Object::Array(named);
                }
            }
            None => {
                if let Some(dict) = file.dict_mut(holder) {
                    dict.set(key, Object::Array(named));
                }
            }
        }
    }
}

/// Reads the fields, in the order of the field tree; widgets that no tree names come last.
pub(super) fn read(objects: &Objects<'_>, pages: &[PageNode<'_>]) -> Vec<AcroField> {
    let (places, widgets) = widgets(objects, pages);
    let mut walk = Walk { objects, places, seen: HashSet::new(), fields: Vec::new() };
    let form = objects.catalog().and_then(|catalog| objects.dict(catalog, b"AcroForm"));
    let top = Inherited {
        default_appearance: form.and_then(|form| objects.string(form, b"DA")),
        alignment: form.and_then(|form| objects.integer(form, b"Q")),
        ..Inherited::default()
    };
    for root in form.and_then(|form| objects.array(form, b"Fields")).unwrap_or_default() {
        walk.node(root, &top, 0);
    }
    for widget in widgets {
        if !walk.seen.contains(&widget) {
            walk.orphan(widget, &top);
        }
    }
    walk.fields
}

/// The widgets of all pages.
fn widgets(objects: &Objects<'_>, pages: &[PageNode<'_>]) -> (Places, Vec<ObjectId>) {
    let (mut places, mut order) = (Places::new(), Vec::new());
    for (index, node) in pages.iter().enumerate() {
        let (to_page, ..) = page::geometry(node);
        for annotation in objects.array(node.dict, b"Annots").unwrap_or_default() {
            let Ok(id) = annotation.as_reference() else { continue };
            let Some(dict) = as_dict(objects.resolve(annotation)) else { continue };
            if objects.name(dict, b"Subtype") != Some(b"Widget") {
                continue;
            }
            let Some(rect) = objects.numbers::<4>(dict, b"Rect") else { continue };
            let [x0, y0, x1, y1] = to_page.bounds(rect);
            let bbox = Rect::new(x0 as f32, y0 as f32, x1 as f32, y1 as f32);
            places.insert(id, (index, bbox));
            order.push(id);
        }
    }
    (places, order)
}

impl<'a> Walk<'a, '_> {
    fn node(&mut self, object: &'a Object, inherited: &Inherited<'a>, depth: usize) {
        let objects = self.objects;
        let Ok(id) = object.as_reference() else { return };
        let Some(dict) = as_dict(objects.resolve(object)) else { return };
        let is_too_much = depth > DOCUMENT_TREE_DEPTH_MAX || self.fields.len() >= FORM_FIELDS_MAX;
        if is_too_much || !self.seen.insert(id) {
            return;
        }
        let own = inherited.with(objects, dict);
        let kids = objects.array(dict, b"Kids").unwrap_or_default();
        let is_field = |kid: &'a Object| {
            as_dict(objects.resolve(kid)).is_some_and(|kid| objects.get(kid, b"T").is_some())
        };
        if kids.iter().any(is_field) {
            for kid in kids {
                self.node(kid, &own, depth + 1);
            }
            return;
        }
        let mut shown: Vec<ObjectId> = vec![id];
        shown.extend(kids.iter().filter_map(|kid| kid.as_reference().ok()));
        self.seen.extend(shown.iter().copied());
        self.field(id, dict, &shown, own);
    }

    /// A widget that no field tree leads to; its parents say what it inherits.
    fn orphan(&mut self, id: ObjectId, top: &Inherited<'a>) {
        let objects = self.objects;
        let Some(dict) = objects.by_id(id).and_then(as_dict) else { return };
        let mut chain = vec![(id, dict)];
        while let Some((_, last)) = chain.last()
            && let Ok(parent) = last.get(b"Parent").and_then(Object::as_reference)
            && let Some(dict) = objects.by_id(parent).and_then(as_dict)
            && chain.len() < DOCUMENT_TREE_DEPTH_MAX
        {
            chain.push((parent, dict));
        }
        let own = chain
            .iter()
            .rev()
            .fold(top.clone(), |inherited, (_, dict)| inherited.with(objects, dict));
        // Kids without names of their own are widgets of the field above them.
        let named = chain.iter().find(|(_, dict)| objects.get(dict, b"T").is_some());
        let Some(&(field, dict)) = named.or(chain.first()) else { return };
        if !self.seen.insert(field) && field != id {
            return;
        }
        let kids = objects.array(dict, b"Kids").unwrap_or_default();
        let mut shown = vec![field];
        shown.extend(kids.iter().filter_map(|kid| kid.as_reference().ok()));
        self.seen.extend(shown.iter().copied());
        self.field(field, dict, &shown, own);
    }

    fn field(
        &mut self,
        id: ObjectId,
        dict: &'a Dictionary,
        shown: &[ObjectId],
        own: Inherited<'a>,
    ) {
        let objects = self.objects;
        let flags = own.flags.unwrap_or(0);
        let Some(kind) = own.kind.and_then(|kind| kind_of(kind, flags)) else { return };
        let widgets: Vec<Widget> = shown.iter().filter_map(|id| self.widget(*id)).collect();
        let choices = own.options.unwrap_or_default().iter();
        self.fields.push(AcroField {
            id,
            name: own.name,
            kind,
            flags,
            value: own.value.cloned(),
            choices: choices.filter_map(|choice| read_choice(objects, choice)).collect(),
            tooltip: own.tooltip,
            letters_max: own.letters_max.and_then(|most| usize::try_from(most).ok()),
            default_appearance: own.default_appearance.map(<[u8]>::to_vec),
            alignment: own.alignment.unwrap_or(0),
            format: format_script(objects, dict),
            widgets,
        });
    }

    fn widget(&self, id: ObjectId) -> Option<Widget> {
        let objects = self.objects;
        let (page, bbox) = *self.places.get(&id)?;
        let dict = objects.by_id(id).and_then(as_dict)?;
        let states = objects.dict(dict, b"AP").and_then(|ap| objects.dict(ap, b"N"));
        let state = states.and_then(|states| {
            states.iter().map(|(name, _)| name).find(|name| name.as_slice() != b"Off").cloned()
        });
        let tooltip = objects.string(dict, b"TU").map(text_string).unwrap_or_default();
        let is_hidden = objects.integer(dict, b"F").unwrap_or(0) & HIDDEN != 0;
        Some(Widget { id, page, bbox, on_state: state, is_hidden, tooltip })
    }
}

impl<'a> Inherited<'a> {
    fn with(&self, objects: &Objects<'a>, dict: &'a Dictionary) -> Self {
        let tooltip = objects.string(dict, b"TU").map(text_string);
        Self {
            name: full_name(&self.name, objects.string(dict, b"T")),
            tooltip: tooltip.filter(|t| !t.trim().is_empty()).unwrap_or(self.tooltip.clone()),
            kind: objects.name(dict, b"FT").or(self.kind),
            flags: objects.integer(dict, b"Ff").or(self.flags),
            value: objects.get(dict, b"V").or(self.value),
            options: objects.array(dict, b"Opt").or(self.options),
            letters_max: objects.integer(dict, b"MaxLen").or(self.letters_max),
            default_appearance: objects.string(dict, b"DA").or(self.default_appearance),
            alignment: objects.integer(dict, b"Q").or(self.alignment),
        }
    }
}

fn full_name(parent: &str, partial: Option<&[u8]>) -> String {
    match partial.map(text_string) {
        Some(partial) if parent.is_empty() => partial,
        Some(partial) => format!("{parent}.{partial}"),
        None => parent.to_owned(),
    }
}

fn kind_of(kind: &[u8], flags: i64) -> Option<Kind> {
    match kind {
        b"Tx" => Some(Kind::Text),
        b"Ch" => Some(Kind::Choice),
        b"Sig" => Some(Kind::Signature),
        b"Btn" if flags & PUSH_BUTTON != 0 => Some(Kind::Push),
        b"Btn" if flags & RADIO != 0 => Some(Kind::Radio),
        b"Btn" => Some(Kind::Check),
        _ => None,
    }
}

fn read_choice<'a>(objects: &Objects<'a>, choice: &'a Object) -> Option<Choice> {
    let bytes = |object: &'a Object| match objects.resolve(object) {
        Object::String(bytes, _) => Some(bytes.clone()),
        Object::Name(name) => Some(name.clone()),
        _ => None,
    };
    match objects.resolve(choice) {
        Object::Array(pair) => {
            let export = bytes(pair.first()?)?;
            let shown = pair.get(1).and_then(bytes).map(|shown| text_string(&shown));
            Some(Choice { shown: shown.unwrap_or_else(|| text_string(&export)), export })
        }
        _ => {
            let export = bytes(choice)?;
            Some(Choice { shown: text_string(&export), export })
        }
    }
}

/// The call by which a field's script formats its value, such as `AFDate_FormatEx("d/m/yy")`.
fn format_script<'a>(objects: &Objects<'a>, dict: &'a Dictionary) -> Option<String> {
    let action = objects.dict(objects.dict(dict, b"AA")?, b"F")?;
    let script = match objects.get(action, b"JS")? {
        Object::String(bytes, _) => text_string(bytes),
        Object::Stream(stream) => text_string(&objects.decode(stream)),
        _ => return None,
    };
    let start = script.find("AF")?;
    let call = script.get(start..)?;
    let end = call.find(')').map_or(call.len(), |end| end + 1);
    call.get(..end).map(str::to_owned)
}
