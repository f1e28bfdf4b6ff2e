//! What the clients of the soak test know of every job, and the judge of it.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use serde_json::Value;

use crate::support::client::Client;

/// How a job may end here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ending {
    Completed,
    /// Its child was killed three times.
    WorkerLost,
    Cancelled,
    /// Its time was over before anybody looked.
    Expired,
    /// Anything else.
    Wrong,
}

impl Ending {
    pub(super) fn of(job: &Value) -> Self {
        match job["status"].as_str() {
            Some("completed") => Self::Completed,
            Some("cancelled") => Self::Cancelled,
            Some("expired") => Self::Expired,
            Some("failed") if job["error"]["code"] == "worker_lost" => Self::WorkerLost,
            _ => Self::Wrong,
        }
    }
}

/// What is known of all jobs.
#[derive(Default)]
pub(super) struct Ledger {
    /// Of each acknowledged job, its serial and how it ended.
    jobs: Mutex<HashMap<String, (String, Option<Ending>)>>,
    faults: Mutex<Vec<String>>,
    acknowledged: AtomicU64,
    ended: AtomicU64,
    polls: AtomicU64,
    lists: AtomicU64,
    cancels: AtomicU64,
    retries: AtomicU64,
    kills: AtomicU64,
}

impl Ledger {
    fn jobs(&self) -> MutexGuard<'_, HashMap<String, (String, Option<Ending>)>> {
        self.jobs.lock().unwrap()
    }

    pub(super) fn fault(&self, text: String) {
        self.faults.lock().unwrap().push(text);
    }

    pub(super) fn faults(&self) -> Vec<String> {
        self.faults.lock().unwrap().clone()
    }

    pub(super) fn acknowledge(&self, serial: &str, id: &str) {
        if self.jobs().insert(id.to_owned(), (serial.to_owned(), None)).is_some() {
            self.fault(format!("two creates were answered with {id}"));
        }
        self.acknowledged.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn expect_same(&self, id: &str, again: &Value) {
        if again["id"] != id {
            self.fault(format!("one key made {id} and {}", again["id"]));
        }
    }

    /// Notes a job's end, which may come once.
    pub(super) fn end(&self, serial: &str, id: &str, job: &Value) {
        let ending = Ending::of(job);
        let before = self.jobs().get_mut(id).and_then(|(_, end)| end.replace(ending));
        let text = job["response"]["body"]["text"].as_str().unwrap_or_default();
        let is_own = text == serial
            || text.starts_with(&format!("{serial}\n"))
            || text.starts_with(&format!("{serial} "));
        if before.is_some() {
            self.fault(format!("{id} ended twice: {before:?} and {ending:?}"));
        }
        if ending == Ending::Wrong || ending == Ending::Completed && !is_own {
            let short: String = job.to_string().chars().take(600).collect();
            self.fault(format!("{id} of {serial} ended with {short}"));
        }
        self.ended.fetch_add(1, Ordering::Relaxed);
    }

    /// Compares two looks at a job that had completed.
    pub(super) fn expect_end(&self, id: &str, first: &Value, second: &Value) {
        let is_over = second["status"] == "expired";
        if !is_over
            && (&first["status"], &first["response"]) != (&second["status"], &second["response"])
        {
            self.fault(format!("{id} ended twice: {first} and {second}"));
        }
    }

    /// Lists everything there is: each acknowledged job once, and nothing else.
    pub(super) fn compare_with(&self, client: &mut Client) {
        let mut found: HashMap<String, u32> = HashMap::new();
        let mut after = String::new();
        loop {
            let page = client.get(&format!("/v1/jobs?limit=100&order=asc{after}")).ok();
            for job in page["data"].as_array().unwrap() {
                *found.entry(job["id"].as_str().unwrap().to_owned()).or_default() += 1;
            }
            let Some(last) = page["last_id"].as_str().filter(|_| page["has_more"] == true) else {
                break;
            };
            after = format!("&after={last}");
        }
        let jobs = self.jobs();
        let lost: Vec<&String> = jobs.keys().filter(|id| !found.contains_key(*id)).collect();
        let doubled: Vec<_> = found.iter().filter(|(_, count)| **count > 1).collect();
        let unknown: Vec<_> = found.keys().filter(|id| !jobs.contains_key(*id)).collect();
        let endless = jobs.values().filter(|(_, end)| end.is_none()).count();
        println!(
            "ledger: {} acknowledged, {} listed, {} lost, {} doubled, {} unknown, {} without an \
             end",
            jobs.len(),
            found.len(),
            lost.len(),
            doubled.len(),
            unknown.len(),
            endless
        );
        assert!(
            lost.is_empty() && doubled.is_empty() && unknown.is_empty(),
            "{lost:?} {doubled:?}"
        );
        assert_eq!(endless, 0, "every job ends");
    }

    pub(super) fn summary(&self, time: Duration) -> String {
        let mut ends: BTreeMap<Ending, usize> = BTreeMap::new();
        for (_, end) in self.jobs().values() {
            *ends.entry(end.unwrap_or(Ending::Wrong)).or_default() += 1;
        }
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        format!(
            "{} jobs in {:.0} s ({:.0}/s): {ends:?}; {} polls, {} lists, {} cancels, {} retries, \
             {} children killed",
            self.acknowledged(),
            time.as_secs_f64(),
            self.acknowledged() as f64 / time.as_secs_f64(),
            count(&self.polls),
            count(&self.lists),
            count(&self.cancels),
            count(&self.retries),
            count(&self.kills)
        )
    }

    pub(super) fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::Relaxed)
    }

    pub(super) fn ended(&self) -> u64 {
        self.ended.load(Ordering::Relaxed)
    }

    pub(super) fn killed(&self) -> u64 {
        self.kills.load(Ordering::Relaxed)
    }

    pub(super) fn count_kill(&self) {
        self.kills.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_poll(&self) {
        self.polls.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_list(&self) {
        self.lists.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_cancel(&self) {
        self.cancels.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_retry(&self) {
        self.retries.fetch_add(1, Ordering::Relaxed);
    }
}
