//! One write and the channel its answer goes through.
//!
//! Owns how an operation is carried to the writer and answered. It must not know what
//! any operation does.

use super::error::Fault;
use super::session::Session;
use crate::store::{Claimed, Listener, Pending, StoreError};

/// What the writer runs inside a commit and answers after it.
pub(super) trait Operation: Send {
    /// Applies it.
    ///
    /// # Errors
    /// Why it failed; what it has written must then be rolled back.
    fn apply(&mut self, session: &mut Session) -> Result<(), StoreError>;
    /// Answers after the commit: with what `apply` found, or with what went wrong.
    fn answer(self: Box<Self>, failure: Option<StoreError>);
    /// Rough size of what it writes, in bytes.
    fn weight(&self) -> usize;
}

/// What travels to the writer.
pub(super) enum Message {
    /// To be applied in the next commit.
    Operation(Box<dyn Operation>),
    /// To be answered with a job, in the commit that sees one.
    Claim(Claimant),
    /// No claim is answered with a job any more.
    CloseClaims,
    /// To be told of every change from here on.
    Listen(Listener),
}

/// Where the answer to a claim goes.
pub(super) type Claimant = oneshot::Sender<Result<Claimed, StoreError>>;

struct Asked<T, F> {
    run: F,
    result: Option<Result<T, StoreError>>,
    answer: oneshot::Sender<Result<T, StoreError>>,
    weight: usize,
}

/// An operation out of a function, and where its answer will be.
pub(super) fn operation<T, F>(weight: usize, run: F) -> (Box<dyn Operation>, Pending<T>)
where
    T: Send + 'static,
    F: FnMut(&mut Session) -> Result<T, Fault> + Send + 'static,
{
    let (answer, receiver) = oneshot::channel();
    (Box::new(Asked { run, result: None, answer, weight }), Pending::new(receiver))
}

impl<T, F> Operation for Asked<T, F>
where
    T: Send,
    F: FnMut(&mut Session) -> Result<T, Fault> + Send,
{
    fn apply(&mut self, session: &mut Session) -> Result<(), StoreError> {
        let result = (self.run)(session).map_err(StoreError::from);
        self.result.insert(result).as_ref().map(drop).map_err(StoreError::clone)
    }

    fn answer(self: Box<Self>, failure: Option<StoreError>) {
        let result = match failure {
            Some(failure) => Err(failure),
            None => self.result.unwrap_or(Err(StoreError::Closed)),
        };
        // Nobody has to wait for an answer.
        let _ = self.answer.send(result);
    }

    fn weight(&self) -> usize {
        self.weight
    }
}
