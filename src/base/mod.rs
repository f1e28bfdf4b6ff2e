//! The ground floor: time, ids, limits, secrets. It knows nothing of jobs.

pub mod budget;
pub mod clock;
pub mod id;
pub mod limits;
pub mod platform;
pub mod sandbox;
pub mod secret;
