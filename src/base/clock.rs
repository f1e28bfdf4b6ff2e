//! The one place where time is read.
//!
//! Owns the [`Clock`] trait and the steady clock that the engine lives by. Nothing
//! else in the library may call `SystemTime::now` or `Instant::now`.
//!
//! Steady time is anchored once, at open, to the wall clock (or to the newest time the
//! store has seen, if that is later) and then advances with the machine's boot-time
//! clock. A wall clock that is turned while the engine runs therefore moves nothing:
//! no job expires early and no id goes backwards.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use super::platform;

/// Where time comes from. Tests turn [`ManualClock`]; everything else uses [`SystemClock`].
pub trait Clock: Send + Sync + 'static {
    /// Wall clock, in milliseconds since the Unix epoch. It may jump.
    fn wall_ms(&self) -> i64;
    /// Time since some fixed point of this boot, in milliseconds. It never goes back and
    /// counts on while the machine sleeps.
    fn boot_ms(&self) -> i64;
}

/// The machine's clocks.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn wall_ms(&self) -> i64 {
        platform::wall_ms()
    }

    fn boot_ms(&self) -> i64 {
        platform::boot_ms()
    }
}

/// A clock that tests turn by hand.
#[derive(Debug, Default)]
pub struct ManualClock {
    wall_ms: AtomicI64,
    boot_ms: AtomicI64,
}

impl ManualClock {
    /// A clock that shows `wall_ms` and has just booted.
    #[must_use]
    pub fn new(wall_ms: i64) -> Self {
        Self { wall_ms: AtomicI64::new(wall_ms), boot_ms: AtomicI64::new(0) }
    }

    /// Lets time pass: both clocks move on.
    pub fn advance(&self, by: Duration) {
        let by_ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.wall_ms.fetch_add(by_ms, Ordering::SeqCst);
        self.boot_ms.fetch_add(by_ms, Ordering::SeqCst);
    }

    /// Turns the wall clock alone, as a person or a time server would.
    pub fn jump_wall(&self, by_ms: i64) {
        self.wall_ms.fetch_add(by_ms, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn wall_ms(&self) -> i64 {
        self.wall_ms.load(Ordering::SeqCst)
    }

    fn boot_ms(&self) -> i64 {
        self.boot_ms.load(Ordering::SeqCst)
    }
}

/// Steady time: wall time as it would be had nobody turned the wall clock since open.
#[derive(Clone)]
pub struct SteadyClock {
    clock: std::sync::Arc<dyn Clock>,
    offset_ms: i64,
}

impl SteadyClock {
    /// Anchors steady time. `floor_ms` is the newest time the store has recorded: time
    /// never starts before it, even when the wall clock was set back between two runs.
    #[must_use]
    pub fn anchor(clock: std::sync::Arc<dyn Clock>, floor_ms: i64) -> Self {
        let offset_ms = clock.wall_ms().max(floor_ms).saturating_sub(clock.boot_ms());
        Self { clock, offset_ms }
    }

    /// Milliseconds since the Unix epoch; never goes back.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.clock.boot_ms().saturating_add(self.offset_ms)
    }
}

impl std::fmt::Debug for SteadyClock {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "SteadyClock({})", self.now_ms())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::sync::Arc;

    #[test]
    fn steady_time_ignores_jumps_and_follows_the_boot_clock() {
        let manual = Arc::new(ManualClock::new(1_000_000));
        let steady = SteadyClock::anchor(manual.clone(), 0);
        manual.jump_wall(10 * 365 * 86_400_000);
        assert_eq!(steady.now_ms(), 1_000_000);
        manual.jump_wall(-20 * 365 * 86_400_000);
        manual.advance(Duration::from_secs(2));
        assert_eq!(steady.now_ms(), 1_002_000);
    }

    #[test]
    fn steady_time_never_starts_before_what_the_store_has_seen() {
        let manual = Arc::new(ManualClock::new(5_000));
        assert_eq!(SteadyClock::anchor(manual, 9_000).now_ms(), 9_000);
    }
}
