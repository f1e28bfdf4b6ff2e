#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::*;
use crate::base::budget::ByteBudget;
use proptest::prelude::*;

#[derive(Default)]
struct Kept(Vec<Chunk>);

impl DocumentSink for Kept {
    fn chunk(&mut self, chunk: Chunk) -> Result<(), SinkError> {
        self.0.push(chunk);
        Ok(())
    }
    fn finish(&mut self) -> Result<SlotContent, SinkError> {
        Ok(SlotContent::Memory(std::mem::take(&mut self.0)))
    }
}

fn cut(body: &[u8], step: usize) -> Result<RequestBody, CutError> {
    let (mut sink, mut budget) = (Kept::default(), ByteBudget::new(1 << 30).share());
    let mut cutter = Cutter::new(&mut sink, &mut budget);
    for piece in body.chunks(step.max(1)) {
        cutter.push(piece)?;
    }
    cutter.finish()
}

/// The data URL text of a slot, rebuilt.
fn rebuild(slot: &Slot) -> String {
    let SlotContent::Memory(chunks) = &slot.content else { unreachable!() };
    let data: String = chunks
        .iter()
        .map(|chunk| match chunk.is_text {
            true => String::from_utf8(chunk.bytes.clone()).unwrap(),
            false => data_url::encode(&chunk.bytes),
        })
        .collect();
    slot.head.clone() + &data
}

fn document(length: usize) -> Vec<u8> {
    (0..length).map(|n| ((n * 7919) >> 3) as u8).collect()
}

#[test]
fn a_large_document_is_cut_out_and_comes_back_byte_for_byte() {
    for length in [1_600, 10_000, limits::CHUNK_BYTES, limits::CHUNK_BYTES * 2 + 1, 999_999] {
        let url = format!("data:application/pdf;base64,{}", data_url::encode(&document(length)));
        let body = format!(r#"{{"a":"x\"y","document":{{"url":"{url}","n":[1,"é"]}}}}"#);
        let cut = cut(body.as_bytes(), 4_096).unwrap();
        assert_eq!(cut.json, body.replace(&url, "#document/0"), "{length}");
        let slot = &cut.slots[0];
        assert_eq!(slot.length, length as u64);
        assert_eq!(rebuild(slot), url);
        assert!(cut.json[slot.offset..].starts_with("#document/0"));
        assert_eq!(slot.first_bytes, document(length.min(limits::DOCUMENT_HEAD_BYTES)));
    }
}

#[test]
fn a_small_document_and_other_strings_stay() {
    let body = r#"{"u":"data:text/plain;base64,aGVsbG8=","v":"data:,x","w":"data","é":"\u00e9"}"#;
    for step in [1, 3, 1000] {
        let cut = cut(body.as_bytes(), step).unwrap();
        assert_eq!((cut.json.as_str(), cut.slots.len()), (body, 0));
    }
}

#[test]
fn odd_base64_keeps_its_text() {
    let canonical = data_url::encode(&document(600_001));
    let mut wrapped: String = canonical[..400_000].to_owned();
    wrapped.push_str("\\r\\n");
    wrapped.push_str(&canonical[400_000..].replace('/', "\\/").replace("==", ""));
    let body = format!(r#"{{"url":"data:application/pdf;base64,{wrapped}"}}"#);
    for step in [7, 65_536] {
        let cut = cut(body.as_bytes(), step).unwrap();
        assert_eq!(cut.slots[0].length, 600_001);
        let unescaped = wrapped.replace("\\/", "/").replace("\\r\\n", "\r\n");
        assert_eq!(rebuild(&cut.slots[0]), format!("data:application/pdf;base64,{unescaped}"));
    }
}

#[test]
fn padding_in_the_middle_and_foreign_characters_are_refused() {
    let encoded = data_url::encode(&document(400_000));
    for broken in
        [format!("{encoded}{encoded}"), format!("{encoded}*"), format!("{encoded}\\u20ac")]
    {
        let body = format!(r#"{{"url":"data:;base64,{broken}"}}"#);
        assert!(matches!(cut(body.as_bytes(), 1 << 16), Err(CutError::Document(_))));
    }
}

/// Found by fuzzing: nobody but the cutter reads the text of a document, and it took what no
/// JSON parser takes. The number of an escape could have a sign, and a raw line break was a
/// blank of base64.
#[test]
fn a_document_that_is_no_json_text_is_refused() {
    let half = data_url::encode(&document(3_000));
    for broken in ["\\u+041", "\\u00g1", "\\x", "\n", "\u{1}"] {
        let body = format!(r#"{{"url":"data:;base64,{half}{broken}{half}"}}"#);
        for step in [1, 1 << 16] {
            assert_eq!(cut(body.as_bytes(), step), Err(CutError::NotJson), "{broken:?}");
        }
    }
    // JSON has it, base64 does not.
    let body = format!(r#"{{"url":"data:;base64,{half}\b{half}"}}"#);
    assert!(matches!(cut(body.as_bytes(), 1 << 16), Err(CutError::Document(_))));
}

#[test]
fn nesting_is_bounded_without_recursion() {
    let deep = "[".repeat(1_000_000);
    assert_eq!(cut(deep.as_bytes(), 1 << 16), Err(CutError::TooDeep));
    let fine = format!("{}{}", "[".repeat(128), "]".repeat(128));
    assert!(cut(fine.as_bytes(), 1 << 16).is_ok());
}

#[test]
fn json_besides_documents_is_bounded() {
    let body = format!("\"{}\"", "x".repeat(limits::REQUEST_JSON_BYTES_MAX));
    assert_eq!(cut(body.as_bytes(), 1 << 16), Err(CutError::JsonTooLarge));
    assert_eq!(cut(b"\"abc", 1), Err(CutError::Incomplete));
}

proptest! {
    /// However the body is broken into pieces, the result is that of one piece, and a
    /// body without documents is unchanged.
    #[test]
    fn pieces_do_not_matter(value in json_value(), step in 1_usize..50) {
        let body = value.to_string();
        let whole = cut(body.as_bytes(), body.len()).unwrap();
        prop_assert_eq!(&cut(body.as_bytes(), step).unwrap(), &whole);
        if whole.slots.is_empty() {
            prop_assert_eq!(whole.json, body);
        } else {
            let mut rebuilt = whole.json.clone();
            for (ordinal, slot) in whole.slots.iter().enumerate().rev() {
                let end = slot.offset + marker(ordinal).len();
                rebuilt.replace_range(slot.offset..end, &rebuild(slot));
            }
            prop_assert_eq!(rebuilt, body);
        }
    }
}

fn json_value() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        any::<String>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        "data:[a-z/;]{0,20},.{0,40}".prop_map(serde_json::Value::from),
        prop::collection::vec(any::<u8>(), 0..4000).prop_map(|bytes| {
            format!("data:application/pdf;base64,{}", data_url::encode(&bytes)).into()
        }),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(serde_json::Value::from),
            prop::collection::vec((any::<String>(), inner), 0..6)
                .prop_map(|pairs| { serde_json::Value::Object(pairs.into_iter().collect()) }),
        ]
    })
}
