//! The bytes of documents: chunk rows in, chunk rows out.
//!
//! A document that no job owns is *loose*: it has a row in `loose_documents` from its first
//! chunk until an insert binds it. Whatever becomes doomed there is deleted piece by piece
//! by the sweep, so that no commit ever deletes a whole large document.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::checksum::Summed;
use super::error::{Fault, in_read};
use super::rows::SlotRow;
use super::session::Session;
use super::sql;
use crate::base::limits;
use crate::job::data_url::LenientDecoder;
use crate::job::request::{Chunk, Slot, SlotContent};
use crate::store::StoreError;

/// Chunks that one document may have: the low bits of a chunk's key.
const CHUNKS_PER_DOCUMENT: i64 = 1 << 16;

const _: () =
    assert!(limits::BODY_BYTES_MAX / (limits::CHUNK_BYTES as u64) < CHUNKS_PER_DOCUMENT as u64);

fn key(document: i64, ordinal: u32) -> Result<i64, StoreError> {
    Some(i64::from(ordinal))
        .filter(|ordinal| *ordinal < CHUNKS_PER_DOCUMENT)
        .and_then(|ordinal| document.checked_mul(CHUNKS_PER_DOCUMENT)?.checked_add(ordinal))
        .ok_or_else(|| StoreError::NotStored("the document has too many chunks".to_owned()))
}

/// The first number that no document of this file has.
pub(super) fn first_free(connection: &Connection) -> rusqlite::Result<i64> {
    let last = |sql| {
        let last = connection.query_row(sql, [], |row| row.get::<_, i64>(0)).optional()?;
        Ok::<_, rusqlite::Error>(last.unwrap_or_default())
    };
    Ok((last(sql::LAST_CHUNK)? / CHUNKS_PER_DOCUMENT).max(last(sql::LAST_LOOSE)?) + 1)
}

/// Stores the next chunk of a document that is arriving.
pub(super) fn put_chunk(
    session: &Session,
    document: i64,
    ordinal: u32,
    chunk: &Chunk,
) -> Result<(), Fault> {
    if ordinal == 0 {
        session.execute(sql::INSERT_LOOSE, [document])?;
    } else if !session.exists(sql::IS_ARRIVING, [document])? {
        let gone = format!("document {document} is not arriving; send it again from its start");
        return Err(StoreError::NotStored(gone).into());
    }
    insert_chunk(session, document, ordinal, chunk)
}

/// Stores a chunk.
pub(super) fn insert_chunk(
    session: &Session,
    document: i64,
    ordinal: u32,
    chunk: &Chunk,
) -> Result<(), Fault> {
    let key = key(document, ordinal)?;
    let checksum = Summed::Chunk.checksum(key, &[&[u8::from(chunk.is_text)], &chunk.bytes]);
    session.execute(sql::INSERT_CHUNK, params![key, chunk.is_text, checksum, chunk.bytes])?;
    Ok(())
}

/// Gives a document to the job being inserted.
pub(super) fn bind(session: &Session, document: i64) -> Result<(), Fault> {
    if session.execute(sql::BIND, [document])? == 0 {
        let gone = format!("document {document} is not there any more; send the request again");
        return Err(StoreError::NotStored(gone).into());
    }
    Ok(())
}

/// Dooms documents of a request that broke off.
pub(super) fn doom_arriving(session: &Session, documents: &[i64]) -> Result<(), Fault> {
    for document in documents {
        session.execute(sql::DOOM_ARRIVING, [document])?;
    }
    Ok(())
}

/// Deletes doomed chunks, a bounded number. Says whether more are left.
pub(super) fn delete_doomed(session: &Session) -> Result<bool, Fault> {
    let mut room = limits::EXPIRE_SLICE_CHUNKS;
    loop {
        let mut statement = session.statement(sql::NEXT_DOOMED)?;
        let next = statement.query_row([], |row| row.get::<_, i64>(0)).optional()?;
        let Some(document) = next else { return Ok(false) };
        if room == 0 {
            return Ok(true);
        }
        let (first, end) = (key(document, 0)?, key(document + 1, 0)?);
        let deleted = session.execute(sql::DELETE_CHUNKS, params![first, end, room])?;
        let deleted = u32::try_from(deleted).unwrap_or(room);
        if deleted < room {
            session.execute(sql::DELETE_LOOSE, [document])?;
        }
        // A document without chunks costs something too.
        room = room.saturating_sub(deleted.max(1));
    }
}

/// Reads a chunk.
pub(super) fn chunk(
    connection: &Connection,
    document: i64,
    ordinal: u32,
) -> Result<Option<Chunk>, StoreError> {
    let Ok(key) = key(document, ordinal) else { return Ok(None) };
    let read = || {
        let mut statement = connection.prepare_cached(sql::CHUNK)?;
        let chunk = |row: &rusqlite::Row<'_>| {
            Ok((row.get::<_, Option<i64>>(1)?, Chunk { is_text: row.get(0)?, bytes: row.get(2)? }))
        };
        statement.query_row([key], chunk).optional()
    };
    let Some((stored, chunk)) = read().map_err(|error| in_read(&error))? else { return Ok(None) };
    Summed::Chunk.verify(stored, key, &[&[u8::from(chunk.is_text)], &chunk.bytes])?;
    Ok(Some(chunk))
}

/// Reads a slot back as it was stored.
pub(super) fn slot(connection: &Connection, row: SlotRow) -> Result<Slot, StoreError> {
    let fetched_from = row.address().map(str::to_owned);
    let (SlotRow::Cut(offset, head, length, document)
    | SlotRow::Fetched(offset, head, length, document, _)) = row;
    let first = chunk(connection, document, 0)?;
    let content = SlotContent::Stored(document);
    Ok(Slot { offset, head, length, first_bytes: first_bytes(first), content, fetched_from })
}

/// The first bytes of a document, decoded. They are not stored a second time.
fn first_bytes(chunk: Option<Chunk>) -> Vec<u8> {
    let Some(Chunk { is_text, mut bytes }) = chunk else { return Vec::new() };
    if is_text {
        let mut decoded = Vec::new();
        let mut decoder = LenientDecoder::default();
        // It was decoded once before, when it arrived.
        let _ = decoder.push(&bytes, &mut decoded);
        let _ = decoder.finish(&mut decoded);
        bytes = decoded;
    }
    bytes.truncate(limits::DOCUMENT_HEAD_BYTES);
    bytes.shrink_to_fit();
    bytes
}
