//! Responsible for replacing a connector: checks the new credentials, creates the replacement,
//! records it, and deletes the old connector. Deletes the old connector only after a list shows the
//! replacement.

use super::create::{Created, create};
use super::delete::remove;
use crate::api::{ApiError, CheckStatus};
use crate::apply::duplicates::verify_listed;
use crate::apply::live_connectors::Listed;
use crate::apply::{
    CheckEnd, CustomerContext, Outcome, Polling, StaleReason, StepError, StepProblem, StepResult,
    StepSuccess, StepWarning,
};
use crate::model::{ConnectorBody, ConnectorId};
use crate::plan::Step;

pub(super) async fn execute(
    ctx: &mut CustomerContext<'_>,
    step: &Step,
    old: ConnectorId,
    body: &ConnectorBody,
) -> StepResult {
    ctx.live.refresh(&ctx.ledger).await?;
    precondition(ctx, step, old, body)?;
    let unverified = check(ctx, body).await?;
    ctx.ledger.rename_replaced(old, &body.name);
    let Created { id, warnings } = create(ctx, step, body, Some(old)).await?;
    let listed = verify_listed(ctx, id).await?;
    remove_old(ctx, step, old, &listed)
        .await
        .map_err(|error| old_remains(error, id, old))?;
    Ok(StepSuccess {
        warnings: unverified.into_iter().chain(warnings).collect(),
        ..StepSuccess::new(id)
    })
}

fn precondition(
    ctx: &CustomerContext<'_>,
    step: &Step,
    old: ConnectorId,
    body: &ConnectorBody,
) -> Result<(), StepError> {
    if ctx.live.get(old).is_none() {
        return Err(StepError::stale(StaleReason::ReplacedGone));
    }
    if ctx
        .live
        .unrecorded_matches(&ctx.ledger, body)
        .any(|id| !step.precondition.allows_namesake(id))
    {
        return Err(StepError::stale(StaleReason::NamesakeAppeared));
    }
    Ok(())
}

/// Deletes the old connector, unless it has left the workspace: the list that shows the replacement
/// shows the old one, too, or an inspection does.
async fn remove_old(
    ctx: &mut CustomerContext<'_>,
    step: &Step,
    old: ConnectorId,
    listed: &Listed,
) -> Result<(), StepError> {
    if !listed.contains_key(&old) {
        ctx.live.require_own_if_exists(&ctx.ledger, old).await?;
    }
    remove(ctx, &step.address, old).await
}

/// The error of a replacement that exists while the old connector could not be deleted.
fn old_remains(error: StepError, id: ConnectorId, old: ConnectorId) -> StepError {
    StepError {
        outcome: match error.outcome {
            // The creation was attempted, so the step as a whole was.
            Outcome::NotAttempted => Outcome::Failed,
            other => other,
        },
        problem: StepProblem::OldRemains {
            id,
            old,
            problem: Box::new(error.problem),
        },
        request: error.request,
        stop: error.stop,
    }
}

/// Checks the new credentials. Returns a warning when the check ends without a verdict.
async fn check(
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
