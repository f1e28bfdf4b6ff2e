//! Checks an instance against a schema: the keywords of JSON Schema 2020-12 that users of
//! extraction write. Formats are notes, as the specification says.
//!
//! A schema is a program of a stranger: two references in each of 30 definitions are a
//! billion checks. So they are counted, against what the instance is worth.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use regex::{Regex, RegexBuilder};
use serde_json::{Map, Value};

use crate::base::limits;

/// What the compilation of a pattern counts for, in checks.
const PATTERN_CHECKS: usize = 128;
/// Comparisons with an option that count for one check.
const OPTIONS_PER_CHECK: usize = 64;

/// The target of a local reference.
pub(crate) fn resolve<'a>(root: &'a Value, reference: &str) -> Option<&'a Value> {
    let pointer = reference.strip_prefix('#')?;
    if pointer.is_empty() { Some(root) } else { root.pointer(pointer) }
}

/// Whether an instance is valid.
pub(crate) fn is_valid(root: &Value, schema: &Value, instance: &Value) -> bool {
    let per_value = limits::SCHEMA_CHECKS_PER_VALUE_MAX;
    let left = values_of(instance).saturating_mul(per_value) + limits::SCHEMA_CHECKS_MAX;
    let checker = Checker { root, left: Cell::new(left), patterns: RefCell::default() };
    checker.valid(schema, instance, 0) && checker.left.get() > 0
}

/// Values in an instance, keys included.
fn values_of(instance: &Value) -> usize {
    match instance {
        Value::Array(items) => 1 + items.iter().map(values_of).sum::<usize>(),
        Value::Object(fields) => {
            1 + fields.values().map(|field| 1 + values_of(field)).sum::<usize>()
        }
        _ => 1,
    }
}

struct Checker<'a> {
    root: &'a Value,
    /// Checks that may still be made.
    left: Cell<usize>,
    /// Patterns that were met; `None` for those that cannot be read within their budget.
    patterns: RefCell<HashMap<String, Option<Regex>>>,
}

impl Checker<'_> {
    /// Counts checks; when none are left, nothing fits any more.
    fn charge(&self, checks: usize) -> bool {
        self.left.set(self.left.get().saturating_sub(checks));
        self.left.get() > 0
    }

    /// Whether a text fits a pattern; `None` when the pattern cannot be read within its budget.
    fn matches(&self, pattern: &str, text: &str) -> Option<bool> {
        let mut patterns = self.patterns.borrow_mut();
        if !patterns.contains_key(pattern) {
            if pattern.len() > limits::SCHEMA_PATTERN_BYTES_MAX || !self.charge(PATTERN_CHECKS) {
                return None;
            }
            patterns.insert(pattern.to_owned(), built(pattern).ok());
        }
        patterns.get(pattern)?.as_ref().map(|regex| regex.is_match(text))
    }

    fn text_holds(&self, schema: &Map<String, Value>, text: &str) -> bool {
        let pattern = schema.get("pattern").and_then(Value::as_str);
        within(schema, "minLength", "maxLength", text.chars().count())
            && pattern.is_none_or(|p| self.matches(p, text) == Some(true))
    }

    fn valid(&self, schema: &Value, instance: &Value, depth: usize) -> bool {
        let options = schema.get("enum").and_then(Value::as_array).map_or(0, Vec::len);
        if !self.charge(1 + options / OPTIONS_PER_CHECK) {
            return false;
        }
        let object = match schema {
            Value::Bool(allowed) => return *allowed,
            Value::Object(object) => object,
            _ => return true,
        };
        if depth > limits::SCHEMA_DEPTH_MAX * 2 {
            return false;
        }
        if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
            match resolve(self.root, reference) {
                Some(target) if self.valid(target, instance, depth + 1) => {}
                _ => return false,
            }
        }
        self.unions_hold(object, instance, depth)
            && is_listed(object, instance)
            && is_typed(object, instance)
            && match instance {
                Value::String(text) => self.text_holds(object, text),
                Value::Number(number) => number_holds(object, number.as_f64().unwrap_or(0.0)),
                Value::Array(items) => self.array_holds(object, items, depth),
                Value::Object(fields) => self.object_holds(object, fields, depth),
                _ => true,
            }
    }

    fn unions_hold(&self, schema: &Map<String, Value>, instance: &Value, depth: usize) -> bool {
        let branches = |k: &str| schema.get(k).and_then(Value::as_array);
        let count = |list: &Vec<Value>| {
            list.iter().filter(|branch| self.valid(branch, instance, depth + 1)).count()
        };
        let all = branches("allOf").is_none_or(|list| count(list) == list.len());
        let any = branches("anyOf").is_none_or(|list| count(list) > 0);
        let one = branches("oneOf").is_none_or(|list| count(list) == 1);
        let not = schema.get("not").is_none_or(|no| !self.valid(no, instance, depth + 1));
        let branch = schema.get("if").is_none_or(|condition| {
            let held = self.valid(condition, instance, depth + 1);
            let then = schema.get(if held { "then" } else { "else" });
            then.is_none_or(|then| self.valid(then, instance, depth + 1))
        });
        all && any && one && not && branch
    }

    fn array_holds(&self, schema: &Map<String, Value>, items: &[Value], depth: usize) -> bool {
        let prefix = schema.get("prefixItems").and_then(Value::as_array);
        let prefix = prefix.map(Vec::as_slice).unwrap_or_default();
        let heads = prefix.iter().zip(items).all(|(s, item)| self.valid(s, item, depth + 1));
        let tails = schema.get("items").is_none_or(|s| {
            items.iter().skip(prefix.len()).all(|item| self.valid(s, item, depth + 1))
        });
        let contains = schema
            .get("contains")
            .is_none_or(|s| items.iter().any(|item| self.valid(s, item, depth + 1)));
        let unique = schema.get("uniqueItems") != Some(&Value::Bool(true))
            || items
                .iter()
                .enumerate()
                .all(|(i, item)| !items.iter().skip(i + 1).any(|o| o == item));
        heads && tails && contains && unique && within(schema, "minItems", "maxItems", items.len())
    }

    fn object_holds(
        &self,
        schema: &Map<String, Value>,
        fields: &Map<String, Value>,
        depth: usize,
    ) -> bool {
        let properties = schema.get("properties").and_then(Value::as_object);
        let patterns = schema.get("patternProperties").and_then(Value::as_object);
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        let present = required.filter_map(Value::as_str).all(|name| fields.contains_key(name));
        let each = fields.iter().all(|(name, value)| {
            let mut known = false;
            if let Some(own) = properties.and_then(|p| p.get(name)) {
                known = true;
                if !self.valid(own, value, depth + 1) {
                    return false;
                }
            }
            for (pattern, own) in patterns.into_iter().flatten() {
                if self.matches(pattern, name) == Some(true) {
                    known = true;
                    if !self.valid(own, value, depth + 1) {
                        return false;
                    }
                }
            }
            let rest = schema.get("additionalProperties").filter(|_| !known);
            let names = schema.get("propertyNames");
            rest.is_none_or(|rest| self.valid(rest, value, depth + 1))
                && names.is_none_or(|s| self.valid(s, &Value::String(name.clone()), depth + 1))
        });
        let dependent = schema.get("dependentRequired").and_then(Value::as_object);
        let depended = dependent.into_iter().flatten().all(|(name, needs)| {
            !fields.contains_key(name)
                || needs
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .all(|need| fields.contains_key(need))
        });
        present
            && each
            && depended
            && within(schema, "minProperties", "maxProperties", fields.len())
    }
}

fn within(schema: &Map<String, Value>, least: &str, most: &str, count: usize) -> bool {
    let bound = |k: &str| schema.get(k).and_then(Value::as_f64);
    bound(least).is_none_or(|b| count as f64 >= b) && bound(most).is_none_or(|b| count as f64 <= b)
}

fn is_listed(schema: &Map<String, Value>, instance: &Value) -> bool {
    let listed = schema.get("enum").and_then(Value::as_array);
    listed.is_none_or(|list| list.iter().any(|option| equal(option, instance)))
        && schema.get("const").is_none_or(|only| equal(only, instance))
}

fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        _ => left == right,
    }
}

fn is_typed(schema: &Map<String, Value>, instance: &Value) -> bool {
    let is = |name: &str| match (name, instance) {
        ("null", Value::Null)
        | ("boolean", Value::Bool(_))
        | ("string", Value::String(_))
        | ("array", Value::Array(_))
        | ("object", Value::Object(_))
        | ("number", Value::Number(_)) => true,
        ("integer", Value::Number(n)) => {
            n.is_i64() || n.is_u64() || n.as_f64().is_some_and(|f| f.fract() == 0.0)
        }
        _ => false,
    };
    match schema.get("type") {
        Some(Value::String(name)) => is(name),
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).any(is),
        _ => true,
    }
}

/// Whether a pattern exceeds its budget, as it is written or once it is compiled.
pub(crate) fn is_too_large(pattern: &str) -> bool {
    pattern.len() > limits::SCHEMA_PATTERN_BYTES_MAX
        || matches!(built(pattern), Err(regex::Error::CompiledTooBig(_)))
}

fn built(pattern: &str) -> Result<regex::Regex, regex::Error> {
    RegexBuilder::new(pattern)
        .size_limit(limits::SCHEMA_PATTERN_COMPILED_BYTES_MAX)
        .dfa_size_limit(limits::SCHEMA_PATTERN_COMPILED_BYTES_MAX)
        .build()
}

fn number_holds(schema: &Map<String, Value>, number: f64) -> bool {
    let bound = |k: &str| schema.get(k).and_then(Value::as_f64);
    bound("minimum").is_none_or(|b| number >= b)
        && bound("maximum").is_none_or(|b| number <= b)
        && bound("exclusiveMinimum").is_none_or(|b| number > b)
        && bound("exclusiveMaximum").is_none_or(|b| number < b)
        && bound("multipleOf").is_none_or(|b| {
            let times = number / b;
            b > 0.0 && (times - times.round()).abs() < 1e-9
        })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::is_valid;

    /// A schema whose definitions each hold the next one twice, in this keyword.
    fn doubling(keyword: &str, levels: usize) -> Value {
        let mut definitions = serde_json::Map::new();
        for level in 0..levels {
            let next = json!({"$ref": format!("#/$defs/d{}", level + 1)});
            definitions.insert(format!("d{level}"), json!({keyword: [next, next]}));
        }
        definitions.insert(format!("d{levels}"), json!({"type": "string"}));
        json!({"$ref": "#/$defs/d0", "$defs": definitions})
    }

    /// Read off the code while the fuzz target for schemas was written: 2 KB of schema were
    /// 2^40 checks of one value.
    #[test]
    fn doubling_definitions_end() {
        for keyword in ["allOf", "anyOf", "oneOf"] {
            let schema = doubling(keyword, 40);
            assert!(!is_valid(&schema, &schema, &json!("a")), "{keyword}");
        }
        let schema = doubling("allOf", 10);
        assert!(is_valid(&schema, &schema, &json!("a")), "a thousand checks are fine");
        let ring = json!({"anyOf": [{"$ref": "#"}, {"not": {"$ref": "#"}}]});
        assert!(!is_valid(&ring, &ring, &json!(1)));
    }

    #[test]
    fn a_large_instance_may_cost_much() {
        let schema = json!({"type": "array", "items": {"type": "object", "properties": {
            "a": {"anyOf": [{"type": "string", "pattern": "^[a-z]+$"}, {"type": "null"}]},
            "b": {"enum": (0..500).collect::<Vec<_>>()}}}});
        let rows: Vec<Value> = (0..5_000).map(|n| json!({"a": "x", "b": n % 500})).collect();
        assert!(is_valid(&schema, &schema, &Value::Array(rows)));
    }

    #[test]
    fn keywords_accept_and_refuse() {
        let schema = json!({"type": "object", "additionalProperties": false, "required": ["a"],
            "properties": {"a": {"type": ["string", "null"], "pattern": "^x", "maxLength": 3},
                           "n": {"anyOf": [{"type": "integer", "minimum": 2}, {"type": "null"}]}}});
        let ok = |v: serde_json::Value| is_valid(&schema, &schema, &v);
        assert!(ok(json!({"a": "xy"})) && ok(json!({"a": null, "n": 2.0})));
        assert!(!ok(json!({"a": "yx"})) && !ok(json!({"a": "xyzz"})) && !ok(json!({})));
        assert!(!ok(json!({"a": "x", "n": 1})) && !ok(json!({"a": "x", "b": 1})));
    }
}
