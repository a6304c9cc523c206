//! Why a run ends early: asked from outside, or because nothing further can succeed.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// Shared by everything that runs; the first cause stays.
#[derive(Debug, Default)]
pub struct Stop {
    cause: OnceLock<StopCause>,
    begun: AtomicBool,
}

/// Why.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StopCause {
    /// A person or the system asked for it.
    Signal,
    /// The credentials are not accepted, or not for this organization.
    Authentication,
    /// The ledger or the journal cannot be written: going on could lose what is done.
    Disk,
}

impl Stop {
    /// From now on things are written, so the run is to be stopped and not cut short.
    pub fn begin(&self) {
        self.begun.store(true, Ordering::Relaxed);
    }

    /// Whether things are written.
    pub fn has_begun(&self) -> bool {
        self.begun.load(Ordering::Relaxed)
    }

    /// Lets what is under way finish, and begins nothing further.
    pub fn request(&self, cause: StopCause) {
        // A cause is set already when this fails, and the first one is the one to report.
        let _ = self.cause.set(cause);
    }

    /// Why the run is to end, if it is.
    pub fn cause(&self) -> Option<StopCause> {
        self.cause.get().copied()
    }
}
