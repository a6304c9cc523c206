//! Responsible for replacing a connector: checks the new credentials, creates the replacement,
//! records it, and deletes the old connector. Deletes the old connector only after a list shows the
//! replacement.

use super::check::check;
use super::create::{Created, create};
use super::delete::remove;
use crate::apply::duplicates::verify_listed;
use crate::apply::live_connectors::Listed;
use crate::apply::{
    CustomerContext, Outcome, StaleReason, StepError, StepProblem, StepResult, StepSuccess,
};
use crate::model::{ConnectorBody, ConnectorId};
use crate::plan::Step;

pub(super) async fn execute<'a>(
    ctx: &mut CustomerContext<'a>,
    step: &'a Step,
    old: ConnectorId,
    body: &'a ConnectorBody,
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
