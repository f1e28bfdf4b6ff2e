//! Embedded files, from the name tree of the catalog (ISO 32000-1, 7.11.4).

use std::collections::HashSet;

use lopdf::{Dictionary, Object};

use super::super::font::encoding::text_string;
use super::super::objects::{Objects, as_dict};
use super::address;
use crate::base::limits::{DOCUMENT_ATTACHMENTS_MAX, DOCUMENT_TREE_DEPTH_MAX};
use crate::document::model::Attachment;

/// Lists the embedded files of a document.
pub(super) fn read(objects: &Objects<'_>) -> Vec<Attachment> {
    let mut attachments = Vec::new();
    let root = objects
        .catalog()
        .and_then(|catalog| objects.dict(catalog, b"Names"))
        .and_then(|names| objects.dict(names, b"EmbeddedFiles"));
    if let Some(root) = root {
        visit(objects, root, 0, &mut HashSet::new(), &mut attachments);
    }
    attachments
}

fn visit<'a>(
    objects: &Objects<'a>,
    node: &'a Dictionary,
    depth: usize,
    seen: &mut HashSet<usize>,
    attachments: &mut Vec<Attachment>,
) {
    if depth > DOCUMENT_TREE_DEPTH_MAX || !seen.insert(address(node)) {
        return;
    }
    for pair in objects.array(node, b"Names").unwrap_or_default().chunks_exact(2) {
        if let [key, value] = pair
            && attachments.len() < DOCUMENT_ATTACHMENTS_MAX
            && let Some(specification) = as_dict(objects.resolve(value))
        {
            attachments.extend(attachment(objects, objects.resolve(key), specification));
        }
    }
    for kid in objects.array(node, b"Kids").unwrap_or_default() {
        if let Some(kid) = as_dict(objects.resolve(kid)) {
            visit(objects, kid, depth + 1, seen, attachments);
        }
    }
}

fn attachment<'a>(
    objects: &Objects<'a>,
    key: &'a Object,
    specification: &'a Dictionary,
) -> Option<Attachment> {
    let files = objects.dict(specification, b"EF")?;
    let stream = objects.stream(files, b"UF").or_else(|| objects.stream(files, b"F"))?;
    let name = objects
        .string(specification, b"UF")
        .or_else(|| objects.string(specification, b"F"))
        .or(match key {
            Object::String(bytes, _) => Some(bytes),
            _ => None,
        });
    let media_type = objects.name(&stream.dict, b"Subtype");
    Some(Attachment {
        name: name.map(text_string).unwrap_or_default(),
        media_type: media_type.map(|name| String::from_utf8_lossy(name).into_owned()),
        description: objects.string(specification, b"Desc").map(text_string),
        bytes: objects.decode(stream).into_owned(),
    })
}
