//! Classification by a model: one of the given names, and why.

use serde_json::{Map, Value, json};

use super::pages;
use super::shape::{self, Wire};
use super::talk::Talk;
use super::{Answered, Asking, Model, ModelError, Tokens, Vote, chat};
use crate::document::Document;
use crate::local::text::fold;
use crate::local::{Category, Classification};

const QUESTION: &str = "To which one of these categories does the document belong? Give the \
    reasoning first: one or two sentences that quote what speaks for the category. Then the \
    category, by its name.";

/// How sure one voice is.
const ONE_VOICE: f32 = 0.8;

impl Model {
    /// One of the categories, judged by the first pages (all, when none are named); of a long
    /// document as many as the model can hold.
    ///
    /// # Errors
    /// Why no answer came.
    pub fn classify(
        &self,
        document: &Document,
        categories: &[Category<'_>],
        first_pages: Option<usize>,
        asking: &Asking<'_>,
    ) -> Result<Answered<Classification>, ModelError> {
        let question = format!("{QUESTION}\n\n{}", listed(categories));
        let wire = wire(categories);
        let prompt = chat(&question, asking.hints, "", &wire).bytes();
        let room = pages::room_bytes(self.settings.context_tokens(), prompt);
        let last = first_pages.and_then(|count| u32::try_from(count).ok()).unwrap_or(u32::MAX);
        let mut pieces = pages::pieces(document, room);
        pieces.retain(|piece| piece.page <= last);
        let portions = pages::portions(&pieces, room);
        let text = pages::fenced(portions.first().copied().unwrap_or_default());
        let cast = |talk: &Talk<'_>, temperature: f32| {
            let mut chat = chat(&question, asking.hints, &text, &wire);
            chat.temperature = temperature;
            let check = |answer: &Value| match chosen(categories, answer) {
                Some(_) => Vec::new(),
                None => vec!["category must be one of the names given".to_owned()],
            };
            let said = talk.ask(chat, &check)?;
            let category = chosen(categories, &said.value).ok_or_else(|| {
                ModelError::InvalidAnswer("it names none of the categories".to_owned())
            })?;
            let reasoning = said.value.get("reasoning").and_then(Value::as_str);
            let reasoning = reasoning.unwrap_or("The model gave no reason.").to_owned();
            let value = Classification { category, reasoning, likelihood: ONE_VOICE };
            Ok(Vote { value, tokens: said.tokens, is_prompt_cut: said.is_prompt_cut })
        };
        counted(self.votes(asking, &cast)?)
    }
}

/// The categories for the prompt, one on a line.
pub(super) fn listed(categories: &[Category<'_>]) -> String {
    let line = |c: &Category<'_>| match c.description.trim() {
        "" => format!("- {}", json!(c.name)),
        about => format!("- {}: {}", json!(c.name), about.replace('\n', " ")),
    };
    categories.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn wire(categories: &[Category<'_>]) -> Wire {
    let mut names: Vec<&str> = categories.iter().map(|category| category.name).collect();
    names.dedup();
    let reasoning = ("reasoning".to_owned(), json!({"type": "string"}));
    let category = ("category".to_owned(), json!({"type": "string", "enum": names}));
    Wire { schema: shape::closed(Map::from_iter([reasoning, category])), is_strict: true }
}

fn chosen(categories: &[Category<'_>], answer: &Value) -> Option<usize> {
    named(categories, answer.get("category")?.as_str()?)
}

/// The category of a name, as it is or but for case and accents.
pub(super) fn named(categories: &[Category<'_>], name: &str) -> Option<usize> {
    let same = categories.iter().position(|category| category.name == name);
    same.or_else(|| {
        let wanted = fold(name.trim());
        categories.iter().position(|category| fold(category.name.trim()) == wanted)
    })
}

fn counted(votes: Vec<Vote<Classification>>) -> Result<Answered<Classification>, ModelError> {
    let mut tokens = Tokens::default();
    for vote in &votes {
        tokens += vote.tokens;
    }
    let single: Vec<Classification> = votes.into_iter().map(|vote| vote.value).collect();
    let support = |category| single.iter().filter(|vote| vote.category == category).count();
    // Of equals the first wins.
    let best = single.iter().rev().max_by_key(|vote| support(vote.category));
    let mut answer = best
        .cloned()
        .ok_or_else(|| ModelError::InvalidAnswer("no vote came to an answer".to_owned()))?;
    if single.len() > 1 {
        answer.likelihood = 0.95 * support(answer.category) as f32 / single.len() as f32;
    }
    let votes = if single.len() > 1 { single } else { Vec::new() };
    Ok(Answered { answer, votes, tokens })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_majority_names_the_category() {
        let vote = |category| Vote {
            value: Classification { category, reasoning: format!("{category}"), likelihood: 0.8 },
            tokens: Tokens { prompt: 1, completion: 2, is_estimated: false },
            is_prompt_cut: false,
        };
        let counted = counted(vec![vote(0), vote(1), vote(1)]).unwrap();
        assert_eq!((counted.answer.category, counted.tokens.completion), (1, 6));
        assert_eq!(counted.answer.reasoning, "1");
        assert!((counted.answer.likelihood - 0.633).abs() < 0.01);
        assert!(super::counted(Vec::new()).is_err());
    }

    #[test]
    fn a_name_is_known_whatever_its_case() {
        let category = |name| Category { name, description: "" };
        let all = [category("Reçu"), category("Other")];
        assert_eq!(chosen(&all, &json!({"category": "recu "})), Some(0));
        assert_eq!(chosen(&all, &json!({"category": "none"})), None);
    }
}
