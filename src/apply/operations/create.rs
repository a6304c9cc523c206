//! Responsible for creating a connector. The API has no idempotency key, so the intent is written
//! first, and after an unknown outcome the list decides whether the request is repeated.

use super::check::check;
use crate::api::{ApiError, Effect, NewConnector};
use crate::apply::answers::{Extent, SettingsWrite};
use crate::apply::ledger_entry::{RemoteRecord, pending};
use crate::apply::{
    CreatedConnector, CustomerContext, StepError, StepResult, StepSuccess, StepWarning,
};
use crate::ledger::{Intent, IntentOutcome};
use crate::model::{ConnectorBody, ConnectorId, SecretLookup as _, SentFingerprints};
use crate::plan::Step;
use std::sync::Arc;

/// The number of creation requests for one connector in one run.
const ATTEMPTS: u32 = 3;

/// A created connector, and what to tell about it.
pub(super) struct Created {
    pub(super) id: ConnectorId,
    pub(super) warnings: Vec<StepWarning>,
}

pub(super) async fn execute<'a>(
    ctx: &mut CustomerContext<'a>,
    step: &'a Step,
    body: &'a ConnectorBody,
) -> StepResult {
    ctx.live.refresh(&ctx.ledger).await?;
    let existing = ctx.live.unrecorded_matches(&ctx.ledger, body).next();
    if let Some(id) = existing {
        // The connector appeared after the plan was made. Creating another would make a duplicate.
        let remote = RemoteRecord::default();
        ctx.ledger.record_connector(body, id, remote).await?;
        return Ok(StepSuccess {
            adopted: true,
            warnings: vec![StepWarning::AdoptedInstead],
            ..StepSuccess::new(id)
        });
    }
    let unverified = if ctx.run.options.check_new {
        check(ctx, body).await?
    } else {
        None
    };
    let created = create(ctx, step, body, None).await?;
    Ok(StepSuccess {
        warnings: unverified.into_iter().chain(created.warnings).collect(),
        ..StepSuccess::new(created.id)
    })
}

/// Creates a connector and records it in the ledger.
pub(super) async fn create<'a>(
    ctx: &mut CustomerContext<'a>,
    step: &'a Step,
    body: &'a ConnectorBody,
    replaces: Option<ConnectorId>,
) -> Result<Created, StepError> {
    let sent = fingerprints(ctx, body);
    let mut known = ctx.live.similar(body);
    known.extend(ctx.ledger.recorded_as(&body.name));
    known.extend(replaces);
    let intent = Intent::CreateConnector {
        customer: ctx.plan.name.clone(),
        workspace_id: ctx.ledger.workspace()?,
        name: body.name.clone(),
        definition_id: body.definition_id,
        known,
        replaces,
        record: Box::new(pending(body, sent.clone())),
    };
    let (seq, created) = post(ctx, body, &intent).await?;
    ctx.live.mark_created();
    let answers = SettingsWrite {
        body,
        sent: sent.as_deref(),
        previous: replaces.and_then(|id| ctx.ledger.find(id)).as_ref(),
        step,
        extent: Extent::Creation,
    }
    .record(&created);
    let remote = RemoteRecord {
        sent,
        updated_at: created.updated_at,
        write: answers.write,
    };
    let previous = ctx
        .ledger
        .record_created(body, created.id, remote, replaces)
        .await
        .map_err(StepError::after_write)?;
    // The intent ends when duplicates are resolved. If this run cannot, the next one does.
    ctx.created.push(CreatedConnector {
        id: created.id,
        body,
        seq,
        previous,
    });
    Ok(Created {
        id: created.id,
        warnings: answers.warnings,
    })
}

/// The fingerprints of every secret in a body that is about to be sent.
fn fingerprints(ctx: &CustomerContext<'_>, body: &ConnectorBody) -> Option<Arc<SentFingerprints>> {
    let leaves = body.secret_leaves();
    if leaves.is_empty() {
        return None;
    }
    let value = |reference: &_| ctx.run.secrets.value(reference);
    let fingerprinter = ctx.run.fingerprinter;
    let sent = fingerprinter.fingerprint_sent(leaves, value);
    Some(Arc::new(sent))
}

/// Sends the request, with its own intent for each attempt. Repeats it only after a response that
/// reports a failure, and only if no list shows the connector. After a broken connection or a
/// timeout, including a gateway's, the request may still complete, so the next run checks.
async fn post(
    ctx: &CustomerContext<'_>,
    body: &ConnectorBody,
    intent: &Intent,
) -> Result<(u64, NewConnector), StepError> {
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
            && let Ok(created) = ctx.live.find_created(&ctx.ledger, body).await
        {
            if let Some(created) = created {
                return Ok((seq, created));
            }
            if attempt < ATTEMPTS && is_over(&error) {
                ctx.ledger
                    .end(seq, IntentOutcome::Unknown)
                    .await
                    .map_err(StepError::after_write)?;
                attempt += 1;
                continue;
            }
        }
        if unexpected {
            ctx.ledger
                .end(seq, IntentOutcome::Unknown)
                .await
                .map_err(StepError::after_write)?;
            return Err(error.into());
        }
        return Err(ctx.ledger.end_failed(seq, error).await);
    }
}

/// Whether the server itself reported the failure. Such a request can no longer complete, unlike
/// one that the gateway gave up on (504).
fn is_over(error: &ApiError) -> bool {
    error
        .status()
        .is_some_and(|status| status >= 500 && status != 504)
}

/// Whether the API is not known to refuse a creation with this status. A proxy may have answered
/// after it forwarded the request.
fn is_unexpected(error: &ApiError) -> bool {
    let known = [400, 401, 403, 404, 422, 429];
    error
        .status()
        .is_some_and(|status| (300..500).contains(&status) && !known.contains(&status))
}
