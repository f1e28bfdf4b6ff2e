//! The ground floor: time, ids, limits, secrets. It knows nothing of jobs.

pub mod limits;
