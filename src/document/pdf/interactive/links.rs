//! Links of a page: addresses, and pages of the document (ISO 32000-1, 12.3.2 and 12.6.4).

use std::collections::HashMap;

use lopdf::{Dictionary, Object};

use super::super::objects::{Objects, as_dict};
use super::address;
use crate::document::geometry::Rect;
use crate::document::model::{Link, LinkTarget};

/// Reads a link annotation; `None` when it leads nowhere that is known.
pub(super) fn read<'a>(
    objects: &Objects<'a>,
    annotation: &'a Dictionary,
    bbox: Rect,
    page_numbers: &HashMap<usize, u32>,
) -> Option<Link> {
    let action = objects.dict(annotation, b"A");
    if let Some(uri) = action.and_then(|action| objects.string(action, b"URI")) {
        let target = LinkTarget::Uri(String::from_utf8_lossy(uri).into_owned());
        return Some(Link { bbox, target });
    }
    let destination = objects
        .get(annotation, b"Dest")
        .or_else(|| action.and_then(|action| objects.get(action, b"D")))?;
    let page = page_of(objects, destination, page_numbers)?;
    Some(Link { bbox, target: LinkTarget::Page(page) })
}

/// The page of a destination, explicit or named in the catalog.
fn page_of<'a>(
    objects: &Objects<'a>,
    destination: &'a Object,
    page_numbers: &HashMap<usize, u32>,
) -> Option<u32> {
    match destination {
        Object::Array(items) => match objects.resolve(items.first()?) {
            Object::Integer(index) => u32::try_from(*index).ok()?.checked_add(1),
            page => page_numbers.get(&address(as_dict(page)?)).copied(),
        },
        Object::Name(name) => {
            let named = objects.dict(objects.catalog()?, b"Dests")?;
            match objects.get(named, name)? {
                Object::Dictionary(dict) => {
                    let explicit = objects.get(dict, b"D").filter(|d| d.as_array().is_ok())?;
                    page_of(objects, explicit, page_numbers)
                }
                explicit @ Object::Array(_) => page_of(objects, explicit, page_numbers),
                _ => None,
            }
        }
        _ => None,
    }
}
