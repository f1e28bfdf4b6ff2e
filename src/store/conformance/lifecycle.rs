//! From insert to finish.

use super::{Fixture, US, new_job};
use crate::job::State;
use crate::job::model::Progress;
use crate::store::{Finished, StoreError};

pub(crate) fn an_inserted_job_reads_back(fixture: &Fixture) {
    let mut new = new_job(&*fixture.store, 1);
    new.metadata = vec![("b".to_owned(), "2".to_owned()), ("a".to_owned(), "é".to_owned())];
    let job = fixture.insert(new.clone());
    assert_eq!(job.metadata, new.metadata);
    assert_eq!((job.state, job.attempts, job.started_ms), (State::Queued, 0, None));
    assert_eq!(fixture.get("job_000001"), job);
    assert_eq!(fixture.store.get("org_them", "job_000001").unwrap(), None);
    assert_eq!(fixture.store.get(US, "job_000002").unwrap(), None);
    assert_eq!(fixture.store.request(job.sequence).unwrap(), Some(new.request));
    assert_eq!(fixture.store.response(job.sequence).unwrap(), None);
    assert_eq!(fixture.count(State::Queued), 1);
}

pub(crate) fn jobs_are_claimed_in_order_of_acceptance(fixture: &Fixture) {
    let accepted: Vec<i64> = (0..50).map(|number| fixture.queue(number).sequence).collect();
    let claimed: Vec<i64> = (0..50).map(|_| fixture.claim().job.sequence).collect();
    assert_eq!(claimed, accepted);
    assert_eq!(fixture.count(State::Queued), 0);
    assert_eq!(fixture.count(State::InProgress), 50);
}

pub(crate) fn a_parked_claim_is_answered_by_the_next_job(fixture: &Fixture) {
    let parked = fixture.store.claim();
    let job = fixture.queue(1);
    let claimed = parked.wait().unwrap();
    assert_eq!(claimed.job.id, job.id);
    assert_eq!(claimed.job.state, State::InProgress);
    assert_eq!((claimed.job.attempts, claimed.lease.attempt), (1, 1));
    assert_eq!(claimed.job.started_ms, Some(fixture.store.now_ms()));
    assert_eq!(fixture.get(&job.id), claimed.job);
}

pub(crate) fn closing_claims_answers_those_waiting_and_those_to_come(fixture: &Fixture) {
    let waiting = fixture.store.claim();
    fixture.store.close_claims();
    assert_eq!(waiting.wait(), Err(StoreError::Closed));
    let job = fixture.queue(1);
    assert_eq!(fixture.store.claim().wait(), Err(StoreError::Closed));
    assert_eq!(fixture.get(&job.id).state, State::Queued);
}

pub(crate) fn a_finish_is_recorded_once(fixture: &Fixture) {
    fixture.queue(1);
    let claimed = fixture.claim();
    let progress = Progress { done: 3, total: 12 };
    assert!(fixture.store.heartbeat(claimed.lease, Some(progress)).wait().unwrap());
    assert_eq!(fixture.get(&claimed.job.id).progress, Some(progress));
    let Finished::Recorded(job) = fixture.complete(claimed.lease) else { panic!("late") };
    assert_eq!((job.state, job.completed_ms), (State::Completed, Some(fixture.store.now_ms())));
    assert_eq!(job.progress, Some(progress));
    assert_eq!(fixture.complete(claimed.lease), Finished::Late);
    assert_eq!(fixture.fail(claimed.lease), Finished::Late);
    assert!(!fixture.store.heartbeat(claimed.lease, None).wait().unwrap());
    assert_eq!(fixture.store.health().late, 3);
    assert_eq!(fixture.get(&job.id), job);
    let response = fixture.store.response(job.sequence).unwrap();
    assert_eq!(response.as_deref(), Some(r#"{"text":"done"}"#));
}
