//! Responsible for the result of one step: what a successful step reports, and why a step did not
//! succeed.

use super::{Outcome, StaleReason, StepProblem, StepWarning, StopCause};
use crate::api::{ApiError, ApiErrorKind, Effect};
use crate::ledger::LedgerError;
use crate::model::FailedRequest;

pub(super) type StepResult = Result<StepSuccess, StepError>;

/// What a successful step reports.
#[derive(Debug, Default)]
pub(super) struct StepSuccess {
    pub(super) remote_id: Option<String>,
    pub(super) warnings: Vec<StepWarning>,
    /// Whether a step that creates adopted an existing object instead.
    pub(super) adopted: bool,
}

/// Why a step did not succeed.
#[derive(Debug)]
pub(super) struct StepError {
    pub(super) outcome: Outcome,
    pub(super) problem: StepProblem,
    /// The request that failed, if one did.
    pub(super) request: Option<FailedRequest>,
    /// Set when the whole run has to stop. `Forbidden` stops it only if the first customers all have it.
    pub(super) stop: Option<StopCause>,
}

impl StepSuccess {
    pub(super) fn new(id: impl std::fmt::Display) -> Self {
        Self {
            remote_id: Some(id.to_string()),
            ..Self::default()
        }
    }
}

impl StepError {
    pub(super) fn new(outcome: Outcome, problem: StepProblem) -> Self {
        Self {
            outcome,
            problem,
            request: None,
            stop: None,
        }
    }

    /// The remote state is not the one that the step was planned against.
    pub(super) fn stale(reason: StaleReason) -> Self {
        Self::new(Outcome::Stale, StepProblem::Stale { reason })
    }

    /// A request was sent, and its effect is unknown.
    pub(super) fn unknown(problem: StepProblem) -> Self {
        Self::new(Outcome::Unknown, problem)
    }
}

impl StepError {
    /// The error of recording a write that the API took.
    pub(super) fn after_write(self) -> Self {
        match self.problem {
            StepProblem::Ledger { error } => Self {
                outcome: Outcome::Unknown,
                problem: StepProblem::NotRecorded { error },
                ..self
            },
            _ => self,
        }
    }
}

impl From<ApiError> for StepError {
    fn from(error: ApiError) -> Self {
        let outcome = match error.effect() {
            Effect::Unknown => Outcome::Unknown,
            Effect::None => match error.kind() {
                ApiErrorKind::WorkspaceGone { .. } => Outcome::Stale,
                ApiErrorKind::Unavailable(_) => Outcome::NotAttempted,
                _ => Outcome::Failed,
            },
        };
        Self {
            outcome,
            problem: StepProblem::Request {
                error: error.to_string(),
            },
            request: error.failed_request(),
            stop: if error.ends_run() {
                Some(StopCause::Authentication)
            } else {
                error.is_forbidden().then_some(StopCause::Forbidden)
            },
        }
    }
}

impl From<LedgerError> for StepError {
    fn from(error: LedgerError) -> Self {
        Self {
            outcome: Outcome::Failed,
            problem: StepProblem::Ledger {
                error: error.to_string(),
            },
            request: None,
            stop: Some(StopCause::Disk),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{LedgerError, Outcome, StepError, StepProblem};
    use crate::api::{ApiError, ApiErrorKind, Call, TokenOwner};
    use std::io;
    use std::path::PathBuf;
    use std::time::Duration;

    fn unavailable(may_have_taken_effect: bool) -> StepError {
        let call = Call {
            operation: "x",
            elapsed: Duration::ZERO,
            attempts: 0,
            writes: true,
            may_have_taken_effect,
            token_owner: TokenOwner::Organization,
        };
        let kind = ApiErrorKind::Unavailable("down".to_owned());
        StepError::from(ApiError::new(call, kind))
    }

    #[test]
    fn ledger_error_after_a_write_is_unknown() {
        let failed = || LedgerError::Io {
            action: "cannot write",
            path: PathBuf::from("x"),
            source: io::Error::other("full"),
        };
        let before = StepError::from(failed());
        assert_eq!(before.outcome, Outcome::Failed);
        let after = StepError::from(failed()).after_write();
        assert_eq!(after.outcome, Outcome::Unknown);
        assert!(matches!(after.problem, StepProblem::NotRecorded { .. }));
        assert_eq!(after.stop, before.stop);
        let other = unavailable(false).after_write();
        assert_eq!(other.outcome, Outcome::NotAttempted);
    }

    #[test]
    fn step_error_of_unavailable_api_is_not_attempted_unless_it_may_have_taken_effect() {
        for (may_have_taken_effect, outcome) in
            [(false, Outcome::NotAttempted), (true, Outcome::Unknown)]
        {
            let error = unavailable(may_have_taken_effect);
            assert_eq!(error.outcome, outcome);
            assert!(error.stop.is_none());
        }
    }
}
