//! The least harmful legal value of a place that must hold something and has nothing.

use serde_json::{Map, Number, Value};

use super::{Field, LeafType, Node, Shape, check};

/// An empty text, a zero, an empty list: whatever the schema allows first.
pub(crate) fn value(root: &Value, node: &Node) -> Value {
    let fits = |v: &Value| check::is_valid(root, &node.source, v);
    if fits(&Value::Null) {
        return Value::Null;
    }
    let plain = plain(root, node);
    let defaults = node.source.get("default").cloned();
    let constant = stated(root, &node.source, "const", 0).cloned();
    let candidates = [Some(plain.clone()), constant, node.options.first().cloned(), defaults];
    candidates.into_iter().flatten().find(fits).unwrap_or(plain)
}

/// References and unions followed to find a keyword.
const TURNS_MAX: usize = 8;

fn keyword(root: &Value, node: &Node, name: &str) -> Option<f64> {
    stated(root, &node.source, name, 0)?.as_f64()
}

/// A keyword of a schema, or of what it refers to.
fn stated<'a>(root: &'a Value, source: &'a Value, name: &str, turn: usize) -> Option<&'a Value> {
    if turn > TURNS_MAX {
        return None;
    }
    let reference = source.get("$ref").and_then(Value::as_str);
    let target = reference.and_then(|r| check::resolve(root, r));
    let unions = ["allOf", "anyOf", "oneOf"];
    let branches = unions.iter().filter_map(|k| source.get(*k)?.as_array()).flatten();
    let mut parts = target.into_iter().chain(branches);
    source.get(name).or_else(|| parts.find_map(|part| stated(root, part, name, turn + 1)))
}

fn plain(root: &Value, node: &Node) -> Value {
    match &node.shape {
        Shape::Object(fields) => Value::Object(object(root, fields)),
        Shape::Array(item) => {
            let least = keyword(root, node, "minItems").unwrap_or(0.0).clamp(0.0, 64.0) as usize;
            Value::Array((0..least).map(|_| value(root, item)).collect())
        }
        Shape::Leaf(LeafType::Text | LeafType::Any) => text(root, node),
        Shape::Leaf(LeafType::Boolean) => Value::Bool(false),
        Shape::Leaf(LeafType::Number | LeafType::Integer) => number(root, node),
    }
}

fn object(root: &Value, fields: &[Field]) -> Map<String, Value> {
    let needed = fields.iter().filter(|field| field.required);
    needed.map(|field| (field.name.clone(), value(root, &field.node))).collect()
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
