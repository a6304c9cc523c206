//! Responsible for creating a connector, which no idempotency key makes repeatable: intent first,
//! one request, and after an unclear response a look at the list.

use crate::api::{ApiError, Created, Effect};
use crate::apply::ledger_entry::pending;
use crate::apply::{
    CreatedConnector, CustomerContext, StepError, StepResult, StepSuccess, StepWarning,
};
use crate::ledger::{Intent, IntentOutcome};
use crate::model::{ConnectorBody, ConnectorId, SecretLookup as _, Sent};
use std::collections::BTreeSet;

/// Requests for one connector in one run, the first included.
const ATTEMPTS: u32 = 3;

pub(super) async fn execute(ctx: &mut CustomerContext<'_>, body: &ConnectorBody) -> StepResult {
    ctx.live.refresh(&ctx.ledger).await?;
    let existing = ctx.live.unrecorded_matches(&ctx.ledger, body).next();
    if let Some(id) = existing {
        // It appeared after the plan was made. A second one of its name would be a duplicate.
        ctx.ledger.record_connector(body, id, None, None).await?;
        return Ok(StepSuccess {
            adopted: true,
            warnings: vec![StepWarning::AdoptedInstead],
            ..StepSuccess::new(id)
        });
    }
    let id = create(ctx, body, None).await?;
    Ok(StepSuccess::new(id))
}

/// Creates a connector and switches the ledger to it.
pub(super) async fn create(
    ctx: &mut CustomerContext<'_>,
    body: &ConnectorBody,
    replaces: Option<ConnectorId>,
) -> Result<ConnectorId, StepError> {
    let sent = fingerprints(ctx, body);
    let known: BTreeSet<ConnectorId> = ctx.live.ids().collect();
    let intent = Intent::CreateConnector {
        customer: ctx.plan.name.clone(),
        workspace_id: ctx.ledger.workspace()?,
        name: body.name.clone(),
        definition_id: body.definition_id,
        known: known.clone(),
        replaces,
        record: Box::new(pending(body, sent.clone())),
    };
    let (seq, created) = post(ctx, body, &intent, &known).await?;
    let previous = ctx
        .ledger
        .record_created(body, &created, sent, replaces)
        .await?;
    // The intent ends when duplicates are resolved, by the next run if this one cannot.
    ctx.created.push(CreatedConnector {
        id: created.id,
        body: body.clone(),
        seq,
        previous,
    });
    Ok(created.id)
}

/// Fingerprints of every secret in a body that is about to be sent.
fn fingerprints(ctx: &CustomerContext<'_>, body: &ConnectorBody) -> Option<Sent> {
    let leaves = body.secret_leaves();
    if leaves.is_empty() {
        return None;
    }
    let salt = uuid::Uuid::new_v4().simple().to_string();
    let at = jiff::Timestamp::now().to_string();
    let value = |reference: &_| ctx.run.secrets.value(reference);
    Some(
        ctx.run
            .fingerprinter
            .fingerprint_leaves(leaves, value, salt, at),
    )
}

/// Sends the request, with an intent of its own for each attempt. It is repeated only after a
/// response that reports a failure, and if the connector did not appear. After a broken connection
/// or a timeout, also a gateway's, the request may still complete: the next run checks.
async fn post(
    ctx: &CustomerContext<'_>,
    body: &ConnectorBody,
    intent: &Intent,
    known: &BTreeSet<ConnectorId>,
) -> Result<(u64, Created), StepError> {
    let (name, workspace) = (ctx.ledger.name(), ctx.ledger.workspace()?);
    let (writer, secrets) = (ctx.run.writer, ctx.run.secrets);
    let mut attempt = 1;
    loop {
        let seq = ctx.ledger.begin(intent.clone()).await?;
        let error = match writer
            .create_connector(name, workspace, body, secrets)
            .await
        {
            Ok(created) => return Ok((seq, created)),
            Err(error) => error,
        };
        let unexpected = is_unexpected(&error);
        if (unexpected || error.effect() == Effect::Unknown)
            && let Ok(found) = ctx.live.find_created(&ctx.ledger, body, known).await
        {
            if let Some(created) = found {
                return Ok((seq, created));
            }
            if attempt < ATTEMPTS && is_over(&error) {
                ctx.ledger.end(seq, IntentOutcome::Unknown).await?;
                attempt += 1;
                continue;
            }
        }
        if unexpected {
            ctx.ledger.end(seq, IntentOutcome::Unknown).await?;
            return Err(error.into());
        }
        return Err(ctx.ledger.end_failed(seq, error).await);
    }
}

/// Whether the server itself reported a failure, so that the request can no longer complete.
fn is_over(error: &ApiError) -> bool {
    error
        .status()
        .is_some_and(|status| status >= 500 && status != 504)
}

/// Whether a refusal is not one that this call is known to have: a proxy may have sent it after it
/// passed the request on.
fn is_unexpected(error: &ApiError) -> bool {
    let known = [400, 401, 403, 404, 422, 429];
    error
        .status()
        .is_some_and(|status| (300..500).contains(&status) && !known.contains(&status))
}
