//! Responsible for deleting a connector. The API deletes asynchronously, so the operation ends when
//! lists no longer show the connector.

use crate::api::{DeleteOutcome, Effect};
use crate::apply::{CustomerContext, Outcome, StepError, StepProblem, StepResult, StepSuccess};
use crate::model::{Address, ConnectorId};

pub(super) async fn execute(
    ctx: &mut CustomerContext<'_>,
    address: &Address,
    id: ConnectorId,
) -> StepResult {
    ctx.live.require_own(&ctx.ledger, id).await?;
    let previous = ctx.ledger.mark_pending_deletion(id).await?;
    let error = match remove(ctx, address, id).await {
        Ok(()) => return Ok(StepSuccess::new(id)),
        Err(error) => error,
    };
    if matches!(error.outcome, Outcome::Failed | Outcome::NotAttempted)
        && let Some(previous) = previous
    {
        ctx.ledger.restore_connector(previous).await?;
    }
    Err(error)
}

/// Deletes a connector that the ledger has marked as pending deletion, and waits until lists no
/// longer show it.
pub(in crate::apply) async fn remove(
    ctx: &mut CustomerContext<'_>,
    address: &Address,
    id: ConnectorId,
) -> Result<(), StepError> {
    ctx.live.mark_removed(id);
    let seq = ctx
        .ledger
        .begin_write(address, "delete_integrations_connectors_id")
        .await?;
    let (gone, otherwise) = match ctx.run.writer.delete_connector(id).await {
        Ok(DeleteOutcome::Accepted) => (
            ctx.live.is_unlisted(&ctx.ledger, id).await,
            StepError::unknown(StepProblem::DeletedStillListed),
        ),
        Ok(DeleteOutcome::NotFound) => (
            ctx.live.is_gone(&ctx.ledger, id).await,
            StepError::unknown(StepProblem::NotFoundStillListed),
        ),
        Err(error) if error.effect() == Effect::Unknown => {
            (ctx.live.is_gone(&ctx.ledger, id).await, error.into())
        }
        Err(error) => return Err(ctx.ledger.end_failed(seq, error).await),
    };
    let seen = gone.then_some(()).ok_or(otherwise);
    ctx.ledger.end_checked(seq, seen).await?;
    ctx.live.forget(id);
    ctx.ledger
        .remove_deleted(id)
        .await
        .map_err(StepError::after_write)
}
