//! Finds the pages of a file and what they inherit, whatever shape its page tree is in.

use std::collections::HashSet;

use lopdf::{Dictionary, Object, ObjectId};

use super::objects::{Objects, as_dict};
use crate::base::limits::DOCUMENT_TREE_DEPTH_MAX;

/// A page as the tree gives it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PageNode<'a> {
    pub(crate) dict: &'a Dictionary,
    /// Its object; `None` for a page that stands inside its parent.
    pub(crate) id: Option<ObjectId>,
    pub(crate) resources: Option<&'a Dictionary>,
    /// Crop box inside the media box: `[x0, y0, x1, y1]` in user space.
    pub(crate) view: [f64; 4],
    /// 0, 90, 180 or 270, clockwise.
    pub(crate) rotation: u16,
}

#[derive(Clone, Copy, Default)]
struct Inherited<'a> {
    resources: Option<&'a Dictionary>,
    media_box: Option<[f64; 4]>,
    crop_box: Option<[f64; 4]>,
    rotation: Option<i64>,
}

struct Walk<'a, 'b> {
    objects: &'b Objects<'a>,
    seen: HashSet<ObjectId>,
    pages: Vec<PageNode<'a>>,
    pages_max: usize,
}

/// US Letter, the size that readers take for a page without one.
const DEFAULT_BOX: [f64; 4] = [0.0, 0.0, 612.0, 792.0];

/// Lists the pages in order, at most `pages_max`.
///
/// When the tree leads nowhere, every object that says it is a page counts, by number.
pub(crate) fn pages<'a>(objects: &Objects<'a>, pages_max: usize) -> Vec<PageNode<'a>> {
    let mut walk = Walk { objects, seen: HashSet::new(), pages: Vec::new(), pages_max };
    if let Some(root) = objects.catalog().and_then(|catalog| catalog.get(b"Pages").ok()) {
        walk.node(root, Inherited::default(), 0);
    }
    if walk.pages.is_empty() {
        for (id, object) in objects.all() {
            if let Object::Dictionary(dict) = object
                && objects.name(dict, b"Type") == Some(b"Page")
                && walk.pages.len() < pages_max
            {
                let inherited = inherited_by_parents(objects, dict);
                walk.page(dict, Some(id), inherited);
            }
        }
    }
    walk.pages
}

/// What a page found outside the tree inherits by its `Parent` links.
fn inherited_by_parents<'a>(objects: &Objects<'a>, page: &'a Dictionary) -> Inherited<'a> {
    let mut chain = Vec::new();
    let mut node = page;
    while let Some(parent) = objects.dict(node, b"Parent") {
        if chain.len() >= DOCUMENT_TREE_DEPTH_MAX {
            break;
        }
        chain.push(parent);
        node = parent;
    }
    chain.iter().rev().fold(Inherited::default(), |inherited, dict| inherited.with(objects, dict))
}

impl<'a> Inherited<'a> {
    fn with(self, objects: &Objects<'a>, dict: &'a Dictionary) -> Self {
        Self {
            resources: objects.dict(dict, b"Resources").or(self.resources),
            media_box: objects.numbers(dict, b"MediaBox").or(self.media_box),
            crop_box: objects.numbers(dict, b"CropBox").or(self.crop_box),
            rotation: objects.integer(dict, b"Rotate").or(self.rotation),
        }
    }
}

impl<'a> Walk<'a, '_> {
    fn node(&mut self, object: &'a Object, inherited: Inherited<'a>, depth: usize) {
        if depth > DOCUMENT_TREE_DEPTH_MAX || self.pages.len() >= self.pages_max {
            return;
        }
        let id = object.as_reference().ok();
        let Some(dict) = as_dict(self.objects.resolve(object)) else { return };
        match self.objects.array(dict, b"Kids") {
            Some(kids) if self.objects.name(dict, b"Type") != Some(b"Page") => {
                // A node may hang in the tree once; shared kids would multiply.
                if id.is_some_and(|id| !self.seen.insert(id)) {
                    return;
                }
                let inherited = inherited.with(self.objects, dict);
                for kid in kids {
                    self.node(kid, inherited, depth + 1);
                }
            }
            _ if self.objects.name(dict, b"Type") == Some(b"Pages") => {}
            _ => {
                let inherited = inherited.with(self.objects, dict);
                self.page(dict, id, inherited);
            }
        }
    }

    fn page(&mut self, dict: &'a Dictionary, id: Option<ObjectId>, inherited: Inherited<'a>) {
        let inherited = inherited.with(self.objects, dict);
        let quarter_turns = inherited.rotation.unwrap_or(0).div_euclid(90).rem_euclid(4);
        self.pages.push(PageNode {
            dict,
            id,
            resources: inherited.resources,
            view: view(inherited.media_box, inherited.crop_box),
            rotation: quarter_turns as u16 * 90,
        });
    }
}

/// The part of the page that is shown.
fn view(media_box: Option<[f64; 4]>, crop_box: Option<[f64; 4]>) -> [f64; 4] {
    let media = media_box.and_then(usable).unwrap_or(DEFAULT_BOX);
    let Some(crop) = crop_box.and_then(usable) else { return media };
    let [x0, y0, x1, y1] = media;
    let [cx0, cy0, cx1, cy1] = crop;
    usable_in_order([x0.max(cx0), y0.max(cy0), x1.min(cx1), y1.min(cy1)]).unwrap_or(media)
}

fn usable(rect: [f64; 4]) -> Option<[f64; 4]> {
    let [xa, ya, xb, yb] = rect;
    usable_in_order([xa.min(xb), ya.min(yb), xa.max(xb), ya.max(yb)])
}

fn usable_in_order(rect: [f64; 4]) -> Option<[f64; 4]> {
    let [x0, y0, x1, y1] = rect;
    let fits = rect.iter().all(|value| value.abs() < 1e6);
    (fits && x1 - x0 > 0.5 && y1 - y0 > 0.5).then_some(rect)
}
