//! Markers of list entries.

/// How an entry is marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker<'a> {
    Bullet,
    /// Its own label, such as `3.` or `b)`.
    Label(&'a str),
}

/// Signs that mark entries; the last ones come from symbol fonts.
const BULLETS: &str = "•‣◦▪▫●○■□◆◇►▶➢✓✔⁃∙·–—−-*\u{f0b7}\u{f0a7}\u{f0d8}\u{f076}\u{f0fc}";

/// The marker that the first word of a line is, if it is one.
pub(super) fn marker(word: &str) -> Option<Marker<'_>> {
    let mut letters = word.chars();
    if let (Some(letter), None) = (letters.next(), letters.next())
        && BULLETS.contains(letter)
    {
        return Some(Marker::Bullet);
    }
    let inner = word.strip_prefix('(').unwrap_or(word);
    let bare = inner.strip_suffix(['.', ')'])?;
    let closes = word.ends_with(')');
    let is_number = !bare.is_empty() && bare.len() <= 3 && bare.bytes().all(|b| b.is_ascii_digit());
    let is_letter = bare.len() == 1 && bare.bytes().all(|b| b.is_ascii_lowercase());
    let is_capital = closes && bare.len() == 1 && bare.bytes().all(|b| b.is_ascii_uppercase());
    let is_roman = (1..=5).contains(&bare.len()) && bare.bytes().all(|b| b"ivx".contains(&b));
    (is_number || is_letter || is_capital || is_roman).then_some(Marker::Label(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markers_are_signs_numbers_and_letters() {
        assert_eq!(marker("•"), Some(Marker::Bullet));
        for label in ["1.", "12)", "(3)", "a)", "(b)", "iv.", "B)"] {
            assert_eq!(marker(label), Some(Marker::Label(label)));
        }
        for word in ["A.", "2025.", "and", "1", "(see", ".", ")", "3.4."] {
            assert_eq!(marker(word), None, "{word}");
        }
    }
}
