//! Whatever the schema, the answer fits it; and the same question has the same answer.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{extract, extract_by_vote};
use crate::document::{Document, Page};
use crate::local::schema::check::is_valid;

const BILL: &str = "Mill Lane Tools Ltd\n1 Mill Lane\nLeeds LS1 4AB\n\nInvoice No.: INV-77\n\
    Invoice date: 31/12/2024\nDue date: 30/01/2025\n\n\
    Description     Qty     Unit price     Amount\n\
    Blue bolts      10      1.50           15.00\n\
    Red nuts        4       2.00           8.00\n\n\
    Subtotal: 23.00\nVAT 20 %: 4.60\nTotal: 27.60\n";

fn bill() -> Document {
    let page = Page { number: 1, text: BILL.to_owned(), ..Page::default() };
    Document { pages: vec![page], ..Document::default() }
}

/// Names that the bill has values for, and some that it has not.
const NAMES: &[&str] = &[
    "invoice_number",
    "issueDate",
    "Total amount",
    "tax",
    "items",
    "seller",
    "iban",
    "x",
    "f01",
    "paid",
    "due_date",
    "subtotal",
    "quantity",
    "description",
    "amount",
];

fn leaf() -> impl Strategy<Value = Value> {
    let kinds = prop_oneof![
        Just(json!({"type": "string"})),
        Just(json!({"type": "string", "format": "date"})),
        Just(json!({"type": "string", "minLength": 2, "maxLength": 9})),
        Just(json!({"type": "string", "enum": ["a", "b", "EUR"]})),
        Just(json!({"type": "number"})),
        Just(json!({"type": "number", "minimum": 3, "maximum": 20})),
        Just(json!({"type": "integer", "exclusiveMinimum": 0})),
        Just(json!({"type": "boolean"})),
        Just(json!({"enum": [1, "two", null]})),
        Just(json!({"const": "fixed"})),
        Just(json!({"type": ["string", "null"]})),
        Just(json!({"type": ["null", "number"]})),
        Just(json!({})),
        Just(json!({"$ref": "#/$defs/Shared"})),
    ];
    (kinds, any::<bool>()).prop_map(|(kind, nullable)| {
        if nullable { json!({"anyOf": [kind, {"type": "null"}]}) } else { kind }
    })
}

fn node() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(3, 24, 5, |inner| {
        let object = (
            proptest::collection::btree_map(proptest::sample::select(NAMES), inner.clone(), 0..5),
            any::<bool>(),
            any::<u8>(),
        );
        let object = object.prop_map(|(fields, closed, required)| {
            let named: Vec<&str> = fields.keys().copied().collect();
            let count = usize::from(required) % (named.len() + 1);
            let properties: serde_json::Map<String, Value> =
                fields.into_iter().map(|(name, schema)| (name.to_owned(), schema)).collect();
            json!({"type": "object", "properties": properties,
                "required": named[..count], "additionalProperties": !closed})
        });
        let array = (inner, 0..3_u8).prop_map(|(items, least)| {
            json!({"type": "array", "items": items, "minItems": least, "maxItems": 3})
        });
        prop_oneof![3 => object, 1 => array]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(160))]

    #[test]
    fn every_answer_fits_its_schema(mut schema in node(), votes in 1..4_usize) {
        schema["$defs"] = json!({"Shared": {"type": "string", "title": "Invoice number"}});
        let document = bill();
        let (voted, readings) = extract_by_vote(&document, &schema, votes).unwrap();
        prop_assert_eq!(readings.len(), votes);
        for found in readings.iter().chain(std::iter::once(&voted)) {
            prop_assert!(is_valid(&schema, &schema, &found.data), "{} of {}", found.data, schema);
        }
        let again = extract(&document, &schema).unwrap();
        prop_assert_eq!(again.data.to_string(), readings[0].data.to_string());
        prop_assert_eq!(again.sources.to_string(), readings[0].sources.to_string());
    }
}

#[test]
fn readings_part_where_a_document_is_unclear_and_the_vote_is_less_sure() {
    let text = "Invoice no.     Total\nA-1             30.00\n\n\nTotal: 25.00\n";
    let page = Page { number: 1, text: text.to_owned(), ..Page::default() };
    let document = Document { pages: vec![page], ..Document::default() };
    let schema = json!({"type": "object", "properties": {
        "invoice_number": {"type": "string"}, "total": {"type": "number"}}});
    let alone = extract(&document, &schema).unwrap();
    let (voted, readings) = extract_by_vote(&document, &schema, 6).unwrap();
    assert_eq!(voted.data["invoice_number"], "A-1");
    assert!(readings.iter().any(|r| r.data["total"] != readings[0].data["total"]));
    let sure = |e: &super::Extraction| e.likelihoods["total"].as_f64().unwrap();
    assert!(sure(&voted) < sure(&alone), "{} {}", voted.likelihoods, alone.likelihoods);
}
