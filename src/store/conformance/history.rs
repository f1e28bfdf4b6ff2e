//! Random histories, driven through a store and through a model of a few lines.
//!
//! The model asks [`crate::job::state::next`] for every change, so that the store's guards and the one
//! table of states are held together here.

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};

use super::model::{Expected, Model};
use super::{Fixture, LEASE_MS, RETENTION_MS, THEM, US, broken};
use crate::job::State;
use crate::job::filter::{Filter, Order, PageRequest};
use crate::job::model::Job;
use crate::job::state::Event;
use crate::store::{Counts, Finished, Idempotency, Inserted, NewJob, StoreError};

/// What can be asked of a store. An [`Index`] picks a job, or a lease that was ever given.
#[derive(Debug, Clone)]
enum Op {
    Insert { theirs: bool, validating: bool, key: Option<u8>, body: u8 },
    Validated { job: Index, is_good: bool },
    Claim,
    Heartbeat { lease: Index },
    Finish { lease: Index, is_good: bool },
    Release { lease: Index },
    Lose { lease: Index },
    Cancel { job: Index, by_owner: bool },
    Retry { job: Index },
    Advance { ms: i64 },
    TurnWallClock { ms: i64 },
    Sweep,
    Reopen,
}

fn any_op() -> impl Strategy<Value = Op> {
    let (index, flag) = (any::<Index>, any::<bool>);
    prop_oneof![
        6 => (flag(), prop::bool::weighted(0.3), prop::option::weighted(0.3, 0..3_u8), 0..2_u8)
            .prop_map(|(theirs, validating, key, body)| Op::Insert {
                theirs, validating, key, body
            }),
        2 => (index(), flag()).prop_map(|(job, is_good)| Op::Validated { job, is_good }),
        6 => Just(Op::Claim),
        1 => index().prop_map(|lease| Op::Heartbeat { lease }),
        4 => (index(), flag()).prop_map(|(lease, is_good)| Op::Finish { lease, is_good }),
        2 => index().prop_map(|lease| Op::Release { lease }),
        3 => index().prop_map(|lease| Op::Lose { lease }),
        3 => (index(), prop::bool::weighted(0.9))
            .prop_map(|(job, by_owner)| Op::Cancel { job, by_owner }),
        3 => index().prop_map(|job| Op::Retry { job }),
        2 => prop_oneof![1..LEASE_MS, LEASE_MS..RETENTION_MS / 2].prop_map(|ms| Op::Advance { ms }),
        1 => (-RETENTION_MS * 9..RETENTION_MS * 9).prop_map(|ms| Op::TurnWallClock { ms }),
        2 => Just(Op::Sweep),
        1 => Just(Op::Reopen),
    ]
}

struct Run {
    fixture: Fixture,
    model: Model,
}

impl Run {
    fn step(mut self, op: &Op) -> Self {
        match op {
            Op::Reopen => {
                self.fixture = self.fixture.reopen();
                let now_ms = self.fixture.store.now_ms();
                self.model.late = 0;
                self.model.lose_leases(i64::MAX, now_ms);
            }
            Op::Advance { ms } => self.fixture.advance_ms(*ms),
            Op::TurnWallClock { ms } => self.fixture.clock.jump_wall(*ms),
            Op::Sweep => {
                self.fixture.sweep();
                let now_ms = self.fixture.store.now_ms();
                self.model.lose_leases(now_ms, now_ms);
                self.model.expire(now_ms);
            }
            Op::Insert { theirs, validating, key, body } => {
                self.insert(*theirs, *validating, key.map(|key| (key, *body)));
            }
            Op::Claim => self.claim(),
            Op::Validated { job, is_good } if !self.model.jobs.is_empty() => {
                self.validated(*job, *is_good);
            }
            Op::Cancel { job, by_owner } if !self.model.jobs.is_empty() => {
                self.cancel(*job, *by_owner);
            }
            Op::Retry { job } if !self.model.jobs.is_empty() => self.retry(*job),
            other if !self.model.leases.is_empty() => self.with_lease(other),
            _ => {}
        }
        self
    }

    fn insert(&mut self, theirs: bool, validating: bool, key: Option<(u8, u8)>) {
        let Self { fixture, model } = self;
        let mut new = fixture.new_job(model.jobs.len());
        new.organization = if theirs { THEM } else { US }.to_owned();
        new.state = if validating { State::Validating } else { State::Queued };
        new.idempotency =
            key.map(|(key, body)| Idempotency { key: key.to_string(), fingerprint: [body; 32] });
        let same_key = |expected: &&Expected| {
            expected.job.organization == new.organization
                && key.is_some_and(|(key, _)| expected.key.is_some_and(|(k, _)| k == key))
        };
        let earlier = model.jobs.iter().find(same_key);
        let inserted = fixture.store.insert(new.clone()).wait().unwrap();
        match earlier {
            Some(earlier) if earlier.key == key => {
                let Inserted::Repeated(job) = inserted else { panic!("{inserted:?}") };
                assert_same(&job, &earlier.job);
            }
            Some(_) => assert_eq!(inserted, Inserted::KeyReused),
            None => {
                let Inserted::New(job) = inserted else { panic!("{inserted:?}") };
                assert_eq!(job, expected_record(&new, job.sequence));
                let position = model.next_position();
                model.jobs.push(Expected { job, position, lease: None, key });
            }
        }
    }

    fn claim(&mut self) {
        let now_ms = self.fixture.store.now_ms();
        // A claim that finds nothing waits; another rule is about that.
        let Some(expected) = self.model.oldest_queued() else { return };
        let claimed = self.fixture.claim();
        expected.go(Event::Claimed).unwrap();
        expected.job.attempts += 1;
        expected.job.started_ms.get_or_insert(now_ms);
        expected.lease = Some((claimed.lease, now_ms + LEASE_MS));
        assert_eq!(claimed.job, expected.job);
        self.model.leases.push(claimed.lease);
    }

    fn validated(&mut self, job: Index, is_good: bool) {
        let now_ms = self.fixture.store.now_ms();
        let expected = job.get_mut(&mut self.model.jobs);
        let refusal = (!is_good).then(broken);
        let found = self.fixture.store.validated(expected.job.sequence, refusal.clone());
        let event = if is_good { Event::Validated } else { Event::Refused };
        let went = expected.go(event).is_ok();
        if went && !is_good {
            (expected.job.completed_ms, expected.job.error) = (Some(now_ms), refusal);
        }
        assert_eq!(found.wait().unwrap(), went.then(|| expected.job.clone()));
    }

    fn cancel(&mut self, job: Index, by_owner: bool) {
        let now_ms = self.fixture.store.now_ms();
        let expected = job.get_mut(&mut self.model.jobs);
        let (id, owner) = (&expected.job.id, expected.job.organization.clone());
        if !by_owner {
            let found = self.fixture.store.cancel("org_nobody", id).wait();
            assert_eq!(found, Err(StoreError::NotFound(id.clone())));
            return;
        }
        let found = self.fixture.store.cancel(&owner, id).wait();
        let ended = expected.lease.map(|(lease, _)| lease);
        let went = expected.end(Event::Cancelled, now_ms);
        let found = found.map(|cancelled| (cancelled.job, cancelled.ended));
        assert_eq!(found, went.map(|()| (expected.job.clone(), ended)));
    }

    fn retry(&mut self, job: Index) {
        let expires_ms = self.fixture.store.now_ms() + RETENTION_MS;
        let position = self.model.next_position();
        let expected = job.get_mut(&mut self.model.jobs);
        let Job { id, organization, .. } = expected.job.clone();
        let found = self.fixture.store.retry(&organization, &id, expires_ms).wait();
        let went = expected.retry(position, expires_ms);
        assert_eq!(found, went.map(|()| expected.job.clone()));
    }

    fn with_lease(&mut self, op: &Op) {
        let Self { fixture, model } = self;
        let now_ms = fixture.store.now_ms();
        let lease = |index: &Index| *index.get(&model.leases);
        match op {
            Op::Heartbeat { lease: index } => {
                let lease = lease(index);
                let held = model.held(lease);
                let holds = held.is_some();
                held.into_iter().for_each(|expected| {
                    expected.lease = Some((lease, now_ms + LEASE_MS));
                });
                assert_eq!(fixture.store.heartbeat(lease, None).wait().unwrap(), holds);
            }
            Op::Finish { lease: index, is_good } => {
                let lease = lease(index);
                let found = if *is_good { fixture.complete(lease) } else { fixture.fail(lease) };
                let event = if *is_good { Event::Succeeded } else { Event::Failed };
                let Some(expected) = model.held(lease) else {
                    return assert_eq!(found, Finished::Late);
                };
                expected.end(event, now_ms).unwrap();
                expected.job.error = (!is_good).then(broken);
                assert_eq!(found, Finished::Recorded(expected.job.clone()));
            }
            Op::Release { lease: index } => {
                let lease = lease(index);
                let found = fixture.store.release(lease).wait().unwrap();
                assert_eq!(found, model.held(lease).map(Expected::release).is_some());
            }
            Op::Lose { lease: index } => {
                let lease = lease(index);
                let found = fixture.lose(lease);
                let held = model.held(lease);
                assert_eq!(found.is_some(), held.is_some());
                held.into_iter().for_each(|expected| expected.lose(now_ms));
            }
            _ => {}
        }
    }

    /// Compares everything that can be seen.
    fn check(&self) {
        let Self { fixture, model } = self;
        let store = &fixture.store;
        for Expected { job, .. } in &model.jobs {
            let found = store.get(&job.organization, &job.id).unwrap().unwrap();
            assert_same(&found, job);
            let has_data = job.state != State::Expired;
            assert_eq!(store.request(job.sequence).unwrap().is_some(), has_data);
            let completed = job.state == State::Completed;
            assert_eq!(store.response(job.sequence).unwrap().is_some(), completed);
        }
        let count = |state| model.jobs.iter().filter(|e| e.job.state == state).count() as u64;
        let counts = Counts::from_pairs(State::ALL.map(|state| (state, count(state))));
        assert_eq!(store.counts(), counts);
        assert_eq!(store.health().late, model.late);
        for organization in [US, THEM] {
            let page =
                PageRequest { limit: 100, order: Order::Ascending, after: None, before: None };
            let listed = store.list(organization, &Filter::default(), &page).unwrap().jobs;
            let ours = model.jobs.iter().filter(|e| e.job.organization == organization);
            assert!(listed.iter().map(|job| &job.id).eq(ours.map(|e| &e.job.id)));
        }
    }
}

fn expected_record(new: &NewJob, sequence: i64) -> Job {
    Job {
        sequence,
        id: new.id.clone(),
        organization: new.organization.clone(),
        endpoint: new.endpoint,
        state: new.state,
        metadata: new.metadata.clone(),
        created_ms: new.created_ms,
        started_ms: None,
        completed_ms: None,
        expires_ms: new.expires_ms,
        attempts: 0,
        error: None,
        progress: None,
    }
}

pub(crate) fn any_history_leaves_what_the_table_says(fixture: Fixture) {
    let histories = prop::collection::vec(any_op(), 1..70);
    TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(48) })
        .run(&histories, |ops| {
            let mut run = Run { fixture: (fixture.fresh)(), model: Model::default() };
            for op in &ops {
                run = run.step(op);
            }
            run.check();
            Ok(())
        })
        .unwrap();
}

/// Compares a job with what the model has. Once the repeat of a job that had lost its worker
/// was compared with the model's text.
fn assert_same(found: &Job, expected: &Job) {
    let mut expected = expected.clone();
    if let (Some(expected), Some(found)) = (&mut expected.error, &found.error)
        && expected.code == found.code
    {
        // The text of a lost worker may be the store's own.
        *expected = found.clone();
    }
    assert_eq!(found, &expected);
}
