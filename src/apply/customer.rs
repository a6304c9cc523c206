//! Responsible for executing one customer's steps, one after the other.

use super::operations::create_customer;
use super::{
    Context, CustomerContext, OperationReport, Outcome, StepError, StepProblem, StepResult,
    StepSuccess, duplicates, operations,
};
use crate::api::{ConnectorIds, NewWorkspaces};
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

    /// Sends the request for the token of a new customer before the steps, so that one listing can
    /// prove for many customers that their workspaces are new.
    pub(super) async fn request_creation(&mut self) {
        let (run, plan) = (self.ctx.run, self.ctx.plan);
        let Some((step, region)) = plan.creation() else {
            return;
        };
        // `execute` reports a step that cannot start.
        if self.precondition(step).is_err() {
            return;
        }
        self.emit_started(step);
        let creation = create_customer::request(&self.ctx, region).await;
        match &creation {
            Err(error) => run.request_stop(&plan.name, error.stop),
            Ok(creation) => match creation.error() {
                Some(error) => {
                    let error = StepError::from(error.clone());
                    run.request_stop(&plan.name, error.stop);
                }
                None => run.stop.note_success(),
            },
        }
        self.ctx.creation = Some(creation);
    }

    /// Whether the token was requested successfully.
    pub(super) fn is_requested(&self) -> bool {
        let creation = self.ctx.creation.as_ref();
        creation.is_some_and(|creation| {
            creation
                .as_ref()
                .is_ok_and(|creation| creation.error().is_none())
        })
    }

    /// Takes the proof that the workspace is new from a listing. Returns whether the listing has the proof.
    pub(super) fn prove_new(&mut self, listed: &NewWorkspaces) -> bool {
        let Some(Ok(creation)) = &mut self.ctx.creation else {
            return false;
        };
        creation.prove(listed, &self.ctx.plan.name)
    }

    /// Updates the ledger and executes every step.
    pub(super) async fn execute(&mut self) {
        let (run, plan) = (self.ctx.run, self.ctx.plan);
        if let Err(error) = self.ctx.ledger.update_ledger(plan).await {
            run.request_stop(&plan.name, error.stop);
        }
        for step in &plan.steps {
            let result = self.execute_step(step).await;
            self.report(step, result);
        }
    }

    /// Whether one listing of the organization replaces the list that shows the created connectors. The ledger entry
    /// counts as finished, so that its file does not wait for the listing.
    pub(super) fn waits_for_listing(&self) -> bool {
        let waits = self.ctx.needs_list() && self.ctx.reader().known_connectors().is_some();
        if waits {
            self.ctx.ledger.finish();
        }
        waits
    }

    /// The number of created connectors whose duplicates are not resolved yet.
    pub(super) fn created(&self) -> usize {
        self.ctx.created.len()
    }

    /// Takes the proof that the created connectors are in the workspace and have no duplicates from a listing of the
    /// organization after their creation.
    pub(super) fn prove_created(&mut self, listed: &ConnectorIds) {
        self.ctx.is_proven = duplicates::are_unique(&self.ctx, listed);
    }

    /// Resolves duplicates, and returns the reports.
    pub(super) async fn resolve(mut self) -> Vec<OperationReport> {
        duplicates::resolve_duplicates(&mut self.ctx, &mut self.reports).await;
        self.reports
    }

    async fn execute_step(&mut self, step: &'a Step) -> StepResult {
        let creates = matches!(step.operation, Operation::CreateCustomer { .. });
        // A request that was sent is finished, even if the run has been stopped since.
        if !(creates && self.ctx.creation.is_some()) {
            self.precondition(step)?;
            self.emit_started(step);
        }
        operations::execute(&mut self.ctx, step).await
    }

    fn emit_started(&self, step: &Step) {
        let (address, action) = (&step.address, step.action);
        let events = self.ctx.run.events;
        events.emit(Event::StepStarted { address, action });
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
        let (outcome, success, problem, request) = match result {
            Ok(success) => {
                if step.action != Action::Adopt {
                    self.ctx.run.stop.note_success();
                }
                (Outcome::Succeeded, success, None, None)
            }
            Err(error) => {
                self.ctx.run.request_stop(&self.ctx.plan.name, error.stop);
                (
                    error.outcome,
                    StepSuccess::default(),
                    Some(error.problem),
                    error.request,
                )
            }
        };
        let (remote_id, previous_id) = match &problem {
            // The replacement exists and is recorded.
            Some(StepProblem::OldRemains { id, old, .. }) => {
                (Some(id.to_string()), Some(old.to_string()))
            }
            _ => (success.remote_id, previous_id(&step.operation, outcome)),
        };
        let report = OperationReport {
            address: step.address.clone(),
            action: if success.adopted {
                Action::Adopt
            } else {
                step.action
            },
            outcome,
            previous_id,
            remote_id,
            problem,
            request,
            warnings: success.warnings,
        };
        self.ctx.run.emit_finished(&report);
        self.reports.push(report);
    }
}

/// The id that a successful step replaced.
fn previous_id(operation: &Operation, outcome: Outcome) -> Option<String> {
    match operation {
        Operation::ReplaceConnector { id, .. } if outcome == Outcome::Succeeded => {
            Some(id.to_string())
        }
        _ => None,
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
