//! Documents: in with the job, or piece by piece before it.

use super::{Fixture, new_job};
use crate::base::limits;
use crate::job::request::{Chunk, RequestBody, Slot, SlotContent, marker};
use crate::store::StoreError;

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
        slots.push(Slot { offset, head, length, first_bytes, content });
    }
    RequestBody { json: json + "]", slots }
}

fn read_all(fixture: &Fixture, slot: &Slot) -> Vec<Chunk> {
    let SlotContent::Stored(document) = slot.content else { panic!("not stored") };
    (0..).map_while(|ordinal| fixture.store.chunk(document, ordinal).unwrap()).collect()
}

pub(crate) fn small_documents_come_in_with_the_job(fixture: &Fixture) {
    let first = bytes(5_000, 1);
    let text = Chunk { is_text: true, bytes: b"aGVs\r\nbG8".to_vec() };
    let mut new = new_job(&*fixture.store, 1);
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
    assert_eq!(read_all(fixture, &stored.slots[0]), vec![decoded(first)]);
    assert_eq!(read_all(fixture, &stored.slots[1]), vec![text]);
}

pub(crate) fn large_documents_are_bound_to_the_job(fixture: &Fixture) {
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
    let mut new = new_job(&*fixture.store, 1);
    new.request = body.clone();
    let job = fixture.insert(new);
    let stored = fixture.store.request(job.sequence).unwrap().unwrap();
    assert_eq!(stored, body);
    assert_eq!(read_all(fixture, &stored.slots[0]), chunks);

    // A document belongs to one job; one that was dropped belongs to none.
    let mut again = new_job(&*fixture.store, 2);
    again.request = body.clone();
    assert!(matches!(fixture.store.insert(again).wait(), Err(StoreError::NotStored(_))));
    let dropped = fixture.store.new_document();
    fixture.store.put_chunk(dropped, 0, chunks[0].clone()).wait().unwrap();
    fixture.store.drop_documents(vec![dropped]);
    let late = fixture.store.put_chunk(dropped, 1, chunks[1].clone()).wait();
    assert!(matches!(late, Err(StoreError::NotStored(_))));
    while fixture.store.sweep().wait().unwrap().more {}
    assert_eq!(fixture.store.chunk(dropped, 0).unwrap(), None);
    assert_eq!(read_all(fixture, &stored.slots[0]), chunks);
}
