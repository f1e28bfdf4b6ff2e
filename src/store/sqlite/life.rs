//! A job's changes of state, one function each.
//!
//! Each asks [`state::next`] or holds a lease, and the statement's `WHERE` repeats the
//! state it starts from.

use rusqlite::{OptionalExtension as _, params};

use super::checksum::Summed;
use super::error::Fault;
use super::rows::to_json;
use super::session::Session;
use super::sql;
use crate::base::id;
use crate::job::State;
use crate::job::model::{Job, JobError, Lease, Outcome, Progress};
use crate::job::state::{self, Event};
use crate::store::{Cancelled, Claimed, Finished, StoreError};

/// Ends the validation of a job.
pub(super) fn validated(
    session: &mut Session,
    sequence: i64,
    refusal: Option<&JobError>,
) -> Result<Option<Job>, Fault> {
    match refusal {
        None => session.change(sql::VALIDATED, [sequence], State::Validating),
        Some(error) => {
            let now_ms = session.now_ms;
            let params = params![sequence, to_json(error), now_ms];
            session.change(sql::REFUSED, params, State::Validating)
        }
    }
}

/// Takes the oldest queued job.
pub(super) fn claim(session: &mut Session) -> Result<Option<Claimed>, Fault> {
    let random = id::random_u64().map_err(|error| StoreError::NotStored(error.to_string()))?;
    let token = random.cast_signed();
    let now_ms = session.now_ms;
    let until_ms = now_ms + session.lease_ms;
    let params = params![token, until_ms, now_ms];
    let job = session.change(sql::CLAIM, params, State::Queued)?;
    Ok(job.map(|job| {
        let lease = Lease { sequence: job.sequence, attempt: job.attempts, token };
        Claimed { job, lease }
    }))
}

/// Renews a lease and notes progress.
pub(super) fn heartbeat(
    session: &mut Session,
    lease: Lease,
    progress: Option<Progress>,
) -> Result<bool, Fault> {
    let (done, total) = columns(progress);
    let until_ms = session.now_ms + session.lease_ms;
    let params = params![lease.sequence, lease.attempt, lease.token, until_ms, done, total];
    let holds = session.execute(sql::HEARTBEAT, params)? == 1;
    session.late += u64::from(!holds);
    Ok(holds)
}

/// Records how an attempt ended.
pub(super) fn finish(
    session: &mut Session,
    lease: Lease,
    outcome: &Outcome,
    progress: Option<Progress>,
) -> Result<Finished, Fault> {
    let finished = match outcome {
        Outcome::Completed(response) => complete(session, lease, response, progress)?,
        Outcome::Failed(error) => fail(session, lease, error, progress)?,
    };
    session.late += u64::from(finished.is_none());
    Ok(finished.map_or(Finished::Late, Finished::Recorded))
}

fn complete(
    session: &mut Session,
    lease: Lease,
    response: &str,
    progress: Option<Progress>,
) -> Result<Option<Job>, Fault> {
    let (done, total) = columns(progress);
    let now_ms = session.now_ms;
    let params = params![lease.sequence, lease.attempt, lease.token, now_ms, done, total];
    let job = session.change(sql::COMPLETE, params, State::InProgress)?;
    if job.is_some() {
        let checksum = Summed::Response.checksum(lease.sequence, &[response.as_bytes()]);
        session.execute(sql::INSERT_RESPONSE, params![lease.sequence, response, checksum])?;
    }
    Ok(job)
}

fn fail(
    session: &mut Session,
    lease: Lease,
    error: &JobError,
    progress: Option<Progress>,
) -> Result<Option<Job>, Fault> {
    let (done, total) = columns(progress);
    let now_ms = session.now_ms;
    let error = to_json(error);
    let params = params![lease.sequence, lease.attempt, lease.token, error, now_ms, done, total];
    session.change(sql::FAIL, params, State::InProgress)
}

fn columns(progress: Option<Progress>) -> (Option<u32>, Option<u32>) {
    progress.map(|progress| (progress.done, progress.total)).unzip()
}

/// Gives a job back to its old place; the attempt does not count.
pub(super) fn release(session: &mut Session, lease: Lease) -> Result<bool, Fault> {
    let params = params![lease.sequence, lease.attempt, lease.token];
    let holds = session.change(sql::GIVE_BACK, params, State::InProgress)?.is_some();
    session.late += u64::from(!holds);
    Ok(holds)
}

/// A worker was lost: back to the old place, or failed after the last attempt.
pub(super) fn lose(
    session: &mut Session,
    lease: Lease,
    error: &JobError,
) -> Result<Option<Job>, Fault> {
    let job = if lease.attempt >= session.attempts_max {
        fail(session, lease, error, None)?
    } else {
        let params = params![lease.sequence, lease.attempt, lease.token];
        session.change(sql::REQUEUE, params, State::InProgress)?
    };
    session.late += u64::from(job.is_none());
    Ok(job)
}

/// Where a job stands: sequence, state, lease.
fn standing(
    session: &Session,
    organization: &str,
    id: &str,
) -> Result<(i64, State, Option<Lease>), Fault> {
    let mut statement = session.statement(sql::STANDING)?;
    let found = statement
        .query_row([id, organization], |row| {
            let (sequence, attempt) = (row.get(0)?, row.get(2)?);
            let token: Option<i64> = row.get(3)?;
            let lease = token.map(|token| Lease { sequence, attempt, token });
            Ok((sequence, State::from_name(row.get_ref(1)?.as_str()?), lease))
        })
        .optional()?;
    let (sequence, state, lease) = found.ok_or_else(|| StoreError::NotFound(id.to_owned()))?;
    let state = state.ok_or_else(|| StoreError::Corrupt(format!("job {id} has no state")))?;
    Ok((sequence, state, lease))
}

/// Stops a job.
pub(super) fn cancel(
    session: &mut Session,
    organization: &str,
    id: &str,
) -> Result<Cancelled, Fault> {
    let (sequence, from, ended) = standing(session, organization, id)?;
    state::next(from, Event::Cancelled).map_err(StoreError::Refused)?;
    let now_ms = session.now_ms;
    let job = session.change(sql::CANCEL, params![sequence, now_ms], from)?;
    let job = job.ok_or_else(|| disagreed(id))?;
    Ok(Cancelled { job, ended })
}

/// Runs a job again, at the tail of the queue.
pub(super) fn retry(
    session: &mut Session,
    organization: &str,
    id: &str,
    expires_ms: i64,
) -> Result<Job, Fault> {
    let (sequence, from, _) = standing(session, organization, id)?;
    state::next(from, Event::Retried).map_err(StoreError::Refused)?;
    if !session.exists(sql::HAS_REQUEST, [sequence])? {
        return Err(StoreError::RequestGone.into());
    }
    let position = session.kept.next_position();
    let job = session.change(sql::RETRY, params![sequence, position, expires_ms], from)?;
    job.ok_or_else(|| disagreed(id).into())
}

/// The state table allowed what the statement's guard did not: a mistake of ours.
fn disagreed(id: &str) -> StoreError {
    StoreError::NotStored(format!("the state table and the SQL disagree about job {id}"))
}
