//! What listeners are told.

use crossbeam_channel::Receiver;

use super::{ATTEMPTS_MAX, Fixture, LEASE_MS, RETENTION_MS, US};
use crate::job::State;
use crate::job::model::JobError;
use crate::store::{Change, Idempotency, Inserted, StoreError};

fn listen(fixture: &Fixture) -> Receiver<Change> {
    let (sender, told) = crossbeam_channel::unbounded();
    fixture.store.on_change(Box::new(move |changes| {
        changes.iter().for_each(|change| sender.send(change.clone()).unwrap());
    }));
    told
}

/// The states that were told, each of a job of that number.
fn states(told: &Receiver<Change>, number: usize) -> Vec<State> {
    told.try_iter()
        .map(|change| {
            assert_eq!((change.id, change.organization), (format!("job_{number:06}"), US.into()));
            change.state
        })
        .collect()
}

pub(crate) fn changes_are_told_in_the_order_they_were_made(fixture: Fixture) {
    use State::{Cancelled, Completed, Expired, Failed, InProgress, Queued, Validating};
    let told = listen(&fixture);
    let store = &fixture.store;
    let mut new = fixture.new_job(1);
    new.state = Validating;
    let job = fixture.insert(new);
    store.validated(job.sequence, None).wait().unwrap();
    assert_eq!(states(&told, 1), [Validating, Queued]);

    store.release(fixture.claim().lease).wait().unwrap();
    let error = JobError::new("worker_lost", "It crashed.");
    store.lose(fixture.claim().lease, error.clone()).wait().unwrap();
    assert_eq!(states(&told, 1), [InProgress, Queued, InProgress, Queued]);

    fixture.claim();
    fixture.advance_ms(LEASE_MS);
    store.sweep().wait().unwrap();
    assert_eq!(states(&told, 1), [InProgress, Queued]);
    fixture.fail(fixture.claim().lease);
    store.retry(US, &job.id, job.expires_ms).wait().unwrap();
    store.cancel(US, &job.id).wait().unwrap();
    assert_eq!(states(&told, 1), [InProgress, Failed, Queued, Cancelled]);

    store.retry(US, &job.id, job.expires_ms).wait().unwrap();
    for _ in 0..ATTEMPTS_MAX {
        store.lose(fixture.claim().lease, error.clone()).wait().unwrap();
    }
    let losses = [Queued, InProgress, Queued, InProgress, Queued, InProgress, Failed];
    assert_eq!(states(&told, 1), losses);

    let mut refused = fixture.new_job(2);
    refused.state = Validating;
    let refused = fixture.insert(refused);
    store.validated(refused.sequence, Some(error)).wait().unwrap();
    assert_eq!(states(&told, 2), [Validating, Failed]);
    fixture.queue(3);
    fixture.complete(fixture.claim().lease);
    assert_eq!(states(&told, 3), [Queued, InProgress, Completed]);

    fixture.advance_ms(RETENTION_MS);
    store.sweep().wait().unwrap();
    let expired: Vec<State> = told.try_iter().map(|change| change.state).collect();
    assert_eq!(expired, [Expired; 3]);
}

pub(crate) fn what_was_refused_tells_nothing(fixture: Fixture) {
    let mut new = fixture.new_job(1);
    new.idempotency = Some(Idempotency { key: "k".to_owned(), fingerprint: [1; 32] });
    let job = fixture.insert(new.clone());
    let claimed = fixture.claim();
    fixture.complete(claimed.lease);

    let told = listen(&fixture);
    let repeated = fixture.store.insert(new.clone()).wait().unwrap();
    assert!(matches!(repeated, Inserted::Repeated(_)));
    new.idempotency = None;
    assert!(matches!(fixture.store.insert(new).wait(), Err(StoreError::NotStored(_))));
    assert!(matches!(fixture.store.cancel(US, &job.id).wait(), Err(StoreError::Refused(_))));
    fixture.complete(claimed.lease);
    fixture.store.release(claimed.lease).wait().unwrap();
    assert_eq!(states(&told, 1), []);
    assert_eq!(fixture.count(State::Completed), 1);
}

pub(crate) fn a_change_is_told_before_its_caller_is_answered(fixture: Fixture) {
    let told = listen(&fixture);
    for number in 0..100 {
        let parked = fixture.store.claim();
        fixture.queue(number);
        let lease = parked.wait().unwrap().lease;
        assert_eq!(states(&told, number), [State::Queued, State::InProgress]);
        fixture.complete(lease);
        assert_eq!(states(&told, number), [State::Completed]);
    }
}
