//! Responsible for keeping a failed read of one customer from the other customers.

use crate::api::{ApiError, ApiErrorKind, FORBIDDEN_CUSTOMERS};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The results of the customers' reads so far.
#[derive(Debug, Default)]
pub(super) struct Isolation {
    succeeded: AtomicBool,
    forbidden: AtomicUsize,
}

impl Isolation {
    /// Returns the error of a read that concerns its customer as a value. Fails with an error that
    /// concerns the whole run, and if the first customers were all refused.
    pub(super) fn isolate<T>(
        &self,
        read: Result<T, ApiError>,
    ) -> Result<Result<T, ApiError>, ApiError> {
        let error = match read {
            Ok(value) => {
                self.succeeded.store(true, Ordering::Relaxed);
                return Ok(Ok(value));
            }
            Err(error) if !error.concerns_object() => return Err(error),
            Err(error) => error,
        };
        let is_first = !self.succeeded.load(Ordering::Relaxed);
        if is_first && error.is_forbidden() {
            let customers = self.forbidden.fetch_add(1, Ordering::Relaxed) + 1;
            if customers >= FORBIDDEN_CUSTOMERS {
                let last = error.to_string();
                return Err(ApiErrorKind::AllForbidden { customers, last }.into());
            }
        }
        Ok(Err(error))
    }
}

#[cfg(test)]
mod tests {
    use super::{ApiErrorKind, FORBIDDEN_CUSTOMERS, Isolation};
    use crate::api::tests::status_error;

    #[test]
    fn isolate_first_customers_all_forbidden_fails() {
        let isolation = Isolation::default();
        for _ in 1..FORBIDDEN_CUSTOMERS {
            assert!(
                isolation
                    .isolate::<()>(Err(status_error(403)))
                    .unwrap()
                    .is_err()
            );
        }
        let error = isolation.isolate::<()>(Err(status_error(403))).unwrap_err();
        assert!(matches!(
            error.kind(),
            ApiErrorKind::AllForbidden { customers: 5, .. }
        ));
        assert!(error.ends_run());
    }

    #[test]
    fn isolate_forbidden_after_a_success_is_the_customers_own() {
        let isolation = Isolation::default();
        isolation.isolate(Ok(())).unwrap().unwrap();
        for _ in 0..2 * FORBIDDEN_CUSTOMERS {
            assert!(
                isolation
                    .isolate::<()>(Err(status_error(403)))
                    .unwrap()
                    .is_err()
            );
        }
    }

    #[test]
    fn isolate_rejected_credentials_fails() {
        let isolation = Isolation::default();
        assert!(isolation.isolate::<()>(Err(status_error(401))).is_err());
    }
}
