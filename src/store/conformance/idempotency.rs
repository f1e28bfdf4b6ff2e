//! Repeats of a create with the same key.

use super::{Fixture, RETENTION_MS, THEM};
use crate::job::State;
use crate::job::model::Job;
use crate::store::{Idempotency, Inserted, NewJob};

fn keyed(fixture: &Fixture, number: usize, body: u8) -> NewJob {
    let idempotency = Some(Idempotency { key: "key".to_owned(), fingerprint: [body; 32] });
    NewJob { idempotency, ..fixture.new_job(number) }
}

fn repeated(fixture: &Fixture, new: NewJob) -> Job {
    match fixture.store.insert(new).wait().unwrap() {
        Inserted::Repeated(job) => job,
        other => panic!("not repeated: {other:?}"),
    }
}

pub(crate) fn the_same_key_and_body_are_the_same_job(fixture: Fixture) {
    let job = fixture.insert(keyed(&fixture, 1, 1));
    assert_eq!(repeated(&fixture, keyed(&fixture, 2, 1)), job);
    fixture.complete(fixture.claim().lease);
    let done = repeated(&fixture, keyed(&fixture, 3, 1));
    assert_eq!((&done.id, done.state), (&job.id, State::Completed));
    let fixture = fixture.reopen();
    assert_eq!(repeated(&fixture, keyed(&fixture, 4, 1)), done);

    // The key counts within its organization.
    let mut theirs = keyed(&fixture, 5, 1);
    theirs.organization = THEM.to_owned();
    assert_eq!(fixture.insert(theirs).organization, THEM);
    assert_eq!((fixture.count(State::Completed), fixture.count(State::Queued)), (1, 1));
}

pub(crate) fn the_same_key_with_another_body_is_refused(fixture: Fixture) {
    let job = fixture.insert(keyed(&fixture, 1, 1));
    let refused = fixture.store.insert(keyed(&fixture, 2, 2)).wait().unwrap();
    assert_eq!(refused, Inserted::KeyReused);
    assert_eq!(fixture.get(&job.id), job);
    assert_eq!(fixture.count(State::Queued), 1);
}

pub(crate) fn a_key_used_by_many_at_once_makes_one_job(fixture: Fixture) {
    // All are on their way before the first is answered, so they share transactions.
    let asked: Vec<_> =
        (0..64).map(|number| fixture.store.insert(keyed(&fixture, number, 1))).collect();
    let mut answers = asked.into_iter().map(|pending| pending.wait().unwrap());
    let Some(Inserted::New(job)) = answers.next() else { panic!("the first is new") };
    assert!(answers.all(|answer| answer == Inserted::Repeated(job.clone())));
    assert_eq!(fixture.count(State::Queued), 1);
}

pub(crate) fn a_key_is_free_again_when_its_job_has_expired(fixture: Fixture) {
    let job = fixture.insert(keyed(&fixture, 1, 1));
    fixture.advance_ms(RETENTION_MS);
    fixture.sweep();
    let later = fixture.insert(keyed(&fixture, 2, 2));
    assert_ne!(later.id, job.id);
    assert_eq!(repeated(&fixture, keyed(&fixture, 3, 2)), later);
}
