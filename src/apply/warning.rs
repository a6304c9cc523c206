//! Responsible for what a person should know of a step that succeeded: codes and fields, which
//! `render` words.

use super::{CheckEnd, StepProblem};
use crate::model::ConnectorId;
use serde::{Deserialize, Serialize};

/// What a person should know of a step that succeeded, with what a sentence about it needs.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum StepWarning {
    /// The connector to be created existed, so it was adopted.
    AdoptedInstead,
    /// The check of new credentials had no verdict.
    CheckWithoutVerdict {
        /// How the check ended.
        end: CheckEnd,
    },
    /// The connectors could not be listed after a creation, so a duplicate may exist.
    DuplicatesUnchecked,
    /// A list shows an earlier connector of the same name, and a GET by its id does not.
    EarlierUnreadable,
    /// An earlier attempt of this ledger had created the connector, which is kept.
    EarlierAttempt {
        /// The connector that is kept.
        earlier: ConnectorId,
        /// The connector of this step.
        own: ConnectorId,
    },
    /// A concurrent run created the connector, which is kept.
    ConcurrentRun {
        /// The connector that is kept.
        earlier: ConnectorId,
        /// The connector of this step.
        own: ConnectorId,
    },
    /// Duplicates of the connector could not be resolved.
    DuplicatesUnresolved {
        /// Why.
        problem: StepProblem,
    },
}
