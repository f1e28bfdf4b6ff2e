//! A schema by a model: it lists the fields of the samples, and the schema is made of them
//! here, so that it is always one.

use serde_json::{Map, Value, json};

use super::pages;
use super::shape::{self, Wire};
use super::talk::Talk;
use super::{Answered, Asking, Model, ModelError, Vote, chat};
use crate::document::Document;

const QUESTION: &str = "List the fields that one would read from documents like these: names in \
    snake_case, a title and a description for each, and whether every sample has it. A table is \
    one field of the type \"list\" whose columns are its own fields; other fields have none.";

/// Types that a field may have, and what they are in JSON Schema.
const TYPES: &[(&str, &str, Option<&str>)] = &[
    ("text", "string", None),
    ("date", "string", Some("date")),
    ("number", "number", None),
    ("whole number", "integer", None),
    ("yes or no", "boolean", None),
];
const LIST: &str = "list";

impl Model {
    /// A JSON Schema for documents like the samples; of many or long ones as much is shown as
    /// the model can hold.
    ///
    /// # Errors
    /// Why no answer came.
    pub fn infer_schema(
        &self,
        samples: &[Document],
        asking: &Asking<'_>,
    ) -> Result<Answered<Value>, ModelError> {
        let wire = wire();
        let prompt = chat(QUESTION, asking.hints, "", &wire).bytes();
        let room = pages::room_bytes(self.settings.context_tokens(), prompt);
        let each = room / samples.len().max(1);
        let mut text = String::new();
        for (index, sample) in samples.iter().enumerate() {
            let pieces = pages::pieces(sample, each);
            let portions = pages::portions(&pieces, each);
            text.push_str(&format!("Sample {}:\n", index + 1));
            text.push_str(&pages::fenced(portions.first().copied().unwrap_or_default()));
        }
        let one = Asking { votes: 1, ..*asking };
        let cast = |talk: &Talk<'_>, temperature: f32| {
            let mut chat = chat(QUESTION, asking.hints, &text, &wire);
            chat.temperature = temperature;
            let check = |answer: &Value| match fields(answer).is_empty() {
                true => vec!["fields must list at least one field with a name".to_owned()],
                false => Vec::new(),
            };
            let said = talk.ask(chat, &check)?;
            if fields(&said.value).is_empty() {
                return Err(ModelError::InvalidAnswer("it lists no fields".to_owned()));
            }
            let value = schema(&said.value);
            Ok(Vote { value, tokens: said.tokens, is_prompt_cut: said.is_prompt_cut })
        };
        let vote = self.votes(&one, &cast)?.pop();
        let lost = || ModelError::InvalidAnswer("no answer came".to_owned());
        let Vote { value, tokens, .. } = vote.ok_or_else(lost)?;
        Ok(Answered { answer: value, votes: Vec::new(), tokens })
    }
}

fn wire() -> Wire {
    let text = || json!({"type": "string"});
    let types = |more: &[&str]| {
        let names: Vec<&str> = TYPES.iter().map(|(n, ..)| *n).chain(more.iter().copied()).collect();
        json!({"type": "string", "enum": names})
    };
    let field = |more: &[&str]| {
        Map::from_iter([
            ("name".to_owned(), text()),
            ("title".to_owned(), text()),
            ("description".to_owned(), text()),
            ("type".to_owned(), types(more)),
            ("in_every_sample".to_owned(), json!({"type": "boolean"})),
        ])
    };
    let mut whole = field(&[LIST]);
    let columns = json!({"type": ["array", "null"], "items": shape::closed(field(&[]))});
    whole.insert("columns".to_owned(), columns);
    let fields = json!({"type": "array", "items": shape::closed(whole)});
    let root = [("title", text()), ("description", text()), ("fields", fields)];
    let root = root.map(|(name, value)| (name.to_owned(), value));
    Wire { schema: shape::closed(Map::from_iter(root)), is_strict: true }
}

/// Fields that have a name.
fn fields(answer: &Value) -> Vec<&Value> {
    named(answer.get("fields"))
}

/// The same of a table.
fn columns(field: &Value) -> Vec<&Value> {
    named(field.get("columns"))
}

fn named(list: Option<&Value>) -> Vec<&Value> {
    let list = list.and_then(Value::as_array).into_iter().flatten();
    list.filter(|field| !name(field).is_empty()).collect()
}

fn words<'a>(field: &'a Value, key: &str) -> &'a str {
    field.get(key).and_then(Value::as_str).map(str::trim).unwrap_or_default()
}

/// A name as a key: letters, digits and underscores.
fn name(field: &Value) -> String {
    let plain = |c: char| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
    let name: String = words(field, "name").chars().take(64).map(plain).collect();
    name.trim_matches('_').to_owned()
}

fn schema(answer: &Value) -> Value {
    let mut schema = object(&fields(answer));
    if let Some(map) = schema.as_object_mut() {
        let title = Some(words(answer, "title")).filter(|title| !title.is_empty());
        map.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        map.insert("title".to_owned(), json!(title.unwrap_or("Document")));
        map.insert("description".to_owned(), json!(words(answer, "description")));
    }
    schema
}

fn object(fields: &[&Value]) -> Value {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for field in fields {
        let key = name(field);
        if properties.contains_key(&key) {
            continue;
        }
        if field.get("in_every_sample").and_then(Value::as_bool) == Some(true) {
            required.push(key.clone());
        }
        properties.insert(key, property(field));
    }
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn property(field: &Value) -> Value {
    let mut property = Map::new();
    for key in ["title", "description"] {
        let words = words(field, key);
        if !words.is_empty() {
            property.insert(key.to_owned(), json!(words));
        }
    }
    let own = columns(field);
    if words(field, "type") == LIST || !own.is_empty() {
        property.insert("type".to_owned(), json!("array"));
        let items = if own.is_empty() { json!({"type": "string"}) } else { object(&own) };
        property.insert("items".to_owned(), items);
        return Value::Object(property);
    }
    let known = TYPES.iter().find(|(own, ..)| *own == words(field, "type"));
    let (_, name, format) = known.copied().unwrap_or(("text", "string", None));
    property.insert("type".to_owned(), json!(name));
    if let Some(format) = format {
        property.insert("format".to_owned(), json!(format));
    }
    Value::Object(property)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local::check_schema;

    #[test]
    fn fields_become_a_schema_that_extraction_takes() {
        let answer = json!({"title": "Order", "description": "An order", "fields": [
            {"name": "Order No.", "title": "Order number", "description": "", "type": "text",
                "in_every_sample": true, "columns": null},
            {"name": "day", "type": "date", "in_every_sample": false},
            {"name": "day", "type": "number"}, {"name": " "},
            {"name": "rows", "type": "list", "columns": [
                {"name": "count", "type": "whole number", "in_every_sample": true}]},
            {"name": "odd", "type": "poem"}]});
        let schema = schema(&answer);
        assert!(check_schema(&schema).is_ok());
        assert_eq!(schema["required"], json!(["order_no"]));
        assert_eq!(schema["properties"]["day"], json!({"type": "string", "format": "date"}));
        let rows = &schema["properties"]["rows"]["items"];
        assert_eq!(rows["properties"]["count"]["type"], "integer");
        assert_eq!(schema["properties"]["odd"]["type"], "string");
        assert_eq!(schema["properties"].as_object().unwrap().len(), 4);
    }
}
