//! Responsible for creating a customer: requesting a scoped token for a name creates its workspace.
//! The request may be repeated, because the same name returns the same workspace.

use crate::apply::{CustomerContext, StaleReason, StepError, StepProblem, StepResult, StepSuccess};
use crate::ledger::{Intent, IntentOutcome};
use crate::model::{Region, WorkspaceId};

pub(super) async fn execute(ctx: &mut CustomerContext<'_>, region: Option<Region>) -> StepResult {
    let customer = ctx.plan.name.clone();
    let seq = ctx
        .ledger
        .begin(Intent::CreateCustomer { customer })
        .await?;
    let id = match ctx.run.writer.mint(&ctx.plan.name, None, region).await {
        Ok(id) => id,
        Err(error) => return Err(ctx.ledger.end_failed(seq, error).await),
    };
    if ctx.run.ledger.find(id).await?.is_some() {
        // The present entry records more than a new one would, so it stays.
        ctx.ledger.end(seq, IntentOutcome::TookEffect).await?;
        return Err(StepError::stale(StaleReason::AlreadyRecorded));
    }
    if let Err(error) = check_name(ctx, id).await {
        ctx.ledger.end(seq, IntentOutcome::Unknown).await?;
        return Err(error);
    }
    ctx.ledger.record_workspace(id).await?;
    ctx.ledger.end(seq, IntentOutcome::TookEffect).await?;
    Ok(StepSuccess::new(id))
}

/// Refuses a workspace of another name, which may belong to another customer.
async fn check_name(ctx: &CustomerContext<'_>, id: WorkspaceId) -> Result<(), StepError> {
    match ctx.reader().workspace(id).await {
        Ok(Some(workspace)) if workspace.name != ctx.plan.name => {
            Err(StepError::unknown(StepProblem::WorkspaceOfOtherName {
                workspace_id: id,
            }))
        }
        // The API may not return a new workspace at once.
        Ok(_) => Ok(()),
        Err(error) => Err(StepError::unknown(StepProblem::NewWorkspaceUnreadable {
            workspace_id: id,
            error: error.to_string(),
        })),
    }
}
