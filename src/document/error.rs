//! Why a document could not be read, in words for people and variants for programs.

/// Why [`Document::load`](super::Document::load) gave no document.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// The document is encrypted and neither the empty nor the given password opens it.
    #[error("the document is encrypted and no password was given; send the password with it")]
    PasswordRequired,
    /// The given password does not open the document.
    #[error(
        "the document is encrypted and the given password does not open it; check the password"
    )]
    PasswordWrong,
    /// The document is encrypted in a way that is not supported.
    #[error("the document's encryption is not supported ({detail}); send an unencrypted copy")]
    EncryptionUnsupported {
        /// What the file asks for.
        detail: String,
    },
    /// The bytes are of a type that is not read.
    #[error("media type {found} is not supported; supported are {}", supported.join(", "))]
    UnsupportedMediaType {
        /// What the bytes look like.
        found: String,
        /// Media types that are read.
        supported: Vec<&'static str>,
    },
    /// The bytes are of a known type but nothing can be read from them.
    #[error("the document is damaged beyond repair: {detail}")]
    Damaged {
        /// What is wrong.
        detail: String,
    },
    /// A limit was reached before anything could be read.
    #[error("the document goes over the limit {limit} of {value}; send a smaller document")]
    LimitExceeded {
        /// Name of the limit.
        limit: &'static str,
        /// Its value.
        value: u64,
    },
    /// The progress hook asked to stop.
    #[error("reading the document was cancelled")]
    Cancelled,
}
