//! Responsible for ending a run early: on a signal, or because no further step can succeed.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// Shared by all tasks of a run. The first cause stays.
#[derive(Debug, Default)]
pub struct Stop {
    cause: OnceLock<StopCause>,
    started: AtomicBool,
}

/// Why a run ends early.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StopCause {
    /// A person or the system sent a signal.
    Signal,
    /// The credentials are not accepted, or not for this organization.
    Authentication,
    /// The ledger or the journal cannot be written, so a further write could be lost from it.
    Disk,
}

impl Stop {
    /// From now on the run writes, so a signal stops it after the requests in flight.
    pub fn begin(&self) {
        self.started.store(true, Ordering::Relaxed);
    }

    /// Whether the run writes.
    pub fn has_begun(&self) -> bool {
        self.started.load(Ordering::Relaxed)
    }

    /// Lets requests in flight finish, and starts no further step.
    pub fn request(&self, cause: StopCause) {
        // A cause is set already when this fails, and the first one is the one to report.
        let _ = self.cause.set(cause);
    }

    /// Why the run ends, if it does.
    pub fn cause(&self) -> Option<StopCause> {
        self.cause.get().copied()
    }
}
