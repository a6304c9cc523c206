//! Responsible for updating a connector in place: its name, replication settings and entities.

use super::overlay::overlay;
use crate::apply::{CustomerContext, StaleReason, StepError, StepResult, StepSuccess};
use crate::ledger::IntentOutcome;
use crate::model::{Address, ConnectorBody, ConnectorId};
use crate::plan::ConnectorPatch;

pub(super) async fn execute(
    ctx: &mut CustomerContext<'_>,
    address: &Address,
    id: ConnectorId,
    patch: &ConnectorPatch,
    body: &ConnectorBody,
) -> StepResult {
    ctx.live.require_own(&ctx.ledger, id).await?;
    let replication = ctx
        .reader()
        .replication(id)
        .await?
        .ok_or_else(|| StepError::stale(StaleReason::ConnectorGone))?;
    let config = patch
        .replication_config
        .as_ref()
        .map(|declared| replication.with(|observed| overlay(observed, declared, &patch.removed)));
    let (name, entities) = (patch.name.as_deref(), patch.entities.as_deref());
    let seq = ctx
        .ledger
        .begin_write(address, "update_integrations_connectors_id")
        .await?;
    if let Err(error) = ctx
        .run
        .writer
        .update_connector(id, name, config.as_ref(), entities)
        .await
    {
        return Err(ctx.ledger.end_failed(seq, error).await);
    }
    ctx.ledger.end(seq, IntentOutcome::TookEffect).await?;
    let sent = ctx.ledger.sent(id);
    // Without `updated_at`, the next plan reads the details again and finds what others changed
    // meanwhile.
    ctx.ledger.record_connector(body, id, sent, None).await?;
    Ok(StepSuccess::new(id))
}
