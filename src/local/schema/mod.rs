//! A user's JSON Schema, compiled: references resolved, null taken out of unions, every
//! leaf with its type and words.
//!
//! Schemas come from strangers, so compiling has a budget (depth, nodes, references).
//! Must not know documents.

pub(crate) mod check;
pub(crate) mod legal;

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::base::limits;

/// Why a schema is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SchemaError {
    /// It is no object.
    #[error(
        "the schema must be a JSON object, such as {{\"type\": \"object\", \"properties\": …}}"
    )]
    NotAnObject,
    /// Too deep.
    #[error("the schema nests deeper than {0} levels; flatten it")]
    TooDeep(usize),
    /// Too large.
    #[error("the schema has more than {0} nodes once its references are resolved; ask for less")]
    TooLarge(usize),
    /// Too many bytes.
    #[error("the schema takes more than {0} bytes once its references are resolved; ask for less")]
    TooHeavy(usize),
    /// A pattern is too long, or too large once compiled.
    #[error("the pattern that begins with `{0}` is too large; {max} bytes are enough for one",
        max = limits::SCHEMA_PATTERN_BYTES_MAX)]
    Pattern(String),
    /// A reference leads nowhere.
    #[error("the reference `{0}` leads nowhere inside the schema; only local ones are followed")]
    Reference(String),
}

/// What a node holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    /// Named fields, in the schema's order.
    Object(Vec<Field>),
    /// A list of one kind of thing.
    Array(Box<Node>),
    /// A single value.
    Leaf(LeafType),
}

/// The JSON type of a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LeafType {
    Text,
    Number,
    Integer,
    Boolean,
    /// Nothing is said, or a schema that goes round in rings.
    Any,
}

/// A field of an object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Field {
    /// Its key.
    pub(crate) name: String,
    /// It must be present.
    pub(crate) required: bool,
    /// What it holds.
    pub(crate) node: Node,
}

/// One place of the instance.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    /// What it holds.
    pub(crate) shape: Shape,
    /// Null is allowed.
    pub(crate) nullable: bool,
    /// `title`, where the schema gives one.
    pub(crate) title: Option<String>,
    /// `description` and the texts of `X-` hints.
    pub(crate) description: Option<String>,
    /// `format` of a text.
    pub(crate) format: Option<String>,
    /// The values of `enum`, null left out.
    pub(crate) options: Vec<Value>,
    /// The schema of the node as written, for checking.
    pub(crate) source: Value,
}

/// A compiled schema.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Schema {
    /// The whole instance.
    pub(crate) root: Node,
    /// The schema as given.
    pub(crate) source: Value,
}

impl Schema {
    /// Compiles a schema within its budget.
    ///
    /// # Errors
    /// See [`SchemaError`].
    pub(crate) fn compile(source: &Value) -> Result<Self, SchemaError> {
        let source = unwrap_envelope(source);
        if !source.is_object() {
            return Err(SchemaError::NotAnObject);
        }
        let mut compiler = Compiler {
            root: source,
            nodes: 0,
            bytes: 0,
            open: Vec::new(),
            patterns: HashSet::new(),
        };
        let root = compiler.node(source, 0)?;
        Ok(Self { root, source: source.clone() })
    }
}

/// `{"name": …, "schema": {…}}` as chat interfaces wrap it.
fn unwrap_envelope(source: &Value) -> &Value {
    let has_own = ["properties", "type", "$ref", "anyOf", "allOf", "oneOf"];
    let wrapped = source.get("schema").filter(|inner| inner.is_object());
    match wrapped {
        Some(inner) if !has_own.iter().any(|k| source.get(k).is_some()) => inner,
        _ => source,
    }
}

struct Compiler<'a> {
    root: &'a Value,
    nodes: usize,
    /// What has been copied, as [`weight`] weighs it.
    bytes: usize,
    /// Patterns that were found small enough.
    patterns: HashSet<String>,
    /// References being followed, to see rings.
    open: Vec<String>,
}

/// Keywords of a node after references and unions are taken apart.
struct Merged {
    keywords: Map<String, Value>,
    nullable: bool,
    /// References that were followed and must be closed again.
    followed: usize,
    is_ring: bool,
}

impl Compiler<'_> {
    fn node(&mut self, source: &Value, depth: usize) -> Result<Node, SchemaError> {
        self.nodes += 1;
        if self.nodes > limits::SCHEMA_NODES_MAX {
            return Err(SchemaError::TooLarge(limits::SCHEMA_NODES_MAX));
        }
        if depth > limits::SCHEMA_DEPTH_MAX {
            return Err(SchemaError::TooDeep(limits::SCHEMA_DEPTH_MAX));
        }
        let mut merged =
            Merged { keywords: Map::new(), nullable: false, followed: 0, is_ring: false };
        self.merge(source, &mut merged, 0)?;
        if let Some(pattern) = merged.keywords.get("pattern").and_then(Value::as_str) {
            self.pattern(pattern)?;
        }
        self.charge(weight(source))?;
        let shape = if merged.is_ring {
            Shape::Leaf(LeafType::Any)
        } else {
            self.shape(&merged.keywords, depth)?
        };
        self.open.truncate(self.open.len() - merged.followed);
        let words = |k: &str| merged.keywords.get(k).and_then(Value::as_str).map(str::to_owned);
        let listed = merged.keywords.get("enum").and_then(Value::as_array);
        let options: Vec<Value> = listed.into_iter().flatten().cloned().collect();
        let open_ended = options.is_empty() && merged.keywords.get("const").is_none();
        let typed =
            merged.keywords.contains_key("type") || merged.keywords.contains_key("properties");
        let null_listed = options.iter().any(Value::is_null);
        Ok(Node {
            shape,
            nullable: (merged.nullable || !typed) && (open_ended || null_listed),
            title: words("title"),
            description: description(&merged.keywords),
            format: words("format"),
            options: options.into_iter().filter(|v| !v.is_null()).collect(),
            source: source.clone(),
        })
    }

    /// Counts bytes that are copied. A definition of a megabyte that is used a thousand times
    /// would otherwise be a gigabyte of memory of the server.
    fn charge(&mut self, bytes: usize) -> Result<(), SchemaError> {
        self.bytes = self.bytes.saturating_add(bytes);
        let max = limits::SCHEMA_BYTES_MAX;
        if self.bytes > max { Err(SchemaError::TooHeavy(max)) } else { Ok(()) }
    }

    fn pattern(&mut self, pattern: &str) -> Result<(), SchemaError> {
        if self.patterns.contains(pattern) {
            return Ok(());
        }
        self.charge(limits::SCHEMA_PATTERN_COST_BYTES)?;
        if check::is_too_large(pattern) {
            return Err(SchemaError::Pattern(pattern.chars().take(40).collect()));
        }
        self.patterns.insert(pattern.to_owned());
        Ok(())
    }

    fn shape(&mut self, keywords: &Map<String, Value>, depth: usize) -> Result<Shape, SchemaError> {
        let named = keywords.get("type").and_then(Value::as_str);
        let properties = keywords.get("properties").and_then(Value::as_object);
        match (named, properties) {
            (Some("object") | None, Some(properties)) => {
                let required: Vec<&str> = keywords
                    .get("required")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_str)
                    .collect();
                let mut fields = Vec::with_capacity(properties.len());
                for (name, source) in properties {
                    let node = self.node(source, depth + 1)?;
                    let required = required.contains(&name.as_str());
                    fields.push(Field { name: name.clone(), required, node });
                }
                Ok(Shape::Object(fields))
            }
            (Some("object"), None) => Ok(Shape::Object(Vec::new())),
            (Some("array"), _) => {
                let items = keywords.get("items").unwrap_or(&Value::Bool(true));
                Ok(Shape::Array(Box::new(self.node(items, depth + 1)?)))
            }
            _ => Ok(Shape::Leaf(match named {
                Some("string") => LeafType::Text,
                Some("number") => LeafType::Number,
                Some("integer") => LeafType::Integer,
                Some("boolean") => LeafType::Boolean,
                _ => leaf_of_options(keywords),
            })),
        }
    }

    /// Folds a node's references, `allOf` and unions into one set of keywords.
    fn merge(&mut self, source: &Value, into: &mut Merged, turn: usize) -> Result<(), SchemaError> {
        let Some(object) = source.as_object() else { return Ok(()) };
        if turn > limits::SCHEMA_DEPTH_MAX {
            return Err(SchemaError::TooDeep(limits::SCHEMA_DEPTH_MAX));
        }
        if let Some(reference) = object.get("$ref").and_then(Value::as_str) {
            if self.open.iter().any(|open| open == reference) {
                into.is_ring = true;
            } else {
                let root = self.root;
                let target = check::resolve(root, reference)
                    .ok_or_else(|| SchemaError::Reference(reference.to_owned()))?;
                self.open.push(reference.to_owned());
                into.followed += 1;
                self.merge(target, into, turn + 1)?;
            }
        }
        for part in object.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.merge(part, into, turn + 1)?;
        }
        for union in ["anyOf", "oneOf"] {
            let Some(branches) = object.get(union).and_then(Value::as_array) else { continue };
            let is_null = |b: &&Value| b.get("type").and_then(Value::as_str) == Some("null");
            into.nullable |= branches.iter().any(|b| is_null(&b));
            if let Some(branch) = branches.iter().find(|b| !is_null(b)) {
                self.merge(branch, into, turn + 1)?;
            }
        }
        for (keyword, value) in object {
            if !matches!(
                keyword.as_str(),
                "$ref" | "$defs" | "definitions" | "allOf" | "anyOf" | "oneOf"
            ) {
                self.charge(weight(value))?;
            }
            match (keyword.as_str(), value) {
                ("$defs" | "definitions", _) => {}
                ("$ref" | "allOf" | "anyOf" | "oneOf", _) => {}
                ("type", Value::Array(types)) => {
                    into.nullable |= types.iter().any(|t| t == "null");
                    if let Some(first) = types.iter().find(|t| *t != "null") {
                        into.keywords.insert("type".to_owned(), first.clone());
                    }
                }
                ("type", Value::String(only)) if only == "null" => into.nullable = true,
                ("properties", Value::Object(more)) => merge_objects(&mut into.keywords, more),
                ("required", Value::Array(more)) => {
                    let list = into.keywords.entry("required").or_insert(Value::Array(Vec::new()));
                    if let Some(list) = list.as_array_mut() {
                        list.extend(more.iter().cloned());
                    }
                }
                _ => {
                    into.keywords.insert(keyword.clone(), value.clone());
                }
            }
        }
        if object.get("nullable") == Some(&Value::Bool(true)) && !object.contains_key("type") {
            into.nullable = true;
        }
        Ok(())
    }
}

/// About the bytes that a copy of a value takes.
fn weight(value: &Value) -> usize {
    const VALUE: usize = size_of::<Value>();
    match value {
        Value::String(text) => VALUE + text.len(),
        Value::Array(items) => VALUE + items.iter().map(weight).sum::<usize>(),
        Value::Object(fields) => {
            let of_field = |(name, field): (&String, &Value)| 64 + name.len() + weight(field);
            VALUE + fields.iter().map(of_field).sum::<usize>()
        }
        _ => VALUE,
    }
}

fn merge_objects(keywords: &mut Map<String, Value>, more: &Map<String, Value>) {
    let known = keywords.entry("properties").or_insert(Value::Object(Map::new()));
    if let Some(known) = known.as_object_mut() {
        for (name, value) in more {
            known.insert(name.clone(), value.clone());
        }
    }
}

fn leaf_of_options(keywords: &Map<String, Value>) -> LeafType {
    let listed = keywords.get("enum").and_then(Value::as_array).into_iter().flatten();
    let sample = keywords.get("const").into_iter().chain(listed).find(|v| !v.is_null());
    match sample {
        Some(Value::String(_)) => LeafType::Text,
        Some(Value::Number(_)) => LeafType::Number,
        Some(Value::Bool(_)) => LeafType::Boolean,
        _ => LeafType::Any,
    }
}

/// The description and the texts of hints whose names begin with `X-`.
fn description(keywords: &Map<String, Value>) -> Option<String> {
    let hints = keywords.iter().filter(|(k, _)| {
        let name = k.to_ascii_lowercase();
        name == "description" || (name.starts_with("x-") && name.contains("prompt"))
    });
    let texts: Vec<&str> = hints.filter_map(|(_, v)| v.as_str()).collect();
    (!texts.is_empty()).then(|| texts.join(" "))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing)]
    use serde_json::json;

    use super::{LeafType, Schema, SchemaError, Shape};

    #[test]
    fn references_and_null_unions_are_taken_apart() {
        let schema = Schema::compile(&json!({
            "$defs": {"Item": {"type": "object", "properties": {"n": {"type": "integer"}}}},
            "type": "object",
            "properties": {
                "a": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
                "items": {"type": "array", "items": {"$ref": "#/$defs/Item"}}
            },
            "required": ["a"]
        }))
        .unwrap();
        let Shape::Object(fields) = &schema.root.shape else { panic!("no object") };
        assert!(fields[0].node.nullable && fields[0].required);
        assert_eq!(fields[0].node.format.as_deref(), Some("date"));
        let Shape::Array(item) = &fields[1].node.shape else { panic!("no array") };
        let Shape::Object(inner) = &item.shape else { panic!("no object") };
        assert_eq!(inner[0].node.shape, Shape::Leaf(LeafType::Integer));
    }

    #[test]
    fn rings_end_and_bombs_are_refused() {
        let ring = json!({"$defs": {"T": {"type": "object", "properties": {
            "next": {"$ref": "#/$defs/T"}}}}, "$ref": "#/$defs/T"});
        assert!(Schema::compile(&ring).is_ok());
        let mut bomb = json!({"$defs": {}, "$ref": "#/$defs/d0"});
        for level in 0..20 {
            let next = format!("#/$defs/d{}", level + 1);
            bomb["$defs"][format!("d{level}")] = json!({"type": "object", "properties": {
                "a": {"$ref": next}, "b": {"$ref": next}}});
        }
        bomb["$defs"]["d20"] = json!({"type": "string"});
        assert!(matches!(Schema::compile(&bomb), Err(SchemaError::TooLarge(_))));
        for pattern in ["x".repeat(5_000), "(a{500}){500}".to_owned()] {
            let large = json!({"properties": {"a": {"type": "string", "pattern": pattern}}});
            assert!(matches!(Schema::compile(&large), Err(SchemaError::Pattern(_))));
        }
        let options: Vec<u32> = (0..20_000).collect();
        let used: serde_json::Map<String, serde_json::Value> =
            (0..2_000).map(|n| (format!("f{n}"), json!({"$ref": "#/$defs/list"}))).collect();
        // 130 KB of schema, a gigabyte and a half once it is compiled.
        let heavy = json!({"$defs": {"list": {"enum": options}}, "properties": used});
        assert!(matches!(Schema::compile(&heavy), Err(SchemaError::TooHeavy(_))));
        let lost = json!({"$ref": "#/nowhere"});
        assert!(matches!(Schema::compile(&lost), Err(SchemaError::Reference(_))));
    }
}
