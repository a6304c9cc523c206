//! Responsible for executing the operations of a plan, one module for each.
//!
//! Does not make decisions that the plan left open.

mod adopt;
mod adopt_customer;
mod check;
mod create;
pub(super) mod create_customer;
pub(super) mod delete;
mod delete_customer;
mod overlay;
mod replace;
mod update;
mod update_customer;

use super::{CustomerContext, StepResult};
use crate::plan::{Operation, Step};

/// Executes one step.
pub(super) async fn execute<'a>(ctx: &mut CustomerContext<'a>, step: &'a Step) -> StepResult {
    let address = &step.address;
    match &step.operation {
        Operation::CreateCustomer { region } => create_customer::execute(ctx, *region).await,
        Operation::AdoptCustomer { workspace_id } => {
            adopt_customer::execute(ctx, *workspace_id).await
        }
        Operation::UpdateCustomer {
            workspace_id,
            patch,
            record_suspension,
        } => update_customer::execute(ctx, step, *workspace_id, patch, *record_suspension).await,
        Operation::DeleteCustomer { workspace_id } => {
            delete_customer::execute(ctx, step, *workspace_id).await
        }
        Operation::CreateConnector { body } => create::execute(ctx, step, body).await,
        Operation::AdoptConnector { id, body, replaces } => {
            adopt::execute(ctx, step, *id, body, *replaces).await
        }
        Operation::UpdateConnector { id, patch, body } => {
            update::execute(ctx, step, *id, patch, body).await
        }
        Operation::ReplaceConnector { id, body } => replace::execute(ctx, step, *id, body).await,
        Operation::DeleteConnector { id } => delete::execute(ctx, address, *id).await,
    }
}
