//! Two changes of one job at the same moment: one of them comes first.

use std::sync::Barrier;

use super::{Fixture, US, broken};
use crate::job::State;
use crate::job::model::{Lease, Outcome};
use crate::store::{Finished, NewJob, Store};

/// Shorter than a lease, so that a sweep ends the job and not its lease.
const SHORT_RETENTION_MS: i64 = 1_000;
/// Races of each pair.
const ROUNDS: usize = 12;

#[derive(Debug, Clone, Copy)]
enum Change {
    Cancel,
    Complete,
    Release,
    Lose,
    Retry,
    Expire,
}

impl Change {
    const ALL: [Self; 6] =
        [Self::Cancel, Self::Complete, Self::Release, Self::Lose, Self::Retry, Self::Expire];

    /// Asks for the change; whether it was made, as far as the store tells.
    fn ask(self, store: &dyn Store, id: &str, lease: Lease) -> bool {
        match self {
            Self::Cancel => store.cancel(US, id).wait().is_ok(),
            Self::Complete => {
                let outcome = Outcome::Completed("{}".to_owned());
                let finished = store.finish(lease, outcome, None).wait().unwrap();
                matches!(finished, Finished::Recorded(_))
            }
            Self::Release => store.release(lease).wait().unwrap(),
            Self::Lose => store.lose(lease, broken()).wait().unwrap().is_some(),
            Self::Retry => store.retry(US, id, i64::MAX / 2).wait().is_ok(),
            Self::Expire => {
                while store.sweep().wait().unwrap().more {}
                true
            }
        }
    }
}

/// What both were told, and where the job ended.
type Ending = (bool, bool, State);

/// A running job whose retention is over.
fn running(fixture: &Fixture, number: usize) -> (String, Lease) {
    // Nothing else may be waiting when it is claimed.
    while fixture.count(State::Queued) > 0 {
        let lease = fixture.claim().lease;
        fixture.complete(lease);
    }
    let job = fixture.new_job(number);
    let expires_ms = job.created_ms + SHORT_RETENTION_MS;
    let job = fixture.insert(NewJob { expires_ms, ..job });
    let lease = fixture.claim().lease;
    fixture.advance_ms(SHORT_RETENTION_MS + 1);
    (job.id, lease)
}

/// One after the other.
fn in_order(fixture: &Fixture, number: usize, first: Change, second: Change) -> Ending {
    let (id, lease) = running(fixture, number);
    let store = &*fixture.store;
    let told = (first.ask(store, &id, lease), second.ask(store, &id, lease));
    (told.0, told.1, fixture.get(&id).state)
}

fn at_once(fixture: &Fixture, number: usize, one: Change, other: Change) -> Ending {
    let (id, lease) = running(fixture, number);
    let (store, start) = (&*fixture.store, Barrier::new(2));
    let ask = |change: Change| {
        start.wait();
        change.ask(store, &id, lease)
    };
    let (one, other) = std::thread::scope(|scope| {
        let one = scope.spawn(|| ask(one));
        let other = ask(other);
        (one.join().unwrap(), other)
    });
    (one, other, fixture.get(&id).state)
}

pub(crate) fn two_changes_at_once_are_as_one_after_the_other(fixture: Fixture) {
    let mut number = 0;
    let mut next = || {
        number += 1;
        number
    };
    for (place, one) in Change::ALL.into_iter().enumerate() {
        for other in Change::ALL.into_iter().skip(place) {
            let straight = in_order(&fixture, next(), one, other);
            let (b, a, state) = in_order(&fixture, next(), other, one);
            for round in 0..ROUNDS {
                let ending = at_once(&fixture, next(), one, other);
                assert!(
                    ending == straight || ending == (a, b, state),
                    "{one:?} beside {other:?}, round {round}: {ending:?} is neither {straight:?} \
                     nor {:?}",
                    (a, b, state)
                );
            }
        }
    }
}
