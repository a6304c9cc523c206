//! Responsible for creating a customer: minting a token for a name creates its workspace.
//! Repeating it is safe, because the same name gives the same workspace.

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
        // The ledger's entry says more than a new one would.
        ctx.ledger.end(seq, IntentOutcome::Done).await?;
        return Err(StepError::stale(StaleReason::AlreadyRecorded));
    }
    if let Err(error) = check_name(ctx, id).await {
        ctx.ledger.end(seq, IntentOutcome::Unknown).await?;
        return Err(error);
    }
    ctx.ledger.record_workspace(id).await?;
    ctx.ledger.end(seq, IntentOutcome::Done).await?;
    Ok(StepSuccess::new(id))
}

/// Reads the workspace that the token is for: it could be another customer's.
async fn check_name(ctx: &CustomerContext<'_>, id: WorkspaceId) -> Result<(), StepError> {
    match ctx.reader().workspace(id).await {
        Ok(Some(found)) if found.name != ctx.plan.name => {
            Err(StepError::unknown(StepProblem::MintedOther {
                workspace_id: id,
            }))
        }
        // A new workspace may not be found yet.
        Ok(_) => Ok(()),
        Err(error) => Err(StepError::unknown(StepProblem::MintUnchecked {
            workspace_id: id,
            error: error.to_string(),
        })),
    }
}
