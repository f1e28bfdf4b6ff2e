//! One answer out of the answers to the portions of a document.
//!
//! A value that stands in its own portion beats one that does not; otherwise the first
//! portion wins, since documents say what they are at their beginning. Lists are joined.

use serde_json::{Map, Value};

use crate::local::extract::locate::squeezed;

/// The answer to one portion.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Part {
    pub(super) value: Value,
    /// Letters and digits of the portion's text.
    pub(super) letters: String,
}

/// Joins the answers, in the order of their portions.
pub(super) fn merged(parts: Vec<Part>) -> Value {
    let views: Vec<(&Value, &str)> = parts.iter().map(|p| (&p.value, p.letters.as_str())).collect();
    join(&views)
}

fn join(views: &[(&Value, &str)]) -> Value {
    let said: Vec<(&Value, &str)> =
        views.iter().copied().filter(|(value, _)| !value.is_null()).collect();
    let Some((first, _)) = said.first() else { return Value::Null };
    match first {
        Value::Object(_) => {
            let mut joined = Map::new();
            for (value, _) in &said {
                for name in value.as_object().into_iter().flat_map(Map::keys) {
                    if !joined.contains_key(name) {
                        let fields: Vec<(&Value, &str)> =
                            said.iter().filter_map(|(v, t)| Some((v.get(name)?, *t))).collect();
                        joined.insert(name.clone(), join(&fields));
                    }
                }
            }
            Value::Object(joined)
        }
        Value::Array(_) => {
            let mut items: Vec<Value> = Vec::new();
            for item in said.iter().filter_map(|(value, _)| value.as_array()).flatten() {
                // What every page repeats is told once.
                if !items.contains(item) {
                    items.push(item.clone());
                }
            }
            Value::Array(items)
        }
        _ => {
            let stands = said.iter().find(|(value, letters)| stands_in(value, letters));
            stands.or(said.first()).map_or(Value::Null, |(value, _)| (*value).clone())
        }
    }
}

fn stands_in(value: &Value, letters: &str) -> bool {
    let wanted = match value {
        Value::String(text) => squeezed(text),
        Value::Number(number) => squeezed(&number.to_string()),
        _ => return false,
    };
    !wanted.is_empty() && letters.contains(&wanted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_stands_in_its_portion_wins_and_lists_go_on() {
        let part = |value: Value, text: &str| Part { value, letters: squeezed(text) };
        let parts = vec![
            part(
                json!({"id": "A-1", "total": 7, "who": {"name": null}, "rows": [{"n": 1}]}),
                "A-1 row 1",
            ),
            part(json!({"id": "B-2", "total": null, "rows": null}), "nothing"),
            part(
                json!({"id": null, "total": 1250.5, "who": {"name": "Ann"}, "extra": true,
                    "rows": [{"n": 1}, {"n": 2}]}),
                "Ann, total 1,250.50; row 2",
            ),
        ];
        assert_eq!(
            merged(parts),
            json!({"id": "A-1", "total": 1250.5, "who": {"name": "Ann"},
                "rows": [{"n": 1}, {"n": 2}], "extra": true})
        );
        assert_eq!(merged(Vec::new()), Value::Null);
    }
}
