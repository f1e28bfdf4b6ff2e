//! From insert to finish.

use super::{Fixture, RETENTION_MS, THEM, US, broken};
use crate::job::State;
use crate::job::filter::{Filter, Order, PageRequest};
use crate::job::model::{Job, Progress};
use crate::job::state::{self, Event};
use crate::store::{Finished, Inserted, Page, StoreError};

pub(crate) fn an_inserted_job_reads_back(fixture: Fixture) {
    let mut new = fixture.new_job(1);
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

pub(crate) fn jobs_are_claimed_in_order_of_acceptance(fixture: Fixture) {
    // Whose they are and when they say they were created makes no difference.
    let accepted: Vec<_> = (0..10_000)
        .map(|number| {
            let mut new = fixture.new_job(number);
            new.organization = [US, THEM, "org_else"][number * 7 % 3].to_owned();
            new.created_ms -= (number * 13 % 100) as i64;
            fixture.store.insert(new)
        })
        .collect();
    let accepted: Vec<i64> = accepted
        .into_iter()
        .map(|pending| match pending.wait().unwrap() {
            Inserted::New(job) => job.sequence,
            other => panic!("not new: {other:?}"),
        })
        .collect();
    let claims: Vec<_> = accepted.iter().map(|_| fixture.store.claim()).collect();
    let claimed: Vec<i64> =
        claims.into_iter().map(|claim| claim.wait().unwrap().job.sequence).collect();
    assert!(accepted.is_sorted());
    assert_eq!(claimed, accepted);
    assert_eq!((fixture.count(State::Queued), fixture.count(State::InProgress)), (0, 10_000));
}

pub(crate) fn a_parked_claim_is_answered_by_the_next_job(fixture: Fixture) {
    let parked = fixture.store.claim();
    let job = fixture.queue(1);
    let claimed = parked.wait().unwrap();
    assert_eq!(claimed.job.id, job.id);
    assert_eq!(claimed.job.state, State::InProgress);
    assert_eq!((claimed.job.attempts, claimed.lease.attempt), (1, 1));
    assert_eq!(claimed.job.started_ms, Some(fixture.store.now_ms()));
    assert_eq!(fixture.get(&job.id), claimed.job);
}

pub(crate) fn closing_claims_answers_those_waiting_and_those_to_come(fixture: Fixture) {
    let waiting = fixture.store.claim();
    fixture.store.close_claims();
    assert_eq!(waiting.wait(), Err(StoreError::Closed));
    let job = fixture.queue(1);
    assert_eq!(fixture.store.claim().wait(), Err(StoreError::Closed));
    assert_eq!(fixture.get(&job.id).state, State::Queued);
}

pub(crate) fn a_finish_is_recorded_once(fixture: Fixture) {
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

/// A job in each state, by way of the store.
fn one_in_each_state(fixture: &Fixture) -> Vec<Job> {
    let store = &fixture.store;
    let mut long_ago = fixture.new_job(0);
    long_ago.expires_ms = store.now_ms();
    fixture.insert(long_ago);
    fixture.sweep();
    let mut validating = fixture.new_job(1);
    validating.state = State::Validating;
    fixture.insert(validating);
    for number in 2..=3 {
        fixture.queue(number);
    }
    fixture.complete(fixture.claim().lease);
    fixture.fail(fixture.claim().lease);
    let cancelled = fixture.queue(4);
    store.cancel(US, &cancelled.id).wait().unwrap();
    fixture.queue(5);
    fixture.claim();
    fixture.queue(6);
    let jobs: Vec<Job> = (0..=6).map(|n| fixture.get(&format!("job_{n:06}"))).collect();
    let states: Vec<State> = jobs.iter().map(|job| job.state).collect();
    use State::{Cancelled, Completed, Expired, Failed, InProgress, Queued, Validating};
    assert_eq!(states, [Expired, Validating, Completed, Failed, Cancelled, InProgress, Queued]);
    jobs
}

pub(crate) fn only_what_waits_to_be_validated_is_validated(fixture: Fixture) {
    let jobs = one_in_each_state(&fixture);
    assert_eq!(fixture.store.validating(0, 9).unwrap(), [jobs[1].clone()]);
    assert_eq!(fixture.store.validating(jobs[1].sequence, 9).unwrap(), []);
    for job in jobs.iter().filter(|job| job.state != State::Validating) {
        assert_eq!(fixture.store.validated(job.sequence, None).wait().unwrap(), None);
        assert_eq!(fixture.store.validated(job.sequence, Some(broken())).wait().unwrap(), None);
        assert_eq!(fixture.get(&job.id), *job);
    }
    let failed = fixture.store.validated(jobs[1].sequence, Some(broken())).wait().unwrap();
    let failed = failed.expect("it was validating");
    assert_eq!((failed.state, failed.error.clone()), (State::Failed, Some(broken())));
    assert_eq!((failed.attempts, failed.completed_ms), (0, Some(fixture.store.now_ms())));
    assert_eq!(fixture.get(&failed.id), failed);
    assert_eq!(fixture.store.validating(0, 9).unwrap(), []);
}

pub(crate) fn a_cancel_ends_what_has_not_ended(fixture: Fixture) {
    for job in one_in_each_state(&fixture) {
        let cancelled = fixture.store.cancel(US, &job.id).wait();
        if let Err(refused) = state::next(job.state, Event::Cancelled) {
            assert_eq!(cancelled, Err(StoreError::Refused(refused)));
            assert_eq!(fixture.get(&job.id), job);
            continue;
        }
        let cancelled = cancelled.unwrap();
        assert_eq!(cancelled.job.state, State::Cancelled);
        assert_eq!(cancelled.job.completed_ms, Some(fixture.store.now_ms()));
        assert_eq!(fixture.get(&job.id), cancelled.job);
        assert_eq!(cancelled.ended.is_some(), job.state == State::InProgress);
        if let Some(ended) = cancelled.ended {
            assert_eq!(fixture.complete(ended), Finished::Late);
            assert_eq!(fixture.store.response(job.sequence).unwrap(), None);
        }
    }
    let nothing_waits = fixture.store.claim();
    fixture.store.close_claims();
    assert_eq!(nothing_waits.wait(), Err(StoreError::Closed));
}

pub(crate) fn a_retry_begins_a_new_life(fixture: Fixture) {
    let jobs = one_in_each_state(&fixture);
    fixture.advance_ms(5_000);
    let expires_ms = fixture.store.now_ms() + RETENTION_MS;
    for job in &jobs {
        let retried = fixture.store.retry(US, &job.id, expires_ms).wait();
        let expected = match state::next(job.state, Event::Retried) {
            Err(refused) => Err(StoreError::Refused(refused)),
            Ok(_) if job.state == State::Expired => Err(StoreError::RequestGone),
            Ok(state) => Ok(Job {
                state,
                expires_ms,
                started_ms: None,
                completed_ms: None,
                error: None,
                progress: None,
                attempts: 0,
                ..job.clone()
            }),
        };
        assert_eq!(retried, expected);
        assert_eq!(fixture.get(&job.id), expected.unwrap_or_else(|_| job.clone()));
    }
    // Those that were retried stand behind the one that was queued already.
    let order: Vec<i64> = (0..3).map(|_| fixture.claim().job.sequence).collect();
    assert_eq!(order, [jobs[6].sequence, jobs[3].sequence, jobs[4].sequence]);
}

pub(crate) fn an_organization_never_touches_the_jobs_of_another(fixture: Fixture) {
    let job = fixture.queue(1);
    let not_found = StoreError::NotFound(job.id.clone());
    assert_eq!(fixture.store.cancel(THEM, &job.id).wait(), Err(not_found.clone()));
    assert_eq!(fixture.store.retry(THEM, &job.id, 0).wait(), Err(not_found.clone()));
    assert_eq!(fixture.store.get(THEM, &job.id).unwrap(), None);
    let ids = Filter { ids: vec![job.id.clone()], ..Filter::default() };
    let page = PageRequest { limit: 9, order: Order::Ascending, after: None, before: None };
    assert_eq!(fixture.store.list(THEM, &ids, &page).unwrap(), Page::default());
    assert_eq!(fixture.store.list(US, &ids, &page).unwrap().jobs, std::slice::from_ref(&job));
    let cursor = PageRequest { after: Some(job.id.clone()), ..page };
    assert_eq!(fixture.store.list(THEM, &Filter::default(), &cursor), Err(not_found));
    assert_eq!(fixture.get(&job.id), job);
}
