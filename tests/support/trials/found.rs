//! Inputs that broke something once, each with its story, so that it does not come back.

/// Each with the name of its trial.
pub(crate) fn all() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        // `u8::from_str_radix` takes a sign, so that a document could hold an escape that no
        // JSON has, and the request was stored.
        ("create_body", document("\\u+041")),
        // A raw control byte inside a string is no JSON either; base64 skipped a line break.
        ("create_body", document("\n")),
    ]
}

/// A large document with something in the middle of its base64.
fn document(inside: &str) -> Vec<u8> {
    let half = "QUJD".repeat(600);
    format!("{{\"url\":\"data:;base64,{half}{inside}{half}\"}}").into_bytes()
}
