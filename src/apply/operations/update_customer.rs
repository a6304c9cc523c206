//! Responsible for updating a workspace: its name, status and cache.

use crate::api::{Effect, Workspace};
use crate::apply::ledger_entry::CustomerUpdate;
use crate::apply::{
    CustomerContext, Polling, StaleReason, StepError, StepProblem, StepResult, StepSuccess,
};
use crate::model::{Address, CustomerPatch, ObservedStatus, Status, WorkspaceId};
use crate::plan::Step;
use std::time::Duration;

/// How long an update may take until a GET shows it.
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
    let workspace = ctx
        .reader()
        .workspace(id)
        .await?
        .ok_or_else(|| StepError::stale(StaleReason::WorkspaceGone))?;
    let is_sent = !satisfies(&workspace, patch);
    if is_sent {
        if !step.precondition.allows_name(&workspace.name) {
            return Err(StepError::stale(StaleReason::WorkspaceRenamed));
        }
        put(ctx, id, patch).await?;
    }
    ctx.ledger
        .record_update(CustomerUpdate {
            patch,
            suspended: record_suspension,
            protect: ctx.plan.protect,
        })
        .await
        .map_err(|error| if is_sent { error.after_write() } else { error })?;
    if patch.name.is_some() {
        ctx.keep_renamed_token();
    }
    Ok(StepSuccess::new(id))
}

/// Sends the update and reads the workspace back. The GET decides: an update whose response was
/// lost may have taken effect, and an accepted update may have had none.
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
            let workspace = ctx.reader().workspace(id).await.ok()??;
            satisfies(&workspace, patch).then_some(())
        })
        .await
}

fn satisfies(workspace: &Workspace, patch: &CustomerPatch) -> bool {
    let CustomerPatch {
        name,
        status,
        cache,
    } = patch;
    let status_of = |status: Status| match status {
        Status::Active => ObservedStatus::Active,
        Status::Inactive => ObservedStatus::Inactive,
    };
    name.as_ref().is_none_or(|name| workspace.name == *name)
        && status.is_none_or(|status| workspace.status == status_of(status))
        && cache.is_none_or(|cache| workspace.cache == cache.as_remote())
}
