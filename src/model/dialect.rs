//! What a server understands, found out by asking and remembered for each model.
//!
//! The strongest form of a request is tried first and weaker ones when it is refused; what
//! worked is where the next request begins. Owns the ladder and the memory. It must not
//! trust either: an answer is checked whatever the server promised.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use super::chat::Chat;
use super::client::Fault;

/// How an answer is held to a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// `response_format: json_schema`.
    Schema,
    /// `response_format: json_object`.
    Object,
    /// By the words of the prompt alone.
    Prompt,
}

/// One way to write a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    pub(super) format: Format,
    /// `max_completion_tokens` in place of `max_tokens`.
    is_newer_limit: bool,
    /// Some models take no temperature but their own.
    has_temperature: bool,
    /// It has worked before.
    pub(super) is_proven: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            format: Format::Schema,
            is_newer_limit: false,
            has_temperature: true,
            is_proven: false,
        }
    }
}

impl Dialect {
    /// The body of a request.
    pub(super) fn body(self, chat: &Chat<'_>, model: &str) -> Value {
        let limit = if self.is_newer_limit { "max_completion_tokens" } else { "max_tokens" };
        let mut body = json!({
            "model": model,
            "messages": chat.messages,
            "stream": false,
            limit: chat.answer_tokens,
        });
        let mut set = |name: &str, value: Value| {
            if let Some(body) = body.as_object_mut() {
                body.insert(name.to_owned(), value);
            }
        };
        if self.has_temperature {
            set("temperature", json!(chat.temperature));
        }
        match self.format {
            Format::Schema => set(
                "response_format",
                json!({"type": "json_schema", "json_schema": {
                    "name": "answer",
                    "strict": chat.is_strict,
                    "schema": chat.shape,
                }}),
            ),
            Format::Object => set("response_format", json!({"type": "json_object"})),
            Format::Prompt => {}
        }
        body
    }

    /// The next way to try after a refusal; `None` when no other way would help.
    pub(super) fn after(self, fault: &Fault) -> Option<Self> {
        let Fault::Status(status, said) = fault else { return None };
        if !matches!(status, 400 | 404 | 415 | 422 | 500 | 501) {
            return None;
        }
        let said = said.to_lowercase();
        if said.contains("max_completion_tokens") && !self.is_newer_limit {
            return Some(Self { is_newer_limit: true, ..self });
        }
        if said.contains("temperature") && self.has_temperature {
            return Some(Self { has_temperature: false, ..self });
        }
        let words = ["response_format", "json_schema", "json_object", "schema", "grammar"];
        let is_named = words.iter().any(|word| said.contains(word));
        // Where a form has worked, only a complaint about it makes us leave it.
        let may_be_form = is_named || (!self.is_proven && !matches!(status, 404 | 415));
        let format = match self.format {
            Format::Schema if may_be_form => Format::Object,
            Format::Object if may_be_form => Format::Prompt,
            _ => return None,
        };
        Some(Self { format, is_proven: false, ..self })
    }

    /// How often a request that the server fails at is sent in all. What may be a refusal of
    /// the form is not waited for long.
    pub(super) fn failures(self) -> u32 {
        let is_last = self.format == Format::Prompt;
        if self.is_proven || is_last { crate::base::limits::MODEL_SENDS_MAX } else { 2 }
    }
}

/// What is known of each model.
#[derive(Debug, Default)]
pub(super) struct Memory(Mutex<HashMap<String, Dialect>>);

impl Memory {
    /// Where a request to a model begins.
    pub(super) fn of(&self, model: &str) -> Dialect {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(model).copied().unwrap_or_default()
    }

    /// A way has worked. One schema that was too much does not make us forget that others
    /// were not.
    pub(super) fn worked(&self, model: &str, dialect: Dialect) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let entry = known.entry(model.to_owned()).or_default();
        let format = if entry.is_proven { entry.format } else { dialect.format };
        *entry = Dialect { format, is_proven: true, ..dialect };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(status: u16, said: &str) -> Fault {
        Fault::Status(status, said.to_owned())
    }

    #[test]
    fn the_ladder_goes_down_on_refusals_only() {
        let first = Dialect::default();
        let second = first.after(&refusal(500, "")).unwrap();
        let third = second.after(&refusal(400, "")).unwrap();
        assert_eq!((second.format, third.format), (Format::Object, Format::Prompt));
        assert_eq!(third.after(&refusal(400, "response_format")), None);
        for status in [401, 403, 404, 413, 429, 503] {
            assert_eq!(first.after(&refusal(status, "")), None, "{status}");
        }
    }

    #[test]
    fn a_proven_form_is_left_for_one_request_and_only_if_it_is_named() {
        let memory = Memory::default();
        memory.worked("m", Dialect::default());
        let proven = memory.of("m");
        assert_eq!(proven.after(&refusal(400, "no such tool")), None);
        let weaker = proven.after(&refusal(400, "invalid schema: too deep")).unwrap();
        memory.worked("m", weaker);
        assert_eq!(memory.of("m").format, Format::Schema);
    }

    #[test]
    fn fields_of_newer_models_are_learned() {
        let text = "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.";
        let newer = Dialect::default().after(&refusal(400, text)).unwrap();
        let text = "'temperature' does not support 0 with this model";
        let newer = newer.after(&refusal(400, text)).unwrap();
        let shape = json!({});
        let chat = Chat::new("system", "user", &shape, true);
        let body = newer.body(&chat, "m");
        assert!(body.get("max_completion_tokens").is_some() && body.get("max_tokens").is_none());
        assert!(body.get("temperature").is_none());
        assert_eq!(body["response_format"]["json_schema"]["strict"], true);
    }
}
