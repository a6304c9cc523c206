//! Responsible for adopting a connector: the ledger gets a record without fingerprints, because
//! someone else sent the credentials. Writes nothing remotely.

use crate::apply::ledger_entry::RemoteRecord;
use crate::apply::{CustomerContext, StaleReason, StepError, StepResult, StepSuccess};
use crate::model::{ConnectorBody, ConnectorId};
use crate::plan::{CustomerPlan, Step};

pub(super) async fn execute(
    ctx: &mut CustomerContext<'_>,
    step: &Step,
    id: ConnectorId,
    body: &ConnectorBody,
    replaces: Option<ConnectorId>,
) -> StepResult {
    ctx.live.refresh(&ctx.ledger).await?;
    let updated_at = ctx
        .live
        .get(id)
        .ok_or_else(|| StepError::stale(StaleReason::ConnectorGone))?
        .updated_at
        .as_ref()
        .map(String::from);
    if has_further_step(ctx.plan, step) {
        // A later step applies the declared settings and records them.
        let without_settings = ConnectorBody {
            replication_config: None,
            entities: None,
            ..body.clone()
        };
        ctx.ledger
            .record_created(&without_settings, id, RemoteRecord::default(), replaces)
            .await?;
    } else {
        let remote = RemoteRecord {
            updated_at,
            ..RemoteRecord::default()
        };
        ctx.ledger
            .record_created(body, id, remote, replaces)
            .await?;
    }
    Ok(StepSuccess::new(id))
}

fn has_further_step(plan: &CustomerPlan, step: &Step) -> bool {
    plan.steps
        .iter()
        .any(|other| other.address == step.address && other.operation != step.operation)
}
