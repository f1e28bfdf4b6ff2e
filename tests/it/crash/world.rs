//! What the clients of the crash test know, and the judge of what they see.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use docspool::State;
use docspool::job::state::{Event, next};
use serde_json::Value;

use crate::support::client::{Answer, Client};
use crate::support::documents;
use crate::support::random::Random;

/// How long everything acknowledged in a round may take to end.
const END_LIMIT: Duration = Duration::from_secs(60);

/// What the clients know, over all rounds.
pub(super) struct World {
    pub(super) seed: u64,
    /// One for each submitter.
    ledgers: Vec<(PathBuf, Mutex<File>)>,
    jobs: Mutex<Jobs>,
    faults: Mutex<Vec<String>>,
    seen: Seen,
}

#[derive(Default)]
struct Seen {
    acknowledged: AtomicU64,
    unknown: AtomicU64,
    polls: AtomicU64,
    cancels: AtomicU64,
}

#[derive(Default)]
struct Jobs {
    /// Acknowledged jobs.
    by_id: HashMap<String, Known>,
    /// Ids in the order of acknowledgement.
    ids: Vec<String>,
    /// Sent, with no answer: serial to the key it was sent with.
    unknown: BTreeMap<String, Option<String>>,
    /// Ids up to this one have been seen to end.
    settled: usize,
}

/// What has been seen of one job.
#[derive(Clone)]
pub(super) struct Known {
    serial: String,
    key: Option<String>,
    pub(super) state: State,
    /// Counts changes of this record; an observation that began before one is older.
    version: u64,
    /// The whole answer about a job that had ended, without what may differ.
    end: Option<Value>,
}

impl World {
    pub(super) fn new(dir: &Path, submitters: u64, seed: u64) -> Self {
        let ledger = |n| {
            let path = dir.join(format!("ledger-{n}"));
            let file = Mutex::new(File::create(&path).unwrap());
            (path, file)
        };
        Self {
            seed,
            ledgers: (0..submitters).map(ledger).collect(),
            jobs: Mutex::default(),
            faults: Mutex::default(),
            seen: Seen::default(),
        }
    }

    /// Writes a line to the ledger of a submitter, onto stable storage.
    pub(super) fn note(&self, submitter: u64, line: &str) {
        let (_, ledger) = &self.ledgers[usize::try_from(submitter).unwrap()];
        let mut ledger = ledger.lock().unwrap();
        writeln!(ledger, "{line}").unwrap();
        ledger.sync_data().unwrap();
    }

    /// Notes what is about to be sent. Until it is acknowledged nobody knows what became of it.
    pub(super) fn intend(&self, submitter: u64, serial: &str, key: Option<&str>) {
        self.note(submitter, &format!("intent {serial} {}", key.unwrap_or("-")));
        self.jobs().unknown.insert(serial.to_owned(), key.map(str::to_owned));
    }

    /// What the ledgers on the disk say was acknowledged.
    fn ids_in_the_ledgers(&self) -> BTreeSet<String> {
        let texts = self.ledgers.iter().map(|(path, _)| std::fs::read_to_string(path).unwrap());
        let lines = texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>());
        let id = |line: String| {
            let id = line.strip_prefix("ack ")?.split(' ').nth(1)?.trim_matches('"');
            Some(id.to_owned())
        };
        lines.filter_map(id).collect()
    }

    pub(super) fn acknowledged(&self) -> u64 {
        self.seen.acknowledged.load(Ordering::Relaxed)
    }

    pub(super) fn count_poll(&self) {
        self.seen.polls.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_cancel(&self) {
        self.seen.cancels.fetch_add(1, Ordering::Relaxed);
    }

    fn jobs(&self) -> MutexGuard<'_, Jobs> {
        self.jobs.lock().unwrap()
    }

    pub(super) fn fault(&self, text: String) {
        self.faults.lock().unwrap().push(text);
    }

    pub(super) fn faults(&self) -> Vec<String> {
        self.faults.lock().unwrap().clone()
    }

    /// Any acknowledged job, and what was known of it before the caller asks about it.
    pub(super) fn any_job(&self, random: &mut Random) -> Option<(String, Known)> {
        let jobs = self.jobs();
        // Mostly new ones, sometimes one of long ago.
        let count = u64::try_from(jobs.ids.len()).unwrap();
        let window = if random.below(4) == 0 { count } else { count.min(200) };
        let index = count.checked_sub(1)? - random.below(window.max(1));
        let id = jobs.ids[usize::try_from(index).unwrap()].clone();
        let known = jobs.by_id[&id].clone();
        Some((id, known))
    }

    pub(super) fn acknowledge(&self, serial: &str, key: Option<&str>, job: &Value) {
        let id = job["id"].as_str().unwrap().to_owned();
        let known = Known {
            serial: serial.to_owned(),
            key: key.map(str::to_owned),
            state: state_of(job),
            version: 0,
            end: None,
        };
        let mut jobs = self.jobs();
        jobs.unknown.remove(serial);
        if jobs.by_id.insert(id.clone(), known).is_some() {
            self.fault(format!("two creates were answered with {id}"));
        }
        jobs.ids.push(id);
        self.seen.acknowledged.fetch_add(1, Ordering::Relaxed);
    }

    /// Compares what an answer says with what was known before it was asked for.
    pub(super) fn observe(&self, before: &Known, job: &Value) {
        let id = job["id"].as_str().unwrap();
        let now = state_of(job);
        if !reachable(before.state).contains(&now) {
            self.fault(format!("{id} went from {} to {now}", before.state));
        }
        let end = now.is_terminal().then(|| end_of(job));
        let mut jobs = self.jobs();
        let known = jobs.by_id.get_mut(id).unwrap();
        if let (Some(first), Some(second)) = (&known.end, &end)
            && first != second
        {
            self.fault(format!("{id} ended twice: {first} and {second}"));
        }
        if now == State::Completed && job["response"]["body"]["text"] != known.serial.as_str() {
            self.fault(format!("{id} has the answer of another job: {job}"));
        }
        if known.version == before.version {
            known.version += 1;
            known.state = now;
            known.end = known.end.take().or(end);
        }
    }

    /// Sends again what got no answer. With a key there is one job, however often it is
    /// sent; without one there is at most one.
    pub(super) fn repeat_unknown(&self, client: &mut Client) {
        let unknown = std::mem::take(&mut self.jobs().unknown);
        self.seen.unknown.fetch_add(unknown.len() as u64, Ordering::Relaxed);
        for (serial, key) in unknown {
            let expected = match &key {
                Some(key) => {
                    let first = create(client, &serial, Some(key)).unwrap().ok();
                    let second = create(client, &serial, Some(key)).unwrap().ok();
                    if first["id"] != second["id"] {
                        self.fault(format!("key {key} made {} and {}", first["id"], second["id"]));
                    }
                    self.acknowledge(&serial, Some(key), &first);
                    1..=1
                }
                None => 0..=1,
            };
            let found = with_serial(client, &serial);
            if !expected.contains(&found.len()) {
                self.fault(format!("sent once, {serial} is stored as {found:?}"));
            }
            if let (None, [job]) = (&key, found.as_slice()) {
                self.acknowledge(&serial, None, job);
            }
        }
    }

    /// Waits until everything acknowledged has ended.
    pub(super) fn settle(&self, client: &mut Client) {
        let mut waiting: Vec<String> = {
            let jobs = self.jobs();
            jobs.ids[jobs.settled..].to_vec()
        };
        let deadline = Instant::now() + END_LIMIT;
        while !waiting.is_empty() {
            let mut left = Vec::new();
            for ids in waiting.chunks(100) {
                left.extend(self.observe_all(client, ids));
            }
            if Instant::now() > deadline {
                return self.fault(format!("{} jobs do not end: {:?}", left.len(), left.first()));
            }
            waiting = left;
            std::thread::sleep(Duration::from_millis(10));
        }
        let mut jobs = self.jobs();
        jobs.settled = jobs.ids.len();
    }

    /// Looks at jobs through one listing and returns those that have not ended.
    fn observe_all(&self, client: &mut Client, ids: &[String]) -> Vec<String> {
        let page = client.get(&format!("/v1/jobs?limit=100&ids={}", ids.join(","))).ok();
        let mut found: HashMap<String, State> = HashMap::new();
        for job in page["data"].as_array().unwrap() {
            found.insert(job["id"].as_str().unwrap().to_owned(), state_of(job));
        }
        let open = |id: &&String| match found.get(*id) {
            Some(state) => !state.is_terminal(),
            None => {
                self.fault(format!("acknowledged and lost: {id}"));
                false
            }
        };
        ids.iter().filter(open).cloned().collect()
    }

    /// Reads every job whole, walks the whole listing, repeats a sample of the keys.
    pub(super) fn verify_everything(&self, client: &mut Client) {
        let known: Vec<(String, Known)> =
            self.jobs().by_id.iter().map(|(id, known)| (id.clone(), known.clone())).collect();
        for (n, (id, before)) in known.iter().enumerate() {
            let answer = client.get(&format!("/v1/jobs/{id}"));
            if answer.status != 200 {
                self.fault(format!("acknowledged and lost: {id} ({})", answer.status));
                continue;
            }
            let job = answer.ok();
            self.observe(before, &job);
            self.judge_end(&job);
            if let (Some(key), 0) = (&before.key, n % 10) {
                let again = create(client, &before.serial, Some(key)).unwrap().ok();
                if again["id"] != id.as_str() {
                    self.fault(format!("key {key} of {id} now gives {}", again["id"]));
                }
            }
        }
        let acknowledged: BTreeSet<&str> = known.iter().map(|(id, _)| id.as_str()).collect();
        let listed = all_ids(client);
        let listed: BTreeSet<&str> = listed.iter().map(String::as_str).collect();
        for id in self.ids_in_the_ledgers() {
            if !listed.contains(id.as_str()) {
                self.fault(format!("in the ledger and lost: {id}"));
            }
        }
        if listed != acknowledged {
            let strange: Vec<_> = listed.symmetric_difference(&acknowledged).take(5).collect();
            self.fault(format!("listed and known jobs differ: {strange:?}"));
        }
    }

    fn judge_end(&self, job: &Value) {
        let may_fail = job["error"]["code"] == "worker_lost" && job["attempts"] == 3;
        match state_of(job) {
            State::Completed | State::Cancelled => {}
            State::Failed if may_fail => {}
            _ => self.fault(format!("an odd end: {job}")),
        }
    }

    pub(super) fn summary(&self) -> String {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        format!(
            "{} acknowledged, {} without an answer, {} polls, {} cancels",
            count(&self.seen.acknowledged),
            count(&self.seen.unknown),
            count(&self.seen.polls),
            count(&self.seen.cancels)
        )
    }
}

pub(super) fn create(
    client: &mut Client,
    serial: &str,
    key: Option<&str>,
) -> std::io::Result<Answer> {
    let mut body = documents::parse_text(&format!("{serial}.txt"), serial);
    body["metadata"] = serde_json::json!({"serial": serial});
    let headers: Vec<_> = key.map(|key| ("Idempotency-Key", key)).into_iter().collect();
    client.send("POST", "/v1/jobs", &headers, Some(body.to_string().as_bytes()))
}

pub(super) fn state_of(job: &Value) -> State {
    State::from_name(job["status"].as_str().unwrap()).unwrap()
}

/// What must be the same whenever a job that has ended is looked at.
fn end_of(job: &Value) -> Value {
    let fields = ["status", "response", "error", "completed_at", "started_at", "attempts"];
    fields.iter().map(|&name| (name.to_owned(), job[name].clone())).collect()
}

/// The states that may follow, over any number of changes, while nobody retries and
/// nothing expires.
pub(super) fn reachable(from: State) -> Vec<State> {
    let events = Event::ALL.into_iter().filter(|e| !matches!(e, Event::Retried | Event::Expired));
    let events: Vec<_> = events.collect();
    let mut found = vec![from];
    let mut index = 0;
    while index < found.len() {
        for &event in &events {
            if let Ok(state) = next(found[index], event)
                && !found.contains(&state)
            {
                found.push(state);
            }
        }
        index += 1;
    }
    found
}

fn with_serial(client: &mut Client, serial: &str) -> Vec<Value> {
    // {"serial":"0-1-2"}, percent-encoded.
    let filter = format!("%7B%22serial%22%3A%22{serial}%22%7D");
    let page = client.get(&format!("/v1/jobs?metadata={filter}")).ok();
    page["data"].as_array().unwrap().clone()
}

fn all_ids(client: &mut Client) -> Vec<String> {
    let (mut ids, mut after) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("/v1/jobs?limit=100&order=asc{after}")).ok();
        let data = page["data"].as_array().unwrap();
        ids.extend(data.iter().map(|job| job["id"].as_str().unwrap().to_owned()));
        if page["has_more"] != true {
            return ids;
        }
        after = format!("&after={}", page["last_id"].as_str().unwrap());
    }
}
