//! Responsible for what is done to an object, and how that ended: words that plans, reports and
//! events share.

use serde::{Deserialize, Serialize};

/// What a reader calls it.
#[derive(
    Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// `+`
    Create,
    /// `~` in place.
    Update,
    /// `>` only the name changes.
    Rename,
    /// `=` taken into the ledger as it is.
    Adopt,
    /// `!` the credentials are sent again: checked, created anew, the old one deleted.
    Rotate,
    /// `+/-` created anew, then the old one is deleted.
    Replace,
    /// `-`
    Delete,
}

/// What became of an operation.
#[derive(
    Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It succeeded.
    #[serde(rename = "done")]
    Succeeded,
    /// It did not succeed.
    Failed,
    /// Something before it did not succeed.
    Blocked,
    /// What it was planned against is no longer so; nothing was done.
    Stale,
    /// It was sent, and no answer tells whether it took effect; the next run looks.
    Unknown,
    /// The run ended first.
    NotAttempted,
}
