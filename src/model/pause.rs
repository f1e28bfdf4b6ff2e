//! How long to pause before a request is sent again.
//!
//! Exponential backoff with full jitter (M. Brooker, "Exponential Backoff And Jitter",
//! 2015), and what servers ask for in `Retry-After` (RFC 9110, section 10.2.3).

use crate::base::clock::{Clock as _, SystemClock};
use crate::base::{id, limits};

/// The pause after the `sent`th sending, in milliseconds.
pub(super) fn backoff_ms(sent: u32) -> u64 {
    let doubled = limits::MODEL_PAUSE_MS.checked_shl(sent.saturating_sub(1)).unwrap_or(u64::MAX);
    let most = doubled.clamp(1, limits::MODEL_PAUSE_MAX_MS);
    // Without randomness the longest pause is as good as any.
    id::random_u64().map_or(most, |random| random % (most + 1))
}

/// What a `Retry-After` asks for, in milliseconds: seconds, or a date.
pub(super) fn asked_ms(text: &str) -> Option<u64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        let is_sane = seconds.is_finite() && seconds >= 0.0;
        return is_sane.then_some((seconds.min(1.0e9) * 1000.0) as u64);
    }
    let at_ms = http_date_ms(text)?;
    Some(u64::try_from(at_ms.saturating_sub(SystemClock.wall_ms())).unwrap_or(0))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` in milliseconds since the Unix epoch.
fn http_date_ms(text: &str) -> Option<i64> {
    let time = jiff::fmt::rfc2822::parse(text).ok()?;
    Some(time.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_stay_in_bounds() {
        for sent in 1..40 {
            let most =
                (limits::MODEL_PAUSE_MS << (sent - 1).min(10)).min(limits::MODEL_PAUSE_MAX_MS);
            assert!(backoff_ms(sent) <= most, "{sent}");
        }
    }

    #[test]
    fn servers_ask_in_seconds_or_by_a_date() {
        assert_eq!(asked_ms(" 2 "), Some(2000));
        assert_eq!(asked_ms("0.5"), Some(500));
        assert_eq!(http_date_ms("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777_000));
        assert_eq!(asked_ms("Sun, 06 Nov 1994 08:49:37 GMT"), Some(0));
        assert_eq!(asked_ms("soon"), None);
        assert_eq!(asked_ms("-1"), None);
    }
}
