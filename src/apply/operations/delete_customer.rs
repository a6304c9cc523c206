//! Responsible for deleting a workspace, which deletes its connectors as well. Reads its name and
//! its connectors once more before the request.

use crate::api::{Effect, Gone};
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
    if let Some(found) = ctx.reader().workspace(id).await? {
        if !step.precondition.allows_name(&found.name) {
            return Err(StepError::stale(StaleReason::WorkspaceRenamed));
        }
        ctx.live.refresh(&ctx.ledger).await?;
        if ctx.live.ids().any(|one| !ctx.ledger.owns(one)) {
            return Err(StepError::stale(StaleReason::HoldsUnmanaged));
        }
        delete(ctx, id).await?;
    }
    ctx.ledger.remove_customer(id).await?;
    Ok(StepSuccess::new(id))
}

/// Sends the deletion and reads the workspace until it is gone: the ledger forgets a workspace
/// only then.
async fn delete(ctx: &CustomerContext<'_>, id: WorkspaceId) -> Result<(), StepError> {
    let address = Address::customer(&ctx.plan.name);
    let seq = ctx
        .ledger
        .begin_write(&address, "delete_workspaces")
        .await?;
    let otherwise = match ctx.run.writer.delete_workspace(id).await {
        Ok(Gone::Accepted | Gone::Already) => StepError::unknown(StepProblem::WorkspaceRemains),
        // The gateway may give up before the deletion ends.
        Err(error) if error.effect() == Effect::Unknown => error.into(),
        Err(error) => return Err(ctx.ledger.end_failed(seq, error).await),
    };
    let seen = wait_until_gone(ctx, id).await.ok_or(otherwise);
    ctx.ledger.end_checked(seq, seen).await
}

async fn wait_until_gone(ctx: &CustomerContext<'_>, id: WorkspaceId) -> Option<()> {
    Polling::new(ctx.run, ctx.run.options.delete_deadline)
        .until(async || {
            let found = ctx.reader().workspace(id).await.ok()?;
            found.is_none().then_some(())
        })
        .await
}
