//! Responsible for what an error concerns: the credentials of the organization, or the object of one
//! call.

use super::error::{ApiError, ApiErrorKind, TokenOwner};
use super::request::APPLICATION_TOKEN;

/// A run ends when it gets 403 for this number of customers and nothing else succeeded: the
/// organization may lack the subscription, and the other customers would be refused, too.
pub const FORBIDDEN_CUSTOMERS: usize = 5;

impl ApiError {
    /// Whether no other call can succeed, because the API does not accept the credentials of the
    /// organization. A 403 is about the object of the call, unless a token was requested.
    pub fn ends_run(&self) -> bool {
        match self.kind() {
            ApiErrorKind::WrongOrganization { .. } | ApiErrorKind::AllForbidden { .. } => true,
            ApiErrorKind::Status { status: 401, .. } => self
                .call()
                .is_none_or(|call| call.token_owner == TokenOwner::Organization),
            ApiErrorKind::Status { status: 403, .. } => self
                .call()
                .is_some_and(|call| call.operation == APPLICATION_TOKEN),
            _ => false,
        }
    }

    /// Whether a call failed because of its object. Otherwise the service cannot be reached, or the
    /// error concerns every call.
    pub fn concerns_object(&self) -> bool {
        !self.ends_run()
            && matches!(
                self.kind(),
                ApiErrorKind::Status { .. }
                    | ApiErrorKind::Undecodable { .. }
                    | ApiErrorKind::TooLarge { .. }
                    | ApiErrorKind::InconsistentList(_)
                    | ApiErrorKind::MisplacedConnector(_)
                    | ApiErrorKind::TimedOut
                    | ApiErrorKind::Interrupted(_)
            )
    }

    /// The error without the duration of its call, so that equal failures have the same text.
    pub fn without_duration(&self) -> String {
        match self.call() {
            Some(call) => format!("{}: {}", call.operation, self.kind()),
            None => self.kind().to_string(),
        }
    }

    /// Whether the credentials do not permit the call: 401 or 403, or another organization.
    pub fn is_auth(&self) -> bool {
        matches!(
            self.kind(),
            ApiErrorKind::Status {
                status: 401 | 403,
                ..
            } | ApiErrorKind::WrongOrganization { .. }
                | ApiErrorKind::AllForbidden { .. }
        )
    }

    /// Whether the API does not permit the call (403).
    pub fn is_forbidden(&self) -> bool {
        self.status() == Some(403)
    }
}

#[cfg(test)]
mod tests {
    use super::{APPLICATION_TOKEN, ApiError, ApiErrorKind};
    use crate::api::tests::{call, status_error};
    use crate::api::{Call, ServerMessage};

    #[test]
    fn without_duration_names_the_operation_and_the_cause() {
        let error = status_error(403);
        let operation = error.call().unwrap().operation;
        let text = error.without_duration();
        assert_eq!(text, format!("{operation}: not permitted (403)"));
    }

    #[test]
    fn ends_run_of_401_depends_on_the_token() {
        assert!(status_error(401).ends_run());
        assert!(!status_error(401).of_customer().ends_run());
    }

    #[test]
    fn ends_run_of_403_is_true_for_the_application_token_only() {
        assert!(!status_error(403).ends_run());
        let call = Call {
            operation: APPLICATION_TOKEN,
            ..call()
        };
        let kind = ApiErrorKind::Status {
            status: 403,
            retry_after: None,
            message: ServerMessage::default(),
        };
        let error = ApiError::new(call, kind);
        assert!(error.ends_run() && !error.concerns_object());
    }

    #[test]
    fn concerns_object_of_outage_is_false() {
        for status in [400, 403, 404, 500] {
            assert!(status_error(status).concerns_object(), "{status}");
        }
        for kind in [
            ApiErrorKind::Unavailable(String::new()),
            ApiErrorKind::Connect(String::new()),
            ApiErrorKind::UnknownOrganization,
        ] {
            assert!(!ApiError::from(kind).concerns_object());
        }
    }
}
