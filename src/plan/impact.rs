//! Responsible for impact: what a step means for programs that use the object.

use super::{Action, Operation, Reason, Step};
use crate::model::Status;
use serde::{Deserialize, Serialize};

/// What a step means for programs that use the object, the most severe first.
#[derive(
    Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Impact {
    /// The object is deleted, or the customer is suspended.
    Removed,
    /// The connector gets another id, so that programs that use the old one fail.
    IdChanges,
    /// The object changes and keeps its id.
    InPlace,
    /// The object is created.
    New,
    /// The object is recorded in the ledger and does not change.
    Adopted,
}

impl Impact {
    pub(super) fn new(step: &Step) -> Self {
        match step.action {
            Action::Delete => Self::Removed,
            _ if step.suspends() => Self::Removed,
            Action::Replace | Action::Rotate => Self::IdChanges,
            Action::Update | Action::Rename => Self::InPlace,
            Action::Create => Self::New,
            Action::Adopt => Self::Adopted,
        }
    }

    /// The impact of two steps on one object. A new object that is then updated is new.
    pub(super) fn and(self, other: Self) -> Self {
        if self == Self::New || other == Self::New {
            Self::New
        } else {
            self.min(other)
        }
    }
}

impl Step {
    /// Whether the step suspends a customer that exists: because of `status: inactive`, or because the customer is no
    /// longer in the files.
    pub(super) fn suspends(&self) -> bool {
        let Operation::UpdateCustomer {
            workspace_id,
            patch,
            record_suspension,
        } = &self.operation
        else {
            return false;
        };
        let deactivates = patch.status == Some(Status::Inactive);
        *record_suspension || (workspace_id.is_some() && deactivates)
    }

    /// Whether nothing but secrets of a connector changes. Its id changes, too, because the API
    /// cannot update credentials.
    pub fn is_secret_only(&self) -> bool {
        let is_other = |reason: &Reason| {
            matches!(
                reason,
                Reason::FieldChanged | Reason::KeyRemoved | Reason::Renamed
            )
        };
        self.action == Action::Rotate && !self.reasons.iter().any(is_other)
    }
}

/// Counts of objects by impact. Each object counts once.
#[derive(
    Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct ImpactCounts {
    /// Objects that are deleted, and customers that are suspended.
    pub removed: u64,
    /// Connectors that get another id, including those of `secret_only`.
    pub id_changes: u64,
    /// Connectors of which nothing but secrets changes. They get another id, too.
    pub secret_only: u64,
    /// Objects that change and keep their ids.
    pub in_place: u64,
    /// Objects that are created.
    pub new: u64,
}

impl ImpactCounts {
    pub(super) fn add(&mut self, impact: Impact) {
        match impact {
            Impact::Removed => self.removed += 1,
            Impact::IdChanges => self.id_changes += 1,
            Impact::InPlace => self.in_place += 1,
            Impact::New => self.new += 1,
            Impact::Adopted => {}
        }
    }
}
