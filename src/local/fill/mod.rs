//! Values for the fields of a form out of instructions.
//!
//! Facts are read from the instructions, met with fields by what both are called, and shaped
//! as the form asks. Every value says which words it came from; what no field takes is
//! reported; nothing is made up.

mod asked;
mod facts;
mod meet;
mod parts;
mod prose;
mod shape;
mod terms;
mod tick;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::base::limits;
use crate::form::{Field, Role};
use crate::local::text::fold;
use asked::Asked;
use facts::{Fact, Facts};

/// A value for a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Index of the field.
    pub field: usize,
    /// Text, the label of an option, or `true` and `false` for a box.
    pub value: String,
    /// Where the words it came from stand in the instructions, in bytes.
    pub source: Range<usize>,
}

/// Values for a form.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filling {
    /// In the order of the fields.
    pub entries: Vec<Entry>,
    /// What could not be used, in sentences for people.
    pub warnings: Vec<String>,
}

/// Finds the values that instructions give for the fields of a form.
#[must_use]
pub fn fill(fields: &[Field], instructions: &str) -> Filling {
    let asked: Vec<Asked> = asked::of(fields);
    let Facts { mut facts, prose } = Facts::read(instructions);
    let left_out = facts.len().saturating_sub(limits::FORM_FACTS_MAX);
    facts.truncate(limits::FORM_FACTS_MAX);
    let mut work = Work {
        fields,
        asked,
        values: BTreeMap::new(),
        used: vec![false; facts.len()],
        facts,
        warnings: Vec::new(),
    };
    if left_out > 0 {
        work.warnings.push(format!("the last {left_out} facts of the instructions are left out"));
    }
    work.split_lists();
    work.meet_all();
    work.join_parts();
    work.split_values();
    prose::read(&mut work, instructions, &prose);
    work.copy_to_twins();
    work.report();
    work.finish()
}

/// Values that are stated key by key, by whoever read the instructions; what does not stand
/// in the instructions is not taken.
#[must_use]
pub fn fill_stated(fields: &[Field], instructions: &str, stated: &[(String, String)]) -> Filling {
    let mut work = Work {
        fields,
        asked: asked::of(fields),
        facts: Vec::new(),
        used: Vec::new(),
        values: BTreeMap::new(),
        warnings: Vec::new(),
    };
    let folded = fold(instructions);
    for (key, value) in stated {
        let Some(index) = fields.iter().position(|field| field.key == *key) else { continue };
        if !work.is_open(index) {
            continue;
        }
        let place = instructions.find(value.as_str());
        let source = place.map_or(0..0, |at| at..at + value.len());
        let is_checkbox = fields.get(index).is_some_and(|field| field.is_checkbox);
        match tick::truth(value) {
            Some(truth) if is_checkbox => {
                work.values.insert(index, (truth.to_string(), source));
            }
            _ if is_checkbox => {}
            _ if folded.contains(fold(value).trim()) => drop(work.put(index, value, source)),
            _ => work.warnings.push(format!("{key}: {value:?} does not stand in the instructions")),
        }
    }
    work.copy_to_twins();
    work.finish()
}

/// The state of a filling.
struct Work<'a> {
    fields: &'a [Field],
    asked: Vec<Asked>,
    facts: Vec<Fact>,
    used: Vec<bool>,
    values: BTreeMap<usize, (String, Range<usize>)>,
    warnings: Vec<String>,
}

impl Work<'_> {
    fn finish(self) -> Filling {
        let entries = self.values.into_iter();
        let entries = entries.map(|(field, (value, source))| Entry { field, value, source });
        Filling { entries: entries.collect(), warnings: self.warnings }
    }

    fn is_open(&self, field: usize) -> bool {
        !self.values.contains_key(&field) && self.can_take(field)
    }

    /// Whether a field may be filled at all.
    fn can_take(&self, field: usize) -> bool {
        self.fields.get(field).is_some_and(|f| !f.read_only && f.role != Role::Signature)
            && self.asked.get(field).is_some_and(|asked| !asked.is_signature())
    }

    /// Gives a text field its value, shaped as it asks; a value that does not go is reported.
    fn put(&mut self, field: usize, value: &str, source: Range<usize>) -> bool {
        let (Some(found), Some(asked)) = (self.fields.get(field), self.asked.get(field)) else {
            return false;
        };
        match shape::shaped(found, asked, value) {
            Ok(shaped) => {
                self.values.insert(field, (shaped, source));
                true
            }
            Err(why) => {
                self.warnings.push(format!("{}: {why}", found.key));
                false
            }
        }
    }

    fn use_up(&mut self, fact: usize) {
        if let Some(used) = self.used.get_mut(fact) {
            *used = true;
        }
    }

    /// Widgets of one interactive field show one value.
    fn copy_to_twins(&mut self) {
        let mut copies = Vec::new();
        for (index, entry) in &self.values {
            let Some(field) = self.fields.get(*index).filter(|field| !field.is_checkbox) else {
                continue;
            };
            for (other, twin) in self.fields.iter().enumerate() {
                if other != *index && field.is_same_field(twin) && !self.values.contains_key(&other)
                {
                    copies.push((other, entry.clone()));
                }
            }
        }
        self.values.extend(copies);
    }

    /// Says which facts nothing took.
    fn report(&mut self) {
        for (fact, used) in self.facts.iter().zip(&self.used) {
            if !used {
                let value: String = fact.value.chars().take(80).collect();
                self.warnings.push(format!("no field takes {:?}: {value:?}", fact.label));
            }
        }
    }
}

#[cfg(test)]
mod tests;
