//! Inputs that broke something once, each with its story, so that it does not come back.

/// Each with the name of its trial.
pub(crate) fn all() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        // `u8::from_str_radix` takes a sign, so that a document could hold an escape that no
        // JSON has, and the request was stored.
        ("create_body", document("\\u+041")),
        // A raw control byte inside a string is no JSON either; base64 skipped a line break.
        ("create_body", document("\n")),
        // A head over its limit was a head when its comma came in the same piece.
        ("create_body", long_head()),
        // Thirty references to the union that they stand in were thirty to the eighth looks
        // for one keyword.
        ("schema", ring()),
        // Lists that must have sixty entries, twelve inside each other.
        ("schema", lists()),
    ]
}

/// A large document with something in the middle of its base64.
fn document(inside: &str) -> Vec<u8> {
    let half = "QUJD".repeat(600);
    format!("{{\"url\":\"data:;base64,{half}{inside}{half}\"}}").into_bytes()
}

fn long_head() -> Vec<u8> {
    let (head, data) = ("a".repeat(300), "QUJD".repeat(600));
    format!("{{\"url\":\"data:text/plain;{head};base64,{data}\"}}").into_bytes()
}

fn ring() -> Vec<u8> {
    let rings = vec![serde_json::json!({"$ref": "#/$defs/r"}); 30];
    let schema = serde_json::json!({"$defs": {"r": {"oneOf": rings}}, "required": ["a"],
        "properties": {"a": {"type": "number", "minimum": 1, "allOf": rings}}});
    schema.to_string().into_bytes()
}

fn lists() -> Vec<u8> {
    let list = r#"{"type":"array","minItems":60,"items":"#;
    format!("{}{{\"type\":\"string\"}}{}", list.repeat(12), "}".repeat(12)).into_bytes()
}
