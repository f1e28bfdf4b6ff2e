//! One answer out of several votes, field by field.
//!
//! Each leaf is what most votes say; rows of lists are paired by what they hold before they
//! are voted on. How many agreed is kept for each leaf.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::local::extract::locate::squeezed;

/// Rows that have less than this in common are different rows.
const SAME_ROW: f32 = 0.5;

/// What most votes say, and the share of the votes behind each leaf by its JSON pointer.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Elected {
    pub(super) value: Value,
    pub(super) shares: HashMap<String, f32>,
}

impl Elected {
    /// How many of the votes agreed on a place; 1 where nothing was voted on.
    pub(super) fn share(&self, pointer: &str) -> f32 {
        self.shares.get(pointer).copied().unwrap_or(1.0)
    }
}

/// Holds the vote.
pub(super) fn elect(votes: &[Value]) -> Elected {
    let mut elected = Elected::default();
    let votes: Vec<&Value> = votes.iter().collect();
    let value = choose(&votes, String::new(), &mut elected.shares);
    Elected { value, ..elected }
}

fn choose(votes: &[&Value], pointer: String, shares: &mut HashMap<String, f32>) -> Value {
    if votes.is_empty() {
        return Value::Null;
    }
    // The kind of value that most votes have decides what is voted on.
    let kind = |value: &Value| match value {
        Value::Object(_) => 2,
        Value::Array(_) => 1,
        _ => 0,
    };
    let count = |wanted| votes.iter().filter(|value| kind(value) == wanted).count();
    let most = [2, 1, 0].into_iter().max_by_key(|wanted| (count(*wanted), *wanted)).unwrap_or(0);
    let of_kind: Vec<&Value> = votes.iter().copied().filter(|v| kind(v) == most).collect();
    match most {
        2 => object(&of_kind, votes.len(), &pointer, shares),
        1 => list(&of_kind, votes.len(), &pointer, shares),
        _ => leaf(&of_kind, votes.len(), pointer, shares),
    }
}

fn leaf(votes: &[&Value], of: usize, pointer: String, shares: &mut HashMap<String, f32>) -> Value {
    let keys: Vec<String> = votes.iter().map(|value| normal(value)).collect();
    let support = |key: &String| keys.iter().filter(|other| *other == key).count();
    // Of equals the first wins.
    let best = keys.iter().enumerate().rev().max_by_key(|(_, key)| support(key));
    let Some((index, key)) = best else { return Value::Null };
    shares.insert(pointer, support(key) as f32 / of.max(1) as f32);
    votes.get(index).map_or(Value::Null, |value| (*value).clone())
}

fn object(votes: &[&Value], of: usize, pointer: &str, shares: &mut HashMap<String, f32>) -> Value {
    let mut elected = Map::new();
    for vote in votes {
        for name in vote.as_object().into_iter().flat_map(Map::keys) {
            if elected.contains_key(name) {
                continue;
            }
            let mut fields: Vec<&Value> =
                votes.iter().map(|v| v.get(name).unwrap_or(&Value::Null)).collect();
            fields.resize(of.max(fields.len()), &Value::Null);
            let at = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
            elected.insert(name.clone(), choose(&fields, at, shares));
        }
    }
    Value::Object(elected)
}

fn list(votes: &[&Value], of: usize, pointer: &str, shares: &mut HashMap<String, f32>) -> Value {
    let lists: Vec<&Vec<Value>> = votes.iter().filter_map(|value| value.as_array()).collect();
    let count = |length: usize| lists.iter().filter(|list| list.len() == length).count();
    let base = lists.iter().enumerate().rev().max_by_key(|(_, list)| count(list.len()));
    let Some((chosen, base)) = base else { return Value::Null };
    let mut used: Vec<Vec<bool>> = lists.iter().map(|list| vec![false; list.len()]).collect();
    let mut elected = Vec::new();
    for (index, row) in base.iter().enumerate() {
        let mut rows: Vec<&Value> = vec![row];
        for (number, list) in lists.iter().enumerate().filter(|(number, _)| *number != chosen) {
            let taken = used.get_mut(number);
            if let Some((at, same)) = pair(row, index, list, taken.as_deref().map(Vec::as_slice)) {
                rows.push(same);
                if let Some(place) = taken.and_then(|taken| taken.get_mut(at)) {
                    *place = true;
                }
            }
        }
        // A row that most votes do not have is dropped.
        if rows.len() * 2 < of {
            continue;
        }
        rows.resize(of.max(rows.len()), &Value::Null);
        let at = format!("{pointer}/{}", elected.len());
        let value = choose(&rows, at, shares);
        elected.push(if value.is_null() { row.clone() } else { value });
    }
    Value::Array(elected)
}

/// The row of another list that is the same one; of equals the nearest.
fn pair<'a>(
    row: &Value,
    index: usize,
    list: &'a [Value],
    taken: Option<&[bool]>,
) -> Option<(usize, &'a Value)> {
    let is_free = |at: usize| !taken.and_then(|taken| taken.get(at)).copied().unwrap_or(false);
    let rated = list.iter().enumerate().filter(|(at, _)| is_free(*at));
    let rated = rated.map(|(at, other)| (at, other, likeness(row, other)));
    let alike = rated.filter(|(_, _, likeness)| *likeness >= SAME_ROW);
    let best = alike
        .min_by(|a, b| b.2.total_cmp(&a.2).then(a.0.abs_diff(index).cmp(&b.0.abs_diff(index))));
    best.map(|(at, other, _)| (at, other))
}

/// Share of the fields that two rows have in common, 0 to 1.
fn likeness(one: &Value, two: &Value) -> f32 {
    match (one, two) {
        (Value::Object(a), Value::Object(b)) => {
            let said: Vec<&String> =
                a.keys().filter(|name| !a.get(*name).is_none_or(Value::is_null)).collect();
            if said.is_empty() {
                return 0.0;
            }
            let same = said.iter().filter(|name| match (a.get(**name), b.get(**name)) {
                (Some(x), Some(y)) => normal(x) == normal(y),
                _ => false,
            });
            same.count() as f32 / said.len() as f32
        }
        _ => f32::from(u8::from(normal(one) == normal(two))),
    }
}

/// A value as votes are compared.
fn normal(value: &Value) -> String {
    match value {
        Value::String(text) => {
            let letters = squeezed(text);
            if letters.is_empty() { text.trim().to_owned() } else { letters }
        }
        Value::Number(number) => {
            number.as_f64().map_or_else(|| number.to_string(), |n| n.to_string())
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_field_is_what_most_votes_say() {
        let elected = elect(&[
            json!({"id": "A-1", "total": 7, "who": {"name": "Ann"}, "note": null}),
            json!({"id": "a 1", "total": 7.0, "who": {"name": "Bob"}, "note": "x"}),
            json!({"id": "B", "total": 8, "who": {"name": "Ann"}}),
        ]);
        assert_eq!(
            elected.value,
            json!({"id": "A-1", "total": 7, "who": {"name": "Ann"}, "note": null})
        );
        let share = |pointer| (elected.share(pointer) * 3.0).round() as i32;
        assert_eq!((share("/id"), share("/who/name"), share("/note")), (2, 2, 2));
    }

    #[test]
    fn rows_are_paired_before_they_are_voted_on() {
        let row = |name: &str, count: i32| json!({"name": name, "count": count});
        let elected = elect(&[
            json!([row("bolts", 1), row("nuts", 2)]),
            json!([row("made up", 9), row("bolts", 1), row("nuts", 3)]),
            json!([row("nuts", 2), row("bolts", 1)]),
        ]);
        assert_eq!(elected.value, json!([row("bolts", 1), row("nuts", 2)]));
        assert!(elected.share("/0/count") > 0.9);
        assert!(elected.share("/1/count") < 0.7);
    }

    #[test]
    fn one_vote_agrees_with_itself() {
        let vote = json!({"a": [1, null, "x"], "b": {}});
        let elected = elect(std::slice::from_ref(&vote));
        assert_eq!(elected.value, vote);
        assert!(elected.shares.values().all(|share| *share == 1.0));
        assert_eq!(elect(&[]).value, Value::Null);
    }
}
