//! Extraction by a model: portions of pages, one answer each, merged, voted on, and taken
//! over as any other engine's.

use serde_json::Value;

use super::merge::{self, Part};
use super::pages::{self, Piece};
use super::shape::{self, Wire};
use super::talk::Talk;
use super::{Answered, Asking, Model, ModelError, Tokens, Vote, chat, cut_warning, vote};
use crate::base::limits;
use crate::document::Document;
use crate::local::Extraction;
use crate::local::extract::adopt;
use crate::local::extract::locate::squeezed;
use crate::local::schema::Schema;

const QUESTION: &str = "Read these values from the document, as they are written there; dates as \
    YYYY-MM-DD, numbers as plain numbers. Lists hold every row of the document, in its order.";
const PORTION: &str = "These pages are a part of a longer document: what they do not say is null, \
    and lists hold the rows of these pages only.";

impl Model {
    /// The values that a schema asks for.
    ///
    /// # Errors
    /// [`ModelError::Schema`] when the schema cannot be used; else why no answer came.
    pub fn extract(
        &self,
        document: &Document,
        schema: &Value,
        asking: &Asking<'_>,
    ) -> Result<Answered<Extraction>, ModelError> {
        let schema = Schema::compile(schema)?;
        let wire = shape::of(&schema);
        let prompt = chat(QUESTION, asking.hints, PORTION, &wire).bytes();
        let room = pages::room_bytes(self.settings.context_tokens(), prompt);
        let pieces = pages::pieces(document, room);
        let portions = pages::portions(&pieces, room);
        let reader = Reader { schema: &schema, wire: &wire, hints: asking.hints };
        let cast = |talk: &Talk<'_>, temperature: f32| {
            let mut parts = Vec::new();
            let mut cost = Cost { temperature, ..Cost::default() };
            for portion in &portions {
                let is_part = portions.len() > 1;
                parts.extend(reader.read(talk, portion, is_part, &mut cost, 0)?);
            }
            let value = merge::merged(parts);
            if !adopt::is_about(&schema, &value) {
                let text = "it holds nothing of what the schema asks for".to_owned();
                return Err(ModelError::InvalidAnswer(text));
            }
            Ok(Vote { value, tokens: cost.tokens, is_prompt_cut: cost.is_prompt_cut })
        };
        let votes = self.votes(asking, &cast)?;
        Ok(counted(document, &schema, asking, votes))
    }
}

/// Elects the answer and takes it over.
fn counted(
    document: &Document,
    schema: &Schema,
    asking: &Asking<'_>,
    votes: Vec<Vote<Value>>,
) -> Answered<Extraction> {
    let mut tokens = Tokens::default();
    let mut is_prompt_cut = false;
    let mut values = Vec::new();
    for vote in votes {
        tokens += vote.tokens;
        is_prompt_cut |= vote.is_prompt_cut;
        values.push(vote.value);
    }
    let elected = vote::elect(&values);
    let mut answer =
        adopt::adopt(document, schema, &elected.value, &|pointer| elected.share(pointer));
    if is_prompt_cut {
        answer.warnings.push(cut_warning());
    }
    if values.len() < asking.votes {
        let (count, asked) = (values.len(), asking.votes);
        answer.warnings.push(format!("only {count} of {asked} votes came to an answer"));
    }
    let single = |value: &Value| adopt::adopt(document, schema, value, &|_| 1.0);
    let votes = if asking.votes > 1 { values.iter().map(single).collect() } else { Vec::new() };
    Answered { answer, votes, tokens }
}

#[derive(Default)]
struct Cost {
    temperature: f32,
    tokens: Tokens,
    is_prompt_cut: bool,
}

struct Reader<'a> {
    schema: &'a Schema,
    wire: &'a Wire,
    hints: &'a str,
}

impl Reader<'_> {
    /// Reads a portion; when it is too much for the model, each half of it.
    fn read(
        &self,
        talk: &Talk<'_>,
        portion: &[Piece],
        is_part: bool,
        cost: &mut Cost,
        halvings: u32,
    ) -> Result<Vec<Part>, ModelError> {
        let text = pages::fenced(portion);
        let question = if is_part { format!("{QUESTION} {PORTION}") } else { QUESTION.to_owned() };
        let mut chat = chat(&question, self.hints, &text, self.wire);
        chat.temperature = cost.temperature;
        let check = |value: &Value| {
            adopt::faults(self.schema, &shape::unwrapped(self.schema, value.clone()))
        };
        let error = match talk.ask(chat, &check) {
            Ok(said) => {
                cost.tokens += said.tokens;
                cost.is_prompt_cut |= said.is_prompt_cut;
                let value = shape::unwrapped(self.schema, said.value);
                return Ok(vec![Part { value, letters: squeezed(&text) }]);
            }
            Err(error) => error,
        };
        let is_size = matches!(error, ModelError::ContextExceeded(_) | ModelError::Truncated);
        let halves = if is_size { halved(portion) } else { None };
        match halves.filter(|_| halvings < limits::MODEL_HALVINGS_MAX) {
            None => Err(error),
            Some([first, second]) => {
                let mut parts = self.read(talk, &first, true, cost, halvings + 1)?;
                parts.extend(self.read(talk, &second, true, cost, halvings + 1)?);
                Ok(parts)
            }
        }
    }
}

/// A portion as two; `None` when it is too small to be parted.
fn halved(portion: &[Piece]) -> Option<[Vec<Piece>; 2]> {
    const BYTES_MIN: usize = 400;
    if let [only] = portion {
        let half = only.text.len().div_ceil(2);
        if half < BYTES_MIN {
            return None;
        }
        let parts = pages::parts(&only.text, half);
        let piece = |text: &str| Piece { page: only.page, text: text.to_owned() };
        let (first, rest) = parts.split_first()?;
        return Some([vec![piece(first)], rest.iter().map(|text| piece(text)).collect()]);
    }
    let (first, second) = portion.split_at_checked(portion.len() / 2)?;
    Some([first.to_vec(), second.to_vec()]).filter(|_| !first.is_empty() && !second.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_portion_halves_until_it_is_small() {
        let piece = |page, length| Piece { page, text: "ab\n".repeat(length) };
        let [first, second] = halved(&[piece(1, 9), piece(2, 9), piece(3, 9)]).unwrap();
        assert_eq!((first.len(), second.len()), (1, 2));
        let long = piece(1, 1000);
        let [first, second] = halved(std::slice::from_ref(&long)).unwrap();
        let text: String = first.iter().chain(&second).map(|p| p.text.as_str()).collect();
        assert_eq!(text, long.text);
        assert_eq!(halved(&[piece(1, 9)]), None);
        assert_eq!(halved(&[]), None);
    }
}
