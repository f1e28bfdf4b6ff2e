//! How results look to a person: text as it is, values, parts and fields as tables.
//!
//! Goes by what a response body holds, so that it needs to know no endpoint.

use serde_json::Value;

use super::output::{Keep, escape};

/// The response body for a person, or as one line of JSON.
pub(crate) fn shown(body: &Value, as_json: bool) -> String {
    if as_json {
        return body.to_string();
    }
    let text = |pointer| body.pointer(pointer).and_then(Value::as_str);
    if let Some(text) = text("/text") {
        return text.to_owned();
    }
    if let Some(data) = body.pointer("/choices/0/message/parsed") {
        let mirror = |name| body.get(name).unwrap_or(&Value::Null);
        let mut rows = Vec::new();
        values(&mut rows, String::new(), data, mirror("likelihoods"), mirror("sources"));
        return table(&["field", "value", "likelihood", "source"], &rows);
    }
    if let Some(splits) = body.get("splits").and_then(Value::as_array) {
        let rows: Vec<_> = splits.iter().map(split).collect();
        return table(&["name", "pages", "likelihood"], &rows);
    }
    if let Some(category) = text("/classification/category") {
        let reasoning = text("/classification/reasoning").unwrap_or_default();
        return format!("{}\n{}", cell(category), cell(reasoning));
    }
    // Pretty, and nothing else: a schema is meant to become a file.
    let schema = body.get("json_schema").unwrap_or(body);
    serde_json::to_string_pretty(schema).unwrap_or_default()
}

/// One row for each value; likelihoods and sources have the shape of the data.
fn values(
    rows: &mut Vec<Vec<String>>,
    path: String,
    data: &Value,
    likelihoods: &Value,
    sources: &Value,
) {
    match data {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                let dot = if path.is_empty() { "" } else { "." };
                let (likelihood, source) = (at(likelihoods, name), at(sources, name));
                values(rows, format!("{path}{dot}{name}"), value, likelihood, source);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, value) in items.iter().enumerate() {
                let (likelihood, source) = (at(likelihoods, index), at(sources, index));
                values(rows, format!("{path}[{index}]"), value, likelihood, source);
            }
        }
        value => {
            rows.push(vec![cell(&path), value_text(value), number(likelihoods), place(sources)]);
        }
    }
}

/// `page 1 at 12.5 30.0, 20.0 x 1.5 %`: left and top, width and height of the box.
fn place(source: &Value) -> String {
    let Some(page) = source.get("page").and_then(Value::as_u64) else { return String::new() };
    let percent = |name: &str| {
        let part = source.get("bbox")?.get(name)?.as_f64()?;
        Some(format!("{:.1}", 100.0 * part))
    };
    match ["left", "top", "width", "height"].map(percent) {
        [Some(left), Some(top), Some(width), Some(height)] => {
            format!("page {page} at {left} {top}, {width} x {height} %")
        }
        _ => format!("page {page}"),
    }
}

fn at(mirror: &Value, place: impl serde_json::value::Index) -> &Value {
    mirror.get(place).unwrap_or(&Value::Null)
}

fn split(part: &Value) -> Vec<String> {
    let name = part.get("name").and_then(Value::as_str).unwrap_or_default();
    let pages = part.get("pages").and_then(Value::as_array);
    let pages = pages.into_iter().flatten().filter_map(Value::as_u64).collect::<Vec<_>>();
    vec![cell(name), ranges(&pages), number(part.get("likelihood").unwrap_or(&Value::Null))]
}

/// `1-3,7` for 1, 2, 3, 7.
fn ranges(pages: &[u64]) -> String {
    let mut ranges: Vec<(u64, u64)> = Vec::new();
    for page in pages {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*page) => *last = *page,
            _ => ranges.push((*page, *page)),
        }
    }
    let text = |(first, last): (u64, u64)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    };
    ranges.into_iter().map(text).collect::<Vec<_>>().join(",")
}

fn value_text(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => cell(text),
        other => cell(&other.to_string()),
    }
}

fn number(value: &Value) -> String {
    value.as_f64().map_or_else(String::new, |number| format!("{number:.2}"))
}

fn cell(text: &str) -> String {
    escape(text, Keep::Nothing).into_owned()
}

/// Columns parted by two spaces, each as wide as its widest cell.
fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let head: Vec<String> = head.iter().map(|name| (*name).to_owned()).collect();
    let all = || std::iter::once(&head).chain(rows);
    let width = |column: usize| {
        let cells = all().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    all().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn extracted_values_are_a_table_with_their_sources() {
        let body = json!({
            "choices": [{"message": {"parsed": {
                "number": "INV\n7", "iban": null, "empty": [],
                "items": [{"amount": 15}, {"amount": 8.5}],
            }}}],
            "likelihoods": {"number": 0.987, "iban": 0.0, "items": [{"amount": 0.5}, {}]},
            "sources": {
                "number": {"page": 1, "bbox":
                    {"left": 0.125, "top": 0.3, "width": 0.2, "height": 0.0154, "page": 1}},
                "items": [{}, {"amount": {"page": 2}}],
            },
        });
        let expected = "field            value   likelihood  source\n\
            number           INV\\n7  0.99        page 1 at 12.5 30.0, 20.0 x 1.5 %\n\
            iban             -       0.00\n\
            empty            []\n\
            items[0].amount  15      0.50\n\
            items[1].amount  8.5                 page 2";
        assert_eq!(shown(&body, false), expected);
        assert_eq!(shown(&body, true), body.to_string());
    }

    #[test]
    fn parts_classes_and_schemas_each_have_their_look() {
        let splits = json!({"splits": [{"name": "invoice", "pages": [1, 2, 3, 7]},
            {"name": "terms", "pages": [4], "likelihood": 0.5}]});
        let expected = "name     pages  likelihood\ninvoice  1-3,7\nterms    4      0.50";
        assert_eq!(shown(&splits, false), expected);
        let class = json!({"classification": {"category": "invoice", "reasoning": "It says so."}});
        assert_eq!(shown(&class, false), "invoice\nIt says so.");
        let schema = json!({"object": "schema", "json_schema": {"type": "object"}});
        assert_eq!(shown(&schema, false), "{\n  \"type\": \"object\"\n}");
        assert_eq!(shown(&json!({"text": "words"}), false), "words");
    }
}
