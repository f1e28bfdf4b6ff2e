//! How answers refer to a document: by an id that its bytes determine.

use blake2::digest::consts::U8;
use blake2::{Blake2b, Digest};
use serde_json::{Value, json};

/// The reference to a document. Its id is `file_` and the BLAKE2b hash (RFC 7693) of its
/// bytes with a digest of 8 bytes, as clients compute it too.
#[must_use]
pub fn reference(filename: &str, media_type: &str, bytes: &[u8]) -> Value {
    let digest = Blake2b::<U8>::digest(bytes);
    let id = digest.iter().fold("file_".to_owned(), |id, byte| format!("{id}{byte:02x}"));
    let media_type = match media_type {
        "" => "application/octet-stream",
        named => named,
    };
    json!({"id": id, "filename": filename, "mime_type": media_type})
}
