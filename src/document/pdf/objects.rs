//! Typed, forgiving access to the objects of an opened file.
//!
//! Every getter follows references (a bounded number of them) and answers `None` for a value
//! of the wrong type, so that callers say what they want and nothing else.

use std::borrow::Cow;
use std::cell::Cell;

use lopdf::{Dictionary, Object, ObjectId, Stream};

use super::filter;
use crate::base::limits::{DOCUMENT_REFERENCE_DEPTH_MAX, PICTURE_BYTES_MAX};
use crate::document::options::DocumentLimits;

/// The objects of one file and what is left of its budget for decoding.
pub(crate) struct Objects<'a> {
    document: &'a lopdf::Document,
    stream_bytes_max: usize,
    decoded_bytes_left: Cell<usize>,
    cut_streams: Cell<usize>,
}

impl<'a> Objects<'a> {
    pub(crate) fn new(document: &'a lopdf::Document, limits: &DocumentLimits) -> Self {
        Self {
            document,
            stream_bytes_max: limits.stream_decoded_bytes_max,
            decoded_bytes_left: Cell::new(limits.decoded_bytes_max),
            cut_streams: Cell::new(0),
        }
    }

    pub(crate) fn trailer(&self) -> &'a Dictionary {
        &self.document.trailer
    }

    pub(crate) fn catalog(&self) -> Option<&'a Dictionary> {
        self.dict(self.trailer(), b"Root")
    }

    /// All objects by number, for searches in damaged files.
    pub(crate) fn all(&self) -> impl Iterator<Item = (ObjectId, &'a Object)> {
        self.document.objects.iter().map(|(id, object)| (*id, object))
    }

    /// How many streams were cut off by a limit.
    pub(crate) fn cut_streams(&self) -> usize {
        self.cut_streams.get()
    }

    /// Follows references to an object that is none; a ring or a hole is null.
    pub(crate) fn resolve(&self, object: &'a Object) -> &'a Object {
        let mut current = object;
        for _ in 0..DOCUMENT_REFERENCE_DEPTH_MAX {
            match current {
                Object::Reference(id) => match self.by_id(*id) {
                    Some(target) => current = target,
                    None => return &Object::Null,
                },
                other => return other,
            }
        }
        &Object::Null
    }

    /// An object by its number; a wrong generation is forgiven.
    pub(crate) fn by_id(&self, id: ObjectId) -> Option<&'a Object> {
        self.document.objects.get(&id).or_else(|| {
            self.document
                .objects
                .range((id.0, 0)..=(id.0, u16::MAX))
                .next()
                .map(|(_, object)| object)
        })
    }

    /// A value of a dictionary, references followed, null as absent.
    pub(crate) fn get(&self, dict: &'a Dictionary, key: &[u8]) -> Option<&'a Object> {
        match self.resolve(dict.get(key).ok()?) {
            Object::Null => None,
            object => Some(object),
        }
    }

    pub(crate) fn dict(&self, dict: &'a Dictionary, key: &[u8]) -> Option<&'a Dictionary> {
        as_dict(self.get(dict, key)?)
    }

    pub(crate) fn array(&self, dict: &'a Dictionary, key: &[u8]) -> Option<&'a [Object]> {
        match self.get(dict, key)? {
            Object::Array(items) => Some(items),
            _ => None,
        }
    }

    pub(crate) fn name(&self, dict: &'a Dictionary, key: &[u8]) -> Option<&'a [u8]> {
        as_name(self.get(dict, key)?)
    }

    pub(crate) fn string(&self, dict: &'a Dictionary, key: &[u8]) -> Option<&'a [u8]> {
        match self.get(dict, key)? {
            Object::String(bytes, _) => Some(bytes),
            _ => None,
        }
    }

    pub(crate) fn number(&self, dict: &'a Dictionary, key: &[u8]) -> Option<f64> {
        as_number(self.get(dict, key)?)
    }

    pub(crate) fn integer(&self, dict: &'a Dictionary, key: &[u8]) -> Option<i64> {
        as_integer(self.get(dict, key)?)
    }

    pub(crate) fn stream(&self, dict: &'a Dictionary, key: &[u8]) -> Option<&'a Stream> {
        match self.get(dict, key)? {
            Object::Stream(stream) => Some(stream),
            _ => None,
        }
    }

    /// Numbers of an array; anything else in it counts as 0.
    pub(crate) fn numbers<const N: usize>(
        &self,
        dict: &'a Dictionary,
        key: &[u8],
    ) -> Option<[f64; N]> {
        let items = self.array(dict, key)?;
        let mut numbers = [0.0; N];
        if items.len() < N {
            return None;
        }
        for (number, item) in numbers.iter_mut().zip(items) {
            *number = as_number(self.resolve(item)).unwrap_or(0.0);
        }
        Some(numbers)
    }

    /// The bytes of a stream, all text filters undone, as far as they can be had.
    ///
    /// Filters for pictures end the chain: the bytes are then still theirs.
    pub(crate) fn decode(&self, stream: &'a Stream) -> Cow<'a, [u8]> {
        self.decode_within(stream, self.stream_bytes_max)
    }

    /// The same for the samples of a picture, which may be more.
    pub(super) fn decode_picture(&self, stream: &'a Stream) -> Cow<'a, [u8]> {
        self.decode_within(stream, self.stream_bytes_max.max(PICTURE_BYTES_MAX))
    }

    fn decode_within(&self, stream: &'a Stream, bytes_max: usize) -> Cow<'a, [u8]> {
        let limit = bytes_max.min(self.decoded_bytes_left.get());
        let decoded = filter::decode(self, stream, limit);
        if let Cow::Owned(bytes) = &decoded {
            if bytes.len() >= limit {
                self.cut_streams.set(self.cut_streams.get() + 1);
            }
            self.decoded_bytes_left.set(self.decoded_bytes_left.get().saturating_sub(bytes.len()));
        }
        decoded
    }
}

/// The dictionary of a dictionary or stream.
pub(crate) fn as_dict(object: &Object) -> Option<&Dictionary> {
    match object {
        Object::Dictionary(dict) => Some(dict),
        Object::Stream(stream) => Some(&stream.dict),
        _ => None,
    }
}

pub(crate) fn as_name(object: &Object) -> Option<&[u8]> {
    match object {
        Object::Name(name) => Some(name),
        _ => None,
    }
}

pub(crate) fn as_number(object: &Object) -> Option<f64> {
    match object {
        Object::Integer(value) => Some(*value as f64),
        Object::Real(value) if value.is_finite() => Some(f64::from(*value)),
        _ => None,
    }
}

pub(crate) fn as_integer(object: &Object) -> Option<i64> {
    match object {
        Object::Integer(value) => Some(*value),
        Object::Real(value) if value.is_finite() => Some(*value as i64),
        _ => None,
    }
}
