//! Responsible for creating a customer: requesting a scoped token for a name creates its workspace.
//! The request may be repeated, because the same name returns the same workspace.
//!
//! The requests of many customers may be sent before the other steps of any of them, so that one
//! listing proves that all their workspaces are new.

use crate::api::{ApiError, ConnectorToken, MintedToken, NewWorkspaces, Workspace};
use crate::apply::{
    CustomerContext, Outcome, RequestTime, StaleReason, StepError, StepProblem, StepResult,
    StepSuccess,
};
use crate::ledger::{Intent, IntentOutcome};
use crate::model::{Region, WorkspaceId};
use jiff::Timestamp;
use tokio::time::Instant;

/// The request for the token of a new customer.
pub(in crate::apply) struct Creation {
    seq: u64,
    /// The time before the request.
    requested: Timestamp,
    minted: Result<Minted, ApiError>,
    /// The time before the request, on a clock that nobody sets.
    sent: Instant,
    /// The workspace, if a listing proves that it is new.
    listed: Option<Workspace>,
}

enum Minted {
    /// The token creates no connector, so that its workspace may not have been read.
    Token(Box<MintedToken>),
    Workspace(WorkspaceId),
}

impl Creation {
    pub(in crate::apply) fn error(&self) -> Option<&ApiError> {
        self.minted.as_ref().err()
    }

    /// Takes the workspace of this name from a listing, if it is new and the token does not belong to
    /// another one. Returns whether the listing has such a workspace.
    pub(in crate::apply) fn prove(&mut self, listed: &NewWorkspaces, name: &str) -> bool {
        let is_of_token = |workspace: &&Workspace| match &self.minted {
            Ok(Minted::Token(_)) => true,
            Ok(Minted::Workspace(id)) => workspace.id == *id,
            Err(_) => false,
        };
        self.listed = listed.find(name, self.sent).filter(is_of_token).cloned();
        self.listed.is_some()
    }
}

/// Sends the request. Reads which workspace the token belongs to if the token creates connectors,
/// because their credentials are sent with it.
pub(in crate::apply) async fn request(
    ctx: &CustomerContext<'_>,
    region: Option<Region>,
) -> Result<Creation, StepError> {
    let (name, writer) = (&ctx.plan.name, ctx.run.writer);
    let customer = name.clone();
    let seq = ctx
        .ledger
        .begin(Intent::CreateCustomer { customer })
        .await?;
    let (requested, sent) = (Timestamp::now(), Instant::now());
    let minted = match writer.mint_name(name, region).await {
        Ok(token) if sends_credentials(ctx) => writer
            .workspace_of_token(name, token, region)
            .await
            .map(Minted::Workspace),
        token => token.map(|token| Minted::Token(Box::new(token))),
    };
    Ok(Creation {
        seq,
        requested,
        minted,
        sent,
        listed: None,
    })
}

fn sends_credentials(ctx: &CustomerContext<'_>) -> bool {
    ctx.run.writer.connector_token() == ConnectorToken::Scoped && ctx.plan.creates_connectors()
}

pub(super) async fn execute(ctx: &mut CustomerContext<'_>, region: Option<Region>) -> StepResult {
    let Creation {
        seq,
        requested,
        minted,
        listed,
        ..
    } = match ctx.creation.take() {
        Some(creation) => creation?,
        None => request(ctx, region).await?,
    };
    let requested = RequestTime {
        local: requested,
        server: ctx.run.writer.server_time(requested),
    };
    let id = match identify(ctx, minted, listed.as_ref(), region).await {
        Ok(id) => id,
        Err(error) => return Err(ctx.ledger.end_failed(seq, error).await),
    };
    if ctx.run.ledger.is_recorded(id) {
        // The present entry records more than a new one would, so it stays.
        ctx.ledger
            .end(seq, IntentOutcome::TookEffect)
            .await
            .map_err(StepError::after_write)?;
        return Err(StepError::stale(StaleReason::AlreadyRecorded));
    }
    if let Some(workspace) = &listed
        && !ctx.run.new_customers.may_have_content(workspace, requested)
    {
        ctx.live.start_empty();
    }
    if let Err((error, outcome)) = check_workspace(ctx, id, listed, requested).await {
        ctx.ledger
            .end_durably(seq, outcome)
            .await
            .map_err(StepError::after_write)?;
        return Err(error);
    }
    ctx.ledger
        .record_workspace(id)
        .await
        .map_err(StepError::after_write)?;
    ctx.ledger
        .end(seq, IntentOutcome::TookEffect)
        .await
        .map_err(StepError::after_write)?;
    Ok(StepSuccess::new(id))
}

async fn identify(
    ctx: &CustomerContext<'_>,
    minted: Result<Minted, ApiError>,
    listed: Option<&Workspace>,
    region: Option<Region>,
) -> Result<WorkspaceId, ApiError> {
    match (minted?, listed) {
        (Minted::Workspace(id), _) => Ok(id),
        (Minted::Token(_), Some(workspace)) => Ok(workspace.id),
        (Minted::Token(token), None) => {
            let writer = ctx.run.writer;
            writer
                .workspace_of_token(&ctx.plan.name, *token, region)
                .await
        }
    }
}

/// Refuses a workspace of another name, which may belong to another customer, and a workspace that
/// existed before the run.
///
/// A listing that proves that the workspace is new replaces its GET and the list before the first
/// creation: the listing has the name exactly once, with the id of the token, and the id was in no
/// complete listing before the request. So the workspace has the right name and is empty. A connector
/// that someone creates in it meanwhile is found by the list after the creations, which also proves
/// that they are in this workspace.
async fn check_workspace(
    ctx: &CustomerContext<'_>,
    id: WorkspaceId,
    listed: Option<Workspace>,
    requested: RequestTime,
) -> Result<(), (StepError, IntentOutcome)> {
    let workspace = match listed {
        Some(workspace) => workspace,
        None => match ctx.reader().workspace(id).await {
            Ok(Some(workspace)) => workspace,
            // The API may not return a new workspace at once.
            Ok(None) => return Ok(()),
            Err(error) => {
                let problem = StepProblem::NewWorkspaceUnreadable {
                    workspace_id: id,
                    error: error.to_string(),
                };
                return Err((StepError::unknown(problem), IntentOutcome::Unknown));
            }
        },
    };
    if workspace.name != ctx.plan.name {
        let problem = StepProblem::WorkspaceOfOtherName { workspace_id: id };
        return Err((StepError::unknown(problem), IntentOutcome::Unknown));
    }
    if ctx.run.new_customers.refuses(&workspace, requested) {
        let problem = StepProblem::OlderWorkspace { workspace_id: id };
        let error = StepError::new(Outcome::Stale, problem);
        // The request created nothing, so recovery must not record the workspace.
        return Err((error, IntentOutcome::Failed));
    }
    Ok(())
}
