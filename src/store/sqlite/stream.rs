//! Sorted streams of sequences, and what is in all of them.
//!
//! Every filter of a listing is a run of one index in the order of sequences. A listing
//! with several filters walks their runs in step and leaps over what is missing in one of
//! them (the leapfrog join of Veldhuizen, "Triejoin", 2014), so that its cost follows the
//! rarest filter, whichever that is, and no planner has to guess.

use rusqlite::{Connection, params};

use super::sql;
use crate::job::State;
use crate::job::filter::Order;

/// The first and last sequence a listing may show.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    pub(super) first: i64,
    pub(super) last: i64,
}

/// One run of an index.
#[derive(Debug)]
pub(super) enum Source {
    /// Jobs with that label, by name and value.
    Label(String, String),
    /// Jobs in that state.
    State(State),
    /// Those sequences.
    Fixed(Vec<i64>),
}

/// How many entries of an index are fetched at once: few while leaping, more while walking on.
#[derive(Debug, Clone, Copy)]
pub(super) struct FetchSize {
    entries: i64,
    /// How often what was fetched last had the answer.
    served: i64,
}

impl FetchSize {
    const MIN: i64 = 4;
    const MAX: i64 = 1024;

    /// What was fetched last had an answer.
    pub(super) fn serve(&mut self) {
        self.served += 1;
    }

    /// The size of the next fetch.
    pub(super) fn next(&mut self) -> i64 {
        let is_walking = self.served > self.entries / 2;
        self.entries =
            if is_walking { self.entries.saturating_mul(4).min(Self::MAX) } else { Self::MIN };
        self.served = 0;
        self.entries
    }
}

impl Default for FetchSize {
    fn default() -> Self {
        Self { entries: Self::MIN, served: 0 }
    }
}

/// Drops the entries that come before what is looked for; the first that does not.
pub(super) fn skip_to<T>(
    fetched: &mut std::vec::IntoIter<T>,
    comes_before: impl FnMut(&T) -> bool,
) -> Option<&T> {
    let skip = fetched.as_slice().partition_point(comes_before);
    if let Some(last) = skip.checked_sub(1) {
        fetched.nth(last);
    }
    fetched.as_slice().first()
}

struct Run<'c> {
    connection: &'c Connection,
    organization: &'c str,
    source: Source,
    order: Order,
    range: Range,
    fetched: std::vec::IntoIter<i64>,
    size: FetchSize,
    /// Whether the index has nothing behind what was fetched.
    ended: bool,
}

impl Run<'_> {
    /// The first entry at or behind `target`.
    fn seek(&mut self, target: i64) -> rusqlite::Result<Option<i64>> {
        loop {
            let order = self.order;
            if let Some(entry) = skip_to(&mut self.fetched, |at| order.precedes(*at, target)) {
                self.size.serve();
                return Ok(Some(*entry));
            }
            if self.ended {
                return Ok(None);
            }
            self.fetch(target)?;
        }
    }

    fn fetch(&mut self, target: i64) -> rusqlite::Result<()> {
        let mut size = self.size.next();
        let (first, last) = match self.order {
            Order::Ascending => (target, self.range.last),
            Order::Descending => (self.range.first, target),
        };
        let connection = self.connection;
        let run = |sql, params: &[&dyn rusqlite::ToSql]| {
            let mut statement = connection.prepare_cached(sql)?;
            let entries = statement.query_map(params, |row| row.get(0))?;
            entries.collect::<rusqlite::Result<Vec<i64>>>()
        };
        let entries = match (&self.source, self.order) {
            (Source::Label(name, value), order) => {
                let sql = match order {
                    Order::Ascending => sql::LABEL_ASCENDING,
                    Order::Descending => sql::LABEL_DESCENDING,
                };
                run(sql, params![self.organization, name, value, first, last, size])?
            }
            (Source::State(state), order) => {
                let sql = match order {
                    Order::Ascending => sql::STATE_ASCENDING,
                    Order::Descending => sql::STATE_DESCENDING,
                };
                run(sql, params![self.organization, state.name(), first, last, size])?
            }
            (Source::Fixed(sequences), order) => {
                let mut entries = sequences.clone();
                entries.retain(|sequence| (first..=last).contains(sequence));
                entries.sort_unstable();
                if order == Order::Descending {
                    entries.reverse();
                }
                size = i64::MAX;
                entries
            }
        };
        self.ended = i64::try_from(entries.len()).unwrap_or(i64::MAX) < size;
        self.fetched = entries.into_iter();
        Ok(())
    }
}

/// What is in any of several runs.
pub(super) struct Union<'c> {
    runs: Vec<Run<'c>>,
    order: Order,
}

impl<'c> Union<'c> {
    pub(super) fn new(
        connection: &'c Connection,
        organization: &'c str,
        order: Order,
        range: Range,
        sources: Vec<Source>,
    ) -> Self {
        let run = |source| Run {
            connection,
            organization,
            source,
            order,
            range,
            fetched: Vec::new().into_iter(),
            size: FetchSize::default(),
            ended: false,
        };
        Self { runs: sources.into_iter().map(run).collect(), order }
    }

    /// The first entry at or behind `target`.
    fn seek(&mut self, target: i64) -> rusqlite::Result<Option<i64>> {
        let mut best: Option<i64> = None;
        for run in &mut self.runs {
            if let Some(entry) = run.seek(target)?
                && best.is_none_or(|best| self.order.precedes(entry, best))
            {
                best = Some(entry);
            }
        }
        Ok(best)
    }
}

/// What a search over all filters came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// The next sequence that is in all of them.
    At(i64),
    /// There is none.
    None,
    /// The bound was reached; everything up to this sequence has been looked at.
    Bounded(i64),
}

/// The first sequence at or behind `target` that is in all unions. Each leap is taken from
/// `room`; there is always room for one, so that a search that goes on does go on.
pub(super) fn intersect(
    unions: &mut [Union<'_>],
    mut target: i64,
    room: &mut u32,
) -> rusqlite::Result<Found> {
    let mut has_leapt = false;
    loop {
        let start = target;
        for union in unions.iter_mut() {
            let Some(entry) = union.seek(target)? else { return Ok(Found::None) };
            target = entry;
        }
        if target == start {
            return Ok(Found::At(target));
        }
        if *room == 0 && has_leapt {
            // An entry of some union that is not in all, as is nothing before it.
            return Ok(Found::Bounded(start));
        }
        *room = room.saturating_sub(1);
        has_leapt = true;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn unions<'c>(
        connection: &'c Connection,
        order: Order,
        sets: &[BTreeSet<i64>],
    ) -> Vec<Union<'c>> {
        let range = Range { first: 1, last: 60 };
        let fixed = |set: &BTreeSet<i64>| {
            // Two runs of one union may overlap.
            let part =
                |modulus| Source::Fixed(set.iter().copied().filter(|n| n % modulus < 2).collect());
            vec![part(3), part(2)]
        };
        let union = |set| Union::new(connection, "", order, range, fixed(set));
        sets.iter().map(union).collect()
    }

    proptest! {
        /// A search that is broken off and goes on behind what it has looked at finds what
        /// an unbounded one finds. Once it went on behind a job that it had not looked at.
        #[test]
        fn a_bounded_search_that_goes_on_misses_nothing(
            sets in prop::collection::vec(prop::collection::btree_set(1_i64..60, 0..50), 1..4),
            order in prop::sample::select(vec![Order::Ascending, Order::Descending]),
            room_max in 0_u32..4,
        ) {
            let connection = Connection::open_in_memory().unwrap();
            let in_all = |n: &i64| sets.iter().all(|set| set.contains(n));
            let mut expected: Vec<i64> = (1..60).filter(in_all).collect();
            let (mut target, step) = match order {
                Order::Ascending => (1, 1),
                Order::Descending => (60, -1),
            };
            if order == Order::Descending {
                expected.reverse();
            }
            let mut found = Vec::new();
            let mut room = room_max;
            let mut search = unions(&connection, order, &sets);
            loop {
                match intersect(&mut search, target, &mut room).unwrap() {
                    Found::None => break,
                    Found::At(at) => {
                        found.push(at);
                        target = at + step;
                    }
                    Found::Bounded(at) => {
                        prop_assert!(sets.iter().any(|set| set.contains(&at)));
                        room = room_max;
                        search = unions(&connection, order, &sets);
                        target = at + step;
                    }
                }
            }
            prop_assert_eq!(found, expected);
        }
    }
}
