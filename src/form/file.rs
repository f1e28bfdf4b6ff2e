//! A PDF that is changed: its objects, which of them changed, and how it is written.
//!
//! Changes are appended to the file as an incremental update (ISO 32000-1, 7.5.6), so that
//! what was there stays as it was, byte for byte: signatures, other revisions, encryption.
//! A file that had to be repaired is written anew. Must not know what a form is.

use std::collections::BTreeSet;

use lopdf::{Dictionary, IncrementalDocument, Object, ObjectId, Stream};

use super::error::FormError;
use crate::base::limits;
use crate::document::pdf::objects::{Objects, as_dict};
use crate::document::pdf::open::{self, Opened};
use crate::document::{DocumentError, DocumentLimits, LoadOptions};

/// A file and its changes.
pub(super) struct PdfFile {
    bytes: Vec<u8>,
    opened: Opened,
    limits: DocumentLimits,
    changed: BTreeSet<ObjectId>,
}

impl PdfFile {
    pub(super) fn open(bytes: &[u8], options: &LoadOptions<'_>) -> Result<Self, DocumentError> {
        let opened = open::open(bytes, options)?;
        let limits = options.limits;
        Ok(Self { bytes: bytes.to_vec(), opened, limits, changed: BTreeSet::new() })
    }

    pub(super) fn opened(&self) -> &Opened {
        &self.opened
    }

    /// Its objects, to be read.
    pub(super) fn objects(&self) -> Objects<'_> {
        Objects::new(&self.opened.document, &self.limits)
    }

    /// Whether the update can only be made by writing the whole file anew.
    pub(super) fn is_rewritten(&self) -> bool {
        let document = &self.opened.document;
        self.opened.was_repaired || document.xref_start == 0 || !self.bytes.starts_with(b"%PDF-")
    }

    /// Whether the file is encrypted and loses that because it is written anew.
    pub(super) fn loses_encryption(&self) -> bool {
        self.is_rewritten() && self.opened.document.encryption_state.is_some()
    }

    pub(super) fn object(&self, id: ObjectId) -> Option<&Object> {
        self.opened.document.objects.get(&id)
    }

    pub(super) fn dict(&self, id: ObjectId) -> Option<&Dictionary> {
        self.object(id).and_then(as_dict)
    }

    /// A dictionary that is about to be changed.
    pub(super) fn dict_mut(&mut self, id: ObjectId) -> Option<&mut Dictionary> {
        self.changed.insert(id);
        match self.opened.document.objects.get_mut(&id)? {
            Object::Dictionary(dict) => Some(dict),
            Object::Stream(stream) => Some(&mut stream.dict),
            _ => None,
        }
    }

    /// An object that is about to be changed.
    pub(super) fn object_mut(&mut self, id: ObjectId) -> Option<&mut Object> {
        self.changed.insert(id);
        self.opened.document.objects.get_mut(&id)
    }

    /// Adds an object.
    pub(super) fn add(&mut self, object: impl Into<Object>) -> ObjectId {
        let document = &mut self.opened.document;
        document.max_id = document.max_id.saturating_add(1);
        let id = (document.max_id, 0);
        document.objects.insert(id, object.into());
        self.changed.insert(id);
        id
    }

    /// Adds a stream, packed where that makes it smaller.
    pub(super) fn add_stream(&mut self, dict: Dictionary, content: Vec<u8>) -> ObjectId {
        let mut stream = Stream::new(dict, content);
        // What does not pack stays as it is.
        let _ = stream.compress();
        self.add(stream)
    }

    /// The object of the catalog.
    pub(super) fn catalog_id(&self) -> Option<ObjectId> {
        self.opened.document.trailer.get(b"Root").and_then(Object::as_reference).ok()
    }

    /// A value of a dictionary, references followed a bounded number of times: the object it
    /// stands in for itself, if it does, and the value.
    pub(super) fn follow(&self, object: &Object) -> (Option<ObjectId>, Object) {
        let mut current = object.clone();
        let mut last = None;
        for _ in 0..limits::DOCUMENT_REFERENCE_DEPTH_MAX {
            let Object::Reference(id) = current else { return (last, current) };
            last = Some(id);
            current = self.object(id).cloned().unwrap_or(Object::Null);
        }
        (last, Object::Null)
    }

    /// The file with its changes.
    pub(super) fn save(mut self) -> Result<Vec<u8>, FormError> {
        let unwritable =
            |error: &dyn std::fmt::Display| FormError::Unwritable { detail: error.to_string() };
        if self.changed.is_empty() {
            return Ok(self.bytes);
        }
        let mut written = Vec::with_capacity(self.bytes.len() + 64 * 1024);
        if self.is_rewritten() {
            let document = &mut self.opened.document;
            document.encryption_state = None;
            document.save_to(&mut written).map_err(|error| unwritable(&error))?;
            return Ok(written);
        }
        let changed: Vec<(ObjectId, Object)> =
            (self.changed.iter()).filter_map(|id| Some((*id, self.object(*id)?.clone()))).collect();
        let mut update = IncrementalDocument::create_from(self.bytes, self.opened.document);
        for (id, object) in changed {
            update.new_document.set_object(id, object);
        }
        update.save_to(&mut written).map_err(|error| unwritable(&error))?;
        Ok(written)
    }
}
