//! Schemas of users, their patterns included: any JSON through the compiler, and what it
//! takes through an extraction from a small document.
//!
//! They must not panic and must end within their budgets; a schema that is taken gives an
//! answer whose sources lie on pages that there are.

use std::sync::OnceLock;

use docspool::document::{Document, LoadOptions};
use docspool::local;
use serde_json::{Value, json};

const TEXT: &str = "Invoice No. F-2217\nDate: 3 March 2026\nFerry Lines GmbH, Harbour Street 5\n\
    Article  Quantity  Price\nTicket  2  12.50\nCabin  1  80.00\nTotal: 105.00 EUR\n";

fn document() -> &'static Document {
    static DOCUMENT: OnceLock<Document> = OnceLock::new();
    DOCUMENT.get_or_init(|| {
        Document::load(TEXT.as_bytes(), &LoadOptions::default()).expect("text is a document")
    })
}

/// Any bytes; whether they are a schema that is taken.
pub(crate) fn run(bytes: &[u8]) -> bool {
    let Ok(schema) = serde_json::from_slice::<Value>(bytes) else { return false };
    let verdict = local::check_schema(&schema);
    let extraction = local::extract(document(), &schema);
    assert_eq!(verdict.is_ok(), extraction.is_ok(), "a schema is taken or it is not");
    let Ok(extraction) = extraction else { return false };
    let mut open = vec![&extraction.sources];
    while let Some(value) = open.pop() {
        if let Some(page) = value.get("bbox").and_then(|_| value.get("page")) {
            assert_eq!(page, &json!(1), "a source on a page that is not there");
        }
        open.extend(value.as_object().into_iter().flat_map(|fields| fields.values()));
        open.extend(value.as_array().into_iter().flatten());
    }
    // It is sent as JSON text.
    let text = extraction.data.to_string();
    assert!(serde_json::from_str::<Value>(&text).is_ok());
    true
}

/// Schemas that use every keyword that is known.
pub(crate) fn seeds() -> Vec<(String, Vec<u8>)> {
    let invoice = json!({
        "type": "object", "required": ["number", "total"], "additionalProperties": false,
        "properties": {
            "number": {"type": "string", "pattern": "^[A-Z]-\\d{4}$", "description": "Invoice no"},
            "date": {"type": ["string", "null"], "format": "date"},
            "total": {"type": "number", "minimum": 0, "maximum": 1e6, "multipleOf": 0.01},
            "items": {"type": "array", "minItems": 1, "maxItems": 50, "uniqueItems": true,
                "items": {"type": "object", "properties": {
                    "article": {"type": "string"}, "quantity": {"type": "integer"},
                    "price": {"type": "number", "exclusiveMinimum": 0}}}},
        },
    });
    let unions = json!({
        "$defs": {"Money": {"type": "number"},
            "Ring": {"properties": {"r": {"$ref": "#/$defs/Ring"}}}},
        "properties": {
            "a": {"anyOf": [{"$ref": "#/$defs/Money"}, {"type": "null"}]},
            "b": {"oneOf": [{"const": "EUR"}, {"enum": ["USD", 1, null]}]},
            "c": {"allOf": [{"minLength": 2}, {"maxLength": 9, "type": "string"}],
                "title": "Total"},
            "d": {"$ref": "#/$defs/Ring"},
            "e": {"type": "boolean", "default": true}, "f": {"not": {"type": "string"}},
            "g": {"if": {"type": "string"}, "then": {"pattern": "^F"}, "else": false},
        },
    });
    let arrays = json!({"name": "n", "schema": {"type": "array", "prefixItems": [{"type": "null"}],
        "contains": {"type": "integer"}, "items": {"type": "object", "minProperties": 1,
        "patternProperties": {"^x-": {"type": "string"}}, "propertyNames": {"maxLength": 5},
        "dependentRequired": {"a": ["b"]}, "nullable": true}}});
    [("invoice", invoice), ("unions", unions), ("arrays", arrays)]
        .into_iter()
        .map(|(name, schema)| (name.to_owned(), schema.to_string().into_bytes()))
        .collect()
}
