//! Housekeeping in small slices: leases that ran out, retention that ended, documents
//! nobody owns, and room in the file.

use rusqlite::params;

use super::documents;
use super::error::Fault;
use super::life;
use super::rows;
use super::session::Session;
use super::sql;
use crate::base::limits;
use crate::job::State;
use crate::job::model::{JobError, Lease};
use crate::store::{StoreError, Swept};

/// What a job fails with when its workers were lost too often and nobody can say how.
fn worker_lost(attempts: u32) -> JobError {
    JobError::new(
        "worker_lost",
        format!(
            "The worker that ran this job stopped without an answer, {attempts} times. \
             The document may be one that crashes the parser; retry runs it again."
        ),
    )
    .with_detail("attempts", attempts)
}

/// One slice of everything that is due.
pub(super) fn sweep(session: &mut Session) -> Result<Swept, Fault> {
    let mut swept = Swept::default();
    let leases =
        leases(session, sql::LEASES_OUT, params![session.now_ms, limits::EXPIRE_SLICE_JOBS])?;
    swept.more = leases.len() == limits::EXPIRE_SLICE_JOBS as usize;
    for lease in leases {
        life::lose(session, lease, &worker_lost(lease.attempt))?;
        swept.ended.push(lease);
    }
    swept.more |= expire(session, &mut swept)?;
    swept.more |= documents::delete_doomed(session)?;
    if !swept.more {
        swept.more = give_back_pages(session)?;
    }
    Ok(swept)
}

/// Returns the jobs that ran when the last process ended to their places. The file lock
/// proves that it has ended.
pub(super) fn recover(session: &mut Session) -> Result<(), Fault> {
    for lease in leases(session, sql::RUNNING, [])? {
        life::lose(session, lease, &worker_lost(lease.attempt))?;
    }
    Ok(())
}

fn leases(
    session: &Session,
    sql: &'static str,
    params: impl rusqlite::Params,
) -> Result<Vec<Lease>, Fault> {
    let mut statement = session.statement(sql)?;
    let found = statement.query_map(params, |row| {
        Ok(Lease { sequence: row.get(0)?, attempt: row.get(1)?, token: row.get(2)? })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

struct Due {
    sequence: i64,
    state: State,
    lease: Option<Lease>,
    documents: Vec<i64>,
}

fn expire(session: &mut Session, swept: &mut Swept) -> Result<bool, Fault> {
    let (due, more) = due(session)?;
    for job in due {
        session.change(sql::EXPIRE, [job.sequence], job.state)?;
        for document in &job.documents {
            session.execute(sql::DOOM_BOUND, [document])?;
        }
        session.execute(sql::DELETE_REQUEST, [job.sequence])?;
        session.execute(sql::DELETE_RESPONSE, [job.sequence])?;
        swept.ended.extend(job.lease);
    }
    Ok(more)
}

/// The jobs of this slice, bounded in number and in bytes, and whether more are due.
fn due(session: &Session) -> Result<(Vec<Due>, bool), Fault> {
    let mut statement = session.statement(sql::EXPIRY_DUE)?;
    let mut rows = statement.query(params![session.now_ms, limits::EXPIRE_SLICE_JOBS + 1])?;
    let mut due = Vec::new();
    let mut bytes = 0;
    while let Some(row) = rows.next()? {
        if due.len() == limits::EXPIRE_SLICE_JOBS as usize || bytes > limits::EXPIRE_SLICE_BYTES {
            return Ok((due, true));
        }
        let (sequence, attempt) = (row.get(0)?, row.get(2)?);
        let state = State::from_name(row.get_ref(1)?.as_str()?)
            .ok_or_else(|| StoreError::Corrupt(format!("job {sequence} has no state")))?;
        let token: Option<i64> = row.get(3)?;
        let slots = rows::stored_slots(row, 4)?.verified(sequence);
        bytes += row.get::<_, i64>(6)?;
        due.push(Due {
            sequence,
            state,
            lease: token.map(|token| Lease { sequence, attempt, token }),
            // What a damaged row names may be another job's.
            documents: slots.iter().flatten().map(rows::SlotRow::document).collect(),
        });
    }
    Ok((due, false))
}

/// Returns free pages to the file system when many lie idle; the rest is kept for the
/// next documents. Says whether more could go.
fn give_back_pages(session: &Session) -> Result<bool, Fault> {
    let free_bytes = |session: &Session| {
        let mut statement = session.statement(sql::FREE_PAGES)?;
        statement.query_row([], |row| {
            let (free, all, page): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
            let bytes = free * page;
            Ok((bytes > session.free_bytes_kept && free * 4 > all, free))
        })
    };
    let (many, before) = free_bytes(session)?;
    if !many {
        return Ok(false);
    }
    let mut statement = session.statement(sql::VACUUM_STEP)?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    let (many, after) = free_bytes(session)?;
    Ok(many && after < before)
}
