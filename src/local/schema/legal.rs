//! The least harmful legal value of a place that must hold something and has nothing.

use serde_json::{Map, Number, Value};

use super::{Field, LeafType, Node, Shape, check};

/// An empty text, a zero, an empty list: whatever the schema allows first.
pub(crate) fn value(root: &Value, node: &Node) -> Value {
    let fits = |v: &Value| check::is_valid(root, &node.source, v);
    if node.nullable && fits(&Value::Null) {
        return Value::Null;
    }
    let plain = plain(root, node);
    let defaults = node.source.get("default").cloned();
    let constant = node.source.get("const").cloned();
    let candidates = [Some(plain.clone()), constant, node.options.first().cloned(), defaults];
    candidates.into_iter().flatten().find(fits).unwrap_or(plain)
}

fn keyword(node: &Node, name: &str) -> Option<f64> {
    node.source.get(name).and_then(Value::as_f64)
}

fn plain(root: &Value, node: &Node) -> Value {
    match &node.shape {
        Shape::Object(fields) => Value::Object(object(root, fields)),
        Shape::Array(item) => {
            let least = keyword(node, "minItems").unwrap_or(0.0).clamp(0.0, 64.0) as usize;
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
    let least = keyword(node, "minLength").unwrap_or(0.0).clamp(0.0, 1024.0) as usize;
    let made = ["", "-", "0", "N/A", "unknown", "X", "1970-01-01", "00000", "A0"];
    let fill = made.iter().map(|s| (*s).to_owned()).chain(["-".repeat(least), "0".repeat(least)]);
    let fitting = fill.map(Value::String).find(|v| check::is_valid(root, &node.source, v));
    fitting.unwrap_or_else(|| Value::String(String::new()))
}

fn number(root: &Value, node: &Node) -> Value {
    let low = keyword(node, "minimum");
    let above = keyword(node, "exclusiveMinimum");
    let high = keyword(node, "maximum");
    let below = keyword(node, "exclusiveMaximum");
    let step = keyword(node, "multipleOf").filter(|s| *s > 0.0).unwrap_or(1.0);
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
