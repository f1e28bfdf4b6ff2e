//! Schema inference: what one could ask of documents like the samples.
//!
//! Everything the lexicon knows is looked for with the engine of extraction itself, so a
//! schema asks for what extraction can find; labels nobody knows are added by their words.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::extract::candidate::Reader;
use super::extract::leaf::Plan;
use super::extract::record::Records;
use super::kind::{kinds, page_evidence};
use super::label::Labels;
use super::lexicon::{Kind, Lexicon};
use super::page::View;
use super::schema::Schema;
use super::text::{canonical, fold};
use super::value::{Habits, date, number};
use crate::document::Document;

/// Fields found less surely than this are not proposed.
const BELIEF: f32 = 0.55;
/// Fields with unknown labels at most.
const UNKNOWN_MAX: usize = 30;

/// A field that a sample shows.
#[derive(Debug, Clone, PartialEq)]
struct Shown {
    name: String,
    title: String,
    schema: Map<String, Value>,
    /// Where it stands, for the order of fields.
    place: usize,
}

/// Proposes a JSON Schema for documents like the samples.
#[must_use]
pub fn infer_schema(documents: &[Document], instructions: Option<&str>) -> Value {
    let wishes = instructions.map(fold).unwrap_or_default();
    let without_lists = [
        "only header",
        "header fields only",
        "no line items",
        "no tables",
        "without line items",
        "without tables",
        "nur kopf",
        "keine positionen",
    ]
    .iter()
    .any(|wish| wishes.contains(wish));
    let samples: Vec<Vec<Shown>> = documents.iter().map(|d| shown(d, !without_lists)).collect();
    let mut merged: Vec<(Shown, usize)> = Vec::new();
    for field in samples.iter().flatten() {
        match merged.iter_mut().find(|(known, _)| known.name == field.name) {
            Some((known, count)) => {
                *count += 1;
                merge(&mut known.schema, &field.schema);
            }
            None => merged.push((field.clone(), 1)),
        }
    }
    let mut properties = Map::new();
    let mut required = Vec::new();
    for (field, count) in merged {
        if count == documents.len() {
            required.push(Value::String(field.name.clone()));
        }
        properties.insert(field.name, Value::Object(field.schema));
    }
    let title = documents.first().map_or("Document".to_owned(), kind_title);
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "description": format!("Fields of a document of the kind “{title}”."),
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

/// Adds the columns of another sample's table.
fn merge(known: &mut Map<String, Value>, more: &Map<String, Value>) {
    let columns = |schema: &Map<String, Value>| -> Option<Map<String, Value>> {
        schema.get("items")?.get("properties")?.as_object().cloned()
    };
    let Some(extra) = columns(more) else { return };
    let items = known.get_mut("items").and_then(|i| i.get_mut("properties"));
    if let Some(properties) = items.and_then(Value::as_object_mut) {
        for (name, schema) in extra {
            properties.entry(name).or_insert(schema);
        }
    }
}

/// The kind of a document as a title, such as `Purchase Order`.
fn kind_title(document: &Document) -> String {
    let view = View::of_pages(document, 0..1);
    let evidence = page_evidence(&view, 0);
    let best = evidence.scores.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    let name = best.filter(|(_, score)| **score > 1.0).and_then(|(index, _)| kinds().get(index));
    name.map_or("Document".to_owned(), |kind| title_of(kind.name))
}

/// `due_date` as `Due Date`.
fn title_of(name: &str) -> String {
    let words = name.split('_').map(|word| {
        let mut letters = word.chars();
        letters.next().map_or(String::new(), |c| c.to_uppercase().chain(letters).collect())
    });
    words.collect::<Vec<String>>().join(" ")
}

/// Everything the lexicon knows, as one schema.
fn everything() -> Value {
    let named = |lexicon: &Lexicon| -> Map<String, Value> {
        let fields = lexicon.concepts.iter();
        fields.map(|c| (c.name.to_owned(), Value::Object(type_of(c.kind)))).collect()
    };
    let columns = json!({"type": "object", "properties": named(Lexicon::columns())});
    let mut properties = named(Lexicon::fields());
    properties.insert("\u{1}rows".to_owned(), json!({"type": "array", "items": columns}));
    json!({"type": "object", "properties": properties})
}

fn type_of(kind: Kind) -> Map<String, Value> {
    let mut schema = Map::new();
    let name = match kind {
        Kind::Year | Kind::TermYears | Kind::TermMonths | Kind::NoticeDays => "integer",
        _ if kind.is_numeric() => "number",
        Kind::Boolean => "boolean",
        _ => "string",
    };
    schema.insert("type".to_owned(), json!(name));
    match kind {
        Kind::Date => drop(schema.insert("format".to_owned(), json!("date"))),
        Kind::DateTime => drop(schema.insert("format".to_owned(), json!("date-time"))),
        _ => {}
    }
    schema
}

fn shown(document: &Document, with_lists: bool) -> Vec<Shown> {
    let Ok(schema) = Schema::compile(&everything()) else { return Vec::new() };
    let view = View::new(document);
    let plan = Plan::of(&schema);
    let labels = Labels::find(&view, Lexicon::fields(), &plan.keys());
    let reader = Reader::new(&view, &labels);
    let found = reader.find(&plan);
    let mut fields = Vec::new();
    let mut taken: Vec<std::ops::Range<usize>> = Vec::new();
    for records in &found.lists {
        taken.extend(records.tokens.iter().cloned());
        let place = records.tokens.first().map_or(0, |t| t.start);
        taken.extend(header_tokens(&view, records));
        if with_lists && let Some(schema) = table(records) {
            let name = list_name(&schema);
            fields.push(Shown { title: title_of(name), name: name.to_owned(), schema, place });
        }
    }
    for (leaf, candidate) in plan.leaves.iter().zip(found.scalars) {
        let Some(candidate) = candidate.filter(|c| c.score >= BELIEF) else { continue };
        let Some(concept) = leaf.concept.and_then(|c| Lexicon::fields().concepts.get(c)) else {
            continue;
        };
        let label = candidate.label.clone().map(|t| view.text(t)).unwrap_or_default();
        let page = view.cell_of(candidate.tokens.start).and_then(|c| view.cells.get(c));
        let page = page.and_then(|c| view.sheets.get(c.page)).map_or(1, |s| s.number);
        let mut schema = described(type_of(concept.kind), &label, page, concept.name);
        schema.insert("title".to_owned(), json!(title_of(concept.name)));
        let place = candidate.tokens.start;
        taken.push(candidate.tokens.clone());
        taken.extend(candidate.label);
        let title = title_of(concept.name);
        fields.push(Shown { name: concept.name.to_owned(), title, schema, place });
    }
    unknown(&view, &labels, &taken, &mut fields);
    fields.sort_by_key(|field| field.place);
    fields
}

fn described(
    mut schema: Map<String, Value>,
    label: &str,
    page: u32,
    name: &str,
) -> Map<String, Value> {
    let label = label.trim_end_matches([':', ' ']);
    let text = match label {
        "" => format!("{}, found on page {page}.", title_of(name)),
        _ => format!("{}, printed as “{label}” on page {page}.", title_of(name)),
    };
    schema.insert("description".to_owned(), json!(text));
    schema
}

fn header_tokens(view: &View, records: &Records) -> Option<std::ops::Range<usize>> {
    let header = records.header.as_ref()?;
    let first = view.row_cells(header.row).first()?.tokens.start;
    let last = view.row_cells(header.body.checked_sub(1)?).last()?.tokens.end;
    Some(first..last)
}

/// The schema of a table's rows.
fn table(records: &Records) -> Option<Map<String, Value>> {
    let header = records.header.as_ref()?;
    let lexicon = Lexicon::columns();
    let mut properties = Map::new();
    for (index, head) in header.heads.iter().enumerate() {
        let column = header.head_of.iter().position(|h| *h == Some(index));
        let concept = column.and_then(|c| lexicon.concepts.get(c));
        let label = head.text.trim();
        let (name, mut schema) = match concept {
            Some(concept) => (concept.name.to_owned(), type_of(concept.kind)),
            None => (slug(label)?, type_of(Kind::Text)),
        };
        schema.insert("title".to_owned(), json!(label));
        schema.insert("description".to_owned(), json!(format!("Column “{label}”.")));
        properties.entry(name).or_insert(Value::Object(schema));
    }
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("array"));
    schema.insert("items".to_owned(), json!({"type": "object", "properties": properties}));
    Some(schema)
}

/// What a table of such columns is called.
fn list_name(schema: &Map<String, Value>) -> &'static str {
    let columns = schema.get("items").and_then(|i| i.get("properties")).and_then(Value::as_object);
    let has = |name: &str| columns.is_some_and(|c| c.contains_key(name));
    match () {
        () if has("running_balance") || has("debit") || has("credit") => "transactions",
        () if has("test") || has("reference_range") => "results",
        () if has("coverage") || has("premium") => "coverages",
        () if has("flight_number") || has("departure") => "flights",
        () if has("start_time") || has("hours") => "entries",
        () if has("quantity") || has("unit_price") || has("amount") || has("description") => {
            "line_items"
        }
        () => "rows",
    }
}

/// A label as a name in snake case.
fn slug(label: &str) -> Option<String> {
    let folded = fold(label);
    let words = folded.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty());
    let name = words.take(6).collect::<Vec<_>>().join("_");
    let letters = name.chars().filter(char::is_ascii_alphabetic).count();
    (letters > 1 && !name.starts_with(|c: char| c.is_ascii_digit())).then_some(name)
}

/// Adds fields whose labels nobody knows: what stands before a colon and has a value.
fn unknown(
    view: &View,
    labels: &Labels,
    taken: &[std::ops::Range<usize>],
    fields: &mut Vec<Shown>,
) {
    let habits = Habits::of(&view.text(0..view.tokens.len()));
    let mut found: BTreeMap<String, Shown> = BTreeMap::new();
    for (index, cell) in view.cells.iter().enumerate() {
        let is_taken = |at: usize| taken.iter().any(|t| t.contains(&at));
        let colon = cell
            .tokens
            .clone()
            .take(6)
            .find(|at| view.tokens.get(*at).is_some_and(|t| t.text.ends_with(':')));
        let Some(colon) = colon.filter(|at| !is_taken(*at) && !is_taken(cell.tokens.start)) else {
            continue;
        };
        let label = view.text(cell.tokens.start..colon + 1);
        let rest = colon + 1..cell.tokens.end;
        let value = if rest.is_empty() {
            let next = view.cells.get(index + 1).filter(|next| next.row == cell.row);
            next.filter(|_| !labels.is_bare(view, index + 1)).map(|next| next.tokens.clone())
        } else {
            Some(rest)
        };
        let Some(value) = value.filter(|v| !v.is_empty() && !is_taken(v.start)) else { continue };
        let Some(name) = slug(&label) else { continue };
        let is_new = !fields.iter().any(|f| f.name == name) && canonical(&label).len() <= 5;
        if is_new && value.len() <= 12 {
            let text = view.text(value.clone());
            let page = view.sheets.get(cell.page).map_or(1, |s| s.number);
            let mut schema = described(type_of(guess(&text, habits)), &label, page, &name);
            schema.insert("title".to_owned(), json!(label.trim_end_matches(':')));
            let place = cell.tokens.start;
            let title = title_of(&name);
            found.entry(name.clone()).or_insert(Shown { name, title, schema, place });
        }
    }
    let mut all: Vec<Shown> = found.into_values().collect();
    all.sort_by_key(|field| field.place);
    fields.extend(all.into_iter().take(UNKNOWN_MAX));
}

fn guess(text: &str, habits: Habits) -> Kind {
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_date = date::leading(&words, habits.order).is_some_and(|(_, used)| used == words.len());
    let is_number = || {
        number::parse(text, habits.decimal)
            .is_some_and(|a| a.has_currency || a.has_percent || a.decimals > 0)
    };
    match () {
        () if is_date => Kind::Date,
        () if is_number() => Kind::Number,
        () => Kind::Text,
    }
}
