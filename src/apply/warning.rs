//! Responsible for the warnings about steps that succeeded, as codes and fields. `render` words
//! them.

use super::{CheckEnd, StepProblem};
use crate::model::ConnectorId;
use serde::{Deserialize, Serialize};

/// A warning about a step that succeeded.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum StepWarning {
    /// A connector of the name and type existed already, so the step adopted it.
    AdoptedInstead,
    /// The check of new credentials ended without a verdict.
    CheckWithoutVerdict {
        /// How the check ended.
        end: CheckEnd,
    },
    /// Listing the connectors after a creation failed, so a duplicate may exist.
    DuplicatesUnchecked,
    /// A list shows an earlier connector of the same name, and a GET by its id does not return it.
    EarlierUnreadable,
    /// An earlier attempt with this ledger created the connector. Its connector is kept.
    EarlierAttempt {
        /// The connector that is kept.
        earlier: ConnectorId,
        /// The connector of this step.
        own: ConnectorId,
    },
    /// A concurrent run created the connector. Its connector is kept.
    ConcurrentRun {
        /// The connector that is kept.
        earlier: ConnectorId,
        /// The connector of this step.
        own: ConnectorId,
    },
    /// Duplicates of the connector could not be resolved.
    DuplicatesUnresolved {
        /// What failed.
        problem: StepProblem,
    },
    /// The response to a write has the old values of settings, or none.
    #[serde(rename = "setting_not_kept")]
    SettingsNotKept {
        /// The paths of the settings.
        paths: Vec<String>,
    },
    /// The API stores settings in another form than they were sent.
    SettingsStoredDifferently {
        /// The paths of the settings.
        paths: Vec<String>,
    },
}
