//! Responsible for the record of one run in the ledger: who ran what and when, from which commit, and what it did.

use serde::{Deserialize, Serialize};
use std::ops::Add;
use uuid::Uuid;

/// One run that wrote, or was about to.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct RunRecord {
    /// The id of the run, as in its events and its report.
    #[schemars(with = "String")]
    pub run_id: Uuid,
    /// The command, such as `apply`.
    pub command: String,
    /// RFC 3339.
    pub started_at: String,
    /// RFC 3339. `None` if the run did not reach its end.
    pub ended_at: Option<String>,
    /// The user and the machine.
    pub by: String,
    /// The commit of the files.
    pub commit: Option<String>,
    /// Whether the files were as in the commit.
    pub clean: Option<bool>,
    /// The saved plan that the run executed, or that approved it.
    pub plan_id: Option<String>,
    /// What the run did. `None` if it did not reach its end.
    pub counts: Option<RunCounts>,
}

/// The objects that a run changed.
#[derive(
    Clone, Copy, Debug, Default, Eq, PartialEq, Serialize, Deserialize, schemars::JsonSchema,
)]
pub struct RunCounts {
    /// Objects created.
    pub added: u64,
    /// Objects changed in place.
    pub changed: u64,
    /// Objects deleted.
    pub destroyed: u64,
    /// Objects taken into the ledger.
    pub adopted: u64,
    /// Operations that did not succeed.
    pub not_done: u64,
}

impl Add for RunCounts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            added: self.added + other.added,
            changed: self.changed + other.changed,
            destroyed: self.destroyed + other.destroyed,
            adopted: self.adopted + other.adopted,
            not_done: self.not_done + other.not_done,
        }
    }
}
