//! Responsible for executing the customers of a plan in parallel, and for their reports in the
//! plan's order.

use super::{ApplyReport, Context, CustomerExecutor, OperationReport, StopCause};
use crate::model::{CustomerEntry, LedgerState};
use crate::plan::{CustomerPlan, Plan};
use futures_util::{StreamExt, stream};

/// Executes a plan. `recorded` is the ledger before the run; each step updates the ledger on disk.
pub async fn apply(plan: &Plan, recorded: &LedgerState, context: &Context<'_>) -> ApplyReport {
    ApplyReport {
        operations: customers(&plan.customers, recorded, context).await,
        interrupted: context.stop.cause() == Some(StopCause::Signal),
        waves: Vec::new(),
        already_done: Vec::new(),
        blocked: plan.blocked.clone(),
        unverified: plan.unverified.clone(),
    }
}

pub(super) async fn customers(
    plans: &[CustomerPlan],
    recorded: &LedgerState,
    context: &Context<'_>,
) -> Vec<OperationReport> {
    let mut finished: Vec<_> = stream::iter(plans.iter().enumerate())
        .map(|(index, customer)| execute(index, customer, recorded, context))
        .buffer_unordered(context.options.parallelism.max(1))
        .collect()
        .await;
    finished.sort_by_key(|(index, _)| *index);
    finished
        .into_iter()
        .flat_map(|(_, reports)| reports)
        .collect()
}

async fn execute(
    index: usize,
    plan: &CustomerPlan,
    recorded: &LedgerState,
    context: &Context<'_>,
) -> (usize, Vec<OperationReport>) {
    let executor = CustomerExecutor::new(context, plan, entry(plan, recorded));
    (index, executor.execute().await)
}

fn entry(plan: &CustomerPlan, recorded: &LedgerState) -> Option<CustomerEntry> {
    recorded.customers.get(&plan.workspace_id?).cloned()
}
