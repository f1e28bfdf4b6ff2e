//! Reading query parameters.
//!
//! Owns the rules that all parameters share: unknown ones are ignored, an empty value
//! counts as none, and one that cannot be read is refused with its name and the values it
//! knows, never guessed at. It must not know what the parameters are for.

use std::fmt::Display;
use std::ops::RangeInclusive;

use super::problem::ApiError;

/// The parameters of a request, decoded.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    /// Decodes the text after `?`.
    pub(super) fn parse(text: &str) -> Self {
        let pairs = form_urlencoded::parse(text.as_bytes()).into_owned();
        Self(pairs.filter(|(_, value)| !value.is_empty()).collect())
    }

    /// Text of a parameter that may be given once.
    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, ApiError> {
        let mut values = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value);
        let first = values.next();
        match values.find(|value| Some(*value) != first) {
            Some(_) => {
                Err(ApiError::invalid(name, &format!("{name} may be given once; this has two")))
            }
            None => Ok(first.map(String::as_str)),
        }
    }

    /// Text of a parameter that has several names over the years.
    pub(super) fn text_of(&self, names: &[&str]) -> Result<Option<&str>, ApiError> {
        for name in names {
            if let Some(text) = self.text(name)? {
                return Ok(Some(text));
            }
        }
        Ok(None)
    }

    /// Items of a parameter that is repeated, or joined by commas, or both.
    pub(super) fn items(&self, name: &str) -> Vec<&str> {
        let values = self.0.iter().filter(|(key, _)| key == name);
        let items = values.flat_map(|(_, value)| value.split(',')).map(str::trim);
        items.filter(|item| !item.is_empty()).collect()
    }

    /// A yes or no.
    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        self.word(name, &[("true", true), ("false", false), ("1", true), ("0", false)])
    }

    /// A whole number in a range.
    pub(super) fn number<N>(
        &self,
        name: &str,
        range: RangeInclusive<N>,
    ) -> Result<Option<N>, ApiError>
    where
        N: std::str::FromStr + PartialOrd + Display,
    {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let number = text.parse().ok().filter(|number| range.contains(number));
        number.map(Some).ok_or_else(|| {
            let (from, to) = (range.start(), range.end());
            unreadable(name, &format!("a whole number from {from} to {to}"), text)
        })
    }

    /// One of the words it knows, in letters of either case.
    pub(super) fn word<T: Copy>(
        &self,
        name: &str,
        known: &[(&'static str, T)],
    ) -> Result<Option<T>, ApiError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let found = known.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
        found.map(|(_, value)| Some(*value)).ok_or_else(|| {
            let words: Vec<_> = known.iter().map(|(word, _)| *word).collect();
            unreadable(name, &format!("one of {}", words.join(", ")), text)
        })
    }
}

/// A parameter that is not what it must be.
pub(super) fn unreadable(name: &str, must_be: &str, found: &str) -> ApiError {
    let short: String = found.chars().take(100).collect();
    ApiError::invalid(name, &format!("{name} must be {must_be}; this is {short:?}"))
}

/// What a client wants to see of a job besides its record; `None` where it did not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Includes {
    /// `include_request`
    pub(super) request: Option<bool>,
    /// `include_response`
    pub(super) response: Option<bool>,
}

impl Includes {
    /// Reads the two parameters.
    pub(super) fn read(query: &Query) -> Result<Self, ApiError> {
        Ok(Self {
            request: query.flag("include_request")?,
            response: query.flag("include_response")?,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn values_are_decoded_and_empty_ones_do_not_count() {
        let query = Query::parse("a=b+c%26d&status=&a2=%C3%BC&&=x&flag");
        assert_eq!(query.text("a").unwrap(), Some("b c&d"));
        assert_eq!(query.text("a2").unwrap(), Some("ü"));
        assert_eq!(query.text("status").unwrap(), None);
        assert_eq!(query.flag("flag").unwrap(), None);
    }

    #[test]
    fn a_parameter_given_twice_is_refused_unless_it_says_the_same() {
        let query = Query::parse("a=1&a=1&b=1&b=2");
        assert_eq!(query.text("a").unwrap(), Some("1"));
        assert!(query.text("b").unwrap_err().to_string().contains("b may be given once"));
    }

    #[test]
    fn numbers_beyond_every_range_are_refused_and_never_wrap() {
        for text in ["0", "101", "-1", "1.5", "1e1", "abc", "4294967297", "99999999999999999999"] {
            let query = Query::parse(&format!("limit={text}"));
            let error = query.number("limit", 1..=100_u32).unwrap_err().to_string();
            assert!(error.contains("from 1 to 100"), "{error}");
        }
        assert_eq!(Query::parse("limit=100").number("limit", 1..=100_u32).unwrap(), Some(100));
    }

    #[test]
    fn items_come_repeated_or_joined() {
        let query = Query::parse("t=pdf&t=docx,+png,,&t=");
        assert_eq!(query.items("t"), ["pdf", "docx", "png"]);
    }

    #[test]
    fn flags_are_read_in_either_case_and_nothing_else_is_one() {
        for (text, value) in [("true", true), ("True", true), ("false", false), ("0", false)] {
            assert_eq!(Query::parse(&format!("f={text}")).flag("f").unwrap(), Some(value));
        }
        let error = Query::parse("f=yes").flag("f").unwrap_err().to_string();
        assert_eq!(error, "f must be one of true, false, 1, 0; this is \"yes\"");
    }
}
