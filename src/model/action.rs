//! Responsible for the actions of a plan and their outcomes, which plans, reports and events share.

use serde::{Deserialize, Serialize};

/// The kind of change that a step makes to a customer or a connector.
#[derive(
    Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// `+`
    Create,
    /// `~` A change in place.
    Update,
    /// `>` A change of the name only.
    Rename,
    /// `=` Records an existing object in the ledger without changing it.
    Adopt,
    /// `!` Sends the credentials again: checks them, creates a replacement, deletes the old connector.
    Rotate,
    /// `+/-` Creates a replacement, then deletes the old connector.
    Replace,
    /// `-`
    Delete,
}

/// The outcome of a step.
#[derive(
    Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The step succeeded.
    #[serde(rename = "done")]
    Succeeded,
    /// The step failed.
    Failed,
    /// A step that this one depends on did not succeed.
    Blocked,
    /// The object changed since the plan was made; the step was skipped.
    Stale,
    /// The request was sent, and no response says whether it took effect. The next run checks.
    Unknown,
    /// The run ended before the step started.
    NotAttempted,
}
