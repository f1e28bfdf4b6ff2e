//! What instructions state: pairs of a label and a value, and the sentences in between.
//!
//! Reads JSON, a CSV row, lines of `label: value` and prose, in that order, whatever is mixed.
//! Every fact says where it stands in the instructions. Must not know fields.

use std::ops::Range;

use serde_json::Value;

use crate::local::text::identifier_words;

/// A stated value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fact {
    /// What it is called, outer names first, as words.
    pub(super) label: String,
    /// What it is.
    pub(super) value: String,
    /// Where it stands in the instructions, in bytes.
    pub(super) span: Range<usize>,
}

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) facts: Vec<Fact>,
    /// Stretches of prose, in bytes of the instructions.
    pub(super) prose: Vec<Range<usize>>,
}

/// Most words of a label before a colon.
const LABEL_WORDS_MAX: usize = 16;

impl Facts {
    /// Reads instructions.
    pub(super) fn read(text: &str) -> Self {
        let mut found = Self::default();
        if let Some((range, value)) = json_in(text) {
            found.flatten(text, &range, "", &value);
            found.lines(text, 0..range.start);
            found.lines(text, range.end..text.len());
        } else if !found.table(text) {
            found.lines(text, 0..text.len());
        }
        found
    }

    fn push(&mut self, label: &str, value: &str, span: Range<usize>) {
        let (label, value) = (label.trim(), value.trim());
        if !label.is_empty() && !value.is_empty() {
            self.facts.push(Fact { label: label.to_owned(), value: value.to_owned(), span });
        }
    }

    fn flatten(&mut self, text: &str, range: &Range<usize>, path: &str, value: &Value) {
        let joined = |name: &str| {
            let words = identifier_words(name);
            if path.is_empty() { words } else { format!("{path} {words}") }
        };
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    // "name"/"value" pairs in a list are what they say.
                    self.flatten(text, range, &joined(name), value);
                }
            }
            Value::Array(items) => {
                let scalars: Option<Vec<String>> = items.iter().map(scalar).collect();
                match scalars {
                    Some(words) => {
                        let value = words.join(", ");
                        self.push(path, &value, place_of(text, range, &words));
                    }
                    None => {
                        for (item, number) in items.iter().zip(1..) {
                            let pair = named_pair(item);
                            match pair {
                                Some((name, value)) => {
                                    let span = place_of(text, range, std::slice::from_ref(&value));
                                    self.push(&joined(&name), &value, span);
                                }
                                None => {
                                    self.flatten(text, range, &joined(&number.to_string()), item)
                                }
                            }
                        }
                    }
                }
            }
            other => {
                if let Some(value) = scalar(other) {
                    let span = place_of(text, range, std::slice::from_ref(&value));
                    self.push(path, &value, span);
                }
            }
        }
    }

    /// A header row and a value row.
    fn table(&mut self, text: &str) -> bool {
        let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let &[head, row] = lines.as_slice() else { return false };
        for delimiter in [b'\t', b';', b'|', b','] {
            let cells = |line: &str| -> Vec<String> {
                let mut reader = csv::ReaderBuilder::new();
                reader.delimiter(delimiter).has_headers(false).trim(csv::Trim::All);
                let record = reader.from_reader(line.as_bytes()).into_records().next();
                let record = record.and_then(Result::ok);
                record.map(|r| r.iter().map(str::to_owned).collect()).unwrap_or_default()
            };
            let (names, values) = (cells(head), cells(row));
            let is_head = !names.iter().any(|name| name.contains(':'));
            if names.len() < 2 || names.len() != values.len() || !is_head {
                continue;
            }
            let row_at = row.as_ptr() as usize - text.as_ptr() as usize;
            let range = row_at..row_at + row.len();
            for (name, value) in names.iter().zip(&values) {
                let span = place_of(text, &range, std::slice::from_ref(value));
                self.push(&identifier_words(name), value, span);
            }
            return true;
        }
        false
    }

    /// Lines of `label: value`; a label without a value heads the lines after it.
    fn lines(&mut self, text: &str, range: Range<usize>) {
        let mut heading = String::new();
        let mut prose: Option<Range<usize>> = None;
        let mut at = range.start;
        for line in text.get(range).unwrap_or_default().split_inclusive('\n') {
            let start = at;
            at += line.len();
            let body = line.trim_end();
            if body.trim().is_empty() {
                heading.clear();
                continue;
            }
            match pair(body) {
                Some((label, "")) => heading = label.to_owned(),
                Some((label, value)) => {
                    let value_at = start + (value.as_ptr() as usize - line.as_ptr() as usize);
                    let label = format!("{heading} {label}");
                    self.pairs(text, &label, value_at..value_at + value.len());
                }
                None => {
                    let joined = prose.as_ref().filter(|open| {
                        text.get(open.end..start).is_some_and(|gap| gap.trim().is_empty())
                    });
                    let from = joined.map_or(start, |open| open.start);
                    if joined.is_none() {
                        self.prose.extend(prose.take());
                    }
                    prose = Some(from..start + body.len());
                }
            }
        }
        self.prose.extend(prose);
    }

    /// The value of a line, which may go on with `; label: value`.
    fn pairs(&mut self, text: &str, label: &str, span: Range<usize>) {
        let value = text.get(span.clone()).unwrap_or_default();
        let next =
            value.char_indices().filter(|(_, c)| matches!(c, ';' | ',')).find_map(|(at, c)| {
                let rest = value.get(at + c.len_utf8()..)?;
                let (name, rest_value) = pair(rest)?;
                let is_short = name.split_whitespace().count() <= 5 && !name.contains([',', ';']);
                (is_short && !rest_value.is_empty()).then_some((at, name, rest_value))
            });
        match next {
            Some((at, name, rest)) => {
                let rest_at = span.start + (rest.as_ptr() as usize - value.as_ptr() as usize);
                self.push(label, value.get(..at).unwrap_or_default(), span.start..span.start + at);
                self.pairs(text, name, rest_at..rest_at + rest.len());
            }
            None => self.push(label, value.trim_end_matches([',', ';']), span),
        }
    }
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(if *yes { "yes" } else { "no" }.to_owned()),
        _ => None,
    }
}

/// `{"key": …, "value": …}` and its like.
fn named_pair(item: &Value) -> Option<(String, String)> {
    let fields = item.as_object().filter(|fields| fields.len() <= 4)?;
    let name =
        ["key", "name", "field", "label"].iter().find_map(|key| fields.get(*key)?.as_str())?;
    let value = fields.get("value").and_then(scalar)?;
    Some((name.to_owned(), value))
}

/// Where a value stands in a stretch of the instructions; the stretch when it stands nowhere.
fn place_of(text: &str, range: &Range<usize>, values: &[String]) -> Range<usize> {
    let inside = text.get(range.clone()).unwrap_or_default();
    let found = values.first().and_then(|value| Some((inside.find(value.as_str())?, value.len())));
    found.map_or(range.clone(), |(at, length)| range.start + at..range.start + at + length)
}

/// The first JSON object or list of objects inside a text.
fn json_in(text: &str) -> Option<(Range<usize>, Value)> {
    text.char_indices().filter(|(_, c)| matches!(c, '{' | '[')).take(8).find_map(|(start, _)| {
        let mut stream = serde_json::Deserializer::from_str(text.get(start..)?).into_iter();
        let value: Value = stream.next()?.ok()?;
        let is_data = match &value {
            Value::Object(fields) => !fields.is_empty(),
            Value::Array(items) => items.iter().any(Value::is_object),
            _ => false,
        };
        is_data.then(|| (start..start + stream.byte_offset(), value))
    })
}

/// Splits `label: value`, `label = value`, `label<TAB>value` and `| label | value |`.
fn pair(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start_matches(|c: char| c.is_whitespace() || "-*•–—·".contains(c));
    if let Some(row) = line.strip_prefix('|') {
        let (label, value) = row.split_once('|')?;
        return Some((label.trim(), value.trim().trim_end_matches('|').trim()));
    }
    let colon = line.char_indices().find(|&(at, c)| {
        let next = line.get(at + c.len_utf8()..).and_then(|rest| rest.chars().next());
        let is_clock = next.is_some_and(|n| n.is_ascii_digit())
            && line.get(..at).is_some_and(|b| b.ends_with(|d: char| d.is_ascii_digit()));
        let is_link = next == Some('/');
        matches!(c, ':' | '=' | '\t' | '：') && !is_clock && !is_link
    });
    let arrow = || ["->", "→", "=>"].iter().find_map(|a| Some((line.find(a)?, a.len())));
    let (at, width) = colon.map(|(at, c)| (at, c.len_utf8())).or_else(arrow)?;
    let label = line.get(..at)?.trim().trim_matches(['*', '"', '\'', '_', '`']);
    let value = line.get(at + width..)?.trim().trim_matches(['*', '`', '"']).trim();
    let words = label.split_whitespace().count();
    // A full stop inside a label is the end of a sentence, unless it is short as in "no.".
    let is_sentence = label.match_indices(". ").any(|(stop, _)| {
        let before = label.get(..stop).and_then(|part| part.rsplit(' ').next());
        before.is_some_and(|word| word.chars().count() > 4)
    });
    let is_prose = words == 0 || words > LABEL_WORDS_MAX || is_sentence || goes_on(value);
    (!is_prose).then_some((label, value))
}

/// Whether a value runs on into further sentences with labels of their own.
fn goes_on(value: &str) -> bool {
    value.match_indices(". ").any(|(at, _)| {
        let rest = value.get(at + 2..).unwrap_or_default();
        rest.split_once(':').is_some_and(|(label, _)| {
            label.starts_with(char::is_uppercase) && !label.contains(['.', ',']) && label.len() < 50
        })
    })
}

#[cfg(test)]
mod tests {
    use super::Facts;

    fn pairs(text: &str) -> Vec<(String, String)> {
        Facts::read(text).facts.into_iter().map(|fact| (fact.label, fact.value)).collect()
    }

    fn pair(label: &str, value: &str) -> (String, String) {
        (label.to_owned(), value.to_owned())
    }

    #[test]
    fn every_notation_gives_pairs() {
        let name = pair("name", "Ada B.");
        assert_eq!(pairs("Use {\"name\": \"Ada B.\", \"n\": null}"), std::slice::from_ref(&name));
        assert_eq!(pairs("name,born\nAda B.,1815"), [name.clone(), pair("born", "1815")]);
        assert_eq!(pairs("- name = Ada B.\n* time: 8:15 AM"), [name, pair("time", "8:15 AM")]);
        assert_eq!(pairs("Name: Ada; Phone no.: 1"), [pair("Name", "Ada"), pair("Phone no.", "1")]);
        let nested = "{\"old\": {\"zipCode\": 7}, \"all\": [\"a\", \"b\"], \"ok\": true}";
        let expected = [pair("old zip Code", "7"), pair("all", "a, b"), pair("ok", "yes")];
        assert_eq!(pairs(nested), expected);
    }

    #[test]
    fn a_heading_is_part_of_the_labels_below_it() {
        let expected = [pair("New address City", "Erie"), pair("Name", "Ada")];
        assert_eq!(pairs("New address:\n  City: Erie\n\nName: Ada"), expected);
    }

    #[test]
    fn prose_is_left_as_it_is() {
        let text = "The patient is Ada. Allergies: none. Phone: 1\nShe was born in 1815.";
        let facts = Facts::read(text);
        assert!(facts.facts.is_empty(), "{:?}", facts.facts);
        assert_eq!(facts.prose.first(), Some(&(0..text.len())));
    }
}
