//! `GET /v1/jobs`: one page of jobs.
//!
//! Owns the envelope around the jobs and the stream they are written to: requests and
//! responses are read one job after another while the answer is being sent, so that a
//! page of documents costs the memory of one piece. What was not asked for is left out:
//! a request shows as an empty object then, because the oldest clients refuse null.

use std::collections::VecDeque;
use std::io::{self, Cursor, Read};
use std::sync::Arc;

use super::api::{Api, Call};
use super::exchange::{Response, ResponseBody};
use super::list_query::ListQuery;
use super::problem::ApiError;
use super::query::{Includes, Query};
use crate::job::Job;
use crate::job::filter::PageRequest;
use crate::job::request::RequestBody;
use crate::job::wire::ListBody;
use crate::queue::{Engine, EngineError, Page, PayloadReader, StoreError};

/// `GET /v1/jobs`
pub(super) fn list(api: &Api, call: &mut Call<'_, '_>) -> Result<Response, ApiError> {
    let asked = ListQuery::read(&Query::parse(&call.request.query))?;
    let page = api
        .engine
        .list(&call.organization, &asked.filter, &asked.page)
        .map_err(|error| name_cursor(error, &asked.page))?;
    let (before, after) = envelope(&page, &asked.page).around_data();
    let mut stream = JobStream {
        engine: Arc::clone(&api.engine),
        includes: asked.includes,
        jobs: page.jobs.into(),
        current: Part::Text(Cursor::new(before)),
        after: Some(after),
    };
    let response = Response::json(200, Vec::new());
    if [asked.includes.request, asked.includes.response].contains(&Some(true)) {
        return Ok(Response { body: ResponseBody::Live(Box::new(stream)), ..response });
    }
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).map_err(|error| StoreError::Read(error.to_string()))?;
    Ok(Response { body: ResponseBody::Bytes(bytes), ..response })
}

/// An unknown job to continue at is a wrong parameter, not a page that is missing.
fn name_cursor(error: EngineError, page: &PageRequest) -> ApiError {
    let name = if page.after.is_some() { "after" } else { "before" };
    match error {
        EngineError::Store(StoreError::NotFound(id)) => {
            let text = format!("{name} must be the id of a job in the listing; {id:?} is none");
            ApiError::invalid(name, &text)
        }
        other => other.into(),
    }
}

/// The ids to continue at. Where a page ended early, because too many jobs had to be
/// looked at, it continues at the last one looked at, not at the last one shown.
fn envelope(page: &Page, asked: &PageRequest) -> ListBody {
    let id = |job: &Job| job.id.clone();
    let (first, last) = (page.jobs.first().map(id), page.jobs.last().map(id));
    let is_full = page.jobs.len() == usize::try_from(asked.limit).unwrap_or(usize::MAX);
    let resume = page.resume_after.clone();
    if asked.before.is_some() {
        let has_before = resume.is_some() || is_full;
        return ListBody {
            first_id: resume.or(first),
            last_id: last,
            has_more: page.has_more,
            has_before,
        };
    }
    ListBody {
        first_id: first,
        last_id: resume.or(last),
        has_more: page.has_more,
        has_before: asked.after.is_some(),
    }
}

enum Part {
    Text(Cursor<Vec<u8>>),
    Job(PayloadReader),
}

/// The JSON of a listing, written job by job.
struct JobStream {
    engine: Arc<Engine>,
    includes: Includes,
    jobs: VecDeque<Job>,
    current: Part,
    after: Option<Vec<u8>>,
}

impl JobStream {
    fn next_part(&mut self) -> Result<Option<Part>, EngineError> {
        if matches!(self.current, Part::Job(_)) && !self.jobs.is_empty() {
            return Ok(Some(Part::Text(Cursor::new(b",".to_vec()))));
        }
        match self.jobs.pop_front() {
            Some(job) => Ok(Some(Part::Job(self.show(&job)?))),
            None => Ok(self.after.take().map(|text| Part::Text(Cursor::new(text)))),
        }
    }

    fn show(&self, job: &Job) -> Result<PayloadReader, EngineError> {
        let with_response = self.includes.response == Some(true);
        if self.includes.request == Some(true) {
            return self.engine.render(job, true, with_response);
        }
        self.engine.render_with(job, &RequestBody::from_text("{}"), with_response)
    }
}

impl Read for JobStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = match &mut self.current {
                Part::Text(text) => text.read(buffer)?,
                Part::Job(job) => job.read(buffer)?,
            };
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            match self.next_part().map_err(io::Error::other)? {
                Some(part) => self.current = part,
                None => return Ok(0),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::filter::Order;

    fn asked(after: Option<&str>, before: Option<&str>) -> PageRequest {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        PageRequest {
            limit: 2,
            order: Order::Descending,
            after: owned(after),
            before: owned(before),
        }
    }

    fn text(list: &ListBody) -> serde_json::Value {
        let (before, after) = list.around_data();
        serde_json::from_slice(&[before, after].concat()).unwrap_or_default()
    }

    #[test]
    fn an_empty_listing_has_every_field() {
        let found = text(&envelope(&Page::default(), &asked(None, None)));
        let expected = serde_json::json!({
            "object": "list", "data": [], "first_id": null, "last_id": null,
            "has_more": false, "list_metadata": {"before": null, "after": null}
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn a_page_that_ended_early_continues_where_it_stopped_looking() {
        let page = Page { jobs: vec![], has_more: true, resume_after: Some("job_7".to_owned()) };
        let found = text(&envelope(&page, &asked(Some("job_9"), None)));
        assert_eq!(found["last_id"], "job_7");
        assert_eq!(found["list_metadata"]["after"], "job_7");
        let found = text(&envelope(&page, &asked(None, Some("job_9"))));
        assert_eq!(found["list_metadata"]["before"], "job_7");
    }
}
