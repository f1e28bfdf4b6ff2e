//! What the engine answers when it cannot do what was asked.

use crate::job::cutter::CutError;
use crate::job::envelope::invalid;
use crate::job::model::JobError;
use crate::store::StoreError;

/// Why the engine did not do what was asked.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The request is wrong; nothing was stored.
    #[error("{}", .0.message)]
    Invalid(JobError),
    /// The endpoint exists but this build does not serve it yet; nothing was stored.
    #[error("{0}")]
    NotServed(String),
    /// The body is larger than the limit, in bytes; nothing was stored.
    #[error("the body is larger than {0} bytes")]
    TooLarge(u64),
    /// The client broke off; nothing was stored.
    #[error("the body ended early: {0}")]
    BrokenOff(String),
    /// Too much is going on; nothing was stored and the same call may succeed soon.
    #[error("{0}")]
    Busy(String),
    /// The same idempotency key came with another body; nothing was stored.
    #[error("this Idempotency-Key was already used with another body")]
    KeyReused,
    /// The store said no.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A direct call ended with an error of its own.
    #[error("{}", .0.message)]
    Call(JobError),
    /// The machine did not give what the engine needs to start.
    #[error("the engine cannot start: {0}")]
    Start(String),
}

impl From<CutError> for EngineError {
    fn from(error: CutError) -> Self {
        match error {
            CutError::JsonTooLarge => {
                Self::TooLarge(crate::base::limits::REQUEST_JSON_BYTES_MAX as u64)
            }
            CutError::Budget(exhausted) => Self::Busy(exhausted.to_string()),
            CutError::Sink(sink) => Self::Store(StoreError::NotStored(sink.0)),
            CutError::Document(_) => {
                Self::Invalid(invalid("request.document.url", &error.to_string()))
            }
            CutError::TooDeep
            | CutError::TooManyDocuments
            | CutError::NotUtf8
            | CutError::NotJson
            | CutError::Incomplete => Self::Invalid(invalid("body", &error.to_string())),
        }
    }
}
