//! The JSON object in what a model wrote.
//!
//! Models put fences and prose around JSON, think aloud before it, and make the mistakes of
//! people who write it by hand. Owns what is forgiven. It must not know what the object
//! should hold.

use serde_json::Value;

/// The first JSON object in a text.
pub(super) fn object(text: &str) -> Option<Value> {
    let text = without_thoughts(text);
    let is_object = |value: &Value| value.is_object();
    if let Some(value) = serde_json::from_str(text.trim()).ok().filter(is_object) {
        return Some(value);
    }
    let mut from = 0;
    // A brace in the prose before the object is no object.
    while let Some(start) = text.get(from..)?.find('{').map(|at| from + at) {
        let mended = mended(text.get(start..)?);
        if let Some(value) = serde_json::from_str(&mended).ok().filter(is_object) {
            return Some(value);
        }
        from = start + 1;
        if from > 4096 {
            break;
        }
    }
    None
}

/// The text behind the thoughts of a model that thinks aloud.
fn without_thoughts(text: &str) -> &str {
    let end = ["</think>", "</thinking>", "</reasoning>"]
        .iter()
        .filter_map(|tag| text.rfind(tag).map(|at| at + tag.len()))
        .max();
    end.and_then(|end| text.get(end..)).unwrap_or(text)
}

/// The object at the beginning of a text, with what is forgiven put right: trailing commas,
/// single quotes, bare words for nothing, raw line ends in strings, comments, brackets that
/// are not closed at the very end.
fn mended(text: &str) -> String {
    let mut made = String::with_capacity(text.len());
    let mut open: Vec<char> = Vec::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' | '\'' => string(letter, &mut letters, &mut made),
            '{' | '[' => {
                open.push(if letter == '{' { '}' } else { ']' });
                made.push(letter);
            }
            '}' | ']' => {
                drop_comma(&mut made);
                // A list that was not closed before its object is.
                while open.last().is_some_and(|closing| *closing != letter) {
                    made.extend(open.pop());
                }
                open.pop();
                made.push(letter);
                if open.is_empty() {
                    return made;
                }
            }
            '/' if letters.peek() == Some(&'/') => {
                while letters.peek().is_some_and(|next| *next != '\n') {
                    letters.next();
                }
            }
            _ if letter.is_alphabetic() => {
                let mut word = String::from(letter);
                while let Some(next) = letters.next_if(|next| next.is_alphanumeric()) {
                    word.push(next);
                }
                made.push_str(match word.as_str() {
                    "True" | "TRUE" => "true",
                    "False" | "FALSE" => "false",
                    "None" | "NaN" | "Infinity" | "undefined" | "NULL" | "Null" => "null",
                    other => other,
                });
            }
            _ => made.push(letter),
        }
    }
    drop_comma(&mut made);
    made.extend(open.into_iter().rev());
    made
}

fn drop_comma(made: &mut String) {
    let end = made.trim_end().len();
    if made.get(..end).is_some_and(|text| text.ends_with(',')) {
        made.truncate(end - 1);
    }
}

/// Copies a string whose quote was just read.
fn string(quote: char, letters: &mut std::iter::Peekable<std::str::Chars<'_>>, made: &mut String) {
    made.push('"');
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('\'') => made.push('\''),
                Some(next) => made.extend(['\\', next]),
                None => {}
            },
            '"' if quote == '\'' => made.push_str("\\\""),
            // An apostrophe inside a word ends no string.
            '\'' if quote == '\'' && letters.peek().is_some_and(|next| next.is_alphanumeric()) => {
                made.push('\'');
            }
            _ if letter == quote => break,
            '\n' => made.push_str("\\n"),
            '\r' => made.push_str("\\r"),
            '\t' => made.push_str("\\t"),
            _ if letter.is_control() => {}
            _ => made.push(letter),
        }
    }
    made.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::object;

    #[test]
    fn what_people_and_models_do_to_json_is_forgiven() {
        let wanted = json!({"a": "x\ny", "b": [1, 2], "c": null});
        for text in [
            r#"{"a":"x\ny","b":[1,2],"c":null}"#,
            "Here:\n```json\n{\"a\": \"x\ny\", \"b\": [1, 2,], \"c\": NaN,}\n```\nBye {you}",
            "<think>{\"a\": 1}</think>\n{'a': 'x\\ny', 'b': [1, 2], 'c': None}",
            "Use {braces}: {\"a\": \"x\\ny\", // a\n \"b\": [1, 2, \"c\": null}",
            "{\"a\": \"x\\ny\", \"b\": [1, 2], \"c\": null",
        ] {
            let found = object(text);
            if text.contains("\"b\": [1, 2, \"c\"") {
                // Not to be guessed: a key inside a list.
                assert_eq!(found, None);
            } else {
                assert_eq!(found.as_ref(), Some(&wanted), "{text}");
            }
        }
        assert_eq!(object("{'it': 'it\\'s Bob's \"x\"'}"), Some(json!({"it": "it's Bob's \"x\""})));
    }

    #[test]
    fn what_is_no_object_is_none() {
        for text in ["", "no", "[1]", "3", "{", "{a b}", "I cannot do that."] {
            assert!(object(text).is_none_or(|value| value == json!({})), "{text}");
        }
    }
}
