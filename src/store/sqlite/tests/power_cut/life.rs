//! One life of a store: a random sequence of what an engine asks of it.

use std::time::Duration;

use proptest::test_runner::TestRng;

use super::Bench;
use super::image::below;
use super::ledger::{Ledger, document, response};
use crate::job::State;
use crate::job::model::{Lease, Outcome};
use crate::job::request::{Chunk, RequestBody, Slot, SlotContent, marker};
use crate::store::conformance::{US, new_job};
use crate::store::sqlite::SqliteStore;
use crate::store::{Finished, NewJob, Store as _};

const ROUNDS: usize = 40;
/// Longer than any commit takes.
const CLAIM_WAIT: Duration = Duration::from_secs(5);
const SHORT_RETENTION_MS: i64 = 5_000;

/// What this side knows of a job.
#[derive(Debug)]
struct Known {
    id: String,
    sequence: i64,
    /// Unknown after a refusal: then the job is left alone.
    state: Option<State>,
    lease: Option<Lease>,
    expires_ms: i64,
}

struct Life<'a> {
    store: &'a SqliteStore,
    ledger: Ledger,
    jobs: Vec<Known>,
}

/// Lives one life and returns its ledger.
pub(super) fn live(store: &SqliteStore, bench: &Bench, random: &mut TestRng) -> Ledger {
    let mut life = Life { store, ledger: Ledger::new(&bench.recorder), jobs: Vec::new() };
    life.insert(4, random);
    for _ in 0..ROUNDS {
        match below(random, 10) {
            0..=3 => {
                let count = 1 + below(random, 8);
                life.insert(count, random);
            }
            4 | 5 => life.claim(1 + below(random, 4)),
            6 | 7 => life.end(random),
            8 => life.retry(random),
            _ => {
                bench.clock.advance(Duration::from_millis(below(random, 2_500) as u64));
                life.expire();
            }
        }
    }
    life.ledger
}

fn with_document(job: NewJob) -> NewJob {
    let bytes = document(&job.id);
    let json = format!("{{\"job\":\"{}\",\"url\":\"{}\"}}", job.id, marker(0));
    let chunks = bytes.chunks(4_000).map(|piece| Chunk { is_text: false, bytes: piece.to_vec() });
    let slot = Slot {
        offset: json.len() - marker(0).len() - 2,
        head: "data:application/pdf;base64,".to_owned(),
        length: bytes.len() as u64,
        first_bytes: bytes[..64].to_vec(),
        fetched_from: None,
        content: SlotContent::Memory(chunks.collect()),
    };
    NewJob { request: RequestBody { json, slots: vec![slot] }, ..job }
}

impl Life<'_> {
    /// Stores some jobs in one commit, as far as the writer finds them waiting.
    fn insert(&mut self, count: usize, random: &mut TestRng) {
        let first = self.jobs.len();
        let jobs: Vec<NewJob> = (first..first + count)
            .map(|number| {
                let mut job = new_job(self.store, number);
                job.request = RequestBody::from_value(
                    &serde_json::json!({"job": job.id, "pad": "x".repeat(below(random, 3_000))}),
                );
                job.state = if below(random, 4) == 0 { State::Validating } else { State::Queued };
                if below(random, 3) == 0 {
                    job.expires_ms = job.created_ms + SHORT_RETENTION_MS;
                }
                if below(random, 3) == 0 { with_document(job) } else { job }
            })
            .collect();
        let asked: Vec<_> = jobs
            .into_iter()
            .map(|job| {
                let step = self.ledger.ask(&job.id, job.state);
                let known = (job.id.clone(), job.state, job.expires_ms);
                (step, known, self.store.insert(job))
            })
            .collect();
        for (step, (id, state, expires_ms), pending) in asked {
            let inserted = self.ledger.answer(step, pending.wait());
            let sequence = match inserted {
                Some(crate::store::Inserted::New(job)) => Some(job.sequence),
                Some(other) => panic!("not new: {other:?}"),
                None => None,
            };
            self.jobs.push(Known {
                id,
                sequence: sequence.unwrap_or_default(),
                state: sequence.map(|_| state),
                lease: None,
                expires_ms,
            });
        }
    }

    fn count(&self, state: State) -> usize {
        self.jobs.iter().filter(|known| known.state == Some(state)).count()
    }

    /// Ends some validations and takes some jobs.
    fn claim(&mut self, most: usize) {
        for known in &mut self.jobs {
            if known.state == Some(State::Validating) {
                let step = self.ledger.ask(&known.id, State::Queued);
                let answer =
                    self.ledger.answer(step, self.store.validated(known.sequence, None).wait());
                known.state = answer.flatten().map(|job| job.state);
            }
        }
        for _ in 0..most.min(self.count(State::Queued)) {
            // On a full disk a claim waits for room. In doubt it is as good as none: the job
            // is queued again after a cut.
            if self.ledger.is_failing() {
                break;
            }
            let answer = self.store.claim().receiver.recv_timeout(CLAIM_WAIT);
            let Ok(Ok(claimed)) = answer else { continue };
            let step = self.ledger.ask(&claimed.job.id, State::InProgress);
            self.ledger.answer(step, Ok(()));
            let known = self.jobs.iter_mut().find(|known| known.id == claimed.job.id);
            let known = known.expect("no job comes from nowhere");
            known.state = known.state.map(|_| State::InProgress);
            known.lease = Some(claimed.lease);
        }
    }

    /// Finishes or cancels what runs, all in one go; what was cancelled is finished late.
    fn end(&mut self, random: &mut TestRng) {
        let (mut finishes, mut refused) = (Vec::new(), Vec::new());
        for (place, known) in self.jobs.iter().enumerate() {
            let (Some(State::InProgress), Some(lease)) = (known.state, known.lease) else {
                continue;
            };
            let outcome = Outcome::Completed(response(&known.id));
            if below(random, 5) < 3 {
                let step = self.ledger.ask(&known.id, State::Completed);
                finishes.push((place, Some(step), self.store.finish(lease, outcome, None)));
                continue;
            }
            let step = self.ledger.ask(&known.id, State::Cancelled);
            let answer = self.store.cancel(US, &known.id).wait();
            if self.ledger.answer(step, answer).is_some() {
                finishes.push((place, None, self.store.finish(lease, outcome, None)));
            } else {
                refused.push(place);
            }
        }
        for place in refused {
            self.jobs[place].state = None;
        }
        for (place, step, pending) in finishes {
            self.jobs[place].lease = None;
            self.jobs[place].state = match (step, pending) {
                (Some(step), pending) => {
                    let answer = self.ledger.answer(step, pending.wait());
                    answer.map(|finished| match finished {
                        Finished::Recorded(job) => job.state,
                        Finished::Late => panic!("the lease held"),
                    })
                }
                (None, pending) => match pending.wait() {
                    Ok(Finished::Recorded(job)) => panic!("cancelled, then {}", job.state),
                    Ok(Finished::Late) => Some(State::Cancelled),
                    Err(_) => None,
                },
            };
        }
    }

    fn retry(&mut self, random: &mut TestRng) {
        for known in &mut self.jobs {
            let is_over = known.state == Some(State::Cancelled);
            if !is_over || below(random, 3) > 0 {
                continue;
            }
            let expires_ms = self.store.now_ms() + SHORT_RETENTION_MS;
            let step = self.ledger.ask(&known.id, State::Queued);
            let answer = self.store.retry(US, &known.id, expires_ms).wait();
            known.state = self.ledger.answer(step, answer).map(|job| job.state);
            known.expires_ms = expires_ms;
        }
    }

    /// Lets expire what is due.
    fn expire(&mut self) {
        let now_ms = self.store.now_ms();
        let due: Vec<(usize, usize)> = self
            .jobs
            .iter()
            .enumerate()
            .filter(|(_, known)| known.expires_ms <= now_ms)
            .filter(|(_, known)| known.state != Some(State::Expired))
            .map(|(place, known)| (place, self.ledger.ask(&known.id, State::Expired)))
            .collect();
        let mut answer = self.store.sweep().wait();
        while answer.as_ref().is_ok_and(|swept| swept.more) {
            answer = self.store.sweep().wait();
        }
        let answer = answer.map(drop);
        for (place, step) in due {
            // It may not even be there.
            if self.jobs[place].state.is_none() {
                continue;
            }
            let is_done = self.ledger.answer(step, answer.clone()).is_some();
            self.jobs[place].state = is_done.then_some(State::Expired);
        }
    }
}
