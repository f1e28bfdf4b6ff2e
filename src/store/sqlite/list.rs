//! Listings.

use rusqlite::{Connection, OptionalExtension as _};

use super::error::in_read;
use super::insert::{bounded, label};
use super::names::NameFilter;
use super::rows;
use super::sql;
use super::stream::{Found, Range, Source, Union, intersect};
use crate::base::limits;
use crate::job::State;
use crate::job::filter::{Filter, Order, PageRequest};
use crate::job::model::Job;
use crate::store::{Page, StoreError};

/// One page of a listing. The caller holds a read transaction, so that all parts of the
/// page are of one moment.
pub(super) fn list(
    connection: &Connection,
    organization: &str,
    filter: &Filter,
    request: &PageRequest,
) -> Result<Page, StoreError> {
    // A page before a job is walked backwards and turned round at the end.
    let backwards = request.before.is_some() && request.after.is_none();
    let order = if backwards { request.order.reversed() } else { request.order };
    let Some(range) = range(connection, organization, filter, request)? else {
        return Ok(Page { has_more: backwards, ..Page::default() });
    };
    let mut names = NameFilter::new(connection, filter, order, range)?;
    let limit = usize::try_from(request.limit).unwrap_or(usize::MAX);
    let walk = Walk { connection, organization, order, range, limit };
    let mut page = walk.collect(filter, &mut names).map_err(|error| in_read(&error))?;
    if backwards {
        page.jobs.reverse();
        // The job it ends before goes on behind it.
        page.has_more = true;
    }
    Ok(page)
}

struct Walk<'c> {
    connection: &'c Connection,
    organization: &'c str,
    order: Order,
    range: Range,
    limit: usize,
}

impl Walk<'_> {
    fn collect(&self, filter: &Filter, names: &mut NameFilter<'_>) -> rusqlite::Result<Page> {
        let mut unions = self.unions(filter)?;
        let mut page = Page::default();
        let mut room = limits::LIST_CANDIDATES_MAX;
        let mut target = match self.order {
            Order::Ascending => self.range.first,
            Order::Descending => self.range.last,
        };
        loop {
            let sequence = match intersect(&mut unions, target, &mut room)? {
                Found::At(sequence) => sequence,
                Found::None => return Ok(page),
                Found::Bounded(sequence) => return self.bounded(page, sequence),
            };
            if names.admits(sequence)? {
                if page.jobs.len() == self.limit {
                    page.has_more = true;
                    return Ok(page);
                }
                page.jobs.extend(self.job(sequence)?);
            } else if room == 0 {
                return self.bounded(page, sequence);
            }
            room = room.saturating_sub(1);
            target = match self.order {
                Order::Ascending => sequence + 1,
                Order::Descending => sequence - 1,
            };
        }
    }

    /// A page that ends early because it has looked at enough.
    fn bounded(&self, mut page: Page, looked_at: i64) -> rusqlite::Result<Page> {
        page.has_more = true;
        page.resume_after = self.one(sql::ID_AT, looked_at, |row| row.get(0))?;
        Ok(page)
    }

    /// One union for each filter that is set; without any, all states.
    fn unions(&self, filter: &Filter) -> rusqlite::Result<Vec<Union<'_>>> {
        let mut sources: Vec<Vec<Source>> = Vec::new();
        if !filter.ids.is_empty() {
            let mut sequences = Vec::new();
            for id in &filter.ids {
                sequences.extend(sequence(self.connection, self.organization, id)?);
            }
            sources.push(vec![Source::Fixed(sequences)]);
        }
        sources.extend(
            filter
                .metadata
                .iter()
                .map(|(key, value)| vec![labelled(&format!("{}{key}", label::METADATA), value)]),
        );
        let facets = [
            (label::WORKFLOW_NODE, filter.workflow_node_id.as_deref()),
            (label::WORKFLOW, filter.workflow_id.as_deref()),
            (label::PROJECT, filter.project_id.as_deref()),
            (label::MODEL, filter.model.as_deref()),
            (label::ENDPOINT, filter.endpoint.map(|endpoint| endpoint.path())),
            (label::SOURCE, filter.source.map(|source| source.name())),
        ];
        sources.extend(
            facets.iter().filter_map(|(name, value)| Some(vec![labelled(name, (*value)?)])),
        );
        if !filter.document_types.is_empty() {
            let kinds = filter.document_types.iter();
            sources.push(kinds.map(|kind| labelled(label::DOCUMENT_TYPE, kind)).collect());
        }
        if let Some(state) = filter.state {
            sources.push(vec![Source::State(state)]);
        }
        if sources.is_empty() {
            sources.push(State::ALL.map(Source::State).into());
        }
        let union = |sources| {
            Union::new(self.connection, self.organization, self.order, self.range, sources)
        };
        Ok(sources.into_iter().map(union).collect())
    }

    fn job(&self, sequence: i64) -> rusqlite::Result<Option<Job>> {
        self.one(sql::JOB_AT, sequence, rows::job)
    }

    fn one<T>(
        &self,
        sql: &'static str,
        sequence: i64,
        read: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> rusqlite::Result<Option<T>> {
        self.connection.prepare_cached(sql)?.query_row([sequence], read).optional()
    }
}

fn labelled(name: &str, value: &str) -> Source {
    Source::Label(name.to_owned(), bounded(value).to_owned())
}

/// The sequence of a job by its id.
fn sequence(
    connection: &Connection,
    organization: &str,
    id: &str,
) -> rusqlite::Result<Option<i64>> {
    let mut statement = connection.prepare_cached(sql::SEQUENCE)?;
    statement.query_row([id, organization], |row| row.get(0)).optional()
}

/// The sequences a page may show; `None` when there can be none.
fn range(
    connection: &Connection,
    organization: &str,
    filter: &Filter,
    request: &PageRequest,
) -> Result<Option<Range>, StoreError> {
    let cursor = |id: &String| {
        let found = sequence(connection, organization, id).map_err(|error| in_read(&error))?;
        found.ok_or_else(|| StoreError::NotFound(id.clone()))
    };
    let after = request.after.as_ref().map(cursor).transpose()?;
    let before = request.before.as_ref().map(cursor).transpose()?;
    let (above, below) = match request.order {
        Order::Ascending => (after, before),
        Order::Descending => (before, after),
    };
    let mut first = above.map_or(1, |sequence| sequence + 1);
    let mut last = below.map_or(i64::MAX, |sequence| sequence - 1);
    if below.is_none() || filter.created_from_ms.is_some() || filter.created_before_ms.is_some() {
        let end = last_sequence(connection).map_err(|error| in_read(&error))?;
        last = last.min(end);
        let at = |ms| first_created(connection, end, ms).map_err(|error| in_read(&error));
        if let Some(from_ms) = filter.created_from_ms {
            first = first.max(at(from_ms)?);
        }
        if let Some(before_ms) = filter.created_before_ms {
            last = last.min(at(before_ms)? - 1);
        }
    }
    Ok((first <= last).then_some(Range { first, last }))
}

fn last_sequence(connection: &Connection) -> rusqlite::Result<i64> {
    let mut statement = connection.prepare_cached(sql::LAST_SEQUENCE)?;
    Ok(statement.query_row([], |row| row.get(0)).optional()?.unwrap_or_default())
}

/// The first sequence created at or after a time, by bisection: creation times never fall
/// as sequences grow.
fn first_created(connection: &Connection, last: i64, from_ms: i64) -> rusqlite::Result<i64> {
    let mut statement = connection.prepare_cached(sql::CREATED_FROM)?;
    // Everything before `low` is too early, everything from `high` on is not.
    let (mut low, mut high) = (1, last + 1);
    while low < high {
        let middle = low + (high - low) / 2;
        let found: Option<(i64, i64)> =
            statement.query_row([middle], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        match found {
            Some((sequence, created_ms)) if created_ms < from_ms => low = sequence + 1,
            _ => high = middle,
        }
    }
    Ok(low)
}
