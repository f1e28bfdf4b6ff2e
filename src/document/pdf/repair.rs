//! Builds a document from a damaged file by looking for its objects.
//!
//! Where lopdf gives up or comes back with holes, the bytes are searched for `n g obj`; the
//! last definition of a number wins, as in incremental updates. Cross-reference data is ignored.

use lopdf::{Dictionary, Document, Object, ObjectId};

use super::lexer::{Lexer, Token};
use super::objects::Objects;
use super::syntax;
use crate::base::limits::DOCUMENT_OBJECTS_MAX;
use crate::document::options::DocumentLimits;

/// Rebuilds a document; `None` when nothing in it looks like an object.
pub(super) fn rebuild(bytes: &[u8], password: &str, limits: &DocumentLimits) -> Option<Document> {
    let mut document = Document::new();
    for (id, start) in object_starts(bytes) {
        let body = bytes.get(start..).unwrap_or_default();
        if let Some(object) = syntax::object(&mut Lexer::new(body)) {
            document.objects.insert(id, object);
        }
    }
    if document.objects.is_empty() {
        return None;
    }
    document.trailer = trailer(bytes, &document);
    if document.trailer.has(b"Encrypt") {
        unlock(&mut document, password);
    }
    add_members_of_object_streams(&mut document, limits);
    if !document.trailer.has(b"Root")
        && let Some(id) = find_catalog(&document)
    {
        document.trailer.set("Root", Object::Reference(id));
    }
    Some(document)
}

/// Numbers of objects and where their bodies start, in the order of the file.
fn object_starts(bytes: &[u8]) -> Vec<(ObjectId, usize)> {
    let mut starts = Vec::new();
    for at in memchr::memmem::find_iter(bytes, b"obj") {
        let head = bytes.get(at.saturating_sub(24)..at).unwrap_or_default();
        if let Some(id) = id_before(head) {
            starts.push((id, at + 3));
            if starts.len() >= DOCUMENT_OBJECTS_MAX {
                break;
            }
        }
    }
    starts
}

/// Reads `12 0 ` backwards from the end of `head`.
fn id_before(head: &[u8]) -> Option<ObjectId> {
    let generation_end = head.trim_ascii_end();
    let (rest, generation) = split_digits(generation_end)?;
    let number_end = rest.trim_ascii_end();
    if number_end.len() == rest.len() {
        return None;
    }
    let (_, number) = split_digits(number_end)?;
    Some((number.parse().ok()?, generation.parse().ok()?))
}

fn split_digits(bytes: &[u8]) -> Option<(&[u8], &str)> {
    let digits = bytes.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (rest, digits) = bytes.split_at_checked(bytes.len() - digits)?;
    let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.is_empty())?;
    Some((rest, digits))
}

/// The entries of all trailers and cross-reference streams, later ones over earlier ones.
fn trailer(bytes: &[u8], document: &Document) -> Dictionary {
    let mut trailer = Dictionary::new();
    let streams = document.objects.values().filter_map(|object| match object {
        Object::Stream(stream) if stream.dict.has_type(b"XRef") => Some(&stream.dict),
        _ => None,
    });
    let mut found: Vec<Dictionary> = streams.cloned().collect();
    for at in memchr::memmem::find_iter(bytes, b"trailer") {
        let mut lexer = Lexer::new(bytes.get(at + 7..).unwrap_or_default());
        if lexer.clone().next() == Some(Token::DictOpen)
            && let Some(Object::Dictionary(dict)) = syntax::object(&mut lexer)
        {
            found.push(dict);
        }
    }
    for dict in &found {
        for key in [b"Root".as_slice(), b"Info", b"Encrypt", b"ID"] {
            if let Ok(value) = dict.get(key) {
                trailer.set(key, value.clone());
            }
        }
    }
    trailer
}

/// Decrypts with the password, or with the empty one; lopdf wants an `ID` and a reference.
pub(super) fn unlock(document: &mut Document, password: &str) -> bool {
    if !document.trailer.has(b"ID") {
        let empty = || Object::string_literal(Vec::new());
        document.trailer.set("ID", Object::Array(vec![empty(), empty()]));
    }
    if let Ok(Object::Dictionary(dict)) = document.trailer.get(b"Encrypt") {
        let dict = dict.clone();
        let number = document.objects.keys().next_back().map_or(1, |id| id.0.saturating_add(1));
        document.objects.insert((number, 0), Object::Dictionary(dict));
        document.trailer.set("Encrypt", Object::Reference((number, 0)));
    }
    document.decrypt(password).is_ok() || document.decrypt("").is_ok()
}

fn add_members_of_object_streams(document: &mut Document, limits: &DocumentLimits) {
    let mut members: Vec<(ObjectId, Object)> = Vec::new();
    let objects = Objects::new(document, limits);
    for (_, object) in objects.all() {
        let Object::Stream(stream) = object else { continue };
        if !stream.dict.has_type(b"ObjStm") {
            continue;
        }
        let count = objects.integer(&stream.dict, b"N").unwrap_or(0).max(0) as usize;
        let first = objects.integer(&stream.dict, b"First").unwrap_or(0).max(0) as usize;
        let bytes = objects.decode(stream);
        let mut header = Lexer::new(bytes.get(..first).unwrap_or_default());
        for _ in 0..count {
            let (Some(Token::Number(number)), Some(Token::Number(offset))) =
                (header.next(), header.next())
            else {
                break;
            };
            let body = bytes.get(first.saturating_add(offset as usize)..).unwrap_or_default();
            if let Some(member) = syntax::object(&mut Lexer::new(body))
                && members.len() < DOCUMENT_OBJECTS_MAX
            {
                members.push(((number as u32, 0), member));
            }
        }
    }
    for (id, member) in members {
        document.objects.entry(id).or_insert(member);
    }
}

fn find_catalog(document: &Document) -> Option<ObjectId> {
    let is_catalog = |object: &Object| object.as_dict().is_ok_and(|dict| dict.has_type(b"Catalog"));
    document.objects.iter().rev().find(|(_, object)| is_catalog(object)).map(|(id, _)| *id)
}

/// How much of a document can be read: pages, and bytes of content that their pages lead to.
///
/// Two ways to open a file are compared by this.
pub(super) fn yield_of(document: &Document, limits: &DocumentLimits) -> (usize, usize) {
    let objects = Objects::new(document, limits);
    let pages = super::page_tree::pages(&objects, limits.pages_max);
    let bytes = pages.iter().map(|page| super::page::content_bytes(&objects, page)).sum();
    (pages.len(), bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::{id_before, rebuild, yield_of};
    use crate::document::DocumentLimits;

    #[test]
    fn objects_are_found_without_header_table_or_trailer() {
        let bytes = b"1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj
            2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj
            3 0 obj <</Type/Page/Parent 2 0 R/Contents 4 0 R>> endobj
            4 0 obj <</Length 9 0 R>> stream\nBT ET\nendstream endobj";
        let limits = DocumentLimits::default();
        let document = rebuild(bytes, "", &limits).unwrap();
        assert_eq!(yield_of(&document, &limits), (1, 5));
    }

    #[test]
    fn the_last_definition_of_a_number_wins() {
        let document =
            rebuild(b"1 0 obj 5 endobj 1 0 obj 6 endobj", "", &DocumentLimits::default()).unwrap();
        assert_eq!(document.objects.get(&(1, 0)).unwrap().as_i64().unwrap(), 6);
    }

    #[test]
    fn words_that_end_in_obj_are_no_objects() {
        assert_eq!(id_before(b"end"), None);
        assert_eq!(id_before(b"12 0 "), Some((12, 0)));
        assert_eq!(id_before(b" 12"), None);
    }
}
