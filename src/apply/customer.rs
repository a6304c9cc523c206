//! Responsible for executing one customer's steps, one after the other.

use super::{
    Context, CustomerContext, OperationReport, Outcome, StepError, StepProblem, StepResult,
    StepSuccess, duplicates, operations,
};
use crate::events::Event;
use crate::model::{ConnectorBody, CustomerEntry};
use crate::plan::{Action, CustomerPlan, Operation, Step};

/// Executes the plan of one customer.
pub(super) struct CustomerExecutor<'a> {
    ctx: CustomerContext<'a>,
    reports: Vec<OperationReport>,
}

impl<'a> CustomerExecutor<'a> {
    pub(super) fn new(
        run: &'a Context<'a>,
        plan: &'a CustomerPlan,
        recorded: Option<CustomerEntry>,
    ) -> Self {
        Self {
            ctx: CustomerContext::new(run, plan, recorded),
            reports: Vec::new(),
        }
    }

    /// Updates the ledger, executes every step, and resolves duplicates.
    pub(super) async fn execute(mut self) -> Vec<OperationReport> {
        let (run, plan) = (self.ctx.run, self.ctx.plan);
        if let Err(error) = self.ctx.ledger.update_ledger(plan).await {
            run.request_stop(&plan.name, error.stop);
        }
        for step in &plan.steps {
            let result = self.execute_step(step).await;
            self.report(step, result);
        }
        duplicates::resolve_duplicates(&mut self.ctx, &mut self.reports).await;
        self.reports
    }

    async fn execute_step(&mut self, step: &Step) -> StepResult {
        self.precondition(step)?;
        let (address, action) = (&step.address, step.action);
        self.ctx
            .run
            .events
            .emit(Event::StepStarted { address, action });
        operations::execute(&mut self.ctx, step).await
    }

    /// Refuses a step that cannot start.
    fn precondition(&self, step: &Step) -> Result<(), StepError> {
        if self.ctx.run.stop.cause().is_some() {
            return Err(StepError::new(Outcome::NotAttempted, StepProblem::RunEnded));
        }
        let creates = matches!(step.operation, Operation::CreateCustomer { .. });
        if self.ctx.ledger.known_workspace().is_none() && !creates {
            return Err(StepError::new(
                Outcome::Blocked,
                StepProblem::CustomerNotCreated,
            ));
        }
        body_to_send(&step.operation).map_or(Ok(()), |body| self.require_secrets(body))
    }

    /// Refuses a body with a secret that could not be resolved.
    fn require_secrets(&self, body: &ConnectorBody) -> Result<(), StepError> {
        let missing = body
            .references()
            .into_iter()
            .find_map(|reference| self.ctx.run.missing.get(reference));
        match missing {
            None => Ok(()),
            Some(reason) => {
                let reason = reason.clone();
                let problem = StepProblem::SecretUnresolved { reason };
                Err(StepError::new(Outcome::Blocked, problem))
            }
        }
    }

    fn report(&mut self, step: &Step, result: StepResult) {
        let (outcome, success, problem) = match result {
            Ok(success) => {
                if step.action != Action::Adopt {
                    self.ctx.run.stop.note_success();
                }
                (Outcome::Succeeded, success, None)
            }
            Err(error) => {
                self.ctx.run.request_stop(&self.ctx.plan.name, error.stop);
                (error.outcome, StepSuccess::default(), Some(error.problem))
            }
        };
        let report = OperationReport {
            address: step.address.clone(),
            action: if success.adopted {
                Action::Adopt
            } else {
                step.action
            },
            outcome,
            remote_id: success.remote_id,
            problem,
            warnings: success.warnings,
        };
        self.ctx.run.emit_finished(&report);
        self.reports.push(report);
    }
}

fn body_to_send(operation: &Operation) -> Option<&ConnectorBody> {
    match operation {
        Operation::CreateConnector { body } | Operation::ReplaceConnector { body, .. } => {
            Some(body)
        }
        _ => None,
    }
}
