//! API keys: how they are made, what is kept of them, and how they are compared; and texts
//! that must not be shown.
//!
//! A key carries at least 128 random bits, so a plain SHA-256 of it is enough to keep:
//! there is nothing to guess that salt or a slow hash would protect. It must not know
//! where keys are kept or whose they are.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq as _;

use super::limits;

/// What every key begins with.
pub const API_KEY_PREFIX: &str = "dsp_";

/// What is kept of a key: its SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyHash([u8; 32]);

impl KeyHash {
    /// The hash of a key.
    #[must_use]
    pub fn of(key: &str) -> Self {
        Self(Sha256::digest(key.as_bytes()).into())
    }

    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0_u8; 32];
        if text.len() != 64 {
            return None;
        }
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// 64 hexadecimal digits.
    #[must_use]
    pub fn to_hex(self) -> String {
        hex(&self.0)
    }

    /// Whether it is the same hash; takes the same time either way.
    #[must_use]
    pub fn matches(self, other: Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

/// A text that must not be shown: it has no `Display`, and its `Debug` hides it. It is
/// serialized for one reader only, the child process that needs it.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// A secret out of a text; blanks and line ends around it are dropped, as files have
    /// them.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// The text, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// A text of somebody else's in which the secret does not stand any more.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        if self.0.is_empty() { text.to_owned() } else { text.replace(&self.0, "(key)") }
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("(secret)")
    }
}

/// A new key: the prefix and random bytes in hexadecimal.
///
/// # Errors
/// When the operating system gives no randomness.
pub fn new_api_key() -> Result<String, getrandom::Error> {
    let mut random = [0_u8; limits::API_KEY_RANDOM_BYTES];
    getrandom::fill(&mut random)?;
    Ok(format!("{API_KEY_PREFIX}{}", hex(&random)))
}

/// The beginning of a key, by which a person tells it from others.
#[must_use]
pub fn shown_part(key: &str) -> String {
    key.chars().take(limits::API_KEY_SHOWN_CHARS).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_key_is_known_again_by_its_hash_alone() {
        let (key, other) = (new_api_key().unwrap(), new_api_key().unwrap());
        assert_ne!(key, other);
        assert_eq!(key.len(), 4 + 2 * limits::API_KEY_RANDOM_BYTES);
        let kept = KeyHash::from_hex(&KeyHash::of(&key).to_hex()).unwrap();
        assert!(kept.matches(KeyHash::of(&key)));
        assert!(!kept.matches(KeyHash::of(&other)));
    }

    #[test]
    fn a_secret_shows_nowhere() {
        let secret = Secret::new(" sk-1234\n");
        assert_eq!(format!("{:?}", Some(&secret)), "Some((secret))");
        assert_eq!(secret.redact("the key sk-1234 is wrong"), "the key (key) is wrong");
        assert_eq!(secret.expose(), "sk-1234");
        assert_eq!(Secret::new(" ").redact("as it is"), "as it is");
    }

    #[test]
    fn a_hash_that_is_cut_or_odd_is_not_read() {
        let hex = KeyHash::of("x").to_hex();
        assert_eq!(
            hex, "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
            "SHA-256 of the letter x"
        );
        for text in ["", &hex[1..], &hex.replace('2', "g"), &"é".repeat(32)] {
            assert_eq!(KeyHash::from_hex(text), None, "{text}");
        }
    }
}
