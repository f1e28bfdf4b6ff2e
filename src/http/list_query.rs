//! The parameters of a listing: eighteen filters and the page that is wanted.
//!
//! Owns the names they have on the wire and what each may say. It must not know how a
//! listing is made or shown.

use jiff::civil::Date;
use serde_json::Value;

use super::problem::ApiError;
use super::query::{Includes, Query, unreadable};
use crate::base::limits;
use crate::job::filter::{self, Filter, Order, PageRequest, Source};
use crate::job::{Endpoint, Metadata, State};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What a listing was asked for.
#[derive(Debug, PartialEq)]
pub(super) struct ListQuery {
    /// Which jobs.
    pub(super) filter: Filter,
    /// Which part of them.
    pub(super) page: PageRequest,
    /// What to show of each.
    pub(super) includes: Includes,
}

impl ListQuery {
    /// Reads the parameters of a listing.
    pub(super) fn read(query: &Query) -> Result<Self, ApiError> {
        let includes = Includes::read(query)?;
        let filter = read_filter(query)?;
        let page = read_page(query, &filter, includes)?;
        Ok(Self { filter, page, includes })
    }
}

fn read_filter(query: &Query) -> Result<Filter, ApiError> {
    let owned = |names: &[&str]| query.text_of(names).map(|text| text.map(str::to_owned));
    let created_from_ms = read_day(query, "from_date")?;
    let last_day_ms = read_day(query, "to_date")?;
    if created_from_ms.zip(last_day_ms).is_some_and(|(from, to)| from > to) {
        return Err(ApiError::invalid("to_date", "to_date must not be before from_date"));
    }
    let filter = Filter {
        ids: read_ids(query)?,
        state: query.word("status", &State::ALL.map(|state| (state.name(), state)))?,
        endpoint: query
            .word("endpoint", &Endpoint::ALL.map(|endpoint| (endpoint.path(), endpoint)))?,
        source: query.word("source", &Source::ALL.map(|source| (source.name(), source)))?,
        project_id: owned(&["project_id"])?,
        workflow_id: owned(&["workflow_id"])?,
        workflow_node_id: owned(&["workflow_node_id", "workflow_block_id"])?,
        model: owned(&["model"])?,
        filename_regex: read_regex(query)?,
        filename_contains: owned(&["filename_contains"])?,
        document_types: read_document_types(query)?,
        created_from_ms,
        created_before_ms: last_day_ms.map(|ms| ms.saturating_add(DAY_MS)),
        metadata: read_metadata(query)?,
    };
    if filter.source == Some(Source::Api)
        && let Some(name) =
            [("project_id", &filter.project_id), ("workflow_id", &filter.workflow_id)]
                .iter()
                .find_map(|(name, value)| value.as_ref().map(|_| *name))
    {
        let text = format!("source=api cannot be combined with {name}; leave one of them out");
        return Err(ApiError::invalid("source", &text));
    }
    Ok(filter)
}

fn read_page(query: &Query, filter: &Filter, includes: Includes) -> Result<PageRequest, ApiError> {
    let with_response = includes.response == Some(true);
    let most =
        if with_response { limits::LIST_LIMIT_WITH_RESPONSE_MAX } else { limits::LIST_LIMIT_MAX };
    let limit = query.number("limit", 1..=limits::LIST_LIMIT_MAX)?;
    if let Some(limit) = limit.filter(|limit| *limit > most) {
        let text =
            format!("limit may be at most {most} with include_response=true; this is {limit}");
        return Err(ApiError::invalid("limit", &text));
    }
    // Whoever names jobs wants all of them.
    let named = u32::try_from(filter.ids.len()).unwrap_or(most);
    let default = limits::LIST_LIMIT.max(named).min(most);
    let after = query.text("after")?.map(str::to_owned);
    let before = query.text("before")?.map(str::to_owned);
    if after.is_some() && before.is_some() {
        return Err(ApiError::invalid("before", "after and before exclude each other; give one"));
    }
    let orders = [("asc", Order::Ascending), ("desc", Order::Descending)];
    let order = query.word("order", &orders)?.unwrap_or_default();
    Ok(PageRequest { limit: limit.unwrap_or(default), order, after, before })
}

fn read_ids(query: &Query) -> Result<Vec<String>, ApiError> {
    let one = query.text_of(&["id", "job_id"])?;
    let many = query.items("ids");
    if one.is_some() && !many.is_empty() {
        return Err(ApiError::invalid("ids", "id and ids exclude each other; give one"));
    }
    if many.len() > limits::LIST_IDS_MAX {
        let (most, given) = (limits::LIST_IDS_MAX, many.len());
        return Err(ApiError::invalid(
            "ids",
            &format!("ids may name {most} jobs; this is {given}"),
        ));
    }
    Ok(one.into_iter().chain(many).map(str::to_owned).collect())
}

fn read_regex(query: &Query) -> Result<Option<String>, ApiError> {
    let Some(pattern) = query.text("filename_regex")? else { return Ok(None) };
    filter::filename_pattern(pattern)
        .map_err(|error| ApiError::invalid("filename_regex", &error.to_string()))?;
    Ok(Some(pattern.to_owned()))
}

fn read_document_types(query: &Query) -> Result<Vec<String>, ApiError> {
    let name = "document_type";
    let mut types = Vec::new();
    for item in query.items(name) {
        let extension = item.trim_start_matches('.').to_ascii_lowercase();
        let fits = (1..=10).contains(&extension.len());
        if !fits || !extension.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(unreadable(name, "file extensions such as pdf or docx", item));
        }
        if !types.contains(&extension) {
            types.push(extension);
        }
    }
    let most = limits::LIST_DOCUMENT_TYPES_MAX;
    if types.len() > most {
        return Err(ApiError::invalid(name, &format!("{name} may name {most} extensions")));
    }
    Ok(types)
}

/// A calendar day, as the time of its first millisecond in UTC.
fn read_day(query: &Query, name: &str) -> Result<Option<i64>, ApiError> {
    let Some(text) = query.text(name)? else { return Ok(None) };
    let refuse = || unreadable(name, "a day as YYYY-MM-DD", text);
    let day = day(text).ok_or_else(refuse)?;
    let since = day.duration_since(jiff::civil::date(1970, 1, 1));
    i64::try_from(since.as_millis()).map(Some).map_err(|_| refuse())
}

fn day(text: &str) -> Option<Date> {
    let is_day = text.bytes().enumerate().all(|(place, byte)| match place {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    if text.len() != 10 || !is_day {
        return None;
    }
    let part = |range: std::ops::Range<usize>| text.get(range);
    let (year, month, day) = (part(0..4)?, part(5..7)?, part(8..10)?);
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// One JSON object in one parameter; every pair must match.
fn read_metadata(query: &Query) -> Result<Metadata, ApiError> {
    let name = "metadata";
    let Some(text) = query.text(name)? else { return Ok(Metadata::new()) };
    let must_be = "a JSON object of strings, such as {\"batch\": \"7\"}";
    let pairs: serde_json::Map<String, Value> =
        serde_json::from_str(text).map_err(|_| unreadable(name, must_be, text))?;
    if pairs.len() > limits::METADATA_PAIRS_MAX {
        let most = limits::METADATA_PAIRS_MAX;
        return Err(ApiError::invalid(name, &format!("metadata may name {most} pairs")));
    }
    pairs
        .into_iter()
        .map(|(key, value)| match value {
            Value::String(value) => Ok((key, value)),
            _ => Err(unreadable(name, must_be, text)),
        })
        .collect()
}

#[cfg(test)]
#[path = "list_query_tests.rs"]
mod tests;
