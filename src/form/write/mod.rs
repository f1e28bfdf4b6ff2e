//! Writing values into a form: real values with appearances for interactive fields, drawn
//! text for flat ones.
//!
//! Owns the order of the work. Must not know where values come from.

mod appearance;
mod button;
mod colour;
mod embedded;
mod flatten;
mod font;
mod layout;
mod operators;
mod overlay;
mod text;

use std::collections::BTreeMap;

use lopdf::{Dictionary, Object, ObjectId};

use super::acroform::{AcroField, Kind};
use super::annotate;
use super::error::FormError;
use super::field::{Field, Target};
use super::file::PdfFile;
pub use colour::Colour;
pub(super) use font::Fonts;
pub(super) use operators::Operators;
pub(super) use overlay::Overlay;

/// How values are written.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Style {
    /// Colour of what is written; `None` for the form's own, dark blue on flat forms.
    pub colour: Option<Colour>,
    /// Makes the values part of the pages and removes the interactive fields.
    pub flatten: bool,
}

/// A filled form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// The file.
    pub bytes: Vec<u8>,
    /// What could not be written as it was asked for, in sentences for people.
    pub warnings: Vec<String>,
}

/// The file while values are written into it.
pub(super) struct Writer {
    pub(super) file: PdfFile,
    pub(super) fonts: Fonts,
    pub(super) style: Style,
    pub(super) warnings: Vec<String>,
}

/// Writes values, each with the index of its field: text, or `true` and `false` for boxes.
pub(super) fn fill(
    file: PdfFile,
    acro: &[AcroField],
    fields: &[Field],
    values: &[(usize, String)],
    style: Style,
) -> Result<Filled, FormError> {
    let mut writer = Writer { file, fonts: Fonts::default(), style, warnings: Vec::new() };
    if writer.file.loses_encryption() {
        let text = "the file was damaged and is written anew, without its encryption";
        writer.warnings.push(text.to_owned());
    }
    let mut overlays: BTreeMap<u32, Overlay> = BTreeMap::new();
    let mut texts: BTreeMap<ObjectId, &str> = BTreeMap::new();
    let mut ticks: BTreeMap<ObjectId, Vec<(ObjectId, bool)>> = BTreeMap::new();
    for (index, value) in values {
        let Some(field) = fields.get(*index) else { continue };
        match &field.target {
            Target::Interactive { field: id, widget } if field.is_checkbox => {
                ticks.entry(*id).or_default().push((*widget, value == "true"));
            }
            Target::Interactive { field: id, .. } => {
                texts.insert(*id, value);
            }
            Target::Drawn => overlays.entry(field.page).or_default().write(
                &mut writer.fonts,
                field,
                value,
                style.colour.unwrap_or(Colour::DARK_BLUE),
                &mut writer.warnings,
            ),
        }
    }
    for field in acro {
        if let Some(value) = texts.get(&field.id) {
            writer.text_field(field, value);
        } else if let Some(ticks) = ticks.get(&field.id) {
            writer.button(field, ticks);
        }
    }
    if !texts.is_empty() || !ticks.is_empty() {
        writer.forget_other_forms();
    }
    for (page, overlay) in overlays {
        overlay.place(&mut writer.file, &mut writer.fonts, page);
    }
    if style.flatten {
        writer.flatten(acro);
    }
    writer.fonts.write(&mut writer.file);
    let bytes = writer.file.save()?;
    Ok(Filled { bytes, warnings: writer.warnings })
}

/// The file with the boxes and keys of its fields drawn on the pages.
pub(super) fn annotated(file: PdfFile, fields: &[Field]) -> Result<Vec<u8>, FormError> {
    let mut file = file;
    let mut fonts = Fonts::default();
    for (page, overlay) in annotate::draw(fields, &mut fonts) {
        overlay.place(&mut file, &mut fonts, page);
    }
    fonts.write(&mut file);
    file.save()
}

impl Writer {
    fn text_field(&mut self, field: &AcroField, value: &str) {
        match field.kind {
            Kind::Text => self.write_text(field, value),
            Kind::Choice => self.write_choice(field, value),
            _ => {}
        }
    }

    /// Removes the second copy of the form that XFA keeps, the request that viewers make new
    /// appearances, and usage rights, which a change of the file would break.
    fn forget_other_forms(&mut self) {
        let Some(catalog) = self.file.catalog_id() else { return };
        let form = self.file.dict(catalog).and_then(|dict| dict.get(b"AcroForm").ok());
        let form = form.map(|form| self.file.follow(form));
        let strip = |dict: &mut Dictionary| {
            dict.remove(b"XFA");
            dict.remove(b"NeedAppearances");
        };
        let has = |dict: &Dictionary| dict.has(b"XFA") || dict.has(b"NeedAppearances");
        match form {
            Some((Some(id), Object::Dictionary(form))) if has(&form) => {
                self.file.dict_mut(id).map(strip);
            }
            Some((None, Object::Dictionary(form))) if has(&form) => {
                let form =
                    self.file.dict_mut(catalog).and_then(|dict| dict.get_mut(b"AcroForm").ok());
                form.and_then(|form| form.as_dict_mut().ok()).map(strip);
            }
            _ => {}
        }
        let rights = self.file.dict(catalog).and_then(|dict| dict.get(b"Perms").ok());
        if let Some((_, Object::Dictionary(rights))) = rights.map(|rights| self.file.follow(rights))
            && (rights.has(b"UR3") || rights.has(b"UR"))
            && let Some(catalog) = self.file.dict_mut(catalog)
        {
            catalog.remove(b"Perms");
        }
    }
}
