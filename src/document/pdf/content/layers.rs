//! Layers (optional content): which are off by the default configuration (ISO 32000-1, 8.11).

use std::collections::HashSet;

use lopdf::{Dictionary, Object};

use super::super::objects::{Objects, as_dict};

/// The layers that are off, by the address of their dictionary.
#[derive(Debug, Default)]
pub(in crate::document::pdf) struct Layers {
    off: HashSet<usize>,
}

impl Layers {
    pub(in crate::document::pdf) fn read(objects: &Objects<'_>) -> Self {
        let mut off = HashSet::new();
        if let Some(properties) =
            objects.catalog().and_then(|catalog| objects.dict(catalog, b"OCProperties"))
            && let Some(default) = objects.dict(properties, b"D")
        {
            if objects.name(default, b"BaseState") == Some(b"OFF") {
                off.extend(addresses(objects, properties, b"OCGs"));
                for address in addresses(objects, default, b"ON") {
                    off.remove(&address);
                }
            }
            off.extend(addresses(objects, default, b"OFF"));
        }
        Self { off }
    }

    /// Whether a layer, or a membership of layers, is off.
    pub(in crate::document::pdf) fn is_off<'a>(
        &self,
        objects: &Objects<'a>,
        dict: &'a Dictionary,
    ) -> bool {
        if self.off.is_empty() {
            return false;
        }
        if objects.name(dict, b"Type") != Some(b"OCMD") {
            return self.off.contains(&(std::ptr::from_ref(dict) as usize));
        }
        let members: Vec<bool> = match objects.get(dict, b"OCGs") {
            Some(Object::Array(items)) => items
                .iter()
                .filter_map(|item| as_dict(objects.resolve(item)))
                .map(|layer| self.off.contains(&(std::ptr::from_ref(layer) as usize)))
                .collect(),
            Some(object) => as_dict(object)
                .map(|layer| self.off.contains(&(std::ptr::from_ref(layer) as usize)))
                .into_iter()
                .collect(),
            None => Vec::new(),
        };
        if members.is_empty() {
            return false;
        }
        match objects.name(dict, b"P") {
            Some(b"AllOn") => members.iter().any(|off| *off),
            Some(b"AnyOff") => !members.iter().any(|off| *off),
            Some(b"AllOff") => !members.iter().all(|off| *off),
            _ => members.iter().all(|off| *off),
        }
    }
}

fn addresses<'a>(objects: &Objects<'a>, dict: &'a Dictionary, key: &[u8]) -> Vec<usize> {
    let items = objects.array(dict, key).unwrap_or_default();
    let layers = items.iter().filter_map(|item| as_dict(objects.resolve(item)));
    layers.map(|layer| std::ptr::from_ref(layer) as usize).collect()
}
