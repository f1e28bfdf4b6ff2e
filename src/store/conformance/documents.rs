//! Documents: in with the job, or piece by piece before it.

use super::Fixture;
use crate::base::limits;
use crate::job::State;
use crate::job::request::{Chunk, RequestBody, Slot, SlotContent, marker};
use crate::store::{NewJob, StoreError};

fn bytes(length: usize, seed: u8) -> Vec<u8> {
    (0..length).map(|at| (at as u8).wrapping_mul(31).wrapping_add(seed)).collect()
}

fn decoded(bytes: Vec<u8>) -> Chunk {
    Chunk { is_text: false, bytes }
}

/// A request with one marker for each slot.
fn request(contents: Vec<(Vec<u8>, u64, SlotContent)>) -> RequestBody {
    let mut json = "[".to_owned();
    let mut slots = Vec::new();
    for (ordinal, (first, length, content)) in contents.into_iter().enumerate() {
        json.push_str(if ordinal == 0 { "\"" } else { ",\"" });
        let offset = json.len();
        json.push_str(&marker(ordinal));
        json.push('"');
        let head = format!("data:application/x-{ordinal};base64,");
        let first_bytes = first.into_iter().take(limits::DOCUMENT_HEAD_BYTES).collect();
        slots.push(Slot { offset, head, length, first_bytes, content, fetched_from: None });
    }
    RequestBody { json: json + "]", slots }
}

/// The chunks of a stored document.
pub(super) fn read_all(fixture: &Fixture, slot: &Slot) -> Vec<Chunk> {
    let SlotContent::Stored(document) = slot.content else { panic!("not stored") };
    (0..).map_while(|ordinal| fixture.store.chunk(document, ordinal).unwrap()).collect()
}

/// A job with one document that comes along and one of several chunks stored before.
pub(super) fn with_documents(fixture: &Fixture, number: usize) -> NewJob {
    let small = bytes(5_000, 1);
    let large = bytes(2 * limits::CHUNK_BYTES + 1, 2);
    let request = request(vec![
        (small.clone(), 5_000, SlotContent::Memory(vec![decoded(small)])),
        (large.clone(), large.len() as u64, store_chunks(fixture, &large)),
    ]);
    NewJob { request, ..fixture.new_job(number) }
}

/// Sends a document piece by piece, as it would arrive.
fn store_chunks(fixture: &Fixture, bytes: &[u8]) -> SlotContent {
    let document = fixture.store.new_document();
    let chunks = bytes.chunks(limits::CHUNK_BYTES);
    for (ordinal, chunk) in (0..).zip(chunks) {
        fixture.store.put_chunk(document, ordinal, decoded(chunk.to_vec())).wait().unwrap();
    }
    SlotContent::Stored(document)
}

pub(crate) fn small_documents_come_in_with_the_job(fixture: Fixture) {
    let first = bytes(5_000, 1);
    let text = Chunk { is_text: true, bytes: b"aGVs\r\nbG8".to_vec() };
    let mut new = fixture.new_job(1);
    new.request = request(vec![
        (first.clone(), 5_000, SlotContent::Memory(vec![decoded(first.clone())])),
        (b"hello".to_vec(), 5, SlotContent::Memory(vec![text.clone()])),
    ]);
    let job = fixture.insert(new.clone());
    let stored = fixture.store.request(job.sequence).unwrap().unwrap();
    assert_eq!(stored.json, new.request.json);
    for (stored, sent) in stored.slots.iter().zip(&new.request.slots) {
        assert_eq!(Slot { content: sent.content.clone(), ..stored.clone() }, *sent);
    }
    assert_eq!(read_all(&fixture, &stored.slots[0]), vec![decoded(first)]);
    assert_eq!(read_all(&fixture, &stored.slots[1]), vec![text]);
}

pub(crate) fn fetched_documents_are_attached_while_they_are_wanted(fixture: Fixture) {
    let fetched = |name: &str, content| Slot {
        offset: 0,
        head: "data:application/pdf;base64,".to_owned(),
        length: 4,
        first_bytes: b"%PDF".to_vec(),
        content,
        fetched_from: Some(format!("https://example.org/{name}")),
    };
    let at_hand = || SlotContent::Memory(vec![decoded(b"%PDF".to_vec())]);
    let mut new = fixture.new_job(1);
    new.state = State::Validating;
    let job = fixture.insert(new.clone());
    let large = fetched("large", store_chunks(&fixture, b"%PDF"));
    let documents = vec![fetched("small", at_hand()), large];
    assert!(fixture.store.attach(job.sequence, documents.clone()).wait().unwrap());
    // A second time changes nothing: the first one is there.
    let again = vec![fetched("small", at_hand())];
    assert!(fixture.store.attach(job.sequence, again).wait().unwrap());
    let stored = fixture.store.request(job.sequence).unwrap().unwrap();
    assert_eq!(stored.json, new.request.json);
    assert_eq!(stored.slots.len(), 2);
    for (stored, sent) in stored.slots.iter().zip(&documents) {
        assert_eq!(stored.fetched_from, sent.fetched_from);
        assert_eq!(read_all(&fixture, stored), vec![decoded(b"%PDF".to_vec())]);
    }
    let id = fixture.store.cancel(&job.organization, &job.id).wait().unwrap().job.id;
    let late = vec![fetched("late", at_hand())];
    assert!(!fixture.store.attach(job.sequence, late).wait().unwrap(), "{id} is cancelled");
    assert_eq!(fixture.store.request(job.sequence).unwrap().unwrap().slots.len(), 2);
}

pub(crate) fn large_documents_are_bound_to_the_job(fixture: Fixture) {
    let document = fixture.store.new_document();
    let chunks: Vec<Chunk> = (0..3).map(|seed| decoded(bytes(limits::CHUNK_BYTES, seed))).collect();
    for (ordinal, chunk) in (0..).zip(&chunks) {
        fixture.store.put_chunk(document, ordinal, chunk.clone()).wait().unwrap();
    }
    let body = request(vec![(
        chunks[0].bytes.clone(),
        3 * limits::CHUNK_BYTES as u64,
        SlotContent::Stored(document),
    )]);
    let mut new = fixture.new_job(1);
    new.request = body.clone();
    let job = fixture.insert(new);
    let stored = fixture.store.request(job.sequence).unwrap().unwrap();
    assert_eq!(stored, body);
    assert_eq!(read_all(&fixture, &stored.slots[0]), chunks);

    // A document belongs to one job; one that was dropped belongs to none.
    let mut again = fixture.new_job(2);
    again.request = body.clone();
    assert!(matches!(fixture.store.insert(again).wait(), Err(StoreError::NotStored(_))));
    let dropped = fixture.store.new_document();
    fixture.store.put_chunk(dropped, 0, chunks[0].clone()).wait().unwrap();
    fixture.store.drop_documents(vec![dropped]);
    // Nobody waits for the drop, and chunks have a lane of their own that may overtake it.
    fixture.store.sweep().wait().unwrap();
    let late = fixture.store.put_chunk(dropped, 1, chunks[1].clone()).wait();
    assert!(matches!(late, Err(StoreError::NotStored(_))));
    while fixture.store.sweep().wait().unwrap().more {}
    assert_eq!(fixture.store.chunk(dropped, 0).unwrap(), None);
    assert_eq!(read_all(&fixture, &stored.slots[0]), chunks);
}

pub(crate) fn documents_read_back_byte_for_byte_around_chunk_borders(fixture: Fixture) {
    let full = limits::CHUNK_BYTES;
    let lengths = [1, 2, full - 1, full, full + 1, 2 * full - 1, 2 * full, 2 * full + 1];
    let documents: Vec<Vec<u8>> = (0..).zip(lengths).map(|(n, len)| bytes(len, n)).collect();
    let contents = documents.iter().map(|document| {
        let content = store_chunks(&fixture, document);
        (document.clone(), document.len() as u64, content)
    });
    let body = request(contents.collect());
    let job = fixture.insert(NewJob { request: body.clone(), ..fixture.new_job(1) });
    let fixture = fixture.reopen();
    fixture.sweep();
    let stored = fixture.store.request(job.sequence).unwrap().unwrap();
    assert_eq!(stored, body);
    for (slot, document) in stored.slots.iter().zip(&documents) {
        let read: Vec<u8> =
            read_all(&fixture, slot).into_iter().flat_map(|chunk| chunk.bytes).collect();
        assert!(read == *document, "{} bytes", document.len());
    }
}

pub(crate) fn documents_that_broke_off_are_swept(fixture: Fixture) {
    let job = fixture.insert(with_documents(&fixture, 1));
    let large = bytes(3 * limits::CHUNK_BYTES, 3);
    let SlotContent::Stored(broke_off) = store_chunks(&fixture, &large) else { unreachable!() };
    // While the process lives, the rest may still come.
    fixture.sweep();
    assert!(fixture.store.chunk(broke_off, 2).unwrap().is_some());
    let fixture = fixture.reopen();
    let late = fixture.store.put_chunk(broke_off, 3, decoded(vec![1])).wait();
    assert!(matches!(late, Err(StoreError::NotStored(_))), "{late:?}");
    fixture.sweep();
    for ordinal in 0..4 {
        assert_eq!(fixture.store.chunk(broke_off, ordinal).unwrap(), None);
    }
    let stored = fixture.store.request(job.sequence).unwrap().unwrap();
    let chunks: Vec<usize> =
        stored.slots.iter().map(|slot| read_all(&fixture, slot).len()).collect();
    assert_eq!(chunks, [1, 3]);
    // Numbers go on behind everything that is there.
    let next = fixture.store.new_document();
    assert!(stored.slots.iter().all(|slot| slot.content != SlotContent::Stored(next)));
    assert_eq!(fixture.store.chunk(next, 0).unwrap(), None);
}
