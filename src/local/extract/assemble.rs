//! Puts answers together into an instance that is always valid, with likelihoods and
//! sources of the same shape.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::Source;
use super::leaf::escape;
use crate::local::schema::{Node, Schema, Shape, check, legal};

/// A value for one place of the instance.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    /// The value.
    pub(crate) value: Value,
    /// How sure it is, 0 to 1.
    pub(crate) likelihood: f32,
    /// Where it was found.
    pub(crate) source: Option<Source>,
}

/// Answers by JSON pointer.
pub(crate) type Answers = HashMap<String, Answer>;

/// The three trees and what went wrong.
#[derive(Debug, Clone, Default)]
pub(crate) struct Assembly {
    pub(crate) data: Value,
    pub(crate) likelihoods: Value,
    pub(crate) sources: Value,
    pub(crate) warnings: Vec<String>,
}

/// One place of the three trees.
struct Piece {
    data: Value,
    likelihood: Value,
    source: Value,
    /// Nothing was found for it or below it.
    is_empty: bool,
}

struct Assembler<'a> {
    schema: &'a Schema,
    answers: &'a Answers,
    warnings: Vec<String>,
}

/// Builds the instance from answers.
pub(crate) fn assemble(schema: &Schema, answers: &Answers) -> Assembly {
    let mut assembler = Assembler { schema, answers, warnings: Vec::new() };
    let piece = assembler.piece(&schema.root, "");
    let mut assembly = Assembly {
        data: piece.data,
        likelihoods: piece.likelihood,
        sources: piece.source,
        warnings: assembler.warnings,
    };
    if !check::is_valid(&schema.source, &schema.source, &assembly.data) {
        let legal = legal::value(&schema.source, &schema.root);
        assembly.warnings.push(if check::is_valid(&schema.source, &schema.source, &legal) {
            "what was found breaks a rule of the schema that spans several fields; it is left out"
        } else {
            "no instance that fits the schema could be made; the answer may be invalid"
        }.to_owned());
        assembly.likelihoods = scores_of(&legal);
        assembly.sources = Value::Null;
        assembly.data = legal;
    }
    assembly
}

/// Likelihood 0 for every leaf of a value.
fn scores_of(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            fields.iter().map(|(k, v)| (k.clone(), scores_of(v))).collect::<Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(scores_of).collect::<Vec<_>>().into(),
        _ => json!(0.0),
    }
}

impl Assembler<'_> {
    fn fits(&self, node: &Node, value: &Value) -> bool {
        check::is_valid(&self.schema.source, &node.source, value)
    }

    fn piece(&mut self, node: &Node, pointer: &str) -> Piece {
        match &node.shape {
            Shape::Object(_) => self.object(node, pointer),
            Shape::Array(item) => self.array(node, item, pointer),
            Shape::Leaf(_) => self.leaf(node, pointer),
        }
    }

    fn leaf(&mut self, node: &Node, pointer: &str) -> Piece {
        if let Some(answer) = self.answers.get(pointer) {
            if self.fits(node, &answer.value) {
                return Piece {
                    data: answer.value.clone(),
                    likelihood: json!(rounded(answer.likelihood)),
                    source: answer.source.as_ref().map_or(Value::Null, Source::to_json),
                    is_empty: false,
                };
            }
            self.warnings.push(format!("{pointer}: the value found breaks the schema's rules"));
        }
        self.nothing(node)
    }

    /// The legal value of a place for which nothing was found.
    fn nothing(&self, node: &Node) -> Piece {
        let data = legal::value(&self.schema.source, node);
        let likelihood = scores_of(&data);
        Piece { data, likelihood, source: Value::Null, is_empty: true }
    }

    fn object(&mut self, node: &Node, pointer: &str) -> Piece {
        let Shape::Object(fields) = &node.shape else { return self.nothing(node) };
        let (mut data, mut likelihood, mut source) = (Map::new(), Map::new(), Map::new());
        let mut is_empty = true;
        for field in fields {
            let at = format!("{pointer}/{}", escape(&field.name));
            let piece = self.piece(&field.node, &at);
            if piece.is_empty {
                let can_be_null = piece.data.is_null();
                if !field.required && !can_be_null {
                    self.warnings
                        .push(format!("{at}: not found; left out, for it may not be null"));
                    continue;
                }
                if field.required && !can_be_null && !matches!(field.node.shape, Shape::Array(_)) {
                    self.warnings.push(format!(
                        "{at}: not found, but required and not nullable; an empty value stands in"
                    ));
                }
            }
            is_empty &= piece.is_empty;
            data.insert(field.name.clone(), piece.data);
            likelihood.insert(field.name.clone(), piece.likelihood);
            source.insert(field.name.clone(), piece.source);
        }
        let data = Value::Object(data);
        if (is_empty && node.nullable) || !self.fits(node, &data) {
            if !pointer.is_empty() && !is_empty {
                self.warnings.push(format!("{pointer}: what was found breaks the schema's rules"));
            }
            if !pointer.is_empty() {
                return self.nothing(node);
            }
        }
        Piece { data, likelihood: likelihood.into(), source: source.into(), is_empty }
    }

    fn array(&mut self, node: &Node, item: &Node, pointer: &str) -> Piece {
        let most = node.source.get("maxItems").and_then(Value::as_u64).unwrap_or(u64::MAX);
        let (mut data, mut likelihood, mut source) = (Vec::new(), Vec::new(), Vec::new());
        let prefix = format!("{pointer}/");
        let count = self
            .answers
            .keys()
            .filter_map(|k| k.strip_prefix(&prefix)?.split('/').next()?.parse::<usize>().ok())
            .map(|index| index + 1)
            .max()
            .unwrap_or(0);
        for index in 0..count.min(usize::try_from(most).unwrap_or(usize::MAX)) {
            let piece = self.piece(item, &format!("{prefix}{index}"));
            if !piece.is_empty && self.fits(item, &piece.data) {
                data.push(piece.data);
                likelihood.push(piece.likelihood);
                source.push(piece.source);
            }
        }
        let is_empty = data.is_empty();
        let data = Value::Array(data);
        if !self.fits(node, &data) {
            return self.nothing(node);
        }
        if is_empty && node.nullable {
            return self.nothing(node);
        }
        Piece { data, likelihood: likelihood.into(), source: source.into(), is_empty }
    }
}

/// Two digits are all a likelihood has to say.
pub(crate) fn rounded(likelihood: f32) -> f64 {
    (f64::from(likelihood.clamp(0.0, 1.0)) * 100.0).round() / 100.0
}
