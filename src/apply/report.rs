//! Responsible for the report of an apply: one entry for each operation of the plan, and the counts.

use super::{StepProblem, StepWarning};
use crate::model::{Action, Address, Outcome};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The report of a run.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct ApplyReport {
    /// One entry for each operation of the plan, in the plan's order.
    pub operations: Vec<OperationReport>,
    /// A person or a signal stopped the run before its end.
    pub interrupted: bool,
    /// The waves that were started; only a rotation has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waves: Vec<WaveReport>,
    /// How many addresses the plan could not plan for.
    #[serde(default)]
    pub unplanned: u64,
}

/// How one wave of a rotation went.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct WaveReport {
    /// Which, from one.
    pub number: usize,
    /// Of how many.
    pub of: usize,
    /// Connectors in it.
    pub connectors: usize,
    /// Connectors rotated.
    pub done: usize,
}

/// The report of one operation.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct OperationReport {
    /// The customer or connector.
    pub address: Address,
    /// The planned action, or `Adopt` if the object existed already.
    pub action: Action,
    /// Its result.
    pub outcome: Outcome,
    /// The id of the remote object that exists now.
    pub remote_id: Option<String>,
    /// Why the operation did not succeed; already redacted.
    pub problem: Option<StepProblem>,
    /// What a person should know although the operation succeeded.
    pub warnings: Vec<StepWarning>,
}

/// What was done, in objects: a replacement counts in `added` and in `destroyed`, and an object
/// that was created and then set up further counts once.
#[derive(
    Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Counts {
    /// Objects created.
    pub added: u64,
    /// Objects changed in place.
    pub changed: u64,
    /// Objects deleted.
    pub destroyed: u64,
    /// Objects taken into the ledger.
    pub adopted: u64,
}

/// What was not done, in operations.
#[derive(
    Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct Tally {
    /// Without success.
    pub failed: u64,
    /// Held back by another.
    pub blocked: u64,
    /// Planned against something else.
    pub stale: u64,
    /// Sent, and no answer.
    pub unknown: u64,
    /// Not reached.
    pub not_attempted: u64,
}

impl ApplyReport {
    /// Whether everything succeeded and nothing stopped the run.
    pub fn is_complete(&self) -> bool {
        !self.interrupted && self.unplanned == 0 && self.tally() == Tally::default()
    }

    /// What was done.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        let mut created = BTreeSet::new();
        for operation in self.done() {
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

    /// What was not done.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for operation in &self.operations {
            match operation.outcome {
                Outcome::Done => {}
                Outcome::Failed => tally.failed += 1,
                Outcome::Blocked => tally.blocked += 1,
                Outcome::Stale => tally.stale += 1,
                Outcome::Unknown => tally.unknown += 1,
                Outcome::NotAttempted => tally.not_attempted += 1,
            }
        }
        tally
    }

    fn done(&self) -> impl Iterator<Item = &OperationReport> {
        let is_done = |operation: &&OperationReport| operation.outcome == Outcome::Done;
        self.operations.iter().filter(is_done)
    }
}

#[cfg(test)]
mod tests {
    use super::{ApplyReport, Counts, OperationReport, Outcome};
    use crate::model::Address;
    use crate::plan::Action;

    fn done(name: &str, action: Action) -> OperationReport {
        OperationReport {
            address: Address::customer(name),
            action,
            outcome: Outcome::Done,
            remote_id: None,
            problem: None,
            warnings: Vec::new(),
        }
    }

    #[test]
    fn counts_of_created_and_replaced_objects_are_once_and_twice() {
        let operations = vec![
            done("a", Action::Create),
            done("a", Action::Update),
            done("b", Action::Update),
            done("c", Action::Rotate),
        ];
        let report = ApplyReport {
            operations,
            ..ApplyReport::default()
        };
        let expected = Counts {
            added: 2,
            changed: 1,
            destroyed: 1,
            adopted: 0,
        };
        assert_eq!(report.counts(), expected);
        assert!(report.is_complete());
        let unplanned = 2;
        let report = ApplyReport {
            unplanned,
            ..report
        };
        assert!(!report.is_complete());
    }
}
