//! Takes over what another engine extracted: each value is brought into the form its place
//! wants, looked for in the document, and put into an instance that fits the schema.
//!
//! Must not know the other engine.

use serde_json::{Map, Value, json};

use super::Extraction;
use super::assemble::{self, Answer, Answers, rounded};
use super::leaf::escape;
use super::locate::{Locator, squeezed};
use crate::document::Document;
use crate::local::schema::legal::json_number;
use crate::local::schema::{LeafType, Node, Schema, Shape, check};
use crate::local::text::{fold, trigram_similarity};
use crate::local::value::{Habits, date, number};

/// How sure a value is that stands in the document, when all votes named it.
const FOUND: f32 = 0.95;
/// How sure a choice or a yes or no is: such values need not stand anywhere.
const CHOSEN: f32 = 0.6;
/// How sure a value is at most that stands nowhere.
const NOT_FOUND: f32 = 0.3;
/// Faults that are told of one answer.
const FAULTS_MAX: usize = 8;
/// Texts that stand for nothing.
const NOTHING: &[&str] = &["", "null", "none", "n/a", "na", "not found", "not specified"];

/// Takes over an instance. `share` tells for a JSON pointer how many of the votes agreed on
/// its value, 0 to 1.
pub(crate) fn adopt(
    document: &Document,
    schema: &Schema,
    given: &Value,
    share: &dyn Fn(&str) -> f32,
) -> Extraction {
    let locator = Locator::new(document);
    let mut adopter =
        Adopter { schema, locator: &locator, share, answers: Answers::new(), warnings: Vec::new() };
    let piece = adopter.piece(&schema.root, given, "", &mut None);
    if check::is_valid(&schema.source, &schema.source, &piece.data) {
        return Extraction {
            data: piece.data,
            likelihoods: piece.likelihood,
            sources: piece.source,
            warnings: adopter.warnings,
        };
    }
    let assembly = assemble::assemble(schema, &adopter.answers);
    Extraction {
        data: assembly.data,
        likelihoods: assembly.likelihoods,
        sources: assembly.sources,
        warnings: assembly.warnings,
    }
}

/// What keeps an instance from being of use, in words for whoever made it; empty when
/// nothing does. Missing values are no fault: they may be missing in the document.
pub(crate) fn faults(schema: &Schema, given: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    gather_faults(schema, &schema.root, given, "", &mut faults);
    faults.truncate(FAULTS_MAX);
    faults
}

/// Whether an instance has anything of what the schema asks for.
pub(crate) fn is_about(schema: &Schema, given: &Value) -> bool {
    match &schema.root.shape {
        Shape::Object(fields) if !fields.is_empty() => {
            fields.iter().any(|field| given.get(&field.name).is_some())
        }
        Shape::Object(_) => given.is_object(),
        Shape::Array(_) => given.is_array() || given.is_null(),
        Shape::Leaf(_) => !given.is_object() && !given.is_array(),
    }
}

fn gather_faults(
    schema: &Schema,
    node: &Node,
    given: &Value,
    pointer: &str,
    into: &mut Vec<String>,
) {
    let place = if pointer.is_empty() { "the whole" } else { pointer };
    match (&node.shape, given) {
        (_, Value::Null) => {}
        (Shape::Object(fields), Value::Object(map)) => {
            if !fields.is_empty() && !fields.iter().any(|f| map.contains_key(&f.name)) {
                let names: Vec<&str> = fields.iter().take(12).map(|f| f.name.as_str()).collect();
                into.push(format!("{place} has none of the properties {}", names.join(", ")));
            }
            for field in fields {
                if let Some(value) = map.get(&field.name) {
                    let pointer = format!("{pointer}/{}", escape(&field.name));
                    gather_faults(schema, &field.node, value, &pointer, into);
                }
            }
        }
        (Shape::Object(_), _) => into.push(format!("{place} must be an object")),
        (Shape::Array(item), Value::Array(items)) => {
            for (index, value) in items.iter().enumerate() {
                gather_faults(schema, item, value, &format!("{pointer}/{index}"), into);
            }
        }
        (Shape::Array(_), _) => into.push(format!("{place} must be a list")),
        (Shape::Leaf(leaf), value) => {
            if coerced(schema, node, *leaf, value, Habits::default()).is_none() {
                into.push(format!("{place} must be {}", wanted(node, *leaf)));
            }
        }
    }
}

fn wanted(node: &Node, leaf: LeafType) -> String {
    if !node.options.is_empty() {
        return format!("one of {}", Value::from(node.options.clone()));
    }
    let name = match leaf {
        LeafType::Text => "a string",
        LeafType::Number => "a number",
        LeafType::Integer => "a whole number",
        LeafType::Boolean => "true or false",
        LeafType::Any => "a value",
    };
    match &node.format {
        Some(format) => format!("{name} (format {format}) that the schema allows, or null"),
        None => format!("{name} that the schema allows, or null"),
    }
}

/// One place of the three trees.
struct Piece {
    data: Value,
    likelihood: Value,
    source: Value,
}

impl Piece {
    fn nothing() -> Self {
        Self { data: Value::Null, likelihood: json!(0.0), source: Value::Null }
    }
}

struct Adopter<'a> {
    schema: &'a Schema,
    locator: &'a Locator,
    share: &'a dyn Fn(&str) -> f32,
    answers: Answers,
    warnings: Vec<String>,
}

impl Adopter<'_> {
    /// `near` is a word that belongs to what is read, and moves along with it.
    fn piece(
        &mut self,
        node: &Node,
        given: &Value,
        pointer: &str,
        near: &mut Option<usize>,
    ) -> Piece {
        match (&node.shape, given) {
            (_, Value::Null) => Piece::nothing(),
            (Shape::Object(fields), Value::Object(map)) if !fields.is_empty() => {
                self.object(node, map, pointer, near)
            }
            (Shape::Array(item), Value::Array(items)) => {
                let (mut data, mut likelihood, mut source) = (Vec::new(), Vec::new(), Vec::new());
                for value in items {
                    let at = format!("{pointer}/{}", data.len());
                    let piece = self.piece(item, value, &at, near);
                    if !piece.data.is_null() {
                        data.push(piece.data);
                        likelihood.push(piece.likelihood);
                        source.push(piece.source);
                    }
                }
                Piece { data: data.into(), likelihood: likelihood.into(), source: source.into() }
            }
            (Shape::Leaf(leaf), value) => self.leaf(node, *leaf, value, pointer, near),
            // An object without named fields may hold anything.
            (Shape::Object(_), value @ Value::Object(_)) => Piece {
                data: value.clone(),
                likelihood: json!(rounded(CHOSEN * (self.share)(pointer))),
                source: Value::Null,
            },
            _ => Piece::nothing(),
        }
    }

    /// Long texts are found first: they are rare, and tell where the rest stands.
    fn object(
        &mut self,
        node: &Node,
        map: &Map<String, Value>,
        pointer: &str,
        near: &mut Option<usize>,
    ) -> Piece {
        let Shape::Object(fields) = &node.shape else { return Piece::nothing() };
        let is_telling =
            |value: &Value| value.as_str().is_some_and(|text| squeezed(text).len() > 3);
        let mut pieces: Vec<Option<Piece>> = Vec::new();
        pieces.resize_with(fields.len(), || None);
        for wants_telling in [true, false] {
            for (place, field) in pieces.iter_mut().zip(fields) {
                let value = map.get(&field.name).unwrap_or(&Value::Null);
                if is_telling(value) == wants_telling {
                    let at = format!("{pointer}/{}", escape(&field.name));
                    *place = Some(self.piece(&field.node, value, &at, near));
                }
            }
        }
        let (mut data, mut likelihood, mut source) = (Map::new(), Map::new(), Map::new());
        for (field, piece) in fields.iter().zip(pieces.into_iter().flatten()) {
            let at = format!("{pointer}/{}", escape(&field.name));
            if piece.data.is_null() && !field.node.nullable {
                if !field.required {
                    let text = "not found; left out, for it may not be null";
                    self.warnings.push(format!("{at}: {text}"));
                }
                continue;
            }
            data.insert(field.name.clone(), piece.data);
            likelihood.insert(field.name.clone(), piece.likelihood);
            source.insert(field.name.clone(), piece.source);
        }
        Piece { data: data.into(), likelihood: likelihood.into(), source: source.into() }
    }

    fn leaf(
        &mut self,
        node: &Node,
        leaf: LeafType,
        given: &Value,
        pointer: &str,
        near: &mut Option<usize>,
    ) -> Piece {
        let habits = self.locator.habits();
        let Some(value) = coerced(self.schema, node, leaf, given, habits) else {
            self.warnings.push(format!("{pointer}: the value read breaks the schema's rules"));
            return Piece::nothing();
        };
        if value.is_null() {
            return Piece::nothing();
        }
        // What was written in the answer may stand in the document where its form does not.
        let spot = self.locator.find(&value, *near).or_else(|| self.locator.find(given, *near));
        let is_choice = !node.options.is_empty() || value.is_boolean();
        let trust = match (&spot, is_choice) {
            (Some(_), _) => FOUND,
            (None, true) => CHOSEN,
            (None, false) => NOT_FOUND,
        };
        if let Some(spot) = &spot {
            *near = Some(spot.start());
        }
        let likelihood = trust * (self.share)(pointer).clamp(0.0, 1.0);
        let source = spot.and_then(|spot| self.locator.source(&spot));
        let shown = source.as_ref().map_or(Value::Null, super::Source::to_json);
        let answer = Answer { value: value.clone(), likelihood, source };
        self.answers.insert(pointer.to_owned(), answer);
        Piece { data: value, likelihood: json!(rounded(likelihood)), source: shown }
    }
}

/// A value in the form its place wants; `None` when it cannot be that.
fn coerced(
    schema: &Schema,
    node: &Node,
    leaf: LeafType,
    given: &Value,
    habits: Habits,
) -> Option<Value> {
    let fits = |value: &Value| check::is_valid(&schema.source, &node.source, value);
    let text = match given {
        Value::String(text) => text.trim().to_owned(),
        Value::Array(_) | Value::Object(_) => return fits(given).then(|| given.clone()),
        other => other.to_string(),
    };
    let is_nothing = NOTHING.contains(&text.to_lowercase().as_str());
    if given.is_null() || (is_nothing && node.options.is_empty()) {
        return Some(Value::Null);
    }
    let day = || {
        let words: Vec<&str> = text.split_whitespace().collect();
        date::leading(&words, habits.order).map(|(day, _)| day.iso())
    };
    if !node.options.is_empty() {
        return fits(given).then(|| given.clone()).or_else(|| option(node, &text)).filter(fits);
    }
    let made = match leaf {
        LeafType::Any => given.clone(),
        LeafType::Text => match node.format.as_deref() {
            Some("date") => day().map_or_else(|| json!(text), Value::String),
            _ => Value::String(text),
        },
        LeafType::Number | LeafType::Integer => {
            let number = given.as_f64().or_else(|| number_of(&text, habits))?;
            json_number(number).map(Value::Number)?
        }
        LeafType::Boolean => Value::Bool(truth(given, &text)?),
    };
    fits(&made).then_some(made)
}

fn number_of(text: &str, habits: Habits) -> Option<f64> {
    text.parse().ok().or_else(|| number::parse(text, habits.decimal).map(|amount| amount.value))
}

fn truth(given: &Value, text: &str) -> Option<bool> {
    given.as_bool().or_else(|| match fold(text).as_str() {
        "true" | "yes" | "y" | "1" | "x" | "checked" | "ja" | "oui" | "si" | "sim" => Some(true),
        "false" | "no" | "n" | "0" | "unchecked" | "nein" | "non" | "nee" | "nao" => Some(false),
        _ => None,
    })
}

/// The option that a text means.
fn option(node: &Node, text: &str) -> Option<Value> {
    let wanted = fold(text);
    let folded = |v: &Value| v.as_str().map_or_else(|| v.to_string(), fold);
    let same = node.options.iter().find(|v| folded(v) == wanted);
    let alike = || {
        let scored = node.options.iter().map(|v| (trigram_similarity(&folded(v), &wanted), v));
        let best = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
        (best.0 >= 0.8).then_some(best.1)
    };
    same.or_else(alike).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Page;

    const TEXT: &str = "Northwind Ltd\n\nInvoice INV-77 of 31.12.2024\n\n\
        Blue bolts     10     1,50     15,00\nRed nuts       10     2,00     20,00\n\n\
        Total     1.235,00 EUR\n";

    fn adopted(schema: &Value, given: &Value) -> Extraction {
        let page = Page { number: 1, text: TEXT.to_owned(), ..Page::default() };
        let document = Document { pages: vec![page], ..Document::default() };
        adopt(&document, &Schema::compile(schema).unwrap(), given, &|_| 1.0)
    }

    fn schema() -> Value {
        json!({"type": "object", "additionalProperties": false, "required": ["id", "total"],
            "properties": {
                "id": {"type": "string"}, "total": {"type": "number"},
                "day": {"type": "string", "format": "date"}, "iban": {"type": "string"},
                "kind": {"enum": ["INVOICE", "ORDER"]},
                "items": {"type": "array", "items": {"type": "object", "properties": {
                    "name": {"type": "string"}, "count": {"type": "integer"},
                    "amount": {"type": "number"}}}}}})
    }

    #[test]
    fn values_get_their_form_and_their_place() {
        let given = json!({"id": "INV-77", "total": "1.235,00 EUR", "day": "31.12.2024",
            "iban": null, "kind": "invoice", "more": 1, "items": [
                {"name": "Blue bolts", "count": "10", "amount": 15},
                {"name": "Red nuts", "count": 10, "amount": 20.0}]});
        let found = adopted(&schema(), &given);
        assert_eq!(
            found.data,
            json!({"id": "INV-77", "total": 1235, "day": "2024-12-31", "kind": "INVOICE",
                "items": [{"name": "Blue bolts", "count": 10, "amount": 15},
                    {"name": "Red nuts", "count": 10, "amount": 20}]})
        );
        assert_eq!(found.sources["total"]["text"], "1.235,00");
        assert_eq!(found.sources["day"]["text"], "31.12.2024");
        let top = |row: usize| found.sources["items"][row]["count"]["bbox"]["top"].as_f64();
        assert!(top(0).unwrap() < top(1).unwrap(), "each row has its own ten");
        assert!(found.likelihoods["items"][1]["amount"].as_f64().unwrap() > 0.9);
        assert!(found.warnings.iter().any(|w| w.starts_with("/iban")), "{:?}", found.warnings);
    }

    #[test]
    fn what_stands_nowhere_is_doubted_and_what_does_not_fit_is_left_out() {
        let given = json!({"id": "INV-99", "total": "a lot", "kind": "POEM"});
        let found = adopted(&schema(), &given);
        assert_eq!(found.data["id"], "INV-99");
        assert!(found.likelihoods["id"].as_f64().unwrap() <= 0.3);
        assert_eq!((&found.sources["id"], &found.data["total"]), (&Value::Null, &json!(0)));
        assert!(found.data.get("kind").is_none());
        let compiled = Schema::compile(&schema()).unwrap();
        let told = faults(&compiled, &given).join(" ");
        assert!(told.contains("/total must be a number") && told.contains("INVOICE"), "{told}");
        assert!(!is_about(&compiled, &json!({"x": 1})) && is_about(&compiled, &given));
        assert!(faults(&compiled, &json!({"x": 1})).concat().contains("none of the properties"));
    }

    #[test]
    fn a_value_of_several_lines_is_found_in_its_parts() {
        let schema = json!({"type": "object", "properties": {"who": {"type": "string"}}});
        let found = adopted(&schema, &json!({"who": "Northwind Ltd\nTotal"}));
        assert!(found.likelihoods["who"].as_f64().unwrap() > 0.9);
        assert_eq!(found.sources["who"]["text"], "Northwind Ltd Total");
        let free = json!({"type": "object", "properties": {"any": {"type": "object"}}});
        let found = adopted(&free, &json!({"any": {"a": [1]}}));
        assert_eq!(found.data, json!({"any": {"a": [1]}}));
    }
}
