//! Identifiers: `job_<ulid>` and their kin.
//!
//! Owns how ids are made and checked. It must not know what they name beyond the prefix.

use std::sync::Mutex;

use ulid::Ulid;

use super::limits;

/// Makes ids that sort in the order they were made, even within one millisecond and
/// even if time stands still.
#[derive(Debug, Default)]
pub struct IdSource {
    last: Mutex<u128>,
}

impl IdSource {
    /// An id of the given kind at `now_ms`, such as `job_01J…` for the prefix `job_`.
    pub fn next(&self, prefix: &str, now_ms: i64) -> String {
        let random = Ulid::generate().random();
        let fresh = Ulid::from_parts(u64::try_from(now_ms).unwrap_or(0), random).0;
        // A poisoned lock holds a valid number all the same.
        let mut last = self.last.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        *last = fresh.max(last.saturating_add(1));
        format!("{prefix}{}", Ulid(*last))
    }
}

/// Random 64-bit number from the operating system, for lease tokens.
///
/// # Errors
/// When the operating system gives no randomness.
pub fn random_u64() -> Result<u64, getrandom::Error> {
    getrandom::u64()
}

/// Whether `text` may be a job id: short, and only letters, digits, `_` and `-`.
#[must_use]
pub fn is_plausible_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= limits::ID_LENGTH_MAX
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_within_one_millisecond_and_when_time_goes_back() {
        let source = IdSource::default();
        let mut ids: Vec<String> = (0..1000).map(|_| source.next("job_", 1_000)).collect();
        ids.push(source.next("job_", 5));
        assert!(ids.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(ids.iter().all(|id| id.len() == 30 && is_plausible_id(id)));
    }

    #[test]
    fn ids_with_odd_characters_are_refused() {
        for id in ["", "job_../x", "job_\u{e9}", "job 1", &"x".repeat(200)] {
            assert!(!is_plausible_id(id), "{id}");
        }
    }
}
