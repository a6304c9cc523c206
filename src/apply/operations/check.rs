//! Responsible for checking the credentials of a connector before it is created.

use crate::api::{ApiError, CheckStatus};
use crate::apply::{
    CheckEnd, CustomerContext, Outcome, Polling, StepError, StepProblem, StepWarning,
};
use crate::model::ConnectorBody;

/// Checks the credentials of a connector that is about to be created. Returns a warning when the check ends without a verdict.
pub(super) async fn check(
    ctx: &CustomerContext<'_>,
    body: &ConnectorBody,
) -> Result<Option<StepWarning>, StepError> {
    let mut backoff = Polling::new(ctx.run, ctx.run.options.check_deadline);
    let end = loop {
        let check = ctx
            .run
            .writer
            .check_connector(ctx.ledger.name(), body, ctx.run.secrets)
            .await
            .map_err(check_not_made)?;
        match check.status {
            CheckStatus::Succeeded => return Ok(None),
            CheckStatus::Failed => {
                let message = check.message;
                return Err(failed(StepProblem::CheckFailed { message }));
            }
            CheckStatus::Other => return Err(failed(StepProblem::CheckStatusUnknown)),
            CheckStatus::Cancelled => break CheckEnd::Canceled,
            CheckStatus::Skipped => break CheckEnd::Skipped,
            CheckStatus::Inconclusive => break CheckEnd::Inconclusive,
            CheckStatus::Pending | CheckStatus::Running => {}
        }
        if !backoff.pause().await {
            break CheckEnd::TimedOut;
        }
    };
    if ctx.run.options.require_check {
        let problem = StepProblem::CheckWithoutVerdict { end };
        return Err(StepError::new(Outcome::Blocked, problem));
    }
    Ok(Some(StepWarning::CheckWithoutVerdict { end }))
}

fn failed(problem: StepProblem) -> StepError {
    StepError::new(Outcome::Failed, problem)
}

/// The error of a check whose request failed. A check changes no connector, so its outcome is never
/// unknown.
fn check_not_made(error: ApiError) -> StepError {
    let text = error.to_string();
    StepError {
        problem: StepProblem::CheckNotMade { error: text },
        outcome: Outcome::Failed,
        ..StepError::from(error)
    }
}
