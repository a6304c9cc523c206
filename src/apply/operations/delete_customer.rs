//! Responsible for deleting a workspace together with its connectors. Reads the workspace and its
//! connectors again before the request, and refuses one that was renamed or contains a connector
//! that the ledger does not own.

use crate::api::{DeleteOutcome, Effect};
use crate::apply::{
    CustomerContext, Polling, StaleReason, StepError, StepProblem, StepResult, StepSuccess,
};
use crate::model::{Address, WorkspaceId};
use crate::plan::Step;

pub(super) async fn execute(
    ctx: &mut CustomerContext<'_>,
    step: &Step,
    id: WorkspaceId,
) -> StepResult {
    let existing = ctx.reader().workspace(id).await?;
    let is_sent = existing.is_some();
    if let Some(workspace) = existing {
        if !step.precondition.allows_name(&workspace.name) {
            return Err(StepError::stale(StaleReason::WorkspaceRenamed));
        }
        ctx.live.refresh_current(&ctx.ledger).await?;
        if ctx.live.current_ids().any(|id| !ctx.ledger.owns(id)) {
            return Err(StepError::stale(StaleReason::HoldsUnmanaged));
        }
        delete(ctx, id).await?;
    }
    ctx.ledger
        .remove_customer(id)
        .await
        .map_err(|error| if is_sent { error.after_write() } else { error })?;
    Ok(StepSuccess::new(id))
}

/// Sends the deletion and polls until a GET no longer returns the workspace. Only then may the
/// ledger remove its entry.
async fn delete(ctx: &CustomerContext<'_>, id: WorkspaceId) -> Result<(), StepError> {
    let address = Address::customer(&ctx.plan.name);
    let seq = ctx
        .ledger
        .begin_write(&address, "delete_workspaces")
        .await?;
    let otherwise = match ctx.run.writer.delete_workspace(id).await {
        Ok(DeleteOutcome::Accepted | DeleteOutcome::NotFound) => {
            StepError::unknown(StepProblem::WorkspaceRemains)
        }
        // The gateway may time out before the deletion ends.
        Err(error) if error.effect() == Effect::Unknown => error.into(),
        Err(error) => return Err(ctx.ledger.end_failed(seq, error).await),
    };
    let seen = wait_until_gone(ctx, id).await.ok_or(otherwise);
    ctx.ledger.end_checked(seq, seen).await
}

async fn wait_until_gone(ctx: &CustomerContext<'_>, id: WorkspaceId) -> Option<()> {
    Polling::new(ctx.run, ctx.run.options.delete_deadline)
        .until(async || {
            let workspace = ctx.reader().workspace(id).await.ok()?;
            workspace.is_none().then_some(())
        })
        .await
}
