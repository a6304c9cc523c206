//! Responsible for the report of a run: one entry for each operation of the plan, and the counts.

use super::{StaleReason, StepProblem, StepWarning, StopCause};
use crate::model::{Action, Address, FailedRequest, Outcome};
use crate::plan::{Blocked, OauthAppAction, Plan, StaleStep, Unverified};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// The report of a run.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct ApplyReport {
    /// The id of the run in the ledger's history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_id: Option<Uuid>,
    /// One entry for each operation of the plan, in the plan's order.
    pub operations: Vec<OperationReport>,
    /// Whether a signal stopped the run before its last operation.
    pub interrupted: bool,
    /// The waves that were started, if the run has waves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waves: Vec<WaveReport>,
    /// What the plan blocked, which has no operation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocked: Vec<Blocked>,
    /// Steps of a saved plan whose objects were already as the steps would make them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub already_done: Vec<Address>,
    /// Secrets that the plan could not compare or resolve.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unverified: Vec<Unverified>,
    /// One entry for each change of the organization's OAuth apps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub oauth_apps: Vec<OauthAppReport>,
}

/// The result of a change of an OAuth app.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct OauthAppReport {
    /// The connector type.
    pub kind: String,
    /// The planned change.
    pub action: OauthAppAction,
    /// The result.
    pub outcome: Outcome,
    /// Why the change did not succeed. Contains no secret.
    pub problem: Option<StepProblem>,
    /// The request that failed, if one did.
    pub request: Option<FailedRequest>,
}

/// The result of one wave of a rotation or of an apply.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct WaveReport {
    /// The number of the wave, from 1.
    pub number: usize,
    /// The number of waves.
    pub of: usize,
    /// Connectors in the wave.
    pub connectors: usize,
    /// Connectors rotated, or written by an apply.
    pub done: usize,
    /// The wave of an apply as `--waves` names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wave: Option<String>,
    /// Customers in the wave of an apply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customers: Option<usize>,
    /// The result of the gate after the wave of an apply, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gate: Option<GateReport>,
}

/// The result of the gate after a wave.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct GateReport {
    /// Connectors that were checked.
    pub checked: usize,
    /// Connectors that did not pass.
    pub unhealthy: Vec<UnhealthyConnector>,
}

/// A connector that did not pass the gate.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct UnhealthyConnector {
    /// The customer.
    pub customer: String,
    /// The connector's name.
    pub connector: String,
    /// Why it did not pass.
    pub reason: String,
}

/// The report of one operation.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct OperationReport {
    /// The customer or connector.
    pub address: Address,
    /// The planned action, or `Adopt` if the object existed already.
    pub action: Action,
    /// The result.
    pub outcome: Outcome,
    /// The id of the remote object after the operation.
    pub remote_id: Option<String>,
    /// The id before a replacement or rotation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_id: Option<String>,
    /// Why the operation did not succeed. Contains no secret.
    pub problem: Option<StepProblem>,
    /// The request that failed, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<FailedRequest>,
    /// Warnings about an operation that succeeded.
    pub warnings: Vec<StepWarning>,
}

/// The objects that the run changed. A replacement counts in `added` and in `destroyed`. An object
/// that was created and then updated counts once.
#[derive(
    Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct ObjectCounts {
    /// Objects created.
    pub added: u64,
    /// Objects changed in place.
    pub changed: u64,
    /// Objects deleted.
    pub destroyed: u64,
    /// Objects taken into the ledger.
    pub adopted: u64,
}

/// The operations and the changes of OAuth apps that did not succeed.
#[derive(
    Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct UnsuccessfulCounts {
    /// Operations that failed.
    pub failed: u64,
    /// Operations that need another one, which did not succeed.
    pub blocked: u64,
    /// Operations that were skipped because the object changed after the plan was made.
    pub stale: u64,
    /// Operations whose request may or may not have taken effect.
    pub unknown: u64,
    /// Operations that were not started because the run ended first.
    pub not_attempted: u64,
}

impl ApplyReport {
    /// The report of operations, which it puts into the order of the plan.
    pub fn new(
        mut operations: Vec<OperationReport>,
        waves: Vec<WaveReport>,
        plan: &Plan,
        cause: Option<StopCause>,
    ) -> Self {
        if !waves.is_empty() {
            let steps = plan.steps().enumerate();
            let places: BTreeMap<&Address, usize> =
                steps.map(|(place, step)| (&step.address, place)).collect();
            operations.sort_by_key(|operation| places.get(&operation.address).copied());
        }
        let report = Self {
            run_id: None,
            operations,
            interrupted: false,
            waves,
            already_done: Vec::new(),
            blocked: plan.blocked.clone(),
            unverified: plan.unverified.clone(),
            oauth_apps: Vec::new(),
        };
        report.stopped_by(cause)
    }

    /// Adds the changes of OAuth apps.
    #[must_use]
    pub fn with_oauth_apps(
        mut self,
        oauth_apps: Vec<OauthAppReport>,
        cause: Option<StopCause>,
    ) -> Self {
        self.oauth_apps = oauth_apps;
        self.stopped_by(cause)
    }

    /// Adds the id of the run.
    #[must_use]
    pub fn with_run(self, id: Uuid) -> Self {
        let run_id = Some(id);
        Self { run_id, ..self }
    }

    /// Adds the steps of a saved plan that were not executed.
    #[must_use]
    pub fn with_skipped(
        mut self,
        stale: Vec<StaleStep>,
        satisfied: Vec<(Address, Action)>,
    ) -> Self {
        let skipped = stale.into_iter().map(|step| OperationReport {
            address: step.address,
            action: step.action,
            outcome: Outcome::Stale,
            remote_id: None,
            previous_id: None,
            problem: Some(StepProblem::Stale {
                reason: StaleReason::SavedPlan(step.cause),
            }),
            request: None,
            warnings: Vec::new(),
        });
        self.operations.extend(skipped);
        self.already_done = satisfied.into_iter().map(|(address, _)| address).collect();
        self
    }

    /// The same report of a run that a signal may have stopped. A signal after the last operation stopped nothing.
    #[must_use]
    pub(super) fn stopped_by(mut self, cause: Option<StopCause>) -> Self {
        let is_signal = cause == Some(StopCause::Signal);
        self.interrupted = is_signal && self.unsuccessful() != UnsuccessfulCounts::default();
        self
    }

    /// Whether every operation succeeded, the plan blocked nothing, and no signal stopped the run.
    pub fn is_complete(&self) -> bool {
        !self.interrupted
            && self.blocked.is_empty()
            && !self.has_unhealthy()
            && self.unsuccessful() == UnsuccessfulCounts::default()
    }

    /// Whether a connector did not pass the gate after its wave.
    pub fn has_unhealthy(&self) -> bool {
        let mut gates = self.waves.iter().filter_map(|wave| wave.gate.as_ref());
        gates.any(|gate| !gate.unhealthy.is_empty())
    }

    /// How many addresses the plan blocked.
    pub fn unplanned(&self) -> u64 {
        u64::try_from(self.blocked.len()).unwrap_or(u64::MAX)
    }

    /// Counts the objects that the run changed.
    pub fn counts(&self) -> ObjectCounts {
        let mut counts = ObjectCounts::default();
        let mut created = BTreeSet::new();
        for operation in self.succeeded() {
            match operation.action {
                Action::Create => {
                    created.insert(&operation.address);
                    counts.added += 1;
                }
                Action::Update | Action::Rename if !created.contains(&operation.address) => {
                    counts.changed += 1;
                }
                Action::Update | Action::Rename => {}
                Action::Adopt => counts.adopted += 1,
                Action::Delete => counts.destroyed += 1,
                Action::Rotate | Action::Replace => {
                    counts.added += 1;
                    counts.destroyed += 1;
                }
            }
        }
        counts
    }

    /// Counts the operations and the changes of OAuth apps that did not succeed.
    pub fn unsuccessful(&self) -> UnsuccessfulCounts {
        let mut counts = UnsuccessfulCounts::default();
        let apps = self.oauth_apps.iter().map(|app| app.outcome);
        let operations = self.operations.iter().map(|operation| operation.outcome);
        for outcome in operations.chain(apps) {
            match outcome {
                Outcome::Succeeded => {}
                Outcome::Failed => counts.failed += 1,
                Outcome::Blocked => counts.blocked += 1,
                Outcome::Stale => counts.stale += 1,
                Outcome::Unknown => counts.unknown += 1,
                Outcome::NotAttempted => counts.not_attempted += 1,
            }
        }
        counts
    }

    fn succeeded(&self) -> impl Iterator<Item = &OperationReport> {
        self.operations
            .iter()
            .filter(|operation| operation.outcome == Outcome::Succeeded)
    }
}

#[cfg(test)]
mod tests {
    use super::{ApplyReport, ObjectCounts, OperationReport, Outcome, StopCause};
    use crate::model::Address;
    use crate::plan::{Action, BlockReason, Blocked};

    fn report(operations: impl IntoIterator<Item = (&'static str, Action)>) -> ApplyReport {
        ApplyReport {
            operations: operations
                .into_iter()
                .map(|(name, action)| succeeded(name, action))
                .collect(),
            ..ApplyReport::default()
        }
    }

    #[test]
    fn signal_after_the_last_operation_stopped_nothing() {
        let done = || report([("a", Action::Create)]);
        let signal = Some(StopCause::Signal);
        assert!(!done().stopped_by(signal).interrupted);
        let mut left = done();
        left.operations[0].outcome = Outcome::NotAttempted;
        assert!(left.clone().stopped_by(signal).interrupted);
        assert!(!left.stopped_by(None).interrupted);
    }

    fn succeeded(name: &str, action: Action) -> OperationReport {
        OperationReport {
            address: Address::customer(name),
            action,
            outcome: Outcome::Succeeded,
            remote_id: None,
            previous_id: None,
            problem: None,
            request: None,
            warnings: Vec::new(),
        }
    }

    #[test]
    fn counts_of_created_then_updated_object_are_one_added() {
        let report = report([("a", Action::Create), ("a", Action::Update)]);
        let expected = ObjectCounts {
            added: 1,
            ..ObjectCounts::default()
        };
        assert_eq!(report.counts(), expected);
    }

    #[test]
    fn counts_of_updated_object_are_one_changed() {
        let expected = ObjectCounts {
            changed: 1,
            ..ObjectCounts::default()
        };
        assert_eq!(report([("b", Action::Update)]).counts(), expected);
    }

    #[test]
    fn counts_of_rotated_object_are_one_added_and_one_destroyed() {
        let expected = ObjectCounts {
            added: 1,
            destroyed: 1,
            ..ObjectCounts::default()
        };
        assert_eq!(report([("c", Action::Rotate)]).counts(), expected);
    }

    #[test]
    fn is_complete_after_success_is_true() {
        assert!(report([("a", Action::Create)]).is_complete());
    }

    #[test]
    fn is_complete_with_blocked_address_is_false() {
        let report = ApplyReport {
            blocked: vec![Blocked {
                address: Address::customer("b"),
                reason: BlockReason::NotRecorded,
            }],
            ..report([("a", Action::Create)])
        };
        assert!(!report.is_complete());
    }
}
