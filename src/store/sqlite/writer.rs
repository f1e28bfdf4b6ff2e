//! The writer thread: the only one that writes to the data file.
//!
//! It takes what is waiting, runs it in one transaction, commits, and only then answers.
//! Workers' claims are parked here and served in the very commit that sees queued work. It
//! must not know what an operation does.

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
    /// Claims that the running transaction has found a job for.
    served: Vec<(Claimant, Claimed)>,
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
            served: Vec::new(),
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
            Message::Claim(claimant) => {
                self.parked.push_back(claimant);
                if self.claims_closed {
                    self.refuse_claims(&StoreError::Closed);
                } else if let Some(why) = self.gauges.read_only() {
                    self.refuse_claims(&StoreError::ReadOnly(why));
                }
            }
            Message::CloseClaims => {
                self.claims_closed = true;
                self.refuse_claims(&StoreError::Closed);
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

    /// Runs a batch in one transaction and answers it. When it fails, certainly and as a
    /// whole, each operation gets a transaction of its own, so that one that does not fit
    /// on the disk takes no other with it.
    fn commit(&mut self, mut operations: Vec<Box<dyn Operation>>) {
        if let Some(latched) = self.gauges.read_only() {
            let refusal = StoreError::ReadOnly(latched);
            self.refuse_claims(&refusal);
            return answer_all(operations, &refusal);
        }
        self.session.now_ms = self.clock.now_ms();
        let outcome = self.transaction(&mut operations);
        match outcome {
            Ok(()) => {
                self.stored = self.session.kept;
                self.gauges.committed(operations.len() + self.served.len(), &self.session);
                self.tell();
                operations.into_iter().for_each(|operation| operation.answer(None));
                self.deliver();
                self.checkpoint.after_commit(&self.session.connection);
            }
            Err(failure) => {
                self.roll_back();
                if let StoreError::OutcomeUnknown(why) = &failure {
                    self.gauges.latch(why);
                    self.refuse_claims(&StoreError::ReadOnly(why.clone()));
                } else if operations.len() > 1 {
                    return operations.into_iter().for_each(|one| self.commit(vec![one]));
                }
                answer_all(operations, &failure);
            }
        }
    }

    /// The transaction from BEGIN to COMMIT.
    fn transaction(&mut self, operations: &mut [Box<dyn Operation>]) -> Result<(), StoreError> {
        let sound = |error: rusqlite::Error| not_stored(&error);
        self.session.execute(sql::BEGIN, []).map_err(sound)?;
        for operation in operations {
            self.guarded(|session| operation.apply(session))?;
        }
        self.serve()?;
        if self.session.kept != self.stored {
            self.session.kept.saw(self.session.now_ms);
            self.session.kept.store(&self.session.connection).map_err(sound)?;
        }
        self.gauges.before_commit()?;
        self.session.execute(sql::COMMIT, []).map_err(|error| in_commit(&error))?;
        Ok(())
    }

    /// Runs one operation. A refusal writes nothing, and the others go on. One that failed
    /// with something written fails the transaction, after which each has one of its own:
    /// that is seldom, and a savepoint for each would be paid by all.
    fn guarded(
        &mut self,
        apply: impl FnOnce(&mut Session) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let (kept, changes) = (self.session.kept, self.session.changes.len());
        let written = self.session.connection.total_changes();
        let Err(failure) = apply(&mut self.session) else { return Ok(()) };
        let connection = &self.session.connection;
        if connection.is_autocommit() || connection.total_changes() != written {
            return Err(failure);
        }
        self.session.kept = kept;
        self.session.changes.truncate(changes);
        Ok(())
    }

    /// Finds queued jobs for parked claims, oldest first on both sides.
    fn serve(&mut self) -> Result<(), StoreError> {
        while self.can_serve() {
            let mut claimed = None;
            self.guarded(|session| {
                claimed = life::claim(session)?;
                Ok(())
            })?;
            let Some(claimed) = claimed else { break };
            let Some(claimant) = self.parked.pop_front() else { break };
            self.served.push((claimant, claimed));
        }
        Ok(())
    }

    fn refuse_claims(&mut self, why: &StoreError) {
        // A worker that is gone needs no answer.
        self.parked.drain(..).for_each(|claimant| drop(claimant.send(Err(why.clone()))));
    }

    /// Tells the listeners what this commit has changed.
    fn tell(&mut self) {
        if !self.session.changes.is_empty() {
            self.listeners.iter().for_each(|listener| listener(&self.session.changes));
            self.session.changes.clear();
        }
    }

    fn deliver(&mut self) {
        for (claimant, claimed) in self.served.drain(..) {
            let lease = claimed.lease;
            if claimant.send(Ok(claimed)).is_err() {
                let (back, _) = operation(0, move |session| life::release(session, lease));
                self.returned.push(back);
            }
        }
    }

    fn roll_back(&mut self) {
        self.session.changes.clear();
        // These claims wait on, at their old places.
        while let Some((claimant, _)) = self.served.pop() {
            self.parked.push_front(claimant);
        }
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

fn answer_all(operations: Vec<Box<dyn Operation>>, failure: &StoreError) {
    operations.into_iter().for_each(|operation| operation.answer(Some(failure.clone())));
}
