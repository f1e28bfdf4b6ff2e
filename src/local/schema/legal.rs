//! The least harmful legal value of a place that must hold something and has nothing.

use serde_json::{Map, Number, Value};

use super::{Field, LeafType, Node, Shape, check};

/// Values made for one place. Five lists of 64 lists each inside each other would be a
/// billion.
const VALUES_MAX: usize = 20_000;

/// An empty text, a zero, an empty list: whatever the schema allows first.
pub(crate) fn value(root: &Value, node: &Node) -> Value {
    made(root, node, &mut { VALUES_MAX })
}

fn made(root: &Value, node: &Node, left: &mut usize) -> Value {
    let fits = |v: &Value| check::is_valid(root, &node.source, v);
    let Some(fewer) = left.checked_sub(1).filter(|_| !fits(&Value::Null)) else {
        return Value::Null;
    };
    *left = fewer;
    let plain = plain(root, node, left);
    let defaults = node.source.get("default").cloned();
    let constant = stated(root, &node.source, "const").cloned();
    let candidates = [Some(plain.clone()), constant, node.options.first().cloned(), defaults];
    candidates.into_iter().flatten().find(fits).unwrap_or(plain)
}

/// References and unions followed in a row to find a keyword.
const TURNS_MAX: usize = 8;
/// Schemas looked at for one keyword. Twenty references in a union, each to that union, are
/// twenty to the eighth otherwise.
const LOOKS_MAX: usize = 1_000;

fn keyword(root: &Value, node: &Node, name: &str) -> Option<f64> {
    stated(root, &node.source, name)?.as_f64()
}

/// A keyword of a schema, or of what it refers to.
fn stated<'a>(root: &'a Value, source: &'a Value, name: &str) -> Option<&'a Value> {
    look(root, source, name, 0, &mut { LOOKS_MAX })
}

fn look<'a>(
    root: &'a Value,
    source: &'a Value,
    name: &str,
    turn: usize,
    looks: &mut usize,
) -> Option<&'a Value> {
    *looks = looks.checked_sub(1).filter(|_| turn <= TURNS_MAX)?;
    let reference = source.get("$ref").and_then(Value::as_str);
    let target = reference.and_then(|r| check::resolve(root, r));
    let unions = ["allOf", "anyOf", "oneOf"];
    let branches = unions.iter().filter_map(|k| source.get(*k)?.as_array()).flatten();
    let mut parts = target.into_iter().chain(branches);
    source.get(name).or_else(|| parts.find_map(|part| look(root, part, name, turn + 1, looks)))
}

fn plain(root: &Value, node: &Node, left: &mut usize) -> Value {
    match &node.shape {
        Shape::Object(fields) => Value::Object(object(root, fields, left)),
        Shape::Array(item) => {
            let least = keyword(root, node, "minItems").unwrap_or(0.0).clamp(0.0, 64.0) as usize;
            Value::Array((0..least).map(|_| made(root, item, left)).collect())
        }
        Shape::Leaf(LeafType::Text | LeafType::Any) => text(root, node),
        Shape::Leaf(LeafType::Boolean) => Value::Bool(false),
        Shape::Leaf(LeafType::Number | LeafType::Integer) => number(root, node),
    }
}

fn object(root: &Value, fields: &[Field], left: &mut usize) -> Map<String, Value> {
    let needed = fields.iter().filter(|field| field.required);
    needed.map(|field| (field.name.clone(), made(root, &field.node, left))).collect()
}

fn text(root: &Value, node: &Node) -> Value {
    let least = keyword(root, node, "minLength").unwrap_or(0.0).clamp(0.0, 1024.0) as usize;
    let made = ["", "-", "0", "N/A", "unknown", "X", "1970-01-01", "00000", "A0"];
    let fill = made.iter().map(|s| (*s).to_owned()).chain(["-".repeat(least), "0".repeat(least)]);
    let fitting = fill.map(Value::String).find(|v| check::is_valid(root, &node.source, v));
    fitting.unwrap_or_else(|| Value::String(String::new()))
}

fn number(root: &Value, node: &Node) -> Value {
    let low = keyword(root, node, "minimum");
    let above = keyword(root, node, "exclusiveMinimum");
    let high = keyword(root, node, "maximum");
    let below = keyword(root, node, "exclusiveMaximum");
    let step = keyword(root, node, "multipleOf").filter(|s| *s > 0.0).unwrap_or(1.0);
    let on_step = |x: f64| (x / step).ceil() * step;
    let tries = [
        Some(0.0),
        low.map(on_step),
        above.map(|x| on_step(x + step * 1e-9)),
        above.map(|x| on_step(x + step / 2.0)),
        high.map(|x| (x / step).floor() * step),
        below.map(|x| on_step(x - step)),
        low,
        high,
        above.zip(below).map(|(a, b)| f64::midpoint(a, b)),
    ];
    let numbers = tries.into_iter().flatten().filter_map(json_number);
    let mut fitting = numbers.map(Value::Number);
    fitting.find(|v| check::is_valid(root, &node.source, v)).unwrap_or_else(|| Value::from(0))
}

/// A JSON number; whole ones are written without a point.
pub(crate) fn json_number(number: f64) -> Option<Number> {
    if number.fract() == 0.0 && number.abs() < 9.0e15 {
        return Some(Number::from(number as i64));
    }
    Number::from_f64(number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Schema;
    use super::value;

    /// Read off the code beside the fuzz target for schemas, as the doubling of `check` was.
    #[test]
    fn a_wide_ring_of_unions_ends() {
        let rings = vec![json!({"$ref": "#/$defs/r"}); 30];
        let source = json!({"$defs": {"r": {"oneOf": rings}}, "type": "object", "required": ["a"],
            "properties": {"a": {"type": "number", "exclusiveMinimum": 0, "allOf": rings}}});
        let compiled = Schema::compile(&source);
        assert!(compiled.is_ok_and(|schema| value(&source, &schema.root).is_object()));
    }

    #[test]
    fn lists_of_lists_of_lists_end() {
        let mut source = json!({"type": "string"});
        for _ in 0..12 {
            source = json!({"type": "array", "minItems": 60, "items": source});
        }
        let compiled = Schema::compile(&source);
        assert!(compiled.is_ok_and(|schema| value(&source, &schema.root).is_array()));
    }
}
