//! Responsible for changing a workspace's name and settings.

use crate::api::{Effect, Workspace};
use crate::apply::{
    CustomerContext, Polling, StaleReason, StepError, StepProblem, StepResult, StepSuccess,
};
use crate::model::{Address, CustomerPatch, ObservedStatus, Status, WorkspaceId};
use crate::plan::Step;
use std::time::Duration;

/// How long a change may take to be read back.
const READ_LAG: Duration = Duration::from_secs(3);

pub(super) async fn execute(
    ctx: &mut CustomerContext<'_>,
    step: &Step,
    id: Option<WorkspaceId>,
    patch: &CustomerPatch,
    record_suspension: bool,
) -> StepResult {
    let id = id
        .or(ctx.ledger.known_workspace())
        .ok_or_else(|| StepError::stale(StaleReason::WorkspaceAbsent))?;
    let found = ctx
        .reader()
        .workspace(id)
        .await?
        .ok_or_else(|| StepError::stale(StaleReason::WorkspaceGone))?;
    if !satisfies(&found, patch) {
        if !step.precondition.allows_name(&found.name) {
            return Err(StepError::stale(StaleReason::WorkspaceRenamed));
        }
        put(ctx, id, patch).await?;
    }
    let protect = ctx.plan.protect;
    ctx.ledger
        .record_settings(patch, record_suspension, protect)
        .await?;
    Ok(StepSuccess::new(id))
}

/// Sends the change and reads it back: an unclear response need not stay unclear, and a clear one
/// need not be true.
async fn put(
    ctx: &CustomerContext<'_>,
    id: WorkspaceId,
    patch: &CustomerPatch,
) -> Result<(), StepError> {
    let address = Address::customer(&ctx.plan.name);
    let seq = ctx
        .ledger
        .begin_write(&address, "update_workspaces")
        .await?;
    let otherwise = match ctx.run.writer.update_workspace(id, patch).await {
        Ok(_) => StepError::unknown(StepProblem::WorkspaceUnchanged),
        Err(error) if error.effect() == Effect::Unknown => error.into(),
        Err(error) => return Err(ctx.ledger.end_failed(seq, error).await),
    };
    let seen = wait_until_satisfied(ctx, id, patch).await.ok_or(otherwise);
    ctx.ledger.end_checked(seq, seen).await
}

async fn wait_until_satisfied(
    ctx: &CustomerContext<'_>,
    id: WorkspaceId,
    patch: &CustomerPatch,
) -> Option<()> {
    Polling::new(ctx.run, READ_LAG)
        .until(async || {
            let found = ctx.reader().workspace(id).await.ok()??;
            satisfies(&found, patch).then_some(())
        })
        .await
}

fn satisfies(found: &Workspace, patch: &CustomerPatch) -> bool {
    let CustomerPatch {
        name,
        status,
        cache,
    } = patch;
    let status_of = |status: Status| match status {
        Status::Active => ObservedStatus::Active,
        Status::Inactive => ObservedStatus::Inactive,
    };
    name.as_ref().is_none_or(|name| found.name == *name)
        && status.is_none_or(|status| found.status == status_of(status))
        && cache.is_none_or(|cache| found.cache == cache.as_remote())
}
