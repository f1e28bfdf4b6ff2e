//! Typed values: what a run of words means as a number, a date, an id or a name.
//!
//! Pure grammars over text. Must not know pages, labels or schemas.

pub(crate) mod code;
pub(crate) mod date;
pub(crate) mod duration;
pub(crate) mod name;
pub(crate) mod number;
pub(crate) mod place;

pub(crate) use date::DateOrder;
pub(crate) use number::DecimalMark;

/// How this document writes numbers and dates, as its own unambiguous values show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Habits {
    /// The mark between whole and broken part.
    pub(crate) decimal: DecimalMark,
    /// The order of day and month where both could be either.
    pub(crate) order: DateOrder,
    /// The year of most dates, for those that lack theirs.
    pub(crate) year: Option<i32>,
}

impl Habits {
    /// Reads the habits of a document from its words.
    pub(crate) fn of(text: &str) -> Self {
        let decimal = number::vote(text);
        let order = date::vote(text, decimal);
        Self { decimal, order, year: date::usual_year(text, order) }
    }
}
