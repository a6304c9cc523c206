//! Responsible for updating a connector in place: its name, replication settings and entities.

use super::overlay::overlay;
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
    ctx.live.require_own(&ctx.ledger, id).await?;
    let replication = ctx
        .reader()
        .replication(id)
        .await?
        .ok_or_else(|| StepError::stale(StaleReason::ConnectorGone))?;
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
    ctx.ledger.end(seq, IntentOutcome::TookEffect).await?;
    let previous = ctx.ledger.find(id);
    let sent = previous.as_ref().and_then(|(_, entry)| entry.sent.clone());
    let answers = SettingsWrite {
        body,
        sent: sent.as_ref(),
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
    ctx.ledger.record_connector(body, id, remote).await?;
    Ok(StepSuccess {
        warnings: answers.warnings,
        ..StepSuccess::new(id)
    })
}
