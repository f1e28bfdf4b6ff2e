//! The bounds of one server, as values.
//!
//! Owns which of the bounds in `base::limits` a server can be started with other than
//! the default. It must not know what keeps them.

use std::time::Duration;

use crate::base::limits as defaults;

/// Bounds of one server; every default stands in `base::limits`.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Client connections open at once.
    pub connections_max: usize,
    /// Requests inside at once.
    pub exchanges_max: usize,
    /// Of these, requests that may hold their place for long.
    pub waits_max: usize,
    /// Of these, requests whose bodies are still arriving.
    pub uploads_max: usize,
    /// Request line and header fields together, in bytes.
    pub head_bytes_max: usize,
    /// Body of a request, in bytes.
    pub body_bytes_max: u64,
    /// A body up to this size is collected before its request takes a place, in bytes.
    pub body_collected_bytes_max: usize,
    /// From the first byte of a head to its end.
    pub head_deadline: Duration,
    /// Longest silence within a body.
    pub body_stall: Duration,
    /// From the end of a head to the end of its body.
    pub body_deadline: Duration,
    /// Longest time without the client taking a byte of its answer.
    pub answer_stall: Duration,
    /// From the first byte of an answer of known length to its last.
    pub answer_deadline: Duration,
    /// Longest silence of a handler, before and within its answer.
    pub handler_deadline: Duration,
    /// A connection with no request on it is closed after this.
    pub keep_alive: Duration,
    /// Longest wait of a whole request for a place.
    pub queue_deadline: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: defaults::CONNECTIONS_MAX,
            exchanges_max: defaults::EXCHANGES_MAX,
            waits_max: defaults::WAITS_MAX,
            uploads_max: defaults::UPLOADS_MAX,
            head_bytes_max: defaults::HEAD_BYTES_MAX,
            body_bytes_max: defaults::BODY_BYTES_MAX,
            body_collected_bytes_max: defaults::BODY_COLLECTED_BYTES_MAX,
            head_deadline: Duration::from_millis(defaults::HEAD_DEADLINE_MS),
            body_stall: Duration::from_millis(defaults::BODY_STALL_MS),
            body_deadline: Duration::from_millis(defaults::BODY_DEADLINE_MS),
            answer_stall: Duration::from_millis(defaults::ANSWER_STALL_MS),
            answer_deadline: Duration::from_millis(defaults::ANSWER_DEADLINE_MS),
            handler_deadline: Duration::from_millis(defaults::HANDLER_DEADLINE_MS),
            keep_alive: Duration::from_millis(defaults::KEEP_ALIVE_MS),
            queue_deadline: Duration::from_millis(defaults::QUEUE_DEADLINE_MS),
        }
    }
}
