//! One customer's steps, one after the other.

use super::{Context, OperationReport, Outcome, StopCause};
use crate::api::{ApiError, ApiErrorKind, Effect};
use crate::events::Event;
use crate::ledger::{Intent, LedgerError};
use crate::model::{
    ConnectorBody, ConnectorId, ObservedConnector, RecordedCustomer, SecretRef, WorkspaceId,
};
use crate::plan::{Action, CustomerPlan, Operation, Step};
use std::collections::{BTreeMap, BTreeSet};

/// The state of one customer's execution.
pub(super) struct CustomerRun<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) plan: &'a CustomerPlan,
    /// The workspace, once it is known.
    pub(super) id: Option<WorkspaceId>,
    /// The name it carries at present.
    pub(super) name: String,
    /// Its ledger entry, as on disk.
    pub(super) ledger: RecordedCustomer,
    /// The connectors that are there, from the first look on.
    pub(super) there: Option<BTreeMap<ConnectorId, ObservedConnector>>,
    /// What this run created, until it is looked at once more.
    pub(super) made: Vec<super::twins::Made>,
    /// What this run asked to be deleted: a list that shows it still tells nothing new.
    pub(super) removed: BTreeSet<ConnectorId>,
    pub(super) reports: Vec<OperationReport>,
}

/// What a step that succeeded has to say.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) remote_id: Option<String>,
    pub(super) warnings: Vec<String>,
    /// Whether what was to be created was there, and was taken over.
    pub(super) adopted: bool,
}

/// Why a step did not succeed.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) outcome: Outcome,
    pub(super) message: String,
    /// Why the whole run has to end, if it has to.
    pub(super) stop: Option<StopCause>,
}

pub(super) type StepResult = Result<Done, Trouble>;

impl Trouble {
    pub(super) fn new(outcome: Outcome, message: impl Into<String>) -> Self {
        Self {
            outcome,
            message: message.into(),
            stop: None,
        }
    }
}

impl From<ApiError> for Trouble {
    fn from(error: ApiError) -> Self {
        let outcome = match error.effect() {
            Effect::Unknown => Outcome::Unknown,
            Effect::None => match error.kind() {
                ApiErrorKind::WorkspaceGone { .. } => Outcome::Stale,
                ApiErrorKind::Unavailable(_) => Outcome::NotAttempted,
                _ => Outcome::Failed,
            },
        };
        let stop = error.is_auth().then_some(StopCause::Authentication);
        Self {
            outcome,
            message: error.to_string(),
            stop,
        }
    }
}

impl From<LedgerError> for Trouble {
    fn from(error: LedgerError) -> Self {
        let stop = Some(StopCause::Disk);
        Self {
            outcome: Outcome::Failed,
            message: error.to_string(),
            stop,
        }
    }
}

impl Done {
    pub(super) fn of(id: impl std::fmt::Display) -> Self {
        Self {
            remote_id: Some(id.to_string()),
            ..Self::default()
        }
    }

    pub(super) fn warning(mut self, warning: impl Into<String>) -> Self {
        self.warnings.push(warning.into());
        self
    }
}

impl<'a> CustomerRun<'a> {
    pub(super) fn new(
        context: &'a Context<'a>,
        plan: &'a CustomerPlan,
        ledger: Option<RecordedCustomer>,
    ) -> Self {
        let fresh = || RecordedCustomer {
            name: plan.name.clone(),
            protect: plan.protect,
            ..RecordedCustomer::default()
        };
        Self {
            context,
            plan,
            id: plan.workspace_id,
            name: ledger
                .as_ref()
                .map_or_else(|| plan.name.clone(), |entry| entry.name.clone()),
            ledger: ledger.unwrap_or_else(fresh),
            there: None,
            made: Vec::new(),
            removed: BTreeSet::new(),
            reports: Vec::new(),
        }
    }

    pub(super) fn into_reports(self) -> Vec<OperationReport> {
        self.reports
    }

    /// Every step, and before them what only the ledger has to learn.
    pub(super) async fn execute(&mut self) {
        let plan = self.plan;
        if let Err(trouble) = self.remember().await {
            self.stop(trouble.stop);
        }
        for step in &plan.steps {
            let result = if let Some(trouble) = self.obstacle(step) {
                Err(trouble)
            } else {
                let (address, action) = (&step.address, step.action);
                self.context
                    .events
                    .emit(Event::StepStarted { address, action });
                self.perform(step).await
            };
            self.report(step, result);
        }
        self.give_way().await;
    }

    /// What keeps a step from being begun at all.
    fn obstacle(&self, step: &Step) -> Option<Trouble> {
        if self.context.stop.cause().is_some() {
            let message = "the run ended before this was begun";
            return Some(Trouble::new(Outcome::NotAttempted, message));
        }
        let creates = matches!(step.operation, Operation::CreateCustomer { .. });
        if self.id.is_none() && !creates {
            let message = "the customer is not there, because its creation did not succeed";
            return Some(Trouble::new(Outcome::Blocked, message));
        }
        let body = body_to_send(&step.operation)?;
        let mut needed = BTreeSet::new();
        let blocks = [
            &body.credentials,
            &body.environment,
            &body.replication_config,
        ];
        for block in blocks.into_iter().flatten() {
            crate::secrets::collect(block, &mut needed);
        }
        self.missing(&needed)
    }

    fn missing(&self, needed: &BTreeSet<SecretRef>) -> Option<Trouble> {
        let why = needed
            .iter()
            .find_map(|reference| self.context.missing.get(reference))?;
        Some(Trouble::new(
            Outcome::Blocked,
            format!("a secret could not be resolved: {why}"),
        ))
    }

    async fn perform(&mut self, step: &Step) -> StepResult {
        match &step.operation {
            Operation::CreateCustomer { region } => self.create_customer(*region).await,
            Operation::AdoptCustomer { workspace_id } => self.adopt_customer(*workspace_id).await,
            Operation::UpdateCustomer {
                workspace_id,
                expected_name,
                patch,
                retire,
            } => {
                self.update_customer(*workspace_id, expected_name, patch, *retire)
                    .await
            }
            Operation::DeleteCustomer {
                workspace_id,
                expected_name,
            } => self.delete_customer(*workspace_id, expected_name).await,
            Operation::CreateConnector { body } => self.create_connector(body).await,
            Operation::AdoptConnector { id, body } => self.adopt_connector(step, *id, body).await,
            Operation::UpdateConnector { id, patch, body } => {
                self.update_connector(&step.address, *id, patch, body).await
            }
            Operation::ReplaceConnector { id, body } => {
                self.replace_connector(&step.address, *id, body).await
            }
            Operation::DeleteConnector { id } => self.delete_connector(&step.address, *id).await,
        }
    }

    fn report(&mut self, step: &Step, result: StepResult) {
        let (outcome, done, message) = match result {
            Ok(done) => (Outcome::Done, done, None),
            Err(trouble) => {
                self.stop(trouble.stop);
                (trouble.outcome, Done::default(), Some(trouble.message))
            }
        };
        let report = OperationReport {
            address: step.address.clone(),
            action: if done.adopted {
                Action::Adopt
            } else {
                step.action
            },
            outcome,
            remote_id: done.remote_id,
            message,
            warnings: done.warnings,
        };
        self.context.events.emit(report.event());
        self.reports.push(report);
    }

    pub(super) fn stop(&self, cause: Option<StopCause>) {
        if let Some(cause) = cause {
            self.context.stop.request(cause);
        }
    }

    /// The workspace that steps on connectors are about.
    pub(super) fn workspace(&self) -> Result<WorkspaceId, Trouble> {
        self.id
            .ok_or_else(|| Trouble::new(Outcome::Blocked, "the customer is not there"))
    }

    /// Puts the customer's ledger entry on disk.
    pub(super) async fn save(&self) -> Result<(), Trouble> {
        let id = self.workspace()?;
        Ok(self.context.ledger.save(id, &self.ledger).await?)
    }

    /// Puts an intent on disk; what it announces may begin when this returns.
    pub(super) async fn begin(&self, intent: Intent) -> Result<u64, Trouble> {
        Ok(self.context.journal.begin(intent).await?)
    }

    /// Puts an outcome on disk.
    pub(super) async fn end(
        &self,
        seq: u64,
        outcome: crate::ledger::Outcome,
    ) -> Result<(), Trouble> {
        Ok(self.context.journal.end(seq, outcome).await?)
    }

    /// Puts the outcome of a failed call on disk.
    pub(super) async fn end_failed(&self, seq: u64, error: &ApiError) -> Result<(), Trouble> {
        self.end(
            seq,
            match error.effect() {
                Effect::None => crate::ledger::Outcome::Failed,
                Effect::Unknown => crate::ledger::Outcome::Unknown,
            },
        )
        .await
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

#[cfg(test)]
mod tests {
    use super::{Outcome, Trouble};
    use crate::api::{ApiError, ApiErrorKind, Call};
    use std::time::Duration;

    #[test]
    fn what_was_not_asked_was_not_attempted_unless_in_doubt() {
        for (doubt, outcome) in [(false, Outcome::NotAttempted), (true, Outcome::Unknown)] {
            let call = Call {
                operation: "x",
                elapsed: Duration::ZERO,
                attempts: 0,
                writes: true,
                may_have_taken_effect: doubt,
            };
            let kind = ApiErrorKind::Unavailable("down".to_owned());
            let trouble = Trouble::from(ApiError::new(call, kind));
            assert_eq!(trouble.outcome, outcome);
            assert!(trouble.stop.is_none());
        }
    }
}
