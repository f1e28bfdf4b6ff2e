//! How asking a model can fail, each with a stable code.

use crate::local::SchemaError;

/// Why a model gave no answer that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// No connection, or one that broke, also after several tries.
    #[error("the model's server cannot be reached: {0}; is it running?")]
    Unreachable(String),
    /// An exchange took too long, in milliseconds.
    #[error("the model's server did not answer within {} s; raise --model-timeout", .0 / 1000)]
    Timeout(u64),
    /// The key is missing, wrong or not good for this model.
    #[error("the model's server refuses the key ({0}); check --model-key-file")]
    Unauthorized(u16),
    /// The server has no such model, or no such path.
    #[error("the model's server has no model {model:?} at {url}: {said}")]
    NotFound {
        /// The operator's name of the model.
        model: String,
        /// Base of the API.
        url: String,
        /// What the server said.
        said: String,
    },
    /// Too many requests, also after the pauses that the server asked for.
    #[error("the model's server takes no more requests for now: {0}")]
    RateLimited(String),
    /// What was paid for is used up; pauses do not help.
    #[error("the quota at the model's server is used up: {0}")]
    QuotaExhausted(String),
    /// The server failed, also after several tries.
    #[error("the model's server failed ({status}): {said}")]
    Unavailable {
        /// HTTP status.
        status: u16,
        /// What the server said.
        said: String,
    },
    /// The server does not take the request.
    #[error("the model's server refuses the request ({status}): {said}")]
    Rejected {
        /// HTTP status.
        status: u16,
        /// What the server said.
        said: String,
    },
    /// Prompt and answer are more than the model can hold.
    #[error("the schema with even a part of a page is more than the model holds: {0}")]
    ContextExceeded(String),
    /// The answer was cut off at the limit of tokens.
    #[error("the model's answer was cut off at its limit of tokens; ask for less at once")]
    Truncated,
    /// The model, or a filter before it, would not answer.
    #[error("the model refuses to answer: {0}")]
    Refused(String),
    /// The answer is no JSON, or nothing of what was asked for, also after a second try.
    #[error("the model's answer cannot be used: {0}")]
    InvalidAnswer(String),
    /// The work is no longer wanted.
    #[error("the answer is no longer wanted")]
    Cancelled,
    /// The schema cannot be used.
    #[error(transparent)]
    Schema(#[from] SchemaError),
}

impl ModelError {
    /// The code of a job that ends so.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "model_unreachable",
            Self::Timeout(_) => "model_timeout",
            Self::Unauthorized(_) => "model_unauthorized",
            Self::NotFound { .. } => "model_not_found",
            Self::RateLimited(_) => "model_rate_limited",
            Self::QuotaExhausted(_) => "model_quota_exhausted",
            Self::Unavailable { .. } => "model_unavailable",
            Self::Rejected { .. } => "model_rejected",
            Self::ContextExceeded(_) => "model_context_exceeded",
            Self::Truncated => "model_answer_truncated",
            Self::Refused(_) => "model_refused",
            Self::InvalidAnswer(_) => "model_answer_invalid",
            Self::Cancelled => "model_cancelled",
            Self::Schema(_) => "validation_error",
        }
    }
}
