//! Responsible for ending a run early: after a signal, or after an error that affects every further
//! step.

use crate::api::FORBIDDEN_CUSTOMERS;
use crate::model::LockUnpoisoned;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};

/// The request to end a run early, shared by all tasks of the run. Keeps the first cause.
#[derive(Debug, Default)]
pub struct Stop {
    cause: OnceLock<StopCause>,
    writing: AtomicBool,
    has_success: AtomicBool,
    /// Customers that got 403 while nothing else had succeeded.
    forbidden: Mutex<BTreeSet<String>>,
}

/// Why a run has to end early.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum StopCause {
    /// The process received SIGINT, SIGTERM or SIGHUP.
    Signal,
    /// The API rejects the credentials, or they belong to another organization.
    Authentication,
    /// The API refused the first customers (403), and no step of the run succeeded.
    Forbidden,
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

    /// Notes that a request of a step succeeded, so that a later 403 concerns its customer only.
    pub fn note_success(&self) {
        self.has_success.store(true, Ordering::Relaxed);
    }

    /// Notes a 403. Ends the run if the first customers all got one.
    pub fn note_forbidden(&self, customer: &str) {
        if self.has_success.load(Ordering::Relaxed) {
            return;
        }
        let mut forbidden = self.forbidden.lock_unpoisoned();
        forbidden.insert(customer.to_owned());
        if forbidden.len() >= FORBIDDEN_CUSTOMERS {
            self.request(StopCause::Forbidden);
        }
    }

    /// Why the run has to end early, or `None` while it may continue.
    pub fn cause(&self) -> Option<StopCause> {
        self.cause.get().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::{FORBIDDEN_CUSTOMERS, Stop, StopCause};

    #[test]
    fn note_forbidden_of_first_customers_ends_the_run() {
        let stop = Stop::default();
        for customer in 1..=FORBIDDEN_CUSTOMERS {
            assert_eq!(stop.cause(), None);
            // Several connectors of a customer count once.
            stop.note_forbidden(&customer.to_string());
            stop.note_forbidden(&customer.to_string());
        }
        assert_eq!(stop.cause(), Some(StopCause::Forbidden));
    }

    #[test]
    fn note_forbidden_after_a_success_does_not_end_the_run() {
        let stop = Stop::default();
        stop.note_success();
        for customer in 0..2 * FORBIDDEN_CUSTOMERS {
            stop.note_forbidden(&customer.to_string());
        }
        assert_eq!(stop.cause(), None);
    }
}
