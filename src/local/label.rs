//! Where a document prints labels: runs of words that name a field and not a value.
//!
//! Every known label is found, also those nobody asked for, so that `Ship to` is no
//! recipient and `VAT no.` no amount. Must not know values or what is done with a label.

use std::collections::HashMap;
use std::ops::Range;

use super::lexicon::Lexicon;
use super::page::View;
use super::text::{canonical, fold, key};

/// Longest label in words.
const LABEL_WORDS_MAX: usize = 9;
/// Longest label in printed words.
const LABEL_TOKENS_MAX: usize = 12;
/// Cells with more words than this are running text; labels stand only at their start.
const PROSE_TOKENS: usize = 14;

/// Who claims a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Owner {
    /// A concept of the lexicon, by index.
    Concept(usize),
    /// A leaf of the schema, by index, through its own words.
    Leaf(usize),
}

/// A label on a page.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mention {
    /// The cell it stands in.
    pub(crate) cell: usize,
    /// Its words.
    pub(crate) tokens: Range<usize>,
    /// Who claims it, with weights, 0 to 1.
    pub(crate) owners: Vec<(Owner, f32)>,
    /// The share of the printed label that is understood, 0 to 1.
    pub(crate) coverage: f32,
    /// What follows it in its cell, up to the next label.
    pub(crate) rest: Range<usize>,
}

/// The labels of a document.
#[derive(Debug, Default)]
pub(crate) struct Labels {
    /// All labels in reading order.
    pub(crate) mentions: Vec<Mention>,
    /// The canonical words of each token.
    pub(crate) words: Vec<Vec<String>>,
    /// By cell: its first mention, when one begins the cell.
    first_of: HashMap<usize, usize>,
}

/// Who claims a label, each with a weight, 0 to 1.
type Owners = Vec<(Owner, f32)>;

/// A leaf's own words as labels: key and weight.
pub(crate) type LeafKeys = HashMap<String, Owners>;

/// Words after which another document is named, folded: `gemäß Bestellung vom 1. März`.
const REFERRING: &[&str] =
    &["gemass", "laut", "lt", "according", "selon", "segun", "secondo", "volgens", "wg"];

/// Whether the word before says that what follows is another document's.
fn refers(view: &View, at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| view.tokens.get(before));
    before.is_some_and(|token| {
        REFERRING.contains(&fold(&token.text).trim_end_matches('.').trim_start_matches('('))
    })
}

impl Labels {
    /// Finds the labels of a document.
    pub(crate) fn find(view: &View, lexicon: &Lexicon, leaves: &LeafKeys) -> Self {
        let words = view.tokens.iter().map(|t| canonical(&t.text)).collect();
        let mut labels = Self { mentions: Vec::new(), words, first_of: HashMap::new() };
        for cell in 0..view.cells.len() {
            labels.scan(view, cell, lexicon, leaves);
        }
        labels
    }

    fn scan(&mut self, view: &View, index: usize, lexicon: &Lexicon, leaves: &LeafKeys) {
        let Some(cell) = view.cells.get(index) else { return };
        let tokens = cell.tokens.clone();
        let is_prose = tokens.len() > PROSE_TOKENS;
        let first_here = self.mentions.len();
        let mut at = tokens.start;
        while at < tokens.end {
            let is_start = at == tokens.start || at == after_enumerator(view, &tokens);
            let may_begin = !is_prose && self.may_begin(view, at);
            match self.longest(view, at, tokens.end, lexicon, leaves) {
                Some(found) if !is_start && refers(view, at) => at = found.tokens.end.max(at + 1),
                Some(found)
                    if is_start
                        || (may_begin
                            && self.ends_label_cell(view, &found.tokens, &tokens, first_here))
                        || (self.ends_clearly(view, &found.tokens, tokens.end)
                            && (may_begin || self.is_long(&found.tokens))) =>
                {
                    at = found.tokens.end.max(at + 1);
                    self.mentions.push(Mention { cell: index, ..found });
                }
                _ => at += 1,
            }
        }
        self.close(first_here, &tokens, index);
    }

    /// Sets what follows each label of a cell, and notes the one that begins the cell.
    fn close(&mut self, first_here: usize, tokens: &Range<usize>, cell: usize) {
        let starts: Vec<usize> =
            self.mentions.iter().skip(first_here).map(|m| m.tokens.start).collect();
        for (offset, mention) in self.mentions.iter_mut().skip(first_here).enumerate() {
            let end = starts.get(offset + 1).copied().unwrap_or(tokens.end);
            mention.rest = mention.tokens.end..end;
        }
        let begins = self
            .mentions
            .get(first_here)
            .is_some_and(|m| m.tokens.start <= tokens.start + 1 && m.coverage >= 0.6);
        if begins {
            self.first_of.insert(cell, first_here);
        }
    }

    /// Whether a label has words enough to be one in the midst of a sentence.
    fn is_long(&self, tokens: &Range<usize>) -> bool {
        let words = self.words.get(tokens.clone()).unwrap_or_default();
        words.iter().map(Vec::len).sum::<usize>() >= 2
    }

    /// Inside a cell a label begins after another one's value: with a capital letter.
    fn may_begin(&self, view: &View, at: usize) -> bool {
        let text = view.tokens.get(at).map(|t| t.text.as_str()).unwrap_or_default();
        let starts_name = text.chars().next().is_some_and(|c| c.is_uppercase() || c == '(');
        starts_name || ["vom", "du", "date:", "del"].contains(&text)
    }

    /// Whether a label ends a cell that began with another label and holds no value, as
    /// `First name and initial  Last name` in a form.
    fn ends_label_cell(
        &self,
        view: &View,
        tokens: &Range<usize>,
        cell: &Range<usize>,
        first_here: usize,
    ) -> bool {
        let words = view.tokens.get(cell.start + 1..cell.end).unwrap_or_default();
        let has_value = words.iter().any(|t| t.text.chars().any(|c| c.is_ascii_digit()));
        tokens.end == cell.end
            && !has_value
            && self.is_long(tokens)
            && self.mentions.get(first_here).is_some_and(|m| m.tokens.start <= cell.start + 1)
    }

    /// Inside a cell a label counts only when a colon or a value follows at once.
    fn ends_clearly(&self, view: &View, tokens: &Range<usize>, cell_end: usize) -> bool {
        let text = |i: usize| view.tokens.get(i).map(|t| t.text.as_str()).unwrap_or_default();
        let last = text(tokens.end.saturating_sub(1));
        let next = if tokens.end < cell_end { text(tokens.end) } else { "" };
        let has_digit = next.chars().any(|c| c.is_ascii_digit());
        last.ends_with(':') || next.starts_with(':') || (has_digit && !next.ends_with(':'))
    }

    fn longest(
        &self,
        view: &View,
        start: usize,
        end: usize,
        lexicon: &Lexicon,
        leaves: &LeafKeys,
    ) -> Option<Mention> {
        let mut words: Vec<String> = Vec::new();
        let mut best: Option<(usize, usize, Owners)> = None;
        for at in start..end.min(start + LABEL_TOKENS_MAX) {
            words.extend(self.words.get(at).into_iter().flatten().cloned());
            if words.len() > LABEL_WORDS_MAX {
                break;
            }
            let key = key(&words);
            let mut owners = Owners::new();
            for (concept, weight) in lexicon.by_label.get(&key).into_iter().flatten() {
                owners.push((Owner::Concept(*concept), *weight));
            }
            owners.extend(leaves.get(&key).into_iter().flatten().copied());
            if !owners.is_empty() && !words.is_empty() {
                best = Some((at + 1, words.len(), owners));
            }
            if view.tokens.get(at).is_some_and(|t| t.text.ends_with(':')) {
                break;
            }
        }
        let (label_end, matched, owners) = best?;
        let coverage = self.coverage(view, label_end, end, matched);
        let tokens = start..label_end;
        Some(Mention { cell: 0, tokens, owners, coverage, rest: label_end..end })
    }

    /// Which share of a printed label its understood beginning makes up.
    fn coverage(&self, view: &View, label_end: usize, cell_end: usize, matched: usize) -> f32 {
        let text = |i: usize| view.tokens.get(i).map(|t| t.text.as_str()).unwrap_or_default();
        let mut extra = 0;
        let mut at = label_end;
        if text(label_end.saturating_sub(1)).ends_with([':', ',', ';']) {
            return 1.0;
        }
        while at < cell_end && extra < 12 {
            let word = text(at);
            let is_break = word.starts_with(['(', ':', '=', '/', '[', '#', '-'])
                || word.chars().any(|c| c.is_ascii_digit())
                || super::value::number::currency(word).is_some();
            if is_break {
                break;
            }
            extra += self.words.get(at).map_or(0, Vec::len);
            at += 1;
            if word.ends_with(':') {
                break;
            }
        }
        matched as f32 / (matched + extra) as f32
    }

    /// The mention that begins a cell.
    pub(crate) fn first_in(&self, cell: usize) -> Option<&Mention> {
        self.first_of.get(&cell).and_then(|index| self.mentions.get(*index))
    }

    /// Whether a cell is a label without a value of its own.
    pub(crate) fn is_bare(&self, view: &View, cell: usize) -> bool {
        let Some(found) = view.cells.get(cell) else { return false };
        if found.text.ends_with(':') {
            return true;
        }
        self.first_in(cell).is_some_and(|mention| {
            let rest = view.tokens.get(mention.rest.clone()).unwrap_or_default();
            let has_value = rest.iter().any(|t| t.text.chars().any(|c| c.is_ascii_digit()));
            mention.coverage > 0.74 && !has_value && (rest.len() < 2 || mention.coverage < 1.0)
        })
    }
}

/// The first token after a box number such as `1`, `12a` or `e` at the start of a cell.
pub(crate) fn after_enumerator(view: &View, tokens: &Range<usize>) -> usize {
    let text = view.tokens.get(tokens.start).map(|t| t.text.as_str()).unwrap_or_default();
    let core = text.trim_end_matches(['.', ')']);
    let digits = core.chars().filter(char::is_ascii_digit).count();
    let letters = core.chars().filter(|c| c.is_ascii_lowercase()).count();
    let is_enumerator =
        core.len() <= 3 && digits + letters == core.len() && letters <= 1 && !core.is_empty();
    if is_enumerator { tokens.start + 1 } else { tokens.start }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]
    use super::{Labels, LeafKeys, Owner};
    use crate::document::{Document, Page};
    use crate::local::lexicon::Lexicon;
    use crate::local::page::View;

    fn labels(text: &str) -> (View, Labels) {
        let page = Page { number: 1, text: text.to_owned(), ..Page::default() };
        let view = View::new(&Document { pages: vec![page], ..Document::default() });
        let labels = Labels::find(&view, Lexicon::fields(), &LeafKeys::new());
        (view, labels)
    }

    fn owns(labels: &Labels, mention: usize, name: &str) -> bool {
        let index = Lexicon::fields().index_of(name).unwrap();
        labels.mentions[mention].owners.iter().any(|(o, _)| *o == Owner::Concept(index))
    }

    #[test]
    fn the_longest_label_wins() {
        let (view, labels) = labels("VAT no.: DE1   Rechnungsdatum   Social security wages\n");
        assert!(owns(&labels, 0, "seller_vat_id") && !owns(&labels, 0, "tax_amount"));
        assert!(owns(&labels, 1, "issue_date") && owns(&labels, 2, "social_security_wages"));
        assert!(labels.is_bare(&view, 1) && !labels.is_bare(&view, 0));
    }

    #[test]
    fn labels_inside_a_cell_need_a_value() {
        let (view, labels) = labels("Date: 22/03/2021 Time: 17:18\n");
        assert_eq!(labels.mentions.len(), 2);
        assert_eq!(view.text(labels.mentions[0].rest.clone()), "22/03/2021");
    }
}
