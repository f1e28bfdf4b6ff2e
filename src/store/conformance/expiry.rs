//! The end of retention, and the clock it goes by.

use super::documents::{read_all, with_documents};
use super::{Fixture, LEASE_MS, RETENTION_MS, US};
use crate::base::limits;
use crate::job::State;
use crate::job::filter::{Filter, Order, PageRequest};
use crate::job::model::Job;
use crate::store::{Finished, StoreError};

const YEAR_MS: i64 = 365 * 86_400_000;

pub(crate) fn expiry_deletes_the_data_and_keeps_the_record(fixture: Fixture) {
    let job = fixture.insert(with_documents(&fixture, 1));
    fixture.complete(fixture.claim().lease);
    let done = fixture.get(&job.id);
    let slots = fixture.store.request(job.sequence).unwrap().unwrap().slots;
    fixture.advance_ms(RETENTION_MS - 1);
    fixture.sweep();
    assert_eq!(fixture.get(&job.id), done);
    assert!(slots.iter().all(|slot| !read_all(&fixture, slot).is_empty()));

    fixture.advance_ms(1);
    fixture.sweep();
    assert_eq!(fixture.get(&job.id), Job { state: State::Expired, ..done });
    assert_eq!(fixture.store.request(job.sequence).unwrap(), None);
    assert_eq!(fixture.store.response(job.sequence).unwrap(), None);
    assert!(slots.iter().all(|slot| read_all(&fixture, slot).is_empty()));
    let retried = fixture.store.retry(US, &job.id, i64::MAX).wait();
    assert_eq!(retried, Err(StoreError::RequestGone));
    assert_eq!((fixture.count(State::Completed), fixture.count(State::Expired)), (0, 1));
}

pub(crate) fn expiry_goes_in_slices(fixture: Fixture) {
    let slice = limits::EXPIRE_SLICE_JOBS as usize;
    let asked: Vec<_> =
        (0..=2 * slice).map(|number| fixture.store.insert(fixture.new_job(number))).collect();
    asked.into_iter().for_each(|pending| drop(pending.wait().unwrap()));
    fixture.advance_ms(RETENTION_MS);
    for slices in 1..=2 {
        assert!(fixture.store.sweep().wait().unwrap().more);
        assert_eq!(fixture.count(State::Expired), (slices * slice) as u64);
    }
    assert!(!fixture.store.sweep().wait().unwrap().more);
    assert_eq!(fixture.count(State::Expired), (2 * slice + 1) as u64);
    let page = PageRequest { limit: 100, order: Order::Ascending, after: None, before: None };
    let expired = Filter { state: Some(State::Expired), ..Filter::default() };
    assert_eq!(fixture.store.list(US, &expired, &page).unwrap().jobs.len(), 100);
}

pub(crate) fn expiry_ends_the_lease_of_a_running_job(fixture: Fixture) {
    let mut new = fixture.new_job(1);
    new.expires_ms = new.created_ms + LEASE_MS / 2;
    let job = fixture.insert(new);
    let lease = fixture.claim().lease;
    fixture.advance_ms(LEASE_MS / 2);
    assert_eq!(fixture.store.sweep().wait().unwrap().ended, [lease]);
    assert_eq!(fixture.complete(lease), Finished::Late);
    assert_eq!(fixture.get(&job.id).state, State::Expired);
    assert_eq!(fixture.store.response(job.sequence).unwrap(), None);
}

pub(crate) fn a_wall_clock_that_jumps_expires_nothing(fixture: Fixture) {
    let job = fixture.queue(1);
    let claimed = fixture.claim();
    for jump_ms in [10 * YEAR_MS, -25 * YEAR_MS, 15 * YEAR_MS] {
        fixture.clock.jump_wall(jump_ms);
        let swept = fixture.store.sweep().wait().unwrap();
        assert_eq!(swept.ended, []);
        assert_eq!(fixture.store.now_ms(), job.created_ms);
        assert_eq!(fixture.get(&job.id), claimed.job);
    }
    // What has passed has passed, wherever the wall clock stands.
    fixture.clock.jump_wall(-25 * YEAR_MS);
    fixture.advance_ms(RETENTION_MS);
    fixture.sweep();
    assert_eq!(fixture.get(&job.id).state, State::Expired);
}

pub(crate) fn time_goes_on_from_the_newest_time_seen(fixture: Fixture) {
    fixture.advance_ms(1_000);
    let job = fixture.queue(1);
    fixture.clock.jump_wall(-10 * YEAR_MS);
    let fixture = fixture.reopen();
    assert_eq!(fixture.store.now_ms(), job.created_ms);
    let later = fixture.queue(2);
    assert!(later.created_ms >= job.created_ms);
    fixture.advance_ms(RETENTION_MS);
    fixture.sweep();
    assert_eq!(fixture.count(State::Expired), 2);
}
