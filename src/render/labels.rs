//! Plain words for the plan's codes, as short as a line of a plan needs them.
//!
//! Every match is exhaustive: a new reason does not compile before it has words. The longer
//! texts are in `explain`.

use crate::apply::Outcome;
use crate::model::UnverifiedReason;
use crate::plan::{Action, DriftKind, Reason};

/// Why a step exists.
pub(super) fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::MissingRemote => "not there yet",
        Reason::DeletedOutOfBand => "was deleted outside airlift",
        Reason::FoundByName => "found by its name",
        Reason::FieldChanged => "a declared field differs",
        Reason::Renamed => "renamed in the files",
        Reason::KeyRemoved => "a key is no longer declared",
        Reason::SecretRotated => "a secret is not what was last sent",
        Reason::StoreVersionChanged => "a secret's store has another version",
        Reason::CredentialsVersionChanged => "credentials_version was changed",
        Reason::Requested => "rotation was asked for",
        Reason::TypeChanged => "the type changed, which no update can do",
        Reason::EnvironmentChanged => "the environment changed, which no update can do",
        Reason::TemplateChanged => "the template changed, which no update can do",
        Reason::SecretInConfig => "replication_config holds a secret, which no update can carry",
        Reason::NotInConfig => "ours, and no longer in the files",
        Reason::Superseded => "left over from a replacement or deletion that did not finish",
        Reason::SetAfterCreation => "set right after creation, which cannot carry it",
    }
}

/// Why a secret could not be compared.
pub(super) fn unverified(why: UnverifiedReason) -> &'static str {
    match why {
        UnverifiedReason::Unavailable => "the reference cannot be resolved here",
        UnverifiedReason::NotAsked => "no secrets were to be read (--no-secrets)",
        UnverifiedReason::KeyChanged => "the key of the fingerprints changed",
        UnverifiedReason::NeverSent => "adopted: never sent by airlift",
        UnverifiedReason::Manual => "rotation: manual, so it is not read to compare",
    }
}

/// What was to be done, in a report.
pub(super) fn action(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "change",
        Action::Rename => "rename",
        Action::Adopt => "adopt",
        Action::Rotate => "rotate",
        Action::Replace => "replace",
        Action::Delete => "delete",
    }
}

/// How something changed out of band.
pub(super) fn drift(kind: DriftKind) -> &'static str {
    match kind {
        DriftKind::Gone => "gone",
        DriftKind::RenamedRemotely => "renamed",
        DriftKind::ChangedRemotely => "changed",
        DriftKind::Appeared => "new, not ours",
    }
}

/// What became of an operation.
pub(super) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Succeeded => "done",
        Outcome::Failed => "failed",
        Outcome::Blocked => "blocked",
        Outcome::Stale => "stale",
        Outcome::Unknown => "unknown",
        Outcome::NotAttempted => "not attempted",
    }
}

/// A count with its noun: `1 error`, `2 errors`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// A code as machines read it.
pub(super) fn code(code: impl serde::Serialize) -> String {
    match serde_json::to_value(code) {
        Ok(serde_json::Value::String(code)) => code,
        _ => String::new(),
    }
}

/// What became of operations, as a heading.
pub(super) fn title(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Succeeded => "Done",
        Outcome::Failed => "Failed",
        Outcome::Blocked => "Blocked",
        Outcome::Stale => "Stale",
        Outcome::Unknown => "Unknown",
        Outcome::NotAttempted => "Not attempted",
    }
}
