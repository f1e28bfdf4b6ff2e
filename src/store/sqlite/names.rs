//! What a listing asks of the file name.
//!
//! There is no index for a part of a name, so it is read from the records themselves: in
//! blocks, because what the other filters let through often lies close together. It must not
//! know those filters.

use rusqlite::{Connection, params};

use super::sql;
use super::stream::{FetchSize, Range, skip_to};
use crate::job::filter::{Filter, Order, filename_pattern};
use crate::store::StoreError;

pub(super) struct NameFilter<'c> {
    connection: &'c Connection,
    order: Order,
    range: Range,
    pattern: Option<regex::Regex>,
    /// Lower-case.
    part: Option<String>,
    /// Records in order, and whether each one's name is asked for.
    fetched: std::vec::IntoIter<(i64, bool)>,
    size: FetchSize,
}

impl<'c> NameFilter<'c> {
    pub(super) fn new(
        connection: &'c Connection,
        filter: &Filter,
        order: Order,
        range: Range,
    ) -> Result<Self, StoreError> {
        let pattern = filter.filename_regex.as_deref().map(filename_pattern).transpose();
        Ok(Self {
            connection,
            order,
            range,
            pattern: pattern.map_err(|error| StoreError::Read(error.to_string()))?,
            part: filter.filename_contains.as_deref().map(str::to_lowercase),
            fetched: Vec::new().into_iter(),
            size: FetchSize::default(),
        })
    }

    /// Whether the record at `sequence` has a name that is asked for. Sequences are asked in
    /// the order of the listing.
    pub(super) fn admits(&mut self, sequence: i64) -> rusqlite::Result<bool> {
        if self.pattern.is_none() && self.part.is_none() {
            return Ok(true);
        }
        if let Some(known) = self.known(sequence) {
            return Ok(known);
        }
        self.fetch(sequence)?;
        Ok(self.known(sequence).unwrap_or(false))
    }

    /// What was fetched of a record, if it was.
    fn known(&mut self, sequence: i64) -> Option<bool> {
        let order = self.order;
        let found = skip_to(&mut self.fetched, |(at, _)| order.precedes(*at, sequence));
        let (at, admitted) = *found?;
        self.size.serve();
        Some(at == sequence && admitted)
    }

    fn fetch(&mut self, sequence: i64) -> rusqlite::Result<()> {
        let (sql, first, last) = match self.order {
            Order::Ascending => (sql::NAMES_ASCENDING, sequence, self.range.last),
            Order::Descending => (sql::NAMES_DESCENDING, self.range.first, sequence),
        };
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![first, last, self.size.next()])?;
        let mut fetched = Vec::new();
        while let Some(row) = rows.next()? {
            let name = row.get_ref(1)?.as_str_or_null()?;
            fetched.push((row.get(0)?, name.is_some_and(|name| self.matches(name))));
        }
        self.fetched = fetched.into_iter();
        Ok(())
    }

    fn matches(&self, name: &str) -> bool {
        self.pattern.as_ref().is_none_or(|pattern| pattern.is_match(name))
            && self.part.as_ref().is_none_or(|part| name.to_lowercase().contains(part))
    }
}
