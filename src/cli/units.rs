//! Sizes and durations as people write them: `64MiB`, `1h30m`.
//!
//! Owns both directions, reading and writing. It must not know which setting is meant.

use std::time::Duration;

/// Units of sizes, in bytes. Reading ignores case; `KB` is 1000 and `KiB` is 1024.
const SIZES: &[(&str, u64)] = &[
    ("b", 1),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
];

/// Units of durations, in milliseconds, largest first.
const DURATIONS: &[(&str, u64)] =
    &[("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Reads a size such as `64MiB` or `1048576`, in bytes.
pub(crate) fn parse_bytes(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is not a size; write it like 64MiB, 2GB or 1048576");
    let (number, unit) = split_number(text.trim()).ok_or_else(wrong)?;
    let unit = unit.trim().to_ascii_lowercase();
    let factor = match unit.as_str() {
        "" => 1,
        unit => SIZES.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?.1,
    };
    number.checked_mul(factor).ok_or_else(wrong)
}

/// Reads a duration such as `30s`, `1h30m` or `7d`. A number alone is refused, except 0.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is not a duration; write it like 250ms, 30s, 1h30m or 7d");
    let mut rest = text.trim();
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    let mut total_ms = 0_u64;
    while !rest.is_empty() {
        let (number, behind) = split_number(rest).ok_or_else(wrong)?;
        let end = behind.find(|c: char| c.is_ascii_digit()).unwrap_or(behind.len());
        let (unit, behind) = behind.split_at_checked(end).ok_or_else(wrong)?;
        let unit = unit.trim();
        let (_, factor) = DURATIONS.iter().find(|(name, _)| *name == unit).ok_or_else(wrong)?;
        let part_ms = number.checked_mul(*factor).ok_or_else(wrong)?;
        total_ms = total_ms.checked_add(part_ms).ok_or_else(wrong)?;
        rest = behind;
    }
    if text.trim().is_empty() { Err(wrong()) } else { Ok(Duration::from_millis(total_ms)) }
}

fn split_number(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end)?;
    Some((digits.parse().ok()?, rest))
}

/// A size for people, with one decimal where it is not whole.
pub(crate) fn show_bytes(bytes: u64) -> String {
    for (unit, name) in [(1_u64 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
    {
        if bytes >= unit {
            let tenths = u128::from(bytes) * 10 / u128::from(unit);
            return match tenths % 10 {
                0 => format!("{} {name}", tenths / 10),
                tenth => format!("{}.{tenth} {name}", tenths / 10),
            };
        }
    }
    format!("{bytes} B")
}

/// A duration for people, its two largest units.
pub(crate) fn show_duration(duration: Duration) -> String {
    let mut rest_ms = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let mut shown = String::new();
    let mut units = 0;
    for (name, factor) in DURATIONS {
        let count = rest_ms / factor;
        if count > 0 && units < 2 {
            shown.push_str(&format!("{count}{name}"));
            units += 1;
        }
        rest_ms %= factor;
    }
    if shown.is_empty() { "0s".to_owned() } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_both_systems() {
        for (text, bytes) in [
            ("0", 0),
            ("1048576", 1 << 20),
            ("64MiB", 64 << 20),
            ("2 GB", 2_000_000_000),
            ("3kib", 3072),
        ] {
            assert_eq!(parse_bytes(text), Ok(bytes), "{text}");
        }
        for text in ["", "MiB", "64 parsecs", "-1", "1.5GiB", "99999999999TiB"] {
            assert!(parse_bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn durations_are_read_and_shown_alike() {
        for text in ["0s", "250ms", "30s", "1h30m", "7d", "1d12h"] {
            let duration = parse_duration(text).unwrap();
            assert_eq!(show_duration(duration), text);
        }
        assert_eq!(parse_duration("0"), Ok(Duration::ZERO));
        for text in ["", "30", "s", "5 parsecs", "1h30", "99999999999999d"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_shown_in_the_unit_that_fits() {
        let shown = [0, 1023, 1 << 20, 1_600_000, 5 << 40].map(show_bytes);
        assert_eq!(shown, ["0 B", "1023 B", "1 MiB", "1.5 MiB", "5 TiB"]);
    }
}
