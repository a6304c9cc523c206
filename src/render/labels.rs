//! Responsible for the short words for codes, as a line of a plan or a report needs them.
//!
//! Every match is exhaustive: a new reason does not compile before it has a label. `explanations`
//! holds the long texts.

use crate::apply::{Outcome, StepProblem};
use crate::model::{UnresolvedCause, UnverifiedReason};
use crate::plan::{Action, DriftKind, Impact, Reason};
use serde::Serialize;
use serde_json::Value;

/// Why a step is planned.
pub(super) fn reason(reason: Reason) -> &'static str {
    match reason {
        Reason::MissingRemote => "does not exist yet",
        Reason::DeletedOutOfBand => "was deleted outside airlift",
        Reason::FoundByName => "found by its name",
        Reason::FieldChanged => "a declared field differs",
        Reason::WriteUnconfirmed => "the API answered the last write with the old value",
        Reason::Renamed => "renamed in the files",
        Reason::KeyRemoved => "a key is no longer declared",
        Reason::SecretRotated => "a secret differs from the last one sent",
        Reason::CredentialChanged => "a field of the credentials differs from the one last sent",
        Reason::ReferenceChanged => "the reference of a secret changed, and its value is unknown",
        Reason::StoreVersionChanged => "a secret has a new version in its store",
        Reason::CredentialsVersionChanged => "credentials_version changed",
        Reason::Requested => "rotation requested",
        Reason::TypeChanged => "the type changed, which needs a replacement",
        Reason::EnvironmentChanged => "the environment changed, which needs a replacement",
        Reason::TemplateChanged => "the template changed, which needs a replacement",
        Reason::SecretInConfig => "replication_config holds a secret, which needs a replacement",
        Reason::NotInConfig => "managed by airlift, no longer in the files",
        Reason::Superseded => "left over from an unfinished replacement or deletion",
        Reason::SetAfterCreation => "set right after creation, which cannot set it",
        Reason::NeededBySelection => "its selected connectors need it",
    }
}

/// Why a secret could not be compared.
pub(super) fn unverified(why: UnverifiedReason) -> &'static str {
    match why {
        UnverifiedReason::Unavailable => "the reference cannot be resolved here",
        UnverifiedReason::NotInSnapshot => {
            "the snapshot has no fingerprints to compare credentials with"
        }
        UnverifiedReason::NotAsked => "secrets were not read (--no-secrets)",
        UnverifiedReason::KeyChanged => "the fingerprint key changed",
        UnverifiedReason::NeverSent => "adopted: never sent by airlift",
        UnverifiedReason::Manual => "rotation: manual, so the secret is not compared",
    }
}

/// Why a reference could not be resolved.
pub(super) fn unresolved(cause: UnresolvedCause) -> &'static str {
    match cause {
        UnresolvedCause::SecretMissing => "the secret does not exist here",
        UnresolvedCause::FieldMissing => "the secret lacks the field",
        UnresolvedCause::SecretEmpty => "the secret is empty",
        UnresolvedCause::SecretBroken => "the form of the secret cannot be right",
        UnresolvedCause::SecretDenied => "the secret may not be read",
        UnresolvedCause::StoreFailed => "the store failed",
        UnresolvedCause::SystemFailed => "the system cannot read the secret",
        UnresolvedCause::SecretUnbound => "a placeholder stands for the secret",
        UnresolvedCause::StoreNotConfigured => "the store is not configured here",
    }
}

/// The same for secrets that a step sends.
pub(super) fn needed(cause: UnresolvedCause) -> &'static str {
    match cause {
        UnresolvedCause::SecretMissing => "apply needs a secret that does not exist here",
        UnresolvedCause::FieldMissing => "apply needs a field that the secret lacks",
        UnresolvedCause::SecretEmpty => "apply needs a secret that is empty",
        UnresolvedCause::SecretBroken => "apply needs a secret whose form cannot be right",
        UnresolvedCause::SecretDenied => "apply needs a secret that it may not read",
        UnresolvedCause::StoreFailed => "apply needs a secret of a store that failed",
        UnresolvedCause::SystemFailed => "apply needs a secret that the system cannot read",
        UnresolvedCause::SecretUnbound => "apply skips connectors with a placeholder for a secret",
        UnresolvedCause::StoreNotConfigured => {
            "apply needs a secret of a store that is not configured here"
        }
    }
}

/// What an impact is called in a count.
pub(crate) fn impact(impact: Impact) -> &'static str {
    match impact {
        Impact::Removed => "removed",
        Impact::IdChanges => "id changes",
        Impact::InPlace => "changes in place",
        Impact::New => "new",
        Impact::Adopted => "adopted",
    }
}

/// The action of a step, as an imperative.
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

/// How an object changed outside airlift.
pub(super) fn drift(kind: DriftKind) -> &'static str {
    match kind {
        DriftKind::Gone => "gone",
        DriftKind::RenamedRemotely => "renamed",
        DriftKind::ChangedRemotely => "changed",
        DriftKind::Appeared => "new, not created by airlift",
    }
}

/// The outcome of an operation.
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

/// The outcome of operations, as a heading.
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

/// The code of the reason why a step did not succeed. A failed request and a failed ledger have the
/// codes that they have as the failure of a command.
pub(super) fn problem(problem: &StepProblem) -> String {
    match problem {
        StepProblem::Request { .. } => "remote_failed".to_owned(),
        StepProblem::Ledger { .. } => "ledger_failed".to_owned(),
        problem => code(problem),
    }
}

/// A count with its noun: `1 error`, `2 errors`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// A number with commas between thousands: `2,999`.
pub(super) fn number(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.char_indices() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A code as JSON output has it: the value itself, or its tag `code`.
pub(super) fn code(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(code)) => code,
        Ok(Value::Object(fields)) => fields
            .get("code")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        _ => String::new(),
    }
}
