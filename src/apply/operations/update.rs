//! Responsible for updating a connector in place: its name, replication settings and entities.

use super::overlay::overlay;
use crate::api::Replication;
use crate::apply::answers::{Before, Extent, SettingsWrite};
use crate::apply::ledger_entry::RemoteRecord;
use crate::apply::{CustomerContext, StaleReason, StepError, StepResult, StepSuccess};
use crate::ledger::IntentOutcome;
use crate::model::{ConnectorBody, ConnectorId};
use crate::plan::{ConnectorPatch, Step};

pub(super) async fn execute(
    ctx: &mut CustomerContext<'_>,
    step: &Step,
    id: ConnectorId,
    patch: &ConnectorPatch,
    body: &ConnectorBody,
) -> StepResult {
    let replication = read_own(ctx, id).await?;
    let before = Before::new(&replication, body);
    let config = patch
        .replication_config
        .as_ref()
        .map(|declared| replication.with(|observed| overlay(observed, declared, &patch.removed)));
    let (name, entities) = (patch.name.as_deref(), patch.entities.as_deref());
    let seq = ctx
        .ledger
        .begin_write(&step.address, "update_integrations_connectors_id")
        .await?;
    let updated = ctx
        .run
        .writer
        .update_connector(id, name, config.as_ref(), entities)
        .await;
    let response = match updated {
        Ok(response) => response,
        Err(error) => return Err(ctx.ledger.end_failed(seq, error).await),
    };
    ctx.ledger
        .end(seq, IntentOutcome::TookEffect)
        .await
        .map_err(StepError::after_write)?;
    let previous = ctx.ledger.find(id);
    let sent = previous.as_ref().and_then(|(_, entry)| entry.sent.clone());
    let answers = SettingsWrite {
        body,
        sent: sent.as_deref(),
        previous: previous.as_ref(),
        step,
        extent: Extent::Update(patch, before),
    }
    .record(&response);
    // Without `updated_at`, the next plan reads the details again and finds what others changed
    // meanwhile.
    let remote = RemoteRecord {
        sent,
        updated_at: None,
        write: answers.write,
    };
    ctx.ledger
        .record_connector(body, id, remote)
        .await
        .map_err(StepError::after_write)?;
    Ok(StepSuccess {
        warnings: answers.warnings,
        ..StepSuccess::new(id)
    })
}

/// The settings of a connector that is in the customer's workspace.
async fn read_own(
    ctx: &mut CustomerContext<'_>,
    id: ConnectorId,
) -> Result<Replication, StepError> {
    ctx.live.refresh_current(&ctx.ledger).await?;
    let listed = ctx.live.get_current(id);
    let updated_at = listed.and_then(|connector| connector.updated_at.as_deref());
    let replication = ctx
        .reader()
        .replication(id, updated_at)
        .await?
        .ok_or_else(|| StepError::stale(StaleReason::ConnectorGone))?;
    if listed.is_none() {
        ctx.live.require_inspected(&ctx.ledger, id).await?;
    }
    Ok(replication)
}
