//! Responsible for adopting a customer: the ledger gets an entry. Writes nothing remotely.

use crate::apply::{CustomerContext, StepResult, StepSuccess};
use crate::model::WorkspaceId;

pub(super) async fn execute(ctx: &mut CustomerContext<'_>, id: WorkspaceId) -> StepResult {
    ctx.ledger.record_workspace(id).await?;
    Ok(StepSuccess::new(id))
}
