//! Why a run ends early: asked from outside, or because nothing further can succeed.

use std::sync::OnceLock;

/// Shared by everything that runs; the first cause stays.
#[derive(Debug, Default)]
pub struct Stop {
    cause: OnceLock<StopCause>,
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
