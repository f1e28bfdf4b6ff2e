//! Values for forms from a model: the instructions are the document, the fields the schema.
//!
//! Answers are met with the fields like facts that a person stated, so options, dates and
//! cells are shaped the same way, and a value that the instructions do not hold is not taken.

use serde_json::{Map, Value, json};

use super::{Answered, Asking, Model, ModelError};
use crate::document::{Document, Page};
use crate::form::{Field, Role};
use crate::local::{self, Filling};

impl Model {
    /// Values for the fields of a form out of instructions.
    ///
    /// # Errors
    /// Why no answer came.
    pub fn fill(
        &self,
        fields: &[Field],
        instructions: &str,
        asking: &Asking<'_>,
    ) -> Result<Answered<Filling>, ModelError> {
        let page = Page { number: 1, text: instructions.to_owned(), ..Page::default() };
        let document = Document { pages: vec![page], ..Document::default() };
        // They are the document; what else a client may say is part of them.
        let plain = Asking { hints: "", ..*asking };
        let Answered { answer, votes, tokens } =
            self.extract(&document, &schema(fields), &plain)?;
        let filling = |data: &Value| local::fill_stated(fields, instructions, &stated(data));
        Ok(Answered {
            answer: filling(&answer.data),
            votes: votes.iter().map(|vote| filling(&vote.data)).collect(),
            tokens,
        })
    }
}

/// What the fields ask for, as a schema of values that may be absent.
fn schema(fields: &[Field]) -> Value {
    let open = fields.iter().filter(|f| !f.read_only && f.role != Role::Signature);
    let properties: Map<String, Value> =
        open.map(|field| (field.key.clone(), property(field))).collect();
    json!({"type": "object", "properties": properties})
}

fn property(field: &Field) -> Value {
    let heading = match field.label.section.as_str() {
        "" => String::new(),
        section => format!(" (under {section:?})"),
    };
    let asks = format!("{}{heading}", field.description);
    if field.is_checkbox {
        let description = format!("Whether the box is to be ticked: {asks}");
        return json!({"type": ["boolean", "null"], "description": description});
    }
    let description = match &field.role {
        Role::Choice { options, .. } => format!("{asks}. One of: {}", options.join("; ")),
        _ => format!("{asks}. In the words of the document"),
    };
    json!({"type": ["string", "null"], "description": description})
}

/// What an answer states, key by key.
fn stated(data: &Value) -> Vec<(String, String)> {
    let pairs = data.as_object().into_iter().flatten();
    let said = pairs.filter_map(|(key, value)| match value {
        Value::String(text) if !text.trim().is_empty() => Some((key.clone(), text.clone())),
        Value::Bool(yes) => Some((key.clone(), yes.to_string())),
        Value::Number(number) => Some((key.clone(), number.to_string())),
        _ => None,
    });
    said.collect()
}
