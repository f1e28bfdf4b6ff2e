//! The right of a worker to its attempt, and what becomes of a job that lost its worker.

use super::{ATTEMPTS_MAX, Fixture, LEASE_MS, US};
use crate::job::State;
use crate::job::model::{Lease, Progress};
use crate::store::{Claimed, Finished};

pub(crate) fn a_lease_that_ran_out_returns_its_job_to_its_place(fixture: Fixture) {
    let (first, second) = (fixture.queue(1), fixture.queue(2));
    let lost = fixture.claim();
    fixture.store.heartbeat(lost.lease, Some(Progress { done: 1, total: 2 })).wait().unwrap();
    fixture.advance_ms(LEASE_MS - 1);
    assert_eq!(fixture.store.sweep().wait().unwrap().ended, []);
    fixture.advance_ms(1);
    assert_eq!(fixture.store.sweep().wait().unwrap().ended, [lost.lease]);
    let back = fixture.get(&first.id);
    assert_eq!((back.state, back.attempts, back.progress), (State::Queued, 1, None));
    let again = fixture.claim();
    assert_eq!((again.job.id, again.lease.attempt), (first.id, 2));
    assert_eq!(again.job.started_ms, lost.job.started_ms, "it began with its first attempt");
    assert_eq!(fixture.claim().job.id, second.id);
}

pub(crate) fn a_heartbeat_keeps_a_lease(fixture: Fixture) {
    fixture.queue(1);
    let lease = fixture.claim().lease;
    for _ in 0..5 {
        fixture.advance_ms(LEASE_MS - 1);
        assert!(fixture.store.heartbeat(lease, None).wait().unwrap());
        assert_eq!(fixture.store.sweep().wait().unwrap().ended, []);
    }
    assert!(matches!(fixture.complete(lease), Finished::Recorded(_)));
}

/// Everything a worker could say with a lease that holds no longer.
fn say_everything(fixture: &Fixture, lease: Lease) {
    let store = &fixture.store;
    let late = store.health().late;
    assert_eq!(fixture.complete(lease), Finished::Late);
    assert_eq!(fixture.fail(lease), Finished::Late);
    assert!(!store.heartbeat(lease, Some(Progress { done: 9, total: 9 })).wait().unwrap());
    assert!(!store.release(lease).wait().unwrap());
    assert_eq!(fixture.lose(lease), None);
    assert_eq!(store.health().late, late + 5);
}

pub(crate) fn what_comes_too_late_changes_nothing_and_is_counted(fixture: Fixture) {
    let job = fixture.queue(1);
    let first = fixture.claim().lease;
    say_everything(&fixture, Lease { token: first.token ^ 1, ..first });
    say_everything(&fixture, Lease { attempt: 2, ..first });
    say_everything(&fixture, Lease { sequence: first.sequence + 1, ..first });
    assert_eq!(fixture.get(&job.id).state, State::InProgress);

    // The job was taken over by another worker.
    fixture.advance_ms(LEASE_MS);
    fixture.sweep();
    let second = fixture.claim();
    say_everything(&fixture, first);
    assert_eq!(fixture.get(&job.id), second.job);
    // It was given back and taken again: the same attempt, another token.
    assert!(fixture.store.release(second.lease).wait().unwrap());
    let third = fixture.claim();
    assert_eq!(third.lease.attempt, second.lease.attempt);
    say_everything(&fixture, second.lease);
    assert_eq!(fixture.get(&job.id), third.job);
    // It was cancelled, and run again.
    let cancelled = fixture.store.cancel(US, &job.id).wait().unwrap();
    assert_eq!(cancelled.ended, Some(third.lease));
    say_everything(&fixture, third.lease);
    fixture.store.retry(US, &job.id, job.expires_ms).wait().unwrap();
    let fourth = fixture.claim();
    say_everything(&fixture, third.lease);
    assert!(matches!(fixture.fail(fourth.lease), Finished::Recorded(_)));
    say_everything(&fixture, fourth.lease);
    assert_eq!(fixture.store.response(job.sequence).unwrap(), None);
}

pub(crate) fn jobs_that_ran_when_the_process_died_return_to_their_places(fixture: Fixture) {
    let jobs: Vec<_> = (0..6).map(|number| fixture.queue(number)).collect();
    let running: Vec<Claimed> = (0..4).map(|_| fixture.claim()).collect();
    fixture.complete(running[1].lease);
    // Their leases are far from running out: the next process need not wait for that.
    let fixture = fixture.reopen();
    assert_eq!(fixture.count(State::Queued), 5);
    assert_eq!(fixture.complete(running[0].lease), Finished::Late);
    let order: Vec<_> = (0..5).map(|_| fixture.claim()).collect();
    let ids: Vec<&str> = order.iter().map(|claimed| &*claimed.job.id).collect();
    assert_eq!(ids, [0, 2, 3, 4, 5].map(|number| &*jobs[number].id));
    let attempts: Vec<u32> = order.iter().map(|claimed| claimed.job.attempts).collect();
    assert_eq!(attempts, [2, 2, 2, 1, 1]);
}

pub(crate) fn a_job_that_loses_its_workers_too_often_fails(fixture: Fixture) {
    // By a crash that its worker tells of, by a lease that runs out, by the process's death.
    let lose: [fn(Fixture, Lease) -> Fixture; 3] = [
        |fixture, lease| {
            fixture.lose(lease);
            fixture
        },
        |fixture, _| {
            fixture.advance_ms(LEASE_MS);
            fixture.sweep();
            fixture
        },
        |fixture, _| fixture.reopen(),
    ];
    let mut fixture = fixture;
    for (number, lose) in lose.into_iter().enumerate() {
        let job = fixture.queue(number);
        for attempt in 1..=ATTEMPTS_MAX {
            let claimed = fixture.claim();
            assert_eq!((&claimed.job.id, claimed.lease.attempt), (&job.id, attempt));
            fixture = lose(fixture, claimed.lease);
        }
        let failed = fixture.get(&job.id);
        assert_eq!((failed.state, failed.attempts), (State::Failed, ATTEMPTS_MAX));
        assert_eq!(failed.error.unwrap().code, "worker_lost");
        assert_eq!(failed.completed_ms, Some(fixture.store.now_ms()));
    }
    assert_eq!((fixture.count(State::Queued), fixture.count(State::Failed)), (0, 3));
}

pub(crate) fn a_job_given_back_costs_no_attempt(fixture: Fixture) {
    let job = fixture.queue(1);
    for _ in 0..2 * ATTEMPTS_MAX {
        let claimed = fixture.claim();
        assert_eq!(claimed.lease.attempt, 1);
        assert!(fixture.store.release(claimed.lease).wait().unwrap());
        assert_eq!(fixture.get(&job.id), job);
    }
    fixture.lose(fixture.claim().lease);
    fixture.advance_ms(1);
    let second = fixture.claim();
    assert!(fixture.store.release(second.lease).wait().unwrap());
    let back = fixture.get(&job.id);
    assert_eq!((back.attempts, back.started_ms), (1, second.job.started_ms));
}
