//! What any store must do, as a suite generic over [`super::Store`].
//!
//! A store's own tests hand [`suite`] a function that makes a fresh store; each rule then
//! becomes a test of its own there. Nothing here may know how a store keeps its data.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

pub(crate) mod changes;
pub(crate) mod documents;
pub(crate) mod expiry;
pub(crate) mod history;
pub(crate) mod idempotency;
pub(crate) mod leases;
pub(crate) mod lifecycle;
pub(crate) mod listing;
mod model;
pub(crate) mod races;
pub(crate) mod resources;

use std::sync::Arc;
use std::time::Duration;

use crate::base::clock::ManualClock;
use crate::job::model::{Job, JobError, Lease, Outcome};
use crate::job::request::{Facets, RequestBody};
use crate::job::{Endpoint, State};
use crate::store::{Claimed, Finished, Inserted, NewJob, Store};

/// Where the manual clock starts.
pub(crate) const START_MS: i64 = 1_700_000_000_000;
/// How long the leases of the store under test hold.
pub(crate) const LEASE_MS: i64 = 60_000;
/// Attempts that the store under test allows.
pub(crate) const ATTEMPTS_MAX: u32 = 3;
/// How long jobs keep their data.
pub(crate) const RETENTION_MS: i64 = 1_000_000;
/// Whose jobs most tests make.
pub(crate) const US: &str = "org_us";
/// Whose jobs the others are.
const THEM: &str = "org_them";

/// A store, and how it is opened again.
pub(crate) struct Fixture {
    pub(crate) store: Box<dyn Store>,
    pub(crate) clock: Arc<ManualClock>,
    /// Opens the same data.
    pub(crate) open: Box<dyn Fn() -> Box<dyn Store>>,
    /// Makes a fixture of its own, with no data.
    pub(crate) fresh: fn() -> Fixture,
}

/// Makes a test of each rule, for the store that `$fresh` makes.
macro_rules! suite {
    ($fresh:path: $($module:ident::{$($rule:ident),* $(,)?}),* $(,)?) => {
        $(mod $module {
            $(#[test]
            fn $rule() {
                crate::store::conformance::$module::$rule($fresh());
            })*
        })*
    };
    ($fresh:path) => {
        crate::store::conformance::suite! { $fresh:
            lifecycle::{
                an_inserted_job_reads_back,
                jobs_are_claimed_in_order_of_acceptance,
                a_parked_claim_is_answered_by_the_next_job,
                closing_claims_answers_those_waiting_and_those_to_come,
                a_finish_is_recorded_once,
                only_what_waits_to_be_validated_is_validated,
                a_cancel_ends_what_has_not_ended,
                a_retry_begins_a_new_life,
                an_organization_never_touches_the_jobs_of_another,
            },
            leases::{
                a_lease_that_ran_out_returns_its_job_to_its_place,
                a_heartbeat_keeps_a_lease,
                what_comes_too_late_changes_nothing_and_is_counted,
                jobs_that_ran_when_the_process_died_return_to_their_places,
                a_job_that_loses_its_workers_too_often_fails,
                a_job_given_back_costs_no_attempt,
            },
            changes::{
                changes_are_told_in_the_order_they_were_made,
                what_was_refused_tells_nothing,
                a_change_is_told_before_its_caller_is_answered,
            },
            documents::{
                small_documents_come_in_with_the_job,
                fetched_documents_are_attached_while_they_are_wanted,
                large_documents_are_bound_to_the_job,
                documents_read_back_byte_for_byte_around_chunk_borders,
                documents_that_broke_off_are_swept,
            },
            idempotency::{
                the_same_key_and_body_are_the_same_job,
                the_same_key_with_another_body_is_refused,
                a_key_used_by_many_at_once_makes_one_job,
                a_key_is_free_again_when_its_job_has_expired,
            },
            expiry::{
                expiry_deletes_the_data_and_keeps_the_record,
                expiry_goes_in_slices,
                expiry_ends_the_lease_of_a_running_job,
                a_wall_clock_that_jumps_expires_nothing,
                time_goes_on_from_the_newest_time_seen,
            },
            listing::{
                every_filter_finds_what_it_says,
                pages_have_no_gaps_and_no_doubles,
                a_page_before_a_job_ends_just_before_it,
                an_unknown_cursor_is_not_found,
                a_search_for_little_among_much_goes_on_where_it_stopped,
            },
            resources::{
                resources_are_kept_by_kind_and_organization,
                of_two_changes_to_one_revision_the_first_holds,
            },
            races::{
                two_changes_at_once_are_as_one_after_the_other,
            },
            history::{
                any_history_leaves_what_the_table_says,
            },
        }
    };
}
pub(crate) use suite;

/// A job that is queued at once, with a number for a name.
pub(crate) fn new_job(store: &dyn Store, number: usize) -> NewJob {
    let created_ms = store.now_ms();
    NewJob {
        id: format!("job_{number:06}"),
        organization: US.to_owned(),
        endpoint: Endpoint::Parse,
        state: State::Queued,
        metadata: Vec::new(),
        created_ms,
        expires_ms: created_ms + RETENTION_MS,
        request: RequestBody::from_value(&serde_json::json!({"number": number})),
        facets: Facets::default(),
        idempotency: None,
    }
}

impl Fixture {
    /// Closes the store as a process that dies does, and opens the same data.
    fn reopen(self) -> Self {
        let Self { store, clock, open, fresh } = self;
        drop(store);
        Self { store: open(), clock, open, fresh }
    }

    fn new_job(&self, number: usize) -> NewJob {
        new_job(&*self.store, number)
    }

    fn insert(&self, job: NewJob) -> Job {
        match self.store.insert(job).wait().unwrap() {
            Inserted::New(job) => job,
            other => panic!("not new: {other:?}"),
        }
    }

    /// Stores a queued job of that number.
    fn queue(&self, number: usize) -> Job {
        self.insert(self.new_job(number))
    }

    fn claim(&self) -> Claimed {
        self.store.claim().wait().unwrap()
    }

    fn complete(&self, lease: Lease) -> Finished {
        let outcome = Outcome::Completed(r#"{"text":"done"}"#.to_owned());
        self.store.finish(lease, outcome, None).wait().unwrap()
    }

    fn fail(&self, lease: Lease) -> Finished {
        self.store.finish(lease, Outcome::Failed(broken()), None).wait().unwrap()
    }

    /// Loses the worker of a job.
    fn lose(&self, lease: Lease) -> Option<Job> {
        self.store.lose(lease, JobError::new("worker_lost", "It crashed.")).wait().unwrap()
    }

    fn get(&self, id: &str) -> Job {
        self.store.get(US, id).unwrap().expect("the job is there")
    }

    fn count(&self, state: State) -> u64 {
        self.store.counts().of(state)
    }

    fn advance_ms(&self, ms: i64) {
        self.clock.advance(Duration::from_millis(ms.try_into().unwrap()));
    }

    /// Sweeps until nothing is due. The slices it took.
    fn sweep(&self) -> usize {
        1 + (0..10_000).take_while(|_| self.store.sweep().wait().unwrap().more).count()
    }
}

fn broken() -> JobError {
    JobError::new("processing_error", "It broke.").with_detail("page", 3)
}
