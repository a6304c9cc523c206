//! Responsible for ending a run early: after a signal, or after an error that affects every further
//! step.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// The request to end a run early, shared by all tasks of the run. Keeps the first cause.
#[derive(Debug, Default)]
pub struct Stop {
    cause: OnceLock<StopCause>,
    writing: AtomicBool,
}

/// Why a run has to end early.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StopCause {
    /// The process received SIGINT, SIGTERM or SIGHUP.
    Signal,
    /// The API rejects the credentials, or they belong to another organization.
    Authentication,
    /// The ledger or the journal cannot be written, so a further request could go unrecorded.
    Disk,
}

impl Stop {
    /// Notes that the run starts to write: from now on a signal lets requests in flight finish.
    pub fn mark_writing(&self) {
        self.writing.store(true, Ordering::Relaxed);
    }

    /// Whether the run has started to write.
    pub fn is_writing(&self) -> bool {
        self.writing.load(Ordering::Relaxed)
    }

    /// Ends the run: requests in flight finish, and no further step starts.
    pub fn request(&self, cause: StopCause) {
        // `set` fails when a cause is set already. The report names the first cause.
        let _ = self.cause.set(cause);
    }

    /// Why the run has to end early, or `None` while it may continue.
    pub fn cause(&self) -> Option<StopCause> {
        self.cause.get().copied()
    }
}
