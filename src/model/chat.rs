//! A conversation as chat completions have it, and what comes back.
//!
//! Owns the shape of messages and answers. It must not know how they travel.

use serde_json::{Value, json};

use super::error::ModelError;
use crate::base::limits;

/// What is sent.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Chat<'a> {
    pub(super) messages: Vec<Value>,
    /// JSON Schema that the answer should have.
    pub(super) shape: &'a Value,
    /// The schema keeps to what a strict server takes.
    pub(super) is_strict: bool,
    pub(super) temperature: f32,
    /// Tokens the answer may have.
    pub(super) answer_tokens: usize,
}

impl<'a> Chat<'a> {
    pub(super) fn new(system: &str, user: &str, shape: &'a Value, is_strict: bool) -> Self {
        let message = |role: &str, text: &str| json!({"role": role, "content": text});
        Self {
            messages: vec![message("system", system), message("user", user)],
            shape,
            is_strict,
            temperature: 0.0,
            answer_tokens: limits::MODEL_ANSWER_TOKENS,
        }
    }

    /// The conversation with an answer and what is said to it.
    pub(super) fn and_then(mut self, answered: &str, said: &str) -> Self {
        self.messages.push(json!({"role": "assistant", "content": answered}));
        self.messages.push(json!({"role": "user", "content": said}));
        self
    }

    /// Bytes of its texts.
    pub(super) fn bytes(&self) -> usize {
        let texts = self.messages.iter().filter_map(|m| m.get("content").and_then(Value::as_str));
        texts.map(str::len).sum()
    }
}

/// Tokens that an exchange took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tokens {
    /// Read by the model.
    pub prompt: u64,
    /// Written by the model.
    pub completion: u64,
    /// Whether some are estimated, because the server named none.
    pub is_estimated: bool,
}

impl std::ops::AddAssign for Tokens {
    fn add_assign(&mut self, more: Self) {
        self.prompt += more.prompt;
        self.completion += more.completion;
        self.is_estimated |= more.is_estimated;
    }
}

/// What came back.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Reply {
    pub(super) text: String,
    /// The limit of tokens cut it off.
    pub(super) is_cut: bool,
    pub(super) tokens: Tokens,
}

impl Reply {
    /// Reads a chat completion.
    pub(super) fn read(answer: &Value, chat: &Chat<'_>) -> Result<Self, ModelError> {
        let choice = answer.pointer("/choices/0").ok_or_else(|| {
            ModelError::InvalidAnswer("the server sent no chat completion".to_owned())
        })?;
        let message = choice.get("message").unwrap_or(&Value::Null);
        let text = text_of(message.get("content").unwrap_or(&Value::Null));
        let ended = choice.get("finish_reason").and_then(Value::as_str).unwrap_or_default();
        let refusal = message.get("refusal").and_then(Value::as_str).filter(|r| !r.is_empty());
        if let Some(refusal) = refusal {
            let refusal = refusal.chars().take(limits::MODEL_ERROR_CHARS_MAX).collect();
            return Err(ModelError::Refused(refusal));
        }
        if ended == "content_filter" {
            return Err(ModelError::Refused("a filter of the server stopped it".to_owned()));
        }
        let tokens = tokens(answer.get("usage").unwrap_or(&Value::Null), chat, &text);
        Ok(Self { text, is_cut: ended == "length", tokens })
    }
}

/// A content is a text, or a list of parts with texts.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str)).collect()
        }
        _ => String::new(),
    }
}

fn tokens(usage: &Value, chat: &Chat<'_>, text: &str) -> Tokens {
    let count = |name: &str| usage.get(name).and_then(Value::as_u64);
    let estimate = |bytes: usize| (bytes / limits::MODEL_TOKEN_BYTES) as u64;
    let (prompt, completion) = (count("prompt_tokens"), count("completion_tokens"));
    Tokens {
        prompt: prompt.unwrap_or_else(|| estimate(chat.bytes())),
        completion: completion.unwrap_or_else(|| estimate(text.len())),
        is_estimated: prompt.is_none() || completion.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(answer: &Value) -> Result<Reply, ModelError> {
        Reply::read(answer, &Chat::new("abc", "def", &Value::Null, true))
    }

    #[test]
    fn answers_of_all_dialects_are_read() {
        let plain = json!({"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 5, "completion_tokens": 1}});
        let tokens = Tokens { prompt: 5, completion: 1, is_estimated: false };
        let wanted = Reply { text: "{}".to_owned(), is_cut: false, tokens };
        assert_eq!(read(&plain).unwrap(), wanted);
        let parts = json!({"choices": [{"finish_reason": "length",
            "message": {"content": [{"type": "text", "text": "{"}, {"text": "}"}]}}]});
        let reply = read(&parts).unwrap();
        assert!(reply.is_cut && reply.text == "{}");
        assert_eq!(reply.tokens, Tokens { prompt: 2, completion: 0, is_estimated: true });
    }

    #[test]
    fn refusals_are_told_apart_from_answers() {
        let refusal = json!({"choices": [{"message": {"content": null, "refusal": "No."}}]});
        assert_eq!(read(&refusal), Err(ModelError::Refused("No.".to_owned())));
        let filtered = json!({"choices": [{"message": {"content": ""},
            "finish_reason": "content_filter"}]});
        assert!(matches!(read(&filtered), Err(ModelError::Refused(_))));
        assert!(matches!(read(&json!({"x": 1})), Err(ModelError::InvalidAnswer(_))));
    }
}
