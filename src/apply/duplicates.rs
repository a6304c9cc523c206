//! Responsible for duplicates: two runs that share no lock may create the same connector, because
//! the API does not require unique names. Both runs list both connectors and keep the same one: the
//! one with the smallest creation time, then the smallest id.
//!
//! Does not delete a connector that this run did not create.

use super::customer_context::{CreatedConnector, CustomerContext};
use super::ledger_entry::{RemoteRecord, record};
use super::live_connectors::Listed;
use super::operations::delete::remove;
use super::{OperationReport, Outcome, StepError, StepProblem, StepWarning, StopCause};
use crate::api::ConnectorIds;
use crate::ledger::{IntentOutcome, interchangeable, precedence};
use crate::model::{Address, ConnectorEntry, ConnectorId, DefinitionId, SentFingerprints};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Whether a listing of the organization shows every created connector in the customer's workspace, and no connector
/// that may be the earlier one of two duplicates. The listing has no names, so any connector that appeared may be one.
pub(super) fn are_unique(ctx: &CustomerContext<'_>, listed: &ConnectorIds) -> bool {
    let workspace = ctx.ledger.known_workspace();
    let Some(listed) = workspace.and_then(|id| listed.get(&id)) else {
        return false;
    };
    let created: BTreeSet<ConnectorId> = ctx.created.iter().map(|created| created.id).collect();
    let mut others = listed.difference(&created);
    created.is_subset(listed) && !others.any(|id| is_candidate(ctx, *id))
}

/// Lists the connectors and, where a created connector is the duplicate of an earlier one, keeps
/// the earlier one.
pub(super) async fn resolve_duplicates(
    ctx: &mut CustomerContext<'_>,
    reports: &mut [OperationReport],
) {
    if ctx.created.is_empty() || ctx.run.stop.cause() == Some(StopCause::Authentication) {
        return;
    }
    if ctx.is_proven {
        end_proven(ctx, reports).await;
        return;
    }
    let wanted: Vec<ConnectorId> = ctx.created.iter().map(|created| created.id).collect();
    let listed = ctx.live.list_with(&ctx.ledger, &wanted).await;
    let repeated = listed.as_ref().map(repeated).unwrap_or_default();
    for created in std::mem::take(&mut ctx.created) {
        let Some(listed) = &listed else {
            // The intent stays open, so the next run checks.
            warn(reports, &created, StepWarning::DuplicatesUnchecked);
            continue;
        };
        let slot = (created.body.name.as_str(), created.body.definition_id);
        let resolved = if !listed.contains_key(&created.id) {
            mark_unconfirmed(ctx, reports, &created).await
        } else if repeated.contains(&slot) {
            resolve(ctx, reports, &created, listed).await
        } else {
            ctx.ledger.end(created.seq, IntentOutcome::TookEffect).await
        };
        if let Err(error) = resolved {
            warn_unresolved(ctx, reports, &created, error);
        }
    }
}

/// The names and types that several connectors have.
fn repeated(listed: &Listed) -> BTreeSet<(&str, DefinitionId)> {
    let mut first = BTreeSet::new();
    listed
        .values()
        .map(|connector| (connector.name.as_str(), connector.definition_id))
        .filter(|slot| !first.insert(*slot))
        .collect()
}

/// Ends the intents of creations without duplicates.
async fn end_proven(ctx: &mut CustomerContext<'_>, reports: &mut [OperationReport]) {
    for created in std::mem::take(&mut ctx.created) {
        let ended = ctx.ledger.end(created.seq, IntentOutcome::TookEffect).await;
        if let Err(error) = ended {
            warn_unresolved(ctx, reports, &created, error);
        }
    }
}

fn warn_unresolved(
    ctx: &CustomerContext<'_>,
    reports: &mut [OperationReport],
    created: &CreatedConnector<'_>,
    error: StepError,
) {
    ctx.run.request_stop(&ctx.plan.name, error.stop);
    // A ledger that cannot be written ends the run. The next one settles the open intent.
    if matches!(error.problem, StepProblem::Ledger { .. }) {
        return;
    }
    let problem = error.problem;
    let warning = StepWarning::DuplicatesUnresolved { problem };
    warn(reports, created, warning);
}

/// Requires that a list shows a replacement before the old connector is deleted. Otherwise the
/// ledger returns to the old connector. Returns the list.
pub(super) async fn verify_listed(
    ctx: &mut CustomerContext<'_>,
    id: ConnectorId,
) -> Result<Listed, StepError> {
    let listed = ctx.live.list_with(&ctx.ledger, &[id]).await;
    if let Some(listed) = listed.filter(|listed| listed.contains_key(&id)) {
        return Ok(listed);
    }
    if let Some(created) = ctx.created.pop_if(|created| created.id == id) {
        undo(ctx, &created).await.map_err(StepError::after_write)?;
    }
    Err(StepError::unknown(StepProblem::ReplacementNotListed { id }))
}

/// Reports a creation that no list shows as unknown, and undoes it in the ledger.
async fn mark_unconfirmed(
    ctx: &mut CustomerContext<'_>,
    reports: &mut [OperationReport],
    created: &CreatedConnector<'_>,
) -> Result<(), StepError> {
    if let Some(report) = report_of(reports, created) {
        report.outcome = Outcome::Unknown;
        report.remote_id = None;
        report.problem = Some(StepProblem::NotListed { id: created.id });
    }
    undo(ctx, created).await
}

/// Returns the ledger entry to its state before a creation. The intent stays unresolved, so the
/// next run checks.
async fn undo(
    ctx: &mut CustomerContext<'_>,
    created: &CreatedConnector<'_>,
) -> Result<(), StepError> {
    ctx.ledger
        .undo_creation(created.id, created.previous.clone())
        .await?;
    ctx.ledger.end(created.seq, IntentOutcome::Unknown).await
}

async fn resolve(
    ctx: &mut CustomerContext<'_>,
    reports: &mut [OperationReport],
    created: &CreatedConnector<'_>,
    first: &Listed,
) -> Result<(), StepError> {
    let mut backoff = ctx.live.list_lag();
    let mut newer: Option<Listed> = None;
    loop {
        let listed = newer.as_ref().unwrap_or(first);
        let Some(earlier) = find_earlier(ctx, created, listed) else {
            break;
        };
        // A list may still show a deleted connector, so a GET by id has to return it as well.
        if let Ok(Some(_)) = ctx.reader().connector(earlier).await {
            keep(ctx, reports, created, earlier, listed).await;
            break;
        }
        if !backoff.pause().await {
            warn(reports, created, StepWarning::EarlierUnreadable);
            return Ok(());
        }
        newer = ctx.live.list(&ctx.ledger).await.ok().or(newer);
    }
    ctx.ledger.end(created.seq, IntentOutcome::TookEffect).await
}

/// The connector that takes precedence over a created one of the same name and type, if any.
fn find_earlier(
    ctx: &CustomerContext<'_>,
    created: &CreatedConnector<'_>,
    listed: &Listed,
) -> Option<ConnectorId> {
    let own = listed.get(&created.id)?;
    let (first, connector) = listed
        .iter()
        .filter(|(id, connector)| {
            connector.name == created.body.name
                && connector.definition_id == created.body.definition_id
                && is_candidate(ctx, **id)
        })
        // A connector that this ledger created with other settings is left to the next run.
        .filter(|(id, _)| {
            explained(ctx, **id, listed).is_none_or(|explained| {
                interchangeable(
                    &explained,
                    &record(created.body, **id, RemoteRecord::default()),
                )
            })
        })
        .min_by_key(|(id, connector)| precedence(**id, connector))?;
    (precedence(*first, connector) < precedence(created.id, own)).then_some(*first)
}

/// Whether a connector appeared during this run and is not about to be deleted.
fn is_candidate(ctx: &CustomerContext<'_>, id: ConnectorId) -> bool {
    !ctx.ledger.is_pending_deletion(id) && !ctx.live.was_removed(id) && ctx.live.get(id).is_none()
}

/// The ledger record of a connector that a creation of this ledger explains, in this run or an
/// earlier one.
fn explained(
    ctx: &CustomerContext<'_>,
    id: ConnectorId,
    listed: &Listed,
) -> Option<ConnectorEntry> {
    ctx.ledger.explained(id, listed.get(&id)?)
}

/// Keeps the earlier connector, deletes the created one, and reports both.
async fn keep(
    ctx: &mut CustomerContext<'_>,
    reports: &mut [OperationReport],
    created: &CreatedConnector<'_>,
    earlier: ConnectorId,
    listed: &Listed,
) {
    let sent = explained(ctx, earlier, listed).and_then(|explained| explained.sent);
    let own = created.id;
    let warning = if sent.is_some() {
        StepWarning::EarlierAttempt { earlier, own }
    } else {
        StepWarning::ConcurrentRun { earlier, own }
    };
    let result = switch(ctx, created, earlier, sent).await;
    let Some(report) = report_of(reports, created) else {
        return;
    };
    report.remote_id = Some(earlier.to_string());
    report.warnings.push(warning);
    if let Err(error) = result {
        report.outcome = Outcome::Unknown;
        report.problem = Some(error.problem);
    }
}

async fn switch(
    ctx: &mut CustomerContext<'_>,
    created: &CreatedConnector<'_>,
    earlier: ConnectorId,
    sent: Option<Arc<SentFingerprints>>,
) -> Result<(), StepError> {
    ctx.ledger
        .record_instead(created.id, created.body, earlier, sent)
        .await?;
    let address = Address::connector(&ctx.plan.name, &created.body.name);
    remove(ctx, &address, created.id).await
}

fn report_of<'r>(
    reports: &'r mut [OperationReport],
    created: &CreatedConnector<'_>,
) -> Option<&'r mut OperationReport> {
    let id = created.id.to_string();
    reports
        .iter_mut()
        .find(|report| report.remote_id.as_deref() == Some(id.as_str()))
}

fn warn(reports: &mut [OperationReport], created: &CreatedConnector<'_>, warning: StepWarning) {
    if let Some(report) = report_of(reports, created) {
        report.warnings.push(warning);
    }
}
