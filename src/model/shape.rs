//! A user's schema in the words that strict servers take.
//!
//! References are resolved, every property is required and may be null, and keywords that
//! servers do not know are left out. The user's own schema stays the measure of the answer.

use serde_json::{Map, Value, json};

use crate::local::schema::{LeafType, Node, Schema, Shape};

/// A schema for a server.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wire {
    pub(super) schema: Value,
    /// It keeps to what strict servers take.
    pub(super) is_strict: bool,
}

/// The schema for a server. The answer is an object there, whatever the user's root is; see
/// [`unwrapped`].
pub(super) fn of(schema: &Schema) -> Wire {
    let mut wire = Writer { is_strict: true };
    let root = wire.node(&schema.root, false);
    let schema = match schema.root.shape {
        Shape::Object(_) => root,
        _ => closed(Map::from_iter([(VALUE.to_owned(), root)])),
    };
    Wire { schema, is_strict: wire.is_strict }
}

/// Where the answer is when the user's root is no object.
const VALUE: &str = "value";

/// The user's instance in the object that a server answered with.
pub(super) fn unwrapped(schema: &Schema, mut answer: Value) -> Value {
    if matches!(schema.root.shape, Shape::Object(_)) {
        return answer;
    }
    answer.get_mut(VALUE).map(Value::take).unwrap_or_default()
}

/// An object with these properties, all required, and no others.
pub(super) fn closed(properties: Map<String, Value>) -> Value {
    let required: Vec<&String> = properties.keys().collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

struct Writer {
    is_strict: bool,
}

impl Writer {
    fn node(&mut self, node: &Node, or_null: bool) -> Value {
        let mut written = match &node.shape {
            Shape::Object(fields) if fields.is_empty() => {
                self.is_strict = false;
                json!({"type": "object"})
            }
            Shape::Object(fields) => {
                let named = fields.iter();
                closed(named.map(|f| (f.name.clone(), self.node(&f.node, true))).collect())
            }
            Shape::Array(item) => json!({"type": "array", "items": self.node(item, false)}),
            Shape::Leaf(leaf) => self.leaf(node, *leaf),
        };
        if let (Some(map), true) = (written.as_object_mut(), or_null) {
            if let Some(name) = map.get_mut("type") {
                *name = json!([name.take(), "null"]);
            }
            if let Some(options) = map.get_mut("enum").and_then(Value::as_array_mut) {
                options.push(Value::Null);
            }
        }
        if let Some(map) = written.as_object_mut() {
            let words = [("title", &node.title), ("description", &node.description)];
            for (name, words) in words {
                if let Some(words) = words {
                    map.insert(name.to_owned(), json!(words));
                }
            }
            // A format is told in words: few servers take the keyword.
            if let Some(format) = &node.format {
                let words = node.description.as_deref().unwrap_or_default();
                let words = format!("{words} (format: {format})").trim_start().to_owned();
                map.insert("description".to_owned(), json!(words));
            }
        }
        written
    }

    fn leaf(&mut self, node: &Node, leaf: LeafType) -> Value {
        let name = match leaf {
            LeafType::Text => "string",
            LeafType::Number => "number",
            LeafType::Integer => "integer",
            LeafType::Boolean => "boolean",
            LeafType::Any => {
                self.is_strict = false;
                return json!({});
            }
        };
        let constant = node.source.get("const").filter(|value| !value.is_null());
        let options: Vec<&Value> = node.options.iter().chain(constant).collect();
        match options.is_empty() {
            true => json!({"type": name}),
            false => json!({"type": name, "enum": options}),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strict_server_gets_every_property_required_and_nullable() {
        let schema = Schema::compile(&json!({
            "$defs": {"Item": {"type": "object", "properties": {"n": {"type": "integer"}}}},
            "type": "object",
            "properties": {
                "kind": {"type": "string", "enum": ["a", "b"], "description": "Which"},
                "day": {"type": "string", "format": "date", "minLength": 3},
                "items": {"type": "array", "items": {"$ref": "#/$defs/Item"}, "maxItems": 5}}}))
        .unwrap();
        let wire = of(&schema);
        assert!(wire.is_strict);
        let item = json!({"type": "object", "required": ["n"], "additionalProperties": false,
            "properties": {"n": {"type": ["integer", "null"]}}});
        assert_eq!(
            wire.schema,
            json!({"type": "object", "required": ["kind", "day", "items"],
                "additionalProperties": false, "properties": {
                    "kind": {"type": ["string", "null"], "enum": ["a", "b", null],
                        "description": "Which"},
                    "day": {"type": ["string", "null"], "description": "(format: date)"},
                    "items": {"type": ["array", "null"], "items": item}}})
        );
    }

    #[test]
    fn what_strict_servers_lack_is_no_reason_to_give_up() {
        let schema = Schema::compile(&json!({"type": "array", "items": {"type": "object"}}));
        let schema = schema.unwrap();
        let wire = of(&schema);
        assert!(!wire.is_strict);
        assert_eq!(wire.schema["properties"]["value"]["items"], json!({"type": "object"}));
        assert_eq!(unwrapped(&schema, json!({"value": [{"a": 1}]})), json!([{"a": 1}]));
        assert_eq!(unwrapped(&schema, json!({})), Value::Null);
    }
}
