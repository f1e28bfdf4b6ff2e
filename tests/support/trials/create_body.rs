//! The body of a create: any bytes through the cutter and the envelope, in any pieces.
//!
//! They must not panic, the answer must not depend on the pieces, and it must be the one of a
//! real JSON parser: what that refuses is refused, what it reads is what is kept, and put
//! together again the text is the one that came.

use docspool::RequestBody;
use docspool::base::budget::ByteBudget;
use docspool::base::limits;
use docspool::job::cutter::{CutError, Cutter, DocumentSink, SinkError};
use docspool::job::data_url;
use docspool::job::envelope::Envelope;
use docspool::job::request::{Chunk, Slot, SlotContent, marker};
use serde_json::{Value, json};

/// Bytes that a request may take: more than any input here needs.
const BUDGET: u64 = 64 << 20;

/// Any bytes; whether they are JSON.
pub(crate) fn run(bytes: &[u8]) -> bool {
    let whole = cut(&[bytes]);
    for pieces in super::cuts(bytes) {
        assert_eq!(cut(&pieces), whole, "the answer depends on the pieces");
    }
    let parsed: Option<Value> = serde_json::from_slice(bytes).ok();
    match whole {
        Ok(body) => check(bytes, parsed.as_ref(), body),
        Err(CutError::Document(_)) => {}
        Err(CutError::TooDeep | CutError::TooManyDocuments) => {}
        Err(error) => assert_eq!(parsed, None, "sound JSON is refused: {error}"),
    }
    parsed.is_some()
}

fn check(bytes: &[u8], parsed: Option<&Value>, body: RequestBody) {
    let kept: Option<Value> = serde_json::from_str(&body.json).ok();
    assert_eq!(kept.is_some(), parsed.is_some(), "both are JSON or neither is: {}", body.json);
    for (ordinal, slot) in body.slots.iter().enumerate() {
        assert!(body.json[slot.offset..].starts_with(&marker(ordinal)), "a slot has its marker");
        assert!(data_url::is_base64_head(&slot.head), "{:?} begins a document", slot.head);
        let document = data_url::decode(&url(slot)).expect("what was cut out decodes");
        assert_eq!(document.len() as u64, slot.length);
        let head = document.len().min(limits::DOCUMENT_HEAD_BYTES);
        assert_eq!(slot.first_bytes, document[..head]);
    }
    if let Some(parsed) = parsed {
        let again: Value = serde_json::from_str(&put_back(body.json.clone(), &body.slots))
            .expect("what is kept is JSON");
        assert_eq!(&again, parsed, "what is kept is what came");
    }
    let (json, slots) = (body.json.clone(), body.slots.len());
    if let Ok(envelope) = Envelope::read(body) {
        assert!(parsed.is_some_and(Value::is_object), "an envelope that is no JSON");
        assert!(json.contains(&envelope.request.json), "the request stands in its body");
        assert_eq!(envelope.request.slots.len(), slots, "no document is forgotten");
        for (ordinal, slot) in envelope.request.slots.iter().enumerate() {
            assert!(envelope.request.json[slot.offset..].starts_with(&marker(ordinal)));
        }
        assert!(bytes.len() >= envelope.request.json.len());
    }
}

/// A data URL, as it came.
fn url(slot: &Slot) -> String {
    let SlotContent::Memory(chunks) = &slot.content else { panic!("there is no store here") };
    let text = |chunk: &Chunk| match chunk.is_text {
        true => String::from_utf8(chunk.bytes.clone()).expect("base64 is ASCII"),
        false => data_url::encode(&chunk.bytes),
    };
    chunks.iter().fold(slot.head.clone(), |url, chunk| url + &text(chunk))
}

/// The text with the documents put back where they were cut out. Texts that only look like a
/// marker are not at the place of one.
fn put_back(mut text: String, slots: &[Slot]) -> String {
    for (ordinal, slot) in slots.iter().enumerate().rev() {
        let quoted = Value::from(url(slot)).to_string();
        let end = slot.offset + marker(ordinal).len();
        text.replace_range(slot.offset..end, &quoted[1..quoted.len() - 1]);
    }
    text
}

#[derive(Default)]
struct Kept(Vec<Chunk>);

impl DocumentSink for Kept {
    fn chunk(&mut self, chunk: Chunk) -> Result<(), SinkError> {
        assert!(chunk.bytes.len() <= limits::CHUNK_BASE64_CHARS, "a chunk over its limit");
        self.0.push(chunk);
        Ok(())
    }

    fn finish(&mut self) -> Result<SlotContent, SinkError> {
        Ok(SlotContent::Memory(std::mem::take(&mut self.0)))
    }
}

fn cut(pieces: &[&[u8]]) -> Result<RequestBody, CutError> {
    let budget = ByteBudget::new(BUDGET);
    let (mut sink, mut share) = (Kept::default(), budget.share());
    let mut cutter = Cutter::new(&mut sink, &mut share);
    pieces.iter().try_for_each(|piece| cutter.push(piece))?;
    cutter.finish()
}

/// Creates as clients send them, with documents small and large.
pub(crate) fn seeds() -> Vec<(String, Vec<u8>)> {
    let document =
        |bytes: &[u8]| json!({"filename": "a.txt", "url": data_url::of("text/plain", bytes)});
    let large = document("Ferry 12.50 ".repeat(140).as_bytes());
    let parse = |document: &Value| {
        let request = json!({ "document": document });
        json!({"endpoint": "/v1/documents/parse", "request": request})
    };
    let schema = json!({"type": "object", "properties": {"total": {"type": "number"}}});
    let mut bodies = vec![
        ("small".to_owned(), parse(&document(b"hello")).to_string()),
        ("large".to_owned(), parse(&large).to_string()),
        (
            "extract".to_owned(),
            json!({
                "endpoint": "/v1/documents/extract", "metadata": {"n\u{e9}e": "\u{1f600}\n"},
                "request": {"json_schema": schema, "document": large, "n_consensus": 3},
            })
            .to_string(),
        ),
        (
            "several".to_owned(),
            json!({
                "endpoint": "/v1/documents/generate_schema",
                "request": {"documents": [large, document(b"b"), large]},
            })
            .to_string(),
        ),
        ("values".to_owned(), "[null, true, -1.5e+3, \"\\u00e9\\\"\\/\", {}, [[]]] ".to_owned()),
    ];
    let wrapped = bodies[1].1.replace("RmVy", "RmVy\\r\\n").replace("MTIu", "MTI\\u002e");
    let odd = bodies[1].1.replace("data:", "d\\u0061ta:").replace('/', "\\/");
    bodies.push(("wrapped".to_owned(), wrapped));
    bodies.push(("odd".to_owned(), odd));
    bodies.into_iter().map(|(name, body)| (name, body.into_bytes())).collect()
}
