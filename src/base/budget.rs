//! A budget in bytes that many threads draw from.
//!
//! Owns the count and the guards that give back what they took. It must not know what
//! the bytes are for.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A shared budget in bytes.
#[derive(Debug)]
pub struct ByteBudget {
    used: AtomicU64,
    max: u64,
}

/// The budget is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("requests in flight already use the {max} bytes set aside for them")]
pub struct Exhausted {
    /// The whole budget, in bytes.
    pub max: u64,
}

impl ByteBudget {
    /// A budget of `max` bytes.
    #[must_use]
    pub fn new(max: u64) -> Arc<Self> {
        Arc::new(Self { used: AtomicU64::new(0), max })
    }

    /// An empty share, to be grown.
    #[must_use]
    pub fn share(self: &Arc<Self>) -> BudgetShare {
        BudgetShare { budget: Arc::clone(self), held: 0 }
    }

    /// Bytes drawn at this moment.
    #[must_use]
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }
}

/// What one request has drawn. Dropping it gives all of it back.
#[derive(Debug)]
pub struct BudgetShare {
    budget: Arc<ByteBudget>,
    held: u64,
}

impl BudgetShare {
    /// Draws `bytes` more.
    ///
    /// # Errors
    /// [`Exhausted`] when that is more than is left; the share is unchanged.
    pub fn grow(&mut self, bytes: u64) -> Result<(), Exhausted> {
        let max = self.budget.max;
        self.budget
            .used
            .try_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(bytes).filter(|sum| *sum <= max)
            })
            .map_err(|_| Exhausted { max })?;
        self.held += bytes;
        Ok(())
    }

    /// Gives `bytes` back.
    pub fn shrink(&mut self, bytes: u64) {
        let bytes = bytes.min(self.held);
        self.held -= bytes;
        self.budget.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Drop for BudgetShare {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.held, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_gives_back_what_it_took() {
        let budget = ByteBudget::new(100);
        let mut share = budget.share();
        assert_eq!(share.grow(60), Ok(()));
        assert_eq!(budget.share().grow(50), Err(Exhausted { max: 100 }));
        share.shrink(20);
        assert_eq!(budget.used(), 40);
        drop(share);
        assert_eq!(budget.used(), 0);
    }
}
