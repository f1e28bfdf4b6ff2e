//! What operations that share a commit may do to each other: nothing.

use super::open;
use crate::store::sqlite::error::Fault;
use crate::store::sqlite::sql;
use crate::store::{Pending, StoreError};

/// Adds a doomed document, as any operation may write anything.
fn write(session: &mut crate::store::sqlite::session::Session, document: i64) -> Result<(), Fault> {
    session.execute(sql::DOOM_BOUND, [document])?;
    Ok(())
}

fn documents(store: &crate::store::sqlite::SqliteStore) -> Vec<i64> {
    let found = store.submit(0, |session| {
        let mut statement =
            session.connection.prepare("SELECT document FROM loose_documents ORDER BY document")?;
        let found = statement.query_map([], |row| row.get(0))?;
        Ok(found.collect::<rusqlite::Result<Vec<i64>>>()?)
    });
    found.wait().unwrap()
}

/// Operations once had a savepoint each. Without, one that fails after it has written must
/// still take nothing of the others with it, and leave nothing of its own.
#[test]
fn an_operation_that_fails_half_way_is_undone_and_the_others_are_stored() {
    let (_folder, store) = open();
    let (go_on, wait) = crossbeam_channel::bounded::<()>(0);
    // While this one holds the writer, the others gather behind it.
    let first = store.submit(0, move |_| Ok(wait.recv().is_err()));
    let mut asked: Vec<Pending<()>> = vec![store.submit(0, |session| write(session, 1_000_001))];
    asked.push(store.submit(0, |session| {
        write(session, 1_000_002)?;
        Err(StoreError::RequestGone.into())
    }));
    asked.push(store.submit(0, |_| Err(StoreError::NotFound("job_x".to_owned()).into())));
    asked.push(store.submit(0, |session| write(session, 1_000_003)));
    drop(go_on);
    assert!(first.wait().unwrap());
    let answers: Vec<_> = asked.into_iter().map(Pending::wait).collect();
    let gone = Err(StoreError::RequestGone);
    let missing = Err(StoreError::NotFound("job_x".to_owned()));
    assert_eq!(answers, [Ok(()), gone, missing, Ok(())]);
    assert_eq!(documents(&store), [1_000_001, 1_000_003]);
}

/// The same for one that is refused before it writes: its commit is not split.
#[test]
fn a_refusal_leaves_the_commit_whole() {
    let (_folder, store) = open();
    let (go_on, wait) = crossbeam_channel::bounded::<()>(0);
    let first = store.submit(0, move |_| Ok(wait.recv().is_err()));
    let refused: Vec<Pending<()>> =
        (0..20).map(|_| store.submit(0, |_| Err(StoreError::RequestGone.into()))).collect();
    let stored: Vec<_> = (0..20_i64)
        .map(|number| store.submit(0, move |session| write(session, 2_000_000 + number)))
        .collect();
    drop(go_on);
    assert!(first.wait().unwrap());
    assert!(refused.into_iter().all(|answer| answer.wait() == Err(StoreError::RequestGone)));
    stored.into_iter().for_each(|answer| answer.wait().unwrap());
    assert_eq!(documents(&store).len(), 20);
    let commits = crate::store::Store::health(&store).commits;
    assert!(commits <= 4, "{commits} commits");
}
