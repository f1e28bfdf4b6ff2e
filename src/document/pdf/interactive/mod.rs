//! What a reader can do with a document: fill fields, follow links, take out files.

mod attachments;
mod fields;
mod links;

use std::collections::HashMap;

use super::objects::{Objects, as_dict};
use super::page;
use super::page_tree::PageNode;
use crate::document::geometry::Rect;
use crate::document::model::{Attachment, FormField, Link};

/// Fields, files and the links of each page.
pub(super) struct Interactive {
    pub(super) fields: Vec<FormField>,
    pub(super) attachments: Vec<Attachment>,
    pub(super) links: Vec<Vec<Link>>,
}

/// Where annotations are: page number and box, by the address of their dictionary.
type Places = HashMap<usize, (u32, Rect)>;

/// Reads everything interactive.
pub(super) fn read<'a>(objects: &Objects<'a>, nodes: &[PageNode<'a>]) -> Interactive {
    let page_numbers: HashMap<usize, u32> =
        nodes.iter().zip(1_u32..).map(|(node, number)| (address(node.dict), number)).collect();
    let mut places = Places::new();
    let mut links = Vec::with_capacity(nodes.len());
    let mut widgets = Vec::new();
    for (node, number) in nodes.iter().zip(1_u32..) {
        let (to_page, ..) = page::geometry(node);
        let mut page_links = Vec::new();
        for annotation in objects.array(node.dict, b"Annots").unwrap_or_default() {
            let Some(dict) = as_dict(objects.resolve(annotation)) else { continue };
            let Some(rect) = objects.numbers::<4>(dict, b"Rect") else { continue };
            let [x0, y0, x1, y1] = to_page.bounds(rect);
            let bbox = Rect::new(x0 as f32, y0 as f32, x1 as f32, y1 as f32);
            match objects.name(dict, b"Subtype") {
                Some(b"Link") => {
                    page_links.extend(links::read(objects, dict, bbox, &page_numbers));
                }
                Some(b"Widget") => {
                    places.insert(address(dict), (number, bbox));
                    widgets.push(annotation);
                }
                _ => {}
            }
        }
        page_links.truncate(crate::base::limits::DOCUMENT_PAGE_LINKS_MAX);
        links.push(page_links);
    }
    Interactive {
        fields: fields::read(objects, &widgets, &places),
        attachments: attachments::read(objects),
        links,
    }
}

fn address(dict: &lopdf::Dictionary) -> usize {
    std::ptr::from_ref(dict) as usize
}
