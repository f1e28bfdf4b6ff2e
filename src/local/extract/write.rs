//! Writes what was read as the JSON value a leaf wants, and chooses among its options.

use serde_json::Value;

use super::leaf::Leaf;
use super::read::Reading;
use crate::local::schema::LeafType;
use crate::local::schema::legal::json_number;
use crate::local::text::{canonical, fold, trigram_similarity};
use crate::local::value::number;

/// Writes a reading as the leaf wants it; `None` when it cannot be that.
pub(crate) fn to_json(leaf: &Leaf<'_>, reading: &Reading) -> Option<Value> {
    if !leaf.node.options.is_empty() {
        return option(leaf, &reading.text);
    }
    match leaf.leaf_type {
        LeafType::Number => json_number(reading.number?).map(Value::Number),
        LeafType::Integer => {
            reading.number.filter(|n| n.fract() == 0.0).and_then(json_number).map(Value::Number)
        }
        LeafType::Boolean => match reading.text.as_str() {
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            _ => None,
        },
        LeafType::Text | LeafType::Any => {
            let text = reading.text.clone();
            let is_stamp = leaf.node.format.as_deref() == Some("date-time");
            Some(Value::String(if is_stamp { stamp(&text) } else { text }))
        }
    }
}

fn stamp(text: &str) -> String {
    match text.split_once(' ') {
        Some((day, clock)) => format!("{day}T{clock}:00"),
        None => format!("{text}T00:00:00"),
    }
}

/// Words that choose the same option, in the languages of the lexicon.
const SAME: &[&[&str]] = &[
    &[
        "card",
        "credit card",
        "debit card",
        "visa",
        "mastercard",
        "karte",
        "ec",
        "girocard",
        "carte",
        "tarjeta",
        "carta",
        "pin",
        "kort",
        "karta",
        "cartao",
        "maestro",
        "amex",
        "bancontact",
        "credit",
        "kreditkarte",
        "bankkarte",
        "pinnen",
        "carte bancaire",
        "cb",
        "bancomat",
        "kartenzahlung",
    ],
    &[
        "cash",
        "bar",
        "especes",
        "efectivo",
        "contanti",
        "contant",
        "dinheiro",
        "gotowka",
        "kontant",
        "barzahlung",
        "bargeld",
        "contante",
    ],
    &[
        "transfer",
        "bank transfer",
        "ueberweisung",
        "uberweisung",
        "virement",
        "transferencia",
        "bonifico",
        "overschrijving",
        "wire",
        "sepa",
    ],
    &["male", "m", "mann", "mannlich", "homme", "masculin"],
    &["female", "f", "frau", "weiblich", "femme", "feminin", "w"],
    &["high", "h", "hoch", "above", "erhoht"],
    &["low", "l", "niedrig", "below", "erniedrigt"],
];

/// The option a text chooses: equal, folded, synonym, then most alike.
pub(crate) fn option(leaf: &Leaf<'_>, text: &str) -> Option<Value> {
    let wanted = fold(text.trim());
    let folded = |v: &Value| v.as_str().map_or_else(|| v.to_string(), fold);
    let options = &leaf.node.options;
    let same = |v: &&Value| {
        let option = folded(v);
        option == wanted || canonical(&option) == canonical(&wanted)
    };
    if let Some(found) = options.iter().find(same) {
        return Some(found.clone());
    }
    if let Some(code) = number::currency(text)
        && let Some(found) = options.iter().find(|v| v.as_str() == Some(code))
    {
        return Some(found.clone());
    }
    let words: Vec<&str> = wanted.split(|c: char| !c.is_alphanumeric()).collect();
    for group in SAME.iter().filter(|g| g.iter().any(|w| *w == wanted || words.contains(w))) {
        if let Some(found) = options.iter().find(|v| group.contains(&folded(v).as_str())) {
            return Some(found.clone());
        }
    }
    let scored = options.iter().map(|v| (trigram_similarity(&folded(v), &wanted), v));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (best.0 >= 0.8).then(|| best.1.clone())
}
