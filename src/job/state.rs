//! The one table that decides which change of state is legal.
//!
//! Owns [`State`], [`Event`] and [`next`]. The SQL of the store repeats the *from* states
//! in its `WHERE` clauses and in the `CHECK`s of `schema.sql`; a property test drives
//! random events through both and compares. It must not know leases, time or storage:
//! whether a lease still holds is asked before the event is raised.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Where a job stands. The names are the wire's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Accepted and stored; its documents and schemas are still to be checked.
    Validating,
    /// Waiting for a worker.
    Queued,
    /// A worker holds it.
    InProgress,
    /// Done, with a response.
    Completed,
    /// Done, with an error.
    Failed,
    /// Stopped on request.
    Cancelled,
    /// Past its retention: request and response are gone, the record stays.
    Expired,
}

impl State {
    /// All states, in the order a job may meet them.
    pub const ALL: [Self; 7] = [
        Self::Validating,
        Self::Queued,
        Self::InProgress,
        Self::Completed,
        Self::Failed,
        Self::Cancelled,
        Self::Expired,
    ];

    /// The name on the wire and in the store.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Validating => "validating",
            Self::Queued => "queued",
            Self::InProgress => "in_progress",
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }

    /// The state of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether nothing but a retry or expiry can change it.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Failed | Self::Cancelled | Self::Expired)
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// What can happen to a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    /// Its documents and schemas were found good.
    Validated,
    /// They were not.
    Refused,
    /// A worker took it.
    Claimed,
    /// The worker that holds it finished it with a response.
    Succeeded,
    /// The worker that holds it finished it with an error, or too many workers were lost.
    Failed,
    /// The worker that held it is gone or gave it back; it returns to its old place.
    Returned,
    /// Somebody asked to stop it.
    Cancelled,
    /// Somebody asked to run it again. Its request must still be there.
    Retried,
    /// Its retention has passed.
    Expired,
}

impl Event {
    /// All events.
    pub const ALL: [Self; 9] = [
        Self::Validated,
        Self::Refused,
        Self::Claimed,
        Self::Succeeded,
        Self::Failed,
        Self::Returned,
        Self::Cancelled,
        Self::Retried,
        Self::Expired,
    ];
}

/// A change that the table does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a job that is {from} cannot be {}", .event.participle())]
pub struct Refused {
    /// The state the job is in.
    pub from: State,
    /// What was asked of it.
    pub event: Event,
}

impl Event {
    fn participle(self) -> &'static str {
        match self {
            Self::Validated | Self::Refused => "validated",
            Self::Claimed => "claimed",
            Self::Succeeded | Self::Failed => "finished",
            Self::Returned => "returned to the queue",
            Self::Cancelled => "cancelled",
            Self::Retried => "retried",
            Self::Expired => "expired",
        }
    }
}

/// The state that follows, or why none does.
///
/// # Errors
/// [`Refused`] when the table has no such change.
pub fn next(from: State, event: Event) -> Result<State, Refused> {
    use State as S;
    let to = match (from, event) {
        (S::Validating, Event::Validated) => S::Queued,
        (S::Validating, Event::Refused) => S::Failed,
        (S::Queued, Event::Claimed) => S::InProgress,
        (S::InProgress, Event::Succeeded) => S::Completed,
        (S::InProgress, Event::Failed) => S::Failed,
        (S::InProgress, Event::Returned) => S::Queued,
        (S::Validating | S::Queued | S::InProgress, Event::Cancelled) => S::Cancelled,
        (S::Failed | S::Cancelled | S::Expired, Event::Retried) => S::Queued,
        (
            S::Validating | S::Queued | S::InProgress | S::Completed | S::Failed | S::Cancelled,
            Event::Expired,
        ) => S::Expired,
        _ => return Err(Refused { from, event }),
    };
    Ok(to)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn names_round_trip() {
        for state in State::ALL {
            assert_eq!(State::from_name(state.name()), Some(state));
            assert_eq!(serde_json::to_value(state).unwrap(), state.name());
        }
    }

    #[test]
    fn terminal_states_change_only_by_retry_or_expiry() {
        for state in State::ALL.into_iter().filter(|state| state.is_terminal()) {
            for event in Event::ALL {
                if next(state, event).is_ok() {
                    assert!(matches!(event, Event::Retried | Event::Expired), "{state} {event:?}");
                }
            }
        }
        assert!(next(State::Completed, Event::Retried).is_err());
    }

    #[test]
    fn a_refusal_says_what_was_asked_of_what() {
        let refused = next(State::Completed, Event::Cancelled).unwrap_err();
        assert_eq!(refused.to_string(), "a job that is completed cannot be cancelled");
    }
}
