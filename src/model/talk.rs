//! Asking a model something until the answer can be used, or cannot.
//!
//! Owns the second turn after a bad answer, the longer limit after a cut one, and asking
//! several times at once. It must not know what is asked.

use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;

use super::chat::{Chat, Reply, Tokens};
use super::client::{Fault, Line};
use super::dialect::Memory;
use super::error::ModelError;
use super::json;
use crate::base::limits;

/// A line to a server together with what is known of the model there.
pub(super) struct Talk<'a> {
    pub(super) line: &'a Line<'a>,
    pub(super) memory: &'a Memory,
    /// The operator's name of the model.
    pub(super) model: &'a str,
}

/// An object that a model answered with.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Said {
    pub(super) value: Value,
    pub(super) tokens: Tokens,
    /// The server seems to have read only a part of the prompt.
    pub(super) is_prompt_cut: bool,
}

/// What is wrong with an answer, in words for the model; empty when nothing is.
pub(super) type Check<'a> = &'a dyn Fn(&Value) -> Vec<String>;

impl Talk<'_> {
    /// Asks for an object. An answer that is none, or that the check finds fault with, is
    /// sent back once; what then comes is taken if it is an object at all.
    pub(super) fn ask(&self, chat: Chat<'_>, check: Check<'_>) -> Result<Said, ModelError> {
        let prompt_bytes = chat.bytes();
        let first = self.whole(chat.clone())?;
        let is_prompt_cut = is_cut(prompt_bytes, first.tokens);
        let mut tokens = first.tokens;
        let found = json::object(&first.text);
        let faults = match &found {
            Some(value) => check(value),
            None => vec!["it is no JSON object".to_owned()],
        };
        if let (Some(value), true) = (&found, faults.is_empty()) {
            return Ok(Said { value: value.clone(), tokens, is_prompt_cut });
        }
        let again = format!(
            "That answer cannot be used: {}. Answer again, with the corrected JSON object and \
             nothing else.",
            faults.join("; ")
        );
        let second = self.whole(chat.and_then(&first.text, &again))?;
        tokens += second.tokens;
        let mended = json::object(&second.text);
        let better = match (found, mended) {
            // A second try may be worse than the first.
            (Some(one), Some(two)) => {
                if check(&two).len() <= check(&one).len() {
                    Some(two)
                } else {
                    Some(one)
                }
            }
            (one, two) => two.or(one),
        };
        let value = better.ok_or_else(|| {
            ModelError::InvalidAnswer("it is no JSON object, also when asked again".to_owned())
        })?;
        Ok(Said { value, tokens, is_prompt_cut })
    }

    /// An answer that was not cut off; when it is, once more with a higher limit.
    fn whole(&self, mut chat: Chat<'_>) -> Result<Reply, ModelError> {
        let reply = self.exchange(&chat)?;
        let most = self.answer_tokens_max(chat.bytes());
        if !reply.is_cut {
            return Ok(reply);
        }
        if most <= chat.answer_tokens {
            return Err(ModelError::Truncated);
        }
        chat.answer_tokens = most;
        let mut longer = self.exchange(&chat)?;
        longer.tokens += reply.tokens;
        if longer.is_cut { Err(ModelError::Truncated) } else { Ok(longer) }
    }

    /// Tokens that are left for an answer to a prompt.
    fn answer_tokens_max(&self, prompt_bytes: usize) -> usize {
        let prompt = prompt_bytes / limits::MODEL_TOKEN_BYTES;
        let left = self.line.settings().context_tokens().saturating_sub(prompt);
        left.min(limits::MODEL_ANSWER_TOKENS * 4)
    }

    /// Sends a conversation in the strongest form that the server takes.
    fn exchange(&self, chat: &Chat<'_>) -> Result<Reply, ModelError> {
        let mut dialect = self.memory.of(self.model);
        loop {
            let body = dialect.body(chat, self.model);
            match self.line.post("/chat/completions", &body, dialect.failures()) {
                Ok(answer) => {
                    self.memory.worked(self.model, dialect);
                    return Reply::read(&answer, chat);
                }
                Err(fault) => match (is_too_long(&fault), dialect.after(&fault)) {
                    (false, Some(next)) => dialect = next,
                    _ => return Err(self.error(fault)),
                },
            }
        }
    }

    /// What a fault means.
    pub(super) fn error(&self, fault: Fault) -> ModelError {
        let too_long = is_too_long(&fault);
        let (status, said) = match fault {
            Fault::Lost(error) => return error,
            Fault::Status(status, said) => (status, said),
        };
        let is_quota = said.contains("insufficient_quota") || said.contains("billing");
        match status {
            _ if too_long => ModelError::ContextExceeded(said),
            // Such texts may hold a part of the key.
            401 | 403 => ModelError::Unauthorized(status),
            402 => ModelError::QuotaExhausted(said),
            429 if is_quota => ModelError::QuotaExhausted(said),
            429 => ModelError::RateLimited(said),
            404 => ModelError::NotFound {
                model: self.model.to_owned(),
                url: self.line.settings().url().to_owned(),
                said,
            },
            200..=299 => ModelError::InvalidAnswer(said),
            300..=399 => ModelError::Rejected {
                status,
                said: "it sends us elsewhere, where the key must not go; name the final \
                       address in --model-url"
                    .to_owned(),
            },
            408 | 409 | 425 | 500.. => ModelError::Unavailable { status, said },
            _ => ModelError::Rejected { status, said },
        }
    }
}

/// The prompt was more than the model can hold.
fn is_too_long(fault: &Fault) -> bool {
    let Fault::Status(status, said) = fault else { return false };
    let said = said.to_lowercase();
    let phrases = [
        "context_length_exceeded",
        "maximum context length",
        "context length",
        "context size",
        "context window",
        "exceed_context",
        "too many tokens",
        "prompt is too long",
    ];
    *status == 413 || (*status >= 400 && phrases.iter().any(|phrase| said.contains(phrase)))
}

/// Whether a server has dropped a part of a prompt without a word: no text has so many
/// letters to a token.
fn is_cut(prompt_bytes: usize, tokens: Tokens) -> bool {
    const BYTES_A_TOKEN_MAX: u64 = 12;
    const BYTES_MIN: usize = 6_000;
    !tokens.is_estimated
        && prompt_bytes > BYTES_MIN
        && tokens.prompt.saturating_mul(BYTES_A_TOKEN_MAX) < prompt_bytes as u64
}

/// One of several things that are asked at once.
pub(super) type Ask<'a, T> = Box<dyn FnOnce() -> Result<T, ModelError> + Send + 'a>;

/// Runs what is asked, a few at a time, and looks whether it is still wanted. The answers
/// are in the order of the questions.
///
/// # Errors
/// [`ModelError::Cancelled`], when it is not.
pub(super) fn all<'a, T: Send + 'a>(
    line: &Line<'_>,
    asks: Vec<Ask<'a, T>>,
    is_cancelled: &dyn Fn() -> bool,
) -> Result<Vec<Result<T, ModelError>>, ModelError> {
    let count = asks.len();
    let mut answers: Vec<Option<Result<T, ModelError>>> = Vec::new();
    answers.resize_with(count, || None);
    let (send_ask, take_ask) = crossbeam_channel::unbounded();
    for ask in asks.into_iter().enumerate() {
        // The other end is right here.
        let _ = send_ask.send(ask);
    }
    drop(send_ask);
    let (send, receive) = mpsc::channel();
    std::thread::scope(|scope| {
        for number in 0..count.min(limits::MODEL_PARALLEL_MAX) {
            let (take_ask, send) = (take_ask.clone(), send.clone());
            let work = move || {
                while let Ok((index, ask)) = take_ask.recv() {
                    if send.send((index, ask())).is_err() {
                        return;
                    }
                }
            };
            let builder = std::thread::Builder::new().name(format!("model-{number}"));
            if builder.spawn_scoped(scope, work).is_err() && number == 0 {
                return Err(ModelError::Unreachable("the system gives no thread".to_owned()));
            }
        }
        let mut missing = count;
        while missing > 0 {
            if is_cancelled() {
                line.cut();
                return Err(ModelError::Cancelled);
            }
            match receive.recv_timeout(Duration::from_millis(limits::MODEL_LOOK_MS)) {
                Ok((index, answer)) => {
                    missing -= 1;
                    if let Some(place) = answers.get_mut(index) {
                        *place = Some(answer);
                    }
                }
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                Err(mpsc::RecvTimeoutError::Disconnected) => break,
            }
        }
        Ok(())
    })?;
    let lost = || Err(ModelError::Unreachable("a request was lost".to_owned()));
    Ok(answers.into_iter().map(|answer| answer.unwrap_or_else(lost)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_that_was_cut_shows_in_the_count_of_tokens() {
        let read = |prompt| Tokens { prompt, ..Tokens::default() };
        assert!(is_cut(60_000, read(4096)));
        assert!(!is_cut(60_000, read(12_000)) && !is_cut(3_000, read(10)));
    }

    #[test]
    fn a_prompt_that_is_too_long_is_known_by_its_words() {
        let fault = |status, said: &str| Fault::Status(status, said.to_owned());
        assert!(is_too_long(&fault(400, "This model's maximum context length is 8192 tokens")));
        assert!(is_too_long(&fault(413, "")));
        assert!(!is_too_long(&fault(400, "bad request")));
    }
}
