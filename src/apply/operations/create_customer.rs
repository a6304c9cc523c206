//! Responsible for creating a customer: requesting a scoped token for a name creates its workspace.
//! The request may be repeated, because the same name returns the same workspace.

use crate::apply::{
    CustomerContext, Outcome, StaleReason, StepError, StepProblem, StepResult, StepSuccess,
};
use crate::ledger::{Intent, IntentOutcome};
use crate::model::{Region, WorkspaceId};
use jiff::Timestamp;

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
    if ctx.run.ledger.is_recorded(id) {
        // The present entry records more than a new one would, so it stays.
        ctx.ledger.end(seq, IntentOutcome::TookEffect).await?;
        return Err(StepError::stale(StaleReason::AlreadyRecorded));
    }
    if let Err((error, outcome)) = check_workspace(ctx, id).await {
        ctx.ledger.end(seq, outcome).await?;
        return Err(error);
    }
    ctx.ledger.record_workspace(id).await?;
    ctx.ledger.end(seq, IntentOutcome::TookEffect).await?;
    Ok(StepSuccess::new(id))
}

/// Refuses a workspace of another name, which may belong to another customer, and a workspace that
/// existed before the run.
async fn check_workspace(
    ctx: &CustomerContext<'_>,
    id: WorkspaceId,
) -> Result<(), (StepError, IntentOutcome)> {
    let workspace = match ctx.reader().workspace(id).await {
        Ok(Some(workspace)) => workspace,
        // The API may not return a new workspace at once.
        Ok(None) => return Ok(()),
        Err(error) => {
            let problem = StepProblem::NewWorkspaceUnreadable {
                workspace_id: id,
                error: error.to_string(),
            };
            return Err((StepError::unknown(problem), IntentOutcome::Unknown));
        }
    };
    if workspace.name != ctx.plan.name {
        let problem = StepProblem::WorkspaceOfOtherName { workspace_id: id };
        return Err((StepError::unknown(problem), IntentOutcome::Unknown));
    }
    if ctx.run.new_customers.refuses(&workspace, Timestamp::now()) {
        let problem = StepProblem::OlderWorkspace { workspace_id: id };
        let error = StepError::new(Outcome::Stale, problem);
        // The request created nothing, so recovery must not record the workspace.
        return Err((error, IntentOutcome::Failed));
    }
    Ok(())
}
