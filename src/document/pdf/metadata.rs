//! Title, author and the like, from the information dictionary and the catalog.

use super::font::encoding::text_string;
use super::objects::Objects;
use crate::document::model::Metadata;

/// Reads what the file says about itself; empty strings are left out.
pub(super) fn read(objects: &Objects<'_>) -> Metadata {
    let info = objects.dict(objects.trailer(), b"Info");
    let entry = |key: &[u8]| {
        let text = text_string(objects.string(info?, key)?);
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let language = objects.catalog().and_then(|catalog| objects.string(catalog, b"Lang"));
    Metadata {
        title: entry(b"Title"),
        author: entry(b"Author"),
        subject: entry(b"Subject"),
        keywords: entry(b"Keywords"),
        creator: entry(b"Creator"),
        producer: entry(b"Producer"),
        created: entry(b"CreationDate"),
        modified: entry(b"ModDate"),
        language: language.map(text_string).filter(|tag| !tag.trim().is_empty()),
    }
}
