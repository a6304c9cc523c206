//! Responsible for replacing a connector: check, create, switch the ledger, delete the old one. A
//! working credential is removed only after its replacement is listed.

use super::create::create;
use super::delete::remove;
use crate::api::{ApiError, CheckStatus};
use crate::apply::duplicates::verify_listed;
use crate::apply::{CustomerContext, Outcome, Polling, StepError, StepResult, StepSuccess};
use crate::model::{ConnectorBody, ConnectorId};
use crate::plan::Step;

/// Reported of a check that ends with an unknown status.
const UNKNOWN: &str = "the check of the new credentials ended with a status that this version does \
                       not know, so the old connector is untouched";

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
    let id = create(ctx, body, Some(old)).await?;
    verify_listed(ctx, id).await?;
    remove(ctx, &step.address, old)
        .await
        .map_err(|error| left_behind(&error, id, old))?;
    Ok(StepSuccess {
        warnings: unverified.into_iter().collect(),
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
        return Err(StepError::stale(
            "the connector to be replaced is gone; plan again",
        ));
    }
    if ctx
        .live
        .unrecorded_matches(&ctx.ledger, body)
        .any(|id| !step.precondition.allows_namesake(id))
    {
        return Err(StepError::stale(
            "another connector of its name came to be after the plan was made, perhaps by another \
             run that replaced it; plan again",
        ));
    }
    Ok(())
}

/// The replacement is in place, and the old connector could not be deleted.
fn left_behind(error: &StepError, id: ConnectorId, old: ConnectorId) -> StepError {
    StepError {
        outcome: match error.outcome {
            // Half of the replacement was attempted.
            Outcome::NotAttempted => Outcome::Failed,
            other => other,
        },
        message: format!(
            "the new connector {id} is in place, but the old one {old} could not be deleted; the \
             next run deletes it: {}",
            error.message
        ),
        stop: error.stop,
    }
}

/// Checks the new credentials; a warning when the result does not tell whether they work.
async fn check(
    ctx: &CustomerContext<'_>,
    body: &ConnectorBody,
) -> Result<Option<String>, StepError> {
    let mut backoff = Polling::new(ctx.run, ctx.run.options.check_deadline);
    let what = loop {
        let check = ctx
            .run
            .writer
            .check_connector(ctx.ledger.name(), body, ctx.run.secrets)
            .await
            .map_err(untouched)?;
        match check.status {
            CheckStatus::Succeeded => return Ok(None),
            CheckStatus::Failed => return Err(check_failed(check.message.as_deref())),
            CheckStatus::Other => return Err(StepError::new(Outcome::Failed, UNKNOWN)),
            CheckStatus::Cancelled => break "was cancelled by the server",
            CheckStatus::Skipped => break "was skipped by the server",
            CheckStatus::Inconclusive => break "was inconclusive",
            CheckStatus::Pending | CheckStatus::Running => {}
        }
        if !backoff.pause().await {
            break "did not end in time";
        }
    };
    if ctx.run.options.require_check {
        let message = format!(
            "the check of the new credentials {what}, and --require-check was given; the old \
             connector is untouched"
        );
        return Err(StepError::new(Outcome::Blocked, message));
    }
    Ok(Some(format!(
        "the check of the new credentials {what}: unverified"
    )))
}

/// A check that could not be made touched no connector, whatever its effect was.
fn untouched(error: ApiError) -> StepError {
    let error = StepError::from(error);
    StepError {
        outcome: Outcome::Failed,
        message: format!("the old connector is untouched: {}", error.message),
        stop: error.stop,
    }
}

fn check_failed(message: Option<&str>) -> StepError {
    let said = message
        .map(|message| format!(": {message}"))
        .unwrap_or_default();
    StepError::new(
        Outcome::Failed,
        format!("the new credentials do not work, and the old connector is untouched{said}"),
    )
}
