//! Responsible for what a run may delete and adopt, as far as flags and the policy file decide it.

use serde::{Deserialize, Serialize};

/// An absolute or a relative number: `N` or `P%`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountOrPercent {
    /// `N`.
    Count(u64),
    /// `P%`: hundredths of the total.
    Percent(u64),
}

impl CountOrPercent {
    /// The number of the total, rounded up and at most all of it.
    pub fn up_to(self, total: usize) -> usize {
        let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        let limit = match self {
            Self::Count(count) => number(count),
            Self::Percent(percent) => total.saturating_mul(number(percent)).div_ceil(100),
        };
        limit.min(total)
    }
}

/// The limits in the policy file, which lies outside the project. `None` sets no limit.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct PolicyLimits {
    /// The highest limit that a run may have, whatever the files and `--allow-delete` say.
    pub max_allow_delete: Option<CountOrPercent>,
    /// The highest value of `guards.max_deletes` in the files. Without `max_allow_delete`, also the
    /// highest number of deletions with `--allow-delete`.
    pub max_deletes: Option<u64>,
    /// The highest value of `guards.max_delete_percent` in the files. Without `max_allow_delete`, also
    /// the highest percentage with `--allow-delete`.
    pub max_delete_percent: Option<u64>,
    /// The highest value of `guards.max_id_changes` in the files and of `--allow-id-changes`.
    pub max_id_changes: Option<u64>,
}

/// The `guards` of the files at the last apply, as the ledger's head records them.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct RecordedGuards {
    /// `guards.max_deletes`.
    pub max_deletes: u64,
    /// `guards.max_delete_percent`.
    pub max_delete_percent: u64,
    /// `guards.max_id_changes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_id_changes: Option<u64>,
}

/// Whether a run may change an object that it adopts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum AdoptPolicy {
    /// An unrecorded object is adopted only if the same run does not change it.
    #[default]
    Refuse,
    /// `--adopt`, or `adopt: true` in the project file.
    Allow,
}
