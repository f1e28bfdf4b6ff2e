//! The writer thread: the only one that writes to the data file.
//!
//! It takes what is waiting, runs it in one transaction with a savepoint for each
//! operation, commits, and only then answers. Workers' claims are parked here and served
//! in the very commit that sees queued work. It must not know what an operation does.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, select};

use super::checkpoint::Checkpoint;
use super::error::{in_commit, not_stored};
use super::gauges::Gauges;
use super::kept::Kept;
use super::life;
use super::operation::{Claimant, Message, Operation, operation};
use super::session::Session;
use super::sql;
use crate::base::clock::SteadyClock;
use crate::base::limits;
use crate::job::State;
use crate::store::{Claimed, Listener, StoreError};

/// How long the writer sleeps when nothing is asked, before it looks after the log.
const IDLE: Duration = Duration::from_secs(1);

/// The two ways to the writer. Chunks of large documents wait behind everything small.
pub(super) struct Lanes {
    pub(super) operations: Receiver<Message>,
    pub(super) bulk: Receiver<Box<dyn Operation>>,
}

pub(super) struct Writer {
    session: Session,
    clock: SteadyClock,
    checkpoint: Checkpoint,
    gauges: Arc<Gauges>,
    /// The kept numbers as they are on disk.
    stored: Kept,
    parked: VecDeque<Claimant>,
    claims_closed: bool,
    /// Claims nobody waited for any more; they go back first.
    returned: Vec<Box<dyn Operation>>,
    listeners: Vec<Listener>,
}

/// What one commit carries.
#[derive(Default)]
struct Batch {
    operations: Vec<Box<dyn Operation>>,
    bytes: usize,
}

impl Batch {
    fn push(&mut self, operation: Box<dyn Operation>) {
        self.bytes += operation.weight();
        self.operations.push(operation);
    }

    fn is_full(&self) -> bool {
        self.operations.len() >= limits::COMMIT_OPERATIONS_MAX
            || self.bytes >= limits::COMMIT_BYTES_MAX
    }
}

impl Writer {
    pub(super) fn new(
        session: Session,
        clock: SteadyClock,
        checkpoint: Checkpoint,
        gauges: Arc<Gauges>,
    ) -> Self {
        Self {
            stored: session.kept,
            session,
            clock,
            checkpoint,
            gauges,
            parked: VecDeque::new(),
            claims_closed: false,
            returned: Vec::new(),
            listeners: Vec::new(),
        }
    }

    /// Works until every sender is gone and everything sent is answered.
    pub(super) fn run(mut self, lanes: &Lanes) {
        while let Some(batch) = self.gather(lanes) {
            if !batch.operations.is_empty() || self.can_serve() {
                self.commit(batch.operations);
            }
            self.gauges.tick(self.clock.now_ms());
        }
        self.parked.clear();
        self.checkpoint.at_end(&self.session.connection);
    }

    /// Waits for work and takes what is there, bounded in number and bytes. `None` when
    /// there will be no more.
    fn gather(&mut self, lanes: &Lanes) -> Option<Batch> {
        let mut batch = Batch::default();
        for operation in std::mem::take(&mut self.returned) {
            batch.push(operation);
        }
        if batch.operations.is_empty() && !self.wait(lanes, &mut batch) {
            return None;
        }
        while !batch.is_full()
            && let Ok(message) = lanes.operations.try_recv()
        {
            self.take(message, &mut batch);
        }
        if let Ok(chunk) = lanes.bulk.try_recv() {
            batch.push(chunk);
        }
        Some(batch)
    }

    /// Sleeps until something comes; `false` when nothing can come any more.
    fn wait(&mut self, lanes: &Lanes, batch: &mut Batch) -> bool {
        select! {
            recv(lanes.operations) -> message => match message {
                Ok(message) => self.take(message, batch),
                // Both lanes close together; a chunk may be left.
                Err(_) => match lanes.bulk.recv() {
                    Ok(chunk) => batch.push(chunk),
                    Err(_) => return false,
                },
            },
            recv(lanes.bulk) -> chunk => match chunk {
                Ok(chunk) => batch.push(chunk),
                Err(_) => match lanes.operations.recv() {
                    Ok(message) => self.take(message, batch),
                    Err(_) => return false,
                },
            },
            default(IDLE) => self.idle(),
        }
        true
    }

    fn take(&mut self, message: Message, batch: &mut Batch) {
        match message {
            Message::Operation(operation) => batch.push(operation),
            Message::Claim(claimant) if self.claims_closed => closed(&claimant),
            Message::Claim(claimant) => self.parked.push_back(claimant),
            Message::CloseClaims => {
                self.claims_closed = true;
                self.parked.drain(..).for_each(|claimant| closed(&claimant));
            }
            Message::Listen(listener) => self.listeners.push(listener),
        }
    }

    fn can_serve(&self) -> bool {
        !self.parked.is_empty() && self.session.kept.count(State::Queued) > 0
    }

    /// What is done when a second went by without work.
    fn idle(&mut self) {
        self.checkpoint.when_idle(&self.session.connection);
        // A safety net: nothing known makes the kept number too small.
        let forgotten = !self.parked.is_empty()
            && !self.can_serve()
            && self.session.exists(sql::ANY_QUEUED, []).unwrap_or(false);
        if forgotten {
            self.reload();
        }
    }

    /// Runs a batch in one transaction and answers it.
    fn commit(&mut self, mut operations: Vec<Box<dyn Operation>>) {
        if let Some(latched) = self.gauges.read_only() {
            let refusal = StoreError::ReadOnly(latched);
            answer_all(operations, &refusal);
            self.parked.drain(..).for_each(|claimant| drop(claimant.send(Err(refusal.clone()))));
            return;
        }
        self.session.now_ms = self.clock.now_ms();
        let outcome = self.transaction(&mut operations);
        match outcome {
            Ok(served) => {
                self.stored = self.session.kept;
                self.gauges.committed(operations.len() + served.len(), &self.session);
                self.tell();
                operations.into_iter().for_each(|operation| operation.answer(None));
                self.deliver(served);
                self.checkpoint.after_commit(&self.session.connection);
            }
            Err(failure) => {
                self.roll_back();
                if let StoreError::OutcomeUnknown(why) = &failure {
                    self.gauges.latch(why);
                }
                answer_all(operations, &failure);
            }
        }
    }

    /// The transaction from BEGIN to COMMIT; the claims it served.
    fn transaction(
        &mut self,
        operations: &mut [Box<dyn Operation>],
    ) -> Result<Vec<(Claimant, Claimed)>, StoreError> {
        let sound = |error: rusqlite::Error| not_stored(&error);
        self.session.execute(sql::BEGIN, []).map_err(sound)?;
        for operation in operations {
            self.guarded(|session| operation.apply(session))?;
        }
        let served = self.serve()?;
        if self.session.kept != self.stored {
            self.session.kept.saw(self.session.now_ms);
            self.session.kept.store(&self.session.connection).map_err(sound)?;
        }
        self.gauges.before_commit()?;
        self.session.execute(sql::COMMIT, []).map_err(|error| in_commit(&error))?;
        Ok(served)
    }

    /// Runs one operation inside a savepoint; what a failed one has written is undone.
    fn guarded(&mut self, apply: impl FnOnce(&mut Session) -> bool) -> Result<(), StoreError> {
        let sound = |error: rusqlite::Error| not_stored(&error);
        let (before, changes) = (self.session.kept, self.session.changes.len());
        self.session.execute(sql::SAVEPOINT, []).map_err(sound)?;
        if !apply(&mut self.session) {
            self.session.kept = before;
            self.session.changes.truncate(changes);
            // Some errors end the whole transaction; then this fails, and so does the batch.
            self.session.execute(sql::ROLLBACK_TO, []).map_err(sound)?;
        }
        self.session.execute(sql::RELEASE, []).map_err(sound)?;
        Ok(())
    }

    /// Answers parked claims with queued jobs, oldest first on both sides.
    fn serve(&mut self) -> Result<Vec<(Claimant, Claimed)>, StoreError> {
        let mut served = Vec::new();
        while self.can_serve() {
            let mut claimed = None;
            self.guarded(|session| {
                claimed = life::claim(session).ok().flatten();
                claimed.is_some()
            })?;
            let Some(claimed) = claimed else { break };
            let Some(claimant) = self.parked.pop_front() else { break };
            served.push((claimant, claimed));
        }
        Ok(served)
    }

    /// Tells the listeners what this commit has changed.
    fn tell(&mut self) {
        if !self.session.changes.is_empty() {
            self.listeners.iter().for_each(|listener| listener(&self.session.changes));
            self.session.changes.clear();
        }
    }

    fn deliver(&mut self, served: Vec<(Claimant, Claimed)>) {
        for (claimant, claimed) in served {
            let lease = claimed.lease;
            if claimant.send(Ok(claimed)).is_err() {
                let (back, _) = operation(0, move |session| life::release(session, lease));
                self.returned.push(back);
            }
        }
    }

    fn roll_back(&mut self) {
        self.session.changes.clear();
        if !self.session.connection.is_autocommit() {
            // It can only fail because the transaction is over already.
            let _ = self.session.execute(sql::ROLLBACK, []);
        }
        self.reload();
    }

    /// Reads the kept numbers again, because those in memory may be wrong.
    fn reload(&mut self) {
        match Kept::load(&self.session.connection) {
            Ok(kept) => self.stored = kept,
            Err(error) => tracing::error!(%error, "the kept numbers could not be read again"),
        }
        self.session.kept = self.stored;
    }
}

fn closed(claimant: &Claimant) {
    // A worker that is gone needs no answer.
    let _ = claimant.send(Err(StoreError::Closed));
}

fn answer_all(operations: Vec<Box<dyn Operation>>, failure: &StoreError) {
    operations.into_iter().for_each(|operation| operation.answer(Some(failure.clone())));
}
