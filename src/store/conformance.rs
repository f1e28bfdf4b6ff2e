//! What any store must do, as a suite generic over [`super::Store`].
//!
//! A store's own tests hand [`suite`] a function that makes a fresh store; each rule then
//! becomes a test of its own there. Nothing here may know how a store keeps its data.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing)]

pub(crate) mod changes;
pub(crate) mod documents;
pub(crate) mod lifecycle;

use std::any::Any;
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
const RETENTION_MS: i64 = 1_000_000;
/// Whose jobs most tests make.
pub(crate) const US: &str = "org_us";

/// A fresh store, the clock it lives by, and whatever it must keep alive.
pub(crate) struct Fixture {
    pub(crate) store: Box<dyn Store>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) _keep: Box<dyn Any>,
}

/// Makes a test of each rule, for the store that `$fresh` makes.
macro_rules! suite {
    ($fresh:path: $($module:ident::{$($rule:ident),* $(,)?}),* $(,)?) => {
        $(mod $module {
            $(#[test]
            fn $rule() {
                crate::store::conformance::$module::$rule(&$fresh());
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
            },
            changes::{
                changes_are_told_in_the_order_they_were_made,
                what_was_refused_tells_nothing,
                a_change_is_told_before_its_caller_is_answered,
            },
            documents::{
                small_documents_come_in_with_the_job,
                large_documents_are_bound_to_the_job,
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
    fn insert(&self, job: NewJob) -> Job {
        match self.store.insert(job).wait().unwrap() {
            Inserted::New(job) => job,
            other => panic!("not new: {other:?}"),
        }
    }

    /// Stores a queued job of that number.
    fn queue(&self, number: usize) -> Job {
        self.insert(new_job(&*self.store, number))
    }

    fn claim(&self) -> Claimed {
        self.store.claim().wait().unwrap()
    }

    fn complete(&self, lease: Lease) -> Finished {
        let outcome = Outcome::Completed(r#"{"text":"done"}"#.to_owned());
        self.store.finish(lease, outcome, None).wait().unwrap()
    }

    fn fail(&self, lease: Lease) -> Finished {
        let outcome = Outcome::Failed(JobError::new("processing_error", "It broke."));
        self.store.finish(lease, outcome, None).wait().unwrap()
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
}
